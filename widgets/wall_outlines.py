"""The planes of a wall over the picture: their outlines and names."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen, QPolygonF
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

_HUGE = QRectF(-1e5, -1e5, 2e5, 2e5)


class WallOutlines(QGraphicsItem):
    """Paints outlines in frame pixels; strokes and names keep their size on screen."""

    def __init__(self, accent: QColor) -> None:
        super().__init__()
        self._accent = accent
        self._outlines: list[tuple[str, QPolygonF]] = []
        self.setAcceptedMouseButtons(Qt.MouseButton.NoButton)
        self.setVisible(False)

    @property
    def names(self) -> list[str]:
        """The names of the outlines that are shown."""
        return [name for name, _ in self._outlines] if self.isVisible() else []

    def set_outlines(
        self, outlines: Sequence[tuple[str, NDArray[np.floating]]], *, size_px: tuple[int, int] = (0, 0)
    ) -> None:
        """Show names and corners (N, 2) px of planes in a picture; what is behind the camera, NaN, is left out."""
        picture = QPolygonF(QRectF(0, 0, *size_px))
        shown = [
            (name, QPolygonF([QPointF(float(x), float(y)) for x, y in corners]).intersected(picture))
            for name, corners in outlines
            if len(corners) > 2 and np.isfinite(corners).all()
        ]
        self._outlines = [(name, polygon) for name, polygon in shown if not polygon.isEmpty()]
        self.setVisible(bool(self._outlines))
        self.update()

    def boundingRect(self) -> QRectF:
        """Cover everything: names have no size in the scene."""
        return _HUGE

    def paint(self, painter: QPainter, _option: QStyleOptionGraphicsItem, _widget: QWidget | None = None) -> None:
        """Draw them, with a dark line below to be seen on any wall; names of planes that overlap stand in a column."""
        painter.save()
        transform = painter.transform()
        painter.resetTransform()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        metrics = QFontMetricsF(painter.font())
        names: list[tuple[str, QPointF, QRectF]] = []
        below = QPointF(0, metrics.height() + 6)
        for name, polygon in self._outlines:
            shown = transform.map(polygon)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            for color, width in ((QColor(0, 0, 0, 160), 4.0), (self._accent, 1.5)):
                painter.setPen(QPen(color, width))
                painter.drawPolygon(shown)
            at = shown.boundingRect().center() - QPointF(metrics.horizontalAdvance(name) / 2, 0)
            area = QRectF(
                at.x() - 4, at.y() - metrics.ascent() - 2, metrics.horizontalAdvance(name) + 8, metrics.height() + 4
            )
            while any(area.intersects(other) for _, _, other in names):
                at, area = at + below, area.translated(below)
            names.append((name, at, area))
        for name, at, area in names:
            painter.fillRect(area, QColor(0, 0, 0, 150))
            painter.setPen(Qt.GlobalColor.white)
            painter.drawText(at, name)
        painter.restore()
