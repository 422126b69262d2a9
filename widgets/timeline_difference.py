"""The lane that says how far smoothing moved the joints: bars from below, the largest change at full height."""

import numpy as np
from numpy.typing import NDArray

from widgets.theme import mix
from widgets.timeline_canvas import Canvas, argb
from widgets.timeline_view import column_end, column_starts

_LEAST_PX = 2.0
"""Changes are drawn as if the largest were at least that many pixels of the picture: less is no difference to see."""


def paint_difference(canvas: Canvas, values: NDArray[np.float32] | None) -> None:
    """Paint by how many pixels joints were moved (T,), NaN where nothing is known; the largest of each column."""
    area = canvas.lanes.difference.adjusted(0, 2, 0, -1)
    if values is None or not len(values) or area.height() <= 0:
        return
    end = column_end(canvas.scale.view, length=len(values))
    starts = column_starts(canvas.scale.view, canvas.n_columns, length=end)
    moved = np.fmax.reduceat(np.nan_to_num(values[:end]), starts)
    if canvas.scale.view.end > len(values):
        moved[canvas.scale.view.first + np.arange(canvas.n_columns) / (canvas.scale.px * canvas.ratio) >= end] = 0
    full = max(float(np.nan_to_num(values).max()), _LEAST_PX)
    n_rows = max(round(area.height() * canvas.ratio), 1)
    top = n_rows - np.ceil(moved / full * n_rows)
    filled = np.arange(n_rows)[:, None] >= top
    color = argb(mix(canvas.colors.border, canvas.colors.text, 0.45))
    canvas.draw_columns(np.where(filled, color, 0).astype(np.uint32), area)
