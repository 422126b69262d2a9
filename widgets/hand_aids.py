"""What accompanies the cursor while a hand drags or places: a loupe, and words that say how far or what."""

from PySide6.QtCore import QObject, QPoint, QPointF, QRect, Qt
from PySide6.QtWidgets import QGraphicsView, QLabel, QWidget

from widgets.loupe import Loupe
from widgets.picture_scene import PictureScene
from widgets.picture_zoom import PictureZoom
from widgets.pose_hand import PoseHand

_TAG_OFFSET, _LOUPE_OFFSET = 22, 34


class HandAids(QObject):
    """Shows the loupe and a tag beside the cursor as long as they say something."""

    def __init__(self, view: QGraphicsView, layers: PictureScene, *, zoom: PictureZoom, hand: PoseHand) -> None:
        super().__init__(view)
        self._view, self._layers, self._zoom, self._hand = view, layers, zoom, hand
        self._loupe = Loupe(parent=view.viewport())
        self._tag = _tag(view.viewport())
        self._cursor: QPointF | None = None
        self._words = ""
        self._pointed: QPointF | None = None
        self._magnifies = False
        hand.moved.connect(self.refresh)

    def set_loupe(self, *, shown: bool) -> None:
        """Show pixels while dragging and placing, or not."""
        self._magnifies = shown
        self.refresh()

    def set_words(self, words: str) -> None:
        """Say what a click places; empty for nothing."""
        self._words = words
        self.refresh()

    def point_out(self, spot: QPointF | None) -> None:
        """Show the loupe on a frame position without a hand there; None ends it."""
        if spot is not None or self._pointed is not None:
            self._pointed = spot
            self.refresh()

    def follow(self, cursor: QPointF | None) -> None:
        """Go along with the cursor, a viewport position; None when it has left."""
        self._cursor = cursor
        self.point_out(None)
        if self._words or self._hand.drag_words or not self._tag.isHidden():
            self.refresh()

    def refresh(self) -> None:
        """Show what there is to show now."""
        words, cursor = self._hand.drag_words or self._words, self._cursor
        if cursor is None or not words:
            self._tag.hide()
            self._show_pointed()
            return
        at = cursor.toPoint()
        if words != self._tag.text():
            self._tag.setText(words)
            self._tag.adjustSize()
        area = self._view.viewport().rect()
        self._tag.move(_beside(at, self._tag, area=area, offset=QPoint(_TAG_OFFSET, _TAG_OFFSET)))
        self._tag.show()
        self._show_loupe(at)

    def _show_pointed(self) -> None:
        if self._pointed is None:
            self._loupe.hide()
        else:
            self._magnify(self._pointed, beside=self._view.viewportTransform().map(self._pointed).toPoint())

    def _show_loupe(self, cursor: QPoint) -> None:
        spot = self._hand.spot
        if spot is not None:
            self._magnify(QPointF(*spot), beside=cursor)
        elif not self._hand.drag_words:
            self._magnify(self._zoom.to_frame(QPointF(cursor)), beside=cursor)
        else:
            self._loupe.hide()

    def _magnify(self, spot: QPointF, *, beside: QPoint) -> None:
        if not self._magnifies:
            self._loupe.hide()
            return
        picture, scale = self._layers.picture
        self._loupe.show_spot(picture, spot, scale=scale, zoom=self._zoom.factor)
        area = self._view.viewport().rect()
        self._loupe.move(_beside(beside, self._loupe, area=area, offset=QPoint(_LOUPE_OFFSET, -_LOUPE_OFFSET)))


def _beside(cursor: QPoint, widget: QWidget, *, area: QRect, offset: QPoint) -> QPoint:
    """Return where a widget lies beside the cursor: to the right if there is room, up or down by the offset's sign."""
    x, y = cursor.x() + offset.x(), cursor.y() + offset.y()
    if x + widget.width() > area.right():
        x = cursor.x() - offset.x() - widget.width()
    if offset.y() < 0:
        y -= widget.height()
    if y < 0 or y + widget.height() > area.bottom():
        y = cursor.y() - offset.y() - (0 if offset.y() < 0 else widget.height())
    return QPoint(max(x, 0), max(y, 0))


def _tag(viewport: QWidget) -> QLabel:
    label = QLabel(viewport)
    label.setObjectName("overlayLine")
    label.setAccessibleName("Beside the cursor")
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
    label.setMargin(4)
    label.setAutoFillBackground(True)
    label.hide()
    return label
