"""The lane of doubts: a mark per suspicious frame, its shape saying why."""

from functools import lru_cache

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPixmap, QPolygonF

from widgets.timeline_canvas import Canvas
from widgets.timeline_data import Doubts

_SIZE_PX = 4.5
_NEAR_PX = 7.0
_Corners = tuple[tuple[float, float], ...]
_DOWN: _Corners = ((-1, -0.8), (1, -0.8), (0, 1))
_UP: _Corners = ((0, -1), (1, 0.8), (-1, 0.8))
_SQUARE: _Corners = ((-0.8, -0.8), (0.8, -0.8), (0.8, 0.8), (-0.8, 0.8))
_CROSS: tuple[_Corners, ...] = (((-0.9, -0.9), (0.9, 0.9)), ((-0.9, 0.9), (0.9, -0.9)))
_PLUS: tuple[_Corners, ...] = (((0, -1), (0, 1)), ((-1, 0), (1, 0)))
_WAIST: _Corners = ((-0.9, -0.9), (0.9, -0.9), (-0.9, 0.9), (0.9, 0.9))
_DIAMOND: _Corners = ((0, -1.1), (1.1, 0), (0, 1.1), (-1.1, 0))
_SHAPES: tuple[tuple[tuple[_Corners, ...], bool], ...] = (
    ((_DOWN,), True),
    ((_UP,), False),
    ((_SQUARE,), True),
    (_CROSS, False),
    ((_WAIST,), True),
    ((_SQUARE,), False),
    (_PLUS, False),
    ((_DOWN,), False),
    ((_WAIST,), False),
    ((_UP,), True),
    ((_DIAMOND,), False),
)
"""One shape per reason, filled or not: told apart at this size and without colour."""


def paint_doubts(canvas: Canvas, doubts: Doubts) -> None:
    """Paint a mark for every doubt, a column where they lie too close for shapes."""
    area, scale = canvas.lanes.doubts, canvas.scale
    if not area.height():
        return
    seen = scale.in_view(doubts.frames)
    frames, kinds = doubts.frames[seen], doubts.kinds[seen]
    if len(frames) * _NEAR_PX > area.width():
        bar = QRectF(area.left(), area.top() + area.height() * 0.25, area.width(), area.height() * 0.5)
        canvas.fill_columns(canvas.counts(frames) > 0, canvas.colors.warning, area=bar)
        return
    y = area.center().y()
    for x, kind in zip(scale.middles(frames).tolist(), kinds.tolist(), strict=True):
        picture = doubt_picture(kind, canvas.colors.warning.rgb(), ratio=canvas.ratio)
        half = picture.deviceIndependentSize().width() / 2
        canvas.painter.drawPixmap(QPointF(x - half, y - half), picture)


@lru_cache(maxsize=64)
def doubt_picture(kind: int, color: int, *, ratio: float) -> QPixmap:
    """Return the mark of a reason (its number) as a picture; `color` is that of `QColor.rgb`."""
    side = 2 * _SIZE_PX + 4
    result = QPixmap(round(side * ratio), round(side * ratio))
    result.setDevicePixelRatio(ratio)
    result.fill(Qt.GlobalColor.transparent)
    p = QPainter(result)
    p.setRenderHint(QPainter.RenderHint.Antialiasing)
    p.translate(side / 2, side / 2)
    strokes, filled = _SHAPES[kind % len(_SHAPES)]
    p.setPen(QPen(QColor(color), 1.6))
    p.setBrush(QColor(color) if filled else Qt.BrushStyle.NoBrush)
    for corners in strokes:
        p.drawPolygon(QPolygonF([QPointF(x * _SIZE_PX, y * _SIZE_PX) for x, y in corners]))
    p.end()
    return result
