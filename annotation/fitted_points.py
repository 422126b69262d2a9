"""The points a body was fitted to, written beside its mesh: what differs from them later was not followed yet."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from annotation.arrays import read_arrays
from annotation.labels import ResolvedTrack
from annotation.live_track import points_digest

POINTS_FILE = "points.npz"


@dataclass(frozen=True)
class FittedPoints:
    """Points of a clip.

    Attributes
    ----------
    xy : (T, K, 2) float32 array
        Pixels, NaN where missing.
    confidence : (T, K) float32 array
    source : (T, K) uint8 array
        `annotation.labels.Source` values.
    """

    xy: NDArray[np.float32]
    confidence: NDArray[np.float32]
    source: NDArray[np.uint8]

    @classmethod
    def of(cls, resolved: ResolvedTrack) -> "FittedPoints":
        """Return a copy of the points of now."""
        return cls(resolved.xy.copy(), resolved.confidence.copy(), resolved.source.copy())

    def changed(self, resolved: ResolvedTrack) -> NDArray[np.intp]:
        """Return frame and joint (N, 2) of the points that are others now."""
        same = (self.xy == resolved.xy) | (np.isnan(self.xy) & np.isnan(resolved.xy))
        differs = ~same.all(axis=-1) | (self.confidence != resolved.confidence) | (self.source != resolved.source)
        return np.argwhere(differs)

    def take(self, resolved: ResolvedTrack, places: NDArray[np.intp]) -> None:
        """Take points over, at frame and joint (N, 2)."""
        frames, joints = places.T
        for mine, now in (
            (self.xy, resolved.xy),
            (self.confidence, resolved.confidence),
            (self.source, resolved.source),
        ):
            mine[frames, joints] = now[frames, joints]

    def without(self, places: NDArray[np.intp]) -> "FittedPoints":
        """Return them with some, at frame and joint (N, 2), that differ from whatever is there."""
        confidence = self.confidence.copy()
        frames, joints = places.T
        confidence[frames, joints] = -1.0
        return FittedPoints(self.xy, confidence, self.source)

    def digest(self) -> str:
        """Return a digest of them; that of a track they are the points of is the same."""
        return points_digest(self)

    def save(self, folder: Path) -> None:
        """Write them into the folder of a run."""
        np.savez_compressed(folder / POINTS_FILE, xy=self.xy, confidence=self.confidence, source=self.source)


def load_points(folder: Path, *, shape: tuple[int, ...]) -> FittedPoints | None:
    """Read the points of a run; None where it has none, or others than those of `shape` (T, K)."""
    try:
        data = read_arrays(folder / POINTS_FILE)
        points = FittedPoints(
            np.asarray(data["xy"], np.float32),
            np.asarray(data["confidence"], np.float32),
            np.asarray(data["source"], np.uint8),
        )
    except (OSError, ValueError, KeyError):
        return None
    fits = points.source.shape == points.confidence.shape == shape and points.xy.shape == (*shape, 2)
    return points if fits else None
