"""Taking the predictions, labels and other statements about climbers apart and putting them together. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from annotation.label_patch import NONE
from annotation.label_table import LabelTable
from annotation.labels import Event, Keypoints2D, LabelPatch, Span, Track, Visibility
from annotation.skeletons import load_skeleton


@dataclass(frozen=True)
class FrameRange:
    """Frames ``start``..``end``, both included."""

    start: int
    end: int

    def __contains__(self, frame: int) -> bool:
        return self.start <= frame <= self.end

    def mask(self, n_frames: int) -> NDArray[np.bool_]:
        """Return which of ``n_frames`` frames are in it (T,)."""
        result = np.zeros(n_frames, dtype=bool)
        result[self.start : self.end + 1] = True
        return result


# --- predictions ---------------------------------------------------------------------------------------------------


def spliced(first: Keypoints2D | None, second: Keypoints2D | None, *, take_second: NDArray[np.bool_]) -> Keypoints2D:
    """Return predictions that are those of `second` in some frames (T,) and those of `first` in the others.

    None stands for predictions in which nobody was found; one of both must be there.
    """
    known = first if first is not None else second
    assert known is not None
    n_frames = len(take_second)
    nobody = fitted(known, 0)
    ours, theirs = (fitted(nobody if which is None else which, n_frames) for which in (first, second))
    theirs = theirs.converted(ours.skeleton)
    pick = take_second[:, None]
    world = None
    if ours.world is not None or theirs.world is not None:
        world = np.where(pick[..., None], _world(theirs), _world(ours))
    return Keypoints2D(
        np.where(pick[..., None], theirs.xy, ours.xy),
        np.where(pick, theirs.confidence, ours.confidence),
        ours.skeleton,
        world,
    )


def found_frames(keypoints: Keypoints2D | None, *, n_frames: int) -> NDArray[np.bool_]:
    """Return in which frames somebody was found (T,)."""
    result = np.zeros(n_frames, dtype=bool)
    if keypoints is not None:
        n = min(n_frames, len(keypoints.xy))
        result[:n] = np.isfinite(keypoints.xy[:n]).all(axis=-1).any(axis=-1)
    return result


def fitted(keypoints: Keypoints2D, n_frames: int) -> Keypoints2D:
    """Return predictions of exactly so many frames: shortened, or with nobody in those that are missing."""
    n = min(n_frames, len(keypoints.xy))
    missing = n_frames - n
    world = keypoints.world
    return Keypoints2D(
        np.concatenate([keypoints.xy[:n], np.full((missing, *keypoints.xy.shape[1:]), np.nan, np.float32)]),
        np.concatenate([keypoints.confidence[:n], np.zeros((missing, keypoints.xy.shape[1]), np.float32)]),
        keypoints.skeleton,
        None
        if world is None
        else np.concatenate([world[:n], np.full((missing, *world.shape[1:]), np.nan, np.float32)]),
    )


def empty_keypoints(skeleton: str, n_frames: int) -> Keypoints2D:
    """Return predictions in which nobody was found."""
    shape = n_frames, len(load_skeleton(skeleton))
    return Keypoints2D(np.full((*shape, 2), np.nan, np.float32), np.zeros(shape, np.float32), skeleton)


def _world(keypoints: Keypoints2D) -> NDArray[np.float32]:
    if keypoints.world is not None:
        return keypoints.world
    return np.full((*keypoints.confidence.shape, 3), np.nan, np.float32)


# --- labels --------------------------------------------------------------------------------------------------------


def labels_in(track: Track, frames: FrameRange) -> LabelPatch:
    """Return the labels of some frames."""
    return track.table.patch(start=frames.start, stop=frames.end + 1)


def labels_missing_in(table: LabelTable, labels: LabelPatch) -> LabelPatch:
    """Return those of some labels where a table has none."""
    free = table.take(labels.frames, labels.joints).codes == NONE
    return labels.only(free)


def label_positions(track: Track, frames: FrameRange) -> NDArray[np.float32]:
    """Return where the labels of some frames are (T', K, 2) px; NaN where there is none, or the joint is absent."""
    labels = labels_in(track, frames)
    result = np.full((frames.end - frames.start + 1, track.table.n_joints, 2), np.nan, np.float32)
    placed = labels.codes > Visibility.ABSENT + 1
    result[labels.frames[placed] - frames.start, labels.joints[placed]] = labels.xy[placed]
    return result


def labelled_frames(track: Track, *, n_frames: int) -> NDArray[np.bool_]:
    """Return in which frames a track has a label (T,)."""
    result = np.zeros(n_frames, dtype=bool)
    frames = track.table.keyframes()
    result[frames[frames < n_frames]] = True
    return result


# --- spans and events ----------------------------------------------------------------------------------------------


def spans_inside(spans: Iterable[Span], frames: FrameRange) -> tuple[Span, ...]:
    """Return the parts of spans that lie in some frames."""
    clipped = (replace(s, start=max(s.start, frames.start), end=min(s.end, frames.end)) for s in spans)
    return tuple(span for span in clipped if span.start < span.end)


def spans_outside(spans: Iterable[Span], frames: FrameRange) -> tuple[Span, ...]:
    """Return the parts of spans before and after some frames."""
    parts = (
        part
        for s in spans
        for part in (
            replace(s, end=min(s.end, frames.start - 1)),
            replace(s, start=max(s.start, frames.end + 1)),
        )
    )
    return tuple(span for span in parts if span.start < span.end)


def union_of(first: tuple[Span, ...], second: tuple[Span, ...]) -> tuple[Span, ...]:
    """Return the spans of two tracks together."""
    return first + tuple(span for span in second if span not in first)


def events_inside(events: Iterable[Event], frames: FrameRange) -> tuple[Event, ...]:
    """Return the events that begin in some frames."""
    return tuple(event for event in events if event.frame in frames)
