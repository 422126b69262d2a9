"""Curves painted over a grid: an axis of places, an axis of values, gaps where nothing is known."""

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF, QWheelEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from widgets.theme import ThemeColors, colors_of
from widgets.timeline_view import runs_of

Floats = NDArray[np.float64]

_FAINT = 0.45
_DOT_PX = 4.0
_HEADROOM = 0.06
_WHEEL_BASE = 1.0015
_LEAST_PLACES = 4.0
_TICK_LINES, _TICK_CHARS = 2.4, 7.0
"""Room for a tick of the values, in lines, and of the places, in characters."""


class CurveLook(Enum):
    """What a curve stands for: what is looked at, what it is held against, or a third thing."""

    MAIN = "main"
    OTHER = "other"
    THIRD = "third"


@dataclass(frozen=True, eq=False)
class PlotCurve:
    """One curve.

    Attributes
    ----------
    name : str
        For people; empty where another curve has it.
    x, y : (N,) arrays
        Places, ascending, and values; NaN in `y` is a gap.
    faint : bool
        Whether it is drawn thin, as the ground of another one.
    """

    name: str
    x: NDArray[np.floating]
    y: NDArray[np.floating]
    look: CurveLook = CurveLook.MAIN
    faint: bool = False


def look_color(look: CurveLook, c: ThemeColors) -> QColor:
    """Return the colour of a curve."""
    return {CurveLook.MAIN: c.accent, CurveLook.OTHER: c.muted, CurveLook.THIRD: c.text}[look]


class CurveCanvas(QWidget):
    """Paints curves; the wheel zooms into places, a double click shows all of them, a click tells where.

    Signals
    -------
    place_chosen : float
        The user clicked at this place of the horizontal axis.
    """

    place_chosen = Signal(float)

    def __init__(self, *, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self._curves: tuple[PlotCurve, ...] = ()
        self._borders: tuple[float, ...] = ()
        self._marker: float | None = None
        self._view: tuple[float, float] | None = None

    def set_curves(self, curves: Sequence[PlotCurve], *, whole: bool) -> None:
        """Show curves; the `whole` of them, or the places that were shown before."""
        self._curves = tuple(curves)
        self._view = None if whole else self._view
        self.update()

    def set_borders(self, places: Sequence[float]) -> None:
        """Mark places with thin lines."""
        self._borders = tuple(places)
        self.update()

    def set_marker(self, place: float | None) -> None:
        """Mark the place that is on screen."""
        self._marker = place
        self.update()

    # --- where things lie --------------------------------------------------------------------------------------

    @property
    def places(self) -> tuple[float, float]:
        """The first and the last place in view."""
        return self._view or self._all_places()

    def x_of(self, place: float) -> float:
        """Return the widget x of a place."""
        (low, high), area = self.places, self._area()
        return area.left() + (place - low) / (high - low) * area.width()

    def place_at(self, x: float) -> float:
        """Return the place at a widget x."""
        (low, high), area = self.places, self._area()
        return low + (x - area.left()) / max(area.width(), 1.0) * (high - low)

    def _all_places(self) -> tuple[float, float]:
        ends = [(float(curve.x[0]), float(curve.x[-1])) for curve in self._curves if len(curve.x)]
        low, high = min((a for a, _ in ends), default=0.0), max((b for _, b in ends), default=1.0)
        return (low, high) if high > low else (low - 0.5, low + 0.5)

    def _values(self) -> tuple[float, float]:
        """Return the least and the highest value in view, with some room."""
        low, high = self.places
        seen = [curve.y[(curve.x >= low) & (curve.x <= high)] for curve in self._curves]
        known = np.concatenate([values[np.isfinite(values)] for values in seen] or [np.zeros(0)])
        if not len(known):
            return 0.0, 1.0
        least, most = float(known.min()), float(known.max())
        room = _HEADROOM * (most - least) or max(abs(most), 1e-6) * 0.5
        return least - room, most + room

    def _area(self) -> QRectF:
        metrics = self.fontMetrics()
        left = metrics.horizontalAdvance("0.0000") + 10
        return QRectF(left, 6, max(self.width() - left - 10, 1), max(self.height() - metrics.height() - 14, 1))

    # --- looks -------------------------------------------------------------------------------------------------

    def sizeHint(self) -> QSize:
        """Room to read a curve; where there is more, it grows."""
        return QSize(240, 7 * self.fontMetrics().height())

    def minimumSizeHint(self) -> QSize:
        """Room to see that there is one."""
        return QSize(120, 6 * self.fontMetrics().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint grid, borders, curves and marker."""
        c, area, (least, most) = colors_of(self), self._area(), self._values()
        painter = QPainter(self)
        painter.fillRect(self.rect(), c.surface)
        self._paint_grid(painter, c, area, values=(least, most))
        painter.setClipRect(area.adjusted(-2, -2, 2, 2))
        for place in self._borders:
            painter.setPen(QPen(c.border, 1, Qt.PenStyle.DotLine))
            painter.drawLine(QPointF(self.x_of(place), area.top()), QPointF(self.x_of(place), area.bottom()))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for curve in sorted(self._curves, key=lambda curve: not curve.faint):
            self._paint_curve(painter, curve, c, area, values=(least, most))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)
        if self._marker is not None:
            painter.setPen(QPen(c.text, 1, Qt.PenStyle.DashLine))
            x = round(self.x_of(self._marker)) + 0.5
            painter.drawLine(QPointF(x, area.top()), QPointF(x, area.bottom()))
        painter.end()

    def _paint_grid(self, painter: QPainter, c: ThemeColors, area: QRectF, *, values: tuple[float, float]) -> None:
        metrics = self.fontMetrics()
        low, high = values
        ticks = round_ticks(low, high, at_most=int(area.height() / (_TICK_LINES * metrics.height())))
        for value, words in zip(ticks, tick_words(ticks), strict=True):
            y = round(area.bottom() - (value - low) / (high - low) * area.height()) + 0.5
            painter.setPen(c.grid)
            painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y))
            painter.setPen(c.muted)
            right = QRectF(0, y - metrics.height() / 2, area.left() - 6, metrics.height())
            painter.drawText(right, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, words)
        wide = _TICK_CHARS * metrics.averageCharWidth()
        ticks = round_ticks(*self.places, at_most=int(area.width() / wide))
        for place, words in zip(ticks, tick_words(ticks), strict=True):
            x = round(self.x_of(place)) + 0.5
            painter.setPen(c.border)
            painter.drawLine(QPointF(x, area.bottom()), QPointF(x, area.bottom() + 3))
            painter.setPen(c.muted)
            below = QRectF(x - wide, area.bottom() + 4, 2 * wide, metrics.height())
            painter.drawText(below, Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop, words)
        painter.setPen(c.border)
        painter.drawLine(area.bottomLeft(), area.bottomRight())

    def _paint_curve(
        self, painter: QPainter, curve: PlotCurve, c: ThemeColors, area: QRectF, *, values: tuple[float, float]
    ) -> None:
        color = QColor(look_color(curve.look, c))
        color.setAlphaF(_FAINT if curve.faint else 1.0)
        style = Qt.PenStyle.DashLine if curve.look is CurveLook.THIRD else Qt.PenStyle.SolidLine
        (first, last), (low, high) = self.places, values
        inside = slice(
            max(int(np.searchsorted(curve.x, first)) - 1, 0), int(np.searchsorted(curve.x, last, side="right")) + 1
        )
        xs = area.left() + (np.asarray(curve.x[inside], np.float64) - first) / (last - first) * area.width()
        ys = area.bottom() - (np.asarray(curve.y[inside], np.float64) - low) / (high - low) * area.height()
        for start, stop in runs_of(np.isfinite(ys)):
            if not np.isfinite(ys[start]):
                continue
            x, y = thinned(xs[start:stop], ys[start:stop])
            if stop - start == 1:
                painter.setPen(QPen(color, _DOT_PX, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
                painter.drawPoint(QPointF(x[0], y[0]))
            else:
                painter.setPen(QPen(color, 1.0 if curve.faint else 2.0, style))
                painter.drawPolyline(QPolygonF([QPointF(a, b) for a, b in zip(x.tolist(), y.tolist(), strict=True)]))

    def changeEvent(self, event: QEvent) -> None:
        """Follow the theme and the font."""
        super().changeEvent(event)
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.FontChange):
            self.update()

    # --- mouse -------------------------------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Tell the place below the mouse."""
        if event.button() == Qt.MouseButton.LeftButton and self._curves:
            self.place_chosen.emit(self.place_at(event.position().x()))

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Show everything."""
        self._view = None
        self.update()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zoom about the place below the mouse."""
        about, (low, high), everything = self.place_at(event.position().x()), self.places, self._all_places()
        factor = _WHEEL_BASE ** -event.angleDelta().y()
        width = max((high - low) * factor, _LEAST_PLACES)
        if width >= everything[1] - everything[0]:
            self._view = None
        else:
            start = about - (about - low) / (high - low) * width
            start = min(max(start, everything[0]), everything[1] - width)
            self._view = start, start + width
        self.update()
        event.accept()


def round_ticks(low: float, high: float, *, at_most: int) -> list[float]:
    """Return round numbers between two, at most so many but two where there is room for none."""
    rough = (high - low) / max(at_most, 2)
    size = 10.0 ** math.floor(math.log10(rough))
    step = next(factor * size for factor in (1, 2, 5, 10) if factor * size >= rough * 0.999)
    first = math.ceil(low / step - 1e-9)
    count = itertools.takewhile(lambda n: n * step <= high + 1e-9 * step, itertools.count(first))
    return [n * step for n in count]


def tick_words(ticks: Sequence[float]) -> list[str]:
    """Return ticks as short as they can all be told apart."""
    if len(ticks) < 2:
        return [f"{tick:g}" for tick in ticks]
    digits = max(-math.floor(math.log10(abs(ticks[1] - ticks[0])) + 1e-9), 0)
    return [f"{tick + 0.0:.{digits}f}" for tick in ticks]


def thinned(x: Floats, y: Floats) -> tuple[Floats, Floats]:
    """Return a line of pixels (N,) as one that looks the same: least and highest value of each column of pixels."""
    columns = np.floor(x)
    starts = np.flatnonzero(np.r_[True, columns[1:] != columns[:-1]])
    if len(x) <= 2 * len(starts):
        return x, y
    low, high = np.minimum.reduceat(y, starts), np.maximum.reduceat(y, starts)
    return np.repeat(x[starts], 2), np.stack([low, high], axis=1).ravel()
