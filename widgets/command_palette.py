"""Type what you want: a field over the window that finds actions, frames and joints."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QRect, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter
from PySide6.QtWidgets import (
    QApplication,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from widgets.entry_list import Index, paint_row_background, small_font
from widgets.matching import match
from widgets.overlay import Overlay
from widgets.theme import colors_of

_ENTRY_ROLE = Qt.ItemDataRole.UserRole
_MAX_ROWS = 12
_MAX_FOUND = 60
_WIDTH_PX = 560
_LIST_KEYS = (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown)


@dataclass(frozen=True)
class Command:
    """Something that can be chosen.

    Attributes
    ----------
    id : str
        What `chosen` names.
    text : str
    place : str
        Where else it is found, such as its menu; searched too.
    keys : str
        Its keys, shown at the right.
    weight : float
        Added to how well it answers what is typed, for what was used lately.
    """

    id: str
    text: str
    place: str = ""
    keys: str = ""
    weight: float = 0.0


def found(commands: Sequence[Command], query: str) -> list[Command]:
    """Return the commands that answer a query, the best first."""
    scored = [(match(query, f"{command.text} {command.place}"), command) for command in commands]
    good = [(score + command.weight, command) for score, command in scored if score is not None]
    return [command for _, command in sorted(good, key=lambda pair: -pair[0])][:_MAX_FOUND]


class CommandPalette(Overlay):
    """A field and a list at the top of its parent; Enter runs, Esc closes.

    Signals
    -------
    chosen : str
        The id of what was chosen; the palette is closed already and the focus is back where it was.
    """

    chosen = Signal(str)

    def __init__(self, *, parent: QWidget) -> None:
        super().__init__("Search actions", parent=parent)
        self._commands: Sequence[Command] = ()
        self._targets: Callable[[str], Sequence[Command]] = lambda query: ()
        self.field.setPlaceholderText("Search an action, a frame (412), a time (0:07.4) or a joint")
        self.field.setAccessibleName("Search an action, a frame, a time or a joint")
        self._list = QListWidget()
        self._list.setItemDelegate(_CommandDelegate(self._list))
        self._list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._list.setMouseTracking(True)
        self._list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._nothing = QLabel("Nothing is called that here.")
        self._nothing.setContentsMargins(8, 8, 8, 8)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(8, 8, 8, 8)
        for part in (self.field, self._list, self._nothing):
            self._column.addWidget(part)
        self.field.textChanged.connect(self._fill)
        self.field.returnPressed.connect(self._run)
        self._list.itemClicked.connect(self._run)

    def open(self, commands: Sequence[Command], *, targets: Callable[[str], Sequence[Command]]) -> None:
        """Open with commands; `targets` turns what is typed into places to go to, which come first."""
        self._commands, self._targets = commands, targets
        self.field.clear()
        self._fill()
        self.open_overlay()

    def shown_commands(self) -> list[Command]:
        """Return what is listed, best first."""
        return [self._list.item(row).data(_ENTRY_ROLE) for row in range(self._list.count())]

    def place(self, room: QRect) -> QRect:
        """Lie at the top, as high as the list."""
        width = min(_WIDTH_PX, room.width() - 32)
        rows = min(self._list.count(), _MAX_ROWS)
        self._list.setFixedHeight(rows * max(self._list.sizeHintForRow(0), 1) + 2 * self._list.frameWidth())
        height = min(self._column.totalSizeHint().height(), room.height() - 64)
        return QRect((room.width() - width) // 2, 48, width, height)

    def _fill(self) -> None:
        query = self.field.text().strip()
        targets = list(self._targets(query)) if query else []
        self._list.clear()
        for command in [*targets, *found(self._commands, query)]:
            item = QListWidgetItem(self._list)
            item.setData(_ENTRY_ROLE, command)
            item.setData(Qt.ItemDataRole.AccessibleTextRole, ", ".join(filter(None, (command.text, command.keys))))
        self._list.setCurrentRow(0)
        self._list.setVisible(self._list.count() > 0)
        self._nothing.setVisible(self._list.count() == 0)
        if self.isVisible():
            self.setGeometry(self.place(self._owner.rect()))

    def _run(self) -> None:
        item = self._list.currentItem()
        if item is not None:
            command: Command = item.data(_ENTRY_ROLE)
            self.close_overlay()
            self.chosen.emit(command.id)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Go through the list."""
        if event.key() in _LIST_KEYS:
            QApplication.sendEvent(self._list, event)
        super().keyPressEvent(event)


class _CommandDelegate(QStyledItemDelegate):
    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Paint what it does, where it is found and its keys in one line."""
        view = option.widget
        command: Command = index.data(_ENTRY_ROLE)
        paint_row_background(painter, option)
        area: QRect = option.rect.adjusted(12, 0, -8, 0)
        colors, middle = colors_of(view), Qt.AlignmentFlag.AlignVCenter
        painter.save()
        painter.setFont(view.font())
        painter.setPen(colors.text)
        painter.drawText(area, middle | Qt.AlignmentFlag.AlignRight, command.keys)
        keys_px = painter.fontMetrics().horizontalAdvance(command.keys)
        room = area.adjusted(0, 0, -keys_px - 12, 0)
        text = painter.fontMetrics().elidedText(command.text, Qt.TextElideMode.ElideRight, room.width())
        painter.drawText(room, middle | Qt.AlignmentFlag.AlignLeft, text)
        beside = room.adjusted(painter.fontMetrics().horizontalAdvance(text) + 12, 0, 0, 0)
        painter.setFont(small_font(view.font()))
        painter.setPen(colors.muted)
        if beside.width() > painter.fontMetrics().horizontalAdvance(command.place):
            painter.drawText(beside, middle | Qt.AlignmentFlag.AlignLeft, command.place)
        painter.restore()

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        """Leave room for one line."""
        return QSize(80, option.widget.fontMetrics().height() + 10)
