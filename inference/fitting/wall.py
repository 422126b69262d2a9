"""The wall a climber's hands and feet rest on, found from the fitted motion."""

import numpy as np
from numpy.typing import NDArray

from annotation.poses import Plane
from annotation.skeletons import Skeleton
from inference.fitting.rotations import Array

HOLDING_PARTS = (("index", "hand", "wrist"), ("big_toe", "foot", "ankle"))
"""What touches the wall, the outermost joint a skeleton has first."""

SLOW_M_PER_S = 0.4
SCALE_M = 0.08
UPRIGHT_WEIGHT = 0.02
"""How much, per resting point, the plane prefers to face the camera: points on a line leave it open."""

MIN_RESTING = 30


def holding_columns(skeleton: Skeleton) -> NDArray[np.intp]:
    """Return the columns of the outermost hand and foot joint of each side."""
    columns = []
    for side in ("left", "right"):
        for parts in HOLDING_PARTS:
            found = (skeleton.find(f"{side}_{part}") for part in parts)
            columns.extend([column for column in found if column is not None][:1])
    return np.array(columns, dtype=np.intp)


def resting(positions: Array, seen: NDArray[np.bool_], *, fps: float) -> NDArray[np.bool_]:
    """Return which hands and feet (T, C) hardly move, from positions (T, C, 3) m; hidden ones are not counted."""
    if len(positions) < 3:
        return np.zeros(seen.shape, bool)
    speed = np.linalg.norm(np.gradient(positions, axis=0), axis=-1) * fps
    return np.asarray((speed < SLOW_M_PER_S) & seen)


def fit_wall(positions: Array, rest: NDArray[np.bool_]) -> Plane | None:
    """Fit a plane to resting hands and feet, normal towards the camera at the origin.

    Total least squares, re-weighted with the Cauchy loss.

    Parameters
    ----------
    positions : (T, C, 3) array
        CAMERA frame, metres.
    rest : (T, C) bool array

    Returns
    -------
    Plane or None
        None if too little rests.
    """
    points = positions[rest]
    if len(points) < MIN_RESTING:
        return None
    weight = np.ones(len(points))
    normal, centre = np.array([0.0, 0.0, -1.0]), np.median(points, axis=0)
    for _ in range(20):
        away = (points - centre) @ normal
        weight = 1 / (1 + (away / SCALE_M) ** 2)
        centre = (points * weight[:, None]).sum(axis=0) / weight.sum()
        spread = (points - centre).T @ ((points - centre) * weight[:, None]) / weight.sum()
        spread -= UPRIGHT_WEIGHT * np.outer([0, 0, 1.0], [0, 0, 1.0])
        normal = np.linalg.eigh(spread)[1][:, 0]
        normal = normal if normal @ centre < 0 else -normal
    x, y, z = (float(value) for value in normal)
    return Plane((x, y, z), float(normal @ centre))
