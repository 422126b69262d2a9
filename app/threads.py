"""Threads that may hang: reading from a network drive that is gone can last for ever, and nobody can end it.

So nobody waits for them without limit: who hangs is left behind, and ends with the process.
"""

import os
import sys
import threading
from collections.abc import Callable
from contextlib import suppress

from PySide6.QtCore import QObject, QThread
from shiboken6 import isValid

_BACKGROUND_NICE = 10
_SWITCH_S = 0.0005
_DESTROYED_MS = 1000


def let_the_window_through() -> None:
    """Let threads of Python hand over ten times as often, for the whole process.

    The GUI thread gives the interpreter up in each call of Qt; with the 5 ms that is usual, each time it may wait so
    long for a busy thread to hand it back, and a moment's work takes a tenth of a second.
    """
    sys.setswitchinterval(_SWITCH_S)


def start_daemon(work: Callable[[], object]) -> threading.Thread:
    """Do something in a thread that does not keep the process from ending."""
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    return thread


def stand_back() -> None:
    """Let the calling thread work when others leave it the processor, where threads have priorities of their own."""
    if sys.platform == "linux":
        with suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _BACKGROUND_NICE)


def begin_thread(worker: QObject, *, owner: QObject) -> QThread:
    """Return a thread, not yet started, for a worker to live in.

    It is ended with its owner at the latest, even where nobody came to end it before: Qt ends the whole process when
    a thread is deleted that still runs.
    """
    thread = QThread()
    worker.moveToThread(thread)

    def end() -> None:
        if isValid(thread):  # at the end of the process Qt's objects go in no order
            end_thread(thread, worker, wait_ms=_DESTROYED_MS)

    owner.destroyed.connect(end)
    return thread


def end_thread(thread: QThread, worker: QObject, *, wait_ms: int) -> bool:
    """End a thread and tell whether it did; one that hangs is left to itself, with the worker that lives in it."""
    thread.quit()
    if thread.wait(wait_ms):
        return True
    thread.finished.connect(lambda: (thread, worker))  # a reference to both, so that neither is deleted
    return False
