"""What ``betascope labels`` does to the keyframes of a range; each action is one step that can be undone."""

import argparse
from pathlib import Path
from typing import Any

from annotation import keyframing
from annotation.edits import Edit
from annotation.errors import ProjectError
from annotation.interpolation import Interpolation
from annotation.labels import Track
from annotation.project import Project
from annotation.splicing import FrameRange
from annotation.store import Access
from app import operations
from app.argument_types import frame_pair
from app.settings import load_settings, settings_path

Result = tuple[dict[str, Any], str]
_ACTIONS = ("accept", "remove", "swap", "hold", "propagate", "interpolate")
_NOTHING = "There is nothing to do in these frames; nothing was changed."


def add_label_command(commands: Any, common: argparse.ArgumentParser) -> None:
    """Add ``betascope labels``."""
    text = "Accept sure predictions, remove, swap, hold, propagate or interpolate labels over a range of frames."
    parser = commands.add_parser("labels", parents=[common], help=text, description=text)
    parser.add_argument("project", type=Path, metavar="PROJECT", help="a folder *.betascope")
    parser.add_argument("action", choices=_ACTIONS)
    parser.add_argument("--track", metavar="NAME", help="which climber, where there are several")
    parser.add_argument(
        "--frames",
        type=frame_pair,
        metavar="A:B",
        help="first and last frame, counted from 0 (default: all)",
    )
    parser.add_argument("--joints", type=_names, metavar="NAME,...", help="only these joints, such as left_wrist")
    parser.add_argument(
        "--confidence",
        type=float,
        default=keyframing.SURE,
        metavar="X",
        help=f"accept: predictions at least as sure, 0 to 1 (default {keyframing.SURE})",
    )
    parser.add_argument("--from-frame", type=int, metavar="N", help="propagate: whose pose (default: the first frame)")
    ways = [kind.value for kind in Interpolation]
    parser.add_argument("--way", choices=[*ways, "none"], default="linear", help="interpolate: how (default linear)")


def labels(options: argparse.Namespace) -> Result:
    """Carry out one action and say what was done."""
    with Project.open(options.project, access=Access.WRITE) as project:
        project.author = load_settings(settings_path()).annotator
        track = operations.only_track(project, track_name=options.track)
        edit = _edit(project, track, options=options)
        before = len(track.labels)
        if edit is None:
            raise ProjectError(_NOTHING)
        project.push(edit)
        result = {"done": edit.title, "track": track.name, "labels": len(track.labels), "labels_before": before}
    return result, f"{track.name}: {edit.title}. {len(track.labels)} labels, {before} before."


def _edit(project: Project, track: Track, *, options: argparse.Namespace) -> Edit | None:
    resolved = project.resolved(track.id)
    last = len(resolved) - 1
    frames = FrameRange(*(options.frames or (0, last)))
    from_frame = frames.start if options.from_frame is None else options.from_frame
    if not (0 <= frames.start <= frames.end <= last and 0 <= from_frame <= last):
        raise ProjectError(f"There are no such frames: the clip has 0 to {last}.")
    unknown = sorted(set(options.joints or ()) - set(resolved.skeleton.joints))
    if unknown:
        raise ProjectError(f"There is no joint {unknown[0]}. There are: {', '.join(resolved.skeleton.joints)}.")
    joints = None if options.joints is None else [resolved.skeleton.index(name) for name in options.joints]
    match options.action:
        case "accept":
            return keyframing.accept_sure(track, resolved, frames, confidence=options.confidence, joints=joints)
        case "remove":
            return keyframing.delete_labels(track, frames, joints=joints)
        case "swap":
            return keyframing.swap_sides(track, resolved, frames, joints=joints)
        case "hold":
            return keyframing.hold(track, resolved, frames, joints=joints)
        case "propagate":
            return keyframing.propagate_pose(track, resolved, frames=frames, frame=from_frame, joints=joints)
    return keyframing.set_interpolation(
        track, frames, kind=None if options.way == "none" else Interpolation(options.way)
    )


def _names(text: str) -> list[str]:
    return text.split(",")
