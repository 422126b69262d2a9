"""The Gauss-Newton normal equations of a fit."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inference.fitting.kinematics import N_UNKNOWNS, State
from inference.fitting.limbs import capsule_table
from inference.fitting.limits import limited_columns
from inference.fitting.motion import MotionBlocks, motion_blocks
from inference.fitting.problem import Problem
from inference.fitting.residuals import NEAREST_M, Evaluation
from inference.fitting.rotations import Array, cross, inverse_right_jacobian, transposed, unit
from inference.fitting.rows import Rows, Scratch


@dataclass
class Normal:
    """Normal equations: per frame, coupled by the motion and by resting points, bordered by the clip's unknowns.

    Attributes
    ----------
    blocks : (T, N, N) array
        What keypoints say of the frames by themselves; for the rest see `motion`.
    gradient : (T, N) array
    border : (T, N, B) array
        B is 0 where the shape is fixed.
    corner, corner_gradient : (B, B) and (B,) array
    motion : MotionBlocks
        Its gradient is in `gradient` already; what poses cost by themselves is among its own blocks.
    after_one : (T, N, N) array or None
        What resting points add: rows of the next frame, columns of this one.
    """

    blocks: NDArray[np.float32]
    gradient: Array
    border: Array
    corner: Array
    corner_gradient: Array
    motion: MotionBlocks
    after_one: Array | None = None


def linearise(
    problem: Problem, state: State, now: Evaluation, *, with_shape: bool = True, scratch: Scratch | None = None
) -> Normal:
    """Return the Gauss-Newton normal equations at a state (iteratively re-weighted for the robust losses).

    With `scratch`, the blocks are valid until the next call with the same one.
    """
    scratch = scratch or Scratch()
    square, slope = _point_rows(problem, state, now, with_shape=with_shape, scratch=scratch).squared()
    _add_overlaps(problem, now, square, slope, with_shape=with_shape)
    blocks, gradient = square[:, :N_UNKNOWNS, :N_UNKNOWNS], slope[:, :N_UNKNOWNS].astype(np.float64)
    border = square[:, :N_UNKNOWNS, N_UNKNOWNS:].astype(np.float64)
    corner = square[:, N_UNKNOWNS:, N_UNKNOWNS:].sum(axis=0, dtype=np.float64)
    corner_gradient = slope[:, N_UNKNOWNS:].sum(axis=0, dtype=np.float64)
    if with_shape:
        _add_clip(problem, state, corner, corner_gradient)
    motion = motion_blocks(now.motion, problem.motion_weights(), now.motion_weight)
    gradient += motion.gradient.reshape(gradient.shape)
    _add_poses(problem, now, motion.own[:, 1:], gradient)
    _add_anchor(problem, state, now, motion.own, gradient)
    normal = Normal(blocks, gradient, border, corner, corner_gradient, motion)
    _add_rests(problem, now, normal, with_shape=with_shape)
    return normal


def _point_rows(problem: Problem, state: State, now: Evaluation, *, with_shape: bool, scratch: Scratch) -> Rows:
    """Return the rows of everything that is said about keypoints frame by frame."""
    every = np.eye(now.seen.shape[1])
    rows = Rows(now.figure, with_shape=with_shape, n_extra=int(problem.refine_focal), scratch=scratch)
    scale = np.sqrt(now.pixel_weight)
    covectors, by_focal = zip(*(_view_covectors(problem, state, now, axis=axis) for axis in range(2)), strict=True)
    rows.add(
        every,
        [covector * scale[..., None] for covector in covectors],
        [now.pixels[..., axis] * scale for axis in range(2)],
        extras=[by * scale for by in by_focal],
    )
    scale = np.sqrt(now.hint_weight)
    if scale.any():
        tangents = _tangents(now.vectors)
        across = [tangent * (scale[..., None] / now.length) for tangent in tangents]
        rows.add(problem.difference, across, [(now.hint * along).sum(-1) * scale for along in tangents])
    if problem.contacts is not None:
        scale = np.sqrt(now.contact_weight)
        covector = problem.contacts.normal * scale[..., None]
        rows.add(every[problem.contacts.columns], [covector], [now.contact * scale])
    if problem.depths is not None and now.depth_weight.any():
        scale = np.sqrt(now.depth_weight)
        rows.add(problem.depths.difference, [_forward(problem) * scale[..., None]], [now.depth * scale])
    if problem.anchor is not None and now.off_depth.size:
        weight = problem.anchor.depth
        forward = np.broadcast_to(_forward(problem) * weight, now.vectors.shape)
        rows.add(problem.difference, [forward], [now.off_depth * weight])
    return rows


def _forward(problem: Problem) -> Array:
    """Return where the camera of each frame looks, as a vector of three or as an array (T, 1, 3)."""
    return np.array([0, 0, 1.0]) if problem.view_turns is None else problem.view_turns[:, None, 2]


def _add_overlaps(
    problem: Problem, now: Evaluation, square: NDArray[Any], slope: NDArray[Any], *, with_shape: bool
) -> None:
    """Add limbs that are inside each other, in the frames where there are any."""
    if now.overlaps is None or not now.overlaps.depth_m.any():
        return
    table, frames = capsule_table(problem.rig.skeleton), np.flatnonzero(now.overlaps.depth_m.any(axis=1))
    met = np.flatnonzero(now.overlaps.depth_m.any(axis=0))
    some = np.ix_(frames, met)
    depth, scale = now.overlaps.depth_m[some], problem.weights.apart
    push = -now.overlaps.direction[some] * np.where(depth > 0, scale, 0.0)[..., None]
    by_end = (push[:, :, None, None] * now.overlaps.weights[some][..., None]).reshape(len(frames), -1, 3)
    rows = Rows(now.figure.at(frames), with_shape=with_shape, n_extra=int(problem.refine_focal))
    rows.add(table.ends[met].reshape(by_end.shape[1], -1), [by_end], [np.zeros(by_end.shape[:2])])
    ends = rows.stacked()
    pairs = ends.reshape(*ends.shape[:2], -1, 4).sum(axis=-1)
    square[frames] += pairs @ transposed(pairs)
    slope[frames] += (pairs @ (depth * scale).astype(np.float32)[..., None])[..., 0]


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
    first = unit(cross(vectors, axis))
    return first, unit(cross(vectors, first))


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


def _add_poses(problem: Problem, now: Evaluation, own: Array, gradient: Array) -> None:
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
    own += curvature


def _add_anchor(problem: Problem, state: State, now: Evaluation, own: Array, gradient: Array) -> None:
    if problem.anchor is None:
        return
    anchor = problem.anchor
    step, turn, move = inverse_right_jacobian(now.off_anchor), anchor.turn**2, anchor.move**2
    turned = turn[:, None, None] * now.off_anchor
    moved = move * (state.transl - anchor.state.transl)
    if anchor.pull is not None:
        moved -= anchor.pull[:, :3]
        turned -= anchor.pull[:, 3:].reshape(turned.shape)
    gradient[:, :3] += moved
    gradient[:, 3:] += (transposed(step) @ turned[..., None]).reshape(len(gradient), -1)
    own[:, 0, range(3), range(3)] += move
    own[:, 1:] += turn[:, None, None, None] * (transposed(step) @ step)


def _add_rests(problem: Problem, now: Evaluation, normal: Normal, *, with_shape: bool) -> None:
    """Add points that do not move: first differences over frames, which couple whole neighbours."""
    rests = problem.rests
    if rests is None or not rests.still.any():
        return
    n_frames, n_columns = rests.still.shape
    rows = Rows(now.figure, with_shape=with_shape, n_extra=int(problem.refine_focal))
    axes = [np.broadcast_to(axis, (n_frames, n_columns, 3)) for axis in np.eye(3)]
    chosen = np.eye(now.seen.shape[1])[rests.columns]
    rows.add(chosen, axes, [np.zeros((n_frames, n_columns))] * 3)
    stacked = rows.stacked().astype(np.float64)
    by_frame, by_clip = stacked[:, :N_UNKNOWNS], stacked[:, N_UNKNOWNS:]
    weight = problem.weights.still * np.tile(rests.still[1:], 3)[:, None]
    before, after = -by_frame[:-1] * weight, by_frame[1:] * weight
    moved = np.moveaxis(now.moved, 2, 1).reshape(n_frames - 1, -1, 1) * problem.weights.still
    normal.blocks[:-1] += before @ transposed(before)
    normal.blocks[1:] += after @ transposed(after)
    normal.gradient[:-1] += (before @ moved)[..., 0]
    normal.gradient[1:] += (after @ moved)[..., 0]
    normal.after_one = np.zeros((n_frames, N_UNKNOWNS, N_UNKNOWNS))
    normal.after_one[:-1] = after @ transposed(before)
    change = (by_clip[1:] - by_clip[:-1]) * weight
    normal.border[:-1] += before @ transposed(change)
    normal.border[1:] += after @ transposed(change)
    normal.corner += (change @ transposed(change)).sum(axis=0)
    normal.corner_gradient += (change @ moved)[..., 0].sum(axis=0)
