"""``betascope state``: depths of joints, and where hands and feet hold, stated without a window."""

import argparse
from typing import Any

from annotation.clip import Clip
from annotation.errors import BetascopeError
from annotation.fit_details import load_details
from annotation.known_facts import Contact, DepthStatement, Limb, Order, depth_joints
from annotation.known_facts_json import contact_to_json, depth_to_json
from annotation.labels import RunKind, Track
from annotation.project import Project
from annotation.skeletons import load_skeleton
from annotation.store import Access
from annotation.track_edits import SetFacts
from app import operations, stating, stating_walls

Result = tuple[dict[str, Any], str]

_FORGET = "forget"


def add_state_command(commands: Any, track: argparse.ArgumentParser) -> None:
    """Add the command."""
    text = "Say what the picture does not tell: depths of joints, where hands and feet hold. Without more: list it."
    parser = commands.add_parser("state", parents=[track], help=text, description=text)
    actions = parser.add_subparsers(dest="action", metavar="depth|contact")
    also = argparse.ArgumentParser(add_help=False, argument_default=argparse.SUPPRESS)
    also.add_argument("--json", action="store_true", help="print the result as JSON, for machines")
    also.add_argument("--track", metavar="NAME", help="which climber, where there are several")
    text = "Say whether a joint is nearer to the camera or farther away than the joint it hangs on, or by how much."
    depth = actions.add_parser("depth", parents=[also], help=text, description=text)
    depth.add_argument("--frame", type=int, required=True, metavar="N", help="counted from 0")
    depth.add_argument("--joint", required=True, metavar="NAME", help="such as left_wrist")
    text = f"nearer, farther, metres farther (negative: nearer), or {_FORGET} to take it back"
    depth.add_argument("depth", type=_depth, metavar=f"nearer|farther|METRES|{_FORGET}", help=text)
    text = "Say from which frame to which a hand or foot holds. The first statement keeps what the fit found."
    contact = actions.add_parser("contact", parents=[also], help=text, description=text)
    contact.add_argument("--limb", choices=[limb.value for limb in Limb], required=True)
    contact.add_argument("--from", dest="start", type=int, required=True, metavar="N", help="first frame")
    contact.add_argument("--to", dest="end", type=int, required=True, metavar="N", help="last frame")
    contact.add_argument("--wall", metavar="NAME", help="the plane of the wall it is on (default: the nearest)")
    contact.add_argument("--remove", action="store_true", help="it holds nothing there")


def state(options: argparse.Namespace) -> Result:
    """State a depth or a contact, or list them.

    Raises
    ------
    BetascopeError
        If it cannot be.
    """
    with Project.open(options.project, access=Access.WRITE if options.action else Access.READ) as project:
        track = operations.only_track(project, track_name=options.track)
        clip, found = project.clip(track.clip_id), _found(project, track)
        edit = None
        if options.action == "depth":
            edit = _state_depth(track, clip, options=options)
        elif options.action == "contact":
            edit = _state_contact(track, clip, found=found, options=options)
        if edit is not None:
            project.push(edit)
        result = _stated(track, found)
    return {"project": str(options.project), "track": track.name, "changed": edit is not None, **result}, _text(
        track.name, result
    )


def _depth(text: str) -> Order | float | str:
    """Read what is said about a depth."""
    if text == _FORGET:
        return text
    try:
        return Order(text)
    except ValueError:
        pass
    try:
        return float(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(
            f"{text!r} is no depth: say nearer, farther, {_FORGET}, or metres such as -0.2"
        ) from error


def _state_depth(track: Track, clip: Clip, *, options: argparse.Namespace) -> SetFacts | None:
    joints, joint = depth_joints(load_skeleton(track.skeleton)), options.joint.replace(" ", "_")
    if joint not in joints:
        raise BetascopeError(
            f"Nothing can be said about the depth of {options.joint}. Give one of {', '.join(joints)}."
        )
    _check_frames(clip, options.frame)
    depth = None if options.depth == _FORGET else options.depth
    if depth is not None:
        DepthStatement(options.frame, joint, depth)
    return stating.state_depth(track, options.frame, joint, depth)


def _state_contact(
    track: Track, clip: Clip, *, found: tuple[Contact, ...], options: argparse.Namespace
) -> SetFacts | None:
    _check_frames(clip, options.start, options.end)
    limb = Limb(options.limb)
    if options.wall is not None:
        return stating_walls.state_plane_of_contact(track, limb, options.start, options.wall, found=found)
    return stating.state_contact(track, limb, options.start, options.end, holds=not options.remove, found=found)


def _check_frames(clip: Clip, *frames: int) -> None:
    for frame in frames:
        if not 0 <= frame < clip.n_frames:
            raise BetascopeError(f"{clip.path.name} has no frame {frame}: it has {clip.n_frames}, counted from 0.")


def _found(project: Project, track: Track) -> tuple[Contact, ...]:
    """Return the contacts that the fit of a track found."""
    run = track.active_runs.get(RunKind.BODY)
    details = None if run is None else load_details(project.run_folder(run))
    return () if details is None else details.contacts


def _stated(track: Track, found: tuple[Contact, ...]) -> dict[str, Any]:
    contacts = track.facts.contacts
    return {
        "depths": [
            {**depth_to_json(said), "text": f"{stating.depth_words(track, said)}, {stating.said_by(said)}".rstrip(", ")}
            for said in track.facts.depths
        ],
        "contacts": None if contacts is None else [contact_to_json(contact) for contact in contacts],
        "contacts_found": [contact_to_json(contact) for contact in found],
    }


def _on(contact: dict[str, Any]) -> str:
    return f", on {contact['wall']}" if contact.get("wall") else ""


def _text(name: str, stated: dict[str, Any]) -> str:
    lines = [name, f"Depths stated: {len(stated['depths'])}"]
    lines += [f"  frame {said['frame']}: {said['text']}" for said in stated["depths"]]
    contacts, title = stated["contacts"], "Contacts stated"
    if contacts is None:
        contacts, title = stated["contacts_found"], "Contacts found by the fit, none stated"
    lines.append(f"{title}: {len(contacts)}")
    lines += [f"  {c['limb'].replace('_', ' ')}: frames {c['start']} to {c['end']}{_on(c)}" for c in contacts]
    return "\n".join(lines)
