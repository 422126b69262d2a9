"""Body segments whose direction in space a detector's world landmarks tell."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from annotation.skeletons import Skeleton
from inference.fitting.points import ClipPoints, joint_columns

_HIPS, _SHOULDERS, _EARS = (("left_" + part, "right_" + part) for part in ("hip", "shoulder", "ear"))


@dataclass(frozen=True)
class Segment:
    """A line from the mean of some joints to the mean of others; `trust` scales the weight of its hint."""

    start: tuple[str, ...]
    end: tuple[str, ...]
    trust: float = 1.0


def _both_sides(start: str, end: str, trust: float = 1.0) -> tuple[Segment, ...]:
    return tuple(Segment((f"{side}_{start}",), (f"{side}_{end}",), trust) for side in ("left", "right"))


SEGMENTS = (
    Segment(_HIPS, _SHOULDERS),
    Segment(("right_hip",), ("left_hip",)),
    Segment(("right_shoulder",), ("left_shoulder",)),
    *_both_sides("hip", "knee"),
    *_both_sides("knee", "ankle"),
    *_both_sides("shoulder", "elbow"),
    *_both_sides("elbow", "wrist"),
    *_both_sides("heel", "big_toe", 0.7),
    *_both_sides("wrist", "index", 0.3),
    Segment(("right_ear",), ("left_ear",), 0.5),
    Segment(_EARS, ("nose",), 0.5),
)


@dataclass(frozen=True)
class SegmentTable:
    """The segments a skeleton has.

    Attributes
    ----------
    difference : (S, K) array
        ``difference @ points`` are the segment vectors.
    trust : (S,) array
    """

    difference: NDArray[np.float64]
    trust: NDArray[np.float64]


def segment_table(skeleton: Skeleton) -> SegmentTable:
    """Return the segments of which a skeleton has all joints."""
    rows, trust = [], []
    for segment in SEGMENTS:
        start, end = joint_columns(skeleton, segment.start), joint_columns(skeleton, segment.end)
        if start is None or end is None:
            continue
        row = np.zeros(len(skeleton))
        row[end] += 1 / len(end)
        row[start] -= 1 / len(start)
        rows.append(row)
        trust.append(segment.trust)
    return SegmentTable(np.array(rows).reshape(-1, len(skeleton)), np.array(trust))


def directions(points: ClipPoints, table: SegmentTable) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return unit directions (T, S, 3) of the segments in the world landmarks and their confidence (T, S).

    A segment without landmarks has confidence 0; a hidden one keeps some, since the detector knows how bodies are.
    """
    shape = (len(points), len(table.trust))
    if points.world is None:
        return np.zeros((*shape, 3)), np.zeros(shape)
    known = np.asarray(np.isfinite(points.world).all(-1))
    vectors = table.difference @ np.where(known[..., None], points.world, 0)
    length = np.linalg.norm(vectors, axis=-1)
    involved = table.difference != 0
    complete = ~(involved[None] & ~known[:, None]).any(-1) & (length > 1e-6)
    seen = np.where(involved[None], points.confidence[:, None], np.inf).min(-1)
    confidence = np.where(complete & points.valid[:, None], (0.3 + 0.7 * seen) * table.trust, 0.0)
    return vectors / np.maximum(length, 1e-6)[..., None], confidence
