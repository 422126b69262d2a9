"""What was done, step by step, and the versions that were given a name; one click goes back to either."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from PySide6.QtCore import QModelIndex, QRect, QSize, Qt, Signal
from PySide6.QtGui import QFont, QPainter, QPalette, QShowEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from widgets.entry_list import Entry, EntryList, Index, paint_row_background, small_font
from widgets.row_list import ROW_ROLE, RowModel, row_list
from widgets.theme import colors_of

_MAX_NAME_CHARS = 80


class StepState(Enum):
    """Where a step stands: it holds, it is the last that holds, or it was taken back."""

    DONE = "done"
    CURRENT = "now"
    UNDONE = "taken back"


@dataclass(frozen=True)
class HistoryRow:
    """One step.

    Attributes
    ----------
    id : str
        What `step_chosen` names.
    title : str
        What was done.
    time : str
        When, in short words.
    state : StepState
    """

    id: str
    title: str
    time: str
    state: StepState


class HistoryPanel(QWidget):
    """Versions above, steps below, the newest first.

    Signals
    -------
    step_chosen : str
        The user wants the state just after a step.
    version_saved : str
        The user gives the present state this name.
    version_chosen, version_deleted : str
        The user wants a version back, or to be rid of it; its id.
    author_changed : str
        The user goes by another name.
    shown
        The panel became visible; who fills it can do so now.
    """

    step_chosen = Signal(str)
    version_saved = Signal(str)
    version_chosen = Signal(str)
    version_deleted = Signal(str)
    author_changed = Signal(str)
    shown = Signal()

    def __init__(self, *, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._author = QLineEdit()
        self._author.setMaxLength(_MAX_NAME_CHARS)
        self._author.setAccessibleName("Your name")
        self._author.setToolTip("Kept with each label you make")
        self._author.editingFinished.connect(lambda: self.author_changed.emit(self._author.text().strip()))
        self._name = QLineEdit()
        self._name.setMaxLength(_MAX_NAME_CHARS)
        self._name.setPlaceholderText("Name of a new version")
        self._name.setAccessibleName("Name of a new version")
        self._name.returnPressed.connect(self._save)
        self._save_button = QPushButton("Save")
        self._save_button.setToolTip("Keep the present state under this name")
        self._save_button.clicked.connect(self._save)
        self._versions = EntryList("Versions", max_rows=4)
        self._back, self._delete = QPushButton("Go back to it"), QPushButton()
        self._back.clicked.connect(lambda: self._emit_version(self.version_chosen))
        self._delete.clicked.connect(self._ask_delete)
        self._versions.currentItemChanged.connect(self._show_buttons)
        self._steps: RowModel[HistoryRow] = RowModel(
            lambda row: row.title, spoken=lambda row: f"{row.title}, {row.time}, {row.state.value}"
        )
        self._list = row_list(self._steps, _StepDelegate, name="Steps, the newest first")
        self._list.activated.connect(self._choose)
        self._list.clicked.connect(self._choose)
        self._lay_out()
        self.set_versions([])

    def set_steps(self, rows: Sequence[HistoryRow]) -> None:
        """Show steps, the newest first."""
        self._steps.set_rows(rows)

    def set_versions(self, versions: Sequence[Entry]) -> None:
        """Show versions, the newest first."""
        self._versions.set_entries(versions)
        self._versions.setVisible(bool(versions))
        self._show_buttons()

    def set_author(self, name: str) -> None:
        """Show by which name the user goes."""
        self._author.setText(name)

    def set_editable(self, *, editable: bool) -> None:
        """Let the user change something, or look only."""
        for control in (self._name, self._save_button, self._back, self._delete):
            control.setEnabled(editable)

    def name_version(self, proposal: str) -> None:
        """Put the cursor into the field for a new version's name."""
        self._name.setText(proposal)
        self._name.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self._name.selectAll()

    def focus_steps(self) -> None:
        """Let the arrows go through the steps, and Enter choose one."""
        self._list.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def edit_author(self) -> None:
        """Put the cursor into the field for the user's name."""
        self._author.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self._author.selectAll()

    def showEvent(self, event: QShowEvent) -> None:
        """Say that it can be seen."""
        super().showEvent(event)
        self.shown.emit()

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 8, 8, 8)
        column.setSpacing(8)
        who, save, buttons = QHBoxLayout(), QHBoxLayout(), QHBoxLayout()
        who.addWidget(QLabel("Your name"))
        who.addWidget(self._author, 1)
        save.addWidget(self._name, 1)
        save.addWidget(self._save_button)
        buttons.addWidget(self._back)
        buttons.addWidget(self._delete)
        buttons.addStretch(1)
        column.addLayout(who)
        column.addWidget(_heading("Versions"))
        column.addLayout(save)
        column.addWidget(self._versions)
        column.addLayout(buttons)
        column.addWidget(_heading("Steps"))
        column.addWidget(self._list, 1)

    def _save(self) -> None:
        name = self._name.text().strip()
        if name:
            self._name.clear()
            self.version_saved.emit(name)

    def _show_buttons(self) -> None:
        chosen = self._versions.selected is not None
        self._delete.setText("Delete")
        for button in (self._back, self._delete):
            button.setVisible(chosen)

    def _ask_delete(self) -> None:
        """Ask once more with the button itself: a version deleted is gone."""
        if self._delete.text() == "Delete":
            self._delete.setText("Delete for good")
        else:
            self._emit_version(self.version_deleted)

    def _emit_version(self, signal: Any) -> None:
        if self._versions.selected is not None:
            signal.emit(self._versions.selected)

    def _choose(self, index: QModelIndex) -> None:
        row: HistoryRow = index.data(ROW_ROLE)
        if row.state is not StepState.CURRENT:
            self.step_chosen.emit(row.id)


class _StepDelegate(QStyledItemDelegate):
    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Paint what was done and when; the present state stands out, what was taken back recedes."""
        view = option.widget
        row: HistoryRow = index.data(ROW_ROLE)
        paint_row_background(painter, option)
        colors, middle = colors_of(view), Qt.AlignmentFlag.AlignVCenter
        area: QRect = option.rect.adjusted(12, 0, -8, 0)
        undone = row.state is StepState.UNDONE
        painter.save()
        painter.setFont(small_font(view.font()))
        painter.setPen(colors.muted)
        time = f"taken back, {row.time}" if undone else row.time
        painter.drawText(area, middle | Qt.AlignmentFlag.AlignRight, time)
        area.adjust(0, 0, -painter.fontMetrics().horizontalAdvance(time) - 12, 0)
        font = QFont(view.font())
        font.setBold(row.state is StepState.CURRENT)
        painter.setFont(font)
        painter.setPen(colors.muted if undone else colors.text)
        title = painter.fontMetrics().elidedText(row.title, Qt.TextElideMode.ElideRight, area.width())
        painter.drawText(area, middle | Qt.AlignmentFlag.AlignLeft, title)
        painter.restore()

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        """Leave room for one line."""
        return QSize(80, option.widget.fontMetrics().height() + 8)


def _heading(text: str) -> QLabel:
    label = QLabel(text)
    font = QFont(label.font())
    font.setWeight(QFont.Weight.DemiBold)
    label.setFont(font)
    label.setForegroundRole(QPalette.ColorRole.WindowText)
    return label
