"""Points at another frame rate, by timestamps, and back."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.interpolate import CubicSpline

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

_SAME_RATE = 0.05
"""Frame rates this close, as a share, count as the same."""
_ALONE = 1e-9
"""Keeps the weight of a frame that is alone at a time of a grid."""
_EVEN = 0.25
"""By how much a step between frames may differ from the usual one, as a share of it, and still be even."""


def fill_missing(points: Floats, times_s: Floats) -> Floats:
    """Return points (T, K, 2) with the missing ones on the line between their neighbours in time.

    Before the first and after the last sight a joint stays where it was; one that is never seen stays missing.
    """
    filled = np.array(points, np.float64)
    for joint in range(filled.shape[1]):
        seen = np.isfinite(filled[:, joint]).all(-1)
        if seen.any() and not seen.all():
            for axis in range(filled.shape[2]):
                filled[~seen, joint, axis] = np.interp(times_s[~seen], times_s[seen], filled[seen, joint, axis])
    return filled


def is_even(times_s: Floats) -> bool:
    """Tell whether all frames are equally far apart, but for rounded timestamps."""
    steps = np.diff(times_s)
    return bool(len(steps) == 0 or np.abs(steps - np.median(steps)).max() <= _EVEN * np.median(steps))


@dataclass(frozen=True)
class Grid:
    """Evenly spaced times from the first frame to the last, and how to get there and back.

    Attributes
    ----------
    times_s : (N,) array
        Of the grid.
    frames_s : (T,) array
        Of the frames.
    """

    times_s: Floats
    frames_s: Floats

    @property
    def own(self) -> bool:
        """Whether the frames themselves are the grid."""
        return self.times_s is self.frames_s

    def there(self, values: Floats) -> Floats:
        """Return values (T, ...) of frames at the times of the grid (N, ...); no NaN.

        Between frames on the line between them; where frames are closer than the grid's times, a mean of those around.
        """
        if self.own:
            return values
        flat = values.reshape(len(values), -1)
        return np.asarray(self._weights() @ flat).reshape(len(self.times_s), *values.shape[1:])

    def back(self, values: Floats) -> Floats:
        """Return values (N, ...) of the grid at the times of the frames (T, ...), on a smooth curve; no NaN."""
        if self.own:
            return values
        if len(self.times_s) < 3:
            share = np.interp(self.frames_s, self.times_s, np.arange(len(self.times_s)))
            share = share.reshape(-1, *[1] * (values.ndim - 1))
            return np.asarray(values[:1] + share * (values[-1:] - values[:1]))
        return np.asarray(CubicSpline(self.times_s, values, axis=0)(self.frames_s))

    def _weights(self) -> sparse.csr_array:
        """Return the matrix (N, T) that fits lines to the frames round each time of the grid.

        Frames count by a tent as wide as a step of the grid or of the frames; a line, not a mean, so that the ends and
        uneven frames shift nothing.
        """
        frames, grid = self.frames_s, self.times_s
        after = np.clip(np.searchsorted(frames, grid, side="right"), 1, len(frames) - 1)
        reach = np.maximum(frames[after] - frames[after - 1], grid[1] - grid[0])
        start = np.searchsorted(frames, grid - reach, side="right")
        count = np.searchsorted(frames, grid + reach, side="left") - start
        row = np.repeat(np.arange(len(grid)), count)
        column = np.arange(len(row)) - np.repeat(np.cumsum(count) - count, count) + start[row]
        away = (frames[column] - grid[row]) / reach[row]
        tent = 1 - np.abs(away)
        first, second = (np.bincount(row, tent * away**power, minlength=len(grid)) for power in (1, 2))
        weight = tent * (second[row] - away * first[row] + _ALONE)
        total = np.bincount(row, weight, minlength=len(grid))
        return sparse.csr_array((weight / total[row], (row, column)), shape=(len(grid), len(frames)))


def grid_at(times_s: Floats, fps: float | None) -> Grid:
    """Return the grid of a frame rate, or the frames themselves where they have it.

    Parameters
    ----------
    times_s : (T,) array
        Ascending.
    fps : float or None
        None: as many times as there are frames, evenly spaced.
    """
    duration = float(times_s[-1] - times_s[0]) if len(times_s) else 0.0
    if duration <= 0:
        return Grid(times_s, times_s)
    own_fps = (len(times_s) - 1) / duration
    if is_even(times_s) and (fps is None or abs(own_fps / fps - 1) <= _SAME_RATE):
        return Grid(times_s, times_s)
    count = max(2, round(duration * (fps or own_fps)) + 1)
    return Grid(np.linspace(times_s[0], times_s[-1], count), times_s)
