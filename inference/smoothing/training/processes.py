"""Processes that compute side by side, a processor each: they say how far they are, and end when they are told to."""

import os
import queue
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextvars import ContextVar
from multiprocessing import get_context, parent_process
from typing import Any

import torch

_SAY_EVERY_S = 0.5


class Line:
    """What the processes say, and how they are told to end; made before them, and handed to `processes`."""

    def __init__(self) -> None:
        context = get_context("spawn")
        self._messages: Any = context.Queue()
        self._end = context.Event()
        self._said_s = -_SAY_EVERY_S

    def say(self, message: str) -> None:
        """Say how far one is; what comes too soon after the last time is left out."""
        now = time.monotonic()
        if now - self._said_s > _SAY_EVERY_S:
            self._said_s = now
            self._messages.put(message)

    def heard(self) -> Iterator[str]:
        """Hand out what was said since the last time."""
        while True:
            try:
                yield self._messages.get_nowait()
            except queue.Empty:
                return

    def end(self) -> None:
        """End the processes, in the middle of whatever they do."""
        self._end.set()

    def wait_for_end(self) -> None:
        """Return when the processes are to end."""
        self._end.wait()


_LINE: ContextVar[Line | None] = ContextVar("line", default=None)


def processes(at_once: int, line: Line) -> ProcessPoolExecutor:
    """Return so many processes; what they carry out is importable."""
    return ProcessPoolExecutor(at_once, mp_context=get_context("spawn"), initializer=_begin, initargs=(line,))


def say(message: str) -> None:
    """Say in such a process how far it is."""
    line = _LINE.get()
    if line is not None:
        line.say(message)


def _begin(line: Line) -> None:
    torch.set_num_threads(1)
    _LINE.set(line)
    for wait in (line.wait_for_end, _wait_for_end_of_parent):
        threading.Thread(target=_end_after, args=(wait,), daemon=True).start()


def _end_after(wait: Any) -> None:
    wait()
    os._exit(1)


def _wait_for_end_of_parent() -> None:
    """Return when the process that wants the result is gone: a job that is cancelled may be killed."""
    parent = parent_process()
    if parent is None:
        threading.Event().wait()
    else:
        parent.join()
