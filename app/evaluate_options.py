"""The options of the commands that score what a project holds."""

import argparse
from pathlib import Path
from typing import Any

from app.argument_types import worded

_TEXT_3D = "Score the fitted body against 3D truth: MPJPE, PA-MPJPE, acceleration error, 3DPCK."
_TEXT_2D = (
    "Score 2D predictions against a truth or against the labels: PCK, OKS, acceleration error; unsmoothed beside."
)


def add_evaluate_command(commands: Any, common: argparse.ArgumentParser) -> None:
    """Say what is scored against which truth."""
    text = "Score the predictions or the fitted body against a truth."
    whats = commands.add_parser("evaluate", help=text, description=text).add_subparsers(
        dest="what", metavar="2d|3d", required=True
    )
    project = argparse.ArgumentParser(add_help=False, parents=[common])
    project.add_argument("project", type=Path, metavar="PROJECT", help="a folder *.betascope")
    project.add_argument("--track", metavar="NAME", help="which climber, where there are several")
    _add_3d(whats.add_parser("3d", parents=[project], help=_TEXT_3D, description=_TEXT_3D))
    _add_2d(whats.add_parser("2d", parents=[project], help=_TEXT_2D, description=_TEXT_2D))


def _add_3d(evaluate: argparse.ArgumentParser) -> None:
    evaluate.add_argument("--truth", type=Path, required=True, metavar="FILE", help=".trc, .bvh or a climb's truth.npz")
    evaluate.add_argument("--joints", choices=["16", "14", "all"], default="16", help="which joints (default 16)")
    evaluate.add_argument(
        "--offset-s", type=float, default=0.0, metavar="S", help="where in the truth the video begins, seconds"
    )
    _add_csv(evaluate)


def _add_2d(evaluate: argparse.ArgumentParser) -> None:
    against = evaluate.add_mutually_exclusive_group(required=True)
    against.add_argument("--truth", type=Path, metavar="FILE", help="a climb's truth.npz or a COCO keypoint file")
    against.add_argument("--against-labels", action="store_true", help="the track's own labels are the truth")
    evaluate.add_argument(
        "--interpolated", action="store_true", help="with --against-labels: points between labels count as well"
    )
    evaluate.add_argument(
        "--thresholds",
        type=worded(_numbers, "numbers such as 0.1,0.2"),
        metavar="T,T,...",
        help="of PCK, shares of the normaliser (default 0.05,0.1,0.2)",
    )
    evaluate.add_argument(
        "--normaliser",
        choices=["torso", "box", "crop", "pixel"],
        default="torso",
        help="what PCK and distances are shares of: the torso (default), the longest side of the person's box, "
        "the side of the square crop, or nothing: pixels",
    )
    _add_csv(evaluate)


def _add_csv(evaluate: argparse.ArgumentParser) -> None:
    evaluate.add_argument(
        "--csv",
        type=Path,
        metavar="FILE",
        help="write a table of joints, and one of frames beside it (NAME-frames.csv)",
    )


def _numbers(text: str) -> tuple[float, ...]:
    return tuple(float(part) for part in text.split(","))
