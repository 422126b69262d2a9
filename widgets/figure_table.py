"""Figures of several candidates beside each other: a row for each figure or joint, the best one in bold."""

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QModelIndex, QSize, Qt, Signal
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QSizePolicy, QTableWidget, QTableWidgetItem, QWidget

from widgets.theme import colors_of

_LEAST_LINES = 6
_PADDING_PX = 16


@dataclass(frozen=True)
class FigureRow:
    """A row of figures.

    Attributes
    ----------
    key : str
        What the signal names; empty for a row that nothing follows from.
    title : str
    values : tuple of str
        One for each column.
    best : int
        Which of them is the best, -1 for none.
    heading : bool
        Whether it begins a part of the table.
    """

    key: str
    title: str
    values: tuple[str, ...] = ()
    best: int = -1
    heading: bool = False


class FigureTable(QTableWidget):
    """Shows figures; the chosen row is told by its key.

    Signals
    -------
    row_chosen : str
        The user chose a row with a key.
    """

    row_chosen = Signal(str)

    def __init__(self, name: str, *, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setTabKeyNavigation(False)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setAlternatingRowColors(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.verticalHeader().hide()
        self.horizontalHeader().setHighlightSections(False)
        self.horizontalHeader().setMinimumSectionSize(40)
        self._rows: tuple[FigureRow, ...] = ()
        self.currentCellChanged.connect(self._tell)

    def set_figures(self, columns: Sequence[str], rows: Sequence[FigureRow], *, tips: Sequence[str] = ()) -> None:
        """Show rows under the names of columns, each with a longer name as a tip; the chosen row stays chosen."""
        chosen, titles = self.key, [row.title for row in self._rows]
        self._rows = tuple(rows)
        self.blockSignals(True)
        self.clearSpans()
        self.setColumnCount(1 + len(columns))
        self.setRowCount(len(rows))
        for column, words in enumerate(("", *columns)):
            head = QTableWidgetItem(words)
            head.setToolTip(["", *tips][column] if column <= len(tips) else words)
            head.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            self.setHorizontalHeaderItem(column, head)
        for number, row in enumerate(rows):
            self._fill(number, row, n_columns=len(columns))
        self._size_columns(len(columns))
        self.choose(chosen)
        if [row.title for row in rows] != titles:
            self.scrollToTop()
        self.blockSignals(False)

    @property
    def key(self) -> str:
        """The key of the chosen row; empty for none."""
        row = self.currentRow()
        return self._rows[row].key if 0 <= row < len(self._rows) else ""

    @property
    def rows(self) -> tuple[FigureRow, ...]:
        """What is shown."""
        return self._rows

    def choose(self, key: str) -> None:
        """Choose the row of a key without telling; none if there is no such row."""
        blocked = self.blockSignals(True)
        place = next((n for n, row in enumerate(self._rows) if row.key == key and key), -1)
        if place >= 0:
            self.setCurrentCell(place, 0)
        else:
            self.setCurrentIndex(QModelIndex())
        self.blockSignals(blocked)

    def sizeHint(self) -> QSize:
        """Room for some rows; where there is more, it grows."""
        return QSize(240, 8 * self.fontMetrics().height())

    def minimumSizeHint(self) -> QSize:
        """Room for the head and some rows."""
        return QSize(160, _LEAST_LINES * self.fontMetrics().height())

    def changeEvent(self, event: QEvent) -> None:
        """Follow the theme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            for number, row in enumerate(self._rows):
                self._color(number, row)

    def _fill(self, number: int, row: FigureRow, *, n_columns: int) -> None:
        texts = (row.title, *row.values, *("" for _ in range(n_columns - len(row.values))))
        for column, text in enumerate(texts):
            item = QTableWidgetItem(text)
            if column:
                item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            bold = row.heading or column == row.best + 1 > 0
            font = QFont(self.font())
            font.setWeight(QFont.Weight.DemiBold if bold else QFont.Weight.Normal)
            item.setFont(font)
            if row.heading:
                item.setFlags(Qt.ItemFlag.ItemIsEnabled)
            self.setItem(number, column, item)
        if row.heading:
            self.setSpan(number, 0, 1, n_columns + 1)
        self.setRowHeight(number, self.fontMetrics().height() + 6)
        self._color(number, row)

    def _color(self, number: int, row: FigureRow) -> None:
        color = colors_of(self).muted if row.heading else colors_of(self).text
        for column in range(self.columnCount()):
            item = self.item(number, column)
            if item is not None:
                item.setForeground(color)

    def _size_columns(self, n_columns: int) -> None:
        """The names get what they need, the figures share the rest."""
        head, metrics = self.horizontalHeader(), self.fontMetrics()
        titles = [metrics.horizontalAdvance(row.title) for row in self._rows if not row.heading]
        head.setSectionResizeMode(0, QHeaderView.ResizeMode.Fixed)
        head.resizeSection(0, max(titles, default=0) + _PADDING_PX)
        for column in range(1, n_columns + 1):
            head.setSectionResizeMode(column, QHeaderView.ResizeMode.Stretch)

    def _tell(self, row: int, _column: int, before: int, _column_before: int) -> None:
        if row != before and 0 <= row < len(self._rows) and not self._rows[row].heading:
            self.row_chosen.emit(self._rows[row].key)
