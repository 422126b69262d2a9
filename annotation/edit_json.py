"""Edits as JSON text, for the history kept in the project."""

import json
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from annotation.courtesy import give_way
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
from annotation.known_facts_json import facts_from_json, facts_to_json
from annotation.labels import Event, Interpolation, LabelPatch, LabelTable, RunKind, Span, Track
from annotation.patch_json import patch_from_json, patch_to_json
from annotation.skeletons import load_skeleton
from annotation.track_edits import DismissDoubts, SetEvents, SetFacts, SetInterpolation, SetReviewed, SetTrackLook

if TYPE_CHECKING:
    from annotation.contents import Contents

_LONG = 2000
"""Characters from which a step of the history is compressed."""


def span_to_json(span: Span) -> list[Any]:
    """Write a span as ``[start, end, interpolation]``."""
    return [span.start, span.end, span.interpolation.value]


def span_from_json(raw: list[Any]) -> Span:
    """Read what `span_to_json` wrote; before schema 2 it had no interpolation."""
    start, end, *how = raw
    return Span(start, end, *map(Interpolation, how))


def track_to_json(track: Track) -> dict[str, Any]:
    """Write a track with its labels."""
    return {
        "id": track.id,
        "clip_id": track.clip_id,
        "name": track.name,
        "skeleton": track.skeleton,
        "stride": track.stride,
        "labels": patch_to_json(track.table.patch()),
        "spans": [span_to_json(span) for span in track.spans],
        "active_runs": {kind.value: run_id for kind, run_id in track.active_runs.items()},
        "interpolation": track.interpolation.value,
        "reviewed": sorted(track.reviewed),
        "events": [[event.frame, event.end, event.text] for event in track.events],
        "dismissed": sorted(track.dismissed),
        "color": track.color,
        "locked": track.locked,
        "hidden": track.hidden,
        "facts": facts_to_json(track.facts),
    }


def track_from_json(raw: dict[str, Any]) -> Track:
    """Read what `track_to_json` wrote; before schema 2 it said less."""
    labels = LabelTable(len(load_skeleton(raw["skeleton"])))
    labels.apply(patch_from_json(raw["labels"]))
    return Track(
        id=raw["id"],
        clip_id=raw["clip_id"],
        name=raw["name"],
        skeleton=raw["skeleton"],
        stride=raw["stride"],
        labels=labels,
        spans=tuple(map(span_from_json, raw["spans"])),
        active_runs={RunKind(kind): run_id for kind, run_id in raw["active_runs"].items()},
        interpolation=Interpolation(raw.get("interpolation", Interpolation.LINEAR.value)),
        reviewed=set(raw.get("reviewed", ())),
        events=tuple(Event(*event) for event in raw.get("events", ())),
        dismissed={(kind, frame, joint) for kind, frame, joint in raw.get("dismissed", ())},
        color=raw.get("color"),
        locked=raw.get("locked", False),
        hidden=raw.get("hidden", False),
        facts=facts_from_json(raw.get("facts", {})),
    )


def pack_edit(edit: Edit) -> str | bytes:
    """Write an edit for the history: JSON text, compressed where it is long."""
    text = json.dumps(_to_json(edit), separators=(",", ":"))
    if len(text) < _LONG:
        return text
    give_way()
    # long text is mostly compressed arrays: looking for repetitions in them takes three times as long and finds none
    packer = zlib.compressobj(1, strategy=zlib.Z_HUFFMAN_ONLY)
    return packer.compress(text.encode()) + packer.flush()


def unpack_edit(packed: str | bytes, *, project: "Contents") -> Edit:
    """Read what `pack_edit` wrote; clips are found in the project's own table of known clips."""
    return _from_json(json.loads(unpacked_text(packed)), project)


def unpacked_text(packed: str | bytes) -> str:
    """Return the JSON text of an edit `pack_edit` wrote."""
    return packed if isinstance(packed, str) else zlib.decompress(packed).decode()


def _to_json(edit: Edit) -> dict[str, Any]:
    head = {"edit": type(edit).__name__, "title": edit.title}
    match edit:
        case SetLabels():
            return head | {"track": edit.track_id, "labels": patch_to_json(LabelPatch.of(edit.labels))}
        case SetSpans():
            return head | {"track": edit.track_id, "spans": [span_to_json(span) for span in edit.spans]}
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
        case SetInterpolation():
            return head | {"track": edit.track_id, "interpolation": edit.interpolation.value}
        case SetReviewed():
            return head | {"track": edit.track_id, "frames": edit.frames, "reviewed": edit.reviewed}
        case SetEvents():
            return head | {
                "track": edit.track_id,
                "events": [[each.frame, each.end, each.text] for each in edit.events],
            }
        case SetFacts():
            facts = facts_to_json(edit.facts)
            return head | {"track": edit.track_id, "facts": facts, "frames": edit.frames}
        case SetTrackLook():
            look = {"color": edit.color, "locked": edit.locked, "hidden": edit.hidden}
            return head | {"track": edit.track_id, **look}
        case DismissDoubts():
            return head | {"track": edit.track_id, "doubts": sorted(edit.doubts), "dismissed": edit.dismissed}
    raise TypeError(f"{type(edit).__name__} has no JSON form")


def _from_json(raw: dict[str, Any], project: "Contents") -> Edit:
    title = raw["title"]
    match raw["edit"]:
        case "SetLabels":
            return SetLabels(raw["track"], patch_from_json(raw["labels"]), title)
        case "SetSpans":
            return SetSpans(raw["track"], tuple(map(span_from_json, raw["spans"])), title)
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
        case "SetInterpolation":
            return SetInterpolation(raw["track"], Interpolation(raw["interpolation"]), title)
        case "SetReviewed":
            return SetReviewed(raw["track"], tuple(raw["frames"]), raw["reviewed"], title)
        case "SetEvents":
            return SetEvents(raw["track"], tuple(Event(*event) for event in raw["events"]), title)
        case "SetFacts":
            return SetFacts(raw["track"], facts_from_json(raw["facts"]), tuple(raw["frames"]), title)
        case "SetTrackLook":
            return SetTrackLook(raw["track"], raw["color"], raw["locked"], raw["hidden"], title)
        case "DismissDoubts":
            doubts = frozenset((kind, frame, joint) for kind, frame, joint in raw["doubts"])
            return DismissDoubts(raw["track"], doubts, raw["dismissed"], title)
    raise ProjectError(f"The history holds an unknown kind of edit ({raw['edit']}). Open it with a newer Betascope.")
