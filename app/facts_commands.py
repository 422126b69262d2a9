"""``betascope facts``: what is known of a climb that no picture tells, stated without a window."""

import argparse
from dataclasses import replace
from typing import Any

import numpy as np

from annotation.camera_tags import likely_camera
from annotation.errors import BetascopeError
from annotation.known_facts import Climber, overhang_deg, wall_from_corners
from annotation.known_facts_json import facts_to_json
from annotation.labels import Track
from annotation.poses import Camera
from annotation.project import Project
from annotation.store import Access
from annotation.track_edits import SetFacts
from app import operations, stating
from app.argument_types import worded

Result = tuple[dict[str, Any], str]


def add_facts_command(commands: Any, track: argparse.ArgumentParser) -> None:
    """Add the command."""
    text = (
        "Say what is known of a climb: the climber's size, the wall. Without options: show it. One step of undo each."
    )
    facts = commands.add_parser("facts", parents=[track], help=text, description=text)
    facts.add_argument("--height", type=float, metavar="CM", help="body height of the climber")
    facts.add_argument("--arm-span", type=float, metavar="CM", help="from fingertip to fingertip")
    facts.add_argument("--mass", type=float, metavar="KG", help="body mass of the climber")
    wall = facts.add_mutually_exclusive_group()
    wall.add_argument("--wall-angle", type=float, metavar="DEG", help="by how much the wall overhangs; 0 is vertical")
    text = "corners of a rectangle on the wall, pixels: top left, top right, bottom right, bottom left"
    wall.add_argument(
        "--wall-corners", nargs=4, type=worded(_point, "a point such as 120,40"), metavar="X,Y", help=text
    )
    wall.add_argument("--find-wall", action="store_true", help="have the wall found from hands and feet")
    size = "size of that rectangle, metres"
    facts.add_argument("--wall-size", nargs=2, type=float, metavar=("WIDTH", "HEIGHT"), help=size)
    text = "focal length (default: the fitted body's, else the file's, else the image diagonal)"
    facts.add_argument("--focal-px", type=float, metavar="PX", help=text)


def facts(options: argparse.Namespace) -> Result:
    """State what is known of a climb, and show it.

    Raises
    ------
    BetascopeError
        If something cannot be.
    """
    with Project.open(options.project, access=_access(options)) as project:
        track = operations.only_track(project, track_name=options.track)
        for make in (_climber, _wall):
            edit = make(project, track, options)
            if edit is not None:
                project.push(edit)
        known = track.facts
        result = {"project": str(options.project), "track": track.name, **facts_to_json(known)}
        result["overhang_deg"] = round(overhang_deg(known.walls[0]), 1) + 0.0 if known.walls else known.wall_angle_deg
    return result, _text(result)


def _access(options: argparse.Namespace) -> Access:
    stated = (options.height, options.arm_span, options.mass, options.wall_angle, options.wall_corners)
    return Access.WRITE if options.find_wall or any(value is not None for value in stated) else Access.READ


def _climber(_project: Project, track: Track, options: argparse.Namespace) -> SetFacts | None:
    known = track.facts.climber
    height, span = (None if value is None else value / 100 for value in (options.height, options.arm_span))
    given = {"height_m": height, "span_m": span, "mass_kg": options.mass}
    climber: Climber = replace(known, **{name: value for name, value in given.items() if value is not None})
    return stating.state_climber(track, climber)


def _wall(project: Project, track: Track, options: argparse.Namespace) -> SetFacts | None:
    if options.find_wall:
        return stating.forget_wall(track)
    if options.wall_angle is not None:
        return stating.state_wall_angle(track, options.wall_angle)
    if options.wall_corners is None:
        return None
    if options.wall_size is None:
        raise BetascopeError("Say how large the rectangle is: --wall-size WIDTH HEIGHT, in metres.")
    width, height = options.wall_size
    camera = _camera(project, track, options.focal_px)
    corners = np.array(options.wall_corners)
    return stating.state_wall(track, wall_from_corners(corners, width_m=width, height_m=height, camera=camera))


def _camera(project: Project, track: Track, focal_px: float | None) -> Camera:
    mesh, clip = project.mesh(track.id), project.clip(track.clip_id)
    guess = likely_camera(clip.path, clip.size) if mesh is None else mesh.camera
    return guess if focal_px is None else replace(guess, focal_px=focal_px)


def _point(text: str) -> tuple[float, float]:
    x, y = (float(part) for part in text.split(","))
    return x, y


def _text(known: dict[str, Any]) -> str:
    sizes = [
        f"{name} {scale * known[key]:.0f} {unit}"
        for name, key, scale, unit in (
            ("height", "height_m", 100, "cm"),
            ("arm span", "span_m", 100, "cm"),
            ("mass", "mass_kg", 1, "kg"),
        )
        if known[key] is not None
    ]
    angle = known["overhang_deg"]
    wall = "found from hands and feet" if angle is None else f"overhangs {angle + 0.0:.0f} degrees"
    if known["walls"]:
        wall += f", {abs(known['walls'][0][3]):.1f} m from the camera"
    contacts = "found" if known["contacts"] is None else f"{len(known['contacts'])} stated"
    return (
        f"{known['track']}: {', '.join(sizes) or 'size not known'}\nWall: {wall}\n"
        f"Contacts: {contacts}; depths stated: {len(known['depths'])}"
    )
