"""Inverse kinematics of many poses at once: a body that reaches its holds, bends the right way and stays loose."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from annotation.body import SMPL_JOINTS, Body
from inference.climb.choreography import Grip

Floats = NDArray[np.float64]

N_POSE = 72
"""The unknowns are the pose's 72 numbers and the position of the pelvis."""

_END_JOINTS = [SMPL_JOINTS.index(name) for name in ("left_hand", "right_hand", "left_foot", "right_foot")]
_BASE_JOINTS = [SMPL_JOINTS.index(name) for name in ("left_wrist", "right_wrist", "left_ankle", "right_ankle")]
_KNEES = [SMPL_JOINTS.index(name) for name in ("left_knee", "right_knee")]
_ELBOWS = [SMPL_JOINTS.index(name) for name in ("left_elbow", "right_elbow")]
_NECK = SMPL_JOINTS.index("neck")
_LEAN_M = 0.05
"""How much farther from the wall the neck is than the pelvis."""


def by_joint(default: float, **values: tuple[float, float, float]) -> Floats:
    """Return (24, 3) from values by joint or by joint without its side."""
    rows = [values.get(name, values.get(name.split("_")[-1], (default,) * 3)) for name in SMPL_JOINTS]
    return np.array(rows, dtype=np.float64)


_EASE = by_joint(
    0.12,
    pelvis=(0.2, 0.4, 0.15),
    hip=(0.7, 0.5, 0.5),
    knee=(0.8, 0.06, 0.06),
    ankle=(0.3, 0.2, 0.15),
    spine1=(0.15, 0.15, 0.15),
    spine2=(0.15, 0.15, 0.15),
    spine3=(0.15, 0.15, 0.15),
    collar=(0.12, 0.2, 0.25),
    shoulder=(0.45, 0.6, 0.6),
    elbow=(0.3, 0.9, 0.08),
    wrist=(0.35, 0.3, 0.3),
)
"""How far rotation vectors stray from the resting pose at equal cost, radians."""

_WALL_MARGIN_M = by_joint(0.05, pelvis=(0.16,) * 3, hip=(0.13,) * 3, knee=(0.09,) * 3, head=(0.2,) * 3)[:, 0]


@dataclass(frozen=True)
class Goals:
    """What inverse kinematics is asked for, for B poses at once.

    Attributes
    ----------
    ends, bases : (B, 4, 3) float64 arrays
        Where the last and the last but one joint of each `Limb` should be, metres.
    pose : (B, 24, 3) float64 array
        Rotation vectors to stay close to.
    root : (B, 3) float64 array
        Where the pelvis should be, metres.
    holds : (B, 4) bool array
        Which `Limb` holds on.
    """

    ends: Floats
    bases: Floats
    holds: NDArray[np.bool_]
    pose: Floats
    root: Floats

    @classmethod
    def of(cls, grips: Sequence[Sequence[Grip]], *, pose: Floats, root: Floats) -> "Goals":
        """Ask for grips, by pose and `Limb`."""
        return cls(
            np.array([[grip.end for grip in at] for at in grips]),
            np.array([[grip.base for grip in at] for at in grips]),
            np.array([[grip.holds for grip in at] for at in grips]),
            pose,
            root,
        )

    def rows(self, rows: slice) -> "Goals":
        """Return the goals of some of the poses."""
        return Goals(self.ends[rows], self.bases[rows], self.holds[rows], self.pose[rows], self.root[rows])


@dataclass(frozen=True)
class Weights:
    """Inverse tolerances of the goals: per metre; `palms` per radian, `pose` multiplies ``difference / ease``.

    `bases` has one for hands and one for feet.
    """

    ends: float
    bases: tuple[float, float]
    palms: float
    pose: float
    root: float


_PALM_AT_REST, _TO_THE_WALL = np.array([0.0, -1.0, 0.0]), np.array([0.0, 0.0, 1.0])
_CHUNK = 256


def solve(body: Body, betas: Floats, goals: Goals, *, weights: Weights, iterations: int) -> Floats:
    """Return B solutions (B, 75): rotation vectors in radians and the position of the pelvis in metres."""
    pelvis = body.rest_joints(betas)[0]
    start = np.concatenate([goals.pose.reshape(len(goals.pose), -1), goals.root], axis=1)
    chunks = [slice(first, first + _CHUNK) for first in range(0, len(start), _CHUNK)]
    solved = [
        levenberg_marquardt(
            _residual_function(body, betas, goals.rows(chunk), pelvis=pelvis, weights=weights),
            start[chunk],
            iterations=iterations,
        )
        for chunk in chunks
    ]
    return np.concatenate(solved)


_Residuals = Callable[[Floats, NDArray[np.intp]], Floats]


def _residual_function(body: Body, betas: Floats, goals: Goals, *, pelvis: Floats, weights: Weights) -> _Residuals:
    rest = body.rest_joints(betas)

    def residuals(x: Floats, which: NDArray[np.intp]) -> Floats:
        pose = x[:, :N_POSE].reshape(-1, 24, 3)
        R, t = body.transforms(betas, pose, transl=x[:, N_POSE:] - pelvis)
        joints = np.einsum("nkij,kj->nki", R, rest) + t
        return np.concatenate(
            [
                _reaching(joints, goals, which, weights=weights),
                _gripping(R, goals, which, weights=weights),
                _loose(x, goals, which, weights=weights),
                _possible(pose, joints),
            ],
            axis=1,
        )

    return residuals


def _reaching(joints: Floats, goals: Goals, which: NDArray[np.intp], *, weights: Weights) -> Floats:
    """Return how far joints (N, 24, 3) are from the goals (N, R); `which` (N,) names the goal of each."""
    ends = (joints[:, _END_JOINTS] - goals.ends[which]) * weights.ends
    bases = (joints[:, _BASE_JOINTS] - goals.bases[which]) * np.repeat(weights.bases, 2)[:, None]
    lean = (joints[:, [_NECK], 2] - goals.root[which, 2:] + _LEAN_M) * weights.root * 0.7
    return np.concatenate([ends.reshape(len(joints), -1), bases.reshape(len(joints), -1), lean], axis=1)


def _gripping(R: Floats, goals: Goals, which: NDArray[np.intp], *, weights: Weights) -> Floats:
    """Return how far the palms of holding hands are from lying against the wall; R (N, 24, 3, 3)."""
    palms = R[:, _BASE_JOINTS[:2]] @ _PALM_AT_REST - _TO_THE_WALL
    weighted: Floats = palms * (goals.holds[which, :2, None] * weights.palms)
    return weighted.reshape(len(R), -1)


def _loose(x: Floats, goals: Goals, which: NDArray[np.intp], *, weights: Weights) -> Floats:
    """Return how far unknowns (N, 75) are from the pose and the place asked for."""
    pose = (x[:, :N_POSE].reshape(-1, 24, 3) - goals.pose[which]) / _EASE * weights.pose
    root = (x[:, N_POSE:] - goals.root[which]) * weights.root
    return np.concatenate([pose.reshape(len(x), -1), root], axis=1)


def _possible(pose: Floats, joints: Floats) -> Floats:
    """Return by how much the body is inside the wall and knees and elbows are bent the wrong way."""
    inside = np.maximum(joints[:, :, 2] + _WALL_MARGIN_M, 0) * 20
    bends = np.concatenate([pose[:, _KNEES, 0], pose[:, _ELBOWS, 1] * np.array([-1, 1])], axis=1)
    return np.concatenate([inside, np.maximum(0.05 - bends, 0) * 15], axis=1)


def levenberg_marquardt(residuals: _Residuals, start: Floats, *, iterations: int) -> Floats:
    """Minimise B sums of squares at once (Levenberg 1944, Marquardt 1963), with derivatives by differences.

    Parameters
    ----------
    residuals : callable
        ``residuals(x (N, P), which (N,)) -> (N, R)``; `which` says which of the B problems each row belongs to.
    start : (B, P) array
    """
    x = start.copy()
    n, n_unknowns = x.shape
    every = np.arange(n)
    value = residuals(x, every)
    damping = np.full(n, 1e-2)
    nudges = np.eye(n_unknowns) * 1e-6
    for _ in range(iterations):
        nudged = residuals((x[:, None] + nudges).reshape(-1, n_unknowns), np.repeat(every, n_unknowns))
        J = (nudged.reshape(n, n_unknowns, -1) - value[:, None]) / 1e-6
        normal = J @ J.transpose(0, 2, 1)
        diagonal = np.einsum("npp->np", normal)
        system = normal + damping[:, None, None] * np.eye(n_unknowns) * (1 + diagonal)[:, None, :]
        tried = x - np.linalg.solve(system, np.einsum("npr,nr->np", J, value)[..., None])[..., 0]
        tried_value = residuals(tried, every)
        better = (tried_value**2).sum(1) < (value**2).sum(1)
        x[better], value[better] = tried[better], tried_value[better]
        damping = np.clip(np.where(better, damping / 5, damping * 8), 1e-9, 1e4)
    return x
