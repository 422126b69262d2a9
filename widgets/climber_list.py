"""The climbers of a clip: colour, name, lock, whether shown; renamed in place."""

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QAbstractItemModel, QPoint, QRect, Qt, Signal
from PySide6.QtGui import QColor, QContextMenuEvent, QPainter, QPen
from PySide6.QtWidgets import QAbstractItemView, QLineEdit, QStyleOptionViewItem, QWidget

from widgets.entry_list import ENTRY_ROLE, Entry, EntryDelegate, EntryList, Index
from widgets.icons import IconName, icon_pixmap
from widgets.theme import colors_of

_SWATCH_PX, _SIGN_PX, _GAP_PX = 12, 16, 6


@dataclass(frozen=True)
class ClimberEntry(Entry):
    """A climber in the list.

    Attributes
    ----------
    color : str
        As ``#rrggbb``.
    locked, hidden : bool
    """

    color: str = "#808080"
    locked: bool = False
    hidden: bool = False

    @property
    def state(self) -> str:
        """What the signs at the right say, in words."""
        return ", ".join(word for word, is_so in (("locked", self.locked), ("hidden", self.hidden)) if is_so)


class ClimberList(EntryList):
    """A list of climbers.

    Signals
    -------
    renamed : str, str
        Id and new name: the user has typed one.
    menu_requested : str, QPoint
        Id and global position for a menu.
    """

    renamed = Signal(str, str)
    menu_requested = Signal(str, QPoint)

    def __init__(self, *, parent: QWidget | None = None) -> None:
        delegate = _ClimberDelegate()
        super().__init__("Climbers", max_rows=6, delegate=delegate, parent=parent)
        delegate.setParent(self)
        delegate.name_typed.connect(self.renamed)
        self.setEditTriggers(QAbstractItemView.EditTrigger.DoubleClicked | QAbstractItemView.EditTrigger.EditKeyPressed)

    def set_entries(self, entries: Sequence[Entry]) -> None:
        """Show climbers; a name being typed stays open as long as its climber is there unchanged."""
        if entries == [self.item(row).data(ENTRY_ROLE) for row in range(self.count())]:
            return
        super().set_entries(entries)
        for row in range(self.count()):
            item = self.item(row)
            item.setFlags(item.flags() | Qt.ItemFlag.ItemIsEditable)
            entry = item.data(ENTRY_ROLE)
            if isinstance(entry, ClimberEntry) and entry.state:
                item.setToolTip(f"{item.toolTip()}\n{entry.state}")
                words = f"{item.data(Qt.ItemDataRole.AccessibleTextRole)}, {entry.state}"
                item.setData(Qt.ItemDataRole.AccessibleTextRole, words)

    def edit_name(self, climber_id: str) -> None:
        """Let the user type another name for a climber."""
        for row in range(self.count()):
            if self.item(row).data(ENTRY_ROLE).id == climber_id:
                self.editItem(self.item(row))

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Ask for the menu of the climber below, or of the selected one when the key was pressed."""
        by_key = event.reason() == QContextMenuEvent.Reason.Keyboard
        item = self.currentItem() if by_key else self.itemAt(event.pos())
        if item is not None:
            below = self.viewport().mapToGlobal(self.visualItemRect(item).bottomLeft())
            self.menu_requested.emit(item.data(ENTRY_ROLE).id, below if by_key else event.globalPos())


class _ClimberDelegate(EntryDelegate):
    name_typed = Signal(str, str)

    def text_area(self, option: QStyleOptionViewItem, entry: Entry) -> QRect:
        """Leave room for the colour at the left and for the signs at the right."""
        area = super().text_area(option, entry)
        area.adjust(_SWATCH_PX + _GAP_PX, 0, 0, 0)
        if isinstance(entry, ClimberEntry):
            area.adjust(0, 0, -(entry.locked + entry.hidden) * (_SIGN_PX + _GAP_PX), 0)
        return area

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Paint the colour, the text, and the signs of a locked and a hidden climber."""
        super().paint(painter, option, index)
        entry = index.data(ENTRY_ROLE)
        if not isinstance(entry, ClimberEntry):
            return
        view, row = option.widget, option.rect
        colors = colors_of(view)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        color = QColor(entry.color)
        painter.setPen(QPen(color, 2))
        painter.setBrush(Qt.BrushStyle.NoBrush if entry.hidden else color)
        painter.drawEllipse(
            QRect(row.left() + 9, row.center().y() - _SWATCH_PX // 2 + 1, _SWATCH_PX - 2, _SWATCH_PX - 2)
        )
        right = row.right() - 8
        for name, shown in ((IconName.LOCK, entry.locked), (IconName.HIDDEN, entry.hidden)):
            if shown:
                ratio = view.devicePixelRatioF()
                sign = icon_pixmap(name, colors.muted, size_px=_SIGN_PX, device_pixel_ratio=ratio)
                right -= _SIGN_PX
                painter.drawPixmap(right, row.center().y() - _SIGN_PX // 2, sign)
                right -= _GAP_PX
        painter.restore()

    def createEditor(self, parent: QWidget, option: QStyleOptionViewItem, index: Index) -> QWidget:
        """Edit the name in a line."""
        line = QLineEdit(parent)
        line.setAccessibleName(f"Name of {index.data(ENTRY_ROLE).title}")
        return line

    def setEditorData(self, editor: QWidget, index: Index) -> None:
        """Begin with the name there is."""
        if isinstance(editor, QLineEdit):
            editor.setText(index.data(ENTRY_ROLE).title)
            editor.selectAll()

    def setModelData(self, editor: QWidget, model: QAbstractItemModel, index: Index) -> None:
        """Hand the name on; the entry itself changes when the document has taken it."""
        entry = index.data(ENTRY_ROLE)
        if isinstance(editor, QLineEdit) and editor.text() != entry.title:
            self.name_typed.emit(entry.id, editor.text())

    def updateEditorGeometry(self, editor: QWidget, option: QStyleOptionViewItem, index: Index) -> None:
        """Edit where the name stands."""
        row = option.rect
        editor.setGeometry(row.adjusted(_SWATCH_PX + _GAP_PX + 4, 0, 0, 0))
