"""Background work that follows what changes: a moment after the last change, one at a time, only the newest counts."""

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QObject, QTimer

from app.background import Background


class Latest(QObject):
    """Does work again whenever it was asked for, without ever having two of it at once.

    Parameters
    ----------
    prepare : callable
        Called on the GUI thread; returns the work, or None if there is nothing to do.
    take : callable
        Called on the GUI thread with the result, unless it was asked for anew meanwhile.
    failed : callable
        Called with the reason, in words.
    wait_ms : int
        So long after it was asked for last the work begins: a series of changes asks once.
    """

    def __init__(
        self,
        background: Background,
        prepare: Callable[[], Callable[[], Any] | None],
        *,
        take: Callable[[Any], object],
        failed: Callable[[str], object],
        wait_ms: int,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._background, self._prepare, self._take, self._failed = background, prepare, take, failed
        self._asked = self._busy = False
        self._timer = QTimer(self, singleShot=True, interval=wait_ms)
        self._timer.timeout.connect(self._begin)

    def ask(self) -> None:
        """Do the work soon; if it is at work, when that has finished, whose result is dropped."""
        self._asked = True
        if not self._busy:
            self._timer.start()

    def _begin(self) -> None:
        self._asked = False
        work = self._prepare()
        if work is not None:
            self._busy = True
            self._background.run(work, done=self._done, failed=self._fail)

    def _done(self, result: Any) -> None:
        self._busy = False
        if self._asked:
            self._timer.start()
        else:
            self._take(result)

    def _fail(self, reason: str) -> None:
        self._busy = False
        if self._asked:
            self._timer.start()
        else:
            self._failed(reason)
