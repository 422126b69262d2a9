"""The one value between files of other tools and a project: points of one climber, with where each comes from."""

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from annotation.formats.known_wall import KnownWall
from annotation.labels import Source, Visibility

NORMALISED = (1, 1)
"""The size of a picture in formats whose coordinates are shares of it."""

HALF_PIXEL = 0.5
"""What is added to positions that count from the middle of the first pixel; ours do from its corner."""


@dataclass(frozen=True)
class VideoHint:
    """What a file says about the video it belongs to.

    Attributes
    ----------
    name : str
        File name, or a stem of one; empty if unknown.
    size : (int, int) or None
        Width and height in pixels.
    n_frames : int or None
    fps : float or None
    """

    name: str = ""
    size: tuple[int, int] | None = None
    n_frames: int | None = None
    fps: float | None = None


@dataclass(frozen=True, eq=False)
class PoseTable:
    """Points of one climber in N frames.

    Attributes
    ----------
    track : str
        The climber's name.
    joints : tuple of str
        K names, as in the file.
    frames : (N,) int64 array
        Frames of the original video, 0-based, ascending.
    xy : (N, K, 2) float64 array
        Pixels, origin at the top-left corner of the top-left pixel; NaN where there is no position.
    visibility : (N, K) uint8 array
        `Visibility` values.
    source : (N, K) uint8 array
        `Source` values: LABELLED is a person's own statement (with ABSENT: "not there"), INTERPOLATED was put between,
        PREDICTED is a model's, MISSING says nothing.
    confidence : (N, K) float32 array
        In [0, 1]; 1 for what people stated.
    skeleton : str
        Key of the skeleton the joints are of, empty if it is none of ours.
    """

    track: str
    joints: tuple[str, ...]
    frames: NDArray[np.int64]
    xy: NDArray[np.float64]
    visibility: NDArray[np.uint8]
    source: NDArray[np.uint8]
    confidence: NDArray[np.float32]
    video: VideoHint = field(default_factory=VideoHint)
    skeleton: str = ""

    def __post_init__(self) -> None:
        shape = (len(self.frames), len(self.joints))
        for name in ("visibility", "source", "confidence"):
            if getattr(self, name).shape != shape:
                raise ValueError(f"{name} is {getattr(self, name).shape}, not {shape}")
        if self.xy.shape != (*shape, 2):
            raise ValueError(f"xy is {self.xy.shape}, not {(*shape, 2)}")

    def __len__(self) -> int:
        return len(self.frames)

    @property
    def known(self) -> NDArray[np.bool_]:
        """Where there is a position (N, K)."""
        return ~np.isnan(self.xy[..., 0])

    @classmethod
    def empty(
        cls,
        track: str,
        joints: tuple[str, ...],
        frames: NDArray[np.int64],
        *,
        video: VideoHint | None = None,
        skeleton: str = "",
    ) -> "PoseTable":
        """Return a table that says nothing yet; its arrays may be filled before it is handed on."""
        shape = (len(frames), len(joints))
        return cls(
            track,
            joints,
            np.asarray(frames, np.int64),
            np.full((*shape, 2), np.nan),
            np.full(shape, Visibility.ABSENT, np.uint8),
            np.full(shape, Source.MISSING, np.uint8),
            np.zeros(shape, np.float32),
            video or VideoHint(),
            skeleton,
        )

    def moved(self, xy: NDArray[np.float64]) -> "PoseTable":
        """Return the same statements at other positions (N, K, 2)."""
        return replace(self, xy=xy)

    def taken(self, rows: NDArray[np.intp]) -> "PoseTable":
        """Return the frames of some rows."""
        return replace(
            self,
            frames=self.frames[rows],
            xy=self.xy[rows],
            visibility=self.visibility[rows],
            source=self.source[rows],
            confidence=self.confidence[rows],
        )


@dataclass(frozen=True)
class ImportedPoses:
    """What a reader made of a file.

    Attributes
    ----------
    tables : tuple of PoseTable
        One for each climber of each video.
    notes : tuple of str
        What had no counterpart here, for people.
    walls : tuple of (str, str, KnownWall)
        Names of video and climber, and the wall they are on.
    """

    tables: tuple[PoseTable, ...]
    notes: tuple[str, ...] = ()
    walls: tuple[tuple[str, str, KnownWall], ...] = ()
