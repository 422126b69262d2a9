"""What lies over the 3D picture: buttons, a message in the middle, the state in a corner, the metres of the wall."""

from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from widgets.body_geometry import Floats
from widgets.body_looks import message_label
from widgets.body_toolbar import BodyToolbar
from widgets.theme import Theme, colors, colors_of

_LEAST_APART_PX = 22.0


class WallMetres(QWidget):
    """Says beside the grid of the wall how high its lines are above the floor."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._lines: Floats = np.zeros((0, 2, 2))
        self._metres: list[int] = []
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setAccessibleName("Metres of the wall")

    def set_lines(self, lines: Floats, metres: Sequence[int]) -> None:
        """Set the ends (N, 2, 2) of the lines so many metres above the floor; NaN where they are not seen."""
        if list(metres) != self._metres or not np.array_equal(lines, self._lines, equal_nan=True):
            self._lines, self._metres = lines, list(metres)
            self.update()

    @property
    def shown(self) -> list[tuple[int, QPointF]]:
        """The metres that have room, and where."""
        result: list[tuple[int, QPointF]] = []
        room = self.fontMetrics().horizontalAdvance("9 m") + 6
        for metres, line in zip(self._metres, self._lines, strict=True):
            place = _left_end(line, room)
            if place is None or not self.rect().contains(place.toPoint()):
                continue
            if all((place - other).manhattanLength() >= _LEAST_APART_PX for _, other in result):
                result.append((metres, place))
        return result

    def paintEvent(self, event: QPaintEvent) -> None:
        """Write them to the left of the wall."""
        painter = QPainter(self)
        c = colors_of(self)
        ground = QColor(c.canvas)
        ground.setAlphaF(0.65)  # the body may stand behind
        painter.setPen(c.text)
        metrics = QFontMetricsF(self.font())
        for metres, place in self.shown:
            words = f"{metres} m"
            width = metrics.horizontalAdvance(words)
            area = QRectF(place.x() - width - 4, place.y() - metrics.height() / 2, width + 1, metrics.height())
            painter.fillRect(area, ground)
            painter.drawText(area, Qt.AlignmentFlag.AlignCenter, words)
        painter.end()


def _left_end(line: Floats, room: float) -> QPointF | None:
    """Return the left end of a line (2, 2), or where it comes that far from the left edge; None where it is nowhere."""
    if not np.isfinite(line).all():
        return None
    (x, y), (to_x, to_y) = line[np.argsort(line[:, 0])].tolist()
    if x < room:
        if to_x <= room:
            return None
        x, y = room, y + (room - x) / (to_x - x) * (to_y - y)
    return QPointF(x, y)


class BodyOverlays:
    """Keeps what lies over a view where it belongs.

    Attributes
    ----------
    bar : BodyToolbar
    metres : WallMetres
    """

    def __init__(self, view: QWidget, *, has_opengl: bool) -> None:
        self._view, self._has_opengl = view, has_opengl
        self.metres = WallMetres(view)
        self.metres.setVisible(has_opengl)
        self._message, self._state = message_label(view), message_label(view)
        self._state.setMargin(4)
        self._state.hide()
        self.bar = BodyToolbar(view)
        self.bar.setVisible(has_opengl)

    def set_message(self, text: str) -> None:
        """Say something in the middle; nothing with an empty text."""
        self._message.setText(text)
        self._message.setVisible(bool(text))
        self.place()

    def set_state(self, text: str) -> None:
        """Say something in a corner; nothing with an empty text."""
        self._state.setText(text)
        self._state.setVisible(bool(text) and self._has_opengl)
        self.place()

    def restyle(self, theme: Theme) -> None:
        """Take the colours of a theme."""
        c = colors(theme)
        self.bar.restyle(theme)
        for label in (self._message, self._state):
            label.setStyleSheet(f"color: {c.text.name()}; background: {c.window.name()}; border-radius: 6px;")

    def place(self) -> None:
        """Put everything where it belongs in the view as large as it is now."""
        view, label = self._view, self._message
        self.metres.setGeometry(view.rect())
        self.bar.adjustSize()
        self.bar.move(8, 8)
        self._state.adjustSize()
        self._state.move(8, view.height() - self._state.height() - 8)
        if label.isVisibleTo(view):
            label.setWordWrap(False)
            width = min(label.sizeHint().width(), max(80, view.width() - 32))
            label.setWordWrap(True)
            label.setFixedSize(width, label.heightForWidth(width))
            free = view.size() - label.size()
            label.move(free.width() // 2, free.height() // 2)
