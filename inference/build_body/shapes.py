"""The shape directions: six of Anny's phenotypes, made linear, and ten lengths stretched in the T-pose."""

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
    *("forearm_share", "shin_share", "hip_width", "neck_length", "foot_length", "hand_length"),
)
"""The last six came later, so that what was fitted with ten coefficients keeps its meaning."""

ELBOW_STEP_M, KNEE_STEP_M, HIP_STEP_M, NECK_STEP_M = 0.012, 0.015, 0.010, 0.012


def shape_space(template: Array, *, joints: Array, posed: Array, samples: AnnySamples) -> Array:
    """Return the shape directions (V, 3, B), metres per coefficient, in the order of `SHAPE_NAMES`.

    `posed` (N, V, 3) are the samples in the T-pose; `template` (V, 3) and `joints` (24, 3) are the base body's.
    """
    design = np.column_stack([np.ones(len(posed)), samples.phenotypes - samples.phenotypes[0]])
    coefficients, *_ = np.linalg.lstsq(design, posed.reshape(len(posed), -1), rcond=None)
    directions = []
    for name in SHAPE_NAMES:
        if name in STRETCHED:
            directions.append(STRETCHED[name](template, joints=joints))
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


def _ramp(values: Array, start: float, *, middle: float, end: float) -> Array:
    """Return 1 in the middle, falling to 0 at start and end (ascending)."""
    return np.clip(np.minimum((values - start) / (middle - start), (end - values) / (end - middle)), 0, 1)


def _higher_elbows(points: Array, *, joints: Array) -> Array:
    """Move the elbow towards the shoulder: what the forearm gains, the upper arm loses."""
    x = points[:, 0]
    shoulder, elbow, wrist = (_of(joints, f"left_{name}")[0] for name in ("shoulder", "elbow", "wrist"))
    moved = np.zeros_like(points)
    moved[:, 0] = -np.sign(x) * ELBOW_STEP_M * _ramp(np.abs(x), shoulder, middle=elbow, end=wrist)
    return moved


def _higher_knees(points: Array, *, joints: Array) -> Array:
    """Move the knee towards the hip: what the shin gains, the thigh loses."""
    hip, knee, ankle = (-_of(joints, f"left_{name}")[1] for name in ("hip", "knee", "ankle"))
    moved = np.zeros_like(points)
    moved[:, 1] = KNEE_STEP_M * _ramp(-points[:, 1], hip, middle=knee, end=ankle)
    return moved


def _wider_hips(points: Array, *, joints: Array) -> Array:
    """Move the legs outwards; the effect grows from the waist to the hips and leaves the arms alone."""
    x, y = points[:, 0], points[:, 1]
    low, high = _of(joints, "left_hip")[1], _of(joints, "spine2")[1]
    fall = np.clip((high - y) / (high - low), 0, 1)
    fall = fall * fall * (3 - 2 * fall) * (np.abs(x) < _of(joints, "left_shoulder")[0] + 0.05)
    moved = np.zeros_like(points)
    moved[:, 0] = HIP_STEP_M * np.sign(x) * np.clip(np.abs(x) / _of(joints, "left_hip")[0], 0, 1) * fall
    return moved


def _longer_neck(points: Array, *, joints: Array) -> Array:
    """Stretch between the neck and the head, which moves up with it."""
    low, high = _of(joints, "neck")[1] - 0.03, _of(joints, "head")[1] + 0.03
    moved = np.zeros_like(points)
    rise = np.clip((points[:, 1] - low) / (high - low), 0, 1)
    moved[:, 1] = NECK_STEP_M * rise * (np.abs(points[:, 0]) < _of(joints, "left_shoulder")[0])
    return moved


def _longer_feet(points: Array, *, joints: Array) -> Array:
    """Stretch the feet along z about the ankle."""
    ankle = _of(joints, "left_ankle")
    below = np.clip((ankle[1] + 0.02 - points[:, 1]) / 0.04, 0, 1)
    moved = np.zeros_like(points)
    moved[:, 2] = LIMB_STEP * (points[:, 2] - ankle[2]) * below
    return moved


def _longer_hands(points: Array, *, joints: Array) -> Array:
    """Stretch along x beyond the wrist."""
    moved = np.zeros_like(points)
    beyond = np.clip(np.abs(points[:, 0]) - _of(joints, "left_wrist")[0], 0, None)
    moved[:, 0] = np.sign(points[:, 0]) * LIMB_STEP * beyond
    return moved


STRETCHED: dict[str, Callable[..., Array]] = {
    "arm_length": _longer_arms,
    "leg_length": _longer_legs,
    "shoulder_width": _wider_shoulders,
    "torso_length": _longer_torso,
    "forearm_share": _higher_elbows,
    "shin_share": _higher_knees,
    "hip_width": _wider_hips,
    "neck_length": _longer_neck,
    "foot_length": _longer_feet,
    "hand_length": _longer_hands,
}
