"""Edits as JSON text, for the history kept in the project."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from annotation.edits import (
    AddClip,
    AddTrack,
    Edit,
    RelinkClip,
    RemoveClip,
    RemoveTrack,
    RenameTrack,
    SetLabels,
    SetSpans,
    SetStride,
    Several,
    UseRun,
)
from annotation.errors import ProjectError
from annotation.labels import Label, RunKind, Span, Track, Visibility

if TYPE_CHECKING:
    from annotation.project import Project


def label_to_json(label: Label | None) -> list[Any] | None:
    """Write a label as ``[x, y, visibility]``, or None."""
    return None if label is None else [*(label.xy or (None, None)), int(label.visibility)]


def label_from_json(raw: list[Any] | None) -> Label | None:
    """Read what `label_to_json` wrote."""
    if raw is None:
        return None
    x, y, visibility = raw
    return Label(None if x is None else (float(x), float(y)), Visibility(visibility))


def track_to_json(track: Track) -> dict[str, Any]:
    """Write a track with its labels."""
    return {
        "id": track.id,
        "clip_id": track.clip_id,
        "name": track.name,
        "skeleton": track.skeleton,
        "stride": track.stride,
        "labels": [[*key, label_to_json(label)] for key, label in track.labels.items()],
        "spans": [[span.start, span.end] for span in track.spans],
        "active_runs": {kind.value: run_id for kind, run_id in track.active_runs.items()},
    }


def track_from_json(raw: dict[str, Any]) -> Track:
    """Read what `track_to_json` wrote."""
    labels = {(frame, joint): label_from_json(label) for frame, joint, label in raw["labels"]}
    return Track(
        id=raw["id"],
        clip_id=raw["clip_id"],
        name=raw["name"],
        skeleton=raw["skeleton"],
        stride=raw["stride"],
        labels={key: label for key, label in labels.items() if label is not None},
        spans=tuple(Span(start, end) for start, end in raw["spans"]),
        active_runs={RunKind(kind): run_id for kind, run_id in raw["active_runs"].items()},
    )


def edit_to_json(edit: Edit) -> str:
    """Write an edit as JSON text for the history."""
    return json.dumps(_to_json(edit), separators=(",", ":"))


def edit_from_json(text: str, *, project: "Project") -> Edit:
    """Read what `edit_to_json` wrote; clips are found in the project's own table of known clips."""
    return _from_json(json.loads(text), project)


def _to_json(edit: Edit) -> dict[str, Any]:
    head = {"edit": type(edit).__name__, "title": edit.title}
    match edit:
        case SetLabels():
            labels = [[*key, label_to_json(label)] for key, label in edit.labels.items()]
            return head | {"track": edit.track_id, "labels": labels}
        case SetSpans():
            return head | {"track": edit.track_id, "spans": [[span.start, span.end] for span in edit.spans]}
        case SetStride():
            return head | {"track": edit.track_id, "stride": edit.stride}
        case UseRun():
            return head | {"track": edit.track_id, "kind": edit.kind.value, "run": edit.run_id}
        case AddTrack():
            return head | {"content": track_to_json(edit.track)}
        case RemoveTrack():
            return head | {"track": edit.track_id}
        case RenameTrack():
            return head | {"track": edit.track_id, "name": edit.name}
        case AddClip():
            return head | {"clip": edit.clip.id}
        case RemoveClip():
            return head | {"clip": edit.clip_id}
        case RelinkClip():
            return head | {"clip": edit.clip_id, "path": str(edit.path)}
        case Several():
            return head | {"edits": [_to_json(part) for part in edit.edits]}
    raise TypeError(f"{type(edit).__name__} has no JSON form")


def _from_json(raw: dict[str, Any], project: "Project") -> Edit:
    title = raw["title"]
    match raw["edit"]:
        case "SetLabels":
            labels = {(frame, joint): label_from_json(label) for frame, joint, label in raw["labels"]}
            return SetLabels(raw["track"], labels, title)
        case "SetSpans":
            return SetSpans(raw["track"], tuple(Span(start, end) for start, end in raw["spans"]), title)
        case "SetStride":
            return SetStride(raw["track"], raw["stride"], title)
        case "UseRun":
            return UseRun(raw["track"], RunKind(raw["kind"]), raw["run"], title)
        case "AddTrack":
            return AddTrack(track_from_json(raw["content"]), title)
        case "RemoveTrack":
            return RemoveTrack(raw["track"], title)
        case "RenameTrack":
            return RenameTrack(raw["track"], raw["name"], title)
        case "AddClip":
            return AddClip(project.known_clip(raw["clip"]), title)
        case "RemoveClip":
            return RemoveClip(raw["clip"], title)
        case "RelinkClip":
            return RelinkClip(raw["clip"], Path(raw["path"]), title)
        case "Several":
            return Several(tuple(_from_json(part, project) for part in raw["edits"]), title)
    raise ProjectError(f"The history holds an unknown kind of edit ({raw['edit']}). Open it with a newer Betascope.")
