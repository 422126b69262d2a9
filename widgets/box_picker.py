"""Choosing a person: a box dragged over the picture, or moved and sized with the keys."""

from PySide6.QtCore import QEvent, QPointF, QRect, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QHideEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QGraphicsView, QWidget

from widgets.theme import colors_of

_MIN_PX = 8.0
_STEP, _BIG_STEP = 0.01, 0.05
_DIRECTIONS = {
    Qt.Key.Key_Left: (-1, 0),
    Qt.Key.Key_Right: (1, 0),
    Qt.Key.Key_Up: (0, -1),
    Qt.Key.Key_Down: (0, 1),
}
_KEYS = {*_DIRECTIONS, Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Escape}
_HELP = "Drag a box around them. Or arrows move it, Shift+arrows size it (Ctrl: finer), Enter takes it, Esc leaves."


class BoxPicker(QWidget):
    """Lies over a view of a picture while a person draws a box in it; all else goes on, nothing is modal.

    Parameters
    ----------
    view : QGraphicsView
        Whose scene is in frame pixels.

    Signals
    -------
    picked : QRectF
        The box in frame pixels.
    left
        The user does not want one.
    """

    picked = Signal(QRectF)
    left = Signal()

    def __init__(self, view: QGraphicsView) -> None:
        super().__init__(view.viewport())
        self._view = view
        self._title = ""
        self._picture = QRectF()
        self._box = QRectF()
        self._anchor: QPointF | None = None
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Box around a climber")
        self.setCursor(Qt.CursorShape.CrossCursor)
        view.viewport().installEventFilter(self)
        self.hide()

    def pick(self, title: str, picture: QRectF) -> None:
        """Let the user choose a box in a picture (frame pixels); the title says what for."""
        self._title, self._picture, self._anchor = title, picture, None
        width, height = picture.width() / 4, picture.height() / 2
        self._box = QRectF(0, 0, width, height)
        self._box.moveCenter(picture.center())
        self.setAccessibleDescription(f"{title}. {_HELP}")
        self.setGeometry(self._view.viewport().rect())
        self.show()
        self.raise_()
        self.setFocus()

    @property
    def box(self) -> QRectF:
        """The box as it is now, in frame pixels."""
        return self._box

    def leave(self) -> None:
        """Go away without a box."""
        if self.isVisible():
            self.hide()
            self.left.emit()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begin a box."""
        if event.button() == Qt.MouseButton.LeftButton:
            self._anchor = self._to_frame(event.position())
        elif event.button() == Qt.MouseButton.RightButton:
            self.leave()
        else:
            event.ignore()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Draw it up to the cursor."""
        if self._anchor is not None:
            self._box = QRectF(self._anchor, self._to_frame(event.position())).normalized()
            self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Take a box that was drawn; a mere click changes nothing."""
        if self._anchor is None or event.button() != Qt.MouseButton.LeftButton:
            return
        drawn = QRectF(self._anchor, self._to_frame(event.position())).normalized()
        self._anchor = None
        if min(drawn.width(), drawn.height()) >= _MIN_PX:
            self._box = drawn
            self._take()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Move the box, size it, take it or leave it."""
        key = Qt.Key(event.key())
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._take()
        elif key == Qt.Key.Key_Escape:
            self.leave()
        elif key in _DIRECTIONS:
            modifiers = event.modifiers()
            share = _STEP if modifiers & Qt.KeyboardModifier.ControlModifier else _BIG_STEP
            step = QPointF(*_DIRECTIONS[key]) * share * max(self._picture.width(), self._picture.height())
            self._change(step, size=bool(modifiers & Qt.KeyboardModifier.ShiftModifier))
        else:
            event.ignore()

    def event(self, event: QEvent) -> bool:
        """Keep the keys of the box from the window's shortcuts."""
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and event.key() in _KEYS:
            event.accept()
            return True
        return super().event(event)

    def eventFilter(self, _watched: object, event: QEvent) -> bool:
        """Stay as large as the view."""
        if event.type() == QEvent.Type.Resize:
            self.setGeometry(self._view.viewport().rect())
        return False

    def hideEvent(self, event: QHideEvent) -> None:
        """Give the keys back to the view."""
        super().hideEvent(event)
        self._view.setFocus()

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
        self._paint_words(painter)

    def _paint_words(self, painter: QPainter) -> None:
        colors = colors_of(self)
        room = self.rect().adjusted(16, 12, -16, -12)
        flags = int(Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop | Qt.TextFlag.TextWordWrap)
        text = f"{self._title}\n{_HELP}"
        words: QRect = painter.boundingRect(room, flags, text)
        painter.setPen(QPen(colors.border, 1))
        painter.setBrush(colors.window)
        painter.drawRoundedRect(words.adjusted(-10, -6, 10, 6), 4, 4)
        painter.setPen(colors.text)
        painter.drawText(words, flags, text)

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

    def _to_frame(self, position: QPointF) -> QPointF:
        inverse, _ = self._view.viewportTransform().inverted()
        return inverse.map(position)
