"""Where a climber is before a wall of several planes: what hands and feet hold lies on them, where it is seen."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d, median_filter

from annotation.poses import Camera
from annotation.walls import WallShape
from inference.fitting.contacts import limb_columns
from inference.fitting.kinematics import Rig, State
from inference.fitting.points import ClipPoints
from inference.fitting.rotations import Array

FROM_HOLDS_M = 0.3
"""How far the pelvis is out of the wall from the middle of the holds."""
CALM_S = 0.5
GRAZING = 0.15
"""Lines of sight that meet a plane flatter than this (cosine) do not tell where."""


def beside_holds(state: State, rig: Rig, points: ClipPoints, shape: WallShape, *, camera: Camera, fps: float) -> State:
    """Return a motion moved along the lines of sight to where hands and feet can hold what they are seen on.

    The point of a plane that a hand or foot is seen on is known to a hand's thickness, while how far away the body is
    follows from how large it looks in a pose that is not known yet.
    """
    columns = np.array(list(limb_columns(points.skeleton).values()), np.intp)
    holds, out, seen = _held(points, columns, shape, camera)
    enough = seen.sum(axis=1) >= 2
    if not enough.any():
        return state
    weight = seen[..., None] / np.maximum(seen.sum(axis=1), 1)[:, None, None]
    target = (holds * weight).sum(axis=1) + FROM_HOLDS_M * (out * weight).sum(axis=1)
    pelvis = (rig.joints + rig.joint_shape @ state.betas)[0] + state.transl
    share = (target * pelvis).sum(axis=-1) / (pelvis**2).sum(axis=-1) - 1
    frames = np.arange(len(points))
    share = np.interp(frames, frames[enough], share[enough])
    share = median_filter(share, size=2 * round(CALM_S * fps) + 1, mode="nearest")
    share = gaussian_filter1d(share, 0.5 * CALM_S * fps, mode="nearest")
    return replace(state, transl=state.transl + share[:, None] * pelvis)


def _held(
    points: ClipPoints, columns: NDArray[np.intp], shape: WallShape, camera: Camera
) -> tuple[Array, Array, NDArray[np.bool_]]:
    """Return where keypoints (T, C) are seen on the wall and its normals there (T, C, 3), and which are."""
    xy = np.nan_to_num(points.xy[:, columns])
    sight = np.concatenate([(xy - np.array(camera.center_px)) / camera.focal_px, np.ones((*xy.shape[:2], 1))], axis=-1)
    normals = np.array([plane.normal for plane in shape.planes])
    offsets = np.array([plane.offset_m for plane in shape.planes])
    slope = sight @ normals.T
    steep = np.abs(slope) > GRAZING * np.linalg.norm(sight, axis=-1)[..., None]
    depth = offsets / np.where(steep, slope, np.nan)
    met = sight[..., None, :] * depth[..., None]
    beyond = np.stack([shape.beyond(np.nan_to_num(met[:, :, row]))[row] for row in range(len(normals))], axis=-1)
    # What is nearer hides what is farther, where both are in sight.
    rank = np.where(steep & (depth > 0), 10 * beyond + 0.1 * np.nan_to_num(depth), np.inf)
    best = rank.argmin(axis=-1)
    seen = points.found[:, columns] & np.isfinite(rank.min(axis=-1))
    holds = np.take_along_axis(np.nan_to_num(met), best[..., None, None], axis=2)[:, :, 0]
    return holds, normals[best], seen
