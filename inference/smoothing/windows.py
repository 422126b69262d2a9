"""Overlapping windows over a clip, and one answer per frame from all that cover it."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from annotation.model_cards import ModelCard
from annotation.smoothing_windows import stride_of

Floats = NDArray[np.float64]

_SHARPNESS = 4.0
"""How many standard deviations of the blending weights a window is wide."""


@dataclass(frozen=True)
class Windows:
    """Windows that cover all frames; a clip shorter than one window holds its last frame.

    Attributes
    ----------
    n_frames : int
        Of the clip.
    length : int
        T, frames of a window.
    stride : int
        Frames from one window to the next.
    middles : bool
        Whether windows answer for their middle frame alone; the first and the last also for what lies beyond it.
    """

    n_frames: int
    length: int
    stride: int
    middles: bool = False

    @property
    def starts(self) -> NDArray[np.intp]:
        """The first frames of the windows (B,), ascending; the last window ends with the clip."""
        last = max(self.n_frames - self.length, 0)
        starts = np.arange(0, last + 1, self.stride)
        return starts if starts[-1] == last else np.append(starts, last)

    def frames(self) -> NDArray[np.intp]:
        """Return the frames of each window (B, T)."""
        frames: NDArray[np.intp] = np.minimum(self.starts[:, None] + np.arange(self.length), self.n_frames - 1)
        return frames

    def weights(self) -> Floats:
        """Return how much the places in a window count (T,): most in the middle, where most of its frames are near."""
        place = np.arange(self.length) - (self.length - 1) / 2
        weights: Floats = np.exp(-0.5 * (place * _SHARPNESS / self.length) ** 2)
        return weights

    def blend(self, answers: Floats) -> Floats:
        """Return for each frame the weighted mean of the windows' answers.

        Parameters
        ----------
        answers : (B, T, K, D) array
            NaN where a window has no answer.

        Returns
        -------
        (n_frames, K, D) array
            NaN where no window has one.
        """
        if self.middles and len(answers) > 1:
            answers = answers.copy()
            answers[:-1, self.length // 2 + 1 :] = np.nan
            answers[1:, : self.length // 2] = np.nan
        total = np.zeros((self.n_frames, *answers.shape[2:]))
        weight = np.zeros((self.n_frames, *answers.shape[2:]))
        frames = self.starts[:, None] + np.arange(self.length)
        for place, share in enumerate(self.weights()):
            inside = frames[:, place] < self.n_frames
            there = np.isfinite(answers[inside, place])
            total[frames[inside, place]] += np.where(there, share * answers[inside, place], 0.0)
            weight[frames[inside, place]] += share * there
        return np.where(weight > 0, total / np.where(weight > 0, weight, 1.0), np.nan)

    def borders(self) -> NDArray[np.intp]:
        """Return the frames at which a window begins or has just ended, without the clip's own ends.

        Where windows answer for their middles alone, no frame is one.
        """
        if self.middles:
            return np.array([], np.intp)
        edges = np.concatenate((self.starts, self.starts + self.length))
        return np.unique(edges[(edges > 0) & (edges < self.n_frames)])


def windows_of(card: ModelCard, n_frames: int) -> Windows:
    """Return the windows of a model over evenly spaced frames.

    3DConv's answer for their middle alone, as its kernel sees no farther.
    """
    return Windows(n_frames, card.window, stride_of(card), middles=card.model == "conv3d")


def batches(count: int, size: int) -> Iterator[slice]:
    """Yield slices of at most `size` that cover `count` items."""
    for start in range(0, count, size):
        yield slice(start, min(start + size, count))
