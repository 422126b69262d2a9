"""The mouse in the 3D view: turn, move, zoom, and pull a joint along the camera's view."""

from PySide6.QtCore import QEvent, QObject, QPointF, Qt, Signal
from PySide6.QtGui import QMouseEvent, QWheelEvent


class BodyMouse(QObject):
    """Watches the surface; before vispy sees the mouse, whose picking renders the scene once per click.

    Signals
    -------
    turned, moved : QPointF
        By how many pixels a drag goes on.
    zoomed : float
        Notches of the wheel.
    reset
        A double click.
    pull_begun, pulled : QPointF
        Where a drag with Alt begins, and where it is now.
    pull_ended
    """

    turned = Signal(QPointF)
    moved = Signal(QPointF)
    zoomed = Signal(float)
    reset = Signal()
    pull_begun = Signal(QPointF)
    pulled = Signal(QPointF)
    pull_ended = Signal()

    def __init__(self, *, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._at: QPointF | None = None
        self._pulling = False

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Take what is done with the mouse."""
        if isinstance(event, QWheelEvent):
            turns = event.angleDelta()
            self.zoomed.emit((turns.y() or turns.x()) / 120)  # with Alt held, Qt calls the wheel horizontal
            return True
        if not isinstance(event, QMouseEvent):
            return super().eventFilter(watched, event)
        if event.type() == QEvent.Type.MouseButtonDblClick:
            self.reset.emit()
        elif event.type() == QEvent.Type.MouseButtonPress:
            self._press(event)
        elif event.type() == QEvent.Type.MouseButtonRelease:
            self._release()
        elif self._at is not None:
            self._drag(event)
        return True

    def _press(self, event: QMouseEvent) -> None:
        self._at = event.position()
        alt = bool(event.modifiers() & Qt.KeyboardModifier.AltModifier)
        self._pulling = alt and event.button() == Qt.MouseButton.LeftButton
        if self._pulling:
            self.pull_begun.emit(event.position())

    def _release(self) -> None:
        self._at = None
        if self._pulling:
            self._pulling = False
            self.pull_ended.emit()

    def _drag(self, event: QMouseEvent) -> None:
        assert self._at is not None
        step, self._at = event.position() - self._at, event.position()
        if self._pulling:
            self.pulled.emit(event.position())
        elif event.buttons() == Qt.MouseButton.LeftButton and not event.modifiers():
            self.turned.emit(step)
        else:
            self.moved.emit(step)
