"""Choosing a person: a box dragged over the picture, or moved and sized with the keys."""

from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QGraphicsView

from widgets.picking import DIRECTIONS, TAKES, PictureOverlay
from widgets.theme import colors_of

_MIN_PX = 8.0
_HELP = "Drag a box around them. Or arrows move it, Shift+arrows size it (Ctrl: finer), Enter takes it, Esc leaves."


class BoxPicker(PictureOverlay):
    """Lies over a view of a picture while a person draws a box in it; all else goes on, nothing is modal.

    Parameters
    ----------
    view : QGraphicsView
        Whose scene is in frame pixels.

    Signals
    -------
    picked : QRectF
        The box in frame pixels.
    """

    picked = Signal(QRectF)

    def __init__(self, view: QGraphicsView) -> None:
        super().__init__(view, name="Box around a climber", keys=frozenset({*DIRECTIONS, *TAKES, Qt.Key.Key_Escape}))
        self._picture = QRectF()
        self._box = QRectF()
        self._anchor: QPointF | None = None

    def pick(self, title: str, picture: QRectF) -> None:
        """Let the user choose a box in a picture (frame pixels); the title says what for."""
        self._picture, self._anchor = picture, None
        width, height = picture.width() / 4, picture.height() / 2
        self._box = QRectF(0, 0, width, height)
        self._box.moveCenter(picture.center())
        self.begin(title, _HELP)

    @property
    def box(self) -> QRectF:
        """The box as it is now, in frame pixels."""
        return self._box

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begin a box."""
        if event.button() == Qt.MouseButton.LeftButton:
            self._anchor = self.to_frame(event.position())
        elif event.button() == Qt.MouseButton.RightButton:
            self.leave()
        else:
            event.ignore()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Draw it up to the cursor."""
        if self._anchor is not None:
            self._box = QRectF(self._anchor, self.to_frame(event.position())).normalized()
            self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Take a box that was drawn; a mere click changes nothing."""
        if self._anchor is None or event.button() != Qt.MouseButton.LeftButton:
            return
        drawn = QRectF(self._anchor, self.to_frame(event.position())).normalized()
        self._anchor = None
        if min(drawn.width(), drawn.height()) >= _MIN_PX:
            self._box = drawn
            self._take()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Move the box, size it, take it or leave it."""
        key = Qt.Key(event.key())
        if key in TAKES:
            self._take()
        elif key == Qt.Key.Key_Escape:
            self.leave()
        elif key in DIRECTIONS:
            step = self.step_of(event, max(self._picture.width(), self._picture.height()))
            self._change(step, size=bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier))
        else:
            event.ignore()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Darken what is outside of the box and say what to do."""
        colors = colors_of(self)
        painter = QPainter(self)
        box = self._view.viewportTransform().mapRect(self._box)
        shade = QColor(0, 0, 0, 110)
        whole = QRectF(self.rect())
        for part in (
            QRectF(whole.left(), whole.top(), whole.width(), box.top() - whole.top()),
            QRectF(whole.left(), box.bottom(), whole.width(), whole.bottom() - box.bottom()),
            QRectF(whole.left(), box.top(), box.left() - whole.left(), box.height()),
            QRectF(box.right(), box.top(), whole.right() - box.right(), box.height()),
        ):
            if part.isValid():
                painter.fillRect(part, shade)
        painter.setPen(QPen(colors.accent, 2))
        painter.drawRect(box)
        self.paint_words(painter)

    def _change(self, step: QPointF, *, size: bool) -> None:
        box = QRectF(self._box)
        if size:
            grown = box.adjusted(0, 0, step.x(), step.y())
            if min(grown.width(), grown.height()) < _MIN_PX:
                return
            box = grown
        else:
            box.translate(step)
        if not (box & self._picture).isEmpty():
            self._box = box
            self.update()

    def _take(self) -> None:
        box = self._box & self._picture
        if not box.isEmpty():
            self.hide()
            self.picked.emit(box)
