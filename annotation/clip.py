"""Clips: one video file, its timing and size."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Timeline:
    """The presentation timestamp of every shown frame, scanned once.

    Attributes
    ----------
    pts : (T,) int64 array
        Timestamps in units of `time_base`, strictly ascending; frame N is the N-th shown frame.
    time_base : (int, int)
        Seconds per unit as numerator and denominator.
    keyframe_pts : (M,) int64 array
        Timestamps at which decoding can start (the codec's key frames).
    """

    pts: NDArray[np.int64]
    time_base: tuple[int, int]
    keyframe_pts: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.pts)

    @property
    def times_s(self) -> NDArray[np.float64]:
        """Seconds of every frame since the first (T,)."""
        numerator, denominator = self.time_base
        times: NDArray[np.float64] = (self.pts - self.pts[0]) * (numerator / denominator)
        return times

    @property
    def duration_s(self) -> float:
        """Seconds from the first frame to the last."""
        numerator, denominator = self.time_base
        return float(self.pts[-1] - self.pts[0]) * (numerator / denominator)

    @property
    def fps(self) -> float:
        """Mean frames per second; 25 for a single frame, which has no rate."""
        return (len(self) - 1) / self.duration_s if self.duration_s > 0 else 25.0

    @property
    def variable(self) -> bool:
        """Whether the frame rate varies: steps between frames differ by more than a tenth (and a rounded tick)."""
        steps = np.diff(self.pts)
        return bool(len(steps) > 1 and np.ptp(steps) > max(2.0, 0.1 * float(np.median(steps))))

    def frame_at(self, time_s: float) -> int:
        """Return the frame on screen at a time in seconds since the first frame."""
        return int(np.clip(np.searchsorted(self.times_s, time_s + 1e-9, side="right") - 1, 0, len(self) - 1))


@dataclass(frozen=True)
class Fingerprint:
    """Tells whether a file is the same video: size in bytes and a digest of its first and last mebibyte."""

    n_bytes: int
    digest: str


@dataclass(frozen=True)
class Clip:
    """One video file.

    Attributes
    ----------
    size : (int, int)
        Width and height in pixels as shown, rotation applied.
    rotation : int
        Degrees counter-clockwise the stored picture is turned to be shown: 0, 90, 180 or 270.
    film_mm : float or None
        The focal length that the file tells, as on 35 mm film; 0 where it tells none, None where nobody looked yet.
    """

    id: str
    path: Path
    fingerprint: Fingerprint
    timeline: Timeline
    size: tuple[int, int]
    rotation: int
    codec: str
    film_mm: float | None = field(default=None, compare=False)

    @property
    def n_frames(self) -> int:
        """Number of shown frames."""
        return len(self.timeline)
