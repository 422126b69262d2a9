"""Showing a rectangle on the wall: its four corners, clicked one after the other or placed with the keys."""

from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QGraphicsView

from widgets.picking import DIRECTIONS, TAKES, PictureOverlay
from widgets.theme import colors_of

CORNERS = tuple(f"its {corner} corner" for corner in ("top left", "top right", "bottom right", "bottom left"))
_HELP = "Click {place}. Or arrows move the cross (Ctrl: finer), Enter takes it. Backspace takes one back, Esc leaves."
_GRAB_PX = 10.0
_ARM_PX = 9.0


class CornerPicker(PictureOverlay):
    """Lies over a view of a picture while a person clicks the corners of a rectangle, or other points.

    Signals
    -------
    picked : list of QPointF
        In frame pixels; of a rectangle top left, top right, bottom right, bottom left.
    """

    picked = Signal(list)

    def __init__(self, view: QGraphicsView) -> None:
        keys = frozenset({*DIRECTIONS, *TAKES, Qt.Key.Key_Escape, Qt.Key.Key_Backspace})
        super().__init__(view, name="Corners of a rectangle on the wall", keys=keys)
        self._title = ""
        self._asks = CORNERS
        self._picture = QRectF()
        self._corners: list[QPointF] = []
        self._cross = QPointF()
        self._held = -1
        self.setMouseTracking(True)

    @property
    def corners(self) -> list[QPointF]:
        """The corners so far, in frame pixels."""
        return list(self._corners)

    def pick(self, title: str, picture: QRectF, *, asks: tuple[str, ...] = CORNERS) -> None:
        """Let the user show four corners in a picture (frame pixels), or what else; the title says of what.

        By key it begins in the middle of what is in sight.
        """
        self._asks = asks
        self._title, self._picture, self._corners, self._held = title, picture, [], -1
        self._ask()
        self._cross = self._inside(self.to_frame(QPointF(self.rect().center())))  # in sight, also in a zoomed picture

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Place a corner, or take hold of one that is placed."""
        if event.button() == Qt.MouseButton.RightButton:
            self.leave()
        elif event.button() == Qt.MouseButton.LeftButton:
            self._held = self._corner_at(event.position())
            if self._held < 0:
                self._place(self.to_frame(event.position()))
        else:
            event.ignore()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Move the corner that is held, else the cross."""
        place = self._inside(self.to_frame(event.position()))
        if self._held >= 0:
            self._corners[self._held] = place
        else:
            self._cross = place
        self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Let the corner go."""
        self._held = -1

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Move the cross, place a corner, take one back, or leave."""
        key = Qt.Key(event.key())
        if key in TAKES:
            self._place(self._cross)
        elif key == Qt.Key.Key_Escape:
            self.leave()
        elif key == Qt.Key.Key_Backspace and self._corners:
            self._cross = self._corners.pop()
            self._ask()
        elif key in DIRECTIONS:
            self._cross = self._inside(self._cross + self.step_of(event, self._picture.width()))
            self.update()
        else:
            event.ignore()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw the corners, what is between them, and the cross."""
        colors, painter = colors_of(self), QPainter(self)
        painter.fillRect(self.rect(), QColor(0, 0, 0, 60))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        transform = self._view.viewportTransform()
        shown = [transform.map(corner) for corner in (*self._corners, self._cross)]
        for color, width in ((QColor(0, 0, 0, 160), 4), (colors.accent, 2)):
            painter.setPen(QPen(color, width))
            painter.drawPolyline(QPolygonF(shown if len(shown) < len(self._asks) else [*shown, shown[0]]))
            x, y = shown[-1].x(), shown[-1].y()
            painter.drawLine(QPointF(x - _ARM_PX, y), QPointF(x + _ARM_PX, y))
            painter.drawLine(QPointF(x, y - _ARM_PX), QPointF(x, y + _ARM_PX))
        painter.setBrush(colors.accent)
        painter.setPen(QPen(Qt.GlobalColor.white, 1.5))
        for corner in shown[:-1]:
            painter.drawEllipse(corner, 5, 5)
        self.paint_words(painter, beside=shown[-1])
        painter.end()

    def _ask(self) -> None:
        self.begin(self._title, _HELP.format(place=self._asks[min(len(self._corners), len(self._asks) - 1)]))
        self.update()

    def _place(self, place: QPointF) -> None:
        self._corners.append(self._inside(place))
        if len(self._corners) < len(self._asks):
            self._ask()
            return
        self.hide()
        self.picked.emit(self.corners)

    def _corner_at(self, position: QPointF) -> int:
        """Return which corner lies below the mouse, -1 for none."""
        transform = self._view.viewportTransform()
        away = [(transform.map(corner) - position).manhattanLength() for corner in self._corners]
        return next((n for n, distance in enumerate(away) if distance <= _GRAB_PX), -1)

    def _inside(self, place: QPointF) -> QPointF:
        area = self._picture
        return QPointF(min(max(place.x(), area.left()), area.right()), min(max(place.y(), area.top()), area.bottom()))
