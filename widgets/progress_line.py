"""A thin bar that fills in the accent colour."""

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QProgressBar, QSizePolicy, QWidget

from widgets.theme import colors_of

_STEPS = 1000


class ProgressLine(QProgressBar):
    """Progress without a number or motion of its own."""

    def __init__(self, name: str, *, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self.setRange(0, _STEPS)
        self.setTextVisible(False)
        self.setFixedHeight(max(4, self.fontMetrics().height() // 3))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def set_fraction(self, fraction: float) -> None:
        """Show progress in [0, 1]."""
        self.setValue(round(_STEPS * min(max(fraction, 0.0), 1.0)))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the groove and what is done."""
        c = colors_of(self)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        groove = QRectF(self.rect())
        radius = groove.height() / 2
        painter.setBrush(c.border)
        painter.drawRoundedRect(groove, radius, radius)
        groove.setWidth(groove.width() * self.value() / _STEPS)
        painter.setBrush(c.accent)
        painter.drawRoundedRect(groove, radius, radius)
        painter.end()
