"""The curve of confidence: a line while single frames can be told apart, pixels made from arrays where they cannot."""

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF

from widgets.timeline_canvas import Canvas, argb
from widgets.timeline_view import column_end, column_starts, runs_of

DOUBT_BELOW = 0.8
"""Confidence under which a frame deserves a look; the dashed line."""
_SMOOTH_BELOW = 500
"""Frames in view up to which the curve is a line."""
_GROUND_ALPHA = 0.22
_LINE_PX = 1.4


def paint_confidence(canvas: Canvas, values: NDArray[np.float32] | None) -> None:
    """Paint the confidence (T,), NaN where there is none; doubt in the warning colour."""
    p, area, c = canvas.painter, canvas.lanes.confidence.adjusted(0, 4, 0, -3), canvas.colors
    y = area.bottom() - DOUBT_BELOW * area.height()
    p.setPen(QPen(c.border, 1, Qt.PenStyle.DashLine))
    p.drawLine(QPointF(area.left(), y), QPointF(area.right(), y))
    if values is None or not len(values):
        return
    if canvas.scale.view.n_frames < _SMOOTH_BELOW:
        _line(canvas, values, area=area)
    else:
        _pixels(canvas, values, area=area)


def _line(canvas: Canvas, values: NDArray[np.float32], *, area: QRectF) -> None:
    """A point per frame, joined where neighbours have a confidence."""
    view = canvas.scale.view
    first, end = max(int(view.first) - 1, 0), min(int(view.end) + 2, len(values))
    shown = np.clip(values[first:end].astype(np.float64), 0, 1)
    xs = canvas.scale.middles(np.arange(first, end))
    known = np.isfinite(shown)
    canvas.painter.save()
    canvas.painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    canvas.painter.setClipRect(area)
    for start, stop in runs_of(known):
        if known[start]:
            _piece(canvas, xs[start:stop], values=shown[start:stop], area=area)
    canvas.painter.restore()


def _piece(canvas: Canvas, xs: NDArray[np.float64], *, values: NDArray[np.float64], area: QRectF) -> None:
    p, c = canvas.painter, canvas.colors
    ys = area.bottom() - values * area.height()
    points = [QPointF(x, y) for x, y in zip(xs.tolist(), ys.tolist(), strict=True)]
    ground = QColor(c.muted)
    ground.setAlphaF(_GROUND_ALPHA)
    p.setPen(Qt.PenStyle.NoPen)
    p.setBrush(ground)
    p.drawPolygon(QPolygonF([*points, QPointF(xs[-1], area.bottom()), QPointF(xs[0], area.bottom())]))
    doubtful = values < DOUBT_BELOW
    for start, end in runs_of(doubtful):
        p.setPen(QPen(c.warning if doubtful[start] else c.muted, _LINE_PX))
        part = points[max(start - 1, 0) : end + 1] if doubtful[start] else points[start:end]
        if len(part) == 1:
            p.drawPoint(part[0])
        p.drawPolyline(QPolygonF(part))


def _pixels(canvas: Canvas, values: NDArray[np.float32], *, area: QRectF) -> None:
    """The lowest confidence of each column over a ground up to the highest."""
    n_columns, n_rows = canvas.n_columns, max(round(area.height() * canvas.ratio), 1)
    end = column_end(canvas.scale.view, length=len(values))
    starts = column_starts(canvas.scale.view, n_columns, length=end)
    low, high = np.fmin.reduceat(values[:end], starts), np.fmax.reduceat(values[:end], starts)
    known = np.isfinite(low)
    y_low, y_high = (((1 - np.clip(np.nan_to_num(v), 0, 1)) * (n_rows - 1)).astype(np.int32) for v in (low, high))
    before = np.where(np.r_[False, known[:-1]], np.r_[y_low[:1], y_low[:-1]], y_low)
    rows = np.arange(n_rows, dtype=np.int32)[:, None]
    thick = max(round(canvas.ratio), 1)
    on_line = known & (rows >= np.minimum(y_low, before)) & (rows < np.maximum(y_low, before) + thick)
    below = known & (rows >= y_high)
    c = canvas.colors
    line = np.where(low < DOUBT_BELOW, argb(c.warning), argb(c.muted))
    ground = np.uint32(argb(c.muted, _GROUND_ALPHA))
    pixels = np.where(on_line, line.astype(np.uint32), np.where(below, ground, np.uint32(0)))
    canvas.draw_columns(pixels.astype(np.uint32), area)
