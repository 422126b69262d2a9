"""The open project as the window sees it: one gate for every change, and a signal for each."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal

from annotation.edits import Change, ChangeKind, Edit
from annotation.errors import BetascopeError
from annotation.history import Way
from annotation.labels import Track
from annotation.project import Project
from annotation.rehearsal import Rehearsed
from app import job_preparation
from app.background import Background
from app.job_preparation import PreparedJob
from inference.jobs import Finished


class Document(QObject):
    """Holds the project, if one is open. Everything that changes it goes through here."""

    edited = Signal(object)
    """`Change`: like `changed`, and before it; for what goes on elsewhere while the window shows the change."""
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

    def __init__(self, *, background: Background, author: str = "", parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._project: Project | None = None
        self._author = author
        self._background = background
        self._pending: Callable[[], object] | None = None

    @property
    def project(self) -> Project | None:
        """The open project."""
        return self._project

    def set_project(self, project: Project | None) -> None:
        """Show another project; the one before is closed, everything in it is on the disk already."""
        self.settle()
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
        self.settle()
        if self._project is None:
            return False
        try:
            change = self._project.push(edit, merge_key=merge_key)
        except BetascopeError as error:
            self.failed.emit(str(error))
            self._say(Change(ChangeKind.LABELS))
            return False
        self._say(change)
        return True

    def push_made(
        self,
        track: Track | None,
        make: Callable[[Track], Edit | None],
        *,
        refused: Callable[[str], object],
        unchanged: Callable[[], object] = lambda: None,
    ) -> bool:
        """Carry out the edit that is made for a track, if there is a track; tell whether it was possible.

        `refused` hears why no edit can be made; `unchanged` is called where nothing would be other than it is.
        """
        if track is None:
            return False
        try:
            edit = make(track)
        except BetascopeError as error:
            refused(str(error))
            return False
        if edit is None:
            unchanged()
            return False
        return self.push(edit)

    def push_large(self, edit: Edit, *, track_id: str, then: Callable[[], object]) -> None:
        """Carry out an edit of thousands of labels, which is worked out in the background first.

        `then` is called when it was possible. The points of the track are asked for right after.
        """
        project = self._project
        if project is None:
            return

        def at_once() -> None:
            if self.push(edit):
                then()

        def told(change: Change) -> None:
            self._say(change)
            then()

        work = partial(project.rehearsal(shown=[track_id]).push, edit)
        self._work_out(work, otherwise=at_once, done=told)

    def follow(self, edit: Edit) -> bool:
        """Carry out what follows from edits that were made already and is no step of undo; tell whether it could be."""
        self.settle()
        if self._project is None:
            return False
        try:
            change = self._project.push(edit, undoable=False)
        except BetascopeError as error:
            self.failed.emit(str(error))
            return False
        self._say(change)
        return True

    def undo(self) -> None:
        """Take back the last edit and show where it was."""
        self._go(lambda project: project.way_of(undone=False))

    def redo(self) -> None:
        """Carry out again what was undone last and show where it is."""
        self._go(lambda project: project.way_of(undone=True))

    def undo_to(self, entry_id: int) -> None:
        """Make a step of the history the last one that holds (0: none does) and show where it was."""
        self._go(lambda project: project.way_to(entry_id))

    def restore_version(self, version_id: str) -> None:
        """Return to a named version; one step that can be undone."""
        self.settle()
        project = self._project
        if project is None:
            return
        try:
            rehearse = partial(project.rehearsal().return_to, project.version(version_id))
        except BetascopeError as error:
            self.failed.emit(str(error))
            return
        at_once = partial(self._step, partial(Project.restore_version, version_id=version_id))
        self._work_out(rehearse, otherwise=at_once, done=self._tell)

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

    # --- large changes ---------------------------------------------------------------------------------------

    def _go(self, find_way: Callable[[Project], Way]) -> None:
        """Go a way through the history; a long one is worked out in the background."""
        self.settle()
        project = self._project
        if project is None:
            return
        try:
            way = find_way(project)
            is_large = project.writable and project.is_large(way)
            rehearse = partial(project.rehearsal().go, way, project.packed(way)) if is_large else None
        except BetascopeError as error:
            self.failed.emit(str(error))
            return
        if rehearse is None:
            self._step(lambda project: project.go(way))
        else:
            self._work_out(rehearse, otherwise=lambda: self._step(lambda project: project.go(way)), done=self._tell)

    def _work_out(
        self,
        rehearse: Callable[[], Rehearsed | None],
        *,
        otherwise: Callable[[], object],
        done: Callable[[Change], object],
    ) -> None:
        """Let a thread work a change out, then take it over; what comes meanwhile settles it first."""
        self.settle()
        project, self._pending = self._project, otherwise

        def take(rehearsed: Rehearsed | None) -> None:
            if self._pending is otherwise:
                self._pending = None
                change = self._taken_over(rehearsed)
                if change is None:
                    otherwise()
                else:  # the views follow in an event of their own
                    QTimer.singleShot(0, self, lambda: project is self._project and done(change))

        self._background.run(lambda: _tried(rehearse), done=take, failed=lambda _: take(None))

    def _taken_over(self, rehearsed: Rehearsed | None) -> Change | None:
        if self._project is None or rehearsed is None:
            return None
        try:
            return self._project.take_over(rehearsed)
        except BetascopeError:
            return None  # whoever tries it again says what is wrong

    def settle(self) -> None:
        """Carry out at once what is still being worked out: what comes now comes after it."""
        pending, self._pending = self._pending, None
        if pending is not None:
            pending()

    def _step(self, step: Callable[[Project], Change | None]) -> None:
        self.settle()
        if self._project is None:
            return
        try:
            change = step(self._project)
        except BetascopeError as error:
            self.failed.emit(str(error))
            return
        if change is not None:
            self._tell(change)

    def _say(self, change: Change) -> None:
        self.edited.emit(change)
        self.changed.emit(change)

    def _tell(self, change: Change) -> None:
        self._say(change)
        self.shown.emit(change)


def _tried(rehearse: Callable[[], Rehearsed | None]) -> Rehearsed | None:
    """Return what is worked out; None where that fails, as it may if the project changes in the meantime."""
    try:
        return rehearse()
    except Exception:  # carried out at once it says what is wrong
        return None
