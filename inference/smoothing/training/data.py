"""Sequences of 2D points to learn from, cut into windows and split so that no frame is on both sides."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from annotation.errors import BetascopeError

FIRST_SHARE = 0.6
"""The share of the windows that train (Andersen 2023, sections 5.2.1 and 6.2)."""
_FEWEST_MOTIONS = 4
"""That can be split by motion."""


class TrainingDataError(BetascopeError):
    """There is nothing to learn from."""


@dataclass(frozen=True)
class PointSequence:
    """Where the joints of one person were.

    Attributes
    ----------
    name : str
        Unique; what comes before ``-view-`` names the motion, which several cameras may have seen.
    xy : (T, K, 2) float32 array
        Pixels; NaN where unknown.
    skeleton : str
    fps : float
    given : (T, K, 2) float32 array or None
        What a detector made of it, pixels; None where noise is made up instead.
    confidence : (T, K) float32 array or None
        The detector's.
    """

    name: str
    xy: NDArray[np.float32]
    skeleton: str
    fps: float
    given: NDArray[np.float32] | None = None
    confidence: NDArray[np.float32] | None = None

    def __len__(self) -> int:
        return len(self.xy)

    @property
    def motion(self) -> str:
        """The name of the motion that was seen."""
        return self.name.split("-view-")[0]


@dataclass(frozen=True)
class Window:
    """Frames ``start``, ``start + step``, ... of a sequence.

    Attributes
    ----------
    sequence : int
        Index into the sequences.
    start, n_frames, step : int
    """

    sequence: int
    start: int
    n_frames: int
    step: int = 1

    @property
    def frames(self) -> slice:
        """The frames of the window."""
        return slice(self.start, self.end, self.step)

    @property
    def end(self) -> int:
        """One past the last frame."""
        return self.start + (self.n_frames - 1) * self.step + 1

    def overlaps(self, other: "Window") -> bool:
        """Whether both hold frames of the same stretch of a sequence."""
        return self.sequence == other.sequence and self.start < other.end and other.start < self.end


@dataclass(frozen=True)
class Split:
    """Windows to train on, to choose the best epoch by, and to score with."""

    train: tuple[Window, ...]
    validation: tuple[Window, ...]
    test: tuple[Window, ...]


def windows_of(
    sequences: Sequence[PointSequence], *, n_frames: int, step: int = 1, stride: int = 1
) -> tuple[Window, ...]:
    """Return every `stride`-th window of sequences, in their order."""
    return tuple(
        Window(number, start, n_frames, step)
        for number, sequence in enumerate(sequences)
        for start in range(0, len(sequence) - (n_frames - 1) * step, stride)
    )


def with_gap(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return points (T + 2, K, 2) with frames of nothing after them, so that no acceleration spans two clips."""
    return np.concatenate([points, np.full((2, *points.shape[1:]), np.nan)])


def split_by_motion(
    sequences: Sequence[PointSequence],
    windows: Sequence[Window],
    *,
    seed: int,
    shares: tuple[float, float] = (0.6, 0.2),
) -> Split:
    """Split windows at random by the motion they show, so that nothing seen in training is scored.

    Andersen 2023 splits the windows of all videos at random (60, 20, 20 %) and wishes it had split the videos
    (section 7.4.1); this does.
    """
    motions = sorted({sequence.motion for sequence in sequences})
    order = [motions[index] for index in np.random.default_rng(seed).permutation(len(motions))]
    ends = np.round(np.cumsum(shares) * len(order)).astype(int)
    parts = [set(order[: ends[0]]), set(order[ends[0] : ends[1]]), set(order[ends[1] :])]
    sides = [tuple(w for w in windows if sequences[w.sequence].motion in part) for part in parts]
    return Split(*sides)


def split_of(sequences: Sequence[PointSequence], windows: Sequence[Window], *, seed: int) -> Split:
    """Split windows by motion, or in time where there are too few motions for three sides."""
    if len({sequence.motion for sequence in sequences}) < _FEWEST_MOTIONS:
        return split_in_time(windows)
    return split_by_motion(sequences, windows, seed=seed)


def split_in_time(windows: Sequence[Window], *, apart: int | None = None) -> Split:
    """Split the windows of clips as Andersen 2023 does for fine-tuning (section 6.2, figure 15).

    The first 60 % of the windows train. Of the rest, those that share frames with them are moved to them; what remains
    shares no frame with the moved ones either, is thinned to windows without common frames, and alternates between
    validation and test.

    Parameters
    ----------
    windows : sequence of Window
        In the order of clips and of time.
    apart : int, optional
        The sequence to keep out altogether (the longest clip).
    """
    windows = [window for window in windows if window.sequence != apart]
    n_train = int(np.ceil(FIRST_SHARE * len(windows)))
    train = list(windows[:n_train])
    after = windows[n_train:]
    moved = [window for window in after if train and window.overlaps(train[-1])]
    train += moved
    rest = [window for window in after[len(moved) :] if not train or not window.overlaps(train[-1])]
    kept: list[Window] = []
    for window in rest:
        if not kept or not window.overlaps(kept[-1]):
            kept.append(window)
    return Split(tuple(train), tuple(kept[::2]), tuple(kept[1::2]))
