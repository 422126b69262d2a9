"""The frames that deserve a look, with the reason; one click goes there."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QModelIndex, QRect, QSize, Qt, Signal
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from widgets.entry_list import Index, paint_row_background, small_font
from widgets.row_list import ROW_ROLE, RowModel, row_list
from widgets.theme import colors_of

_ALL = "All kinds"
_SUREST, _IN_TIME = "Surest first", "In time"
_FULL_SEVERITY = 4.0


@dataclass(frozen=True)
class DoubtRow:
    """One doubt.

    Attributes
    ----------
    id : int
        What the signals name.
    kind : str
        Short word for the reason.
    start, end, frame : int
        The frames, both ends included, and the worst of them.
    text : str
        What is wrong: "left knee jumps 84 px".
    severity : float
        1 where doubt begins.
    dismissed : bool
    repairable : bool
        Whether one key can put it right.
    """

    id: int
    kind: str
    start: int
    end: int
    frame: int
    text: str
    severity: float
    dismissed: bool = False
    repairable: bool = False

    @property
    def where(self) -> str:
        """The frames in words."""
        return f"frame {self.start}" if self.start == self.end else f"frames {self.start} to {self.end}"


class DoubtList(QWidget):
    """Doubts by severity or in time, of all kinds or of one.

    Setters select without a signal; the signals tell what the user does.

    Signals
    -------
    doubt_chosen : int
        The user wants to see a doubt.
    dismiss_toggled : int
        The user puts a doubt aside, or takes it up again.
    repair_requested : int
        The user wants a swap put right.
    shown_changed
        Which doubts are listed changed, by the user.
    """

    doubt_chosen = Signal(int)
    dismiss_toggled = Signal(int)
    repair_requested = Signal(int)
    shown_changed = Signal()

    def __init__(self, *, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._all: Sequence[DoubtRow] = ()
        self._rows: RowModel[DoubtRow] = RowModel(
            lambda row: row.text,
            spoken=lambda row: f"{row.text}, {_details(row)}",
            tip=lambda row: f"{_sentence(row.text)}\n{_details(row)}",
        )
        self._message = QLabel("Doubts appear when the climber was detected.")
        self._message.setWordWrap(True)
        self._message.setAlignment(Qt.AlignmentFlag.AlignTop)
        self._kinds, self._order = QComboBox(), QComboBox()
        self._kinds.setAccessibleName("Kind of doubt")
        self._kinds.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self._kinds.addItem(_ALL, None)
        self._order.setAccessibleName("Order")
        self._order.addItems([_SUREST, _IN_TIME])
        self._with_dismissed = QCheckBox("Dismissed too")
        self._list = row_list(self._rows, _Delegate, name="Doubts")
        self._dismiss, self._repair = QPushButton("Dismiss"), QPushButton("Put right")
        self._repair.setToolTip("Exchange left and right in all frames of this doubt, or turn the body around")
        self._lay_out()
        self._kinds.currentIndexChanged.connect(self._show_changed)
        self._order.currentIndexChanged.connect(self._show_changed)
        self._with_dismissed.toggled.connect(self._show_changed)
        self._list.clicked.connect(lambda index: self.doubt_chosen.emit(_row(index).id))
        self._list.activated.connect(lambda index: self.doubt_chosen.emit(_row(index).id))
        self._list.selectionModel().currentChanged.connect(self._show_buttons)
        self._dismiss.clicked.connect(lambda: self._emit(self.dismiss_toggled))
        self._repair.clicked.connect(lambda: self._emit(self.repair_requested))
        self._show()

    def set_doubts(self, rows: Sequence[DoubtRow], *, message: str = "Nothing is doubtful.") -> None:
        """Show doubts, or a message where there are none; what was selected stays selected if it is still there."""
        self._all = rows
        self._message.setText(message)
        counts = Counter(row.kind for row in rows if not row.dismissed)
        chosen = self._kinds.currentData()
        self._kinds.blockSignals(True)
        self._kinds.clear()
        self._kinds.addItem(f"{_ALL} ({counts.total()})", None)
        for kind in dict.fromkeys([*counts, *([chosen] if chosen else [])]):
            self._kinds.addItem(f"{kind[0].upper()}{kind[1:]} ({counts[kind]})", kind)
        self._kinds.setCurrentIndex(max(self._kinds.findData(chosen), 0))
        self._kinds.blockSignals(False)
        self._show()

    def set_current(self, doubt_id: int) -> None:
        """Select a doubt and bring it into sight; -1 selects none."""
        row = next((n for n, row in enumerate(self._rows.rows) if row.id == doubt_id), -1)
        self._list.setCurrentIndex(self._rows.index(row) if row >= 0 else QModelIndex())
        self._show_buttons()

    @property
    def current(self) -> int:
        """The selected doubt, -1 for none."""
        index = self._list.currentIndex()
        return _row(index).id if index.isValid() else -1

    @property
    def shown(self) -> list[int]:
        """The ids of what is listed, in its order."""
        return [row.id for row in self._rows.rows]

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 8, 8, 8)
        column.setSpacing(8)
        top, below = QHBoxLayout(), QHBoxLayout()
        top.addWidget(self._kinds, 1)
        top.addWidget(self._order)
        below.addWidget(self._dismiss)
        below.addWidget(self._repair)
        below.addStretch(1)
        below.addWidget(self._with_dismissed)
        column.addLayout(top)
        column.addWidget(self._message, 1)
        column.addWidget(self._list, 1)
        column.addLayout(below)

    def _show_changed(self) -> None:
        self._show()
        self.shown_changed.emit()

    def _show(self) -> None:
        current = self.current
        kind, dismissed = self._kinds.currentData(), self._with_dismissed.isChecked()
        rows = [row for row in self._all if (kind in (None, row.kind)) and (dismissed or not row.dismissed)]
        if self._order.currentText() == _SUREST:
            rows.sort(key=lambda row: (row.dismissed, -row.severity, row.frame))
        else:
            rows.sort(key=lambda row: (row.frame, -row.severity))
        self._rows.set_rows(rows)
        self._message.setVisible(not rows)
        self._list.setVisible(bool(rows))
        self.set_current(current)

    def _show_buttons(self) -> None:
        index = self._list.currentIndex()
        row = _row(index) if index.isValid() else None
        self._dismiss.setEnabled(row is not None)
        self._dismiss.setText("Take up again" if row is not None and row.dismissed else "Dismiss")
        self._repair.setEnabled(row is not None and row.repairable)

    def _emit(self, signal: Any) -> None:
        if self.current >= 0:
            signal.emit(self.current)


class _Delegate(QStyledItemDelegate):
    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Paint what is wrong over where and why; a bar at the left is the fuller the surer the doubt."""
        view, row = option.widget, _row(index)
        colors, left = colors_of(view), Qt.AlignmentFlag.AlignLeft
        paint_row_background(painter, option)
        area: QRect = option.rect.adjusted(20, 3, -8, -3)
        painter.save()
        bar = QRect(option.rect.left() + 8, area.top() + 2, 4, area.height() - 4)
        painter.fillRect(bar, colors.grid)
        share = 0.0 if row.dismissed else min(row.severity / _FULL_SEVERITY, 1.0)
        painter.fillRect(bar.adjusted(0, round(bar.height() * (1 - share)), 0, 0), colors.warning)
        painter.setPen(colors.muted if row.dismissed else colors.text)
        metrics = painter.fontMetrics()
        text = metrics.elidedText(_sentence(row.text), Qt.TextElideMode.ElideRight, area.width())
        painter.drawText(area, left | Qt.AlignmentFlag.AlignTop, text)
        painter.setFont(small_font(view.font()))
        painter.setPen(colors.muted)
        details = painter.fontMetrics().elidedText(_details(row), Qt.TextElideMode.ElideRight, area.width())
        painter.drawText(area, left | Qt.AlignmentFlag.AlignBottom, details)
        painter.restore()

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        """Leave room for two lines."""
        font = option.widget.font()
        small = small_font(font).pixelSize()
        return QSize(80, option.widget.fontMetrics().height() + round(1.4 * small) + 6)


def _row(index: Index) -> DoubtRow:
    row: DoubtRow = index.data(ROW_ROLE)
    return row


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def _details(row: DoubtRow) -> str:
    return f"{row.where} · {row.kind}{' · dismissed' if row.dismissed else ''}"
