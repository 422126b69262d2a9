"""What cameras wrote into their videos: looked up behind the window where an earlier project did not keep it."""

from PySide6.QtCore import QObject, Signal

from annotation.edits import Change, ChangeKind
from annotation.errors import BetascopeError
from app.background import Background
from app.document import Document
from app.operations import note_lenses, told_lenses


class Lenses(QObject):
    """Looks once a project is open or a video is somewhere else; a drive that does not answer holds nobody up."""

    failed = Signal(str)

    def __init__(self, document: Document, *, background: Background, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._document, self._background = document, background
        document.opened.connect(self._look)
        document.edited.connect(self._look_again)

    def _look_again(self, change: Change) -> None:
        """Look where a video was relinked, or came back."""
        if change.kind is ChangeKind.CLIPS:
            self._look()

    def _look(self) -> None:
        project = self._document.project
        if project is None or not project.writable or all(clip.film_mm is not None for clip in project.clips.values()):
            return

        def keep(told: dict[str, float | None]) -> None:
            if self._document.project is project:
                try:
                    note_lenses(project, told)
                except BetascopeError as error:
                    self.failed.emit(str(error))

        self._background.run(lambda: told_lenses(project), done=keep, failed=self.failed.emit)
