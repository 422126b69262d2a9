"""Contacts: when hands and feet hold on, found from the motion or given, and what the fit makes of them."""

import numpy as np
from numpy.typing import NDArray

from annotation.known_facts import Contact, Limb, contact_frames
from annotation.poses import Plane
from annotation.skeletons import Skeleton
from inference.fitting.problem import Rests, WallContacts
from inference.fitting.rotations import Array
from inference.fitting.wall import HOLDING_PARTS, solid_columns

LONGEST_GAP_S = 0.12
"""A limb that seems to move for so short a time holds on."""
SHORTEST_S = 0.2
REACH_M = 0.35
"""Farther from the wall than this, nothing holds on."""


def limb_columns(skeleton: Skeleton) -> dict[Limb, int]:
    """Return the outermost joint of each hand and foot a skeleton has."""
    result = {}
    for limb in Limb:
        side, part = limb.value.split("_")
        parts = HOLDING_PARTS[0 if part == "hand" else 1]
        columns = [skeleton.find(f"{side}_{name}") for name in parts]
        found = [column for column in columns if column is not None]
        if found:
            result[limb] = found[0]
    return result


def find_contacts(rest: dict[Limb, NDArray[np.bool_]], *, fps: float) -> tuple[Contact, ...]:
    """Return the stretches in which limbs hold on, from when they rest (T,).

    Short gaps are closed, short rests dropped.
    """
    result = []
    for limb, resting in rest.items():
        for start, stop in _stretches(_closed(resting, round(LONGEST_GAP_S * fps))):
            if stop - start >= max(2, round(SHORTEST_S * fps)):
                result.append(Contact(limb, start, stop - 1))
    return tuple(result)


def _closed(flags: NDArray[np.bool_], longest: int) -> NDArray[np.bool_]:
    result = flags.copy()
    for start, stop in _stretches(~flags):
        if start > 0 and stop < len(flags) and stop - start <= longest:
            result[start:stop] = True
    return result


def _stretches(flags: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Return where flags (T,) are set, as half-open ranges."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], flags, [False]]).astype(np.int8)))
    return [(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True)]


def rests_of(contacts: tuple[Contact, ...], skeleton: Skeleton, n_frames: int) -> Rests | None:
    """Return which limbs stay where they are."""
    columns = limb_columns(skeleton)
    numbers = np.stack([contact_frames(contacts, limb, n_frames) for limb in columns], axis=1)
    still = np.zeros(numbers.shape, bool)
    still[1:] = (numbers[1:] > 0) & (numbers[1:] == numbers[:-1])
    return Rests(np.array(list(columns.values()), np.intp), still) if still.any() else None


def wall_contacts(
    walls: tuple[Plane, ...],
    contacts: tuple[Contact, ...],
    points: Array,
    skeleton: Skeleton,
    *,
    hold_depth_m: float | None,
) -> WallContacts:
    """Return what the wall asks of a motion whose keypoints (T, K, 3) are about known.

    Parameters
    ----------
    hold_depth_m : float or None
        How far holds stand out; None for a wall that was found from what rests on it.
    """
    limbs, solid = limb_columns(skeleton), solid_columns(skeleton)
    columns = np.concatenate([np.array(list(limbs.values()), np.intp), solid])
    resting = np.zeros((len(points), len(columns)), bool)
    for index, limb in enumerate(limbs):
        resting[:, index] = contact_frames(contacts, limb, len(points)) > 0
    distance = np.stack([plane.distance(points[:, columns]) for plane in walls])
    nearest = np.abs(distance).argmin(axis=0)
    return WallContacts(
        columns,
        resting,
        np.array([plane.normal for plane in walls])[nearest],
        np.array([plane.offset_m for plane in walls])[nearest],
        depth_m=hold_depth_m or 0.0,
        trusted=hold_depth_m is not None,
    )
