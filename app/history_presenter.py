"""The steps and the named versions of the project, and whose name stands with the labels."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import overload

from PySide6.QtCore import QObject, QTimer, Signal

from annotation.errors import BetascopeError
from annotation.history import HistoryEntry
from annotation.project import Project
from annotation.versions import Version
from app.actions import Act
from app.background import Background
from app.document import Document
from app.preferences import Preferences
from app.window_actions import Handlers
from app.window_layout import Layout
from widgets.entry_list import Entry
from widgets.history_panel import HistoryRow, StepState
from widgets.in_sight import is_in_sight

_BEGINNING = 0
"""Stands for the state before the first step."""
_THIS_WEEK_DAYS = 7
_REST_MS = 100
"""The panel follows when edits have come to rest; an edit itself never waits for it."""


class HistoryPresenter(QObject):
    """Fills the panel while it can be seen, and goes back to what is chosen there."""

    message = Signal(str)
    failed = Signal(str)

    def __init__(
        self,
        document: Document,
        preferences: Preferences,
        *,
        background: Background,
        layout: Layout,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._document, self._preferences, self._background, self._layout = document, preferences, background, layout
        panel = self._panel = layout.history
        panel.set_author(preferences.settings.annotator)
        panel.shown.connect(self._show)
        panel.step_chosen.connect(self._go_to_step)
        panel.version_saved.connect(self._save_version)
        panel.version_chosen.connect(self._return_to_version)
        panel.version_deleted.connect(self._delete_version)
        panel.author_changed.connect(self._set_author)
        self._rest = QTimer(self, singleShot=True, interval=_REST_MS)
        self._rest.timeout.connect(self._show)
        for signal in (document.opened, document.changed):
            signal.connect(self._rest.start)

    def handlers(self) -> Handlers:
        """Return what the actions about the history do."""
        return {
            Act.HISTORY: self._bring_up,
            Act.SAVE_VERSION: self._ask_version,
            Act.AUTHOR: self._ask_author,
        }

    def _bring_up(self) -> None:
        self._layout.bring_up(self._panel)
        self._panel.focus_steps()

    def _show(self) -> None:
        project = self._document.project
        if project is None or not is_in_sight(self._panel):
            return
        now = datetime.now().astimezone()
        self._panel.set_editable(editable=project.writable)
        self._panel.set_steps(Steps(project.history(), now=now))
        versions = reversed(project.versions())
        self._panel.set_versions([Entry(version.id, version.name, when(version.time, now=now)) for version in versions])

    def _go_to_step(self, step: str) -> None:
        self._document.undo_to(int(step))

    def _ask_version(self) -> None:
        project = self._document.project
        if project is not None:
            self._layout.bring_up(self._panel)
            self._panel.name_version(f"Version {len(project.versions()) + 1}")

    def _save_version(self, name: str) -> None:
        project = self._document.project
        if project is None:
            return
        try:
            pending = project.begin_version(name)
        except BetascopeError as error:
            self.failed.emit(str(error))
            return
        self._background.run(pending.keep, done=self._saved, failed=self.failed.emit)

    def _saved(self, version: Version) -> None:
        self.message.emit(f"The version “{version.name}” is saved.")
        self._show()

    def _return_to_version(self, version: str) -> None:
        self._document.restore_version(version)

    def _delete_version(self, version: str) -> None:
        self._try(lambda project: project.delete_version(version))

    def _try(self, change: Callable[[Project], object]) -> bool:
        project = self._document.project
        if project is None:
            return False
        try:
            change(project)
        except BetascopeError as error:
            self.failed.emit(str(error))
            return False
        self._show()
        return True

    def _ask_author(self) -> None:
        self._layout.bring_up(self._panel)
        self._panel.edit_author()

    def _set_author(self, name: str) -> None:
        if name != self._preferences.settings.annotator:
            self._preferences.change(author=name)
            self._document.set_author(self._preferences.settings.annotator)
        self._panel.set_author(self._preferences.settings.annotator)


class Steps(Sequence[HistoryRow]):
    """The steps for the panel, the newest first, and last how it all began; rows are made when they are looked at."""

    def __init__(self, entries: Sequence[HistoryEntry], *, now: datetime) -> None:
        self._entries, self._now = entries, now
        self._current = max((entry.id for entry in entries if not entry.undone), default=_BEGINNING)

    def __len__(self) -> int:
        return len(self._entries) + 1

    @overload
    def __getitem__(self, index: int) -> HistoryRow: ...
    @overload
    def __getitem__(self, index: slice) -> list[HistoryRow]: ...

    def __getitem__(self, index: int | slice) -> HistoryRow | list[HistoryRow]:
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(len(self)))]
        if not 0 <= index < len(self):
            raise IndexError(index)
        if index == len(self._entries):
            state = StepState.CURRENT if self._current == _BEGINNING else StepState.DONE
            return HistoryRow(str(_BEGINNING), "Beginning", "", state)
        entry = self._entries[-1 - index]
        state = StepState.CURRENT if entry.id == self._current else StepState.DONE
        state = StepState.UNDONE if entry.undone else state
        return HistoryRow(str(entry.id), entry.title, when(entry.time, now=self._now), state)


def when(time: datetime, *, now: datetime) -> str:
    """Return a time in few words: only what differs from now."""
    local = time.astimezone(now.tzinfo)
    if local.date() == now.date():
        return f"{local:%H:%M}"
    days = (now.date() - local.date()).days
    return f"{local:%a %H:%M}" if 0 < days < _THIS_WEEK_DAYS else f"{local:%Y-%m-%d}"
