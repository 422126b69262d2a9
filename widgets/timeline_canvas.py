"""What painters of lanes share: where frames lie, the colours, and rows of pixels made from arrays."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QImage, QPainter

from widgets.theme import ThemeColors
from widgets.timeline_layout import Lanes
from widgets.timeline_view import Scale, column_end, column_starts


@dataclass(frozen=True)
class Canvas:
    """Something to paint lanes on.

    Attributes
    ----------
    painter : QPainter
    lanes : Lanes
    scale : Scale
        Where the frames lie.
    colors : ThemeColors
    ratio : float
        Device pixels per logical pixel.
    """

    painter: QPainter
    lanes: Lanes
    scale: Scale
    colors: ThemeColors
    ratio: float = 1.0

    @property
    def n_columns(self) -> int:
        """How many device pixels the frames are wide."""
        return max(round(self.scale.width * self.ratio), 1)

    def columns(self, values: NDArray[np.uint8] | NDArray[np.bool_]) -> NDArray[np.uint8]:
        """Return for each device column (n_columns,) the highest value of its frames; `values` are (T,) or shorter."""
        length = len(values)
        end = column_end(self.scale.view, length=length)
        starts = column_starts(self.scale.view, self.n_columns, length=end)
        if not length:
            return np.zeros(self.n_columns, np.uint8)
        result: NDArray[np.uint8] = np.maximum.reduceat(values[:end].view(np.uint8), starts)
        if self.scale.view.end > length:
            result[self.scale.view.first + np.arange(self.n_columns) / (self.scale.px * self.ratio) >= length] = 0
        return result

    def counts(self, frames: NDArray[np.intp]) -> NDArray[np.intp]:
        """Return how many of some ascending frames have their middle in each device column (n_columns,)."""
        edges = self.scale.view.first - 0.5 + np.arange(self.n_columns + 1) / (self.scale.px * self.ratio)
        result: NDArray[np.intp] = np.diff(np.searchsorted(frames, np.ceil(edges).astype(np.intp)))
        return result

    def draw_columns(self, pixels: NDArray[np.uint32], area: QRectF) -> None:
        """Fill an area with pixels (h, n_columns), premultiplied ARGB; one row is stretched over its height."""
        height, width = pixels.shape
        pixels = np.ascontiguousarray(pixels)
        image = QImage(pixels.data, width, height, 4 * width, QImage.Format.Format_ARGB32_Premultiplied)
        self.painter.drawImage(area, image)

    def fill_columns(self, marked: NDArray[np.bool_], color: QColor, *, area: QRectF) -> None:
        """Fill an area where columns (n_columns,) are marked."""
        self.draw_columns(np.where(marked, argb(color), 0).astype(np.uint32)[None], area)


@lru_cache(maxsize=64)
def shades(color: int, n: int) -> NDArray[np.uint32]:
    """Return pixels (n + 1,) from nothing to a colour, given as `QColor.rgb`."""
    return np.array([argb(QColor(color), level / n) for level in range(n + 1)], np.uint32)


def argb(color: QColor, alpha: float = 1.0) -> int:
    """Return a colour as a premultiplied ARGB pixel."""
    red, green, blue = (round(part * alpha) for part in (color.red(), color.green(), color.blue()))
    return round(255 * alpha) << 24 | red << 16 | green << 8 | blue
