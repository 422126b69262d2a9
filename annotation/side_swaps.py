"""Frames in which a detector has taken left for right.

Arms with torso, and legs, are either swapped or not in every frame; the cheapest series of the two states is found by
the Viterbi algorithm. A state costs the jumps of its joints since the frame before. What a person has labelled is never
moved and is evidence for what the frames round it are.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from annotation.skeletons import Skeleton

LARGEST_JUMP = 0.5
"""A jump of a joint between frames counts up to this many torso lengths."""

SWAP_COST = 0.02
"""Cost of a swapped frame: without evidence the detector is right."""

LOST_PARTNER_COST = 0.1
"""Cost of giving up a predicted point because its partner is labelled."""

_BLOCK = 4096
"""Frames looked at together: more would only take more memory."""

_LEG_PARTS = ("knee", "ankle", "heel", "big_toe", "small_toe", "foot")


@dataclass(frozen=True)
class SidedPoints:
    """The points of a clip whose sides are in question.

    Attributes
    ----------
    skeleton : Skeleton
    xy : (T, K, 2) array
        Pixels, NaN where missing.
    stated : (T, K) bool array
        Which points a person stands behind.
    unit_px : float
        Length of the torso in pixels.
    world : (T, K, 3) float64 array or None
        The detector's own guess in 3D: camera axes (x right, y down, z forward).
    """

    skeleton: Skeleton
    xy: NDArray[np.floating]
    stated: NDArray[np.bool_]
    unit_px: float
    world: NDArray[np.float64] | None = None

    @property
    def found(self) -> NDArray[np.bool_]:
        """Which points are there (T, K)."""
        found: NDArray[np.bool_] = np.isfinite(self.xy[..., 0]) & np.isfinite(self.xy[..., 1])
        return found

    def part(self, start: int, stop: int) -> "SidedPoints":
        """Return the same of the frames ``start`` to ``stop - 1``, in float64."""
        rows = slice(start, stop)
        world = None if self.world is None else self.world[rows]
        return replace(self, xy=self.xy[rows].astype(np.float64), stated=self.stated[rows], world=world)


@dataclass(frozen=True)
class Sides:
    """What the search found for one group of joints.

    Attributes
    ----------
    swapped : (T,) bool array
    saved : (T,) float64 array
        What a jump less costs, in torso lengths summed over the joints: how much shorter the way into each frame is
        with the sides as found than as predicted.
    """

    swapped: NDArray[np.bool_]
    saved: NDArray[np.float64]


def side_groups(skeleton: Skeleton) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the columns of the arms with the torso and those of the legs, paired joints only."""
    names = {f"{side}_{part}" for side in ("left", "right") for part in _LEG_PARTS}
    legs = np.array([column for column, joint in enumerate(skeleton.joints) if joint in names], dtype=np.intp)
    paired = np.flatnonzero(skeleton.mirror != np.arange(len(skeleton)))
    return np.setdiff1d(paired, legs), legs


def find_swaps(points: SidedPoints, group: NDArray[np.intp]) -> Sides:
    """Return in which frames a group of joints is swapped (Viterbi over two states)."""
    n_frames = len(points.xy)
    if len(group) == 0 or n_frames < 2:
        return Sides(np.zeros(n_frames, bool), np.zeros(n_frames))
    own, jumps = np.empty((2, n_frames)), np.empty((2, 2, n_frames - 1))
    for start in range(0, n_frames, _BLOCK):
        part = points.part(start, min(start + _BLOCK + 1, n_frames))
        views = [_positions(part, group, swap=state) for state in (False, True)]
        stop = start + len(part.xy)  # the last frame comes again in the next part, with the same costs
        own[:, start:stop] = [_own_cost(part, group, state=state) for state in (0, 1)]
        jumps[:, :, start : stop - 1] = [[_jumps(a, b, unit=points.unit_px) for b in views] for a in views]
    swapped = _cheapest(own, jumps)
    state = swapped.astype(int)
    chosen = jumps[state[:-1], state[1:], np.arange(n_frames - 1)]
    return Sides(swapped, np.concatenate([[0.0], jumps[0, 0] - chosen]))


def _jumps(a: NDArray[np.floating], b: NDArray[np.floating], *, unit: float) -> NDArray[np.float64]:
    """Return what going from each frame of `a` to the next of `b` costs (T - 1,)."""
    step = np.hypot(a[:-1, :, 0] - b[1:, :, 0], a[:-1, :, 1] - b[1:, :, 1]) / unit
    total: NDArray[np.float64] = np.nansum(np.minimum(step, LARGEST_JUMP), axis=-1)
    return total


def _cheapest(own: NDArray[np.float64], jumps: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return the cheapest series (T,) of two states with costs (2, T) of being and (2, 2, T - 1) of going."""
    steps = jumps + own[None, :, 1:]
    to_here = _ways(own[:, 0], steps)
    onwards = _ways(np.zeros(2), steps[..., ::-1].swapaxes(0, 1))[:, ::-1]
    total = to_here + onwards
    return np.asarray(total[1] < total[0])


def _ways(start: NDArray[np.float64], steps: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the cost (2, N + 1) of the cheapest way to each state, before the first of N steps and after every one.

    Within a block it comes from all partial sums of the steps at once (Hillis and Steele, "Data parallel algorithms",
    1986), so that a long clip needs no loop over its frames; block by block it needs little memory.
    """
    costs = np.empty((2, steps.shape[-1] + 1))
    costs[:, 0] = start
    for first in range(0, steps.shape[-1], _BLOCK):
        sums = _partial_sums(steps[..., first : first + _BLOCK])
        costs[:, first + 1 : first + 1 + sums.shape[-1]] = (costs[:, first, None, None] + sums).min(axis=0)
    return costs


def _partial_sums(steps: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the cheapest ways (2, 2, N) from each state before the first step to each state after every step."""
    ways, reach = np.ascontiguousarray(steps), 1
    while reach < steps.shape[-1]:
        first, then = ways[..., :-reach], ways[..., reach:]
        joined = np.minimum(first[:, :1] + then[:1], first[:, 1:] + then[1:])
        ways = np.concatenate([ways[..., :reach], joined], axis=-1)
        reach *= 2
    return ways


def _positions(points: SidedPoints, group: NDArray[np.intp], *, swap: bool) -> NDArray[np.floating]:
    """Return where the joints of a group are (T, G, 2) if they are swapped or not; labelled ones stay."""
    if not swap:
        return points.xy[:, group]
    partner = points.skeleton.mirror[group]
    exchanged = np.where(points.stated[:, partner, None], np.nan, points.xy[:, partner])
    return np.where(points.stated[:, group, None], points.xy[:, group], exchanged)


def _own_cost(points: SidedPoints, group: NDArray[np.intp], *, state: int) -> NDArray[np.float64]:
    """Return what a state costs in a frame by itself (T,)."""
    cost = np.zeros(len(points.xy))
    stated = points.stated[:, group]
    partner = points.skeleton.mirror[group]
    if state:
        cost += SWAP_COST
    if state and stated.any():
        alone = stated & points.found[:, partner] & ~points.stated[:, partner]
        apart = np.linalg.norm(points.xy[:, group] - points.xy[:, partner], axis=-1) / points.unit_px
        given_up = np.minimum(np.nan_to_num(apart), LARGEST_JUMP) + LOST_PARTNER_COST
        cost += np.where(alone, given_up, 0).sum(axis=1)
    if points.world is not None:
        guess = points.world[:, partner if state else group, :2]
        cost += _disagreement(points.xy[:, group], guess, chosen=stated)
    return cost


def _disagreement(
    xy: NDArray[np.floating], guess: NDArray[np.float64], *, chosen: NDArray[np.bool_]
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
