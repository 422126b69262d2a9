"""Work of a second or less, off the GUI thread; anything longer is a job in a process."""

import logging
from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QObject, QRunnable, QThreadPool, Signal

from annotation.errors import BetascopeError

_LOG = logging.getLogger(__name__)


class _Signals(QObject):
    done = Signal(object)
    failed = Signal(str)


class _Work(QRunnable):
    def __init__(self, work: Callable[[], Any]) -> None:
        super().__init__()
        self._work = work
        self.signals = _Signals()

    def run(self) -> None:
        try:
            result = self._work()
        except BetascopeError as error:
            self.signals.failed.emit(str(error))
        except Exception as error:
            _LOG.exception("Background work failed")
            self.signals.failed.emit(f"Something unexpected went wrong ({type(error).__name__}: {error}).")
        else:
            self.signals.done.emit(result)


class Background(QObject):
    """Runs functions in threads and hands the result, or the reason of a failure, back on the GUI thread."""

    def __init__(self, *, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._pool = QThreadPool(self)
        self._running: set[_Work] = set()

    def run(self, work: Callable[[], Any], *, done: Callable[[Any], object], failed: Callable[[str], object]) -> None:
        """Run `work`; then call `done` with its result, or `failed` with what to tell the user."""
        item = _Work(work)
        item.setAutoDelete(False)
        self._running.add(item)
        item.signals.done.connect(lambda result: self._finish(item, lambda: done(result)))
        item.signals.failed.connect(lambda reason: self._finish(item, lambda: failed(reason)))
        self._pool.start(item)

    def wait(self) -> None:
        """Wait for what is running; for closing."""
        self._pool.waitForDone()

    def _finish(self, item: _Work, tell: Callable[[], object]) -> None:
        self._running.discard(item)
        tell()
