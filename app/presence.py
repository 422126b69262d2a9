"""Whether videos are where they were; asked in the background, for a network drive may take minutes to say so."""

import time
from contextlib import suppress
from pathlib import Path

from PySide6.QtCore import QObject, Qt, Signal

from app.operations import is_there
from app.threads import start_daemon

_ASK_AGAIN_S = 1.0


class Presence(QObject):
    """What is known about files; asking never waits."""

    changed = Signal()
    """A file came or went."""
    _answered = Signal(object, bool)

    def __init__(self, *, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._known: dict[Path, bool] = {}
        self._asked_s: dict[Path, float] = {}
        self._waiting: set[Path] = set()
        self._answered.connect(self._learn, Qt.ConnectionType.QueuedConnection)

    def is_there(self, path: Path) -> bool:
        """Tell what was heard last; before anything was heard, that it is there."""
        now = time.monotonic()
        if path not in self._waiting and now - self._asked_s.get(path, -_ASK_AGAIN_S) >= _ASK_AGAIN_S:
            self._waiting.add(path)
            self._asked_s[path] = now
            start_daemon(lambda: self._look(path))
        return self._known.get(path, True)

    def _look(self, path: Path) -> None:
        found = is_there(path)
        with suppress(RuntimeError):  # the window is gone
            self._answered.emit(path, found)

    def _learn(self, path: Path, found: bool) -> None:  # noqa: FBT001 - a slot of a signal
        self._waiting.discard(path)
        before, self._known[path] = self._known.get(path, True), found
        if found is not before:
            self.changed.emit()
