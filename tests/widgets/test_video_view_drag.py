"""Joints dragged in the video view with real mouse and key events."""

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QColor, QKeyEvent
from PySide6.QtWidgets import QApplication

from tests.widgets.on_video import (
    GREY,
    HEIGHT,
    LEFT_WRIST,
    WIDTH,
    at,
    close,
    color_at,
    drag,
    frame_position,
    heard,
    pose_of,
    show_pose,
    video_view,
)
from widgets.pose_drag import Grip
from widgets.theme import Theme, colors


@pytest.fixture
def view(qtbot):
    return video_view(qtbot)


def test_a_drag_moves_the_joint_once_on_release(view, qtbot):
    moved = heard(view.joints_moved)
    start, end = at(view, 100, 80), at(view, 150, 120)
    drag(qtbot, view, start, end, release=False)
    assert moved == []
    qtbot.mouseRelease(view.viewport(), Qt.MouseButton.LeftButton, pos=end)
    (((joint, (x, y)),),) = [tuple(positions.items()) for positions, _ in moved]
    step = frame_position(view, end) - frame_position(view, start)
    assert joint == LEFT_WRIST
    assert (x, y) == pytest.approx((100 + step.x(), 80 + step.y()), abs=1e-3)


def test_a_joint_grabbed_beside_its_middle_does_not_jump(view, qtbot):
    moved = heard(view.joints_moved)
    start = at(view, 100, 80) + QPoint(5, -4)
    drag(qtbot, view, start, start + QPoint(40, 0))
    ((x, y),) = moved[0][0].values()
    assert (x, y) == pytest.approx((100 + 40 / view.zoom, 80), abs=1e-3)


def test_dragging_previews_the_joint_under_the_hand(view, qtbot):
    show_pose(view, pose_of({LEFT_WRIST: (100, 80)}))
    drag(qtbot, view, at(view, 100, 80), at(view, 200, 150), release=False)
    assert close(color_at(view, 200, 150), colors(Theme.DARK).left)
    assert close(color_at(view, 100, 80), QColor(GREY, GREY, GREY))
    qtbot.mouseRelease(view.viewport(), Qt.MouseButton.LeftButton, pos=at(view, 200, 150))
    assert close(color_at(view, 200, 150), colors(Theme.DARK).left), "it stays where it was dropped"


def test_esc_takes_a_drag_back(view, qtbot):
    moved = heard(view.joints_moved)
    drag(qtbot, view, at(view, 100, 80), at(view, 200, 150), release=False)
    qtbot.keyClick(view, Qt.Key.Key_Escape)
    assert close(color_at(view, 100, 80), colors(Theme.DARK).left)
    qtbot.mouseRelease(view.viewport(), Qt.MouseButton.LeftButton, pos=at(view, 200, 150))
    assert moved == []


def test_esc_during_a_drag_is_kept_from_the_windows_shortcuts(view, qtbot):
    def override() -> QKeyEvent:
        event = QKeyEvent(QEvent.Type.ShortcutOverride, Qt.Key.Key_Escape, Qt.KeyboardModifier.NoModifier)
        event.ignore()
        QApplication.sendEvent(view, event)
        return event

    assert not override().isAccepted()
    drag(qtbot, view, at(view, 100, 80), at(view, 200, 150), release=False)
    assert override().isAccepted()


def test_another_frame_ends_a_drag(view, qtbot):
    moved = heard(view.joints_moved)
    drag(qtbot, view, at(view, 100, 80), at(view, 200, 150), release=False)
    view.set_frame(np.zeros((HEIGHT, WIDTH, 3), np.uint8))
    qtbot.mouseRelease(view.viewport(), Qt.MouseButton.LeftButton, pos=at(view, 200, 150))
    assert moved == []


def test_a_new_pose_during_a_drag_leaves_the_joint_in_the_hand(view, qtbot):
    moved = heard(view.joints_moved)
    end = at(view, 200, 150)
    drag(qtbot, view, at(view, 100, 80), end, release=False)
    show_pose(view, pose_of({LEFT_WRIST: (90, 70)}))
    qtbot.mouseRelease(view.viewport(), Qt.MouseButton.LeftButton, pos=end)
    assert len(moved) == 1
    assert moved[0][0][LEFT_WRIST] == pytest.approx((200, 150), abs=1.0)


def test_a_joint_cannot_leave_the_picture(view, qtbot):
    moved = heard(view.joints_moved)
    drag(qtbot, view, at(view, 100, 80), at(view, 100, 80) + QPoint(-700, -500))
    assert moved == [({LEFT_WRIST: (0.0, 0.0)}, Grip.JOINTS)]


def test_the_hand_taking_a_joint_is_announced_once(view, qtbot):
    started = heard(view.drag_started)
    drag(qtbot, view, at(view, 100, 80), at(view, 150, 120))
    qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=at(view, 300, 80))
    assert started == [(LEFT_WRIST,)]
