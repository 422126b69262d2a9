"""Points without a detector's jitter, for judging motion; what is shown and fitted is never smoothed here."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_SIGMAS = (0.35, 0.5, 0.7, 1.0, 1.4, 2.0, 2.8, 4.0, 5.6, 8.0)
"""Widths of smoothing that are tried, frames; the first leaves everything as it is."""


def motion_of(points: NDArray[np.floating]) -> Floats:
    """Return how points (T, K, 2) move, without single wrong frames and without jitter: median of 5, then `smoothed`.

    Missing points (NaN) stay missing.
    """
    xy = np.asarray(points, np.float64)
    if len(xy) < 5:
        return xy.copy()
    padded = np.pad(xy, ((2, 2), (0, 0), (0, 0)), mode="edge")
    windows = np.stack([padded[n : n + len(xy)] for n in range(5)])
    windows = np.where(np.isfinite(windows), windows, xy)
    return smoothed(np.where(np.isfinite(xy), np.sort(windows, axis=0)[2], np.nan))


def smoothed(points: Floats) -> Floats:
    """Return points (T, K, 2) smoothed over frames, each joint as much as foretells left-out points best."""
    best, least = points.copy(), np.full(points.shape[1], np.inf)
    known = np.asarray(np.isfinite(points).all(-1, keepdims=True), np.float64)
    filled = np.where(np.isfinite(points), points, 0.0)
    for sigma in _SIGMAS:
        reach = np.arange(-int(4 * sigma) - 1, int(4 * sigma) + 2)
        kernel = np.exp(-(reach**2) / (2 * sigma**2))
        total, weight = _convolved(filled, kernel), _convolved(known, kernel)
        alone = np.where(weight > 1 + 1e-9, (total - filled) / np.maximum(weight - 1, 1e-9), np.nan)
        error = np.where(known > 0, (alone - filled) ** 2, np.nan)
        with_some = np.isfinite(error).any(axis=(0, 2))
        mean = np.where(with_some, np.nansum(error, axis=(0, 2)), np.inf)
        better = mean < least
        least[better] = mean[better]
        best[:, better] = np.where(known > 0, total / np.maximum(weight, 1e-9), np.nan)[:, better]
    return best


def _convolved(values: Floats, kernel: Floats) -> Floats:
    """Return values (T, ...) convolved over frames."""
    half = len(kernel) // 2
    padded = np.pad(values, ((half, half), *[(0, 0)] * (values.ndim - 1)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, len(kernel), axis=0)
    result: Floats = windows @ kernel
    return result
