"""An OpenGL canvas as a picture, for computers whose processor does the drawing."""

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QElapsedTimer, QSize, QTimer
from PySide6.QtGui import QImage, QPainter, QPaintEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QApplication, QWidget

_REST = 2
_SETTLE_MS = 40
"""After it was shown, or has another size, the window has enough to do with itself."""


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
        self._rest.timeout.connect(self._draw)

    def refresh(self) -> None:
        """Draw again, soon."""
        self._draw_in(0)

    def draw_now(self) -> None:
        """Draw and show at once: this is what a person waits for."""
        self._rest.stop()
        self._stale = True
        self._draw()
        self.repaint()

    def picture(self) -> QImage:
        """Return what there is to draw now; what was drawn last may be older."""
        self._before()
        self._fit_canvas()
        image: QImage = self._native.grabFramebuffer()
        return image

    def _draw_in(self, wait_ms: int) -> None:
        self._stale = True
        if not self._rest.isActive():
            self._rest.start(wait_ms)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Show what was drawn last."""
        painter = QPainter(self)
        painter.drawImage(self.rect(), self._image)
        painter.end()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Draw in the new size, when it comes to that: a window finds its sizes in several steps."""
        super().resizeEvent(event)
        self._draw_in(_SETTLE_MS)

    def showEvent(self, event: QShowEvent) -> None:
        """Catch up with what happened while hidden."""
        super().showEvent(event)
        self._draw_in(_SETTLE_MS)

    def _draw(self) -> None:
        if not self._stale or not self.isVisible():
            return
        clock = QElapsedTimer()
        clock.start()
        self._image = self.picture()
        self._stale = False
        self._rest.start(_REST * clock.elapsed())
        self.update()

    def _fit_canvas(self) -> None:
        """Let the canvas have our size; hidden widgets hear of theirs only when they are shown."""
        before, size = self._native.size(), self.size().expandedTo(QSize(1, 1))
        if size != before:
            self._native.resize(size)
            QApplication.sendEvent(self._native, QResizeEvent(size, before))
