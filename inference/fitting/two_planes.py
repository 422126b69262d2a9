"""Whether what hands and feet rest on lies in one plane, and if not, in which two."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from annotation.known_facts import overhang_deg
from annotation.poses import Plane
from annotation.walls import free_name, kind_of, meeting
from inference.fitting.rotations import Array
from inference.fitting.wall import MIN_RESTING, SCALE_M, fit_wall

SHARE = 80.0
"""So many percent of what rests must be near a plane."""
BETTER = 0.6
"""Two planes must be so much nearer than one, as a share."""
LEAST_BEND_DEG = 12.0
SETTLING = 4
SPLITS = (0.3, 0.4, 0.5, 0.6, 0.7)


def two_planes(
    positions: Array, rest: NDArray[np.bool_], *, wall: Plane, pelvis: Array, hold_depth_m: float
) -> tuple[Plane, ...]:
    """Return two planes that what rests lies on much better than on one; none where one will do.

    Parameters
    ----------
    positions : (T, C, 3) array
        Hands and feet, CAMERA frame, metres, of a motion that was not held to the wall.
    rest : (T, C) bool array
    wall : Plane
        The one plane that was found.
    pelvis : (T, 3) array
    hold_depth_m : float
        How far holds stand out of the wall.
    """
    points = positions[rest]
    off = float(np.percentile(np.abs(wall.distance(points)), SHARE)) if len(points) else 0.0
    if off <= hold_depth_m or len(points) < 2 * MIN_RESTING:
        return ()
    up = np.array([0.0, -1.0, 0.0])
    found = [
        pair
        for axis in (up - up @ np.array(wall.normal) * np.array(wall.normal), np.cross(up, wall.normal))
        for share in SPLITS
        if (pair := _split(positions, rest, positions @ axis, share, pelvis)) is not None
    ]
    if not found:
        return ()
    best = min(found, key=lambda pair: _off(pair, points).sum())
    bend = np.degrees(np.arccos(np.clip(np.dot(best[0].normal, best[1].normal), -1, 1)))
    if bend < LEAST_BEND_DEG or np.percentile(_off(best, points), SHARE) > BETTER * off:
        return ()
    mine = np.stack([np.abs(plane.distance(points)) for plane in best]).argmin(axis=0)
    middles = (np.median(points[mine == 0], axis=0), np.median(points[mine == 1], axis=0))
    result: list[Plane] = []
    for plane in meeting(*best, middles=middles):
        result.append(replace(plane, name=free_name(result, kind_of(overhang_deg(plane)))))
    return tuple(result)


def _off(planes: tuple[Plane, Plane], points: Array) -> Array:
    return np.asarray(np.minimum(*(np.abs(plane.distance(points)) for plane in planes)))


def _split(
    positions: Array, rest: NDArray[np.bool_], along: Array, share: float, pelvis: Array
) -> tuple[Plane, Plane] | None:
    """Return the planes of what rests on both sides of a line, settled by who is nearer to which; None if one fails."""
    pair = None
    first = rest & (along <= np.quantile(along[rest], share))
    for _ in range(SETTLING):
        one, other = (fit_wall(positions, part, pelvis=pelvis) for part in (first, rest & ~first))
        if one is None or other is None:
            return None
        pair = one, other
        nearer = np.abs(one.distance(positions)) - np.abs(other.distance(positions))
        # Near where they meet both will do: what was said before stays.
        first = rest & np.where(np.abs(nearer) < 0.2 * SCALE_M, first, nearer < 0)
    return pair
