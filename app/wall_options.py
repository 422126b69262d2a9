"""The options of ``betascope facts`` that are about the wall: one plane or several."""

import argparse
import re
from collections.abc import Sequence
from typing import Any

import numpy as np

from annotation.errors import BetascopeError
from annotation.known_facts import overhang_deg
from annotation.known_facts_json import suggested_in
from annotation.labels import RunKind, Track
from annotation.poses import Camera, Plane
from annotation.project import Project
from annotation.track_edits import SetFacts
from app import operations, stating, stating_walls
from app.argument_types import worded

_NUMBER = re.compile(r"\d+\.?\d*|\.\d+")


def add_wall_options(facts: argparse.ArgumentParser) -> None:
    """Add them to a parser."""
    point = worded(_point, "a point such as 120,40")
    # A corner may lie beside the picture: argparse takes -12,40 for an option, and has no public way to say it is not.
    facts._negative_number_matcher = re.compile(r"-\d")
    wall = facts.add_mutually_exclusive_group()
    wall.add_argument("--wall-angle", type=float, metavar="DEG", help="by how much the wall overhangs; 0 is vertical")
    text = "corners of a rectangle on the wall, pixels: top left, top right, bottom right, bottom left"
    wall.add_argument("--wall-corners", nargs=4, type=point, metavar="X,Y", help=text)
    wall.add_argument("--find-wall", action="store_true", help="have the wall found from hands and feet")
    text = "one plane of a wall of several: with --corners and --wall-size, or with --meets and --bend"
    wall.add_argument("--wall", metavar="NAME", help=text)
    wall.add_argument("--remove-wall", metavar="NAME", help="take a plane of the wall back")
    wall.add_argument("--rename-wall", nargs=2, metavar=("NAME", "NEW"), help="call a plane of the wall otherwise")
    text = "take over the two planes that the last fit suggests, where the holds may not lie in one"
    wall.add_argument("--suggested-walls", action="store_true", help=text)
    facts.add_argument("--corners", nargs=4, type=point, metavar="X,Y", help="--wall: its corners, as --wall-corners")
    size, text = worded(_size, "a size such as 4x2.5"), "width and height of the rectangle, metres, such as 4x2.5"
    facts.add_argument("--wall-size", "--size", dest="wall_size", type=size, metavar="WxH", help=text)
    text = "--wall: ends of the line where it meets another plane, and a point as far as it reaches, pixels"
    facts.add_argument("--meets", nargs=3, type=point, metavar="X,Y", help=text)
    text = "--wall: by how much it is bent towards the climber there; negative where it falls away"
    facts.add_argument("--bend", type=float, metavar="DEG", help=text)
    facts.add_argument("--on", metavar="NAME", default="", help="--wall: the plane it meets (default: the first)")


def sizes_joined(arguments: Sequence[str]) -> list[str]:
    """Return a command line with ``--wall-size 4 2.5``, as it was written once, as ``--wall-size 4x2.5``."""
    result = list(arguments)
    for at in range(len(result) - 3, -1, -1):
        if result[at] == "--wall-size" and all(_NUMBER.fullmatch(text) for text in result[at + 1 : at + 3]):
            result[at + 1 : at + 3] = ["x".join(result[at + 1 : at + 3])]
    return result


def says_wall(options: argparse.Namespace) -> bool:
    """Tell whether anything is stated about the wall."""
    given = (options.wall_angle, options.wall_corners, options.wall, options.remove_wall, options.rename_wall)
    return options.find_wall or options.suggested_walls or any(value is not None for value in given)


def wall_edit(
    track: Track,
    options: argparse.Namespace,
    *,
    camera: Camera,
    found: Sequence[Plane] = (),
    suggested: Sequence[Plane] = (),
) -> SetFacts | None:
    """Return what the options state about the wall; `found` and `suggested` are what the last fit says.

    Raises
    ------
    BetascopeError
        If something cannot be or is missing.
    """
    if options.wall is not None:
        return _plane(track, options, camera=camera, found=found)
    if options.find_wall:
        return stating.forget_wall(track)
    if options.remove_wall is not None:
        return stating_walls.remove_plane(track, options.remove_wall)
    if options.rename_wall is not None:
        return stating_walls.rename_plane(track, *options.rename_wall)
    if options.suggested_walls:
        if not suggested:
            raise BetascopeError("The last fit suggests no planes: fit the body first, without a stated wall.")
        return stating_walls.state_planes(track, suggested)
    if options.wall_angle is not None:
        return stating.state_wall_angle(track, options.wall_angle)
    if options.wall_corners is None:
        return None
    if options.wall_size is None:
        raise BetascopeError("Say how large the rectangle is: --wall-size WIDTHxHEIGHT, in metres.")
    corners = np.array(options.wall_corners)
    return stating_walls.state_corners(track, corners, size_m=options.wall_size, camera=camera)


def _plane(track: Track, options: argparse.Namespace, *, camera: Camera, found: Sequence[Plane]) -> SetFacts | None:
    name: str = options.wall
    if options.corners is not None:
        if options.wall_size is None:
            raise BetascopeError(f"Say how large {name} is: --wall-size WIDTHxHEIGHT, in metres.")
        corners = np.array(options.corners)
        return stating_walls.state_corners(track, corners, size_m=options.wall_size, camera=camera, name=name)
    if options.meets is None or options.bend is None:
        raise BetascopeError(f"Say where {name} is: --corners with --wall-size, or --meets with --bend.")
    xy = np.array(options.meets)
    return stating_walls.state_bend(
        track, xy, bend_deg=options.bend, camera=camera, on=options.on, name=name, found=found
    )


def suggested_walls(project: Project, track: Track) -> tuple[Plane, ...]:
    """Return the planes the last fit of a climber suggests; none where one plane is enough.

    Raises
    ------
    BetascopeError
        If what it said cannot be read.
    """
    run = track.active_runs.get(RunKind.BODY)
    if run is None:
        return ()
    return suggested_in(operations.run_summary(project, run).get("summary", {}))


def described(plane: Plane) -> dict[str, Any]:
    """Return what is to be said about a plane; JSON values."""
    angle = overhang_deg(plane)
    hung = "" if plane.hinge is None else f", hangs on {plane.hinge.on}, bent by {plane.hinge.bend_deg:g} degrees"
    return {
        "name": plane.name,
        "overhang_deg": round(angle, 1) + 0.0,
        "size_m": [round(side, 2) for side in size_m(plane)],
        "outline_m": [[round(x, 3) for x in corner] for corner in plane.outline],
        "text": f"{overhang_words(angle, ' degrees')}{hung}",
    }


def overhang_words(angle_deg: float, unit: str = "°") -> str:
    """Say how a wall is inclined, as climbers do."""
    if abs(angle_deg) < 0.5:
        return "vertical"
    return f"overhangs {angle_deg:.0f}{unit}" if angle_deg > 0 else f"a slab of {-angle_deg:.0f}{unit}"


def size_m(plane: Plane) -> tuple[float, ...]:
    """Return width and height of a plane's outline, metres; nothing where no end of it is known."""
    corners = np.array(plane.outline).reshape(-1, 3)
    if len(corners) < 4:
        return ()
    sides = np.linalg.norm(np.roll(corners, -1, axis=0) - corners, axis=1)
    return float(sides[0]), float(sides[1])


def _point(text: str) -> tuple[float, float]:
    x, y = (float(part) for part in text.split(","))
    return x, y


def _size(text: str) -> tuple[float, float]:
    width, height = (float(part) for part in text.lower().replace("×", "x").split("x"))
    return width, height
