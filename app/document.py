"""The open project as the window sees it: one gate for every change, and a signal for each."""

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal

from annotation.edits import Change, ChangeKind, Edit
from annotation.errors import BetascopeError
from annotation.project import Project
from app import job_preparation
from app.job_preparation import PreparedJob
from inference.jobs import Finished


class Document(QObject):
    """Holds the project, if one is open. Everything that changes it goes through here."""

    changed = Signal(object)
    """`Change`: an edit was made, undone or redone."""
    shown = Signal(object)
    """`Change`: an edit was undone or redone, so the view should go there."""
    closing = Signal()
    """The project that is open is about to be closed: last chance to write into it."""
    opened = Signal()
    """Another project, or none, is open now."""
    failed = Signal(str)
    """A change was refused; the reason for people."""

    def __init__(self, *, author: str = "", parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._project: Project | None = None
        self._author = author

    @property
    def project(self) -> Project | None:
        """The open project."""
        return self._project

    def set_project(self, project: Project | None) -> None:
        """Show another project; the one before is closed, everything in it is on the disk already."""
        if self._project is not None:
            self.closing.emit()
            self._project.close()
        self._project = project
        self.set_author(self._author)
        self.opened.emit()

    def set_author(self, author: str) -> None:
        """Say whose name stands with the labels from now on."""
        self._author = author
        if self._project is not None:
            self._project.author = author

    @property
    def folder(self) -> Path | None:
        """Folder of the open project."""
        return None if self._project is None else self._project.folder

    def push(self, edit: Edit, *, merge_key: str | None = None) -> bool:
        """Carry out an edit; tell whether it was possible.

        Edits that follow each other with the same `merge_key` are one step of undo.
        """
        if self._project is None:
            return False
        try:
            change = self._project.push(edit, merge_key=merge_key)
        except BetascopeError as error:
            self.failed.emit(str(error))
            self.changed.emit(Change(ChangeKind.LABELS))
            return False
        self.changed.emit(change)
        return True

    def push_large(self, edit: Edit, *, track_id: str, then: Callable[[], object]) -> None:
        """Carry out an edit of thousands of labels, which the window follows step by step, answering in between.

        What a track then amounts to is worked out in an event of its own, and `changed` is told in the next; `then` is
        called after that, if the edit was possible and the project is still open.
        """
        project = self._project
        if project is None:
            return
        try:
            change = project.push(edit)
        except BetascopeError as error:
            self.failed.emit(str(error))
            self.changed.emit(Change(ChangeKind.LABELS))
            return

        def work_out() -> None:
            if project is self._project and track_id in project.tracks:
                project.resolved(track_id)
            QTimer.singleShot(0, self, tell)

        def tell() -> None:
            if project is self._project:
                self.changed.emit(change)
                then()

        QTimer.singleShot(0, self, work_out)

    def follow(self, edit: Edit) -> bool:
        """Carry out what follows from edits that were made already and is no step of undo; tell whether it could be."""
        if self._project is None:
            return False
        try:
            change = self._project.push(edit, undoable=False)
        except BetascopeError as error:
            self.failed.emit(str(error))
            return False
        self.changed.emit(change)
        return True

    def undo(self) -> None:
        """Take back the last edit and show where it was."""
        self._step(Project.undo)

    def redo(self) -> None:
        """Carry out again what was undone last and show where it is."""
        self._step(Project.redo)

    def undo_to(self, entry_id: int) -> None:
        """Make a step of the history the last one that holds (0: none does) and show where it was."""
        self._step(lambda project: project.undo_to(entry_id))

    def restore_version(self, version_id: str) -> None:
        """Return to a named version; one step that can be undone."""
        self._step(lambda project: project.restore_version(version_id))

    def take_result(self, job: PreparedJob, finished: Finished) -> bool:
        """Let a track show what a job made, as an edit."""
        project = self._project
        if project is None or job.clip_id not in project.clips:
            return False
        if job.new_track is None and job.track_id not in project.tracks:
            return False
        try:
            edit = job_preparation.take_result(project, job, finished)
        except BetascopeError as error:
            self.failed.emit(str(error))
            return False
        return edit is None or self.push(edit)

    def _step(self, step: Callable[[Project], Change | None]) -> None:
        if self._project is None:
            return
        try:
            change = step(self._project)
        except BetascopeError as error:
            self.failed.emit(str(error))
            return
        if change is not None:
            self.changed.emit(change)
            self.shown.emit(change)
