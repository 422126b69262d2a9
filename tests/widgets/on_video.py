"""A video view with a pose on it, and hands that drag, hover and scroll there with real events."""

import numpy as np
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from annotation.labels import Source, Visibility
from annotation.skeletons import load_skeleton
from widgets.video_view import VideoView

SKELETON = load_skeleton("climbalong25")
LEFT_WRIST = SKELETON.index("left_wrist")
RIGHT_WRIST = SKELETON.index("right_wrist")
LEFT_HIP = SKELETON.index("left_hip")
WIDTH, HEIGHT = 400, 300
GREY = 120


def pose_of(places: dict[int, tuple[float, float]]) -> np.ndarray:
    xy = np.full((25, 2), np.nan, np.float32)
    for joint, place in places.items():
        xy[joint] = place
    return xy


def show_pose(view, xy, *, source=Source.LABELLED, visibility=Visibility.VISIBLE, confidence=1.0):
    view.set_pose(
        xy,
        np.full(25, confidence, np.float32),
        source=np.full(25, source, np.uint8),
        visibility=np.full(25, visibility, np.uint8),
    )


def video_view(qtbot: QtBot) -> VideoView:
    widget = VideoView()
    qtbot.addWidget(widget)
    widget.resize(800, 600)
    with qtbot.waitExposed(widget):
        widget.show()
    widget.set_skeleton(SKELETON)
    widget.set_frame(np.full((HEIGHT, WIDTH, 3), GREY, np.uint8))
    show_pose(widget, pose_of({LEFT_WRIST: (100, 80), RIGHT_WRIST: (300, 80), LEFT_HIP: (200, 200)}))
    return widget


def at(view, x: float, y: float) -> QPoint:
    """The viewport position of a frame position."""
    return view.viewportTransform().map(QPointF(x, y)).toPoint()


def frame_position(view, point: QPoint) -> QPointF:
    return view.viewportTransform().inverted()[0].map(QPointF(point))


def drag(qtbot, view, start: QPoint, end: QPoint, *, button=Qt.MouseButton.LeftButton, release: bool = True) -> None:
    port = view.viewport()
    qtbot.mousePress(port, button, pos=start)
    for share in (0.25, 0.5, 1.0):
        hover(view, start + (end - start) * share, button=button)
    if release:
        qtbot.mouseRelease(port, button, pos=end)


def hover(view, place: QPoint, *, button=Qt.MouseButton.NoButton) -> None:
    """Move the mouse there: QTest's moves carry no pressed buttons, and arrive when the X server gets round to it."""
    port, none = view.viewport(), Qt.MouseButton.NoButton
    where = port.mapToGlobal(QPointF(place))
    modifiers = Qt.KeyboardModifier.NoModifier
    QApplication.sendEvent(port, QMouseEvent(QEvent.Type.MouseMove, QPointF(place), where, none, button, modifiers))


def wheel(view, position: QPoint, delta: int) -> None:
    port = view.viewport()
    event = QWheelEvent(
        QPointF(position),
        port.mapToGlobal(QPointF(position)),
        QPoint(),
        QPoint(0, delta),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(port, event)


def heard(signal) -> list[tuple]:
    calls: list[tuple] = []
    signal.connect(lambda *args: calls.append(args))
    return calls


def color_at(view, x: float, y: float) -> QColor:
    return view.viewport().grab().toImage().pixelColor(at(view, x, y))


def close(a: QColor, b: QColor, *, tolerance: int = 12) -> bool:
    return all(abs(p - q) <= tolerance for p, q in zip(a.getRgb()[:3], b.getRgb()[:3], strict=True))
