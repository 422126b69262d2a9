"""Repairs left/right swaps of a detector before the fit; how they are found: `annotation.side_swaps`."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from annotation.known_facts import Facts
from annotation.side_swaps import SidedPoints, find_swaps, side_groups
from inference.fitting.points import ClipPoints, torso_px

TRANSITION_WEIGHT = 0.02
"""What points weigh where a swap begins or ends: halfway between two states they are neither."""


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


def repair_swaps(points: ClipPoints, facts: Facts | None = None) -> SwapRepair:
    """Return points (world landmarks too) in which swapped frames are exchanged and transitions weigh little.

    Where a person said that sides are right they stay.
    """
    found = np.where(points.found[..., None], points.xy, np.nan)
    sided = SidedPoints(points.skeleton, found, points.stated, torso_px(points), points.world)
    groups = side_groups(points.skeleton)
    right = (facts or Facts()).right_sides(len(points))
    states = [find_swaps(sided, group).swapped & ~kept for group, kept in zip(groups, right, strict=True)]
    for group, swapped in zip(groups, states, strict=True):
        points = _exchange(points, group, swapped)
    return SwapRepair(points, *states)


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
