"""What the fit weighs against each other: the residuals and the cost of a motion."""

from dataclasses import dataclass

import numpy as np

from inference.fitting.kinematics import TURNED, Figure, State, pose
from inference.fitting.limbs import Overlaps, capsule_table, overlaps
from inference.fitting.limits import Beyond, beyond_limits
from inference.fitting.motion import MotionTerm, second_differences
from inference.fitting.problem import Problem
from inference.fitting.rotations import Array, log, transposed

NEAREST_M = 0.3
"""Points are kept at least this far in front of the camera."""


@dataclass(frozen=True)
class Evaluation:
    """All residuals at a state; names as in `FitWeights`.

    Attributes
    ----------
    seen : (T, K, 3) array
        Keypoints in the camera of their frame.
    pixels, pixel_weight : (T, K, 2) and (T, K) array
        In sigmas; weights of iterated least squares.
    vectors, length, hint, hint_weight
        Segments and their difference from the hints.
    contact, contact_weight : (T, C) array
        Metres off the wall.
    depth, depth_weight : (T, P) array
        Metres off what was said about depth.
    moved : (T - 1, C, 3) array
        Metres by which resting points moved.
    off_anchor : (T, A, 3) array
        Rotation vectors from the anchor.
    off_depth : (T, S) array
        Metres by which segments' depth is off the anchor's; S is 0 without one.
    cost_by_frame : (T,) array
    cost : float
    """

    figure: Figure
    seen: Array
    pixels: Array
    pixel_weight: Array
    vectors: Array
    length: Array
    hint: Array
    hint_weight: Array
    contact: Array
    contact_weight: Array
    depth: Array
    depth_weight: Array
    moved: Array
    turns: Array
    beyond: Beyond
    off_anchor: Array
    off_depth: Array
    overlaps: Overlaps | None
    motion: MotionTerm
    motion_weight: Array
    cost_by_frame: Array
    cost: float


def cauchy(square: Array, scale: Array | float) -> tuple[Array, Array]:
    """Return the Cauchy loss of squared residuals and its weight in iterated least squares."""
    ratio = square / np.square(scale)
    return np.square(scale) * np.log1p(ratio), 1 / (1 + ratio)


def evaluate(problem: Problem, state: State) -> Evaluation:
    """Return all residuals and the cost at a state."""
    w, figure = problem.weights, pose(problem.rig, state)
    seen = in_view(problem, figure.points)
    pixels, pixel_loss, pixel_weight = _pixels(problem, seen, state)
    vectors = problem.difference @ figure.points
    length = np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-6)
    hint = vectors / length - problem.hints
    hint_loss, hint_weight = cauchy((hint**2).sum(-1), w.cauchy_hint)
    contact, contact_loss, contact_weight = _contact(problem, figure)
    depth, depth_weight = _depth(problem, seen)
    moved = _moved(problem, figure)
    turns = log(state.rotations[:, list(TURNED)])
    off_plain = (turns - w.plain_pose) * w.prior * w.pose_prior
    beyond = beyond_limits(state.rotations[:, list(TURNED)], turns, margin_deg=w.limit_margin_deg)
    off_anchor, off_depth, anchor_cost = _anchor(problem, state, seen)
    inside = overlaps(capsule_table(problem.rig.skeleton), figure.points) if problem.limbs_apart else None
    motion = second_differences(state, problem.motion_weights())
    motion_loss, motion_weight = cauchy((motion.residual**2).sum(-1), w.cauchy_motion)
    by_frame = (
        (problem.confidence * pixel_loss).sum(1)
        + w.hint**2 * (problem.hint_confidence * hint_loss).sum(1)
        + contact_loss.sum(1)
        + (depth_weight * depth**2).sum(1)
        + (off_plain**2).sum((1, 2))
        + w.limit**2 * (beyond.angle**2).sum(1)
        + anchor_cost
    )
    if inside is not None:
        by_frame = by_frame + w.apart**2 * (inside.depth_m**2).sum(1)
    by_frame[1 : 1 + len(motion_loss)] += motion_loss.sum(1)
    by_frame[1:] += w.still**2 * (moved**2).sum((1, 2))
    return Evaluation(
        figure=figure,
        seen=seen,
        pixels=pixels,
        pixel_weight=pixel_weight * problem.confidence,
        vectors=vectors,
        length=length,
        hint=hint,
        hint_weight=hint_weight * problem.hint_confidence * w.hint**2,
        contact=contact,
        contact_weight=contact_weight,
        depth=depth,
        depth_weight=depth_weight,
        moved=moved,
        turns=turns,
        beyond=beyond,
        off_anchor=off_anchor,
        off_depth=off_depth,
        overlaps=inside,
        motion=motion,
        motion_weight=motion_weight,
        cost_by_frame=by_frame,
        cost=float(by_frame.sum()) + _clip_cost(problem, state),
    )


def in_view(problem: Problem, points: Array) -> Array:
    """Return points (T, K, 3) as the camera of their frame has them."""
    return points if problem.view_turns is None else points @ transposed(problem.view_turns)


def _pixels(problem: Problem, seen: Array, state: State) -> tuple[Array, Array, Array]:
    shown = _projected(problem, seen, state)
    pixels = np.where(problem.confidence[..., None] > 0, shown - problem.xy, 0) / problem.sigma_px[..., None]
    return pixels, *cauchy((pixels**2).sum(-1), problem.cauchy)


def projected(problem: Problem, state: State) -> Array:
    """Return where the keypoints of a motion are in the picture (T, K, 2)."""
    return _projected(problem, in_view(problem, pose(problem.rig, state).points), state)


def _projected(problem: Problem, seen: Array, state: State) -> Array:
    focal = problem.camera.focal_px * np.exp(state.log_focal)
    depth = np.maximum(seen[..., 2:], NEAREST_M)
    return np.asarray(seen[..., :2] / depth * focal + np.array(problem.camera.center_px))


def _clip_cost(problem: Problem, state: State) -> float:
    """Return the cost of the shape, the height and the focal length."""
    w = problem.weights
    shape = problem.shape_weight**2 * state.betas @ state.betas
    shape += sum(((size.at(state.betas) - wanted) / sigma) ** 2 for size, wanted, sigma in problem.sizes())
    if problem.refine_focal:
        shape += (state.log_focal / w.sigma_log_focal) ** 2
    return float(shape)


def _contact(problem: Problem, figure: Figure) -> tuple[Array, Array, Array]:
    """Return how far resting points are off the holds and others behind the wall, the loss and the weights (T, C)."""
    if problem.contacts is None:
        empty = np.zeros((len(figure.points), 0))
        return empty, empty, empty
    w, contacts = problem.weights, problem.contacts
    distance = (figure.points[:, contacts.columns] * contacts.normal).sum(-1) - contacts.offset_m
    before = np.maximum(distance - contacts.depth_m, 0) + np.minimum(distance, 0)
    slack = 0.0 if contacts.trusted else w.behind_m
    off = np.where(contacts.resting, before, np.minimum(distance + slack, 0))
    strength = w.known_contact if contacts.trusted else w.contact
    loss, weight = cauchy(off**2, w.cauchy_contact_m)
    scale = strength**2 * (off != 0)
    return off, loss * scale, weight * scale


def _depth(problem: Problem, seen: Array) -> tuple[Array, Array]:
    """Return by how many metres what was said about depth is missed, and the weights (T, P)."""
    depths, w = problem.depths, problem.weights
    if depths is None:
        return np.zeros((len(seen), 0)), np.zeros((len(seen), 0))
    farther = depths.difference @ seen[..., 2:]
    farther = farther[..., 0]
    known = np.isfinite(depths.depth_m)
    missing = np.minimum(depths.sign * farther - w.depth_margin_m, 0) * depths.sign
    off = np.where(known, farther - np.nan_to_num(depths.depth_m), missing)
    weight = np.where(known, 1 / w.sigma_depth_m, w.depth_order) ** 2
    return off, weight * (known | ((depths.sign != 0) & (missing != 0)))


def _moved(problem: Problem, figure: Figure) -> Array:
    """Return by how many metres points moved that rest (T - 1, C, 3)."""
    if problem.rests is None:
        return np.zeros((max(len(figure.points) - 1, 0), 0, 3))
    steps = np.diff(figure.points[:, problem.rests.columns], axis=0)
    return np.asarray(steps * problem.rests.still[1:, :, None])


def _anchor(problem: Problem, state: State, seen: Array) -> tuple[Array, Array, Array | float]:
    """Return rotation vectors (T, A, 3) and segments' depths (T, S) from the anchor and what they cost by frame."""
    anchor = problem.anchor
    if anchor is None:
        return np.zeros((0, len(TURNED), 3)), np.zeros((len(seen), 0)), 0.0
    away = log(transposed(anchor.state.rotations[:, list(TURNED)]) @ state.rotations[:, list(TURNED)])
    moved = state.transl - anchor.state.transl
    cost = anchor.turn**2 * (away**2).sum((1, 2)) + ((anchor.move * moved) ** 2).sum(axis=1)
    off_depth = np.zeros((len(seen), 0))
    if anchor.depth_m is not None:
        off_depth = (problem.difference @ seen[..., 2:])[..., 0] - anchor.depth_m
        cost += anchor.depth**2 * (off_depth**2).sum(axis=1)
    if anchor.pull is not None:
        cost -= 2 * (anchor.pull * np.concatenate([moved, away.reshape(len(away), -1)], axis=1)).sum(axis=1)
    return away, off_depth, cost
