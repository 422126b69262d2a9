"""A wall that overhangs from a height on: vertical below, and the route goes over the fold."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from inference.climb.choreography import Climb, Fold, Grip

HALF_WIDTH_M, UP_M = 2.0, 2.5
"""How far the planes reach to both sides, and the upper one up."""


@dataclass(frozen=True)
class FoldedPlane:
    """One of the two planes, WORLD frame of the climb, metres.

    Attributes
    ----------
    normal : (3,) array
        Out of the wall.
    corners : (4, 3) array
        Top left, top right, bottom right, bottom left for who looks at it; left is +x.
    """

    normal: NDArray[np.float64]
    corners: NDArray[np.float64]


def planes_of(fold: Fold) -> tuple[FoldedPlane, FoldedPlane]:
    """Return the lower and the upper plane."""
    side, height = HALF_WIDTH_M, fold.height_m
    below = np.array([[side, height, 0], [-side, height, 0], [-side, 0, 0], [side, 0, 0]])
    above = below + np.array([0, UP_M, 0])
    above[2:, 1] = height
    return FoldedPlane(fold.normals[0], below), FoldedPlane(fold.normals[1], fold.placed(above, above=True))


def folded(climb: Climb, fold: Fold) -> Climb:
    """Return a climb whose holds above the fold are on the overhang."""

    def put(grip: Grip) -> Grip:
        above = bool(grip.end[1] > fold.height_m)
        return replace(grip, end=fold.placed(grip.end, above=above), base=fold.placed(grip.base, above=above))

    holds = np.stack([fold.placed(hold, above=bool(hold[1] > fold.height_m)) for hold in climb.holds])
    moves = tuple(replace(move, target=put(move.target)) for move in climb.moves)
    return replace(climb, start=tuple(map(put, climb.start)), moves=moves, holds=holds, fold=fold)
