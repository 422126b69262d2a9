"""Following one person among several: where to look in the next frame, and whether what was found there is them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_TORSO = [3, 4, 15, 16]
"""Shoulders and hips among the 25 joints."""
_CROP_FACTOR = 1.5
"""Side of the crop over the longer side of the person's box: room for the next move, little for others."""
_MIN_SIDE_PX = 48
_SIDE_STEP = 0.1
"""How much of the way to its new size the crop goes in a frame; a detector that tracks does not like jumps."""
_REACH = 0.3
"""How far the torso may be from where it is expected, in lengths of the person."""
_REACH_LOST = 0.06
"""By how much that grows with every frame in which the person was not seen."""
_MAX_REACH = 1.2
_GROW_LOST, _MAX_GROWTH = 0.05, 1.8
"""How the crop grows while the person is not seen; every other time, as the detector finds some only larger."""
_SIZE_RATIO = 1.8
"""A person does not become so many times larger or smaller at once ..."""
_BOX_RATIO = 2.5
"""... nor is the box drawn around them so far off."""
_LENGTH_STEP = 0.2
_VELOCITY_STEP, _VELOCITY_DECAY = 0.5, 0.8


@dataclass(frozen=True)
class Box:
    """A rectangle in frame pixels.

    Attributes
    ----------
    x, y : float
        Its top-left corner.
    width, height : float
    """

    x: float
    y: float
    width: float
    height: float

    @property
    def center(self) -> NDArray[np.float64]:
        """Its middle (2,)."""
        return np.array([self.x + self.width / 2, self.y + self.height / 2])

    @property
    def length(self) -> float:
        """Its longer side."""
        return max(self.width, self.height)

    def holds(self, point: NDArray[np.floating]) -> bool:
        """Tell whether a point (2,) lies inside."""
        return bool(self.x <= point[0] <= self.x + self.width and self.y <= point[1] <= self.y + self.height)


class Follower:
    """Knows where one person was last, and so where they can be next.

    Parameters
    ----------
    box : Box
        Around the person, as somebody drew it.
    """

    def __init__(self, box: Box) -> None:
        self._first: Box | None = box
        self._center = box.center
        self._torso = box.center
        self._length = box.length
        self._side = max(_MIN_SIDE_PX, _CROP_FACTOR * box.length)
        self._velocity = np.zeros(2)
        self._missed = 0

    def crop(self) -> tuple[int, int, int]:
        """Return where to look: x and y of the top-left corner and the side of a square; it may leave the picture."""
        growth = min(1 + _GROW_LOST * self._missed, _MAX_GROWTH) if self._missed % 2 else 1.0
        side = round(self._side * growth)
        x, y = np.round(self._center + self._velocity - side / 2)
        return int(x), int(y), side

    def accepts(self, xy: NDArray[np.floating]) -> bool:
        """Tell whether joints (25, 2) px can be the person: near enough, and of their size."""
        found, torso = bounds(xy), xy[_TORSO].mean(axis=0)
        if self._first is not None:
            ratio = _BOX_RATIO
            near = self._first.holds(torso)
        else:
            ratio = _SIZE_RATIO
            reach = min(_REACH + _REACH_LOST * self._missed, _MAX_REACH) * self._length
            near = bool(np.linalg.norm(torso - self._torso - self._velocity) <= reach)
        return near and 1 / ratio <= found.length / self._length <= ratio

    def see(self, xy: NDArray[np.floating]) -> None:
        """Take joints (25, 2) px as where the person is now."""
        found, torso = bounds(xy), xy[_TORSO].mean(axis=0)
        if self._first is not None:
            self._first, self._length = None, found.length
        elif self._missed:
            self._velocity = np.zeros(2)
        else:
            self._velocity += _VELOCITY_STEP * (torso - self._torso - self._velocity)
        self._torso, self._center, self._missed = torso, found.center, 0
        self._length += _LENGTH_STEP * (found.length - self._length)
        self._side += _SIDE_STEP * (max(_MIN_SIDE_PX, _CROP_FACTOR * self._length) - self._side)

    def miss(self) -> None:
        """Take note that the person was not seen; they are looked for around where they were, ever a little wider."""
        self._center = self._center + self._velocity
        self._torso = self._torso + self._velocity
        self._velocity *= _VELOCITY_DECAY
        self._missed += 1


def bounds(xy: NDArray[np.floating]) -> Box:
    """Return the box around joints (K, 2) px."""
    low, high = xy.min(axis=0), xy.max(axis=0)
    return Box(float(low[0]), float(low[1]), float(high[0] - low[0]), float(high[1] - low[1]))


def cut_out(picture: NDArray[np.uint8], crop: tuple[int, int, int]) -> NDArray[np.uint8]:
    """Return a square (side, side, 3) of a picture (h, w, 3); black where it leaves the picture."""
    x, y, side = crop
    height, width = picture.shape[:2]
    result = np.zeros((side, side, 3), np.uint8)
    left, top = max(x, 0), max(y, 0)
    right, bottom = min(x + side, width), min(y + side, height)
    if left < right and top < bottom:
        result[top - y : bottom - y, left - x : right - x] = picture[top:bottom, left:right]
    return result
