"""What is marked in the 3D view besides the body: paths, holds, and depth that nothing tells."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from widgets.body_geometry import Floats
from widgets.body_scene import BodyScene, Trail

_HOLDS = "This hand or foot is taken to hold here."


@dataclass(frozen=True)
class OpenDepths:
    """Joints of which the picture does not tell how far away they are.

    Attributes
    ----------
    points : (N, 3) array
        m, CAMERA frame.
    reach_m : (N,) array
        By how much each may be nearer to the video camera or farther, along its line of sight.
    words : tuple of str
        What is said of each where the mouse rests on it; empty for nothing.
    about : str
        What such marks mean; empty for nothing.
    """

    points: Floats = field(default_factory=lambda: np.zeros((0, 3)))
    reach_m: Floats = field(default_factory=lambda: np.zeros(0))
    words: tuple[str, ...] = ()
    about: str = ""


class BodyMarks:
    """The marks as they were set last; tells whether others came, for nothing is drawn twice."""

    def __init__(self) -> None:
        self._trails: Sequence[Trail] = ()
        self._contacts: Floats | None = None
        self._open = OpenDepths()

    def take_trails(self, trails: Sequence[Trail]) -> bool:
        """Take other paths; tell whether they are."""
        if len(trails) == len(self._trails) and all(map(_same_trail, trails, self._trails)):
            return False
        self._trails = trails
        return True

    def take_contacts(self, points: Floats | None) -> bool:
        """Take other points (N, 3) that hold, None for none; tell whether they are."""
        if same(points, self._contacts):
            return False
        self._contacts = points
        return True

    def take_open(self, depths: OpenDepths) -> bool:
        """Take other joints of open depth; tell whether they are."""
        before, self._open = self._open, depths
        return not (same(depths.points, before.points) and same(depths.reach_m, before.reach_m))

    @property
    def words(self) -> list[tuple[Floats, str]]:
        """What is said of the marks, by where they are: (3,) in m, CAMERA frame."""
        held = () if self._contacts is None else self._contacts
        return [*zip(self._open.points, self._open.words, strict=False), *((point, _HOLDS) for point in held)]

    def send(self, scene: BodyScene) -> None:
        """Have all of it drawn."""
        scene.set_trails(self._trails)
        scene.set_contacts(self._contacts)
        scene.set_open(self._open.points, self._open.reach_m)


def same(one: Floats | None, other: Floats | None) -> bool:
    """Tell whether two arrays say the same, or neither is there."""
    if one is None or other is None:
        return one is other
    return np.array_equal(one, other, equal_nan=True)


def _same_trail(one: Trail, other: Trail) -> bool:
    return one.color == other.color and same(one.points, other.points)
