"""Zooming and panning a view of a picture; the picture stays fitted until someone zooms."""

from collections.abc import Callable

from PySide6.QtCore import QObject, QPointF, QRectF, Signal
from PySide6.QtGui import QTransform
from PySide6.QtWidgets import QGraphicsView

_MAX_ZOOM = 40.0


class PictureZoom(QObject):
    """Sets the transform of a view whose scene is a picture in frame pixels.

    Parameters
    ----------
    view : QGraphicsView
    frame_size : callable
        Returns width and height of the picture, (0, 0) for none.
    """

    changed = Signal(float)
    """Screen pixels per frame pixel."""

    def __init__(self, view: QGraphicsView, frame_size: Callable[[], tuple[int, int]]) -> None:
        super().__init__(view)
        self._view = view
        self._frame_size = frame_size
        self._fitted = True

    @property
    def factor(self) -> float:
        """Screen pixels per frame pixel."""
        return self._view.transform().m11()

    @property
    def fitted(self) -> bool:
        """Whether the frame is kept fitted."""
        return self._fitted

    @property
    def center(self) -> QPointF:
        """The frame position in the middle of the view."""
        area = self._view.viewport().size()
        return self.to_frame(QPointF(area.width() / 2, area.height() / 2))

    def show(self, center: QPointF, *, factor: float) -> None:
        """Show the part around a frame position at a zoom."""
        if any(self._frame_size()):
            self._fitted = False
            self._set(factor)
            self._view.centerOn(center)

    def fit(self) -> None:
        """Show the whole frame, and keep doing so when the view changes its size."""
        self._fitted = True
        width, height = self._frame_size()
        area = self._view.viewport().size()
        if width and height and not area.isEmpty():
            self._set(min(area.width() / width, area.height() / height))
            self._view.centerOn(width / 2, height / 2)

    def refit(self) -> None:
        """Keep a fitted frame fitted: the view has another size."""
        if self._fitted:
            self.fit()

    def by(self, factor: float, *, about: QPointF | None = None) -> None:
        """Zoom by a factor, keeping what lies under a viewport position (default: the centre) where it is."""
        if not any(self._frame_size()):
            return
        position = QPointF(self._view.viewport().rect().center()) if about is None else about
        before = self.to_frame(position)
        self._set(self.factor * factor)
        self.pan(self._view.viewportTransform().map(before) - position)

    def pan(self, offset: QPointF) -> None:
        """Let the view look further right and down by some viewport pixels."""
        self._fitted = False
        bars = self._view.horizontalScrollBar(), self._view.verticalScrollBar()
        for bar, step in zip(bars, (offset.x(), offset.y()), strict=True):
            bar.setValue(bar.value() + round(step))

    def reveal(self, point: QPointF) -> None:
        """Bring a frame position into sight, if it is not."""
        place = self._view.viewportTransform().map(point)
        if not QRectF(self._view.viewport().rect()).contains(place):
            self._fitted = False
            self._view.centerOn(point)

    def to_frame(self, position: QPointF) -> QPointF:
        """Return the frame position below a viewport position."""
        inverse, _ = self._view.viewportTransform().inverted()
        return inverse.map(position)

    def _set(self, factor: float) -> None:
        width, height = self._frame_size()
        area = self._view.viewport().size()
        lowest = 0.25 * min(area.width() / width, area.height() / height, 1.0)
        factor = min(max(factor, lowest), _MAX_ZOOM)
        self._view.setTransform(QTransform.fromScale(factor, factor))
        self.changed.emit(factor)
