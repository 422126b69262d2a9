"""What is seen in a 3D view, and a mouse over it."""

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QImage, QMouseEvent
from PySide6.QtWidgets import QApplication

from annotation.poses import Camera, Plane
from widgets.body_geometry import (
    Viewpoint,
)
from widgets.body_view import BodyView

CAMERA = Camera(1500.0, (500.0, 1000.0), (1080, 1920))
WALL = Plane((0.0, 0.0, -1.0), -4.6)


def picture(qtbot, view: BodyView) -> NDArray[np.uint8]:
    shown: list[NDArray[np.uint8]] = []

    def up_to_date() -> bool:
        shown.append(on_screen(view))
        return np.array_equal(shown[-1], view.screenshot())

    qtbot.waitUntil(up_to_date)
    return shown[-1]


def on_screen(view: BodyView) -> NDArray[np.uint8]:
    image = view._surface.widget.grab().toImage().convertToFormat(QImage.Format.Format_RGB888)
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
    return rows[:, : image.width() * 3].reshape(image.height(), image.width(), 3).copy()


def body_pixels(qtbot, view: BodyView) -> NDArray[np.bool_]:
    """Where the picture is brighter than the dark ground and its grid lines."""
    return picture(qtbot, view).min(axis=-1) > 110


def swing(view: BodyView, qtbot, *, by: QPoint, modifier=Qt.KeyboardModifier.NoModifier, start=(270, 300)) -> None:
    native, start = view._surface.widget, QPoint(*start)
    qtbot.mousePress(native, Qt.MouseButton.LeftButton, modifier, pos=start)
    event_end = start + by
    move = QMouseEvent(
        QEvent.Type.MouseMove,
        QPointF(event_end),
        native.mapToGlobal(QPointF(event_end)),
        Qt.MouseButton.NoButton,
        Qt.MouseButton.LeftButton,
        modifier,
    )
    QApplication.sendEvent(native, move)
    qtbot.mouseRelease(native, Qt.MouseButton.LeftButton, modifier, pos=event_end)


def through(viewpoint: Viewpoint, points: np.ndarray, size: tuple[float, float]) -> np.ndarray:
    seen = np.c_[points, np.ones(len(points))] @ viewpoint.matrix(size).T
    return seen[:, :2] / seen[:, 3:]


def drag_with_alt(view: BodyView, qtbot, start: np.ndarray, end: np.ndarray) -> None:
    alt = Qt.KeyboardModifier.AltModifier
    swing(view, qtbot, by=QPointF(*(end - start)).toPoint(), modifier=alt, start=np.round(start).astype(int).tolist())
