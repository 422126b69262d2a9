"""What ``betascope tracks`` does; each action is one undoable step."""

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from annotation.climber_colors import color_of
from annotation.edits import Edit, RemoveTrack
from annotation.errors import ProjectError
from annotation.labels import RunKind, Source, Track
from annotation.project import Project
from annotation.splicing import FrameRange
from annotation.store import Access
from app import climber_splicing, climbers, operations
from app.wording import counted

Result = tuple[dict[str, Any], str]


def tracks(options: argparse.Namespace) -> Result:
    """List climbers, or change them."""
    folder = Path(options.project)
    if options.action == "list":
        with Project.open(folder, access=Access.READ) as project:
            return _listed(project)
    with Project.open(folder, access=Access.WRITE) as project:
        if options.action == "undo":
            title = project.undo_title()
            if title is None:
                raise ProjectError("There is nothing to undo.")
            project.undo()
            done = f"Undone: {title}"
        else:
            edit = _ACTIONS[options.action](project, _named(project, options.name), options)
            project.push(edit)
            done = edit.title
        result, text = _listed(project)
        return {"done": done, **result}, f"{done}\n{text}"


def _named(project: Project, name: str) -> Track:
    if not any(
        name in (track.name, track.id, operations.full_name(project, track)) for track in project.tracks.values()
    ):
        names = ", ".join(repr(track.name) for track in project.tracks.values()) or "none"
        raise ProjectError(f"There is no climber {name!r} in {project.name}. There are: {names}.")
    return operations.only_track(project, track_name=name)


def _frames(project: Project, track: Track, *, options: argparse.Namespace) -> FrameRange:
    last = project.clip(track.clip_id).n_frames - 1
    end = last if options.end is None else options.end
    if not 0 <= options.start <= end <= last:
        raise ProjectError(f"There are no frames {options.start} to {end}: the clip has 0 to {last}.")
    return FrameRange(options.start, end)


def _split(project: Project, track: Track, options: argparse.Namespace) -> Edit:
    name = options.new_name or climbers.new_climber(project, track.clip_id).name
    return climber_splicing.split(project, track.id, _frames(project, track, options=options), name=name)[0]


def _merge(project: Project, track: Track, options: argparse.Namespace) -> Edit:
    return climber_splicing.merge(project, track.id, other_id=_named(project, options.other).id)


def _swap(project: Project, track: Track, options: argparse.Namespace) -> Edit:
    other = _named(project, options.other)
    return climber_splicing.swap(project, track.id, other.id, _frames(project, track, options=options))


_ACTIONS: dict[str, Callable[[Project, Track, argparse.Namespace], Edit]] = {
    "rename": lambda project, track, options: climbers.rename(project, track.id, name=options.new_name),
    "color": lambda _project, track, options: climbers.set_color(track, options.color),
    "lock": lambda _project, track, _options: climbers.set_locked(track, locked=True),
    "unlock": lambda _project, track, _options: climbers.set_locked(track, locked=False),
    "hide": lambda _project, track, _options: climbers.set_hidden(track, hidden=True),
    "show": lambda _project, track, _options: climbers.set_hidden(track, hidden=False),
    "remove": lambda _project, track, _options: RemoveTrack(track.id, f"Remove {track.name}"),
    "merge": _merge,
    "split": _split,
    "swap": _swap,
}


def _listed(project: Project) -> Result:
    rows = [_row(project, track) for track in project.tracks.values()]
    lines = [
        f"{row['color']}  {row['name']}{' (locked)' if row['locked'] else ''}{' (hidden)' if row['hidden'] else ''}: "
        f"{counted(row['labelled_frames'], 'keyframe')} with {counted(row['labels'], 'label')}, "
        f"{row['predicted_frames']} frames predicted "
        f"({row['model'] or 'nothing detected yet'})  [{row['video']}]"
        for row in rows
    ]
    return {"tracks": rows}, "\n".join(lines) or "Nobody is in this project."


def _row(project: Project, track: Track) -> dict[str, Any]:
    run_id = track.active_runs.get(RunKind.KEYPOINTS)
    predicted = (project.resolved(track.id).source == Source.PREDICTED).any(axis=1)
    return {
        "id": track.id,
        "name": track.name,
        "video": project.clip(track.clip_id).path.name,
        "color": color_of(track, project.tracks_of(track.clip_id)),
        "locked": track.locked,
        "hidden": track.hidden,
        "labels": len(track.labels),
        "labelled_frames": len(track.keyframes()),
        "predicted_frames": int(np.count_nonzero(predicted)),
        "model": None if run_id is None else project.run(run_id).model,
    }
