"""Classical smoothers of points over time; every joint and coordinate for itself.

All take points (T, K, 2) and times (T,) in seconds, let missing points (NaN) stay missing, and treat the stretches
between long gaps apart. Cutoffs are in Hz and speeds in body sizes a second, so that one setting suits every video.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

LONGEST_GAP_S = 0.35
"""Across shorter gaps points are joined by a line for the filters' sake; longer ones part a stretch from the next."""


@dataclass(frozen=True)
class OneEuro:
    """The One-Euro filter (Casiez et al. 2012), run forward and backward so that nothing lags.

    Attributes
    ----------
    min_cutoff_hz : float
        Cutoff at rest.
    beta : float
        By how many Hz the cutoff rises per body size a second.
    speed_cutoff_hz : float
        Cutoff of the speed's own filter.
    """

    min_cutoff_hz: float = 3.0
    beta: float = 3.0
    speed_cutoff_hz: float = 3.0

    def __call__(self, points: Floats, times_s: Floats) -> Floats:
        """Return smoothed points (T, K, 2)."""
        body = body_size(points)

        def both_ways(stretch: Floats, times: Floats) -> Floats:
            onward = self._onward(stretch / body, times)
            back = self._onward(stretch[::-1] / body, times[-1] - times[::-1])[::-1]
            return (onward + back) / 2 * body

        return by_stretches(points, times_s, both_ways)

    def _onward(self, stretch: Floats, times: Floats) -> Floats:
        smoothed = stretch.copy()
        speed = np.zeros_like(stretch[0])
        for n in range(1, len(stretch)):
            step = max(times[n] - times[n - 1], 1e-6)
            speed += _share(self.speed_cutoff_hz, step) * ((stretch[n] - smoothed[n - 1]) / step - speed)
            cutoff = self.min_cutoff_hz + self.beta * np.abs(speed)
            smoothed[n] = smoothed[n - 1] + _share(cutoff, step) * (stretch[n] - smoothed[n - 1])
        return smoothed


@dataclass(frozen=True)
class SavitzkyGolay:
    """A polynomial fitted to the points round each (Savitzky and Golay 1964).

    Attributes
    ----------
    window_s : float
        How long a stretch it is fitted to, seconds.
    degree : int
    """

    window_s: float = 0.3
    degree: int = 2

    def __call__(self, points: Floats, times_s: Floats) -> Floats:
        """Return smoothed points (T, K, 2)."""
        from scipy import signal  # takes a second to import

        def fitted(stretch: Floats, times: Floats) -> Floats:
            width = _odd(self.window_s * frame_rate(times), most=len(stretch))
            if width <= self.degree:
                return stretch
            return np.asarray(signal.savgol_filter(stretch, width, self.degree, axis=0, mode="interp"))

        return by_stretches(points, times_s, fitted)


@dataclass(frozen=True)
class Butterworth:
    """A Butterworth low-pass filter run forward and backward.

    Attributes
    ----------
    cutoff_hz : float
    order : int
        Of one run.
    """

    cutoff_hz: float = 6.0
    order: int = 2

    def __call__(self, points: Floats, times_s: Floats) -> Floats:
        """Return smoothed points (T, K, 2)."""
        from scipy import signal  # takes a second to import

        def filtered(stretch: Floats, times: Floats) -> Floats:
            relative = self.cutoff_hz / (frame_rate(times) / 2)
            if relative >= 1 or len(stretch) < 3:
                return stretch
            sections = signal.butter(self.order, relative, output="sos")
            pad = min(len(stretch) - 1, 3 * (2 * len(sections) + 1))
            return np.asarray(signal.sosfiltfilt(sections, stretch, axis=0, padlen=pad))

        return by_stretches(points, times_s, filtered)


@dataclass(frozen=True)
class Median:
    """The median of the points round each: single wrong frames vanish.

    Attributes
    ----------
    window_s : float
        Seconds.
    """

    window_s: float = 0.17

    def __call__(self, points: Floats, times_s: Floats) -> Floats:
        """Return smoothed points (T, K, 2)."""

        def middle(stretch: Floats, times: Floats) -> Floats:
            half = _odd(self.window_s * frame_rate(times), most=len(stretch)) // 2
            padded = np.pad(stretch, ((half, half), *[(0, 0)] * (stretch.ndim - 1)), mode="reflect")
            windows = np.lib.stride_tricks.sliding_window_view(padded, 2 * half + 1, axis=0)
            return np.asarray(np.median(windows, axis=-1))

        return by_stretches(points, times_s, middle)


@dataclass(frozen=True)
class Identity:
    """No smoothing, for comparison."""

    def __call__(self, points: Floats, times_s: Floats) -> Floats:
        """Return the points (T, K, 2) themselves."""
        return points.copy()


Classical = OneEuro | SavitzkyGolay | Butterworth | Median | Identity


def body_size(points: Floats) -> float:
    """Return how large a person is in the picture: the median diagonal of the boxes round the points, pixels."""
    found: NDArray[np.bool_] = np.asarray(np.isfinite(points).all(-1, keepdims=True))
    seen = [n for n, frame in enumerate(found) if np.count_nonzero(frame) >= 2]
    if not seen:
        return 1.0
    inside = np.where(found, points, np.nan)[seen]
    extent = np.nanmax(inside, axis=1) - np.nanmin(inside, axis=1)
    return max(float(np.median(np.hypot(*extent.T))), 1.0)


def by_stretches(points: Floats, times_s: Floats, smooth: Callable[[Floats, Floats], Floats]) -> Floats:
    """Apply a filter to each joint between its long gaps.

    Parameters
    ----------
    points : (T, K, 2) array
    times_s : (T,) array
    smooth : callable
        ``smooth(stretch (N, J, 2), times (N,))`` for J joints that were seen in the same frames, evenly filled.
    """
    result = np.array(points, np.float64)
    found = np.isfinite(result).all(-1)
    patterns, group = np.unique(found, axis=1, return_inverse=True)
    for number in range(patterns.shape[1]):
        joints = np.flatnonzero(np.ravel(group) == number)
        for frames in stretches(np.flatnonzero(patterns[:, number]), times_s):
            known = frames - frames[0]
            times = times_s[frames[0] : frames[-1] + 1]
            stretch = _filled(result[np.ix_(frames, joints)], times[known], times)
            result[np.ix_(frames, joints)] = smooth(stretch, times)[known]
    return result


def stretches(frames: NDArray[np.intp], times_s: Floats) -> list[NDArray[np.intp]]:
    """Return the frames something was seen in, ascending, cut at long gaps."""
    if not len(frames):
        return []
    usual = float(np.median(np.diff(times_s))) if len(times_s) > 1 else 0.0
    cuts = np.flatnonzero(np.diff(times_s[frames]) > max(LONGEST_GAP_S, 1.5 * usual)) + 1
    return np.split(frames, cuts)


def _filled(stretch: Floats, known_s: Floats, times_s: Floats) -> Floats:
    """Return points at all times, joined by lines where there were none."""
    if len(known_s) == len(times_s):
        return stretch
    flat = stretch.reshape(len(stretch), -1)
    columns = [np.interp(times_s, known_s, column) for column in flat.T]
    return np.stack(columns, axis=1).reshape(len(times_s), *stretch.shape[1:])


def _share(cutoff_hz: Floats | float, step_s: float) -> Floats | float:
    """Return how much of a new value an exponential filter takes."""
    turn = 2 * np.pi * cutoff_hz * step_s
    return turn / (turn + 1)


def frame_rate(times_s: Floats) -> float:
    """Return how many frames there are a second."""
    return (len(times_s) - 1) / max(float(times_s[-1] - times_s[0]), 1e-6) if len(times_s) > 1 else 1.0


def _odd(width: float, *, most: int) -> int:
    """Return the odd number of frames nearest to a width, at most a number of frames."""
    odd = 2 * round((width - 1) / 2) + 1
    return max(1, min(odd, most if most % 2 else most - 1))
