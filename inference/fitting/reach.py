"""Predicted points that a motion cannot have reached: a limb that a detector throws across the body and back.

A detector is as confident of such points as of others, so only time tells. Of every joint's points those are kept that
make the cheapest path through the picture, where leaving one out has a price and so has turning more sharply than
people can; the path is found exactly, by dynamic programming over pairs of kept points.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import binary_dilation, median_filter

from inference.fitting.points import ClipPoints, torso_px
from inference.fitting.rotations import Array

LONGEST_S = 0.17
"""Points that stray for longer than this may be right."""
SHARPEST = 60.0
"""How sharply a joint turns in the picture, torso lengths per s²: about 3 g."""
JITTER, JITTERS = 0.05, 3.0
"""Deviation from a straight path, in torso lengths and in medians of the joint, that tells nothing."""
DEVIATION = 0.02
"""A deviation beyond that by so much costs as much as leaving a point out."""
LEFT_OUT_WEIGHT = 0.02
"""What points weigh that are left out."""
_NEVER = 1e9
_BLOCK = 256
"""Points whose ways are laid out at once: at high frame rates there are thousands to each."""


def within_reach(points: ClipPoints, *, fps: float) -> tuple[ClipPoints, NDArray[np.bool_]]:
    """Return points whose stray ones weigh little and have no place in space, and which those are (T, K).

    What a person stands behind is never left out.
    """
    stray = strays(points, fps=fps)
    confidence = np.where(stray, points.confidence * LEFT_OUT_WEIGHT, points.confidence)
    world = None if points.world is None else np.where(stray[..., None], np.nan, points.world)
    return replace(points, confidence=confidence, world=world), stray


def bridged(xy: Array, left_out: NDArray[np.bool_]) -> Array:
    """Return points (T, K, 2) with straight ways in the place of those that are left out (T, K)."""
    result, frames = xy.copy(), np.arange(len(xy))
    for column in np.flatnonzero(left_out.any(axis=0)):
        kept = np.isfinite(xy[:, column, 0]) & ~left_out[:, column]
        gone = left_out[:, column] & kept.any()
        for axis in range(2):
            result[gone, column, axis] = np.interp(frames[gone], frames[kept], xy[kept, column, axis])
    return result


def strays(points: ClipPoints, *, fps: float) -> NDArray[np.bool_]:
    """Return which predicted points are off the path of their joint (T, K)."""
    result = np.zeros(points.found.shape, bool)
    if len(points) < 4:
        return result
    reach = max(2, round(LONGEST_S * fps))
    path = _steadied(points, reach) / torso_px(points)
    for column in range(path.shape[1]):
        frames = np.flatnonzero(points.found[:, column])
        if len(frames) < 4:
            continue
        joint = _Path(frames, path[frames, column], ~points.stated[frames, column], reach, SHARPEST / fps**2)
        result[frames, column] = joint.left_out()
    return result


def _steadied(points: ClipPoints, reach: int) -> Array:
    """Return the points (T, K, 2) without jolts of the camera, which move all of them alike."""
    filled, frames = points.xy.copy(), np.arange(len(points))
    for column, there in enumerate(points.found.T):
        for axis in range(2):
            filled[:, column, axis] = (
                np.interp(frames, frames[there], points.xy[there, column, axis]) if any(there) else 0
            )
    off = filled - median_filter(filled, size=(2 * reach + 1, 1, 1), mode="nearest")
    jolt = np.median(off, axis=1, keepdims=True)
    left = np.median(np.linalg.norm(off - jolt, axis=-1), axis=1)
    alike = left < 0.5 * np.linalg.norm(jolt[:, 0], axis=-1)
    return np.asarray(filled - np.where(alike[:, None, None], jolt, 0.0))


@dataclass(frozen=True)
class _Path:
    """The points of a joint, those that are there: frames (N,), places (N, 2) in torso lengths.

    Attributes
    ----------
    may_stray : (N,) bool array
    reach : int
        How many points can be left out in a row, less one.
    sharpest : float
        Torso lengths per frame².
    """

    frames: NDArray[np.intp]
    places: Array
    may_stray: NDArray[np.bool_]
    reach: int
    sharpest: float

    def left_out(self) -> NDArray[np.bool_]:
        """Return which points are off the cheapest path (N,)."""
        index = np.arange(1, len(self.frames) - 1)
        beyond, deviation = self._beyond(index - 1, index, index + 1, 0.0)
        slack = max(JITTER, JITTERS * float(np.median(deviation)))
        odd = np.zeros(len(self.frames), bool)
        odd[1:-1] = beyond > slack
        result = np.zeros(len(self.frames), bool)
        if not odd.any():
            return result
        near = binary_dilation(odd, iterations=2 * self.reach)
        edges = np.flatnonzero(np.diff(np.concatenate([[False], near, [False]]).astype(np.int8)))
        for start, stop in zip(edges[::2], edges[1::2], strict=True):
            part = slice(start, stop)
            shorter = replace(self, frames=self.frames[part], places=self.places[part], may_stray=self.may_stray[part])
            result[part] = ~shorter._cheapest(slack)
        return result

    def _beyond(
        self, before: NDArray[np.intp], index: NDArray[np.intp], after: NDArray[np.intp], slack: float
    ) -> tuple[Array, Array]:
        """Return by how much points are off the straight way between two others, beyond what can be and in all."""
        to, onwards = self.frames[index] - self.frames[before], self.frames[after] - self.frames[index]
        share = (to / (to + onwards))[..., None]
        straight = (1 - share) * self.places[before] + share * self.places[after]
        deviation = np.linalg.norm(self.places[index] - straight, axis=-1)
        judged = np.maximum(to, onwards) <= 2 * self.reach
        beyond = np.maximum(deviation - slack - self.sharpest * to * onwards / 2, 0)
        return np.where(judged, beyond, 0.0), deviation

    def _cheapest(self, slack: float) -> NDArray[np.bool_]:
        """Return which points the cheapest path keeps (N,)."""
        n, reach = len(self.frames), self.reach
        dropped = np.concatenate([[0.0], np.cumsum(np.where(self.may_stray, 1.0, _NEVER))])
        # total[i, g]: the cheapest path to a kept point whose kept predecessor is g points before; 0 for none.
        total = np.full((n, reach + 1), _NEVER)
        total[:, 0] = dropped[:n]
        origin = np.zeros((n, reach + 1), np.intp)
        for last in range(1, n):
            if last % _BLOCK == 1:
                turn = self._turns(np.arange(last, min(last + _BLOCK, n)), slack)
            gaps = np.arange(1, min(reach, last) + 1)
            way = total[last - gaps] + turn[(last - 1) % _BLOCK, gaps - 1]
            origin[last, gaps] = way.argmin(axis=1)
            total[last, gaps] = way.min(axis=1) + dropped[last] - dropped[last - gaps + 1]
        kept = np.zeros(n, bool)
        finish = total + (dropped[n] - dropped[1:])[:, None]
        last, gap_now = (int(place) for place in np.unravel_index(finish.argmin(), finish.shape))
        while True:
            kept[last] = True
            if gap_now == 0:
                return kept
            last, gap_now = last - gap_now, int(origin[last, gap_now])

    def _turns(self, ends: NDArray[np.intp], slack: float) -> Array:
        """Return what turning costs on the way to some points (E, G, G + 1): over the gap to the kept point before.

        The last index is the gap before that one; 0 where there is none.
        """
        end, (gap, before) = ends[:, None, None], np.ogrid[1 : self.reach + 1, 1 : self.reach + 1]
        first = end - gap - before
        turn, _ = self._beyond(first, end - gap, end, slack)
        turn = np.where(first >= 0, turn / DEVIATION, _NEVER)
        return np.concatenate([np.zeros((len(ends), self.reach, 1)), turn], axis=2)
