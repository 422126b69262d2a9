"""All keys at a glance, over the window; typing finds, Esc closes."""

from collections.abc import Sequence

from PySide6.QtCore import QRect, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPalette
from PySide6.QtWidgets import QApplication, QFrame, QHBoxLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from widgets.icon_button import IconButton
from widgets.icons import IconName
from widgets.key_columns import KeyColumns, Line
from widgets.matching import match
from widgets.overlay import Overlay

Group = tuple[str, Sequence[tuple[str, str]]]
"""A title, and what is done with which keys."""

_MARGIN_PX = 8
_SCROLL_KEYS = (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown)


class CheatSheet(Overlay):
    """A sheet over its parent with the keys in columns.

    Signals
    -------
    edit_requested
        The user wants other keys.
    """

    edit_requested = Signal()

    def __init__(self, *, parent: QWidget) -> None:
        super().__init__("Keyboard shortcuts", parent=parent)
        self._groups: Sequence[Group] = ()
        self._glossary: Sequence[tuple[str, str]] = ()
        self.field.setPlaceholderText("Search an action, a key or a word")
        self.field.setAccessibleName("Search an action, a key or a word")
        self.field.setClearButtonEnabled(True)
        self.field.textChanged.connect(self._fill)
        self._note = QLabel()
        self._note.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        self._columns, self._nothing = KeyColumns(), QLabel("No key does that, and no word is explained here.")
        self._area = QScrollArea()
        self._area.setWidget(self._columns)
        self._area.setFrameShape(QFrame.Shape.NoFrame)
        self._area.setWidgetResizable(True)
        self._area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._lay_out()

    def set_glossary(self, words: Sequence[tuple[str, str]]) -> None:
        """Explain words with these sentences when they are searched."""
        self._glossary = words

    def set_note(self, text: str) -> None:
        """Say a word beside the search field."""
        self._note.setText(text)

    def open(self, groups: Sequence[Group]) -> None:
        """Show keys by groups."""
        self._groups = groups
        self.field.clear()
        self._fill()
        self.open_overlay()

    def set_groups(self, groups: Sequence[Group]) -> None:
        """Show other keys while it is open."""
        self._groups = groups
        if self.isVisible():
            self._fill()

    def place(self, room: QRect) -> QRect:
        """Cover nearly all."""
        return room.adjusted(_MARGIN_PX, _MARGIN_PX, -_MARGIN_PX, -_MARGIN_PX)

    def leaves_to_window(self, event: QKeyEvent) -> bool:
        """Let the key that opened it close it."""
        return Qt.Key.Key_F1 <= Qt.Key(event.key()) <= Qt.Key.Key_F35

    def _lay_out(self) -> None:
        title = QLabel("Keyboard shortcuts")
        font = title.font()
        font.setBold(True)
        title.setFont(font)
        edit, close = IconButton(IconName.HELP, "Change the keys"), IconButton(IconName.CANCEL, "Close (Esc)")
        edit.setText("Change the keys…")
        edit.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextOnly)
        edit.clicked.connect(self._edit)
        close.clicked.connect(self.close_overlay)
        head = QHBoxLayout()
        head.setSpacing(12)
        head.addWidget(title)
        head.addWidget(self.field, 1)
        head.addWidget(self._note, 1)
        head.addWidget(edit)
        head.addWidget(close)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 12, 16, 12)
        column.addLayout(head)
        column.addWidget(self._nothing)
        column.addWidget(self._area, 1)

    def _fill(self) -> None:
        query = self.field.text()
        groups = [(title, [row for row in rows if _answers(query, title, row=row)]) for title, rows in self._groups]
        words = [(f"{word}: {meaning}", "") for word, meaning in self._glossary if _explains(query, word)]
        lines = _lines([(title, rows) for title, rows in [*groups, ("Words", words)] if rows])
        self._columns.set_lines(lines)
        self._nothing.setVisible(not lines)

    def _edit(self) -> None:
        self.close_overlay()
        self.edit_requested.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Scroll with the arrows."""
        if event.key() in _SCROLL_KEYS:
            QApplication.sendEvent(self._area.verticalScrollBar(), event)
        super().keyPressEvent(event)


def _explains(query: str, word: str) -> bool:
    return bool(query.strip()) and match(query, word) is not None


def _answers(query: str, title: str, *, row: tuple[str, str]) -> bool:
    words, keys = row
    return query.strip().casefold() in keys.casefold().split(", ") or match(query, f"{words} {title}") is not None


def _lines(groups: Sequence[Group]) -> list[Line]:
    return [line for title, rows in groups for line in (Line(title), *(Line(words, keys) for words, keys in rows))]
