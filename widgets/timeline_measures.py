"""Lanes of measures, such as how far the body is off its points: columns, the higher the more, doubt above a limit."""

import numpy as np
from PySide6.QtCore import QRectF

from widgets.timeline_canvas import Canvas, argb
from widgets.timeline_data import Measure
from widgets.timeline_view import column_end, column_starts

_TOP = 1.8
"""Times the limit at which a column is as high as its lane."""
_LEAST = 0.12
"""Share of the lane that what is known covers at least, so that it is seen to be known."""


def paint_measure(canvas: Canvas, measure: Measure, *, area: QRectF) -> None:
    """Paint the largest value of each column; what is above the limit in the colour of doubt."""
    values, n_columns = measure.values, canvas.n_columns
    inside = area.adjusted(0, 2, 0, -2)
    n_rows = max(round(inside.height() * canvas.ratio), 1)
    if not len(values):
        return
    end = column_end(canvas.scale.view, length=len(values))
    highest = np.fmax.reduceat(values[:end], column_starts(canvas.scale.view, n_columns, length=end))
    known = np.isfinite(highest)
    share = np.clip(np.nan_to_num(highest) / (_TOP * measure.limit), _LEAST, 1.0)
    filled = known & (np.arange(n_rows)[::-1, None] < share * n_rows)
    c = canvas.colors
    color = np.where(np.nan_to_num(highest) > measure.limit, argb(c.warning), argb(c.muted, 0.7))
    canvas.draw_columns(np.where(filled, color, 0).astype(np.uint32), inside)
