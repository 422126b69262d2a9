"""What a track amounts to over time: lanes of keyframes and sources for the timeline, kept up to date row by row."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from annotation.joint_groups import joint_groups
from annotation.labels import Interpolation, ResolvedTrack, Source, Track
from annotation.skeletons import Skeleton
from widgets.timeline_data import GAPS, Fill, Lane, fill_of
from widgets.timeline_layout import KEYFRAMES

_GAP_OF = {
    Interpolation.LINEAR: Fill.LINEAR,
    Interpolation.CUBIC: Fill.CUBIC,
    Interpolation.PREDICTION: Fill.PREDICTION,
    Interpolation.HOLD: Fill.HOLD,
}


@dataclass
class _Part:
    """Some joints over T frames: how many are labelled (T,), the `Fill` (T,), and the lane as it was last."""

    name: str
    joints: tuple[int, ...]
    labelled: NDArray[np.uint8]
    fill: NDArray[np.uint8]
    known: Lane | None = None

    @property
    def lane(self) -> Lane:
        """Its lane."""
        if self.known is None:
            keyframes = np.flatnonzero(self.labelled)
            self.known = Lane(self.name, keyframes, self.labelled[keyframes] == len(self.joints), self.fill)
        return self.known


@dataclass
class TrackLanes:
    """The lanes of a track. An edit touches few frames of many, so only rows that changed are counted anew."""

    _parts: list[_Part] = field(default_factory=list)
    _gaps: NDArray[np.uint8] = field(default_factory=lambda: np.empty(0, np.uint8))
    _skeleton: Skeleton | None = None
    _source: NDArray[np.uint8] = field(default_factory=lambda: np.empty((0, 0), np.uint8))

    def update(self, track: Track, resolved: ResolvedTrack) -> None:
        """Take over what a track amounts to now."""
        gaps = gap_kinds(track, n_frames=len(resolved))
        if self._skeleton != resolved.skeleton or self._source.shape != resolved.source.shape:
            self._start(resolved)
            rows = np.arange(len(resolved))
        else:
            rows = _changed_rows(self._source, resolved.source, gaps=self._gaps, new_gaps=gaps)
        self._source[rows], self._gaps = resolved.source[rows], gaps
        self._count(rows)

    @property
    def summary(self) -> Lane:
        """All joints together."""
        return self._parts[0].lane

    @property
    def groups(self) -> list[Lane]:
        """One lane per joint group."""
        return [part.lane for part in self._parts[1:]]

    def _start(self, resolved: ResolvedTrack) -> None:
        self._skeleton, self._source = resolved.skeleton, np.empty_like(resolved.source)
        n = len(resolved)
        named = {KEYFRAMES: tuple(range(len(resolved.skeleton)))}
        named |= {group.value: joints for group, joints in joint_groups(resolved.skeleton).items()}
        self._parts = [
            _Part(name, joints, np.zeros(n, np.uint8), np.zeros(n, np.uint8)) for name, joints in named.items()
        ]

    def _count(self, rows: NDArray[np.intp]) -> None:
        by_joint = np.ascontiguousarray(self._source[rows].T)
        is_labelled = by_joint == Source.LABELLED
        for part in self._parts:
            joints = list(part.joints)
            labelled = is_labelled[joints].sum(axis=0, dtype=np.uint8)
            if not np.array_equal(labelled, part.labelled[rows]):
                part.labelled[rows], part.known = labelled, None
            part.fill[rows] = fill_of(by_joint[joints].max(axis=0), self._gaps[rows])


def gap_kinds(track: Track, *, n_frames: int) -> NDArray[np.uint8]:
    """Return how a track is interpolated in each frame (T,), where it is: an index into `GAPS`."""
    kinds = np.full(n_frames, GAPS.index(_GAP_OF[track.interpolation]), np.uint8)
    for span in track.spans:
        kinds[span.start : span.end + 1] = GAPS.index(_GAP_OF[span.interpolation])
    return kinds


def reviewed_mask(track: Track, *, n_frames: int) -> NDArray[np.bool_]:
    """Return which frames (T,) a person has looked through."""
    mask = np.zeros(n_frames, bool)
    frames = np.fromiter(track.reviewed, np.intp, len(track.reviewed))
    mask[frames[frames < n_frames]] = True
    return mask


def _changed_rows(
    source: NDArray[np.uint8], new_source: NDArray[np.uint8], *, gaps: NDArray[np.uint8], new_gaps: NDArray[np.uint8]
) -> NDArray[np.intp]:
    """Return the frames in which sources (T, K) or kinds of gaps (T,) differ."""
    frames = np.flatnonzero(source != new_source) // max(source.shape[1], 1)
    changed = gaps != new_gaps
    changed[frames] = True
    return np.flatnonzero(changed)
