"""What the fit weighs against each other: the cost of a motion and its normal equations."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from annotation.poses import Camera
from inference.fitting.kinematics import TURNED, Figure, Rig, State, moments, pose, shape_derivatives, turning_rows
from inference.fitting.motion import N_GROUPS, MotionBlocks, MotionTerm, motion_blocks, second_differences
from inference.fitting.rotations import Array, inverse_right_jacobian, log, transposed, unit
from inference.fitting.settings import LIMITS, FitWeights

NEAREST_M = 0.3
"""Points are kept at least this far in front of the camera."""


@dataclass(frozen=True)
class Contacts:
    """The wall: resting hands and feet are on it, nothing is behind it.

    Attributes
    ----------
    columns : (C,) int array
        Keypoints that meet it.
    resting : (T, C) bool array
        Which of them rest on it.
    normal : (3,) array
        Towards the camera.
    offset_m : float
    """

    columns: NDArray[np.intp]
    resting: NDArray[np.bool_]
    normal: Array
    offset_m: float


@dataclass(frozen=True)
class Problem:
    """The given side of a fit of T frames.

    Attributes
    ----------
    xy : (T, K, 2) array
        Pixels, anything where the confidence is 0.
    confidence : (T, K) array
        Weight of the points.
    sigma_px, cauchy : (T, K) array
        Standard deviation in pixels and the loss' scale in sigmas.
    difference : (S, K) array
        Segments, see `SegmentTable`.
    hints, hint_confidence : (T, S, 3) and (T, S) array
        Directions of the segments, CAMERA frame, and their weight.
    fps : float
    frozen : (T,) bool array
        Frames that stay as they are: the surroundings of a window.
    """

    rig: Rig
    camera: Camera
    weights: FitWeights
    xy: Array
    confidence: Array
    sigma_px: Array
    cauchy: Array
    difference: Array
    hints: Array
    hint_confidence: Array
    fps: float
    frozen: NDArray[np.bool_]
    contacts: Contacts | None = None

    def window(self, frames: slice, *, frozen: int = 2) -> "Problem":
        """Return the problem of a stretch of frames whose first and last `frozen` frames stay as they are.

        Two are what a second difference reaches; at the ends of the clip nothing need be frozen, but may be.
        """
        start, stop, _ = frames.indices(len(self.xy))
        index = np.arange(start, stop)
        held = (index < start + frozen) & (start > 0) | (index >= stop - frozen) & (stop < len(self.xy))
        contacts = None if self.contacts is None else replace(self.contacts, resting=self.contacts.resting[frames])
        return replace(
            self,
            xy=self.xy[frames],
            confidence=self.confidence[frames],
            sigma_px=self.sigma_px[frames],
            cauchy=self.cauchy[frames],
            hints=self.hints[frames],
            hint_confidence=self.hint_confidence[frames],
            frozen=held,
            contacts=contacts,
        )

    @property
    def shape_weight(self) -> float:
        """Weight of the shape coefficients over all frames."""
        return self.weights.shape * float(np.sqrt(np.count_nonzero(self.confidence.any(axis=1))))

    def motion_weights(self) -> Array:
        """Return the weight (G, 3) of second differences over frames, see `inference.fitting.motion`.

        A second difference shrinks with the square of the frame time, so its weight grows with it.
        """
        w = self.weights
        weights = np.full((N_GROUPS, 3), w.turn)
        weights[0] = w.move, w.move, w.move_depth
        return weights * (self.fps / 60) ** 2


@dataclass
class Normal:
    """Normal equations: per frame, coupled by the motion, bordered by the shape.

    Attributes
    ----------
    blocks : (T, N, N) array
    gradient : (T, N) array
    border : (T, N, B) array
    corner, corner_gradient : (B, B) and (B,) array
    motion : MotionBlocks
        Of which `blocks` and `gradient` hold the share of the frames by themselves already.
    """

    blocks: Array
    gradient: Array
    border: Array
    corner: Array
    corner_gradient: Array
    motion: MotionBlocks


@dataclass(frozen=True)
class Evaluation:
    """Residuals at a state, before and after weighing."""

    figure: Figure
    pixels: Array
    pixel_weight: Array
    vectors: Array
    length: Array
    hint: Array
    hint_weight: Array
    contact: Array
    contact_weight: Array
    turns: Array
    beyond: Array
    motion: MotionTerm
    motion_weight: Array
    cost_by_frame: Array
    cost: float


def _cauchy(square: Array, scale: Array | float) -> tuple[Array, Array]:
    """Return the Cauchy loss of squared residuals and its weight in iterated least squares."""
    ratio = square / np.square(scale)
    return np.square(scale) * np.log1p(ratio), 1 / (1 + ratio)


def evaluate(problem: Problem, state: State) -> Evaluation:
    """Return all residuals and the cost at a state."""
    w, figure = problem.weights, pose(problem.rig, state)
    depth = np.maximum(figure.points[..., 2:], NEAREST_M)
    shown = figure.points[..., :2] / depth * problem.camera.focal_px + np.array(problem.camera.center_px)
    pixels = np.where(problem.confidence[..., None] > 0, shown - problem.xy, 0) / problem.sigma_px[..., None]
    pixel_loss, pixel_weight = _cauchy((pixels**2).sum(-1), problem.cauchy)

    vectors = problem.difference @ figure.points
    length = np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-6)
    hint = vectors / length - problem.hints
    hint_loss, hint_weight = _cauchy((hint**2).sum(-1), w.cauchy_hint)

    contact, contact_loss, contact_weight = _contact(problem, figure)
    turns = log(state.rotations[:, list(TURNED)])
    off_plain, beyond = (turns - w.plain_pose) * w.prior * w.pose_prior, _beyond_limits(turns, w)
    motion = second_differences(state, problem.motion_weights())
    motion_loss, motion_weight = _cauchy((motion.residual**2).sum(-1), w.cauchy_motion)
    height = problem.rig.height + problem.rig.height_shape @ state.betas - w.height_m
    by_frame = (
        (problem.confidence * pixel_loss).sum(1)
        + w.hint**2 * (problem.hint_confidence * hint_loss).sum(1)
        + contact_loss.sum(1)
        + (off_plain**2).sum((1, 2))
        + (beyond**2).sum((1, 2))
    )
    by_frame[1 : 1 + len(motion_loss)] += motion_loss.sum(1)
    shape_cost = problem.shape_weight**2 * state.betas @ state.betas + (height / w.sigma_height_m) ** 2
    return Evaluation(
        figure,
        pixels,
        pixel_weight * problem.confidence,
        vectors,
        length,
        hint,
        hint_weight * problem.hint_confidence * w.hint**2,
        contact,
        contact_weight,
        turns,
        beyond,
        motion,
        motion_weight,
        by_frame,
        float(by_frame.sum() + shape_cost),
    )


def _contact(problem: Problem, figure: Figure) -> tuple[Array, Array, Array]:
    if problem.contacts is None:
        empty = np.zeros((len(figure.points), 0))
        return empty, empty, empty
    w, contacts = problem.weights, problem.contacts
    distance = figure.points[:, contacts.columns] @ contacts.normal - contacts.offset_m
    distance = np.where(contacts.resting, distance, np.minimum(distance + w.behind_m, 0))
    loss, weight = _cauchy(distance**2, w.cauchy_contact_m)
    scale = w.contact**2 * (contacts.resting | (distance < 0))
    return distance, loss * scale, weight * scale


def _beyond_limits(turns: Array, weights: FitWeights) -> Array:
    """Return by how much rotation components (T, A, 3) leave their range, weighed."""
    result = np.zeros_like(turns)
    for limit in LIMITS:
        column = TURNED.index(limit.joint)
        value = turns[:, column, limit.axis]
        outside = np.minimum(value - limit.low, 0) + np.maximum(value - limit.high, 0)
        result[:, column, limit.axis] = outside * weights.limit * limit.stiffness
    return result


def _limit_weights(beyond: Array, weights: FitWeights) -> Array:
    result = np.zeros_like(beyond)
    for limit in LIMITS:
        column = TURNED.index(limit.joint)
        result[:, column, limit.axis] = (beyond[:, column, limit.axis] != 0) * weights.limit * limit.stiffness
    return result


def linearise(problem: Problem, state: State, now: Evaluation) -> Normal:
    """Return the Gauss-Newton normal equations at a state (iteratively re-weighted for the robust losses)."""
    rows, shape_rows, residuals = _point_rows(problem, now)
    blocks = rows @ np.swapaxes(rows, 1, 2)
    gradient = (rows @ residuals[..., None])[..., 0]
    n_shape = problem.rig.n_shape
    flat = np.swapaxes(shape_rows, 1, 2).reshape(-1, n_shape)
    corner, corner_gradient = flat.T @ flat, flat.T @ residuals.reshape(-1)
    _add_poses(problem, now, blocks, gradient)
    motion = motion_blocks(now.motion, problem.motion_weights(), now.motion_weight)
    gradient += motion.gradient.reshape(gradient.shape)
    add_groups(blocks, motion.own)
    w, rig = problem.weights, problem.rig
    height = rig.height + rig.height_shape @ state.betas - w.height_m
    corner += (
        np.eye(n_shape) * problem.shape_weight**2 + np.outer(rig.height_shape, rig.height_shape) / w.sigma_height_m**2
    )
    corner_gradient += state.betas * problem.shape_weight**2 + rig.height_shape * height / w.sigma_height_m**2
    return Normal(blocks, gradient, rows @ np.swapaxes(shape_rows, 1, 2), corner, corner_gradient, motion)


def _point_rows(problem: Problem, now: Evaluation) -> tuple[Array, Array, Array]:
    """Return derivatives (T, N, M) by the unknowns, (T, B, M) by the shape, and residuals (T, M), all weighed."""
    figure, lever = now.figure, moments(now.figure)
    levers, covectors, residuals, n_points = [], [], [], figure.points.shape[1]
    sums = []
    for axis in range(2):
        scale = np.sqrt(now.pixel_weight)
        levers.append(lever)
        covectors.append(_view_covectors(problem, figure, axis=axis) * scale[..., None])
        residuals.append(now.pixels[..., axis] * scale)
        sums.append(np.eye(n_points))
    swing = lever @ problem.difference.T
    for tangent in _tangents(now.vectors):
        scale = np.sqrt(now.hint_weight)
        levers.append(swing)
        covectors.append(tangent * (scale[..., None] / now.length))
        residuals.append((now.hint * tangent).sum(-1) * scale)
        sums.append(problem.difference)
    if problem.contacts is not None:
        columns, scale = problem.contacts.columns, np.sqrt(now.contact_weight)
        levers.append(lever[..., columns])
        covectors.append(problem.contacts.normal * scale[..., None])
        residuals.append(now.contact * scale)
        sums.append(np.eye(n_points)[columns])
    covector, combination = np.concatenate(covectors, axis=1), np.concatenate(sums)
    turning = turning_rows(figure, np.concatenate(levers, axis=-1), covector)
    moving = np.swapaxes(covector, 1, 2) * combination.sum(axis=1)
    shaping = _shape_rows(figure, covector, combination)
    return np.concatenate([moving, turning], axis=1), shaping, np.concatenate(residuals, axis=1)


def _shape_rows(figure: Figure, covector: Array, combination: Array) -> Array:
    """Return the derivatives (T, B, M) of ``covector . (combination @ points)`` by the shape."""
    by_point = shape_derivatives(figure)
    n_frames, n_points, _, n_shape = by_point.shape
    summed = (combination @ by_point.reshape(n_frames, n_points, -1)).reshape(n_frames, -1, 3, n_shape)
    return np.swapaxes((covector[:, :, None] @ summed)[:, :, 0], 1, 2)


def _view_covectors(problem: Problem, figure: Figure, *, axis: int) -> Array:
    """Return the derivative (T, K, 3) of a pixel residual by the point."""
    depth = np.maximum(figure.points[..., 2], NEAREST_M)
    result = np.zeros_like(figure.points)
    result[..., axis] = problem.camera.focal_px / depth
    result[..., 2] = -problem.camera.focal_px * figure.points[..., axis] / depth**2
    result[figure.points[..., 2] < NEAREST_M, 2] = 0
    return result / problem.sigma_px[..., None]


def _tangents(vectors: Array) -> tuple[Array, Array]:
    """Return two unit vectors (T, S, 3) across each vector: along it its direction does not change."""
    axis = np.eye(3)[np.abs(vectors).argmin(axis=-1)]
    first = unit(np.cross(vectors, axis))
    return first, unit(np.cross(vectors, first))


def _add_poses(problem: Problem, now: Evaluation, blocks: Array, gradient: Array) -> None:
    """Add the plain pose and the joint limits, exact in the rotation vector."""
    w = problem.weights
    n_frames = len(now.turns)
    prior = w.prior * w.pose_prior
    limit = _limit_weights(now.beyond, w)
    step = inverse_right_jacobian(now.turns)
    pull = (now.turns - w.plain_pose) * prior**2 + now.beyond * limit
    gradient[:, 3:] += (transposed(step) @ pull[..., None]).reshape(n_frames, -1)
    curvature = transposed(step) @ ((prior**2 + limit**2)[..., None] * step)
    add_groups(blocks[:, 3:, 3:], curvature)


def add_groups(blocks: Array, groups: Array) -> None:
    """Add 3 x 3 blocks (T, G, 3, 3) to the diagonal of matrices (T, 3 G, 3 G)."""
    for group in range(groups.shape[1]):
        place = slice(3 * group, 3 * group + 3)
        blocks[:, place, place] += groups[:, group]
