"""Decoded frames in memory around the playhead, bounded in bytes."""

import bisect
import ctypes
import os
import sys
from typing import Literal

from annotation.video_file import Frame

Direction = Literal[-1, 1]

MAX_CACHE_BYTES = 4 << 30
_UNKNOWN_MEMORY = 4 << 30
_RUN_UP_WEIGHT = 2
"""A frame behind the playhead counts as so many times farther away: a third of the room is run-up, the rest ahead."""


def default_cache_bytes() -> int:
    """Return how much memory decoded frames may take: a quarter of the machine's, at most 4 GB."""
    return min(_memory_bytes() // 4, MAX_CACHE_BYTES)


def _memory_bytes() -> int:
    if sys.platform == "win32":
        kilobytes = ctypes.c_ulonglong(0)
        known = ctypes.windll.kernel32.GetPhysicallyInstalledSystemMemory(ctypes.byref(kilobytes))
        return kilobytes.value * 1024 if known else _UNKNOWN_MEMORY
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (OSError, ValueError):
        return _UNKNOWN_MEMORY


class FrameCache:
    """The decoded frames nearest to the playhead, up to so many bytes.

    Kept as YUV, which takes half the room of RGB. When room is needed, the frame farthest from the playhead goes
    first, and those behind it sooner than those in front. May be asked from any thread, changed from one.

    Attributes
    ----------
    limit, used : int
        Bytes.
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.used = 0
        self._frames: dict[int, tuple[Frame, int]] = {}
        self._order: list[int] = []
        self._playhead = 0
        self._direction: Direction = 1

    def __contains__(self, n: int) -> bool:
        return n in self._frames

    def move(self, playhead: int, direction: Direction) -> None:
        """Say which frame is shown and which way it goes on."""
        self._playhead, self._direction = playhead, direction

    def capacity(self) -> int:
        """Return how many frames like the kept ones have room."""
        return self.limit * len(self._frames) // self.used if self.used else 1

    def get(self, n: int) -> Frame | None:
        """Return frame `n` if it is kept."""
        found = self._frames.get(n)
        return None if found is None else found[0]

    def put(self, n: int, frame: Frame) -> None:
        """Keep a frame, unless it is the first to go."""
        if n in self._frames:
            self.used -= self._frames[n][1]
        else:
            bisect.insort(self._order, n)
        n_bytes = sum(plane.buffer_size for plane in frame.planes)
        self._frames[n] = frame, n_bytes
        self.used += n_bytes
        while self.used > self.limit and len(self._order) > 1:
            farthest = self._order.pop(0 if self._distance(self._order[0]) >= self._distance(self._order[-1]) else -1)
            self.used -= self._frames.pop(farthest)[1]

    def clear(self) -> None:
        """Forget all frames."""
        self._frames.clear()
        self._order.clear()
        self.used = 0

    def _distance(self, n: int) -> int:
        ahead = (n - self._playhead) * self._direction
        return ahead if ahead >= 0 else -_RUN_UP_WEIGHT * ahead
