"""All keys at a glance, over the window; typing finds, Esc closes."""

from collections.abc import Sequence
from html import escape

from PySide6.QtCore import QEvent, QRect, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPalette, QResizeEvent
from PySide6.QtWidgets import QApplication, QFrame, QHBoxLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from widgets.icon_button import IconButton
from widgets.icons import IconName
from widgets.matching import match
from widgets.overlay import Overlay
from widgets.theme import colors_of

Group = tuple[str, Sequence[tuple[str, str]]]
"""A title, and what is done with which keys."""

_COLUMN_PX = 250
_GAP_PX = 20
_KEYS_GAP_PX = 8
_LONG_KEYS = 24
"""Keys with more letters are written in two lines."""
_MARGIN_PX = 24
_SCROLL_KEYS = (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown)
_Line = tuple[str, str | None]
"""Words and keys; a heading has none."""


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
        self._area = QScrollArea()
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
        self.open_overlay()
        self._fill()

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
        column.addWidget(self._area, 1)

    def _fill(self) -> None:
        query = self.field.text()
        groups = [(title, [row for row in rows if _answers(query, title, row)]) for title, rows in self._groups]
        words = [(f"{word}: {meaning}", "") for word, meaning in self._glossary if _explains(query, word)]
        lines = _lines([(title, rows) for title, rows in [*groups, ("Words", words)] if rows])
        room_px = self.width() - 2 * _MARGIN_PX
        n_columns = max(1, room_px // _COLUMN_PX)
        page = QWidget()
        row = QHBoxLayout(page)
        row.setContentsMargins(0, 0, 8, 0)
        row.setSpacing(_GAP_PX)
        for part in _columns([(line, self._height(line, room_px // n_columns - _GAP_PX)) for line in lines], n_columns):
            label = QLabel(self._html(part))
            label.setTextFormat(Qt.TextFormat.RichText)
            label.setAlignment(Qt.AlignmentFlag.AlignTop)
            label.setWordWrap(True)
            row.addWidget(label, 1)
        if not lines:
            row.addWidget(
                QLabel("No key does that, and no word is explained here. The search for actions may find it."), 1
            )
        self._area.setWidget(page)

    def _height(self, line: _Line, width_px: int) -> float:
        """Return about how many lines of text something needs."""
        words, keys = line
        if keys is None:
            return 1.5
        words_px, keys_px = (self.fontMetrics().horizontalAdvance(text) for text in (words, keys))
        return 1.0 + (words_px + keys_px + _KEYS_GAP_PX) // width_px

    def _html(self, lines: Sequence[_Line]) -> str:
        """Return a table for every line, so that words use all the room that their own keys leave."""
        style = f"padding:1px 0 1px {_KEYS_GAP_PX}px; color:{colors_of(self).accent.name()}"
        parts = []
        for i, (words, keys) in enumerate(lines):
            if keys is None:
                cells = f'<td style="padding-top:{8 if i else 0}px"><b>{escape(words)}</b></td>'
            else:
                wrap = "" if len(keys) > _LONG_KEYS else "; white-space:nowrap"
                cells = f'<td style="padding:1px 0">{escape(words)}</td>'
                cells += f'<td align="right" style="{style}{wrap}">{escape(keys)}</td>'
            parts.append(f'<table width="100%" cellspacing="0" cellpadding="0"><tr>{cells}</tr></table>')
        return "".join(parts)

    def _edit(self) -> None:
        self.close_overlay()
        self.edit_requested.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Scroll with the arrows."""
        if event.key() in _SCROLL_KEYS:
            QApplication.sendEvent(self._area.verticalScrollBar(), event)
        super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Use as many columns as fit."""
        super().resizeEvent(event)
        self._fill()

    def changeEvent(self, event: QEvent) -> None:
        """Follow the theme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and self.isVisible():
            self._fill()


def _explains(query: str, word: str) -> bool:
    return bool(query.strip()) and match(query, word) is not None


def _answers(query: str, title: str, row: tuple[str, str]) -> bool:
    words, keys = row
    return query.strip().casefold() in keys.casefold().split(", ") or match(query, f"{words} {title}") is not None


def _lines(groups: Sequence[Group]) -> list[_Line]:
    lines: list[_Line] = []
    for title, rows in groups:
        lines.append((title, None))
        lines.extend(rows)
    return lines


def _columns(lines: Sequence[tuple[_Line, float]], n_columns: int) -> list[list[_Line]]:
    """Share lines with their heights out evenly; every column begins with a heading, and none ends with one."""
    height = sum(needed for _, needed in lines) / n_columns
    columns: list[list[_Line]] = []
    heading: _Line = ("", None)
    used = 0.0
    for line, needed in lines:
        is_heading = line[1] is None
        heading = line if is_heading else heading
        if not columns or (used + needed + is_heading > height + 1 and len(columns) < n_columns):
            columns.append([] if is_heading else [heading])
            used = 0.0
        columns[-1].append(line)
        used += needed
    return columns
