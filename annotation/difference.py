"""The edit that makes a project hold what another one, or an earlier version of it, holds."""

import numpy as np

from annotation.contents import Contents
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
from annotation.label_patch import NONE, LabelPatch
from annotation.label_table import LabelTable
from annotation.labels import RunKind, Track
from annotation.track_edits import DismissDoubts, SetEvents, SetFacts, SetInterpolation, SetReviewed, SetTrackLook


def difference(now: Contents, wanted: Contents, *, title: str) -> Edit | None:
    """Return the edit from what a project holds to what is wanted; None if that is the same."""
    edits: list[Edit] = []
    for id_, track in now.tracks.items():
        if id_ not in wanted.tracks:
            edits += [*_unlocked(track), RemoveTrack(id_)]
    edits += [RemoveClip(id_) for id_ in now.clips if id_ not in wanted.clips]
    for id_, clip in wanted.clips.items():
        if id_ not in now.clips:
            edits.append(AddClip(clip))
        elif clip.path != now.clips[id_].path:
            edits.append(RelinkClip(id_, clip.path))
    for id_, track in wanted.tracks.items():
        edits += _track_edits(now.tracks[id_], track) if id_ in now.tracks else [AddTrack(track)]
    return Several(tuple(edits), title) if edits else None


def _track_edits(now: Track, wanted: Track) -> list[Edit]:
    """Return what makes one track another; the lock is opened first and comes last."""
    id_ = now.id
    edits: list[Edit] = []
    labels = label_difference(now.table, wanted.table)
    if len(labels):
        edits.append(SetLabels(id_, labels))
    if now.spans != wanted.spans:
        edits.append(SetSpans(id_, wanted.spans))
    if now.stride != wanted.stride:
        edits.append(SetStride(id_, wanted.stride))
    if now.interpolation is not wanted.interpolation:
        edits.append(SetInterpolation(id_, wanted.interpolation))
    if now.name != wanted.name:
        edits.append(RenameTrack(id_, wanted.name))
    for kind in RunKind:
        if now.active_runs.get(kind) != wanted.active_runs.get(kind):
            edits.append(UseRun(id_, kind, wanted.active_runs.get(kind)))
    if now.facts != wanted.facts:
        edits.append(SetFacts(id_, wanted.facts))
    if edits:
        edits = [*_unlocked(now), *edits]
    for frames, reviewed in ((wanted.reviewed - now.reviewed, True), (now.reviewed - wanted.reviewed, False)):
        if frames:
            edits.append(SetReviewed(id_, tuple(sorted(frames)), reviewed))
    if now.events != wanted.events:
        edits.append(SetEvents(id_, wanted.events))
    for doubts, dismissed in ((wanted.dismissed - now.dismissed, True), (now.dismissed - wanted.dismissed, False)):
        if doubts:
            edits.append(DismissDoubts(id_, frozenset(doubts), dismissed))
    look = (wanted.color, wanted.locked, wanted.hidden)
    if look != (now.color, now.locked, now.hidden) or (now.locked and edits):
        edits.append(SetTrackLook(id_, *look))
    return edits


def _unlocked(track: Track) -> list[Edit]:
    return [SetTrackLook(track.id, track.color, locked=False, hidden=track.hidden)] if track.locked else []


def label_difference(now: LabelTable, wanted: LabelTable) -> LabelPatch:
    """Return what makes the labels of one table those of another, with who made them and when."""
    n = max(now.end, wanted.end)
    shape = (n, wanted.n_joints)
    codes = [_padded(table.codes[: table.end], shape) for table in (now, wanted)]
    xy = [_padded(table.xy[: table.end], (*shape, 2)) for table in (now, wanted)]
    known = {stamp: i for i, stamp in enumerate(now.stamps)}
    numbers = np.array([known.get(stamp, -1) for stamp in wanted.stamps])
    stamps = [
        _padded(now.stamp_ids[: now.end].astype(np.int64), shape),
        _padded(numbers[wanted.stamp_ids[: wanted.end]], shape),
    ]
    said = (codes[0] != codes[1]) | (xy[0] != xy[1]).any(axis=-1)
    by_another = (codes[1] != NONE) & (stamps[0] != stamps[1])
    frames, joints = np.nonzero(said | by_another)
    return wanted.take(frames, joints)


def _padded(array: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    result = np.zeros(shape, array.dtype)
    result[: len(array)] = array
    return result
