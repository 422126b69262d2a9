"""Whom the timeline is about: a colour, a name, and whether it is locked or hidden."""

from PySide6.QtCore import QSize
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from widgets.icons import IconName, icon_pixmap
from widgets.theme import colors_of

_DOT_PX, _SIGN_PX, _GAP_PX = 10, 16, 6


class ClimberBadge(QWidget):
    """Shows the climber one works on, in a line."""

    def __init__(self, *, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._name, self._color = "", QColor()
        self._signs: tuple[IconName, ...] = ()
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Preferred)

    def set_climber(self, name: str, color: str, *, locked: bool = False, hidden: bool = False) -> None:
        """Show a climber; an empty name shows nobody. The colour is ``#rrggbb``."""
        self._name, self._color = name, QColor(color)
        self._signs = (IconName.LOCK,) * locked + (IconName.HIDDEN,) * hidden
        words = [name, *(["locked"] if locked else []), *(["hidden"] if hidden else [])]
        self.setAccessibleName("Climber: " + ", ".join(words) if name else "")
        self.setToolTip(", ".join(words))
        self.updateGeometry()
        self.update()

    @property
    def text(self) -> str:
        """The name shown."""
        return self._name

    def sizeHint(self) -> QSize:
        """Be as wide as the words."""
        metrics = self.fontMetrics()
        width = _DOT_PX + 3 * _GAP_PX + metrics.horizontalAdvance(self._name) + len(self._signs) * (_SIGN_PX + _GAP_PX)
        return QSize(width if self._name else 0, metrics.height() + 4)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint a dot in the colour, the name and the signs."""
        if not self._name:
            return
        colors, middle = colors_of(self), self.height() // 2
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(self._color)
        painter.setPen(self._color)
        painter.drawEllipse(_GAP_PX, middle - _DOT_PX // 2, _DOT_PX, _DOT_PX)
        painter.setPen(colors.text)
        x, metrics = _DOT_PX + 2 * _GAP_PX, self.fontMetrics()
        painter.drawText(x, middle + (metrics.ascent() - metrics.descent()) // 2, self._name)
        x += metrics.horizontalAdvance(self._name) + _GAP_PX
        for sign in self._signs:
            picture = icon_pixmap(sign, colors.muted, size_px=_SIGN_PX, device_pixel_ratio=self.devicePixelRatioF())
            painter.drawPixmap(x, middle - _SIGN_PX // 2, picture)
            x += _SIGN_PX + _GAP_PX
