"""The climbers one does not work on, drawn faintly in their colours; a click on one asks for it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QObject, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPen, QTransform
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from widgets.painted_once import PaintedOnce
from widgets.video_view import VideoView

_HUGE = QRectF(-1e5, -1e5, 2e5, 2e5)
_OPACITY, _NAME_OPACITY = 0.5, 0.9
_HIT_PX = 8.0
_CLICK_PX = 3.0


@dataclass(frozen=True, eq=False)
class FaintPose:
    """A climber in one frame.

    Attributes
    ----------
    id, name, color : str
        Colour as ``#rrggbb``.
    xy : (K, 2) float32 array
        Frame pixels, NaN where missing.
    bones : sequence of (int, int)
        Joints that are connected.
    """

    id: str
    name: str
    color: str
    xy: NDArray[np.float32]
    bones: Sequence[tuple[int, int]]

    def looks_as(self, other: "FaintPose") -> bool:
        """Tell whether another one is drawn in the same way."""
        ours, theirs = (self.name, self.color, self.bones), (other.name, other.color, other.bones)
        return ours == theirs and np.array_equal(self.xy, other.xy, equal_nan=True)

    def segments(self) -> NDArray[np.float32]:
        """Return the bones that have both ends (N, 2, 2) in frame pixels."""
        pairs = self.xy[np.array(self.bones, dtype=int).reshape(-1, 2)]
        return np.asarray(pairs[np.isfinite(pairs).all(axis=(1, 2))], np.float32)


class OtherClimbers(QObject):
    """Draws climbers into the scene of a view, beneath the one worked on.

    Parameters
    ----------
    view : VideoView
        Its own joints go first where both lie under a click.

    Signals
    -------
    clicked : str
        Id of a climber.
    """

    clicked = Signal(str)

    def __init__(self, view: VideoView, *, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._view = view
        self._pressed: QPointF | None = None
        self._item = _PosesItem()
        view.add_beneath(self._item)
        view.viewport().installEventFilter(self)

    def set_poses(self, poses: Sequence[FaintPose]) -> None:
        """Show climbers; none is an empty list."""
        self._item.set_poses(poses)

    @property
    def poses(self) -> Sequence[FaintPose]:
        """The climbers shown."""
        return self._item.poses

    def at(self, position: QPointF) -> str | None:
        """Return the id of the climber at a viewport position."""
        return self._item.at(position, self._view.viewportTransform())

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        """Take a click on a climber, but not the beginning of a drag."""
        if isinstance(event, QMouseEvent) and event.button() == Qt.MouseButton.LeftButton:
            if event.type() == QEvent.Type.MouseButtonPress:
                plain = event.modifiers() == Qt.KeyboardModifier.NoModifier
                self._pressed = event.position() if plain else None
            elif event.type() == QEvent.Type.MouseButtonRelease and self._pressed is not None:
                moved = (event.position() - self._pressed).manhattanLength()
                self._pressed = None
                free = moved < _CLICK_PX and not self._view.holds_joint(event.position())
                climber = self.at(event.position()) if free else None
                if climber is not None:
                    self.clicked.emit(climber)
        return False


class _PosesItem(QGraphicsItem):
    def __init__(self) -> None:
        super().__init__()
        self.poses: Sequence[FaintPose] = ()
        self._picture = PaintedOnce()
        self.setAcceptedMouseButtons(Qt.MouseButton.NoButton)

    def set_poses(self, poses: Sequence[FaintPose]) -> None:
        if len(poses) != len(self.poses) or not all(map(FaintPose.looks_as, poses, self.poses)):
            self._picture.forget()
            self.update()
        self.poses = poses

    def at(self, position: QPointF, transform: QTransform) -> str | None:
        """Return whose bone is nearest to a viewport position, within reach."""
        best, nearest = None, _HIT_PX
        inverse, _ = transform.inverted()
        point, zoom = inverse.map(position), transform.m11()
        for pose in self.poses:
            distance = zoom * _distance(np.array([point.x(), point.y()]), pose.segments())
            if distance < nearest:
                best, nearest = pose.id, distance
        return best

    def boundingRect(self) -> QRectF:
        """Be everywhere."""
        return _HUGE

    def paint(self, painter: QPainter, _option: QStyleOptionGraphicsItem, _widget: QWidget | None = None) -> None:
        """Copy the picture of the climbers: soft lines take long, so they are painted once for a place and a zoom."""
        if self.poses:
            self._picture.copy_to(painter, self._paint_poses)

    def _paint_poses(self, painter: QPainter, transform: QTransform) -> None:
        """Paint bones in screen size, and a name above each head."""
        for pose in self.poses:
            painter.setOpacity(_OPACITY)
            segments = pose.segments()
            if not len(segments):
                continue
            lines = [[transform.map(QPointF(float(x), float(y))) for x, y in ends] for ends in segments]
            for width, color in ((5.0, QColor(0, 0, 0, 140)), (2.5, QColor(pose.color))):
                painter.setPen(QPen(color, width, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
                for a, b in lines:
                    painter.drawLine(a, b)
            painter.setOpacity(_NAME_OPACITY)
            _paint_name(painter, pose, top=min((end for line in lines for end in line), key=QPointF.y))


def _paint_name(painter: QPainter, pose: FaintPose, *, top: QPointF) -> None:
    metrics = painter.fontMetrics()
    place = QRectF(metrics.boundingRect(pose.name)).adjusted(-5, -2, 5, 2)
    place.moveCenter(top - QPointF(0, metrics.height() + 4))
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(0, 0, 0, 170))
    painter.drawRoundedRect(place, 3, 3)
    painter.setPen(QColor(pose.color))
    painter.drawText(place, Qt.AlignmentFlag.AlignCenter, pose.name)


def _distance(point: NDArray[np.float64], segments: NDArray[np.float32]) -> float:
    """Return how far a point (2,) is from the nearest of some segments (N, 2, 2)."""
    if not len(segments):
        return float("inf")
    a, along = segments[:, 0], segments[:, 1] - segments[:, 0]
    length = np.maximum((along**2).sum(axis=1), 1e-9)
    u = np.clip(((point - a) * along).sum(axis=1) / length, 0, 1)
    return float(np.linalg.norm(a + u[:, None] * along - point, axis=1).min())
