"""The wall a climber's hands and feet rest on, found from the fitted motion."""

import numpy as np
from numpy.typing import NDArray

from annotation.poses import Plane
from annotation.skeletons import Skeleton
from inference.fitting.rotations import Array

HOLDING_PARTS = (("index", "hand", "wrist"), ("big_toe", "foot", "ankle"))
"""What touches the wall, the outermost joint a skeleton has first."""

SOLID_PARTS = ("nose", "elbow", "knee", "ankle")
"""What else cannot be behind the wall."""

SLOW_M_PER_S = 0.4
SCALE_M = 0.08
UPRIGHT_WEIGHT = 0.02
"""How much, per resting point, the plane prefers to face the camera: points on a line leave it open."""

MIN_RESTING = 30
LARGEST_SPREAD_M = 0.5
"""Half of what rests must be nearer than this to the plane, or there is no wall."""

LEAST_BODY_M = 0.1
"""The pelvis is at least this far in front of the wall, or there is no wall: somebody balances, stands or walks."""


def holding_columns(skeleton: Skeleton) -> NDArray[np.intp]:
    """Return the columns of the outermost hand and foot joint of each side."""
    columns = []
    for side in ("left", "right"):
        for parts in HOLDING_PARTS:
            found = (skeleton.find(f"{side}_{part}") for part in parts)
            columns.extend([column for column in found if column is not None][:1])
    return np.array(columns, dtype=np.intp)


def solid_columns(skeleton: Skeleton) -> NDArray[np.intp]:
    """Return the columns of joints that cannot be behind the wall and do not hold."""
    solid = [column for column, joint in enumerate(skeleton.joints) if joint.split("_")[-1] in SOLID_PARTS]
    return np.setdiff1d(np.array(solid, dtype=np.intp), holding_columns(skeleton))


def resting(positions: Array, seen: NDArray[np.bool_], *, fps: float) -> NDArray[np.bool_]:
    """Return which hands and feet (T, C) hardly move, from positions (T, C, 3) m; hidden ones are not counted."""
    if len(positions) < 3:
        return np.zeros(seen.shape, bool)
    speed = np.linalg.norm(np.gradient(positions, axis=0), axis=-1) * fps
    return np.asarray((speed < SLOW_M_PER_S) & seen)


def fit_wall(
    positions: Array,
    rest: NDArray[np.bool_],
    *,
    pelvis: Array,
    normal: tuple[float, float, float] | None = None,
) -> Plane | None:
    """Fit a plane to resting hands and feet, normal towards the camera at the origin.

    Total least squares, re-weighted with the Cauchy loss.

    Parameters
    ----------
    positions : (T, C, 3) array
        CAMERA frame, metres.
    rest : (T, C) bool array
    pelvis : (T, 3) array
        Where the body is: a climber's is in front of the wall.
    normal : tuple, optional
        The wall's, where it is known, up to a turn about the vertical.

    Returns
    -------
    Plane or None
        None if there is no wall: too little rests, it does not lie in a plane, or the body is not in front of it.
    """
    points = positions[rest]
    if len(points) < MIN_RESTING:
        return None
    weight = np.ones(len(points))
    known = normal
    found, centre = np.array(known or (0.0, 0.0, -1.0)), np.median(points, axis=0)
    for _ in range(20):
        away = (points - centre) @ found
        weight = 1 / (1 + (away / SCALE_M) ** 2)
        centre = (points * weight[:, None]).sum(axis=0) / weight.sum()
        spread = (points - centre).T @ ((points - centre) * weight[:, None]) / weight.sum()
        spread -= UPRIGHT_WEIGHT * np.outer([0, 0, 1.0], [0, 0, 1.0])
        found = np.linalg.eigh(spread)[1][:, 0]
        found = found if found @ centre < 0 else -found
        found = found if known is None else _inclined_like(found, known)
    x, y, z = (float(value) for value in found)
    wall = Plane((x, y, z), float(found @ centre))
    flat = np.median(np.abs(wall.distance(points))) < LARGEST_SPREAD_M
    return wall if flat and np.median(wall.distance(pelvis)) > LEAST_BODY_M else None


def _inclined_like(found: Array, known: tuple[float, float, float]) -> Array:
    """Return the known inclination facing the way that was found."""
    level = float(np.hypot(known[0], known[2]))
    across = found[[0, 2]] / max(float(np.linalg.norm(found[[0, 2]])), 1e-9)
    return np.array([level * across[0], known[1], level * across[1]])
