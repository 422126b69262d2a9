"""One label: what a person says about one joint in one frame."""

import math
import struct
from dataclasses import dataclass, field
from enum import IntEnum

_PAIR = struct.Struct("<2f")


class Visibility(IntEnum):
    """What a person says about a joint; ABSENT is a statement too ("the joint is not there")."""

    ABSENT = 0
    OCCLUDED = 1
    VISIBLE = 2


@dataclass(frozen=True)
class Label:
    """A human statement about one joint in one frame.

    Labels are equal if they say the same, whoever said it.

    Attributes
    ----------
    xy : (float, float) or None
        Pixels; origin at the top-left corner of the top-left pixel, x right, y down. None if ABSENT. Kept in single
        precision (finer than 0.001 px up to 16,000 px).
    visibility : Visibility
    author : str
        Who said it; filled in when the label enters a project.
    time_s : float or None
        When, in seconds since 1970; filled in when the label enters a project.
    """

    xy: tuple[float, float] | None
    visibility: Visibility = Visibility.VISIBLE
    author: str = field(default="", compare=False)
    time_s: float | None = field(default=None, compare=False)

    def __post_init__(self) -> None:
        if (self.xy is None) != (self.visibility is Visibility.ABSENT):
            raise ValueError("A label has a position unless the joint is absent.")
        if self.xy is not None:
            object.__setattr__(self, "xy", _rounded(*self.xy))


LabelKey = tuple[int, int]
"""Frame and joint index."""

ABSENT = Label(None, Visibility.ABSENT)


def _rounded(x: float, y: float) -> tuple[float, float]:
    """Return a position as the arrays keep it, so that a label is the same before and after."""
    try:
        x, y = _PAIR.unpack(_PAIR.pack(x, y))
    except OverflowError:
        x = math.inf
    if not (math.isfinite(x) and math.isfinite(y)):
        raise ValueError(f"A position must be finite, not {(x, y)}.")
    return x, y
