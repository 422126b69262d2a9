"""What a timeline shows: arrays over the frames of a clip, and lists of frames."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum, IntEnum, auto

import numpy as np
from numpy.typing import NDArray

from annotation.doubt import DoubtKind
from annotation.labels import DEFAULT_STRIDE, Event, Source


class MarkKind(Enum):
    """What a lane of marks says: a doubt to look at, or a state such as a hand on a hold."""

    DOUBT = "doubt"
    STATE = "state"


@dataclass(frozen=True)
class Marks:
    """The marked frames (M,) of a lane, ascending."""

    frames: NDArray[np.intp]
    kind: MarkKind = MarkKind.DOUBT


@dataclass(frozen=True)
class Measure:
    """A value of each frame (T,), NaN where it is not known.

    Attributes
    ----------
    limit : float
        Above it a frame deserves a look.
    unit : str
        With the space before it.
    scale : float
        What values are multiplied by for people.
    """

    values: NDArray[np.float32]
    limit: float
    unit: str = ""
    scale: float = 1.0

    def words(self, frame: int) -> str:
        """Return the value of a frame for people; empty where it is not known."""
        if frame >= len(self.values) or not np.isfinite(self.values[frame]):
            return ""
        return f"{self.scale * float(self.values[frame]):.0f}{self.unit}"


def no_frames() -> NDArray[np.intp]:
    """Return no frames at all."""
    return np.empty(0, np.intp)


class Fill(IntEnum):
    """What fills a frame of a lane; where several frames share a pixel, the highest is seen."""

    NOTHING = 0
    LABELLED = auto()
    PREDICTED = auto()
    LINEAR = auto()
    CUBIC = auto()
    PREDICTION = auto()
    HOLD = auto()


GAPS = (Fill.LINEAR, Fill.CUBIC, Fill.PREDICTION, Fill.HOLD)
"""The kinds of interpolation, as `Lane.fill` names them."""
FILL_NAMES = {
    Fill.LABELLED: "labelled",
    Fill.PREDICTED: "predicted",
    Fill.LINEAR: "interpolated",
    Fill.CUBIC: "interpolated, cubic",
    Fill.PREDICTION: "interpolated along the prediction",
    Fill.HOLD: "held",
}
_OF_SOURCE = np.array([Fill.NOTHING, Fill.PREDICTED, Fill.LINEAR, Fill.LABELLED], np.uint8)


def fill_of(sources: NDArray[np.uint8], kinds: NDArray[np.uint8] | None = None) -> NDArray[np.uint8]:
    """Return the `Fill` (T,) of frames.

    Parameters
    ----------
    sources : (T,) uint8 array
        The highest `Source` of each frame.
    kinds : (T,) uint8 array or None
        Index into `GAPS` of what is interpolated; linear without.
    """
    result = _OF_SOURCE[sources]
    if kinds is not None:
        result += np.where(sources == Source.INTERPOLATED, kinds, 0).astype(np.uint8)
    return result


@dataclass(frozen=True)
class Lane:
    """The keyframes of some joints, and what lies between them.

    Attributes
    ----------
    name : str
        For people; "left ..." and "right ..." take the colour of their side.
    keyframes : (M,) int array
        Frames with a label, ascending.
    complete : (M,) bool array or None
        Whether every joint is labelled there; so it is taken to be without.
    fill : (T,) uint8 array or None
        `Fill` values.
    """

    name: str
    keyframes: NDArray[np.intp] = field(default_factory=no_frames)
    complete: NDArray[np.bool_] | None = None
    fill: NDArray[np.uint8] | None = None


@dataclass(frozen=True)
class Doubts:
    """Suspicious frames.

    Attributes
    ----------
    frames : (M,) int array
        Ascending; a frame may come several times.
    kinds : (M,) uint8 array
        Index into `names`.
    names : tuple of str
        The reasons, for people.
    """

    frames: NDArray[np.intp] = field(default_factory=no_frames)
    kinds: NDArray[np.uint8] = field(default_factory=lambda: np.empty(0, np.uint8))
    names: tuple[str, ...] = ()

    def at(self, frame: int) -> list[str]:
        """Return the reasons to doubt a frame."""
        low, high = np.searchsorted(self.frames, (frame, frame + 1))
        return [self.names[kind] for kind in np.unique(self.kinds[low:high]).tolist()]


def doubts_of(frames: Sequence[int] | NDArray[np.intp], kinds: Sequence[str]) -> Doubts:
    """Return doubts from frames in any order and the reason of each; a reason has the same number at any time."""
    known = [kind.value for kind in DoubtKind]
    names = [*known, *sorted(set(kinds) - set(known))]
    number = {name: index for index, name in enumerate(names)}
    order = np.argsort(np.asarray(frames, dtype=np.intp), kind="stable")
    numbers = np.array([number[kind] for kind in kinds], np.uint8)
    return Doubts(np.asarray(frames, dtype=np.intp)[order], numbers[order], tuple(names))


@dataclass(frozen=True)
class KeyframeMove:
    """A wish to move or copy keyframes in time.

    Attributes
    ----------
    frames : tuple of int
        The keyframes, ascending.
    offset : int
        How many frames later (> 0) or earlier.
    lane : int
        Which joint group, by its place among the lanes; -1 for all joints.
    copy : bool
    """

    frames: tuple[int, ...]
    offset: int
    lane: int = -1
    copy: bool = False


@dataclass
class LaneData:
    """What the timeline shows; frames are 0-based.

    Attributes
    ----------
    summary : Lane
        All joints together.
    groups : tuple of Lane
        One per joint group, shown when `expanded`.
    confidence : (T,) float32 array or None
    difference : (T,) float32 array or None
        By how many pixels smoothing moved the joints, NaN where nothing is known.
    reviewed : (T,) bool array or None
    suggestions : (M,) int array
        Frames worth a keyframe, ascending.
    marks : dict
        Name of a lane -> its frames.
    measures : dict
        Name of a lane -> its values.
    events : tuple of Event
        By their first frame.
    naming : bool
        Whether an event is being named, so that their lane has to be there.
    """

    n_frames: int = 0
    fps: float = 25.0
    times_s: NDArray[np.float64] | None = None
    stride: int = DEFAULT_STRIDE
    summary: Lane = field(default_factory=lambda: Lane("keyframes"))
    groups: tuple[Lane, ...] = ()
    expanded: bool = False
    confidence: NDArray[np.float32] | None = None
    difference: NDArray[np.float32] | None = None
    reviewed: NDArray[np.bool_] | None = None
    range: tuple[int, int] | None = None
    doubts: Doubts = field(default_factory=Doubts)
    suggestions: NDArray[np.intp] = field(default_factory=no_frames)
    marks: dict[str, Marks] = field(default_factory=dict)
    measures: dict[str, Measure] = field(default_factory=dict)
    events: tuple[Event, ...] = ()
    naming: bool = False

    @property
    def has_events(self) -> bool:
        """Whether there is a lane of events."""
        return bool(self.events) or self.naming

    @property
    def shown_groups(self) -> tuple[Lane, ...]:
        """The joint groups that have a lane now."""
        return self.groups if self.expanded else ()

    def lane(self, index: int) -> Lane:
        """Return the lane of a joint group, or that of all joints for -1."""
        return self.summary if index < 0 else self.groups[index]

    def time_s(self, frame: int) -> float:
        """Return the seconds of a frame since the first."""
        if self.times_s is not None and frame < len(self.times_s):
            return float(self.times_s[frame])
        return frame / self.fps


def clock(seconds: float) -> str:
    """Return a time as minutes, seconds and milliseconds."""
    milliseconds = round(seconds * 1000)
    minutes, rest = divmod(milliseconds, 60_000)
    return f"{minutes:02d}:{rest // 1000:02d}.{rest % 1000:03d}"


def words_at(data: LaneData, frame: int) -> list[str]:
    """Return what is known about a frame: number, time, confidence, source, doubts, marks."""
    words = [f"frame {frame}", clock(data.time_s(frame))]
    if data.confidence is not None and frame < len(data.confidence) and np.isfinite(data.confidence[frame]):
        words.append(f"confidence {data.confidence[frame]:.2f}")
    fill = data.summary.fill
    if fill is not None and frame < len(fill) and fill[frame]:
        words.append(FILL_NAMES[Fill(int(fill[frame]))])
    if data.difference is not None and frame < len(data.difference) and np.isfinite(data.difference[frame]):
        words.append(f"smoothing moved joints by {data.difference[frame]:.1f} px")
    if frame in data.suggestions:
        words.append("a keyframe would help here")
    if data.reviewed is not None and frame < len(data.reviewed) and data.reviewed[frame]:
        words.append("reviewed")
    words += [f"{name} {said}" for name, measure in data.measures.items() if (said := measure.words(frame))]
    words += [event.text for event in data.events if event.covers(frame)]
    return [*words, *data.doubts.at(frame), *(name for name, marks in data.marks.items() if frame in marks.frames)]
