"""`resolve`: sparse human labels over dense predictions. Pure, and the same code for a whole clip and for a stretch."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from annotation.carrying import Carrier, reach
from annotation.courtesy import by_turns
from annotation.interpolation import Interpolation, interpolate
from annotation.label_patch import NONE
from annotation.labels import Keypoints2D, ResolvedTrack, Source, Track, Visibility
from annotation.skeletons import load_skeleton

Indices = NDArray[np.intp]
REACH = 2
"""How many labels of a joint away a label still matters: cubic pieces take their slopes from the next ones."""
_KINDS = tuple(Interpolation)
_UNCOVERED = -1
_BLOCK = 8192
"""Frames resolved at a time: their arrays fit the cache of a processor."""


def resolve(track: Track, predictions: Keypoints2D | None, *, n_frames: int) -> ResolvedTrack:
    """Lay the labels of a track over the predictions of one run.

    A label wins in its frame. Between two labels of a joint the position is interpolated over frames where they are
    at most ``track.stride`` apart, where a span covers both, or where nothing was predicted; how, says the last such
    span, else the track. Between the labels visibility is that of the earlier one; from an absent label on the joint
    stays absent, and before one it stays where it was.

    A track that follows the prediction carries its corrections: predicted points beside a label are moved with it, the
    less the farther away (`annotation.carrying`); they stay predicted.
    """
    result = _unwritten(track, n_frames)
    predictions = None if predictions is None else predictions.converted(track.skeleton)
    lay(result, track, predictions, joints=range(len(result.skeleton)), start=0, stop=n_frames)
    return result


def resolve_frame(track: Track, predictions: Keypoints2D | None, *, frame: int, n_frames: int) -> ResolvedTrack:
    """Return the one frame that `resolve` gives, as a track of one frame, without working out the others."""
    result = _unwritten(track, n_frames)  # what is not written takes no memory
    predictions = None if predictions is None else predictions.converted(track.skeleton)
    codes = track.table.codes[frame : frame + 1]
    open_joints = np.flatnonzero(codes[0] == NONE).tolist() if len(codes) else range(len(result.skeleton))
    lay(result, track, predictions, joints=open_joints, start=frame, stop=frame + 1)
    _lay_labels(result, track, rows=slice(frame, frame + 1), columns=slice(None))
    row = [frame]  # copies
    return ResolvedTrack(
        result.xy[row], result.confidence[row], result.source[row], result.visibility[row], result.skeleton
    )


def _unwritten(track: Track, n_frames: int) -> ResolvedTrack:
    skeleton = load_skeleton(track.skeleton)
    shape = (n_frames, len(skeleton))
    return ResolvedTrack(
        np.empty((*shape, 2), np.float32),
        np.empty(shape, np.float32),
        np.empty(shape, np.uint8),
        np.empty(shape, np.uint8),
        skeleton,
    )


def lay(
    result: ResolvedTrack,
    track: Track,
    predictions: Keypoints2D | None,
    *,
    joints: Sequence[int],
    start: int,
    stop: int,
) -> None:
    """Write the frames ``start`` to ``stop - 1`` of some joints anew; predictions are in the skeleton of the track."""
    columns: slice | list[int] = slice(None) if len(joints) == len(result.skeleton) else [*joints]
    for first in by_turns(range(start, stop, _BLOCK)):
        rows = slice(first, min(first + _BLOCK, stop))
        _lay_predictions(result, predictions, rows=rows, columns=columns)
        carrier = None
        if predictions is not None and carries(track):
            carrier = Carrier.around(predictions.xy, rows, joints=joints, stride=track.stride)
        for joint in by_turns(joints):
            labels = _labels_around(track, joint, rows=rows, n_frames=len(result))
            if len(labels.frames) > 1:
                _lay_between(result, track, labels=labels, predictions=predictions, joint=joint, rows=rows)
            if len(labels.frames) and carrier is not None:
                frames = rows.start + np.flatnonzero(result.source[rows, joint] == Source.PREDICTED)
                result.xy[frames, joint] = carrier.moved(joint, frames, labelled=labels.frames, values=labels.xy)
        _lay_labels(result, track, rows=rows, columns=columns)


def stretch_around(track: Track, joint: int, *, first: int, last: int) -> tuple[int, int]:
    """Return the frames, from the first to before the second, that labels of a joint in ``first``..``last`` reach."""
    frames = track.table.frames_around(joint, start=first, stop=last + 1, reach=REACH)
    carried = reach(track.stride) if carries(track) else 0
    low, high = (int(frames[0]), int(frames[-1])) if len(frames) else (first, last)
    return min(low, first - carried), max(high, last + carried) + 1


def carries(track: Track) -> bool:
    """Tell whether the corrections of a track move the predictions beside them."""
    return track.interpolation is Interpolation.PREDICTION


def _lay_predictions(
    result: ResolvedTrack, predictions: Keypoints2D | None, *, rows: slice, columns: slice | list[int]
) -> None:
    end = rows.start if predictions is None else max(rows.start, min(rows.stop, len(predictions.xy)))
    result.xy[end : rows.stop, columns] = np.nan
    if predictions is not None:
        result.xy[rows.start : end, columns] = predictions.xy[rows.start : end, columns]
        result.confidence[rows.start : end, columns] = predictions.confidence[rows.start : end, columns]
    found = ~np.isnan(result.xy[rows, columns, 0] + result.xy[rows, columns, 1])
    result.confidence[end : rows.stop, columns] = 0
    result.confidence[rows, columns] *= found
    result.source[rows, columns] = np.where(found, np.uint8(Source.PREDICTED), np.uint8(Source.MISSING))
    result.visibility[rows, columns] = np.where(found, np.uint8(Visibility.VISIBLE), np.uint8(Visibility.ABSENT))


def _lay_labels(result: ResolvedTrack, track: Track, *, rows: slice, columns: slice | list[int]) -> None:
    rows = slice(rows.start, min(rows.stop, len(track.table.codes)))
    codes = track.table.codes[rows, columns]
    labelled = codes != NONE
    visibility = codes - labelled
    there = visibility != Visibility.ABSENT
    xy = np.where(there[..., None], track.table.xy[rows, columns], np.float32(np.nan))
    result.xy[rows, columns] = np.where(labelled[..., None], xy, result.xy[rows, columns])
    result.confidence[rows, columns] = np.where(labelled, there, result.confidence[rows, columns])
    result.source[rows, columns] = np.where(labelled, np.uint8(Source.LABELLED), result.source[rows, columns])
    result.visibility[rows, columns] = np.where(labelled, visibility, result.visibility[rows, columns])


@dataclass(frozen=True)
class _Labels:
    """The labels of one joint around a stretch: frames (N,), xy (N, 2), NaN if absent, visibility (N,)."""

    frames: Indices
    xy: NDArray[np.float64]
    visibility: NDArray[np.uint8]


def _labels_around(track: Track, joint: int, *, rows: slice, n_frames: int) -> _Labels:
    """Return the labels of a joint in a stretch with the `REACH` before and after it; none beyond the clip."""
    table = track.table
    frames = table.frames_around(joint, start=rows.start, stop=rows.stop, reach=REACH)
    frames = frames[: np.searchsorted(frames, n_frames)]
    codes = table.codes[frames, joint]
    xy = table.xy[frames, joint].astype(np.float64)
    xy[codes == Visibility.ABSENT + 1] = np.nan
    return _Labels(frames, xy, codes - np.uint8(1))


def _lay_between(
    result: ResolvedTrack,
    track: Track,
    *,
    labels: _Labels,
    predictions: Keypoints2D | None,
    joint: int,
    rows: slice,
) -> None:
    frames, gap = _between(labels.frames, rows=rows)
    if not len(frames):
        return
    kinds = _kinds(track, labels.frames)
    wanted = (kinds[gap] != _UNCOVERED) | (result.source[frames, joint] == Source.MISSING)
    frames, gap = frames[wanted], gap[wanted]
    default = _KINDS.index(track.interpolation)
    kinds = np.where(kinds == _UNCOVERED, default, kinds)
    visibility = labels.visibility[gap]
    apart = (visibility == Visibility.ABSENT) | (labels.visibility[gap + 1] == Visibility.ABSENT)
    kind_of = np.where(apart, _KINDS.index(Interpolation.HOLD), kinds[gap])
    for index in np.unique(kind_of):
        here = kind_of == index
        result.xy[frames[here], joint] = interpolate(
            _KINDS[index],
            frames[here],
            gap=gap[here],
            knots=labels.frames,
            values=labels.xy,
            guide=None if predictions is None else predictions.xy[:, joint],
        )
    result.confidence[frames, joint] = visibility != Visibility.ABSENT
    result.source[frames, joint] = Source.INTERPOLATED
    result.visibility[frames, joint] = visibility


def _between(labelled: Indices, *, rows: slice) -> tuple[Indices, Indices]:
    """Return the frames between labels within a stretch, and for each the index of the label before it."""
    a, b = labelled[:-1], labelled[1:]
    first, end = np.maximum(a + 1, rows.start), np.minimum(b, rows.stop)
    length = np.maximum(end - first, 0)
    gap = np.repeat(np.arange(len(a)), length)
    offset = np.arange(len(gap)) - np.repeat(np.cumsum(length) - length, length)
    return first[gap] + offset, gap


def _kinds(track: Track, labelled: Indices) -> Indices:
    """Return for each gap the index of its interpolation, `_UNCOVERED` where labels are too far apart."""
    a, b = labelled[:-1], labelled[1:]
    kinds = np.where(b - a <= track.stride, _KINDS.index(track.interpolation), _UNCOVERED)
    for span in track.spans:
        kinds[(span.start <= a) & (b <= span.end)] = _KINDS.index(span.interpolation)
    return kinds
