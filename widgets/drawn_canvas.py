"""An OpenGL canvas as a picture, for computers whose processor does the drawing."""

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QElapsedTimer, QSize, QTimer
from PySide6.QtGui import QImage, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QApplication, QWidget

_REST = 2


class DrawnCanvas(QWidget):
    """Shows what a canvas draws that lies in no window.

    Qt puts a window that holds an OpenGL widget together by OpenGL, the whole of it, whenever anything in it changes.
    Without a graphics card that made every frame of the video more than twice as dear, whether the body was to be seen
    or not. Drawing rests twice as long as it took, so that what else moves gets most of the time.

    Parameters
    ----------
    canvas : vispy.scene.SceneCanvas
        Made without a parent; it is never shown itself.
    before : callable
        Called right before it draws, to bring the scene up to date.
    """

    def __init__(self, canvas: Any, *, before: Callable[[], object], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._before = before
        self._native: Any = canvas.native
        self._image = QImage()
        self._stale = True
        self._rest = QTimer(self, singleShot=True)
        self._rest.timeout.connect(self._go_on)

    def refresh(self) -> None:
        """Draw again, soon."""
        self._stale = True
        if not self._rest.isActive():
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Show the picture; draw it first if it is not up to date."""
        if self._stale and not self._rest.isActive():
            clock = QElapsedTimer()
            clock.start()
            self._before()
            self._fit_canvas()
            self._stale = False
            self._image = self._native.grabFramebuffer()
            self._rest.start(_REST * clock.elapsed())
        painter = QPainter(self)
        painter.drawImage(self.rect(), self._image)
        painter.end()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Draw in the new size, when it comes to that: a window finds its sizes in several steps."""
        super().resizeEvent(event)
        self._rest.stop()
        self.refresh()

    def _fit_canvas(self) -> None:
        """Let the canvas have our size; hidden widgets hear of theirs only when they are shown."""
        before, size = self._native.size(), self.size().expandedTo(QSize(1, 1))
        if size != before:
            self._native.resize(size)
            QApplication.sendEvent(self._native, QResizeEvent(size, before))

    def _go_on(self) -> None:
        if self._stale:
            self.update()
