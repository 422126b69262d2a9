"""What lies over a picture while a person shows something in it: nothing is modal, all else goes on."""

from PySide6.QtCore import QEvent, QPointF, QRect, Qt, Signal
from PySide6.QtGui import QHideEvent, QKeyEvent, QPainter, QPen
from PySide6.QtWidgets import QGraphicsView, QWidget

from widgets.theme import colors_of

STEP, BIG_STEP = 0.01, 0.05
DIRECTIONS = {
    Qt.Key.Key_Left: (-1, 0),
    Qt.Key.Key_Right: (1, 0),
    Qt.Key.Key_Up: (0, -1),
    Qt.Key.Key_Down: (0, 1),
}
TAKES = (Qt.Key.Key_Return, Qt.Key.Key_Enter)


class PictureOverlay(QWidget):
    """Lies over a view of a picture, as large as it, and has the keys while it is there.

    Parameters
    ----------
    view : QGraphicsView
        Whose scene is in frame pixels.
    name : str
        For who cannot see it.
    keys : collection of Qt.Key
        Kept from the window's shortcuts.

    Signals
    -------
    left
        The user went away without an answer.
    """

    left = Signal()

    def __init__(self, view: QGraphicsView, *, name: str, keys: frozenset[Qt.Key]) -> None:
        super().__init__(view.viewport())
        self._view, self._keys = view, keys
        self._text = ""
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(name)
        self.setCursor(Qt.CursorShape.CrossCursor)
        view.viewport().installEventFilter(self)
        self.hide()

    def begin(self, title: str, manual: str) -> None:
        """Come up and say what for, and how."""
        self._text = f"{title}\n{manual}"
        self.setAccessibleDescription(f"{title}. {manual}")
        self.setGeometry(self._view.viewport().rect())
        self.show()
        self.raise_()
        self.setFocus()

    def leave(self) -> None:
        """Go away without an answer."""
        if self.isVisible():
            self.hide()
            self.left.emit()

    def event(self, event: QEvent) -> bool:
        """Keep the keys from the window's shortcuts."""
        is_override = event.type() == QEvent.Type.ShortcutOverride
        if is_override and isinstance(event, QKeyEvent) and event.key() in self._keys:
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

    def step_of(self, event: QKeyEvent, side_px: float) -> QPointF:
        """Return how far an arrow key goes in a picture with a side of so many pixels; with Ctrl less far."""
        fine = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        return QPointF(*DIRECTIONS[Qt.Key(event.key())]) * (STEP if fine else BIG_STEP) * side_px

    def paint_words(self, painter: QPainter, *, beside: QPointF | None = None) -> None:
        """Write what to do at the top, or at the bottom where a place of this widget would be covered."""
        colors = colors_of(self)
        room = self.rect().adjusted(16, 12, -16, -12)
        flags = int(Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop | Qt.TextFlag.TextWordWrap)
        words: QRect = painter.boundingRect(room, flags, self._text)
        if beside is not None and words.adjusted(-30, -30, 30, 30).contains(beside.toPoint()):
            words.moveBottom(room.bottom())
        painter.setPen(QPen(colors.border, 1))
        painter.setBrush(colors.window)
        painter.drawRoundedRect(words.adjusted(-10, -6, 10, 6), 4, 4)
        painter.setPen(colors.text)
        painter.drawText(words, flags, self._text)

    def to_frame(self, position: QPointF) -> QPointF:
        """Return where a position of this widget is in the picture, frame pixels."""
        inverse, _ = self._view.viewportTransform().inverted()
        return inverse.map(position)
