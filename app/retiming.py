"""Moving keyframes in time, as edits. Pure: a track in, an edit out."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from annotation.edits import Edit, SetLabels, SetSpans, Several
from annotation.label_patch import NONE
from annotation.labels import Span, Track


def in_the_way(
    track: Track, frames: Sequence[int], *, offset: int, joints: Sequence[int] | None = None, copy: bool = False
) -> list[int]:
    """Return the frames with labels onto which keyframes would be moved or copied; of all joints without `joints`."""
    moving = np.asarray(frames, np.intp)
    others = _labelled(track, joints)
    if not copy:
        others = np.setdiff1d(others, moving)
    taken: list[int] = np.intersect1d(moving + offset, others).tolist()
    return taken


def move_keyframes(
    track: Track, frames: Sequence[int], *, offset: int, joints: Sequence[int] | None = None, copy: bool = False
) -> Edit | None:
    """Move the labels of some frames, or copies of them, to later (offset > 0) or earlier frames.

    Spans that begin or end at a keyframe go with it when all its joints do. What labels were there is replaced; ask
    `in_the_way` before. None if there is nothing to move.
    """
    here = track.table.take(*_grid(track, frames, joints=joints))
    there = here.codes != NONE
    if not offset or not there.any():
        return None
    here = here.only(there)
    moved = here.with_frames(here.frames + offset)
    patch = moved if copy else here.removing().then(moved)
    labels = SetLabels(track.id, patch, _title(frames, offset, copy=copy))
    spans = track.spans if copy or joints is not None else _moved_spans(track.spans, set(frames), offset=offset)
    return labels if spans == track.spans else Several((SetSpans(track.id, spans), labels), labels.title)


def _title(frames: Sequence[int], offset: int, *, copy: bool) -> str:
    verb = "Copy" if copy else "Move"
    if len(frames) == 1:
        return f"{verb} keyframe {frames[0]} to {frames[0] + offset}"
    return f"{verb} {len(frames)} keyframes by {offset:+d}"


def _labelled(track: Track, joints: Sequence[int] | None) -> NDArray[np.intp]:
    if joints is None:
        return track.table.keyframes()
    return np.flatnonzero((track.table.codes[:, list(joints)] != NONE).any(axis=1))


def _grid(
    track: Track, frames: Sequence[int], *, joints: Sequence[int] | None
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return every frame with every joint."""
    which = np.arange(track.table.n_joints) if joints is None else np.asarray(joints, np.intp)
    return np.repeat(np.asarray(frames, np.intp), len(which)), np.tile(which, len(frames))


def _moved_spans(spans: tuple[Span, ...], frames: set[int], *, offset: int) -> tuple[Span, ...]:
    moved = []
    for span in spans:
        start, end = (frame + offset if frame in frames else frame for frame in (span.start, span.end))
        if start < end:
            moved.append(replace(span, start=start, end=end))
    return tuple(moved)
