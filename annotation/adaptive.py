"""Keyframes where they are needed: as many as straight lines between them may differ from the prediction, no more."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating]

_LONGEST = 128
"""Keyframes are at most so many frames apart."""

_SHORTEST = 16
"""So far is looked at first; twice as far as long as anything fits."""


def choose_keyframes(
    predicted: Floats, *, tolerance_px: float | Floats, start: int = 0, end: int | None = None
) -> list[int]:
    """Return the fewest keyframes from `start` to `end` between which straight lines stay within a tolerance.

    A shortest path: from every frame the lines to all later ones are judged at once by the range of slopes that the
    frames between allow, coordinate by coordinate (Imai and Iri, "Polygonal approximations
    of a curve", 1988), and the way with the fewest lines is taken.

    Parameters
    ----------
    predicted : (T, K, 2) array
        Pixels, NaN where missing; missing points ask for nothing.
    tolerance_px : float or (T,) array
        How far the worst joint may be off in x and in y.
    start, end : int
        The first and last keyframe; the whole clip without.
    """
    end = len(predicted) - 1 if end is None else end
    limit = np.broadcast_to(np.asarray(tolerance_px, np.float64), (len(predicted),))[start : end + 1]
    points = np.asarray(predicted[start : end + 1], np.float64).reshape(end + 1 - start, -1)
    n = len(points)
    lines = np.full(n, n, np.intp)
    before = np.arange(n) - 1
    lines[0] = 0
    for a in range(n - 1):
        b = a + 1 + np.flatnonzero(_fitting_all(points[a : a + 1 + _LONGEST], limit[a : a + 1 + _LONGEST]))
        better = b[lines[b] > lines[a] + 1]
        lines[better], before[better] = lines[a] + 1, a
    keyframes = [n - 1]
    while keyframes[-1] > 0:
        keyframes.append(int(before[keyframes[-1]]))
    return [start + frame for frame in reversed(keyframes)]


class Suggester:
    """Says where keyframes are missing; gaps between keyframes that were looked at are remembered.

    Parameters
    ----------
    predicted : (T, K, 2) array
        Pixels, NaN where missing.
    tolerance_px : float or (T,) array
    """

    def __init__(self, predicted: Floats, *, tolerance_px: float | Floats) -> None:
        self._predicted, self._tolerance_px = predicted, tolerance_px
        self._known: dict[tuple[int, int], list[int]] = {}

    def missing(self, keyframes: Sequence[int]) -> list[int]:
        """Return where keyframes are missing between those there are, the ends of the clip included."""
        n_frames = len(self._predicted)
        if n_frames == 0:
            return []
        there = {frame for frame in keyframes if 0 <= frame < n_frames}
        wanted = {0, n_frames - 1} - there
        for a, b in itertools.pairwise(sorted({0, n_frames - 1, *there})):
            if (a, b) not in self._known:
                chosen = choose_keyframes(self._predicted, tolerance_px=self._tolerance_px, start=a, end=b)
                self._known[a, b] = chosen[1:-1]
            wanted.update(self._known[a, b])
        return sorted(wanted)


@dataclass(frozen=True)
class KeyframeCount:
    """How many keyframes a tolerance needs."""

    tolerance_px: float
    keyframes: int
    mean_stride: float


def keyframe_curve(predicted: Floats, tolerances_px: Sequence[float]) -> list[KeyframeCount]:
    """Return for some tolerances how many keyframes a clip needs."""
    counts = [len(choose_keyframes(predicted, tolerance_px=tolerance)) for tolerance in tolerances_px]
    last = max(len(predicted) - 1, 0)
    return [
        KeyframeCount(float(tolerance), count, last / max(count - 1, 1))
        for tolerance, count in zip(tolerances_px, counts, strict=True)
    ]


def _fitting_all(points: NDArray[np.float64], limit: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return the same as `_fitting`, looking as far only as something fits."""
    reach = _SHORTEST
    while reach < len(points):
        allowed = _fitting(points[:reach], limit[:reach])
        if not allowed[reach // 2 :].any():
            return allowed
        reach *= 2
    return _fitting(points, limit)


def _fitting(points: NDArray[np.float64], limit: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Tell for each later point (N - 1,) whether the line to it from the first one stays within the limit (N,)."""
    away = np.arange(1, len(points))[:, None]
    slope = (points[1:] - points[0]) / away
    slack = limit[1:, None] / away
    lowest = np.fmax.accumulate(slope - slack, axis=0)
    highest = np.fmin.accumulate(slope + slack, axis=0)
    allowed = np.ones(len(points) - 1, bool)
    allowed[1:] = ~((slope[1:] < lowest[:-1]) | (slope[1:] > highest[:-1])).any(axis=1)
    return allowed
