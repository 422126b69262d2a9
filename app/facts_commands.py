"""``betascope facts``: what is known of a climb that no picture tells, stated without a window."""

import argparse
from dataclasses import replace
from functools import partial
from typing import Any

from annotation.camera_tags import camera_of
from annotation.known_facts import Climber, overhang_deg
from annotation.known_facts_json import facts_to_json
from annotation.labels import Track
from annotation.poses import Camera, MeshSequence
from annotation.project import Project
from annotation.store import Access
from annotation.track_edits import SetFacts
from app import operations, stating
from app.wall_options import add_wall_options, described, overhang_words, says_wall, suggested_walls, wall_edit

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
    add_wall_options(facts)
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
        if project.writable:
            operations.look_at_lenses(project)
        mesh = project.mesh(track.id)
        camera = _camera(project, track, mesh, options.focal_px)
        found = () if mesh is None else mesh.walls
        suggested = suggested_walls(project, track)
        wall = partial(wall_edit, track, options, camera=camera, found=found, suggested=suggested)
        for make in (partial(_climber, track, options), wall):
            edit = make()
            if edit is not None:
                project.push(edit)
        known = track.facts
        result = {"project": str(options.project), "track": track.name, **facts_to_json(known)}
        result["walls"] = [[*plane.normal, plane.offset_m] for plane in known.walls]
        result["camera_to_wall_m"] = round(abs(known.walls[0].offset_m), 3) if known.walls else None
        result["planes"] = [described(plane) for plane in known.walls]
        result["overhang_deg"] = round(overhang_deg(known.walls[0]), 1) + 0.0 if known.walls else known.wall_angle_deg
    return result, _text(result)


def _access(options: argparse.Namespace) -> Access:
    stated = (options.height, options.arm_span, options.mass)
    return Access.WRITE if any(value is not None for value in stated) or says_wall(options) else Access.READ


def _climber(track: Track, options: argparse.Namespace) -> SetFacts | None:
    known = track.facts.climber
    height, span = (None if value is None else value / 100 for value in (options.height, options.arm_span))
    given = {"height_m": height, "span_m": span, "mass_kg": options.mass}
    climber: Climber = replace(known, **{name: value for name, value in given.items() if value is not None})
    return stating.state_climber(track, climber)


def _camera(project: Project, track: Track, mesh: MeshSequence | None, focal_px: float | None) -> Camera:
    clip = project.clip(track.clip_id)
    guess = camera_of(clip, mesh)
    return guess if focal_px is None else replace(guess, focal_px=focal_px)


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
    wall = "found from hands and feet at each fit" if angle is None else overhang_words(angle, " degrees")
    if known["walls"]:
        wall += f", {known['camera_to_wall_m']:.1f} m from the camera"
    planes = [f"\n  {plane['name']}: {plane['text']}" for plane in known["planes"]] if len(known["planes"]) > 1 else []
    contacts = "found at each fit" if known["contacts"] is None else f"{len(known['contacts'])} stated"
    return (
        f"{known['track']}: {', '.join(sizes) or 'size not known'}\nWall: {wall}{''.join(planes)}\n"
        f"Contacts: {contacts}; depths stated: {len(known['depths'])}"
    )
