"""The 2D points of a clip as the fit sees them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from annotation.labels import ResolvedTrack, Source
from annotation.skeletons import Skeleton

MIN_POINTS = 4
"""Fewer points than this say too little about a body: the frame is bridged."""


@dataclass(frozen=True)
class ClipPoints:
    """What is known in 2D, and the detector's own guess in 3D.

    Attributes
    ----------
    skeleton : Skeleton
    xy : (T, K, 2) float64 array
        Pixels of the shown picture, NaN where missing.
    confidence : (T, K) float64 array
        In [0, 1]; 0 where missing.
    source : (T, K) uint8 array
        `Source` values.
    world : (T, K, 3) float64 array or None
        Metres, hip-centred, camera axes (x right, y down, z forward); NaN where missing.
    """

    skeleton: Skeleton
    xy: NDArray[np.float64]
    confidence: NDArray[np.float64]
    source: NDArray[np.uint8]
    world: NDArray[np.float64] | None = None

    @classmethod
    def of(cls, track: ResolvedTrack, *, world: NDArray[np.floating] | None = None) -> "ClipPoints":
        """Return the points of a resolved track, with a detector's world landmarks (T, K, 3) if there are any."""
        return cls.from_arrays(
            track.skeleton, xy=track.xy, confidence=track.confidence, source=track.source, world=world
        )

    @classmethod
    def from_arrays(
        cls,
        skeleton: Skeleton,
        *,
        xy: NDArray[np.floating],
        confidence: NDArray[np.floating],
        source: NDArray[np.uint8],
        world: NDArray[np.floating] | None = None,
    ) -> "ClipPoints":
        """Return points with missing ones weighing nothing and a world that holds a number somewhere or is None."""
        weight = np.where(np.isfinite(xy).all(-1), np.nan_to_num(confidence), 0.0).clip(0, 1)
        known_world = None
        if world is not None and np.isfinite(world).any():
            known_world = np.asarray(world, np.float64)
        return cls(skeleton, np.asarray(xy, np.float64), weight, np.asarray(source, np.uint8), known_world)

    def __len__(self) -> int:
        return len(self.xy)

    @property
    def found(self) -> NDArray[np.bool_]:
        """Which points are there (T, K)."""
        return np.isfinite(self.xy).all(-1) & (self.confidence > 0)

    @property
    def stated(self) -> NDArray[np.bool_]:
        """Which points a person stands behind (T, K): labelled or interpolated between labels."""
        return self.found & (self.source >= Source.INTERPOLATED)

    @property
    def valid(self) -> NDArray[np.bool_]:
        """Which frames have enough points to fit a body to (T,)."""
        return np.asarray(self.found.sum(axis=1) >= MIN_POINTS)

    def at(self, index: NDArray[np.intp]) -> "ClipPoints":
        """Return the points of some of the frames."""
        world = None if self.world is None else self.world[index]
        return ClipPoints(self.skeleton, self.xy[index], self.confidence[index], self.source[index], world)

    def mean_of(self, joints: tuple[str, ...], values: NDArray[np.float64]) -> NDArray[np.float64] | None:
        """Return the mean (T, D) of per-joint values (T, K, D) over named joints; None if the skeleton lacks one."""
        columns = joint_columns(self.skeleton, joints)
        return None if columns is None else np.asarray(values[:, columns].mean(axis=1))


def joint_columns(skeleton: Skeleton, joints: tuple[str, ...]) -> list[int] | None:
    """Return the columns of named joints; None if the skeleton lacks one of them."""
    columns = [skeleton.find(joint) for joint in joints]
    return None if None in columns else [column for column in columns if column is not None]


def torso_px(points: ClipPoints) -> float:
    """Return the length of the unforeshortened torso in pixels, the unit of 2D errors.

    The upper quartile over the clip from mid-shoulder to mid-hip; without those, 0.3 of the box of all points.
    """
    shoulders = points.mean_of(("left_shoulder", "right_shoulder"), points.xy)
    hips = points.mean_of(("left_hip", "right_hip"), points.xy)
    if shoulders is not None and hips is not None:
        length = np.linalg.norm(shoulders - hips, axis=-1)
        if np.isfinite(length).any():
            return max(float(np.nanpercentile(length, 75)), 1.0)
    sides = box_sides(points.xy, points.found)
    return max(0.3 * float(np.median(sides[points.valid])), 1.0) if points.valid.any() else 1.0


def box_sides(xy: NDArray[np.float64], chosen: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return the larger side (T,) of the box round the chosen points, pixels; 0 where there are none."""
    low = np.where(chosen[..., None], xy, np.inf).min(axis=1)
    high = np.where(chosen[..., None], xy, -np.inf).max(axis=1)
    return np.asarray(np.where(chosen.any(axis=1), (high - low).max(axis=1), 0.0))
