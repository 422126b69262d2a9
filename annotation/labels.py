"""Labels, tracks, runs, and `resolve`: sparse human labels over dense predictions."""

import itertools
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum, IntEnum

import numpy as np
from numpy.typing import NDArray

from annotation.skeletons import Skeleton, convert, load_skeleton

DEFAULT_STRIDE = 5


class Visibility(IntEnum):
    """What a person says about a joint; ABSENT is a statement too ("the joint is not there")."""

    ABSENT = 0
    OCCLUDED = 1
    VISIBLE = 2


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
class Label:
    """A human statement about one joint in one frame.

    Attributes
    ----------
    xy : (float, float) or None
        Pixels; origin at the top-left corner of the top-left pixel, x right, y down. None if ABSENT.
    visibility : Visibility
    """

    xy: tuple[float, float] | None
    visibility: Visibility = Visibility.VISIBLE

    def __post_init__(self) -> None:
        if (self.xy is None) != (self.visibility is Visibility.ABSENT):
            raise ValueError("A label has a position unless the joint is absent.")
        if self.xy is not None and not (math.isfinite(self.xy[0]) and math.isfinite(self.xy[1])):
            raise ValueError(f"A position must be finite, not {self.xy}.")


LabelKey = tuple[int, int]
"""Frame and joint index."""

ABSENT = Label(None, Visibility.ABSENT)


@dataclass(frozen=True)
class Span:
    """Frames ``start``..``end`` (inclusive) in which labels are interpolated however far apart they are."""

    start: int
    end: int


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
    """

    id: str
    clip_id: str
    name: str
    skeleton: str
    stride: int = DEFAULT_STRIDE
    labels: dict[LabelKey, Label] = field(default_factory=dict)
    spans: tuple[Span, ...] = ()
    active_runs: dict[RunKind, str] = field(default_factory=dict)

    def keyframes(self) -> list[int]:
        """Return the frames with at least one label, ascending."""
        return sorted({frame for frame, _ in self.labels})


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


def resolve(track: Track, predictions: Keypoints2D | None, *, n_frames: int) -> ResolvedTrack:
    """Lay the labels of a track over the predictions of one run.

    A label wins in its frame. Between two labels of a joint the position is interpolated linearly over frames
    where they are at most ``track.stride`` apart, where a span covers both, or where nothing was predicted.
    Between the labels visibility is that of the earlier one; from an absent label on the joint stays absent, and
    before one it stays where it was.
    """
    skeleton = load_skeleton(track.skeleton)
    shape = (n_frames, len(skeleton))
    xy = np.full((*shape, 2), np.nan, np.float32)
    confidence = np.zeros(shape, np.float32)
    if predictions is not None:
        predictions = predictions.converted(track.skeleton)
        n = min(n_frames, len(predictions.xy))
        xy[:n] = predictions.xy[:n]
        confidence[:n] = np.where(np.isnan(predictions.xy[:n]).any(-1), 0, predictions.confidence[:n])
    found = ~np.isnan(xy).any(-1)
    source = np.where(found, Source.PREDICTED, Source.MISSING).astype(np.uint8)
    visibility = np.where(found, Visibility.VISIBLE, Visibility.ABSENT).astype(np.uint8)
    result = ResolvedTrack(xy, confidence, source, visibility, skeleton)
    for joint, labels in _by_joint(track.labels, n_frames=n_frames).items():
        for (a, label_a), (b, label_b) in itertools.pairwise(labels):
            between = np.arange(a + 1, b)
            if b - a > track.stride and not any(s.start <= a and b <= s.end for s in track.spans):
                between = between[source[a + 1 : b, joint] == Source.MISSING]
            _interpolate(result, joint, between, (a, label_a), (b, label_b))
        for frame, label in labels:
            _write(result, joint, frame, label, Source.LABELLED)
    return result


def _by_joint(labels: Mapping[LabelKey, Label], *, n_frames: int) -> dict[int, list[tuple[int, Label]]]:
    joints: dict[int, list[tuple[int, Label]]] = {}
    for (frame, joint), label in sorted(labels.items(), key=lambda item: item[0]):
        if frame < n_frames:
            joints.setdefault(joint, []).append((frame, label))
    return joints


def _interpolate(
    result: ResolvedTrack,
    joint: int,
    frames: NDArray[np.intp],
    start: tuple[int, Label],
    end: tuple[int, Label],
) -> None:
    (a, label_a), (b, label_b) = start, end
    if label_a.xy is None or label_b.xy is None:
        for frame in frames:
            _write(result, joint, int(frame), label_a, Source.INTERPOLATED)
        return
    u = ((frames - a) / (b - a))[:, None]
    result.xy[frames, joint] = (1 - u) * np.array(label_a.xy) + u * np.array(label_b.xy)
    result.confidence[frames, joint] = 1
    result.source[frames, joint] = Source.INTERPOLATED
    result.visibility[frames, joint] = label_a.visibility


def _write(result: ResolvedTrack, joint: int, frame: int, label: Label, source: Source) -> None:
    result.xy[frame, joint] = np.nan if label.xy is None else label.xy
    result.confidence[frame, joint] = label.visibility is not Visibility.ABSENT
    result.source[frame, joint] = source
    result.visibility[frame, joint] = label.visibility


def frames_of(keys: Iterable[LabelKey]) -> tuple[int, ...]:
    """Return the distinct frames of label keys, ascending."""
    return tuple(sorted({frame for frame, _ in keys}))
