"""How one joint is drawn: source is shape, side is colour.

Markers are painted once into small pictures and copied from there: strokes with soft edges are what costs time.
"""

from dataclasses import dataclass
from enum import Enum

import numpy as np
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPixmap

from annotation.labels import Source
from widgets.theme import ThemeColors

_RING_PX = 6.5
_HALO_PX = 11.0
_SPRITE_PX = 30


class Halo(Enum):
    """What surrounds a marker."""

    NONE = 0
    HOVERED = 1
    SELECTED = 2
    ONE_OF_SEVERAL = 3


@dataclass(frozen=True)
class Marker:
    """The looks of a joint; `color` is an RGB integer as of `QColor.rgb`."""

    color: int
    source: int
    occluded: bool
    halo: Halo = Halo.NONE


def side_color(joint: str, colors: ThemeColors) -> QColor:
    """Return the colour of a joint's side."""
    if joint.startswith("left_"):
        return colors.left
    return colors.right if joint.startswith("right_") else colors.middle


def bone_color(a: str, b: str, colors: ThemeColors) -> QColor:
    """Return the colour of a bone: that of its side, middle where it joins left and right."""
    first, second = side_color(a, colors), side_color(b, colors)
    if first == second or second == colors.middle:
        return first
    return second if first == colors.middle else colors.middle


class MarkerPictures:
    """Markers as pictures, painted when first needed.

    Parameters
    ----------
    colors : ThemeColors
    unit : float
        Logical pixels per design pixel (screen DPI / 96).
    device_pixel_ratio : float
    """

    def __init__(self, colors: ThemeColors, unit: float, *, device_pixel_ratio: float = 1.0) -> None:
        self._colors = colors
        self._ratio = device_pixel_ratio
        self._unit = unit
        self._pictures: dict[Marker, QPixmap] = {}

    @property
    def device_pixel_ratio(self) -> float:
        """The ratio of the screen the pictures are made for."""
        return self._ratio

    def picture(self, marker: Marker) -> QPixmap:
        """Return a square picture with the joint in its middle."""
        if marker not in self._pictures:
            self._pictures[marker] = self._painted(marker)
        return self._pictures[marker]

    def draw(self, painter: QPainter, point: QPointF, marker: Marker) -> None:
        """Copy a marker to a point, to the nearest device pixel."""
        half = self._unit * _SPRITE_PX / 2
        painter.drawPixmap(point - QPointF(half, half), self.picture(marker))

    def _painted(self, marker: Marker) -> QPixmap:
        side = round(_SPRITE_PX * self._unit * self._ratio)
        result = QPixmap(side, side)
        result.fill(Qt.GlobalColor.transparent)
        painter = QPainter(result)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.scale(side / _SPRITE_PX, side / _SPRITE_PX)
        painter.translate(_SPRITE_PX / 2, _SPRITE_PX / 2)
        paint_marker(painter, marker, colors=self._colors)
        painter.end()
        result.setDevicePixelRatio(self._ratio)
        return result


def paint_marker(painter: QPainter, marker: Marker, *, colors: ThemeColors) -> None:
    """Paint a marker around the origin, in design pixels."""
    color, outline = QColor.fromRgb(marker.color), colors.outline
    if marker.halo is Halo.SELECTED:
        _ring(painter, _HALO_PX, color=colors.halo, width=2.4, outline=outline)
    elif marker.halo is Halo.ONE_OF_SEVERAL:
        _ring(painter, _HALO_PX - 2, color=colors.halo, width=1.8, outline=outline)
    elif marker.halo is Halo.HOVERED:
        _ring(painter, _HALO_PX - 1, color=colors.middle, width=1.4, outline=outline)
    if marker.occluded:
        _ring(painter, _RING_PX, color=color, width=2.2, outline=outline, dashed=True)
        if marker.source == Source.LABELLED:
            _disc(painter, 2.2, color=color)
    elif marker.source == Source.LABELLED:
        _disc(painter, _RING_PX + 0.8, color=outline)
        _ring(painter, _RING_PX, color=color, width=1.6, outline=outline)
        _disc(painter, 4.0, color=color)
    elif marker.source == Source.INTERPOLATED:
        _ring(painter, _RING_PX - 1, color=color, width=2.2, outline=outline)
    else:
        _disc(painter, 4.6, color=outline)
        _disc(painter, 3.5, color=color)


def _disc(painter: QPainter, radius: float, *, color: QColor) -> None:
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(color)
    painter.drawEllipse(QPointF(0, 0), radius, radius)


def _ring(
    painter: QPainter, radius: float, *, color: QColor, width: float, outline: QColor, dashed: bool = False
) -> None:
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(outline, width + 2))
    painter.drawEllipse(QPointF(0, 0), radius, radius)
    pen = QPen(color, width, Qt.PenStyle.SolidLine, Qt.PenCapStyle.FlatCap)
    if dashed:
        dash = 2 * np.pi * radius / width / 12  # six dashes and six gaps of equal length, in pen widths
        pen.setDashPattern([dash, dash])
    painter.setPen(pen)
    painter.drawEllipse(QPointF(0, 0), radius, radius)
