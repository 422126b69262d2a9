"""Limbs as capsules: which of them are inside each other or inside the torso, and by how much."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from annotation.skeletons import Skeleton
from inference.fitting.points import joint_columns
from inference.fitting.rotations import Array, lengths

_SIDES = ("left", "right")
_SHOULDERS, _HIPS = (tuple(f"{side}_{part}" for side in _SIDES) for part in ("shoulder", "hip"))


TORSO_ENDS = (_HIPS, _SHOULDERS)


@dataclass(frozen=True)
class Capsule:
    """All points within `radius_m` of the line between the middles of some joints."""

    start: tuple[str, ...]
    end: tuple[str, ...]
    radius_m: float


CAPSULES: dict[str, Capsule] = {
    "torso": Capsule(_HIPS, _SHOULDERS, 0.10),
    **{f"{side}_forearm": Capsule((f"{side}_elbow",), (f"{side}_wrist",), 0.035) for side in _SIDES},
    **{f"{side}_thigh": Capsule((f"{side}_hip",), (f"{side}_knee",), 0.06) for side in _SIDES},
    **{f"{side}_shin": Capsule((f"{side}_knee",), (f"{side}_ankle",), 0.045) for side in _SIDES},
}
"""Thinner than flesh: what touches is allowed, what passes through is not."""

PAIRS = (
    *((f"{side}_{limb}", "torso") for limb in ("forearm", "shin") for side in _SIDES),
    *((f"{side}_forearm", f"{other}_{limb}") for limb in ("thigh", "shin") for side in _SIDES for other in _SIDES),
    ("left_forearm", "right_forearm"),
    ("left_shin", "right_shin"),
    ("left_shin", "right_thigh"),
    ("right_shin", "left_thigh"),
)


@dataclass(frozen=True)
class CapsuleTable:
    """The pairs of capsules a skeleton has.

    Attributes
    ----------
    ends : (P, 2, 2, K) array
        Of both capsules, start and end: ``ends @ points`` are their positions.
    reach_m : (P,) array
        Sum of the radii.
    names : tuple of (str, str)
    """

    ends: Array
    reach_m: Array
    names: tuple[tuple[str, str], ...]


@lru_cache
def capsule_table(skeleton: Skeleton) -> CapsuleTable:
    """Return the pairs of capsules of which a skeleton has all joints."""
    ends, reach, names = [], [], []
    for pair in PAIRS:
        capsules = [CAPSULES[name] for name in pair]
        columns = [[joint_columns(skeleton, joints) for joints in (c.start, c.end)] for c in capsules]
        if any(found is None for both in columns for found in both):
            continue
        rows = np.zeros((2, 2, len(skeleton)))
        for capsule, both in enumerate(columns):
            for end, found in enumerate(both):
                rows[capsule, end, found] = 1 / len(found or [0])
        ends.append(rows)
        reach.append(sum(capsule.radius_m for capsule in capsules))
        names.append(pair)
    return CapsuleTable(np.array(ends).reshape(-1, 2, 2, len(skeleton)), np.array(reach), tuple(names))


@dataclass(frozen=True)
class Overlaps:
    """How deep capsules are in each other.

    Attributes
    ----------
    weights : (T, P, 2, 2) array
        Of the capsules' ends (see `CapsuleTable`) in the line from the nearest point of the first to that of the
        second.
    direction : (T, P, 3) array
        Along it, of unit length.
    depth_m : (T, P) array
        Positive where they overlap, 0 elsewhere.
    """

    weights: Array
    direction: Array
    depth_m: Array


def overlaps(table: CapsuleTable, points: Array) -> Overlaps:
    """Return the overlaps of a body whose keypoints (T, K, 3) are given, metres."""
    ends = (table.ends.reshape(-1, points.shape[1]) @ points).reshape(len(points), -1, 4, 3)
    a0, a1, b0, b1 = (ends[:, :, index] for index in range(4))
    s, t = _nearest(a0, a1, b0, b1)
    apart = (b0 + t[..., None] * (b1 - b0)) - (a0 + s[..., None] * (a1 - a0))
    distance = lengths(apart)
    weights = np.stack([s - 1, -s, 1 - t, t], axis=-1).reshape(*s.shape, 2, 2)
    direction = apart / np.maximum(distance, 1e-9)[..., None]
    return Overlaps(weights, direction, np.maximum(table.reach_m - distance, 0))


def distance_of_lines(a0: Array, a1: Array, b0: Array, b1: Array) -> NDArray[np.float64]:
    """Return the distance (...,) between lines from a0 to a1 and from b0 to b1 (..., 3)."""
    s, t = _nearest(a0, a1, b0, b1)
    apart = (b0 + t[..., None] * (b1 - b0)) - (a0 + s[..., None] * (a1 - a0))
    return np.asarray(lengths(apart))


def _nearest(a0: Array, a1: Array, b0: Array, b1: Array) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return where on two lines (..., 3) they come nearest, each in [0, 1] (Ericson 2005, section 5.1.9)."""
    d1, d2, r = a1 - a0, b1 - b0, a0 - b0
    a, e, b, c, f = (np.einsum("...i,...i", x, y) for x, y in ((d1, d1), (d2, d2), (d1, d2), (d1, r), (d2, r)))
    denominator = a * e - b * b
    safe = np.maximum(denominator, 1e-9)
    s = np.where(denominator > 1e-9, np.clip((b * f - c * e) / safe, 0, 1), 0.5)
    t = np.clip((b * s + f) / np.maximum(e, 1e-9), 0, 1)
    s = np.clip((b * t - c) / np.maximum(a, 1e-9), 0, 1)
    return s, t
