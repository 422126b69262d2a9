"""Which frames of the clip a timeline shows, and where they lie. No Qt: numbers in, numbers out."""

import itertools
import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

MIN_FRAMES = 10.0
"""Frames that remain in view when zoomed in as far as it goes."""
STEPS = (1, 2, 5, 10, 20, 25, 50, 100, 200, 250, 500, 1000, 2000, 2500, 5000, 10_000, 20_000, 50_000, 100_000)
"""Round numbers of frames, ascending."""
_ROOM = 0.05
"""Share of the view that stays free on either side of a range that is shown whole."""


@dataclass(frozen=True)
class View:
    """The frames in view: the first one, and how many."""

    first: float
    n_frames: float

    @property
    def end(self) -> float:
        """The first frame that is not in view any more."""
        return self.first + self.n_frames


@dataclass(frozen=True)
class Scale:
    """Where frames lie: `view` over the pixels from `left` on, `width` of them."""

    view: View
    left: float
    width: float

    @property
    def px(self) -> float:
        """Logical pixels per frame."""
        return max(self.width, 1.0) / self.view.n_frames

    def edge(self, frame: float) -> float:
        """Return the x at which a frame begins."""
        return self.left + (frame - self.view.first) * self.px

    def middle(self, frame: float) -> float:
        """Return the x of the middle of a frame."""
        return self.edge(frame + 0.5)

    def middles(self, frames: NDArray[np.intp]) -> NDArray[np.float64]:
        """Return the x of the middles of frames (M,)."""
        return np.asarray(self.left + (frames + 0.5 - self.view.first) * self.px, np.float64)

    def position(self, x: float) -> float:
        """Return the place in the clip at an x, in frames."""
        return self.view.first + (x - self.left) / self.px

    def in_view(self, frames: NDArray[np.intp]) -> slice:
        """Return which of some ascending frames are in view, or stick out into it."""
        ends = np.array([math.ceil(self.view.first - 1), math.ceil(self.view.end)], np.intp)  # no copy of the frames
        low, high = np.searchsorted(frames, ends)
        return slice(int(low), int(high))


def nearest(frames: NDArray[np.intp], frame: int) -> int | None:
    """Return that of some ascending frames which is nearest to a frame."""
    if not len(frames):
        return None
    at = int(np.searchsorted(frames, frame))
    near = frames[max(at - 1, 0) : at + 1]
    return int(near[np.argmin(np.abs(near - frame))])


class Viewport:
    """The part of a clip in view; it never leaves the clip."""

    def __init__(self) -> None:
        self._length = 0
        self.view = View(0.0, 1.0)

    def set_length(self, n_frames: int) -> None:
        """Show the whole of another clip."""
        self._length = n_frames
        self.show_all()

    @property
    def zoomed(self) -> bool:
        """Whether less than the whole clip is in view."""
        return self.view.n_frames < self._length

    def show_all(self) -> None:
        """Show the whole clip."""
        self.show(0.0, float(self._longest))

    def show(self, first: float, n_frames: float) -> None:
        """Show frames from `first` on, as far as there are."""
        n_frames = self._possible(n_frames)
        self.view = View(min(max(first, 0.0), self._longest - n_frames), n_frames)

    def show_range(self, first: int, last: int) -> None:
        """Show a range of frames, both ends included, with a little room around it."""
        n_frames = self._possible((last + 1 - first) / (1 - 2 * _ROOM))
        self.show((first + last + 1 - n_frames) / 2, n_frames)

    def zoom(self, factor: float, *, about: float) -> None:
        """Show fewer (factor > 1) or more frames; the place `about`, in frames, stays where it is on screen."""
        n_frames = self._possible(self.view.n_frames / factor)
        share = (about - self.view.first) / self.view.n_frames
        self.show(about - share * n_frames, n_frames)

    def pan(self, frames: float) -> None:
        """Move along the clip."""
        self.show(self.view.first + frames, self.view.n_frames)

    def follow(self, frame: int) -> bool:
        """Bring a frame into view if it is not; tell whether that moved the view."""
        view = self.view
        if view.first <= frame < view.end:
            return False
        self.show(frame - (0.1 if frame > view.first else 0.9) * view.n_frames, view.n_frames)
        return True

    @property
    def _longest(self) -> int:
        return max(self._length, 1)

    def _possible(self, n_frames: float) -> float:
        return min(max(n_frames, min(MIN_FRAMES, self._longest)), self._longest)


def column_starts(view: View, n_columns: int, *, length: int) -> NDArray[np.intp]:
    """Return the frame at which each pixel column (n_columns,) begins, for `reduceat` over an array of `length` frames.

    With fewer frames than columns neighbours begin at the same frame.
    """
    starts = np.floor(view.first + np.arange(n_columns) * (view.n_frames / max(n_columns, 1)))
    result: NDArray[np.intp] = np.clip(starts, 0, max(length - 1, 0)).astype(np.intp)
    return result


def column_end(view: View, *, length: int) -> int:
    """Return the end of the last pixel column in an array of `length` frames."""
    return min(max(math.ceil(view.end), 1), length)


def runs_of(values: NDArray[np.generic]) -> list[tuple[int, int]]:
    """Return the stretches of equal values as (start, end) with the end excluded."""
    if not len(values):
        return []
    cuts = np.flatnonzero(values[1:] != values[:-1]) + 1
    edges = [0, *cuts.tolist(), len(values)]
    return list(itertools.pairwise(edges))
