"""Labels, spans and runs of a track, and what they amount to."""

from collections.abc import Iterable, MutableMapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import Enum, IntEnum

import numpy as np
from numpy.typing import NDArray

from annotation.interpolation import Interpolation
from annotation.known_facts import Facts
from annotation.label import ABSENT, Label, LabelKey, Visibility
from annotation.label_patch import LabelPatch
from annotation.label_table import LabelTable
from annotation.skeletons import Skeleton, convert, load_skeleton

__all__ = [
    "ABSENT",
    "DEFAULT_STRIDE",
    "Doubt",
    "Event",
    "Interpolation",
    "Keypoints2D",
    "Label",
    "LabelKey",
    "LabelPatch",
    "LabelTable",
    "ResolvedTrack",
    "Run",
    "RunKind",
    "Source",
    "Span",
    "Track",
    "Visibility",
    "frames_of",
]

DEFAULT_STRIDE = 5


class Source(IntEnum):
    """Where a resolved point comes from; the order is the precedence."""

    MISSING = 0
    PREDICTED = 1
    INTERPOLATED = 2
    LABELLED = 3


class RunKind(Enum):
    """What a run holds."""

    KEYPOINTS = "keypoints"
    BODY = "body"


@dataclass(frozen=True)
class Span:
    """Frames ``start``..``end`` (inclusive) in which labels are interpolated however far apart they are."""

    start: int
    end: int
    interpolation: Interpolation = Interpolation.LINEAR


@dataclass(frozen=True)
class Event:
    """Words about a moment (``end`` is None) or about a stretch of frames, ``end`` inclusive."""

    frame: int
    end: int | None
    text: str

    @property
    def last(self) -> int:
        """The last frame it is about."""
        return self.frame if self.end is None else self.end

    def covers(self, frame: int) -> bool:
        """Return whether it is about a frame."""
        return self.frame <= frame <= self.last


Doubt = tuple[str, int, int]
"""Kind, frame and joint (-1: the whole pose) of a doubt."""


@dataclass(frozen=True)
class Run:
    """One finished execution of a model over a clip; its arrays lie in ``runs/<id>/`` and are never rewritten."""

    id: str
    clip_id: str
    kind: RunKind
    task: str
    model: str
    created: datetime
    skeleton: str


@dataclass(frozen=True)
class Keypoints2D:
    """A model's 2D statement.

    Attributes
    ----------
    xy : (T, K, 2) float32 array
        Pixels, NaN where nothing was found.
    confidence : (T, K) float32 array
        In [0, 1].
    skeleton : str
    world : (T, K, 3) float32 array or None
        The detector's own 3D guess: metres, hip-centred, camera axes (x right, y down, z forward).
    """

    xy: NDArray[np.float32]
    confidence: NDArray[np.float32]
    skeleton: str
    world: NDArray[np.float32] | None = None

    def converted(self, target: str) -> "Keypoints2D":
        """Return the same statement in another skeleton, by joint name."""
        if target == self.skeleton:
            return self
        a, b = load_skeleton(self.skeleton), load_skeleton(target)
        world = None if self.world is None else convert(self.world, a, b).astype(np.float32)
        return Keypoints2D(
            convert(self.xy, a, b).astype(np.float32),
            convert(self.confidence[..., None], a, b, fill=0.0)[..., 0].astype(np.float32),
            target,
            world,
        )


@dataclass
class Track:
    """One climber through one clip: sparse labels and the runs in use. Holds no predictions.

    Changed only by edits (`annotation.edits`).

    Attributes
    ----------
    stride : int
        How far apart keyframes are meant to be; labels no farther apart are interpolated.
    labels : mapping of (frame, joint) to Label
        Always a `LabelTable`; `table` says so to the type checker.
    interpolation : Interpolation
        Where labels are interpolated and no span says otherwise.
    reviewed : set of int
        Frames a person has looked through.
    events : tuple of Event
    dismissed : set of Doubt
        Doubts a person put aside.
    color : str or None
        As ``"#rrggbb"``; None: what suits its place in the list.
    locked : bool
        Whether edits of its points are refused.
    hidden : bool
        Whether it is left out of the picture.
    facts : Facts
        What a person knows of the climb besides its points: size, wall, contacts, depths.
    """

    id: str
    clip_id: str
    name: str
    skeleton: str
    stride: int = DEFAULT_STRIDE
    labels: MutableMapping[LabelKey, Label] = field(default_factory=dict)
    spans: tuple[Span, ...] = ()
    active_runs: dict[RunKind, str] = field(default_factory=dict)
    interpolation: Interpolation = Interpolation.LINEAR
    reviewed: set[int] = field(default_factory=set)
    events: tuple[Event, ...] = ()
    dismissed: set[Doubt] = field(default_factory=set)
    color: str | None = None
    locked: bool = False
    hidden: bool = False
    facts: Facts = field(default_factory=Facts)

    def __post_init__(self) -> None:
        if not isinstance(self.labels, LabelTable):
            self.labels = LabelTable(len(load_skeleton(self.skeleton)), self.labels)

    @property
    def table(self) -> LabelTable:
        """The labels, for those who need many at once."""
        assert isinstance(self.labels, LabelTable)
        return self.labels

    def keyframes(self) -> list[int]:
        """Return the frames with at least one label, ascending."""
        return [int(frame) for frame in self.table.keyframes()]

    def copied(self) -> "Track":
        """Return a track that holds the same, for a thread to read or an edit to change."""
        return replace(
            self,
            labels=self.table.copy(),
            active_runs=dict(self.active_runs),
            reviewed=set(self.reviewed),
            dismissed=set(self.dismissed),
        )


@dataclass(frozen=True)
class ResolvedTrack:
    """What we show, export, fit and train on.

    Attributes
    ----------
    xy : (T, K, 2) float32 array
        Pixels, NaN where the joint is missing or absent.
    confidence : (T, K) float32 array
        1 for labelled and interpolated points, the model's for predicted ones, 0 where missing.
    source : (T, K) uint8 array
        `Source` values.
    visibility : (T, K) uint8 array
        `Visibility` values; predicted points count as VISIBLE.
    skeleton : Skeleton
    """

    xy: NDArray[np.float32]
    confidence: NDArray[np.float32]
    source: NDArray[np.uint8]
    visibility: NDArray[np.uint8]
    skeleton: Skeleton

    def __len__(self) -> int:
        return len(self.xy)

    def copied(self) -> "ResolvedTrack":
        """Return the points as they are now, in arrays of their own."""
        return ResolvedTrack(
            self.xy.copy(), self.confidence.copy(), self.source.copy(), self.visibility.copy(), self.skeleton
        )


def frames_of(keys: Iterable[LabelKey]) -> tuple[int, ...]:
    """Return the distinct frames of label keys, ascending."""
    if isinstance(keys, LabelPatch):
        return tuple(np.unique(keys.frames).tolist())
    return tuple(sorted({frame for frame, _ in keys}))
