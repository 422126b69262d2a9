"""A picture of what takes long to paint, kept until it, its place or its size changes."""

from collections.abc import Callable

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QPainter, QPixmap, QTransform

Paint = Callable[[QPainter, QTransform], None]
"""Paints in the coordinates of the view; the transform leads there from the scene."""


class PaintedOnce:
    """Paints into a picture as large as the view and copies it from then on."""

    def __init__(self) -> None:
        self._picture = QPixmap()
        self._painted_for: tuple[QTransform, QRect, float] | None = None

    def forget(self) -> None:
        """Paint anew the next time."""
        self._painted_for = None

    def copy_to(self, painter: QPainter, paint: Paint, *, opacity: float = 1.0) -> None:
        """Put the picture onto the view a painter of the scene works on."""
        device = painter.device()
        wanted = (painter.worldTransform(), painter.viewport(), device.devicePixelRatioF() if device else 1.0)
        if wanted != self._painted_for:
            self._picture, self._painted_for = _painted(paint, *wanted), wanted
        painter.save()
        painter.resetTransform()
        painter.setOpacity(opacity)
        painter.drawPixmap(painter.viewport().topLeft(), self._picture)
        painter.restore()


def _painted(paint: Paint, transform: QTransform, area: QRect, ratio: float) -> QPixmap:
    picture = QPixmap(area.size() * ratio)
    picture.setDevicePixelRatio(ratio)
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    paint(painter, transform)
    painter.end()
    return picture
