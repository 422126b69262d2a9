"""The skeletons of the keyframes before and after, fainter than that of the frame."""

import math

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF, QTransform
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from annotation.skeletons import Skeleton
from widgets.markers import bone_color, side_color
from widgets.painted_once import PaintedOnce
from widgets.theme import ThemeColors

_HUGE = QRectF(-1e5, -1e5, 2e5, 2e5)
_OPACITY = 0.7
_ARROW_PX = 5.0


class OnionSkin(QGraphicsItem):
    """Paints two poses: dashed with arrows to the left for the one before, dotted with arrows to the right after.

    Scene coordinates are frame pixels; strokes and arrows keep their size on screen.
    """

    def __init__(self, colors: ThemeColors) -> None:
        super().__init__()
        self._colors = colors
        self._unit = 1.0
        self._skeleton: Skeleton | None = None
        self._before: NDArray[np.float32] | None = None
        self._after: NDArray[np.float32] | None = None
        self._picture = PaintedOnce()
        self.setAcceptedMouseButtons(Qt.MouseButton.NoButton)

    def set_looks(self, colors: ThemeColors, *, unit: float) -> None:
        """Set the theme's colours and the size of one design pixel."""
        self._colors, self._unit = colors, unit
        self._repaint()

    def set_skeleton(self, skeleton: Skeleton | None) -> None:
        """Set the joints and bones; forgets the poses."""
        self._skeleton = skeleton
        self.set_poses(None, None)

    def set_poses(self, before: NDArray[np.float32] | None, after: NDArray[np.float32] | None) -> None:
        """Show the poses (K, 2), NaN where a joint is missing, of the keyframes before and after; None for none."""
        if before is not None or after is not None or self._before is not None or self._after is not None:
            self._before, self._after = before, after
            self._repaint()

    def _repaint(self) -> None:
        self._picture.forget()
        self.update()

    def boundingRect(self) -> QRectF:
        """Cover everything: arrows have no size in the scene."""
        return _HUGE

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        """Copy the picture of both poses: soft dashes take long, so they are painted once for a place and a zoom."""
        if self._skeleton is None or (self._before is None and self._after is None):
            return
        self._picture.copy_to(painter, self._paint_poses, opacity=_OPACITY)

    def _paint_poses(self, painter: QPainter, transform: QTransform) -> None:
        for xy, side, style in ((self._before, -1, Qt.PenStyle.DashLine), (self._after, 1, Qt.PenStyle.DotLine)):
            if xy is not None:
                points = [transform.map(QPointF(x, y)) if math.isfinite(x + y) else None for x, y in xy.tolist()]
                self._paint_bones(painter, points, style=style)
                self._paint_arrows(painter, points, side=side)

    def _paint_bones(self, painter: QPainter, points: list[QPointF | None], *, style: Qt.PenStyle) -> None:
        assert self._skeleton is not None
        joints = self._skeleton.joints
        for a, b in self._skeleton.bones:
            start, end = points[a], points[b]
            if start is not None and end is not None:
                color = bone_color(joints[a], joints[b], self._colors)
                for shade, width in ((self._colors.outline, 2.6), (color, 1.3)):
                    painter.setPen(QPen(shade, width * self._unit, style, Qt.PenCapStyle.FlatCap))
                    painter.drawLine(start, end)

    def _paint_arrows(self, painter: QPainter, points: list[QPointF | None], *, side: int) -> None:
        assert self._skeleton is not None
        r = _ARROW_PX * self._unit
        arrow = QPolygonF([QPointF(side * r, 0), QPointF(-side * r * 0.7, -r), QPointF(-side * r * 0.7, r)])
        painter.setPen(QPen(QColor(self._colors.outline), self._unit))
        for joint, point in zip(self._skeleton.joints, points, strict=True):
            if point is not None:
                painter.setBrush(side_color(joint, self._colors))
                painter.drawPolygon(arrow.translated(point))
