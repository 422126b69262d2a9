"""The box around several selected joints, with handles to move, turn and scale them."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QTransform
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from annotation.pose_moves import Point
from widgets.pose_drag import Grip
from widgets.theme import ThemeColors

_MARGIN_PX = 20.0
_STALK_PX = 26.0
_HIT_PX = 11.0
_EDGE_PX = 14.0
_REACH_PX = _MARGIN_PX + _STALK_PX + _HIT_PX
_HUGE = QRectF(-1e5, -1e5, 2e5, 2e5)


class PoseBox(QGraphicsItem):
    """Paints and hit-tests the handles in constant screen size; scene coordinates are frame pixels.

    Parameters
    ----------
    colors : ThemeColors
    """

    def __init__(self, colors: ThemeColors) -> None:
        super().__init__()
        self._colors = colors
        self._unit = 1.0
        self._rect: QRectF | None = None
        self._pivot = QPointF()
        self._bare = False
        self.setAcceptedMouseButtons(Qt.MouseButton.NoButton)

    def set_looks(self, colors: ThemeColors, *, unit: float) -> None:
        """Set the theme's colours and the size of one design pixel."""
        self._colors, self._unit = colors, unit
        self.update()

    def set_points(self, xy: NDArray[np.floating] | None, pivot: Point | None) -> None:
        """Lie around points (N, 2) with the pivot they are turned about; none without."""
        before = self._covered()
        if xy is None or pivot is None or len(xy) < 2:
            self._rect = None
        else:
            (left, top), (right, bottom) = xy.min(axis=0).tolist(), xy.max(axis=0).tolist()
            self._rect, self._pivot = QRectF(left, top, right - left, bottom - top), QPointF(*pivot)
        for area in (before, self._covered()):
            if area is not None:
                self.update(area)

    def set_bare(self, *, bare: bool) -> None:
        """Show only the pivot: the joints are being turned or scaled."""
        self._bare = bare
        self.update(self._covered() or QRectF())

    def hit(self, position: QPointF, to_viewport: QTransform, *, area: QRectF) -> Grip | None:
        """Return what a viewport position would take hold of."""
        if self._rect is None or not self.isVisible():
            return None
        for grip, points in self._handles(to_viewport, area).items():
            if any((point - position).manhattanLength() <= _HIT_PX * self._unit for point in points):
                return grip
        return None

    def handle(self, grip: Grip, to_viewport: QTransform, *, area: QRectF) -> QPointF | None:
        """Return where a handle is in the viewport."""
        return None if self._rect is None else self._handles(to_viewport, area)[grip][0]

    def _frame(self, to_viewport: QTransform, area: QRectF) -> QRectF:
        """The box in viewport pixels; it stays in sight, so that the handles can be reached at any zoom."""
        assert self._rect is not None
        m, edge = _MARGIN_PX * self._unit, _EDGE_PX * self._unit
        frame = to_viewport.mapRect(self._rect).adjusted(-m, -m, m, m)
        inner = area.adjusted(edge, edge, -edge, -edge)
        seen = frame.intersected(inner)
        return seen if seen.width() > 4 * m and seen.height() > 4 * m else frame

    def _handles(self, to_viewport: QTransform, area: QRectF) -> Mapping[Grip, list[QPointF]]:
        frame = self._frame(to_viewport, area)
        stalk = QPointF(0, _STALK_PX * self._unit)
        top, bottom = QPointF(frame.center().x(), frame.top()), QPointF(frame.center().x(), frame.bottom())
        above = top - stalk
        turn = above if above.y() > area.top() + _HIT_PX else bottom + stalk
        if turn.y() > area.bottom() - _HIT_PX:
            turn = top + stalk
        corners = [frame.topLeft(), frame.topRight(), frame.bottomLeft(), frame.bottomRight()]
        return {Grip.TURN: [turn], Grip.SCALE: corners, Grip.JOINTS: [to_viewport.map(self._pivot)]}

    def _covered(self) -> QRectF | None:
        """The scene rectangle the box and its handles may cover."""
        scene = self.scene()
        if self._rect is None or scene is None or not scene.views():
            return None
        margin = _REACH_PX * self._unit / max(scene.views()[0].transform().m11(), 1e-6)
        pivot = QRectF(self._pivot, self._pivot)
        return self._rect.united(pivot).adjusted(-margin, -margin, margin, margin)

    def boundingRect(self) -> QRectF:
        """Cover everything: handles have no size in the scene."""
        return _HUGE

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        """Paint the box and its handles, dark below and light above, to be seen on any wall."""
        if self._rect is None:
            return
        to_viewport, area = painter.worldTransform(), QRectF(painter.viewport())
        painter.save()
        painter.resetTransform()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for color, width in ((self._colors.outline, 3.0), (self._colors.halo, 1.4)):
            self._paint_handles(painter, to_viewport, area=area, pen=QPen(color, width * self._unit))
        painter.restore()

    def _paint_handles(self, painter: QPainter, to_viewport: QTransform, *, area: QRectF, pen: QPen) -> None:
        u, handles = self._unit, self._handles(to_viewport, area)
        painter.setPen(pen)
        (pivot,) = handles[Grip.JOINTS]
        painter.drawEllipse(pivot, 6 * u, 6 * u)
        for arm in (QPointF(16 * u, 0), QPointF(0, 16 * u)):
            painter.drawLine(pivot - arm, pivot + arm)
        if self._bare:
            return
        frame = self._frame(to_viewport, area)
        (turn,) = handles[Grip.TURN]
        foot = QPointF(turn.x(), frame.bottom() if turn.y() > frame.bottom() else frame.top())
        painter.drawLine(foot, turn)
        dashed = QPen(pen)
        dashed.setDashPattern([4 * u, 3 * u])
        painter.setPen(dashed)
        painter.drawRect(frame)
        painter.setPen(pen)
        painter.setBrush(QColor(self._colors.outline))
        painter.drawEllipse(turn, 5 * u, 5 * u)
        for corner in handles[Grip.SCALE]:
            painter.drawRect(QRectF(corner.x() - 4 * u, corner.y() - 4 * u, 8 * u, 8 * u))
        painter.setBrush(Qt.BrushStyle.NoBrush)
