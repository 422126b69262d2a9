"""How much work a clip is: an ideal annotator, who knows the truth, is played against it and every edit is counted.

What counts: a *drag* is one joint placed or moved, a *key* is one command for a whole frame (accepting its pose).
``edits = drags + keys``. Going to a frame is not counted as an edit; the frames gone to are told apart. At every point
the annotator makes the correction that puts most points right, until the asked share of all points in all frames lies
within ``threshold`` of the truth.
"""

import heapq
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from annotation import carrying
from annotation.adaptive import choose_keyframes
from annotation.label import LabelKey
from annotation.metrics import torso_length
from annotation.skeletons import Skeleton
from annotation.smoothing import smoothed

Floats = NDArray[np.float64]
Indices = NDArray[np.intp]
NOWHERE = -1

_MOST_POINTS = 12_000
"""Of long gaps not every frame is tried, but evenly spread ones: frames of the gap times frames tried."""

_KEYFRAME_TOLERANCE = 0.5
"""Keyframes of the adaptive stride keep interpolation within this share of the threshold of the prediction."""


class Way(Enum):
    """How the annotator works."""

    MANUAL = "manual every 5"
    """Places all joints in every 5th frame; straight lines between."""
    CORRECTED = "predictions corrected"
    """Moves wrong joints in every 5th frame; straight lines between corrections at most 5 frames apart."""
    ADAPTIVE = "adaptive stride"
    """Moves wrong joints in the suggested keyframes and accepts these; straight lines between."""
    FOLLOWED = "follow the prediction"
    """Moves wrong joints anywhere; between corrections of a joint the prediction is bent to pass through them."""
    CARRIED = "corrections carried"
    """Moves wrong joints anywhere; a correction moves the predictions beside it too, fading with distance."""


@dataclass(frozen=True)
class Case:
    """A clip whose truth is known.

    Attributes
    ----------
    name : str
    skeleton : Skeleton
    predicted : (T, K, 2) array
        Pixels, NaN where nothing was found.
    truth : (T, K, 2) array
        Pixels, NaN where unknown.
    fps : float
    """

    name: str
    skeleton: Skeleton
    predicted: Floats
    truth: Floats
    fps: float

    @property
    def torso_px(self) -> Floats:
        """Length of the true torso (T,)."""
        return torso_length(self.truth, self.skeleton)

    def smoothed(self) -> "Case":
        """Return the case with the predictions of each joint smoothed as much as their noise asks for.

        A Gaussian over frames; its width is the one with which each point is best foretold by its neighbours
        (leave-one-out cross-validation), so a detector that is calm is left alone and no truth is needed.
        """
        return replace(self, predicted=smoothed(self.predicted))


@dataclass(frozen=True)
class Effort:
    """What a way of working costs.

    Attributes
    ----------
    drags, keys : int
        Joints placed or moved; poses accepted.
    frames : int
        Frames with at least one of them.
    pck : float
        Share of correct points at the end; less than asked if nothing could raise it further.
    labels : dict of (frame, joint) to (x, y)
        What is labelled at the end, pixels.
    """

    way: Way
    threshold: float
    drags: int
    keys: int
    frames: int
    pck: float
    reached: bool
    labels: dict[LabelKey, tuple[float, float]] = field(repr=False, default_factory=dict)

    @property
    def edits(self) -> int:
        """Drags and keys."""
        return self.drags + self.keys


def measure(
    case: Case, way: Way, *, threshold: float, target: float = 0.99, stride: int = 5, at_most: int | None = None
) -> Effort:
    """Play the annotator until the share `target` of all points is within `threshold` torsos of the truth.

    With `at_most`, the annotator gives up after so many drags.
    """
    annotator = _Annotator(case, way, threshold=threshold, target=target, stride=stride, at_most=at_most)
    frames = len(case.truth)
    if way is Way.MANUAL:
        annotator.place_all([*range(0, frames - 1, stride), frames - 1])
    elif way is Way.ADAPTIVE:
        tolerance = _KEYFRAME_TOLERANCE * threshold * float(np.nanmedian(case.torso_px))
        annotator.work_through(choose_keyframes(case.predicted, tolerance_px=tolerance))
    elif way is Way.CORRECTED:
        annotator.correct(grid=stride)
    annotator.correct()
    return annotator.result()


class _Annotator:
    """Keeps what is labelled, joint by joint as sorted frames, and how many points are right because of it."""

    def __init__(
        self, case: Case, way: Way, *, threshold: float, target: float, stride: int, at_most: int | None
    ) -> None:
        self._at_most = at_most
        self._way, self._threshold, self._stride = way, threshold, stride
        self._limit = threshold * case.torso_px
        self._predicted = np.ascontiguousarray(case.predicted.swapaxes(0, 1), np.float64)
        self._truth = np.ascontiguousarray(case.truth.swapaxes(0, 1), np.float64)
        if way is Way.MANUAL:
            self._predicted = np.full_like(self._predicted, np.nan)
        self._value = self._truth.copy()
        self._scored = np.isfinite(self._truth).all(-1) & (self._limit > 0)
        if way is Way.CARRIED:
            self._jumps = np.ascontiguousarray(carrying.cuts(case.predicted.astype(np.float32)).T)
        n_joints, self._n = self._truth.shape[:2]
        self._labels: list[list[int]] = [[] for _ in range(n_joints)]
        self._right = [self._count(joint, NOWHERE, b=self._n) for joint in range(n_joints)]
        self._target = target * self._scored.sum()
        self._gaps: list[tuple[int, int, int, int, int]] = []
        self._drags = self._keys = 0
        self._frames: set[int] = set()

    # --- what the annotator does -------------------------------------------------------------------------------

    @property
    def _reached(self) -> bool:
        return bool(sum(self._right) >= self._target)

    @property
    def _done(self) -> bool:
        return self._reached or (self._at_most is not None and self._drags >= self._at_most)

    def place_all(self, frames: Iterable[int]) -> None:
        """Place every joint in some frames."""
        for frame in frames:
            for joint in np.flatnonzero(self._scored[:, frame]).tolist():
                if self._done:
                    return
                self._drag(joint, frame)

    def work_through(self, frames: Iterable[int]) -> None:
        """Move the wrong joints of some frames and accept the rest of each pose with a key."""
        for frame in frames:
            if self._done:
                return
            for joint in np.flatnonzero(self._scored[:, frame]).tolist():
                off = np.linalg.norm(self._predicted[joint, frame] - self._truth[joint, frame])
                if off < self._limit[frame]:
                    self._value[joint, frame] = self._predicted[joint, frame]
                    self._label(joint, frame)
                else:
                    self._drag(joint, frame)
            self._keys += 1
            self._frames.add(frame)

    def correct(self, *, grid: int = 1) -> None:
        """Make the correction that helps most, again and again; only in every `grid`-th frame."""
        self._gaps = []
        for joint, labels in enumerate(self._labels):
            for a, b in zip([NOWHERE, *labels], [*labels, self._n], strict=True):
                self._offer(joint, a, b=b, grid=grid)
        while self._gaps and not self._done:
            _, joint, a, b, frame = heapq.heappop(self._gaps)
            self._drag(joint, frame)
            self._offer(joint, a, b=frame, grid=grid)
            self._offer(joint, frame, b=b, grid=grid)

    def result(self) -> Effort:
        """Return what it took."""
        share = sum(self._right) / max(self._scored.sum(), 1)
        return Effort(
            self._way,
            self._threshold,
            self._drags,
            self._keys,
            len(self._frames),
            float(share),
            self._reached,
            {
                (frame, joint): (float(self._value[joint, frame, 0]), float(self._value[joint, frame, 1]))
                for joint, frames in enumerate(self._labels)
                for frame in frames
            },
        )

    # --- what it amounts to ------------------------------------------------------------------------------------

    def _drag(self, joint: int, frame: int) -> None:
        self._drags += 1
        self._frames.add(frame)
        self._value[joint, frame] = self._truth[joint, frame]
        self._label(joint, frame)

    def _label(self, joint: int, frame: int) -> None:
        labels = self._labels[joint]
        place = int(np.searchsorted(labels, frame))
        a = labels[place - 1] if place else NOWHERE
        b = labels[place] if place < len(labels) else self._n
        labels.insert(place, frame)
        self._right[joint] += (
            1 + self._count(joint, a, b=frame) + self._count(joint, frame, b=b) - self._count(joint, a, b=b)
        )

    def _offer(self, joint: int, a: int, *, b: int, grid: int) -> None:
        """Put the best label between two labels into the queue, if one puts anything right."""
        frames = np.arange(a + 1, b)
        if not len(frames):
            return
        right = self._is_right(joint, np.full(len(frames), a), b=np.full(len(frames), b), frames=frames)
        tried = frames[~right & self._scored[joint, frames] & (frames % grid == 0)]
        if not len(tried):
            return
        most = int(np.clip(_MOST_POINTS / len(frames), 8, len(tried)))
        tried = tried[np.linspace(0, len(tried) - 1, min(len(tried), most)).astype(int)]
        across = np.broadcast_to(frames, (len(tried), len(frames)))
        label = tried[:, None]
        earlier = across < label
        then = self._is_right(joint, np.where(earlier, a, label), b=np.where(earlier, label, b), frames=across)
        then |= (across == label) & self._scored[joint, frames]
        gain = then.sum(axis=1) - right.sum()
        best = int(gain.argmax())
        heapq.heappush(self._gaps, (-int(gain[best]), joint, a, b, int(tried[best])))

    def _count(self, joint: int, a: int, *, b: int) -> int:
        """Return how many points between two labels are right."""
        frames = np.arange(a + 1, b)
        return int(self._is_right(joint, np.full(len(frames), a), b=np.full(len(frames), b), frames=frames).sum())

    def _is_right(self, joint: int, a: Indices, *, b: Indices, frames: Indices) -> NDArray[np.bool_]:
        """Tell which points are within the threshold, each between a label at `a` and one at `b`."""
        off = self._between(joint, a, b=b, frames=frames) - self._truth[joint, frames]
        close = np.hypot(off[..., 0], off[..., 1]) < self._limit[frames]
        return np.asarray(close & self._scored[joint, frames])

    def _between(self, joint: int, a: Indices, *, b: Indices, frames: Indices) -> Floats:
        """Return where a joint is in frames between labels at `a` and `b`, the way the annotator works."""
        value, predicted = self._value[joint], self._predicted[joint]
        at_a, at_b = np.maximum(a, 0), np.minimum(b, self._n - 1)
        inside = (a != NOWHERE) & (b != self._n)
        share = ((frames - a) / np.maximum(b - a, 1))[..., None]
        guess = predicted[frames]
        match self._way:
            case Way.CARRIED:
                before, after = self._distance(joint, at_a, frames=frames), self._distance(joint, at_b, frames=frames)
                w_a, w_b = carrying.weights(
                    np.where(a == NOWHERE, np.inf, before), np.where(b == self._n, np.inf, after)
                )
                off_a, off_b = value[at_a] - predicted[at_a], value[at_b] - predicted[at_b]
                carried: Floats = guess + w_a[..., None] * np.nan_to_num(off_a) + w_b[..., None] * np.nan_to_num(off_b)
                return carried
            case Way.FOLLOWED:
                off_a, off_b = value[at_a] - predicted[at_a], value[at_b] - predicted[at_b]
                bent = guess + (1 - share) * np.nan_to_num(off_a) + share * np.nan_to_num(off_b)
                return np.asarray(np.where(inside[..., None], bent, guess))
            case Way.CORRECTED:
                inside = inside & (b - a <= self._stride)
        straight = (1 - share) * value[at_a] + share * value[at_b]
        return np.asarray(np.where(inside[..., None], straight, guess))

    def _distance(self, joint: int, label: Indices, *, frames: Indices) -> NDArray[np.floating]:
        jumps = self._jumps[joint]
        return carrying.distance(frames - label, jumps[frames] - jumps[label], stride=self._stride)
