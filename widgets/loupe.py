"""A loupe: a few pixels of the picture, large, with a cross on the point that matters."""

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen, QPixmap
from PySide6.QtWidgets import QWidget

from widgets.theme import colors_of

_SIDE_PX = 180
_MAGNIFICATION = 5.0
_FEWEST_PIXELS = 9.0
_GAP_PX = 9.0


class Loupe(QWidget):
    """Shows exact pixels around a point of a picture; lies over a view and lets the mouse through."""

    def __init__(self, *, parent: QWidget) -> None:
        super().__init__(parent)
        self._picture = QPixmap()
        self._scale = 1.0
        self._spot = QPointF()
        self._magnification = _MAGNIFICATION
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setAccessibleName("Loupe")
        side = round(_SIDE_PX * max(1.0, parent.logicalDpiX() / 96))
        self.setFixedSize(side, side)
        self.hide()

    def show_spot(self, picture: QPixmap, spot: QPointF, *, scale: float, zoom: float) -> None:
        """Show the surroundings of a spot.

        Parameters
        ----------
        picture : QPixmap
        spot : QPointF
            In frame pixels.
        scale : float
            Pixels of the picture per frame pixel: below 1 where it is a smaller one of the frame.
        zoom : float
            Screen pixels per frame pixel of the view below; the loupe shows more than that.
        """
        self._picture, self._spot, self._scale = picture, spot, scale
        self._magnification = min(max(_MAGNIFICATION, 2 * zoom), self.width() / _FEWEST_PIXELS)
        self.show()
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the pixels as squares, the cross above them, and a frame around."""
        c = colors_of(self)
        painter = QPainter(self)
        painter.fillRect(self.rect(), c.canvas)
        middle = QRectF(self.rect()).center()
        painter.save()
        painter.translate(middle)
        painter.scale(self._magnification, self._magnification)
        painter.translate(-self._spot)
        reach = self.width() / self._magnification / 2 + 1
        seen = QRectF(self._spot.x() - reach, self._spot.y() - reach, 2 * reach, 2 * reach)
        size = self._picture.size().toSizeF() / self._scale
        seen = seen.intersected(QRectF(0, 0, size.width(), size.height()))
        source = QRectF(seen.topLeft() * self._scale, seen.size() * self._scale)
        if not seen.isEmpty():
            painter.drawPixmap(seen, self._picture, source)
        painter.restore()
        for color, width in ((c.outline, 3.0), (c.halo, 1.0)):
            painter.setPen(QPen(color, width))
            for way in (QPointF(1, 0), QPointF(-1, 0), QPointF(0, 1), QPointF(0, -1)):
                painter.drawLine(middle + way * _GAP_PX, middle + way * self.width() / 2)
            painter.drawPoint(middle)
        painter.setPen(QPen(c.border, 2))
        painter.drawRect(self.rect().adjusted(1, 1, -1, -1))
        painter.end()
