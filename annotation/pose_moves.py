"""Where joints come to lie when a hand shifts, turns or scales them. Frame pixels, x right, y down."""

from collections.abc import Collection

import numpy as np
from numpy.typing import NDArray

Point = tuple[float, float]
Positions = dict[int, Point]
"""Joint -> x, y; only joints that have a position."""


def shifted(xy: NDArray[np.floating], joints: Collection[int], *, step: Point) -> Positions:
    """Move some joints of a pose (K, 2) by a step."""
    return _positions(xy, joints, np.eye(2), about=(0.0, 0.0), step=step)


def turned(xy: NDArray[np.floating], joints: Collection[int], *, about: Point, degrees: float) -> Positions:
    """Turn some joints of a pose (K, 2) about a point, clockwise as seen on the screen."""
    angle = np.deg2rad(degrees)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return _positions(xy, joints, turn, about=about)


def scaled(xy: NDArray[np.floating], joints: Collection[int], *, about: Point, factor: float) -> Positions:
    """Move some joints of a pose (K, 2) away from a point or towards it."""
    return _positions(xy, joints, factor * np.eye(2), about=about)


def _positions(
    xy: NDArray[np.floating],
    joints: Collection[int],
    matrix: NDArray[np.float64],
    *,
    about: Point,
    step: Point = (0.0, 0.0),
) -> Positions:
    found = [joint for joint in sorted(joints) if np.isfinite(xy[joint]).all()]
    pivot = np.array(about)
    moved = (xy[found].astype(np.float64) - pivot) @ matrix.T + pivot + np.array(step)
    return {joint: (x, y) for joint, (x, y) in zip(found, moved.tolist(), strict=True)}
