"""Opening projects and videos in the background: how far it is, and that a drive does not answer."""

from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal

from annotation.errors import BetascopeError, ProjectBusyError
from annotation.project import Project
from annotation.video_file import Report
from app import operations
from app.background import Background

PATIENCE_MS = 2000
_SOON_MS = 300


class Opening(QObject):
    """Opens one thing at a time: whoever opens another does not want the one before any more."""

    opened = Signal(object)
    """`Project`."""
    failed = Signal(str)
    busy = Signal(str, Path)
    """Another window edits the project: the reason, and the folder, which can still be looked at."""
    said = Signal(str)
    """What to show while it lasts; empty when it is over."""
    _read = Signal(int, int, int)

    def __init__(self, background: Background, *, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._background = background
        self._latest, self._name = 0, ""
        self._patience = QTimer(self, singleShot=True, interval=PATIENCE_MS)
        self._patience.timeout.connect(self._say_late)
        self._soon = QTimer(self, singleShot=True, interval=_SOON_MS)
        self._read.connect(self._say_progress)

    def open(self, work: Callable[[Report], Project], *, path: Path, then: Callable[[], object] | None = None) -> None:
        """Open what lies at a path, then tell; `work` gets who to report reading to."""
        report = self.begin(path.name)
        opening = self._latest

        def try_work() -> Project | ProjectBusyError:
            try:
                project = work(report)
            except ProjectBusyError as error:
                return error
            with suppress(BetascopeError):  # said when it is shown
                for track in list(project.tracks.values())[:1]:
                    project.resolved(track.id)  # kept, so that the window need not work it out
            return project

        def done(result: Project | ProjectBusyError) -> None:
            if opening == self._latest:
                self.end()
            if isinstance(result, ProjectBusyError):
                self.busy.emit(str(result), path if path.is_dir() else operations.project_for_video(path))
            elif opening == self._latest:
                self.opened.emit(result)
                if then is not None:
                    then()
            else:  # another was asked for in the meantime
                result.close()

        self._background.run(try_work, done=done, failed=partial(self._fail, opening))

    def begin(self, name: str) -> Report:
        """Say from now on how far reading a file is; return what hears of it, from any thread."""
        self._latest += 1
        self._name = name
        self._patience.start()
        self._soon.start()
        return partial(self._read.emit, self._latest)

    def end(self) -> None:
        """Say nothing any more."""
        self._patience.stop()
        self._soon.stop()
        self.said.emit("")

    def _fail(self, opening: int, reason: str) -> None:
        if opening == self._latest:
            self.end()
        self.failed.emit(reason)

    def _say_progress(self, opening: int, done: int, total: int) -> None:
        if opening != self._latest:
            return
        self._patience.start()
        if not self._soon.isActive():  # what takes a moment only needs no words
            share = f" {100 * done // total} %" if total else ""
            self.said.emit(f"Reading the timeline of {self._name}{share}")

    def _say_late(self) -> None:
        self.said.emit(f"Waiting for {self._name}: its drive or the network does not answer. Everything else goes on.")
