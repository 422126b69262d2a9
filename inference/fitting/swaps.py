"""Repairs left/right swaps of a detector before the fit.

Arms with torso, and legs, are either swapped or not in every frame; the cheapest series of the two states is found by
the Viterbi algorithm. A state costs the jumps of its joints since the frame before. What a person has labelled is never
moved and is evidence for what the frames round it are.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from annotation.skeletons import Skeleton
from inference.fitting.points import ClipPoints, torso_px

LARGEST_JUMP = 0.5
"""A jump of a joint between frames counts up to this many torso lengths."""

SWAP_COST = 0.02
"""Cost of a swapped frame: without evidence the detector is right."""

LOST_PARTNER_COST = 0.1
"""Cost of giving up a predicted point because its partner is labelled."""

TRANSITION_WEIGHT = 0.02
"""What points weigh where a swap begins or ends: halfway between two states they are neither."""

_LEG_PARTS = ("knee", "ankle", "heel", "big_toe", "small_toe", "foot")


@dataclass(frozen=True)
class SwapRepair:
    """Points with left and right where they belong.

    Attributes
    ----------
    points : ClipPoints
    swapped_arms, swapped_legs : (T,) bool array
        Frames in which the arms with the torso, or the legs, were exchanged.
    """

    points: ClipPoints
    swapped_arms: NDArray[np.bool_]
    swapped_legs: NDArray[np.bool_]


def repair_swaps(points: ClipPoints) -> SwapRepair:
    """Return points (world landmarks too) in which swapped frames are exchanged and transitions weigh little."""
    legs = _leg_columns(points.skeleton)
    paired = np.flatnonzero(points.skeleton.mirror != np.arange(len(points.skeleton)))
    arms = np.setdiff1d(paired, legs)
    unit = torso_px(points)
    states = [_swapped_frames(points, group, unit) for group in (arms, legs)]
    for group, swapped in zip((arms, legs), states, strict=True):
        points = _exchange(points, group, swapped)
    return SwapRepair(points, *states)


def _leg_columns(skeleton: Skeleton) -> NDArray[np.intp]:
    names = {f"{side}_{part}" for side in ("left", "right") for part in _LEG_PARTS}
    return np.array([column for column, joint in enumerate(skeleton.joints) if joint in names], dtype=np.intp)


def _swapped_frames(points: ClipPoints, group: NDArray[np.intp], unit: float) -> NDArray[np.bool_]:
    """Return in which frames a group of joints is swapped (Viterbi over two states)."""
    n_frames = len(points)
    swapped = np.zeros(n_frames, bool)
    if len(group) == 0 or n_frames < 2:
        return swapped
    views = np.stack([_positions(points, group, swap=state) for state in (0, 1)])
    own = np.stack([_own_cost(points, group, state, unit) for state in (0, 1)], axis=1)
    jump = np.linalg.norm(views[:, None, :-1] - views[None, :, 1:], axis=-1) / unit
    jumps = np.nan_to_num(np.minimum(jump, LARGEST_JUMP)).sum(-1)
    total, origin = own[0], np.zeros((n_frames, 2), int)
    for frame in range(1, n_frames):
        reached = total[:, None] + jumps[:, :, frame - 1]
        origin[frame] = reached.argmin(axis=0)
        total = reached.min(axis=0) + own[frame]
    state = int(total.argmin())
    for frame in range(n_frames - 1, -1, -1):
        swapped[frame] = bool(state)
        state = origin[frame, state]
    return swapped


def _positions(points: ClipPoints, group: NDArray[np.intp], *, swap: int) -> NDArray[np.float64]:
    """Return where the joints of a group are (T, G, 2) if they are swapped or not; labelled ones stay."""
    found = np.where(points.found[..., None], points.xy, np.nan)
    if not swap:
        return found[:, group]
    partner = points.skeleton.mirror[group]
    exchanged = np.where(points.stated[:, partner, None], np.nan, found[:, partner])
    return np.where(points.stated[:, group, None], found[:, group], exchanged)


def _own_cost(points: ClipPoints, group: NDArray[np.intp], state: int, unit: float) -> NDArray[np.float64]:
    """Return what a state costs in a frame by itself (T,)."""
    cost = np.zeros(len(points))
    stated = points.stated[:, group]
    if state:
        partner = points.skeleton.mirror[group]
        alone = stated & points.found[:, partner] & ~points.stated[:, partner]
        apart = np.linalg.norm(points.xy[:, group] - points.xy[:, partner], axis=-1) / unit
        given_up = np.minimum(np.nan_to_num(apart), LARGEST_JUMP) + LOST_PARTNER_COST
        cost += SWAP_COST + np.where(alone, given_up, 0).sum(axis=1)
    if points.world is not None:
        partner = points.skeleton.mirror[group] if state else group
        cost += _disagreement(points.xy[:, group], points.world[:, partner, :2], stated)
    return cost


def _disagreement(
    xy: NDArray[np.float64], guess: NDArray[np.float64], chosen: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """Return how badly the layout of labelled points (T, G, 2) matches the detector's 3D guess seen from the front."""
    chosen = chosen & np.isfinite(guess).all(-1)
    count = np.maximum(chosen.sum(axis=1), 1)[:, None]
    layouts = []
    for values in (xy, guess):
        values = np.where(chosen[..., None], values, 0)
        centred = np.where(chosen[..., None], values - values.sum(axis=1, keepdims=True) / count[..., None], 0)
        size = np.sqrt((centred**2).sum((1, 2), keepdims=True) / count[..., None])
        layouts.append(centred / np.maximum(size, 1e-9))
    apart = np.minimum(np.linalg.norm(layouts[0] - layouts[1], axis=-1), LARGEST_JUMP)
    return np.where(chosen.sum(axis=1) >= 3, apart.sum(axis=1), 0.0)


def _exchange(points: ClipPoints, group: NDArray[np.intp], swapped: NDArray[np.bool_]) -> ClipPoints:
    """Return points in which a group is exchanged in swapped frames and weighs little at the borders of these."""
    partner = points.skeleton.mirror[group]
    keep, partner_kept = points.stated[:, group], points.stated[:, partner]
    moved = swapped[:, None] & ~keep
    lost = moved & partner_kept
    border = np.zeros(len(points), bool)
    change = np.flatnonzero(np.diff(swapped))
    border[change] = border[change + 1] = True
    xy, confidence, source = points.xy.copy(), points.confidence.copy(), points.source.copy()
    xy[:, group] = np.where(moved[..., None], points.xy[:, partner], points.xy[:, group])
    confidence[:, group] = np.where(moved, points.confidence[:, partner], points.confidence[:, group])
    source[:, group] = np.where(moved, points.source[:, partner], points.source[:, group])
    confidence[:, group] *= np.where(border[:, None] & ~keep, TRANSITION_WEIGHT, 1.0)
    xy[:, group] = np.where(lost[..., None], np.nan, xy[:, group])
    confidence[:, group] = np.where(lost, 0, confidence[:, group])
    source[:, group] = np.where(lost, 0, source[:, group])
    world = None
    if points.world is not None:
        world = points.world.copy()
        world[:, group] = np.where(swapped[:, None, None], points.world[:, partner], points.world[:, group])
        world[np.ix_(border, group)] = np.nan
    return replace(points, xy=xy, confidence=confidence, source=source, world=world)
