"""The skeleton of a body in motion: posed keypoints and their derivatives, without the mesh."""

from collections.abc import Callable
from dataclasses import dataclass

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
    def of(cls, size: Callable[[Array], float], n_shape: int) -> "Measure":
        """Return the size as a function of the shape coefficients, linear about the mean shape."""
        value = size(np.zeros(n_shape))
        return cls(value, np.array([size(unit) - value for unit in np.eye(n_shape)]))

    def at(self, betas: Array) -> float:
        """Return the size of a body of this shape."""
        return float(self.value + self.slope @ betas)


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
        return cls(
            skeleton=skeleton,
            joints=body.joint_template,
            joint_shape=body.joint_directions[..., :n_shape],
            points=np.nan_to_num(rig.rest),
            point_shape=rig.shape_directions[..., :n_shape],
            weights=rig.weights,
            known=np.asarray(np.isfinite(rig.rest).all(axis=1)),
            height=Measure.of(body.height_m, n_shape),
            span=Measure.of(body.span_m, n_shape),
            mass=Measure.of(body.mass_kg, n_shape),
        )

    @property
    def n_shape(self) -> int:
        """Number of shape coefficients."""
        return int(self.point_shape.shape[-1])


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
    parts : (T, 24, 3, K) array
        What each joint contributes to each keypoint; they sum to `points`.
    """

    rig: Rig
    betas: Array
    rotations: Array
    joints: Array
    points: Array
    parts: Array


def descendants() -> NDArray[np.bool_]:
    """Return the matrix (turned joints, 24): whether a joint moves when a turned one does, itself included."""
    result = np.zeros((24, 24), bool)
    for joint in range(24):
        ancestor = joint
        while ancestor >= 0:
            result[ancestor, joint] = True
            ancestor = SMPL_PARENTS[ancestor]
    return result[list(TURNED)]


def pose(rig: Rig, state: State) -> Figure:
    """Pose a rig by linear blend skinning: a keypoint is a vertex of its own (Loper et al. 2015, eq. 2-4)."""
    rest = rig.joints + rig.joint_shape @ state.betas
    vertices = rig.points + rig.point_shape @ state.betas
    rotations = np.empty((len(state.transl), 24, 3, 3))
    joints = np.empty((len(state.transl), 24, 3))
    rotations[:, 0], joints[:, 0] = state.rotations[:, 0], rest[0] + state.transl
    for joint, parent in enumerate(SMPL_PARENTS[1:], start=1):
        rotations[:, joint] = rotations[:, parent] @ state.rotations[:, joint]
        joints[:, joint] = joints[:, parent] + rotations[:, parent] @ (rest[joint] - rest[parent])
    local = np.swapaxes(vertices[None] - rest[:, None], 1, 2)
    parts = (rotations @ local + joints[..., None]) * rig.weights.T[:, None]
    return Figure(rig, state.betas, rotations, joints, np.swapaxes(parts.sum(axis=1), 1, 2), parts)


def moments(figure: Figure) -> Array:
    """Return the lever arms (T, A, 3, K): turning joint a by w moves keypoint k by ``(R_a w) x moment``."""
    moved = descendants().astype(float)
    n_frames, _, _, n_points = figure.parts.shape
    summed = (moved @ figure.parts.reshape(n_frames, 24, -1)).reshape(n_frames, len(TURNED), 3, n_points)
    share = moved @ figure.rig.weights.T
    result: Array = summed - share[:, None] * figure.joints[:, list(TURNED), :, None]
    return result


def turning_rows(
    rotations: NDArray[np.float32], lever: NDArray[np.float32], covectors: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Return derivatives by the turned joints of ``covector . point``.

    Parameters
    ----------
    rotations : (T, 24, 3, 3) array
        Of the joints in the CAMERA frame.
    lever : (T, A, 3, M) array
        `moments`, or sums of them with the same weights as the points.
    covectors : (T, M, 3) array

    Returns
    -------
    (T, 3 A, M) array
    """
    (mx, my, mz), (cx, cy, cz) = np.moveaxis(lever, 2, 0), np.moveaxis(covectors, 2, 0)[:, :, None]
    torque = np.empty_like(lever)
    torque[:, :, 0] = my * cz - mz * cy
    torque[:, :, 1] = mz * cx - mx * cz
    torque[:, :, 2] = mx * cy - my * cx
    rows = np.swapaxes(rotations[:, list(TURNED)], -1, -2) @ torque
    return np.asarray(rows.reshape(len(rows), -1, rows.shape[-1]))


def shape_derivatives(figure: Figure) -> Array:
    """Return the derivatives (T, K, 3, B) of the keypoints by the shape."""
    rig, rotations = figure.rig, figure.rotations
    n_frames = len(rotations)
    moved = np.empty((n_frames, 24, 3, rig.n_shape))
    moved[:, 0] = rig.joint_shape[0]
    for joint, parent in enumerate(SMPL_PARENTS[1:], start=1):
        offset = rig.joint_shape[joint] - rig.joint_shape[parent]
        moved[:, joint] = moved[:, parent] + rotations[:, parent] @ offset
    blended = (rig.weights @ rotations.reshape(n_frames, 24, 9)).reshape(n_frames, -1, 3, 3)
    carried = rig.weights @ (moved - rotations @ rig.joint_shape).reshape(n_frames, 24, -1)
    result: Array = blended @ rig.point_shape + carried.reshape(n_frames, -1, 3, rig.n_shape)
    return result
