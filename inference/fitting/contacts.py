"""Contacts: when hands and feet hold on, found from the motion or given, and what the fit makes of them."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from annotation.known_facts import Contact, Limb, contact_frames
from annotation.skeletons import Skeleton
from annotation.walls import WallShape
from inference.fitting.problem import Rests, WallContacts
from inference.fitting.rotations import Array
from inference.fitting.wall import HOLDING_PARTS, solid_columns

LONGEST_GAP_S = 0.12
"""A limb that seems to move for so short a time holds on."""
SHORTEST_S = 0.2
SPARE_REACH_M, OUT_OF_REACH_M = 0.15, 10.0
"""How much farther than it is long a limb may reach: its root is about known; and what it counts to be out of reach."""
FAR_BEHIND_M = -1e3
"""Offset of a plane that is no matter to a point."""


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


def on_planes(
    contacts: tuple[Contact, ...], shape: WallShape, points: Array, skeleton: Skeleton
) -> tuple[Contact, ...]:
    """Return contacts with the plane of the wall each is on; those of a wall of one plane as they are.

    That is the plane a person stated, else the one that fits the limb best of those it can reach, by the median over
    the contact of keypoints (T, K, 3), about known.
    """
    if len(shape.planes) < 2:
        return contacts
    limbs, result = limb_columns(skeleton), []
    names = [plane.name for plane in shape.planes]
    for contact in contacts:
        held = points[contact.start : contact.end + 1]
        if contact.wall not in names and contact.limb in limbs and len(held):
            cost = np.median(shape.costs_in_sight(held[:, limbs[contact.limb]]), axis=1)
            cost = cost + OUT_OF_REACH_M * ~_reached(contact.limb, shape, held, skeleton)
            contact = replace(contact, wall=names[int(cost.argmin())])
        result.append(contact)
    return tuple(result)


def _reached(limb: Limb, shape: WallShape, points: Array, skeleton: Skeleton) -> NDArray[np.bool_]:
    """Return which planes (W,) a limb of keypoints (T, K, 3) is long enough for."""
    side, part = limb.value.split("_")
    chain = ("shoulder", "elbow", "wrist") if part == "hand" else ("hip", "knee", "ankle")
    columns = [skeleton.find(f"{side}_{name}") for name in chain]
    if None in columns:
        return np.ones(len(shape.planes), bool)
    joints = points[:, [*np.array(columns, np.intp), limb_columns(skeleton)[limb]]]
    length = float(np.median(np.linalg.norm(np.diff(joints, axis=1), axis=-1).sum(axis=1)))
    return np.asarray(shape.distances(joints[:, 0]).min(axis=1) < length + SPARE_REACH_M)


def wall_contacts(
    shape: WallShape,
    contacts: tuple[Contact, ...],
    points: Array,
    skeleton: Skeleton,
    *,
    hold_depth_m: float | None,
) -> WallContacts:
    """Return what the wall asks of a motion whose keypoints (T, K, 3) are about known.

    Parameters
    ----------
    contacts : tuple of Contact
        See `on_planes`.
    hold_depth_m : float or None
        How far holds stand out; None for a wall that was found from what rests on it.
    """
    limbs, planes = limb_columns(skeleton), shape.planes
    columns = np.concatenate([np.array(list(limbs.values()), np.intp), solid_columns(skeleton)])
    held_by = np.full((len(points), len(columns)), -1)
    rows = {plane.name: row for row, plane in enumerate(planes)}
    for index, limb in enumerate(limbs):
        mine = [contact for contact in contacts if contact.limb is limb]
        number = contact_frames(mine, limb, len(points))
        row = np.array([-1, *(rows.get(contact.wall, 0) for contact in mine)])
        held_by[:, index] = row[number]
    resting = held_by == np.arange(len(planes))[:, None, None]
    applies = resting | shape.sinking(points[:, columns])
    offset = np.array([plane.offset_m for plane in planes])[:, None, None]
    normal = np.array([plane.normal for plane in planes])[:, None, None]
    return WallContacts(
        np.tile(columns, len(planes)),
        np.concatenate(list(resting), axis=1),
        np.concatenate(list(np.broadcast_to(normal, (*applies.shape, 3))), axis=1),
        np.concatenate(list(np.where(applies, offset, FAR_BEHIND_M)), axis=1),
        depth_m=hold_depth_m or 0.0,
        trusted=hold_depth_m is not None,
    )
