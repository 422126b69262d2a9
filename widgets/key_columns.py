"""Words and keys under headings, in as many columns as fit; painted, since a sheet has some hundred lines."""

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QRect, Qt
from PySide6.QtGui import QFont, QFontInfo, QFontMetrics, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QWidget

from widgets.theme import colors_of

_COLUMN_PX = 290
_NARROW_COLUMN_PX = 200
_LEAST_FONT_PX = 11
_GAP_PX = 16
_KEYS_GAP_PX = 8
_LINE_PX = 1
"""Between two lines."""
_HEADING_PX = 8
"""Above a heading that is not the first."""
_KEYS_SHARE = 0.55
"""Of a column, at most, for keys; more of them are wrapped."""
_ROUNDING_PX = 4
_MIN_COLUMN_PX = 240
"""Few lines stay together instead of being spread over all columns."""
_WRAP = Qt.TextFlag.TextWordWrap
_LEFT, _RIGHT = Qt.AlignmentFlag.AlignLeft, Qt.AlignmentFlag.AlignRight


@dataclass(frozen=True)
class Line:
    """One line: words with keys, words alone that use the whole width (no keys), or a heading (keys None)."""

    words: str
    keys: str | None = None


@dataclass(frozen=True)
class _Placed:
    line: Line
    words: QRect
    keys: QRect


class KeyColumns(QWidget):
    """Shares lines out evenly to columns; every column begins with a heading, and none ends with one."""

    def __init__(self, *, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._lines: Sequence[Line] = ()
        self._placed: list[_Placed] = []
        self._pixel_size = QFontInfo(self.font()).pixelSize()

    def set_lines(self, lines: Sequence[Line]) -> None:
        """Show lines."""
        self._lines = lines
        self.setAccessibleDescription("\n".join(f"{line.words}  {line.keys or ''}".strip() for line in lines))
        self._arrange()

    def text(self) -> str:
        """Return all that is shown."""
        return self.accessibleDescription()

    def _arrange(self) -> None:
        """Use as many columns as are comfortable, or more or smaller letters if all fits the window only then."""
        window = self.parentWidget()
        own = QFontInfo(self.font()).pixelSize()
        for self._pixel_size in range(own, min(own, _LEAST_FONT_PX) - 1, -1):
            share = self._pixel_size / own
            comfortable = max(1, (self.width() + _GAP_PX) // (round(_COLUMN_PX * share) + _GAP_PX))
            most = max(1, (self.width() + _GAP_PX) // (round(_NARROW_COLUMN_PX * share) + _GAP_PX))
            for n_columns in range(comfortable, most + 1):
                bottom = self._share_out(n_columns)
                if window is None or bottom <= window.height():
                    break
            else:
                continue
            break
        self.setMinimumHeight(bottom)
        self.update()

    def _share_out(self, n_columns: int) -> int:
        """Place the lines in columns and return how high they are."""
        width = (self.width() + _GAP_PX) // n_columns - _GAP_PX
        sized = [self._sized(line, width) for line in self._lines]
        target = max(_MIN_COLUMN_PX, sum(item.words.height() + _LINE_PX + _above(item) for item in sized) / n_columns)
        self._placed, column, y, bottom = [], 0, 0, 0
        heading: _Placed | None = None
        for item in sized:
            is_heading = item.line.keys is None
            heading = item if is_heading else heading
            needed = item.words.height() * (3 if is_heading else 0.5)  # a heading needs room for what follows
            if y and y + needed > target and column < n_columns - 1:
                column, y = column + 1, 0
                if not is_heading and heading is not None:
                    y = self._place(heading, column * (width + _GAP_PX), y=y)
            y = self._place(item, column * (width + _GAP_PX), y=y + (_above(item) if y else 0))
            bottom = max(bottom, y)
        return bottom

    def _place(self, item: _Placed, x: int, *, y: int) -> int:
        """Place a line and return where the next begins."""
        self._placed.append(_Placed(item.line, item.words.translated(x, y), item.keys.translated(x, y)))
        return y + item.words.height() + _LINE_PX

    def _sized(self, line: Line, width: int) -> _Placed:
        metrics = QFontMetrics(self._font(line))
        keys_px = metrics.horizontalAdvance(line.keys) + _ROUNDING_PX if line.keys else 0
        keys_px = min(keys_px, int(width * _KEYS_SHARE))
        words_px = width - keys_px - (_KEYS_GAP_PX if keys_px else 0)
        room = 1 << 20
        words = metrics.boundingRect(QRect(0, 0, words_px, room), _WRAP, line.words).height()
        keys = metrics.boundingRect(QRect(0, 0, keys_px, room), _WRAP, line.keys or "").height() if keys_px else 0
        height = max(words, keys, metrics.height())
        return _Placed(line, QRect(0, 0, words_px, height), QRect(width - keys_px, 0, keys_px, height))

    def _font(self, line: Line) -> QFont:
        font = QFont(self.font())
        font.setPixelSize(self._pixel_size)
        font.setBold(line.keys is None)
        return font

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Use as many columns as fit."""
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self._arrange()

    def changeEvent(self, event: QEvent) -> None:
        """Follow the font."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self._arrange()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the lines that are seen."""
        painter, colors = QPainter(self), colors_of(self)
        for item in self._placed:
            if item.words.united(item.keys).intersects(event.rect()):
                painter.setFont(self._font(item.line))
                painter.setPen(colors.text)
                painter.drawText(item.words, _WRAP | _LEFT, item.line.words)
                painter.setPen(colors.accent)
                painter.drawText(item.keys, _WRAP | _RIGHT, item.line.keys or "")
        painter.end()


def _above(item: _Placed) -> int:
    return _HEADING_PX if item.line.keys is None else 0
