"""Work in a thread waits while the window has something to do in Python.

Qt gives the interpreter up in each of its calls, and the window has to wait to get it back from a thread at work: a
moment of painting takes several times as long. So such work looks, between its pieces, whether the thread of the window
is where it rests, in Qt's event loop, and waits if it is not.
"""

import sys
import threading
import time
from types import CodeType, FrameType

from PySide6.QtCore import QObject, QTimer

_NOTE_MS = 100
_LOOK_S, _MOST_S = 0.003, 0.06
"""So often it is looked; after the longer time nobody waits at once."""
_SHARE = 10
"""Nobody waits longer than so many times what it worked since: all work goes on, however busy the window is."""
_STILL_S, _MOVED_S = 0.03, 0.0002
"""A thread that used less than the second of the processor in the first waits itself, for something else."""

Place = tuple[CodeType, int]
"""A function, and where in it."""


class RestingPlaces(QObject):
    """Knows where the thread it is made in calls Qt's event loop, once it was `watched`."""

    def __init__(self, *, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._thread = threading.get_ident()
        self._places: set[Place] = set()
        self._timer = QTimer(self, interval=_NOTE_MS)
        self._timer.timeout.connect(self._note)

    def watch(self, *, on: bool) -> None:
        """Note from now on where the event loop is called, as it is anew for a menu; or no more."""
        if on:
            QTimer.singleShot(0, self, self._note)
            self._timer.start()
        else:
            self._timer.stop()

    def place(self) -> Place | None:
        """Return where the thread is now, as far as Python goes; None where it rests, or is gone."""
        place = _place(sys._current_frames().get(self._thread))
        return None if place in self._places else place

    def work_s(self) -> float:
        """Return how long the thread was at work; where the system does not tell, it always is."""
        try:
            return time.clock_gettime(time.pthread_getcpuclockid(self._thread))
        except (AttributeError, OSError):
            return time.monotonic()

    def _note(self) -> None:
        place = _place(sys._getframe().f_back)
        if place is not None:
            self._places.add(place)


def _place(frame: FrameType | None) -> Place | None:
    return None if frame is None else (frame.f_code, frame.f_lasti)


class Courtesy:
    """Lets another thread go first; each thread at work has its own."""

    def __init__(self, places: RestingPlaces) -> None:
        self._places = places
        self._waiting: Place | None = None
        self._done = time.monotonic()

    def wait(self) -> None:
        """Return when the other thread rests or waits itself, or has been at work for long."""
        most_s = min(_MOST_S, _SHARE * (time.monotonic() - self._done))
        if most_s < _LOOK_S:
            return
        if self._places.place() not in (None, self._waiting):
            self._wait(most_s)
        self._done = time.monotonic()

    def _wait(self, most_s: float) -> None:
        start = since = time.monotonic()
        work_s = self._places.work_s()
        while (now := time.monotonic()) - start < most_s:
            time.sleep(_LOOK_S)  # in a thread at work: the interpreter is free for the other one
            place = self._places.place()
            if place is None:
                return
            if self._places.work_s() - work_s > _MOVED_S:
                since, work_s = now, self._places.work_s()
            elif now - since > _STILL_S:
                self._waiting = place
                return
