"""What lies over the 3D picture: buttons, a message in the middle, the state in a corner, the metres of the wall."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPaintEvent
from PySide6.QtWidgets import QLabel, QWidget

from widgets.body_geometry import Floats, Viewpoint, seen_at
from widgets.body_looks import message_label
from widgets.body_toolbar import BodyToolbar
from widgets.theme import Theme, colors, colors_of
from widgets.wall_picture import WallPicture

_LEAST_APART_PX = 22.0
_FROM_THE_SIDE = 0.08
"""A wall of which so much of the thickness is seen, as a share of its width, is seen from the side."""
_RING = "◯ depth open"


class WallMetres(QWidget):
    """Says beside the grid of the wall how high its lines are above the floor."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._lines: Floats = np.zeros((0, 2, 2))
        self._behind: NDArray[np.bool_] = np.zeros(0, bool)
        self._metres: list[int] = []
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setAccessibleName("Metres of the wall")

    def set_lines(self, lines: Floats, metres: Sequence[int], *, backward: Floats) -> None:
        """Set the ends (N, 2, 2) of the lines so many metres above the floor; NaN where they are not seen.

        `backward` (N, 2) is how far the back of the wall is seen from its front: where the wall is seen from the side,
        what it says stands behind it, for the climber is before it.
        """
        across, to_back = lines[:, 1, 0] - lines[:, 0, 0], backward[:, 0]
        behind = to_back > _FROM_THE_SIDE * np.abs(across)
        lines = np.where(behind[:, None, None], lines + backward[:, None], lines)
        same = list(metres) == self._metres and np.array_equal(behind, self._behind)
        if not same or not np.array_equal(lines, self._lines, equal_nan=True):
            self._lines, self._metres, self._behind = lines, list(metres), behind
            self.update()

    @property
    def shown(self) -> list[tuple[int, QPointF]]:
        """The metres that have room, and where their words end, or begin where they stand behind the wall."""
        return [(metres, place) for metres, place, _ in self._placed()]

    def _placed(self) -> list[tuple[int, QPointF, bool]]:
        """Return the metres that have room, where, and whether they stand behind the wall."""
        result: list[tuple[int, QPointF, bool]] = []
        room = self.fontMetrics().horizontalAdvance("9 m") + 6
        for metres, line, behind in zip(self._metres, self._lines, self._behind.tolist(), strict=True):
            place = _right_end(line) if behind else _left_end(line, room)
            if place is None or not self.rect().contains(place.toPoint()):
                continue
            if all((place - other).manhattanLength() >= _LEAST_APART_PX for _, other, _ in result):
                result.append((metres, place, behind))
        return result

    def paintEvent(self, event: QPaintEvent) -> None:
        """Write them to the left of the wall, or behind it."""
        painter = QPainter(self)
        c = colors_of(self)
        ground = QColor(c.canvas)
        ground.setAlphaF(0.65)  # the body may stand behind
        painter.setPen(c.text)
        metrics = QFontMetricsF(self.font())
        for metres, place, behind in self._placed():
            words = f"{metres} m"
            width = metrics.horizontalAdvance(words)
            left = place.x() + 4 if behind else place.x() - width - 4
            area = QRectF(left, place.y() - metrics.height() / 2, width + 1, metrics.height())
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


def _right_end(line: Floats) -> QPointF | None:
    """Return the right end of a line (2, 2); None where it is nowhere."""
    return QPointF(*line[line[:, 0].argmax()].tolist()) if np.isfinite(line).all() else None


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
        self._legend = QLabel(_RING, view)
        self._legend.setAccessibleName("Rings in the picture")
        self._legend.setObjectName("legend")
        for label in (self._state, self._legend):
            label.setMargin(4)
            label.hide()
        self.bar = BodyToolbar(view)
        self.bar.setVisible(has_opengl)

    def show_metres(self, wall: WallPicture | None, viewpoint: Viewpoint, *, size: tuple[float, float]) -> None:
        """Say how high a wall is as it is seen in a view of `size` pixels."""
        if wall is None:
            self.metres.set_lines(np.zeros((0, 2, 2)), [], backward=np.zeros((0, 2)))
            return
        shown = np.concatenate([wall.rungs, wall.rungs[:, :1] + wall.backward[:, None]], axis=1)
        ends = seen_at(viewpoint, shown.reshape(-1, 3), size=size).reshape(-1, 3, 2)
        self.metres.set_lines(ends[:, :2], wall.metres.tolist(), backward=ends[:, 2] - ends[:, 0])

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

    def set_legend(self, about: str) -> None:
        """Say in the other corner what rings are, and all there is to say about them on hover; nothing if empty."""
        self._legend.setToolTip(about)
        self._legend.setAccessibleDescription(about)
        self._legend.setVisible(bool(about) and self._has_opengl)
        self.place()

    def restyle(self, theme: Theme) -> None:
        """Take the colours of a theme."""
        c = colors(theme)
        self.bar.restyle(theme)
        look = f"background: {c.window.name()}; border-radius: 6px;"
        for label in (self._message, self._state):
            label.setStyleSheet(f"color: {c.text.name()}; {look}")
        self._legend.setStyleSheet(f"#legend {{ color: {c.warning.name()}; {look} }}")  # its tool tip looks as all do

    def place(self) -> None:
        """Put everything where it belongs in the view as large as it is now."""
        view, label = self._view, self._message
        self.metres.setGeometry(view.rect())
        self.bar.adjustSize()
        self.bar.move(8, 8)
        self._state.adjustSize()
        self._state.move(8, view.height() - self._state.height() - 8)
        self._legend.adjustSize()
        free = view.size() - self._legend.size()
        beside = free.width() - 8 >= self._state.width() + 16 or not self._state.isVisibleTo(view)
        self._legend.move(free.width() - 8, free.height() - 8 - (0 if beside else self._state.height() + 4))
        if label.isVisibleTo(view):
            label.setWordWrap(False)
            width = min(label.sizeHint().width(), max(80, view.width() - 32))
            label.setWordWrap(True)
            label.setFixedSize(width, label.heightForWidth(width))
            free = view.size() - label.size()
            label.move(free.width() // 2, free.height() // 2)
