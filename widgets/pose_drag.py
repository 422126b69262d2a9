"""What a hand does to a pose while a button is down: which joints it holds, and where they are when it has moved."""

import math
from dataclasses import dataclass
from enum import Enum, auto

import numpy as np
from numpy.typing import NDArray

from annotation.pose_moves import Point, Positions, scaled, shifted, turned

_SMALLEST_FACTOR = 0.02


class Grip(Enum):
    """How a hand holds joints."""

    JOINTS = auto()
    LIMB = auto()
    POSE = auto()
    TURN = auto()
    SCALE = auto()


@dataclass(frozen=True)
class PoseDrag:
    """A drag as it began; all in frame pixels.

    Attributes
    ----------
    grip : Grip
    joints : frozenset of int
        The joints that move.
    held : int
        The joint below the cursor, -1 if the hand holds none: it stays in the picture.
    xy : (K, 2) float32 array
        The pose when the hand took it.
    start : (float, float)
        Where the hand took it.
    pivot : (float, float)
        What turning and scaling leave where it is.
    size : (int, int)
        Width and height of the frame.
    """

    grip: Grip
    joints: frozenset[int]
    held: int
    xy: NDArray[np.float32]
    start: Point
    pivot: Point
    size: tuple[int, int]

    def positions(self, hand: Point, *, target: Point | None = None, within: float = 0.0) -> Positions:
        """Return where the joints are when the hand is at a point.

        A single joint is drawn to a target that is `within` so many pixels.
        """
        if self.grip is Grip.TURN:
            return turned(self.xy, self.joints, about=self.pivot, degrees=self._degrees(hand))
        if self.grip is Grip.SCALE:
            return scaled(self.xy, self.joints, about=self.pivot, factor=self._factor(hand))
        x, y = self._anchor
        dx, dy = self._step(hand)
        if target is not None and self.joints == {self.held} and math.dist((x + dx, y + dy), target) <= within:
            dx, dy = target[0] - x, target[1] - y
        return shifted(self.xy, self.joints, step=(dx, dy))

    def words(self, hand: Point) -> str:
        """Return how far the hand has come."""
        if self.grip is Grip.TURN:
            return f"{self._degrees(hand):+.1f}°".replace("-", "−")
        if self.grip is Grip.SCALE:
            return f"× {self._factor(hand):.2f}"
        dx, dy = self._step(hand)
        return f"{dx:+.1f}, {dy:+.1f} px".replace("-", "−")

    @property
    def _anchor(self) -> Point:
        """What stays in the picture while shifting: the joint in the hand, or the pivot."""
        if self.held < 0:
            return self.pivot
        x, y = self.xy[self.held].tolist()
        return x, y

    def _step(self, hand: Point) -> Point:
        steps = []
        for at, now, before, extent in zip(self._anchor, hand, self.start, self.size, strict=True):
            moved = min(max(at + now - before, min(at, 0.0)), max(at, float(extent)))
            steps.append(moved - at)
        return steps[0], steps[1]

    def _degrees(self, hand: Point) -> float:
        (px, py), (ax, ay), (bx, by) = self.pivot, self.start, hand
        degrees = math.degrees(math.atan2(by - py, bx - px) - math.atan2(ay - py, ax - px))
        return (degrees + 180) % 360 - 180

    def _factor(self, hand: Point) -> float:
        before = math.dist(self.start, self.pivot)
        return max(math.dist(hand, self.pivot) / before, _SMALLEST_FACTOR) if before > 0 else 1.0
