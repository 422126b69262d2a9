"""Inverse kinematics of many poses at once: a body that reaches its holds, bends the right way and stays loose."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from annotation.body import SMPL_JOINTS, SMPL_PARENTS, Body
from inference.climb.choreography import Fold, Grip

Floats = NDArray[np.float64]

Residuals = tuple[Floats, Floats]
"""Residuals (N, R) and their derivatives (N, R, U)."""

N_POSE = 72
"""The unknowns are the pose's 72 numbers and the position of the pelvis."""

_END_JOINTS = [SMPL_JOINTS.index(name) for name in ("left_hand", "right_hand", "left_foot", "right_foot")]
_BASE_JOINTS = [SMPL_JOINTS.index(name) for name in ("left_wrist", "right_wrist", "left_ankle", "right_ankle")]
_BENDS = [3 * SMPL_JOINTS.index(name) for name in ("left_knee", "right_knee")]
_BENDS += [3 * SMPL_JOINTS.index(name) + 1 for name in ("left_elbow", "right_elbow")]
_BEND_SIGNS = np.array([1.0, 1.0, -1.0, 1.0])
"""The unknowns that bend knees and elbows, and which way."""
_NECK = SMPL_JOINTS.index("neck")
LEAN_M = 0.05
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
    lean_m : (B,) array or float
        How much farther from the wall the neck is than the pelvis.
    fold : Fold or None
        Where the wall is not flat.
    """

    ends: Floats
    bases: Floats
    holds: NDArray[np.bool_]
    pose: Floats
    root: Floats
    lean_m: Floats | float = LEAN_M
    fold: Fold | None = None

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
        lean_m = self.lean_m if isinstance(self.lean_m, float) else self.lean_m[rows]
        parts = (self.ends[rows], self.bases[rows], self.holds[rows], self.pose[rows], self.root[rows])
        return Goals(*parts, lean_m, self.fold)


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


def solve(body: Body, betas: Floats, goals: Goals, *, weights: Weights, iterations: int, damping: float) -> Floats:
    """Return B solutions (B, 75): rotation vectors in radians and the position of the pelvis in metres.

    A high `damping` keeps poses in the valley they start in, a low one gets there in fewer iterations.
    """
    start = np.concatenate([goals.pose.reshape(len(goals.pose), -1), goals.root], axis=1)
    chunks = [slice(first, first + _CHUNK) for first in range(0, len(start), _CHUNK)]
    solved = [
        levenberg_marquardt(
            _residual_function(body, betas, goals.rows(chunk), weights=weights),
            start[chunk],
            iterations=iterations,
            damping=damping,
        )
        for chunk in chunks
    ]
    return np.concatenate(solved)


def _residual_function(body: Body, betas: Floats, goals: Goals, *, weights: Weights) -> Callable[[Floats], Residuals]:
    def residuals(x: Floats) -> Residuals:
        return _residuals(_Figure.of(x, body, betas), goals, weights)

    return residuals


@dataclass(frozen=True)
class _Figure:
    """Posed bodies with derivatives by the U = 75 unknowns.

    Attributes
    ----------
    x : (N, U) array
    joints : (N, 24, 3) array
        Metres.
    d_joints : (N, 24, 3, U) array
    palms : (N, 2, 3) array
        Where the palms look, unit vectors.
    d_palms : (N, 2, 3, U) array
    """

    x: Floats
    joints: Floats
    d_joints: Floats
    palms: Floats
    d_palms: Floats

    @classmethod
    def of(cls, x: Floats, body: Body, betas: Floats) -> "_Figure":
        """Pose a body. A joint's turn moves what hangs on it on a circle around the joint."""
        rest = body.rest_joints(betas)
        pose = x[:, :N_POSE].reshape(-1, 24, 3)
        R, t = body.transforms(betas, pose, transl=x[:, N_POSE:] - rest[0])
        joints = np.einsum("nkij,kj->nki", R, rest) + t
        axes = (R @ _right_jacobian(pose)).transpose(0, 1, 3, 2)  # (N, 24, 3 unknowns, 3)
        lever = (joints[:, :, None] - joints[:, None]) * _HANGS_ON[..., None]
        circles = np.cross(axes[:, None], lever[:, :, :, None])
        d_joints = np.zeros((*joints.shape, x.shape[1]))
        d_joints[..., :N_POSE] = circles.reshape(len(x), 24, N_POSE, 3).swapaxes(2, 3)
        d_joints[..., N_POSE:] = np.eye(3)
        wrists = _BASE_JOINTS[:2]
        palms = R[:, wrists] @ _PALM_AT_REST
        turned = _HANGS_ON[wrists] | (np.array(wrists)[:, None] == np.arange(24))
        circles = np.cross(axes[:, None], (palms[:, :, None] * turned[..., None])[:, :, :, None])
        d_palms = np.zeros((*palms.shape, x.shape[1]))
        d_palms[..., :N_POSE] = circles.reshape(len(x), 2, N_POSE, 3).swapaxes(2, 3)
        return cls(x, joints, d_joints, palms, d_palms)


def _right_jacobian(rotvec: Floats) -> Floats:
    """Return J (..., 3, 3) with ``exp(v + dv) = exp(v) exp(J dv)`` for rotation vectors v (..., 3), radians."""
    angle = np.linalg.norm(rotvec, axis=-1)[..., None, None] + 1e-9
    K = np.cross(np.eye(3), rotvec[..., None, :])  # rows e_i x v: the matrix of v x, transposed twice
    linear, square = (1 - np.cos(angle)) / angle**2, (angle - np.sin(angle)) / angle**3
    jacobian: Floats = np.eye(3) - linear * K + square * (K @ K)
    return jacobian


def _hangs_on() -> NDArray[np.bool_]:
    """Return which joint (24, 24) moves with which: row hangs on column."""
    table = np.zeros((24, 24), bool)
    for joint, parent in enumerate(SMPL_PARENTS):
        if parent >= 0:
            table[joint] = table[parent]
            table[joint, parent] = True
    return table


_HANGS_ON = _hangs_on()


def _residuals(figure: _Figure, goals: Goals, weights: Weights) -> Residuals:
    parts = [
        *_reaching(figure, goals, weights),
        _gripping(figure, goals, weights),
        *_loose(figure, goals, weights),
        *_possible(figure, goals.fold),
    ]
    n, n_unknowns = figure.x.shape
    return (
        np.concatenate([value.reshape(n, -1) for value, _ in parts], axis=1),
        np.concatenate([derivative.reshape(n, -1, n_unknowns) for _, derivative in parts], axis=1),
    )


def _reaching(figure: _Figure, goals: Goals, weights: Weights) -> list[Residuals]:
    """Return how far the joints are from the goals, and how much the body leans back."""
    base_weights = np.repeat(weights.bases, 2)[:, None]
    lean = (figure.joints[:, _NECK, 2] - goals.root[:, 2] + goals.lean_m) * weights.root * 0.7
    return [
        ((figure.joints[:, _END_JOINTS] - goals.ends) * weights.ends, figure.d_joints[:, _END_JOINTS] * weights.ends),
        (
            (figure.joints[:, _BASE_JOINTS] - goals.bases) * base_weights,
            figure.d_joints[:, _BASE_JOINTS] * base_weights[..., None],
        ),
        (lean, figure.d_joints[:, _NECK, 2] * weights.root * 0.7),
    ]


def _gripping(figure: _Figure, goals: Goals, weights: Weights) -> Residuals:
    """Return how far the palms of holding hands are from lying against the wall."""
    holding = goals.holds[:, :2, None] * weights.palms
    return (figure.palms - _TO_THE_WALL) * holding, figure.d_palms * holding[..., None]


def _loose(figure: _Figure, goals: Goals, weights: Weights) -> list[Residuals]:
    """Return how far the unknowns are from the pose and the place asked for."""
    pull = np.concatenate([(weights.pose / _EASE).ravel(), np.full(3, weights.root)])
    asked = np.concatenate([goals.pose.reshape(len(goals.pose), -1), goals.root], axis=1)
    return [((figure.x - asked) * pull, np.broadcast_to(np.diag(pull), (len(asked), len(pull), len(pull))))]


def _possible(figure: _Figure, fold: Fold | None) -> list[Residuals]:
    """Return by how much the body is inside the wall, and knees and elbows are bent the wrong way."""
    inside, d_inside = figure.joints[:, :, 2] + _WALL_MARGIN_M, figure.d_joints[:, :, 2]
    if fold is not None:
        behind = fold.offsets_m[1] - figure.joints @ fold.normals[1] + _WALL_MARGIN_M
        d_behind = -(figure.d_joints.swapaxes(-1, -2) @ fold.normals[1])
        d_inside = np.where((behind > inside)[..., None], d_behind, d_inside)
        inside = np.maximum(inside, behind)
    wrong = 0.05 - figure.x[:, _BENDS] * _BEND_SIGNS
    d_wrong = np.zeros((len(_BENDS), figure.x.shape[1]))
    d_wrong[np.arange(len(_BENDS)), _BENDS] = -_BEND_SIGNS
    return [
        (np.maximum(inside, 0) * 20, d_inside * (inside > 0)[..., None] * 20),
        (np.maximum(wrong, 0) * 15, d_wrong * (wrong > 0)[..., None] * 15),
    ]


def levenberg_marquardt(
    residuals: Callable[[Floats], Residuals], start: Floats, *, iterations: int, damping: float
) -> Floats:
    """Minimise B sums of squares at once (Levenberg 1944, Marquardt 1963).

    Parameters
    ----------
    residuals : callable
        ``residuals(x (B, U)) -> ((B, R), (B, R, U))``: values and derivatives; row by row, nothing else.
    start : (B, U) array
    damping : float
        How careful the first step is, relative to the curvature.
    """
    x = start.copy()
    value, J = residuals(x)
    careful = np.full(len(x), damping)
    for _ in range(iterations):
        normal = _normal_matrices(J)
        diagonal = np.einsum("nuu->nu", normal)
        system = normal + (careful[:, None] * (1e-6 + diagonal))[:, :, None] * np.eye(x.shape[1])
        step = np.linalg.solve(system, np.einsum("nru,nr->nu", J, value)[..., None])[..., 0]
        tried_value, tried_J = residuals(x - step)
        better = (tried_value**2).sum(1) < (value**2).sum(1)
        x[better] -= step[better]
        value[better], J[better] = tried_value[better], tried_J[better]
        careful = np.clip(np.where(better, careful / 8, careful * 8), 1e-9, 1e4)
    return x


def _normal_matrices(J: Floats) -> Floats:
    """Return ``J^T J`` (N, U, U) of J (N, R, U).

    In slices, as products this small stay in one thread of BLAS: on busy cores its threads wait for each other thirty
    times as long as they compute.
    """
    rows = max(1, 200_000 // J.shape[2] ** 2)
    slices = (J[:, first : first + rows] for first in range(0, J.shape[1], rows))
    normal: Floats = sum((part.transpose(0, 2, 1) @ part for part in slices), np.zeros(1))
    return normal
