"""The skeleton of a body in motion: posed keypoints and their derivatives, without the mesh."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from annotation.body import SMPL_PARENTS, Body
from annotation.skeletons import Skeleton
from inference.fitting.rotations import Array, exp

TURNED = (0, 1, 2, 3, 4, 5, 7, 8, 9, 12, 13, 14, 16, 17, 18, 19, 20, 21)
"""SMPL joints the fit turns. Toes and fingers stay as they are, as do the middle of the spine and the head, which 2D
points do not tell from their neighbours."""

MOST_SHAPE = 16
"""Shape coefficients used of a body that has more: joints tell no finer ones."""

N_UNKNOWNS = 3 + 3 * len(TURNED)
"""Unknowns per frame: translation and a rotation step for every turned joint."""


@dataclass(frozen=True)
class Measure:
    """A size of the body, linear in the shape: ``value + slope @ betas``."""

    value: float
    slope: Array

    @classmethod
    def all_of(cls, body: Body, n_shape: int) -> "tuple[Measure, Measure, Measure]":
        """Return the height, the arm span and the mass of a body, linear about the mean shape."""
        sizes = np.array([_sizes(body, betas) for betas in (np.zeros(n_shape), *np.eye(n_shape))]).T
        height, span, mass = (cls(float(size[0]), size[1:] - size[0]) for size in sizes)
        return height, span, mass

    def at(self, betas: Array) -> float:
        """Return the size of a body of this shape."""
        return float(self.value + self.slope @ betas)


def _sizes(body: Body, betas: Array) -> tuple[float, float, float]:
    return body.height_m(betas), body.span_m(betas), body.mass_kg(betas)


@dataclass(frozen=True)
class Rig:
    """A body reduced to its joints and the keypoints of a skeleton, both linear in the shape.

    Attributes
    ----------
    joints : (24, 3) array
        Rest joints at zero shape, metres.
    joint_shape : (24, 3, B) array
        Their change per shape coefficient.
    points : (K, 3) array
        Rest keypoints at zero shape.
    point_shape : (K, 3, B) array
    weights : (K, 24) array
        Skinning weights of the keypoints, rows sum to 1.
    known : (K,) bool array
        Which keypoints the body has.
    height, span, mass : Measure
        Body height and arm span in metres, body mass in kilograms.
    """

    skeleton: Skeleton
    joints: Array
    joint_shape: Array
    points: Array
    point_shape: Array
    weights: Array
    known: NDArray[np.bool_]
    height: "Measure"
    span: "Measure"
    mass: "Measure"

    @classmethod
    def of(cls, body: Body, skeleton: Skeleton) -> "Rig":
        """Return the rig of a body; keypoints the body does not have come to lie at its origin."""
        rig, n_shape = body.keypoint_rig(skeleton.name), min(body.n_betas, MOST_SHAPE)
        height, span, mass = Measure.all_of(body, n_shape)
        return cls(
            skeleton=skeleton,
            joints=body.joint_template,
            joint_shape=body.joint_directions[..., :n_shape],
            points=np.nan_to_num(rig.rest),
            point_shape=rig.shape_directions[..., :n_shape],
            weights=rig.weights,
            known=np.asarray(np.isfinite(rig.rest).all(axis=1)),
            height=height,
            span=span,
            mass=mass,
        )

    @cached_property
    def carried(self) -> "Carried":
        """What the joints carry."""
        return Carried.of(self)

    @property
    def n_shape(self) -> int:
        """Number of shape coefficients."""
        return int(self.point_shape.shape[-1])


@dataclass(frozen=True)
class Carried:
    """What the joints carry: joints and keypoints from the root, linear in the joints' rotations and in the shape.

    Blended skinning adds to a keypoint, by weight, where every joint carries it, and a joint lies where its ancestors
    carry it. Sorted by rotation, a place is ``root + sum over j of R_j carried[j]``; what joint a moves of it are the
    summands of its descendants.

    Attributes
    ----------
    base : (24, 3, 24 + K) array
        By joint, at zero shape: of the joints, then of the keypoints.
    by_shape : (24, 3, 24 + K, B) array
    """

    base: Array
    by_shape: Array

    @classmethod
    def of(cls, rig: "Rig") -> "Carried":
        """Return what the joints of a rig carry."""
        weights = np.concatenate([np.eye(24), rig.weights])
        share = descendants() @ weights.T
        ends = np.concatenate([rig.joints, rig.points])[..., None], np.concatenate([rig.joint_shape, rig.point_shape])
        base, by_shape = (
            cls._sorted(end, start, weights, share)
            for end, start in zip(ends, (rig.joints[..., None], rig.joint_shape), strict=True)
        )
        return cls(base[..., 0], by_shape)

    @staticmethod
    def _sorted(ends: Array, joints: Array, weights: Array, share: Array) -> Array:
        """Return the places (24 + K, 3, B) of ends at rest, given the joints (24, 3, B), sorted by joint."""
        result = np.moveaxis(weights[..., None, None] * (ends[:, None] - joints), 0, 2)
        for joint, parent in enumerate(SMPL_PARENTS[1:], start=1):
            result[parent] += (joints[joint] - joints[parent])[:, None] * share[joint, :, None]
        return np.ascontiguousarray(result)

    def at(self, betas: Array) -> Array:
        """Return what the joints carry of a body of this shape (24, 3, 24 + K)."""
        return np.asarray(self.base + self.by_shape @ betas)


@dataclass
class State:
    """The unknowns of a stretch of T frames.

    Attributes
    ----------
    rotations : (T, 24, 3, 3) array
        Of every joint relative to its parent.
    transl : (T, 3) array
        Metres, CAMERA frame.
    betas : (B,) array
    log_focal : float
        Logarithm of the focal length as a share of the camera's.
    """

    rotations: Array
    transl: Array
    betas: Array
    log_focal: float = 0.0

    def stepped(self, step: Array, clip_step: Array) -> "State":
        """Return the state after a step (T, N_UNKNOWNS) in the tangent space and one of the clip's unknowns.

        These are the shape (B,) and, where it is solved for, the logarithm of the focal length.
        """
        rotations = self.rotations.copy()
        turned = list(TURNED)
        rotations[:, turned] = rotations[:, turned] @ exp(step[:, 3:].reshape(len(step), -1, 3))
        n_shape = len(self.betas)
        log_focal = self.log_focal + float(clip_step[n_shape:].sum())
        return State(rotations, self.transl + step[:, :3], self.betas + clip_step[:n_shape], log_focal)

    def window(self, frames: slice) -> "State":
        """Return the state of a stretch of the frames."""
        return State(self.rotations[frames], self.transl[frames], self.betas, self.log_focal)

    def at(self, index: NDArray[np.intp]) -> "State":
        """Return the state of some of the frames."""
        return State(self.rotations[index], self.transl[index], self.betas, self.log_focal)


@dataclass(frozen=True)
class Figure:
    """A posed rig.

    Attributes
    ----------
    rotations : (T, 24, 3, 3) array
        Rotations of the joints in the CAMERA frame.
    joints : (T, 24, 3) array
    points : (T, K, 3) array
    """

    rig: Rig
    betas: Array
    rotations: Array
    joints: Array
    points: Array

    def at(self, index: NDArray[np.intp]) -> "Figure":
        """Return the figure of some of the frames."""
        return Figure(self.rig, self.betas, self.rotations[index], self.joints[index], self.points[index])


def descendants() -> NDArray[np.bool_]:
    """Return the matrix (24, 24): whether a joint (column) moves when another (row) turns, itself included."""
    result = np.zeros((24, 24), bool)
    for joint in range(24):
        ancestor = joint
        while ancestor >= 0:
            result[ancestor, joint] = True
            ancestor = SMPL_PARENTS[ancestor]
    return result


def _levels() -> list[tuple[list[int], list[int]]]:
    """Return the joints level by level below the root, and their parents."""
    level, result = [0], []
    while level := [joint for joint, parent in enumerate(SMPL_PARENTS) if parent in level]:
        result.append((level, [SMPL_PARENTS[joint] for joint in level]))
    return result


_LEVELS = _levels()
MOVED = descendants()[list(TURNED)]
"""Whether a joint (column) moves when one of the turned ones (row) turns."""


def pose(rig: Rig, state: State) -> Figure:
    """Pose a rig by linear blend skinning: a keypoint is a vertex of its own (Loper et al. 2015, eq. 2-4)."""
    rotations = np.empty((len(state.transl), 24, 3, 3))
    rotations[:, 0] = state.rotations[:, 0]
    for joints, parents in _LEVELS:
        rotations[:, joints] = rotations[:, parents] @ state.rotations[:, joints]
    carried = rig.carried.at(state.betas)
    places = rows_first(rotations) @ carried.reshape(72, -1)
    root = state.transl + rig.joints[0] + rig.joint_shape[0] @ state.betas
    placed = np.swapaxes(places.reshape(len(root), 3, -1) + root[:, :, None], 1, 2)
    return Figure(rig, state.betas, rotations, placed[:, :24], placed[:, 24:])


def rows_first(rotations: NDArray[Any]) -> NDArray[Any]:
    """Return rotations (T, 24, 3, 3) as a matrix (3 T, 72) that is multiplied by what the joints carry."""
    return np.swapaxes(rotations, 1, 2).reshape(-1, 72)
