"""Small looks of the 3D view: what the body is drawn as, labels over it, the colours of the sides."""

from collections.abc import Sequence
from enum import Enum

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QLabel, QWidget

from widgets.body_geometry import Floats
from widgets.theme import Theme, colors


class DisplayMode(Enum):
    """What is drawn of the body."""

    MESH = "mesh"
    SKELETON = "skeleton"


def message_label(parent: QWidget) -> QLabel:
    """Return a label that lies over the picture and lets the mouse through."""
    label = QLabel(parent)
    label.setMargin(12)
    label.setAlignment(Qt.AlignmentFlag.AlignCenter)
    label.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
    return label


def side_colors(names: Sequence[str] | None, count: int) -> Floats:
    """Return the colours (count, 3) of joints, in [0, 1], by the sides their names tell."""
    c = colors(Theme.DARK)
    sides = {"left": rgb(c.left), "right": rgb(c.right)}
    middle = (0.78, 0.78, 0.78)
    return np.array([sides.get(name.split("_")[0], middle) for name in names] if names else [middle] * count)


def rgb(color: QColor) -> tuple[float, float, float]:
    """Return red, green and blue in [0, 1]."""
    return color.redF(), color.greenF(), color.blueF()
