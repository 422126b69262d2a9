"""The bar at the right of a timeline that scrolls its lanes where there are more than there is room for."""

import math

from PySide6.QtCore import Qt
from PySide6.QtGui import QFontMetricsF
from PySide6.QtWidgets import QScrollBar, QWidget

from widgets.timeline_layout import RIGHT_PX, Lanes

_NOTCH = 120
_LINES_PER_NOTCH = 2.0


class LaneScroll(QScrollBar):
    """Scrolls lanes by pixels; hidden where all of them have room."""

    def __init__(self, *, parent: QWidget) -> None:
        super().__init__(Qt.Orientation.Vertical, parent)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setCursor(Qt.CursorShape.ArrowCursor)
        self.setAccessibleName("Scroll the lanes")
        self.setToolTip("Scroll the lanes: drag, or turn the wheel over their names. The border above makes room.")
        self.hide()

    def follow(self, lanes: Lanes) -> None:
        """Lie beside the lanes that scroll, and know by how much they do."""
        area = lanes.rolling
        self.setGeometry(round(lanes.ruler.right()), round(area.top()), round(RIGHT_PX), round(area.height()))
        self.setPageStep(max(round(area.height()), 1))
        self.setSingleStep(round(QFontMetricsF(self.font()).height()))
        self.setRange(0, math.ceil(lanes.hidden))
        self.setVisible(lanes.hidden >= 1)

    def turn(self, delta: float) -> bool:
        """Scroll by a turn of the wheel, in eighths of a degree; tell whether there is anything to scroll."""
        if self.maximum() <= 0:
            return False
        self.setValue(self.value() - round(delta / _NOTCH * _LINES_PER_NOTCH * self.singleStep()))
        return True
