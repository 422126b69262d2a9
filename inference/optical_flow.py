"""Following joints from picture to picture: pyramidal Lucas-Kanade with a forward-backward check.

Lucas & Kanade 1981, in pyramids after Bouguet 2001; the check after Kalal et al. 2010 (Forward-Backward Error).
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

_LEVELS = 4
_CLOUD = np.array([[0, 0], [-1, -1], [1, -1], [-1, 1], [1, 1]], np.float32)
"""A joint is followed by a small cloud of points: the median of those that come back where they started."""
_CLOUD_SHARE = 1 / 6
"""How far they stand apart, in patch sides."""
_WINDOW_SHARE, _WINDOW_MIN, _WINDOW_MAX = 0.035, 11, 25
"""Side of the compared patch as a share of the longer side of the pose, and its limits in pixels. Small on purpose: a
large patch holds more wall than wrist (on the synthetic climb, twice the side means three times the error)."""
_CHECK_SHARE, _CHECK_MIN_PX = 0.06, 0.7
"""How far from where it started a point may come back: a share of the patch, at least so many pixels."""
_MIN_ALIVE = 3
"""Points of the cloud that must pass the check."""
_MARGIN_PX = 48
_CRITERIA = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 15, 0.03)


@dataclass(frozen=True)
class Followed:
    """Joints after one step or many.

    Attributes
    ----------
    xy : (K, 2) float32 array
        Pixels; NaN where a joint is not or no longer followed.
    error : (K,) float32 array
        Forward-backward error since the label, added up, in patch sides.
    """

    xy: NDArray[np.float32]
    error: NDArray[np.float32]


class JointFlow:
    """Follows joints through pictures given one after the other.

    Parameters
    ----------
    n_joints : int
    """

    def __init__(self, n_joints: int) -> None:
        self._xy = np.full((n_joints, 2), np.nan, np.float32)
        self._error = np.zeros(n_joints, np.float32)
        self._picture: NDArray[np.uint8] | None = None
        self._window = _WINDOW_MIN

    def step(self, picture: NDArray[np.uint8], labels: NDArray[np.float32]) -> Followed:
        """Go to the next picture (h, w, 3); `labels` (K, 2) are the joints stated there, NaN for the others."""
        alive = known(self._xy)
        if self._picture is not None and alive.any():
            moved, error = self._flow(self._picture, picture, xy=self._xy[alive])
            self._xy[alive] = moved
            self._error[alive] += error
        stated = known(labels)
        self._xy[stated], self._error[stated] = labels[stated], 0
        self._xy[~_inside(self._xy, picture.shape[:2])] = np.nan
        self._window = _window(self._xy, self._window)
        self._picture = picture
        return Followed(self._xy.copy(), self._error.copy())

    def _flow(
        self, before: NDArray[np.uint8], after: NDArray[np.uint8], *, xy: NDArray[np.float32]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return where points (N, 2) of one picture are in the next, NaN if lost, and their error (N,)."""
        window = self._window
        offset, part = _around(xy, before.shape[:2], margin=4 * window + _MARGIN_PX)
        first, second = (np.ascontiguousarray(picture[part]) for picture in (before, after))
        cloud = (xy[:, None] + _CLOUD_SHARE * window * _CLOUD[None] - offset).astype(np.float32).reshape(-1, 1, 2)
        there, seen = _lucas_kanade(first, second, points=cloud, window=window)
        back, seen_back = _lucas_kanade(second, first, points=there, window=window)
        miss = np.linalg.norm(back - cloud, axis=2).reshape(len(xy), -1)
        good = (seen & seen_back).reshape(len(xy), -1)
        good &= miss <= max(_CHECK_MIN_PX, _CHECK_SHARE * window)
        step = np.where(good[..., None], (there - cloud).reshape(len(xy), -1, 2), np.nan)
        kept = good.sum(axis=1) >= _MIN_ALIVE
        moved, error = np.full_like(xy, np.nan), np.zeros(len(xy), np.float32)
        if kept.any():
            moved[kept] = xy[kept] + np.nanmedian(step[kept], axis=1)
            error[kept] = np.nanmedian(np.where(good, miss, np.nan)[kept], axis=1) / window
        return moved, error


def follow(
    pictures: Iterable[tuple[int, NDArray[np.uint8]]], labels: NDArray[np.float32], *, first: int
) -> Iterator[tuple[int, Followed]]:
    """Follow joints through numbered pictures.

    Parameters
    ----------
    pictures : iterable of (int, (h, w, 3) uint8 array)
    labels : (T, K, 2) float32 array
        Joints stated in frame ``first + t``, NaN elsewhere; following starts, and starts anew, at each.

    Yields
    ------
    (int, Followed)
        The frame and where the joints are.
    """
    flow = JointFlow(labels.shape[1])
    for n, picture in pictures:
        yield n, flow.step(picture, labels[n - first])


def known(xy: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Return which points (..., 2) have a position (...,)."""
    return np.asarray(np.isfinite(xy).all(axis=-1))


def confidence_of(error: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return how sure a followed joint is, in [0, 1], by its error in patch sides; 1 where it was stated."""
    return np.exp(-3 * error).astype(np.float32)


def _lucas_kanade(
    first: NDArray[np.uint8], second: NDArray[np.uint8], *, points: NDArray[np.float32], window: int
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Return where points (N, 1, 2) of one picture are in another, and which were found (N, 1)."""
    moved, status, _ = cv2.calcOpticalFlowPyrLK(
        first,
        second,
        points,
        points.copy(),
        winSize=(window, window),
        maxLevel=_LEVELS,
        criteria=_CRITERIA,
    )
    return np.asarray(moved, np.float32), np.asarray(status).astype(bool)


def _window(xy: NDArray[np.float32], before: int) -> int:
    """Return the side of the patch, odd, for a pose (K, 2) of this size; as before where too little is left of it."""
    found = xy[known(xy)]
    if len(found) < 4:
        return before
    length = float((found.max(axis=0) - found.min(axis=0)).max())
    return int(np.clip(_WINDOW_SHARE * length, _WINDOW_MIN, _WINDOW_MAX)) | 1


def _inside(xy: NDArray[np.float32], shape: tuple[int, ...]) -> NDArray[np.bool_]:
    height, width = shape[:2]
    with np.errstate(invalid="ignore"):
        return np.asarray(((xy >= 0) & (xy < np.array([width, height]))).all(axis=1))


def _around(
    xy: NDArray[np.float32], shape: tuple[int, ...], *, margin: int
) -> tuple[NDArray[np.float32], tuple[slice, slice]]:
    """Return the part of a picture around points (N, 2), and its top-left corner (2,)."""
    height, width = shape[:2]
    low = np.maximum(np.floor(xy.min(axis=0)) - margin, 0).astype(int)
    high = np.minimum(np.ceil(xy.max(axis=0)) + margin, [width, height]).astype(int)
    return low.astype(np.float32), (slice(low[1], high[1]), slice(low[0], high[0]))
