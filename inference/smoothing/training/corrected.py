"""Clips a person corrected, as sequences to fine-tune with."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from annotation.labels import Keypoints2D
from inference.smoothing.resampling import fill_missing, grid_at
from inference.smoothing.training.data import PointSequence, Split, TrainingDataError, Window, split_in_time, windows_of

_SURE = 0.999
"""A point of the grid is known where those around it are."""
_KEEP_ONE_OUT = 3
"""With so many clips the longest is kept for a test of its own."""


@dataclass(frozen=True, eq=False)
class CorrectedClip:
    """What a detector found in a clip and what a person says.

    Attributes
    ----------
    name : str
    given : Keypoints2D
        Before smoothing.
    truth : (T, K, 2) float array
        Pixels; NaN where nobody said anything.
    times_s : (T,) float64 array
    stated : (T, K) bool array
        Where a person set a label: not between labels, and not where a prediction was only confirmed.
    """

    name: str
    given: Keypoints2D
    truth: NDArray[np.floating]
    times_s: NDArray[np.float64]
    stated: NDArray[np.bool_]

    @property
    def extent(self) -> NDArray[np.float64]:
        """All that is known of where the person is (T, K, 2): corrections, and what the detector found elsewhere."""
        truth = np.asarray(self.truth, np.float64)
        return np.where(np.isfinite(truth), truth, self.given.xy.astype(np.float64))

    def at_rate(self, fps: float) -> PointSequence:
        """Return the clip as a sequence of evenly spaced frames."""
        grid = grid_at(self.times_s, fps)
        given, truth = self.given.xy.astype(np.float64), np.asarray(self.truth, np.float64)
        if not grid.own:
            given, truth = (_there(points, self.times_s, fps) for points in (given, truth))
        sure = grid.there(np.nan_to_num(self.given.confidence.astype(np.float64)))
        return PointSequence(
            self.name,
            truth.astype(np.float32),
            self.given.skeleton,
            fps,
            given=given.astype(np.float32),
            confidence=sure.astype(np.float32),
        )

    def frames_in(self, windows: list[Window], *, fps: float) -> NDArray[np.bool_]:
        """Return which frames (T,) lie in windows of the clip at a rate."""
        grid = grid_at(self.times_s, fps)
        inside = np.zeros(len(self.times_s), bool)
        for window in windows:
            first, last = grid.times_s[window.start], grid.times_s[window.end - 1]
            inside |= (self.times_s >= first - 1e-9) & (self.times_s <= last + 1e-9)
        return inside


def _there(points: NDArray[np.float64], times_s: NDArray[np.float64], fps: float) -> NDArray[np.float64]:
    grid = grid_at(times_s, fps)
    known = grid.there(np.isfinite(points).astype(np.float64)) > _SURE
    return np.where(known, grid.there(np.nan_to_num(fill_missing(points, times_s))), np.nan)


def split_corrected(sequences: list[PointSequence], *, n_frames: int) -> tuple[Split, int | None]:
    """Split the windows of corrected clips as the thesis does (section 6.2), and say which clip is kept out of it.

    Raises
    ------
    TrainingDataError
        If no frame is labelled, or too few are.
    """
    if not any(np.isfinite(sequence.xy).all(-1).any() for sequence in sequences):
        raise TrainingDataError(
            "No stretch of frames is labelled, so there is nothing to learn from. Correct some frames a few apart "
            "(drag the wrong joints, accept the right ones), then fine-tune."
        )
    windows = [w for w in windows_of(sequences, n_frames=n_frames) if _says_something(sequences[w.sequence], w)]
    apart = None
    if len(sequences) >= _KEEP_ONE_OUT:
        apart = int(np.argmax([len(sequence) for sequence in sequences]))
    split = split_in_time(windows, apart=apart)
    if not split.train or not split.validation or not split.test:
        raise TrainingDataError(
            f"Too few frames are labelled: fine-tuning learns from windows of {n_frames} frames and keeps others for "
            "checking. Correct a longer stretch, or more clips, then fine-tune."
        )
    return split, apart


def _says_something(sequence: PointSequence, window: Window) -> bool:
    assert sequence.given is not None
    known = np.isfinite(sequence.xy[window.frames]).all(-1)
    found = np.isfinite(sequence.given[window.frames]).all(-1)
    return bool((known & found).any())
