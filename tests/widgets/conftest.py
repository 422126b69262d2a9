"""A view with a climber of 17 joints, and a mouse over it."""

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QApplication

from annotation.labels import Source, Visibility
from annotation.skeletons import load_skeleton
from widgets.video_view import VideoView

POSE = np.array(
    [
        (200, 60), (205, 52), (195, 52), (212, 56), (188, 56), (230, 90), (170, 90), (260, 120), (140, 120),
        (280, 90), (120, 90), (220, 180), (180, 180), (240, 220), (160, 220), (240, 270), (160, 270),
    ],
    np.float32,
)  # fmt: skip


@pytest.fixture(scope="session")
def pose17() -> np.ndarray:
    """A standing climber in a picture of 400x300, (17, 2), in the order of ``coco17``."""
    return POSE


class Mouse:
    """A mouse over a view, in frame pixels."""

    def __init__(self, view: VideoView, *, keys: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        self._view, self._keys = view, keys

    def press(self, at) -> None:
        self._send(QEvent.Type.MouseButtonPress, at, Qt.MouseButton.LeftButton)

    def move(self, at) -> None:
        self._send(QEvent.Type.MouseMove, at, Qt.MouseButton.NoButton)

    def release(self, at) -> None:
        self._send(QEvent.Type.MouseButtonRelease, at, Qt.MouseButton.LeftButton)

    def click(self, at) -> None:
        self.press(at)
        self.release(at)

    def drag(self, start, end) -> None:
        self.press(start)
        self.move((np.add(start, end) / 2).tolist())
        self.move(end)
        self.release(end)

    def wheel(self, notches: int) -> None:
        position = self._view.viewport().rect().center().toPointF()
        # Qt turns a wheel with Alt sideways
        delta = QPoint(120 * notches, 0) if self._keys & Qt.KeyboardModifier.AltModifier else QPoint(0, 120 * notches)
        event = QWheelEvent(
            position, self._view.viewport().mapToGlobal(position), QPoint(), delta, Qt.MouseButton.NoButton,
            self._keys, Qt.ScrollPhase.NoScrollPhase, False,
        )  # fmt: skip
        QApplication.sendEvent(self._view.viewport(), event)

    def _send(self, kind: QEvent.Type, at, button: Qt.MouseButton) -> None:
        port = self._view.viewport()
        place = self._view.viewportTransform().map(QPointF(*at))
        held = Qt.MouseButton.LeftButton if kind != QEvent.Type.MouseButtonRelease else Qt.MouseButton.NoButton
        QApplication.sendEvent(port, QMouseEvent(kind, place, port.mapToGlobal(place), button, held, self._keys))


@pytest.fixture(scope="session")
def mouse() -> type[Mouse]:
    """A mouse with keys held down: ``mouse(view, keys=...).drag(start, end)``."""
    return Mouse


def show(view: VideoView, xy: np.ndarray) -> None:
    """Show a labelled pose of 17 joints; those without a position are missing."""
    missing = np.isnan(xy).any(axis=1)
    view.set_pose(
        xy.astype(np.float32),
        np.ones(17, np.float32),
        source=np.where(missing, Source.MISSING, Source.LABELLED).astype(np.uint8),
        visibility=np.full(17, Visibility.VISIBLE, np.uint8),
    )


@pytest.fixture(scope="session")
def show17():
    """Show a labelled pose of 17 joints: ``show17(view, xy)``; those without a position are missing."""
    return show


@pytest.fixture
def view17(qtbot) -> VideoView:
    """A view of 800x600 on a grey picture of 400x300 with the climber in it."""
    widget = VideoView()
    qtbot.addWidget(widget)
    widget.resize(800, 600)
    with qtbot.waitExposed(widget):
        widget.show()
    widget.set_skeleton(load_skeleton("coco17"))
    widget.set_frame(np.full((300, 400, 3), 120, np.uint8))
    show(widget, POSE)
    return widget
