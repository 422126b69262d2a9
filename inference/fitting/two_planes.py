"""Whether what hands and feet rest on lies in one plane, and if not, in which two."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from annotation.known_facts import Limb, overhang_deg
from annotation.poses import Plane
from annotation.walls import free_name, kind_of, meeting
from inference.fitting.contacts import find_contacts
from inference.fitting.rotations import Array
from inference.fitting.wall import MIN_RESTING, SCALE_M, fit_wall

SHARE = 80.0
"""So many percent of what rests must be near a plane."""
BETTER = 0.6
"""Two planes must be so much nearer than one, as a share."""
LEAST_BEND_DEG, MOST_BEND_DEG = 12.0, 75.0
"""Planes that meet flatter are one, and what meets sharper closes around the climber."""
LEAST_CONTACTS, LEAST_HOLDS = 4, 3
"""So often, and at so many places, each plane must be held."""
SAME_HOLD_M = 0.15
OWN_SIDE = 0.85
"""Such a share of what is held on each plane must be seen on its side of the line where both meet."""
UNSURE_M = 0.2 * SCALE_M
"""What is about as near to one plane as to the other is near where they meet: both will do."""
SETTLING = 4
SPLITS = (0.3, 0.4, 0.5, 0.6, 0.7)


def two_planes(
    positions: Array, rest: NDArray[np.bool_], *, wall: Plane, pelvis: Array, hold_depth_m: float, fps: float
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
    fps : float
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
    # Some split by depths that are off may come as close as the planes that are there, but is none that holds part.
    held = _held(positions, rest, fps)
    found = [pair for pair in found if _is_better(pair, points, than_m=off) and parted(pair, held)]
    if not found:
        return ()
    best = min(found, key=lambda pair: _off(pair, points).sum())
    mine = np.stack([np.abs(plane.distance(points)) for plane in best]).argmin(axis=0)
    middles = (np.median(points[mine == 0], axis=0), np.median(points[mine == 1], axis=0))
    result: list[Plane] = []
    for plane in meeting(*best, middles=middles):
        result.append(replace(plane, name=free_name(result, kind_of(overhang_deg(plane)))))
    return tuple(result)


def _is_better(planes: tuple[Plane, Plane], points: Array, *, than_m: float) -> bool:
    """Tell whether two planes meet as planes of a wall do, and points (N, 3) are much nearer to them than to one."""
    bend = np.degrees(np.arccos(np.clip(np.dot(planes[0].normal, planes[1].normal), -1, 1)))
    near = np.percentile(_off(planes, points), SHARE) <= BETTER * than_m
    return bool(LEAST_BEND_DEG <= bend <= MOST_BEND_DEG and near)


def parted(planes: tuple[Plane, Plane], held: Array) -> bool:
    """Tell whether holds (H, 3), CAMERA frame, m, of two planes are seen on both sides of the line where these meet.

    Depths that are off put holds on one plane or the other wherever they are seen. Of a real wall each plane is seen on
    its side of that line, and is held often enough to be sure of it.
    """
    away = [np.abs(plane.distance(held)) for plane in planes]
    # The plane through the camera and that line: 1 / depth of both planes is the same there.
    first, second = (np.array(plane.normal) / plane.offset_m for plane in planes)
    side = held @ (first - second) > 0
    own = [side[a < b - UNSURE_M] for a, b in (away, away[::-1])]
    places = [held[a < b - UNSURE_M] for a, b in (away, away[::-1])]
    if any(len(each) < LEAST_CONTACTS or _n_holds(each) < LEAST_HOLDS for each in places):
        return False
    shares = own[0].mean(), 1 - own[1].mean()
    return bool(min(shares) >= OWN_SIDE or max(shares) <= 1 - OWN_SIDE)


def _held(positions: Array, rest: NDArray[np.bool_], fps: float) -> Array:
    """Return where hands and feet hold on (H, 3), once for each time they do."""
    limbs = list(Limb)[: rest.shape[1]]
    contacts = find_contacts(dict(zip(limbs, rest.T, strict=True)), fps=fps)
    held = [np.median(positions[each.start : each.end + 1, limbs.index(each.limb)], axis=0) for each in contacts]
    return np.array(held).reshape(-1, 3)


def _n_holds(held: Array) -> int:
    """Return how many different holds places (H, 3) are."""
    found: list[Array] = []
    for place in held:
        if all(np.linalg.norm(place - other) > SAME_HOLD_M for other in found):
            found.append(place)
    return len(found)


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
        # Where both will do, what was said before stays.
        first = rest & np.where(np.abs(nearer) < UNSURE_M, first, nearer < 0)
    return pair
