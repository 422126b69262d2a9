"""Work of a second or less, off the GUI thread; anything longer is a job in a process."""

import logging
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from PySide6.QtCore import QObject, Signal

from annotation.courtesy import giving_way
from annotation.errors import BetascopeError
from app import memory
from app.courtesy import Courtesy, RestingPlaces
from app.threads import start_daemon

_LOG = logging.getLogger(__name__)
_AT_ONCE = 4


class _Work(QObject):
    done = Signal(object)
    failed = Signal(str)

    def __init__(self, work: Callable[[], Any]) -> None:
        super().__init__()
        self._work = work

    def run(self) -> None:
        try:
            result = self._work()
        except BetascopeError as error:
            self._tell(self.failed, str(error))
        except Exception as error:
            _LOG.exception("Background work failed")
            self._tell(self.failed, f"Something unexpected went wrong ({type(error).__name__}: {error}).")
        else:
            self._tell(self.done, result)

    def _tell(self, signal: Any, value: object) -> None:
        with suppress(RuntimeError):  # came so late that the window is gone
            signal.emit(value)


class Background(QObject):
    """Runs functions in threads and hands the result, or the reason of a failure, back on the GUI thread."""

    def __init__(self, *, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._places = threading.BoundedSemaphore(_AT_ONCE)
        self._running: dict[_Work, threading.Thread] = {}
        self._resting = RestingPlaces(parent=self)
        self._ended = False

    def run(self, work: Callable[[], Any], *, done: Callable[[Any], object], failed: Callable[[str], object]) -> None:
        """Run `work`; then call `done` with its result, or `failed` with what to tell the user."""
        item, places, courtesy = _Work(work), self._places, Courtesy(self._resting)
        item.done.connect(lambda result: self._finish(item, lambda: done(result)))
        item.failed.connect(lambda reason: self._finish(item, lambda: failed(reason)))

        def take_turn() -> None:
            with places, giving_way(courtesy.wait):
                item.run()
                memory.give_back()

        self._resting.watch(on=True)
        self._running[item] = start_daemon(take_turn)

    def wait(self, *, at_most_ms: int) -> bool:
        """Wait for what is running, for closing; tell whether all of it ended. What comes later is not told."""
        self._ended = True
        until = time.monotonic() + at_most_ms / 1000
        threads = list(self._running.values())
        for thread in threads:
            thread.join(max(0.0, until - time.monotonic()))
        return not any(thread.is_alive() for thread in threads)

    def _finish(self, item: _Work, tell: Callable[[], object]) -> None:
        self._running.pop(item, None)
        self._resting.watch(on=bool(self._running))
        item.deleteLater()  # else its connections would keep it, and what the work needed, for ever
        if not self._ended:
            tell()
