"""How doubtful every point of a clip is: one array per kind of doubt, 1 where it begins to be worth a look.

Lengths are measured in the person's torso, times in seconds, so that the same limits hold for every size and rate.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from annotation.courtesy import by_turns
from annotation.skeletons import Skeleton, mirrored_name

Floats = NDArray[np.float32]
Flags = NDArray[np.bool_]

LEAST_CONFIDENCE = 0.35
"""A predicted point below this is doubted."""

NOISE_TORSO = 0.15
"""So far a detector may step beside the motion without being doubted."""

ACCELERATION_TORSO = 60.0
"""What a climber's hand reaches in torso lengths per square second; about 30 m/s²."""

NOISE_SIGMAS = 10.0
"""A clip with a restless detector is not all doubt: what is usual for a joint, times this, may pass."""

LIMB_RATIO = 1.35
LIMB_TORSO = 0.15
"""A bone may be longer than it usually is by this ratio, and by this many torso lengths for the short ones."""

APART_TORSO = 0.2
"""Interpolation and prediction, or a label and a newer run, may differ by this."""

_UNIT_BLOCK_S = 1.0

_AT_ONCE = 100_000
"""So many points are looked at together: more would only take more memory."""


@dataclass(frozen=True)
class Points:
    """The points of a clip, as doubt looks at them.

    Attributes
    ----------
    skeleton : Skeleton
    xy : (T, K, 2) float32 array
        Pixels, NaN where missing.
    confidence : (T, K) float32 array
    labelled, interpolated : (T, K) bool arrays
        What people stated, and what was put between.
    times_s : (T,) float64 array
        When each frame is shown.
    size_px : (int, int)
        Width and height of the picture.
    torso_px : (T,) float32 array
        How long the torso is round each frame; see `torso_near`.
    """

    skeleton: Skeleton
    xy: Floats
    confidence: Floats
    labelled: Flags
    interpolated: Flags
    times_s: NDArray[np.float64]
    size_px: tuple[int, int]
    torso_px: Floats

    def of(self, joints: NDArray[np.intp]) -> "Points":
        """Return the same of some joints (J,) only; what is said about K then holds for J."""
        return replace(
            self,
            xy=self.xy[:, joints],
            confidence=self.confidence[:, joints],
            labelled=self.labelled[:, joints],
            interpolated=self.interpolated[:, joints],
        )

    @cached_property
    def step_s(self) -> Floats:
        """Seconds from each frame to the next (T - 1,)."""
        steps = np.diff(self.times_s).astype(np.float32)
        return np.maximum(steps, 1e-4)

    @cached_property
    def step(self) -> Floats:
        """The way of each joint from one frame to the next (T - 1, K), torso lengths."""
        way = np.diff(self.xy, axis=0)
        return (np.hypot(way[..., 0], way[..., 1]) / self.torso_px[1:, None]).astype(np.float32)


@dataclass(frozen=True)
class Flagged:
    """What is worth a look among the frames of some columns: joints or bones.

    Attributes
    ----------
    frames, columns : (M,) int arrays
    score : (M,) float32 array
        1 or more.
    size : (M,) float32 array
        What is said about it: pixels, or a ratio.
    """

    frames: NDArray[np.intp]
    columns: NDArray[np.intp]
    score: Floats
    size: Floats

    @classmethod
    def of(cls, score: Floats, size: Floats, columns: NDArray[np.intp]) -> "Flagged":
        """Return what scores 1 or more of some columns (C,), from arrays (T, C)."""
        frames, at = np.nonzero(score >= 1)
        return cls(frames, columns[at], score[frames, at], size[frames, at])

    @classmethod
    def together(cls, parts: list["Flagged"]) -> "Flagged":
        """Return all parts as one."""
        arrays = zip(*((part.frames, part.columns, part.score, part.size) for part in parts), strict=True)
        return cls(*map(np.concatenate, arrays))

    def only(self, wanted: Flags) -> "Flagged":
        """Return some of it, wanted (M,)."""
        return Flagged(self.frames[wanted], self.columns[wanted], self.score[wanted], self.size[wanted])


def flagged(points: Points, measure: Callable[[Points], tuple[Floats, Floats]]) -> Flagged:
    """Return what a measure of points, which looks at each joint alone, finds; some joints after the others."""
    joints = some_columns(points.xy.shape[1], n_frames=len(points.xy))
    return Flagged.together([Flagged.of(*measure(points.of(some)), some) for some in by_turns(joints)])


def some_columns(n_columns: int, *, n_frames: int) -> Iterator[NDArray[np.intp]]:
    """Yield all columns, as many at once as memory should hold."""
    step = max(1, _AT_ONCE // max(n_frames, 1))
    for first in range(0, n_columns, step):
        yield np.arange(first, min(first + step, n_columns))


def torso_near(xy: Floats, skeleton: Skeleton, *, times_s: NDArray[np.float64]) -> Floats:
    """Return the unforeshortened length of the torso in pixels round each frame (T,).

    It is the upper quartile of a second, and the largest of those nearby. Where shoulders or hips are missing, 0.3
    of the box of all points; 1 where there is nothing at all.
    """
    n_frames = len(xy)
    columns = [skeleton.find(f"{side}_{joint}") for joint in ("shoulder", "hip") for side in ("left", "right")]
    length = np.full(n_frames, np.nan)
    if None not in columns:
        a, b, c, d = (xy[:, column] for column in columns if column is not None)
        length = np.hypot(*((a + b - c - d) / 2).T)
    if not np.isfinite(length).any():
        box = np.fmax.reduce(xy, axis=1) - np.fmin.reduce(xy, axis=1)
        length = 0.3 * box.max(axis=-1)
    seconds = max(float(times_s[-1] - times_s[0]), 1e-6) if n_frames > 1 else 1e-6
    block = max(1, round(n_frames * _UNIT_BLOCK_S / seconds)) if n_frames > 1 else 1
    padded = np.full(-(-n_frames // block) * block, np.nan)
    padded[:n_frames] = length
    quartile = _nan_quantile(padded.reshape(-1, block), 0.75)
    around = np.pad(quartile, 1, constant_values=np.nan)
    near = np.fmax(np.fmax(around[:-2], around[1:-1]), around[2:])
    known = np.isfinite(near)
    if not known.any():
        return np.ones(n_frames, np.float32)
    middle = (np.arange(len(near)) + 0.5) * block
    smooth = np.interp(np.arange(n_frames), middle[known], near[known])
    return np.maximum(smooth, 1.0).astype(np.float32)


def low_confidence(points: Points) -> tuple[Floats, Floats]:
    """Return how little the detector believes in a point, 1 at the limit, 2 not at all, and its confidence (T, K)."""
    predicted = np.isfinite(points.xy[..., 0]) & ~points.labelled & ~points.interpolated
    return np.where(predicted, 2 - points.confidence / LEAST_CONFIDENCE, 0).astype(np.float32), points.confidence


def jumps(points: Points) -> tuple[Floats, Floats]:
    """Return how suddenly a joint is elsewhere, and by how many pixels (T, K).

    A step counts by what it is longer than the faster of the steps before and after would have been.
    """
    speed = points.step / points.step_s[:, None]
    around = np.pad(speed, ((1, 1), (0, 0)))
    usual = np.fmax(around[:-2], around[2:]) * points.step_s[:, None]
    excess = np.nan_to_num(points.step - np.nan_to_num(usual))
    limit = np.maximum(_limit(points.step_s)[:, None], NOISE_SIGMAS * _typical(np.abs(points.step - usual)))
    both_stated = _all_stated(points)[1:] & _all_stated(points)[:-1]
    score = np.where(both_stated, 0, excess / limit)
    first = np.zeros((1, score.shape[1]), np.float32)
    pixels = points.step * points.torso_px[1:, None]
    return np.concatenate([first, score]).astype(np.float32), np.concatenate([first, np.nan_to_num(pixels)])


def twitches(points: Points) -> tuple[Floats, Floats]:
    """Return how far a joint is beside the line from the frame before to the frame after, and pixels (T, K).

    Only the worst of neighbouring frames counts: one wrong frame bends the course of the two beside it too.
    """
    n_frames, n_joints = points.xy.shape[:2]
    score, pixels = np.zeros((2, n_frames, n_joints), np.float32)
    if n_frames < 3:
        return score, pixels
    u = (points.step_s[:-1] / (points.step_s[:-1] + points.step_s[1:]))[:, None, None]
    aside = points.xy[1:-1] - (1 - u) * points.xy[:-2] - u * points.xy[2:]
    pixels[1:-1] = np.nan_to_num(np.hypot(aside[..., 0], aside[..., 1]))
    relative = pixels[1:-1] / points.torso_px[1:-1, None]
    half = (points.step_s[:-1] + points.step_s[1:]) / 2
    limit = np.maximum(_limit(half)[:, None], NOISE_SIGMAS * _typical(relative))
    stated = _all_stated(points)
    score[1:-1] = np.where(stated[:-2] & stated[1:-1] & stated[2:], 0, relative / limit)
    around = np.pad(score, ((1, 1), (0, 0)))
    worst = (score >= around[:-2]) & (score > around[2:])
    return np.where(worst, score, 0), pixels


def long_limbs(points: Points) -> Flagged:
    """Return which bones are much longer than usual, and by what ratio; the columns are those of `Skeleton.bones`."""
    bones = list(some_columns(len(points.skeleton.bones), n_frames=len(points.xy)))
    usual = _usual_length(np.concatenate([_nan_quantile(_length(points, some).T, 0.75) for some in bones]), points)
    return Flagged.together([Flagged.of(*_long(points, some, usual=usual[some]), some) for some in bones])


def _long(points: Points, bones: NDArray[np.intp], *, usual: Floats) -> tuple[Floats, Floats]:
    """Return how much too long some bones are, and by what ratio they exceed what is usual (T, B)."""
    length = _length(points, bones)
    ratio = np.nan_to_num(length / usual)
    score = np.minimum((ratio - 1) / (LIMB_RATIO - 1), np.nan_to_num(length - usual) / LIMB_TORSO)
    a, b = np.array(points.skeleton.bones)[bones].T
    stated = points.labelled[:, a] & points.labelled[:, b]
    return np.where(stated, 0, score).astype(np.float32), ratio.astype(np.float32)


def _length(points: Points, bones: NDArray[np.intp]) -> Floats:
    """Return how long some bones (B,) are (T, B), torso lengths."""
    a, b = np.array(points.skeleton.bones)[bones].T
    way = points.xy[:, a] - points.xy[:, b]
    length: Floats = np.hypot(way[..., 0], way[..., 1]) / points.torso_px[:, None]
    return length


def outside(points: Points) -> tuple[Floats, Floats]:
    """Return how far beyond the edge of the picture a joint is, 1 at the edge, 2 a torso farther, and pixels (T, K)."""
    (x, y), (width, height) = np.moveaxis(points.xy, -1, 0), points.size_px
    beyond = np.maximum(np.maximum(-x, x - width), np.maximum(-y, y - height))
    return np.where(beyond > 0, 1 + beyond / points.torso_px[:, None], 0).astype(np.float32), beyond


def apart(a: Floats, b: Floats, points: Points) -> tuple[Floats, Floats]:
    """Return how far two opinions about the points are apart, and pixels (T, K)."""
    way = a - b
    pixels = np.nan_to_num(np.hypot(way[..., 0], way[..., 1])).astype(np.float32)
    return pixels / (APART_TORSO * points.torso_px[:, None]), pixels


def _limit(step_s: NDArray[np.floating]) -> Floats:
    """Return what a point may be beside its course in one step (T,), torso lengths."""
    return (NOISE_TORSO + ACCELERATION_TORSO / 2 * step_s**2).astype(np.float32)


def _all_stated(points: Points) -> Flags:
    return points.labelled | points.interpolated


def _typical(values: Floats) -> Floats:
    """Return the median of what is known of each column (K,)."""
    return _nan_quantile(values.T, 0.5)


def _usual_length(upper: Floats, points: Points) -> Floats:
    """Return how long each bone is seen from the side (B,) from its upper quartile (B,), left and right together."""
    skeleton = points.skeleton
    names = [frozenset(skeleton.joints[joint] for joint in bone) for bone in skeleton.bones]
    other = [names.index(frozenset(map(mirrored_name, bone))) for bone in names]
    both = np.fmin(upper, upper[other]) / 2 + np.fmax(upper, upper[other]) / 2
    return np.where(both > 0, both, np.nan).astype(np.float32)


def _nan_quantile(values: NDArray[np.floating], share: float) -> Floats:
    """Return a quantile of what is known of each row (R,); NaN where nothing is. Fast for long rows."""
    if values.shape[1] == 0:
        return np.full(len(values), np.nan, np.float32)
    known = np.isfinite(values)
    count = known.sum(axis=1)
    ordered = np.sort(np.where(known, values, np.inf), axis=1)
    index = np.clip(np.round((count - 1) * share).astype(int), 0, None)
    result = ordered[np.arange(len(values)), index]
    return np.where(count > 0, result, np.nan).astype(np.float32)
