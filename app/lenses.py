"""What cameras wrote into their videos: looked up behind the window where an earlier project did not keep it."""

from contextlib import suppress

from PySide6.QtCore import QObject, Qt, Signal

from annotation.edits import Change, ChangeKind
from annotation.errors import BetascopeError
from annotation.project import Project
from app.document import Document
from app.operations import note_lenses, told_lenses
from app.threads import start_daemon


class Lenses(QObject):
    """Looks once a project is open or a video is somewhere else; a drive that does not answer holds nobody up."""

    failed = Signal(str)
    _told = Signal(object, object)

    def __init__(self, document: Document, *, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._document = document
        document.opened.connect(self._look)
        document.edited.connect(self._look_again)
        self._told.connect(self._keep, Qt.ConnectionType.QueuedConnection)

    def _look_again(self, change: Change) -> None:
        """Look where a video was relinked, or came back."""
        if change.kind is ChangeKind.CLIPS:
            self._look()

    def _look(self) -> None:
        project = self._document.project
        if project is None or not project.writable or all(clip.film_mm is not None for clip in project.clips.values()):
            return

        def ask() -> None:
            told = told_lenses(project)
            with suppress(RuntimeError):  # the window is gone
                self._told.emit(project, told)

        start_daemon(ask)  # of its own, for it may never end

    def _keep(self, project: Project, told: dict[str, float | None]) -> None:
        if self._document.project is not project:
            return
        try:
            note_lenses(project, told)
        except BetascopeError as error:
            self.failed.emit(str(error))
