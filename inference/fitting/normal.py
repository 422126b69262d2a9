"""The Gauss-Newton normal equations of a fit."""

from dataclasses import dataclass

import numpy as np

from inference.fitting.kinematics import N_UNKNOWNS, State
from inference.fitting.limits import limited_columns
from inference.fitting.motion import MotionBlocks, motion_blocks
from inference.fitting.problem import Problem
from inference.fitting.residuals import NEAREST_M, Evaluation
from inference.fitting.rotations import Array, inverse_right_jacobian, transposed, unit
from inference.fitting.rows import Derivatives, Rows


@dataclass
class Normal:
    """Normal equations: per frame, coupled by the motion and by resting points, bordered by the clip's unknowns.

    Attributes
    ----------
    blocks : (T, N, N) array
    gradient : (T, N) array
    border : (T, N, B) array
        B is 0 where the shape is fixed.
    corner, corner_gradient : (B, B) and (B,) array
    motion : MotionBlocks
        Of which `blocks` and `gradient` hold the share of the frames by themselves already.
    after_one : (T, N, N) array or None
        What resting points add: rows of the next frame, columns of this one.
    """

    blocks: Array
    gradient: Array
    border: Array
    corner: Array
    corner_gradient: Array
    motion: MotionBlocks
    after_one: Array | None = None


def linearise(problem: Problem, state: State, now: Evaluation, *, with_shape: bool = True) -> Normal:
    """Return the Gauss-Newton normal equations at a state (iteratively re-weighted for the robust losses)."""
    given = Derivatives.of(now.figure, with_shape=with_shape)
    rows, shape_rows, residuals = _point_rows(problem, state, now, given).stacked()
    blocks = (rows @ np.swapaxes(rows, 1, 2)).astype(np.float64)
    gradient = (rows @ residuals[..., None])[..., 0].astype(np.float64)
    if shape_rows is None:
        border, corner, corner_gradient = np.zeros((*gradient.shape, 0)), np.zeros((0, 0)), np.zeros(0)
    else:
        flat = np.swapaxes(shape_rows, 1, 2).reshape(-1, shape_rows.shape[1]).astype(np.float64)
        corner, corner_gradient = flat.T @ flat, flat.T @ residuals.reshape(-1)
        border = (rows @ np.swapaxes(shape_rows, 1, 2)).astype(np.float64)
        _add_clip(problem, state, corner, corner_gradient)
    _add_poses(problem, now, blocks, gradient)
    _add_anchor(problem, state, now, blocks, gradient)
    motion = motion_blocks(now.motion, problem.motion_weights(), now.motion_weight)
    gradient += motion.gradient.reshape(gradient.shape)
    add_groups(blocks, motion.own)
    normal = Normal(blocks, gradient, border, corner, corner_gradient, motion)
    _add_rests(problem, now, given, normal)
    return normal


def _point_rows(problem: Problem, state: State, now: Evaluation, given: Derivatives) -> Rows:
    """Return the rows of everything that is said about keypoints frame by frame."""
    rows = Rows(given, n_extra=int(problem.refine_focal))
    scale = np.sqrt(now.pixel_weight)
    for axis in range(2):
        covector, by_focal = _view_covectors(problem, state, now, axis=axis)
        rows.add(covector * scale[..., None], now.pixels[..., axis] * scale, extra=by_focal * scale)
    scale = np.sqrt(now.hint_weight)
    if scale.any():
        for tangent in _tangents(now.vectors):
            covector = tangent * (scale[..., None] / now.length)
            rows.add_combined(problem.difference, covector, (now.hint * tangent).sum(-1) * scale)
    if problem.contacts is not None:
        scale = np.sqrt(now.contact_weight)
        covector = problem.contacts.normal * scale[..., None]
        rows.add(covector, now.contact * scale, columns=problem.contacts.columns)
    if problem.depths is not None and now.depth_weight.any():
        scale = np.sqrt(now.depth_weight)
        forward = np.array([0, 0, 1.0]) if problem.view_turns is None else problem.view_turns[:, None, 2]
        rows.add_combined(problem.depths.difference, forward * scale[..., None], now.depth * scale)
    if now.overlaps is not None and (met := now.overlaps.depth_m.any(axis=0)).any():
        touching = np.where(now.overlaps.depth_m[:, met] > 0, problem.weights.apart, 0.0)
        covector = -now.overlaps.direction[:, met] * touching[..., None]
        rows.add_combined(now.overlaps.combination[:, met], covector, now.overlaps.depth_m[:, met] * touching)
    return rows


def _view_covectors(problem: Problem, state: State, now: Evaluation, *, axis: int) -> tuple[Array, Array]:
    """Return the derivatives of a pixel residual by the point (T, K, 3) and by the logarithm of the focal length."""
    focal = problem.camera.focal_px * np.exp(state.log_focal)
    depth = np.maximum(now.seen[..., 2], NEAREST_M)
    result = np.zeros_like(now.seen)
    result[..., axis] = focal / depth
    result[..., 2] = -focal * now.seen[..., axis] / depth**2
    result[now.seen[..., 2] < NEAREST_M, 2] = 0
    if problem.view_turns is not None:
        result = result @ problem.view_turns
    return result / problem.sigma_px[..., None], focal * now.seen[..., axis] / depth / problem.sigma_px


def _tangents(vectors: Array) -> tuple[Array, Array]:
    """Return two unit vectors (T, S, 3) across each vector: along it its direction does not change."""
    axis = np.eye(3)[np.abs(vectors).argmin(axis=-1)]
    first = unit(np.cross(vectors, axis))
    return first, unit(np.cross(vectors, first))


def _add_clip(problem: Problem, state: State, corner: Array, gradient: Array) -> None:
    """Add what is known of the shape, the height, the arm span and the focal length."""
    w, n_shape = problem.weights, problem.rig.n_shape
    shape = slice(0, n_shape)
    corner[shape, shape] += np.eye(n_shape) * problem.shape_weight**2
    gradient[shape] += state.betas * problem.shape_weight**2
    for size, wanted, sigma in problem.sizes():
        corner[shape, shape] += np.outer(size.slope, size.slope) / sigma**2
        gradient[shape] += size.slope * (size.at(state.betas) - wanted) / sigma**2
    if problem.refine_focal:
        corner[n_shape, n_shape] += 1 / w.sigma_log_focal**2
        gradient[n_shape] += state.log_focal / w.sigma_log_focal**2


def _add_poses(problem: Problem, now: Evaluation, blocks: Array, gradient: Array) -> None:
    """Add the plain pose and the joint limits, exact in the rotation vector."""
    w = problem.weights
    n_frames = len(now.turns)
    prior = w.prior * w.pose_prior
    step = inverse_right_jacobian(now.turns)
    pull = (transposed(step) @ ((now.turns - w.plain_pose) * prior**2)[..., None])[..., 0]
    curvature = transposed(step) @ ((prior**2)[..., None] * step)
    for limit in np.flatnonzero(now.beyond.angle.any(axis=0)):
        column, row = limited_columns()[limit], now.beyond.rows[:, limit] * w.limit
        pull[:, column] += row * (now.beyond.angle[:, limit] * w.limit)[:, None]
        curvature[:, column] += row[:, :, None] * row[:, None]
    gradient[:, 3:] += pull.reshape(n_frames, -1)
    add_groups(blocks[:, 3:, 3:], curvature)


def _add_anchor(problem: Problem, state: State, now: Evaluation, blocks: Array, gradient: Array) -> None:
    if problem.anchor is None:
        return
    anchor = problem.anchor
    step = inverse_right_jacobian(now.off_anchor)
    pull = anchor.turn**2 * transposed(step) @ now.off_anchor[..., None]
    gradient[:, 3:] += pull.reshape(len(gradient), -1)
    add_groups(blocks[:, 3:, 3:], anchor.turn**2 * transposed(step) @ step)
    gradient[:, 2] += anchor.move_depth**2 * (state.transl - anchor.state.transl)[:, 2]
    blocks[:, 2, 2] += anchor.move_depth**2


def _add_rests(problem: Problem, now: Evaluation, given: Derivatives, normal: Normal) -> None:
    """Add points that do not move: first differences over frames, which couple whole neighbours."""
    rests = problem.rests
    if rests is None or not rests.still.any():
        return
    n_frames, n_columns = rests.still.shape
    rows = Rows(given, n_extra=int(problem.refine_focal))
    for axis in range(3):
        covector = np.broadcast_to(np.eye(3)[axis], (n_frames, n_columns, 3))
        rows.add(covector, np.zeros((n_frames, n_columns)), columns=rests.columns)
    by_frame, by_shape, _ = (None if part is None else part.astype(np.float64) for part in rows.stacked())
    assert by_frame is not None
    weight = problem.weights.still * np.tile(rests.still[1:], 3)[:, None]
    before, after = -by_frame[:-1] * weight, by_frame[1:] * weight
    moved = np.moveaxis(now.moved, 2, 1).reshape(n_frames - 1, -1, 1) * problem.weights.still
    normal.blocks[:-1] += before @ transposed(before)
    normal.blocks[1:] += after @ transposed(after)
    normal.gradient[:-1] += (before @ moved)[..., 0]
    normal.gradient[1:] += (after @ moved)[..., 0]
    normal.after_one = np.zeros((n_frames, N_UNKNOWNS, N_UNKNOWNS))
    normal.after_one[:-1] = after @ transposed(before)
    if by_shape is not None:
        change = (by_shape[1:] - by_shape[:-1]) * weight
        normal.border[:-1] += before @ transposed(change)
        normal.border[1:] += after @ transposed(change)
        normal.corner += (change @ transposed(change)).sum(axis=0)
        normal.corner_gradient += (change @ moved)[..., 0].sum(axis=0)


def add_groups(blocks: Array, groups: Array) -> None:
    """Add 3 x 3 blocks (T, G, 3, 3) to the diagonal of matrices (T, 3 G, 3 G)."""
    for group in range(groups.shape[1]):
        place = slice(3 * group, 3 * group + 3)
        blocks[:, place, place] += groups[:, group]
