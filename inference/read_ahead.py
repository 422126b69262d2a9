"""Frames decoded in a thread, a few ahead of whoever works on them."""

import contextlib
import queue
import threading
from collections.abc import Generator, Iterable, Iterator
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from annotation.errors import VideoError
from annotation.video import VideoReader

_READ_AHEAD = 8

NumberedFrame: TypeAlias = tuple[int, NDArray[np.uint8]]
"""A frame and its picture (h, w, 3)."""


def frames_in_order(reader: VideoReader, order: Iterable[int]) -> Generator[NumberedFrame, None, None]:
    """Yield frames in the order asked for, backwards too; those that cannot be decoded are left out."""
    for n in order:
        with contextlib.suppress(VideoError):
            picture = reader.rgb(n)
            yield n, picture


class ReadAhead:
    """Runs a generator of frames in a thread a few frames ahead; to be closed."""

    def __init__(self, frames: Generator[NumberedFrame, None, None]) -> None:
        self._queue: queue.Queue[NumberedFrame | None] = queue.Queue(_READ_AHEAD)
        self._stop = threading.Event()
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._decode, args=(frames,), daemon=True)
        self._thread.start()

    def __iter__(self) -> Iterator[NumberedFrame]:
        while (item := self._queue.get()) is not None:
            yield item
        if self._error is not None:
            raise self._error

    def close(self) -> None:
        """End the thread."""
        self._stop.set()
        self._thread.join()

    def _decode(self, frames: Generator[NumberedFrame, None, None]) -> None:
        try:
            with contextlib.closing(frames):
                for item in frames:
                    self._put(item)
                    if self._stop.is_set():
                        return
        except BaseException as error:
            self._error = error
        finally:
            self._put(None)

    def _put(self, item: NumberedFrame | None) -> None:
        while not self._stop.is_set():
            with contextlib.suppress(queue.Full):
                self._queue.put(item, timeout=0.05)
                return
