"""The options of the command that fits a body."""

import argparse
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from annotation.errors import BetascopeError
from annotation.known_facts import Climber, Facts, inclined
from annotation.known_facts_json import facts_from_json, facts_to_json


def add_fit_options(fit: argparse.ArgumentParser) -> None:
    """Say how the body is fitted, and what is known of the climb."""
    fit.add_argument("--body", metavar="NAME", help="which body (see: betascope body list)")
    fit.add_argument("--method", choices=["betascope", "smplify"], default="betascope", help="default: betascope")
    fit.add_argument("--height", type=float, metavar="CM", help="body height of the climber")
    fit.add_argument("--arm-span", type=float, metavar="CM", help="from fingertip to fingertip")
    fit.add_argument("--mass", type=float, metavar="KG", help="body mass of the climber")
    fit.add_argument("--wall-angle", type=float, metavar="DEG", help="by how much the wall overhangs; 0 is vertical")
    fit.add_argument("--facts", type=Path, metavar="FILE", help="JSON with walls, contacts and depths that are known")
    fit.add_argument(
        "--focal-px", type=float, metavar="PX", help="focal length (default: the file's, else the image diagonal)"
    )
    fit.add_argument("--refine-focal", action="store_true", help="take the focal length for a guess to be improved")
    fit.add_argument("--panning", action="store_true", help="the camera turns: find its motion in the background")
    fit.add_argument("--prior", type=Path, metavar="FILE", help="smplify: your gmm_08.pkl (default: a plain prior)")
    fit.add_argument("--spin-hips", action="store_true", help="smplify: leave out the hips as SPIN's code does")


def fit_wishes(options: argparse.Namespace, *, video: Path, known_facts: Facts) -> dict[str, Any]:
    """Return the parameters of the job that the options ask for.

    Raises
    ------
    BetascopeError
        If something cannot be: a climber of 30 cm, a wall that overhangs by 200 degrees.
    """
    facts = facts_from_json(_content(options.facts)) if options.facts else known_facts
    known = facts.climber
    sizes = (
        known.height_m if options.height is None else options.height / 100,
        known.span_m if options.arm_span is None else options.arm_span / 100,
        known.mass_kg if options.mass is None else options.mass,
    )
    facts = replace(facts, climber=Climber(*sizes))
    if options.wall_angle is not None:
        inclined(options.wall_angle)
        facts = replace(facts, wall_angle_deg=options.wall_angle)
    if options.focal_px is not None and not options.focal_px > 0:
        raise BetascopeError("A focal length is positive: give it in pixels, or leave it out.")
    return {
        "facts": facts_to_json(facts),
        "method": options.method,
        **({} if options.focal_px is None else {"focal_px": options.focal_px, "focal_from": "what was given"}),
        "refine_focal": options.refine_focal,
        "panning_video": str(video) if options.panning else None,
        "hips_stay_out": options.spin_hips,
        "prior": None if options.prior is None else str(options.prior.resolve()),
    }


def _content(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise BetascopeError(f"There is no file {path}. Give a JSON file with the facts.") from error
    except (OSError, ValueError) as error:
        raise BetascopeError(f"{path} holds no readable facts ({error}). Give a JSON file.") from error
