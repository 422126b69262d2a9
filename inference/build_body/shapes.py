"""The ten shape directions: six of Anny's phenotypes, made linear, and four lengths stretched in the T-pose."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from annotation.body import SMPL_JOINTS
from inference.build_body.source import AnnySamples

Array = NDArray[np.float64]

PHENOTYPE_STEPS = {"height": 0.065, "weight": 0.5, "muscle": 0.4, "gender": 0.35, "proportions": 0.25, "age": 0.06}
"""Change of each phenotype for +1: about one standard deviation of people."""

LIMB_STEP = 0.05
SHOULDER_STEP_M = 0.015
SHAPE_NAMES = (
    *("height", "weight", "muscle", "gender", "proportions"),
    *("arm_length", "leg_length", "shoulder_width", "torso_length", "age"),
)


def shape_space(template: Array, *, joints: Array, posed: Array, samples: AnnySamples) -> Array:
    """Return the shape directions (V, 3, 10), metres per coefficient, in the order of `SHAPE_NAMES`.

    `posed` (N, V, 3) are the samples in the T-pose; `template` (V, 3) and `joints` (24, 3) are the base body's.
    """
    design = np.column_stack([np.ones(len(posed)), samples.phenotypes - samples.phenotypes[0]])
    coefficients, *_ = np.linalg.lstsq(design, posed.reshape(len(posed), -1), rcond=None)
    stretched: dict[str, Callable[..., Array]] = {
        "arm_length": _longer_arms,
        "leg_length": _longer_legs,
        "shoulder_width": _wider_shoulders,
        "torso_length": _longer_torso,
    }
    directions = []
    for name in SHAPE_NAMES:
        if name in stretched:
            directions.append(stretched[name](template, joints=joints))
        else:
            row = coefficients[1 + samples.labels.index(name)] * PHENOTYPE_STEPS[name]
            directions.append(row.reshape(-1, 3))
    return np.stack(directions, axis=2)


def _of(joints: Array, name: str) -> Array:
    return np.asarray(joints[SMPL_JOINTS.index(name)])


def _longer_arms(points: Array, *, joints: Array) -> Array:
    """Stretch along x from the shoulder to the wrist; the hand keeps its size."""
    x = points[:, 0]
    start, end = _of(joints, "left_shoulder")[0], _of(joints, "left_wrist")[0]
    moved = np.zeros_like(points)
    moved[:, 0] = np.sign(x) * LIMB_STEP * np.clip(np.abs(x) - start, 0, end - start)
    return moved


def _longer_legs(points: Array, *, joints: Array) -> Array:
    """Stretch along y from the hip to the ankle; the foot keeps its size."""
    start, end = _of(joints, "left_hip")[1], _of(joints, "left_ankle")[1]
    moved = np.zeros_like(points)
    moved[:, 1] = -LIMB_STEP * np.clip(start - points[:, 1], 0, start - end)
    return moved


def _wider_shoulders(points: Array, *, joints: Array) -> Array:
    """Move the arms outwards; the effect grows from the waist to the chest and leaves neck and head alone."""
    x, y = points[:, 0], points[:, 1]
    low, high = _of(joints, "spine2")[1], _of(joints, "spine3")[1]
    rise = np.clip((y - low) / (high - low), 0, 1)
    rise = rise * rise * (3 - 2 * rise)
    below_head = 1 - np.clip((y - _of(joints, "neck")[1] + 0.03) / 0.06, 0, 1)
    gain = rise * np.where(np.abs(x) < 0.12, below_head, 1)
    moved = np.zeros_like(points)
    outwards = np.sign(x) * np.clip(np.abs(x) / _of(joints, "left_shoulder")[0], 0, 1)
    moved[:, 0] = SHOULDER_STEP_M * outwards * gain
    return moved


def _longer_torso(points: Array, *, joints: Array) -> Array:
    """Stretch along y from the pelvis to below the armpits; what is above moves up with it."""
    moved = np.zeros_like(points)
    moved[:, 1] = LIMB_STEP * np.clip(points[:, 1], 0, _of(joints, "left_shoulder")[1] - 0.12)
    return moved
