"""A list of things with a name and one line about them, such as clips and tracks."""

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QSignalBlocker, QSize, Qt, Signal
from PySide6.QtGui import QFont, QFontInfo, QFontMetrics, QPainter
from PySide6.QtWidgets import (
    QFrame,
    QListWidget,
    QListWidgetItem,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from widgets.icons import IconName, icon_pixmap
from widgets.theme import colors_of, mix

ENTRY_ROLE = Qt.ItemDataRole.UserRole
Index = QModelIndex | QPersistentModelIndex


@dataclass(frozen=True)
class Entry:
    """One thing in the list.

    Attributes
    ----------
    id : str
        What the signals name.
    title : str
    detail : str
        A line of lesser weight below the title.
    warning : str
        Said instead of the detail, with a warning sign; empty if all is well.
    """

    id: str
    title: str
    detail: str = ""
    warning: str = ""


class EntryList(QListWidget):
    """A list that is as high as its entries, up to a number of rows.

    Signals
    -------
    entry_selected : str
        The user selects another entry.
    """

    entry_selected = Signal(str)

    def __init__(
        self,
        name: str,
        *,
        max_rows: int = 4,
        delegate: "EntryDelegate | None" = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setItemDelegate(delegate or EntryDelegate(self))
        self.setMouseTracking(True)
        self._max_rows = max_rows
        self.currentItemChanged.connect(self._selected)

    def set_entries(self, entries: Sequence[Entry]) -> None:
        """Show entries; what was selected stays selected if it is still there."""
        selected, size = self.selected, self.sizeHint()
        with QSignalBlocker(self):
            if self.count() != len(entries):
                self.clear()
                self.addItems([""] * len(entries))
            for row, entry in enumerate(entries):
                item = self.item(row)
                item.setData(ENTRY_ROLE, entry)
                item.setData(Qt.ItemDataRole.AccessibleTextRole, ", ".join(filter(None, _words(entry))))
                item.setToolTip("\n".join(filter(None, _words(entry))))
        self.set_selected(selected)
        if self.sizeHint() != size:  # else all that lies beside it would be laid out anew
            self.updateGeometry()

    def set_selected(self, entry_id: str | None) -> None:
        """Select an entry, or none, without a signal."""
        with QSignalBlocker(self):
            rows = [row for row in range(self.count()) if self._entry(row).id == entry_id]
            self.setCurrentRow(rows[0] if rows else -1)
        self.viewport().update()

    @property
    def selected(self) -> str | None:
        """The id of the selected entry."""
        row = self.currentRow()
        return self._entry(row).id if row >= 0 else None

    def _entry(self, row: int) -> Entry:
        entry: Entry = self.item(row).data(ENTRY_ROLE)
        return entry

    def _selected(self, item: QListWidgetItem | None) -> None:
        if item is not None:
            self.entry_selected.emit(item.data(ENTRY_ROLE).id)

    def sizeHint(self) -> QSize:
        """Be as high as the entries."""
        rows = min(max(self.count(), 1), self._max_rows)
        height = sum(self.sizeHintForRow(row) for row in range(min(rows, self.count())))
        return QSize(self.fontMetrics().averageCharWidth() * 24, height + 2 * self.frameWidth())

    def minimumSizeHint(self) -> QSize:
        """Never show less than all that fits in the allowed rows."""
        return QSize(self.fontMetrics().averageCharWidth() * 14, self.sizeHint().height())


class EntryDelegate(QStyledItemDelegate):
    """Paints a title over a smaller line."""

    def text_area(self, option: QStyleOptionViewItem, entry: Entry) -> QRect:
        """Return where the text of an entry goes in its row."""
        area: QRect = option.rect.adjusted(8, 3, -8, -3)
        return area

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Paint a title over a smaller line."""
        view = option.widget
        entry: Entry = index.data(ENTRY_ROLE)
        paint_row_background(painter, option)
        area = self.text_area(option, entry)
        c = colors_of(view)
        title_metrics, small = QFontMetrics(view.font()), small_font(view.font())
        painter.save()
        painter.setPen(c.text)
        title = title_metrics.elidedText(entry.title, Qt.TextElideMode.ElideMiddle, area.width())
        painter.drawText(area, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop, title)
        painter.setFont(small)
        below = area.adjusted(0, title_metrics.height(), 0, 0)
        if entry.warning:
            side = QFontMetrics(small).ascent()
            ratio = view.devicePixelRatioF()
            sign = icon_pixmap(IconName.WARNING, c.warning, size_px=side, device_pixel_ratio=ratio)
            painter.drawPixmap(below.left(), below.top() + (below.height() - side) // 2, sign)
            below.adjust(side + 4, 0, 0, 0)
        painter.setPen(c.warning if entry.warning else c.muted)
        detail = QFontMetrics(small).elidedText(
            entry.warning or entry.detail, Qt.TextElideMode.ElideRight, below.width()
        )
        painter.drawText(below, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, detail)
        painter.restore()

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        """Leave room for the lines there are."""
        entry: Entry = index.data(ENTRY_ROLE)
        font = option.widget.font()
        height = QFontMetrics(font).height() + 6
        if entry.detail or entry.warning:
            height += QFontMetrics(small_font(font)).height()
        return QSize(80, height)


def paint_row_background(painter: QPainter, option: QStyleOptionViewItem) -> None:
    """Paint what lies behind a row: a bar in the accent colour marks the selected one, the text stays readable."""
    c = colors_of(option.widget)
    selected = bool(option.state & QStyle.StateFlag.State_Selected)
    if selected:
        painter.fillRect(option.rect, c.raised)
        painter.fillRect(QRect(option.rect.topLeft(), QSize(3, option.rect.height())), c.accent)
    elif option.state & QStyle.StateFlag.State_MouseOver:
        painter.fillRect(option.rect, mix(c.surface, c.raised, 0.5))


def small_font(font: QFont) -> QFont:
    """Return a font for lines of lesser weight; never under 11 px."""
    result = QFont(font)
    result.setPixelSize(max(11, round(QFontInfo(font).pixelSize() * 0.88)))
    return result


def _words(entry: Entry) -> tuple[str, str]:
    return entry.title, entry.warning or entry.detail
