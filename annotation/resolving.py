"""`resolve`: sparse human labels over dense predictions. Pure, and the same code for a whole clip and for a stretch."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from annotation.interpolation import Interpolation, interpolate
from annotation.labels import Keypoints2D, ResolvedTrack, Source, Track, Visibility
from annotation.skeletons import load_skeleton

Indices = NDArray[np.intp]
REACH = 2
"""How many labels of a joint away a label still matters: cubic pieces take their slopes from the next ones."""
_KINDS = tuple(Interpolation)
_UNCOVERED = -1


def resolve(track: Track, predictions: Keypoints2D | None, *, n_frames: int) -> ResolvedTrack:
    """Lay the labels of a track over the predictions of one run.

    A label wins in its frame. Between two labels of a joint the position is interpolated over frames where they are
    at most ``track.stride`` apart, where a span covers both, or where nothing was predicted; how, says the last such
    span, else the track. Between the labels visibility is that of the earlier one; from an absent label on the joint
    stays absent, and before one it stays where it was.
    """
    skeleton = load_skeleton(track.skeleton)
    shape = (n_frames, len(skeleton))
    result = ResolvedTrack(
        np.empty((*shape, 2), np.float32),
        np.empty(shape, np.float32),
        np.empty(shape, np.uint8),
        np.empty(shape, np.uint8),
        skeleton,
    )
    predictions = None if predictions is None else predictions.converted(track.skeleton)
    _lay_predictions(result, predictions)
    for joint in range(len(skeleton)):
        _lay_labels(result, track, predictions, joint=joint, start=0, stop=n_frames)
    return result


def _lay_predictions(result: ResolvedTrack, predictions: Keypoints2D | None) -> None:
    n = 0 if predictions is None else min(len(result), len(predictions.xy))
    result.xy[n:] = np.nan
    if predictions is not None:
        result.xy[:n] = predictions.xy[:n]
        result.confidence[:n] = predictions.confidence[:n]
    found = ~np.isnan(result.xy).any(-1)
    result.confidence[~found] = 0
    result.source[:] = np.where(found, Source.PREDICTED, Source.MISSING)
    result.visibility[:] = np.where(found, Visibility.VISIBLE, Visibility.ABSENT)


@dataclass(frozen=True)
class _Labels:
    """The labels of one joint around a stretch: frames (N,), xy (N, 2), NaN if absent, visibility (N,)."""

    frames: Indices
    xy: NDArray[np.float64]
    visibility: NDArray[np.uint8]


def _lay_labels(
    result: ResolvedTrack, track: Track, predictions: Keypoints2D | None, *, joint: int, start: int, stop: int
) -> None:
    """Write labels and what lies between them into the frames ``start`` to ``stop - 1`` of one joint.

    There stand the predictions, or nothing, before.
    """
    labels = _labels_around(track, joint, start=start, stop=stop, n_frames=len(result))
    if not len(labels.frames):
        return
    frames, gap = _between(labels.frames, start=start, stop=stop)
    kinds = _kinds(track, labels.frames)
    wanted = (kinds[gap] != _UNCOVERED) | (result.source[frames, joint] == Source.MISSING)
    frames, gap = frames[wanted], gap[wanted]
    default = _KINDS.index(track.interpolation)
    _interpolate(
        result,
        labels,
        None if predictions is None else predictions.xy[:, joint],
        kinds=np.where(kinds == _UNCOVERED, default, kinds),
        joint=joint,
        frames=frames,
        gap=gap,
    )
    inside = (labels.frames >= start) & (labels.frames < stop)
    at = labels.frames[inside]
    result.xy[at, joint] = labels.xy[inside]
    result.confidence[at, joint] = labels.visibility[inside] != Visibility.ABSENT
    result.source[at, joint] = Source.LABELLED
    result.visibility[at, joint] = labels.visibility[inside]


def _labels_around(track: Track, joint: int, *, start: int, stop: int, n_frames: int) -> _Labels:
    """Return the labels of a joint in a stretch with the `REACH` before and after it; none beyond the clip."""
    table = track.table
    frames = table.frames_of(joint)
    frames = frames[: np.searchsorted(frames, n_frames)]
    first, last = np.searchsorted(frames, [start, stop])
    frames = frames[max(first - REACH, 0) : last + REACH]
    codes = table.codes[frames, joint]
    xy = table.xy[frames, joint].astype(np.float64)
    xy[codes == Visibility.ABSENT + 1] = np.nan
    return _Labels(frames, xy, codes - np.uint8(1))


def _between(labelled: Indices, *, start: int, stop: int) -> tuple[Indices, Indices]:
    """Return the frames between labels within a stretch, and for each the index of the label before it."""
    a, b = labelled[:-1], labelled[1:]
    first, end = np.maximum(a + 1, start), np.minimum(b, stop)
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


def _interpolate(
    result: ResolvedTrack,
    labels: _Labels,
    guide: NDArray[np.float32] | None,
    *,
    kinds: Indices,
    joint: int,
    frames: Indices,
    gap: Indices,
) -> None:
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
            guide=guide,
        )
    result.confidence[frames, joint] = visibility != Visibility.ABSENT
    result.source[frames, joint] = Source.INTERPOLATED
    result.visibility[frames, joint] = visibility
