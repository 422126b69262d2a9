"""What lies between two labels of a joint: pure functions on arrays, for all gaps of a joint at once."""

from enum import Enum

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Indices = NDArray[np.intp]


class Interpolation(Enum):
    """How a joint goes from one label to the next."""

    LINEAR = "linear"
    """In a straight line at constant speed."""
    CUBIC = "cubic"
    """Smoothly through the labels, without overshooting."""
    PREDICTION = "prediction"
    """As the model predicts, bent to pass through the labels."""
    HOLD = "hold"
    """Where the earlier label is."""


def interpolate(
    kind: Interpolation,
    frames: Indices,
    *,
    gap: Indices,
    knots: Indices,
    values: Floats,
    guide: NDArray[np.floating] | None = None,
) -> Floats:
    """Return the positions of one joint in frames between its labels.

    Parameters
    ----------
    frames : (M,) array
        Where positions are wanted.
    gap : (M,) array
        For each frame the index n of the gap it lies in: ``knots[n] <= frame <= knots[n + 1]``.
    knots : (N,) array
        The labelled frames, ascending.
    values : (N, 2) array
        The labels in pixels, NaN where the joint is absent.
    guide : (T, 2) array or None
        The predictions, for `Interpolation.PREDICTION`; where they are missing (NaN), the way is straight.

    Returns
    -------
    (M, 2) array
        Pixels; NaN beside an absent joint.
    """
    match kind:
        case Interpolation.HOLD:
            return values[gap]
        case Interpolation.CUBIC:
            return _cubic(frames, gap=gap, knots=knots, values=values)
        case Interpolation.PREDICTION if guide is not None:
            return _bent(frames, gap=gap, knots=knots, values=values, guide=guide)
    return _linear(frames, gap=gap, knots=knots, values=values)


def _linear(frames: Indices, *, gap: Indices, knots: Indices, values: Floats) -> Floats:
    u = _share(frames, gap, knots=knots)
    result: Floats = (1 - u) * values[gap] + u * values[gap + 1]
    return result


def _bent(frames: Indices, *, gap: Indices, knots: Indices, values: Floats, guide: NDArray[np.floating]) -> Floats:
    """Add to the prediction what it is off by at the two labels, interpolated in between."""
    off = values - _rows(guide, knots)
    bent = _rows(guide, frames) + _linear(frames, gap=gap, knots=knots, values=off)
    straight = _linear(frames, gap=gap, knots=knots, values=values)
    return np.where(np.isnan(bent).any(-1, keepdims=True), straight, bent)


def _rows(guide: NDArray[np.floating], frames: Indices) -> Floats:
    """Return rows of the prediction, NaN beyond its end."""
    found = guide[np.minimum(frames, len(guide) - 1)] if len(guide) else np.zeros((len(frames), 2))
    return np.where((frames < len(guide))[:, None], found, np.nan)


def _cubic(frames: Indices, *, gap: Indices, knots: Indices, values: Floats) -> Floats:
    """Cubic Hermite pieces with the slopes of `slopes`; C1, labels need not be equally far apart."""
    slope = slopes(knots, values)
    h = (knots[gap + 1] - knots[gap])[:, None]
    u = _share(frames, gap, knots=knots)
    a, b = values[gap], values[gap + 1]
    result: Floats = (
        (1 + 2 * u) * (1 - u) ** 2 * a
        + u * (1 - u) ** 2 * h * slope[gap]
        + u**2 * (3 - 2 * u) * b
        - u**2 * (1 - u) * h * slope[gap + 1]
    )
    return result


def slopes(knots: Indices, values: Floats) -> Floats:
    """Return the slope (N, 2) in pixels per frame at every label, from its two neighbours only.

    Fritsch and Butland, "A method for constructing local monotone piecewise cubic interpolants" (1984): the weighted
    harmonic mean of the slopes on both sides, zero where they differ in sign, so that no coordinate leaves the range
    of the two labels around it. At an end, also beside an absent joint, the slope is that of the only side.
    """
    step = np.diff(values, axis=0) / np.diff(knots)[:, None]
    nothing = np.full((1, values.shape[1]), np.nan)
    left, right = np.concatenate([nothing, step]), np.concatenate([step, nothing])
    h = np.diff(knots).astype(float)
    h_left, h_right = np.concatenate([[1.0], h])[:, None], np.concatenate([h, [1.0]])[:, None]
    w_left, w_right = 2 * h_right + h_left, h_right + 2 * h_left
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = (w_left + w_right) / (w_left / left + w_right / right)
    both = np.where(left * right > 0, mean, 0.0)
    one_side = np.where(np.isnan(left), right, left)
    return np.where(np.isnan(left) | np.isnan(right), one_side, both)


def _share(frames: Indices, gap: Indices, *, knots: Indices) -> Floats:
    """Return how far (M, 1) each frame is between its two labels, 0 to 1."""
    start, end = knots[gap], knots[gap + 1]
    return ((frames - start) / (end - start))[:, None]
