"""The 3D view under a hand: drags, wheel, buttons, the turntable, joints pulled along the line of sight."""

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QApplication

from annotation.body import SMPL_JOINTS, SMPL_PARENTS
from tests.widgets.body.pictures import body_pixels, drag_with_alt, picture, swing, through
from widgets.body_geometry import (
    ViewPreset,
    camera_to_show,
)
from widgets.body_view import DisplayMode


def test_a_drag_turns_and_a_double_click_resets(qtbot, view, climber):
    view.set_vertices(climber[0])
    start = view._eye.viewpoint
    with qtbot.waitSignal(view.view_changed) as seen:
        view.show_view(ViewPreset.FRONT)
    assert seen.args == [ViewPreset.FRONT]
    with qtbot.waitSignal(view.view_changed) as seen:
        swing(view, qtbot, by=QPoint(80, 0))
    assert seen.args == [ViewPreset.ORBIT]
    assert view.view is ViewPreset.ORBIT
    assert view._eye.viewpoint.axes[2] @ start.axes[2] < 0.99
    qtbot.mouseDClick(view._surface.widget, Qt.MouseButton.LeftButton, pos=QPoint(200, 200))
    assert np.allclose(view._eye.viewpoint.axes, start.axes) and np.allclose(view._eye.viewpoint.eye, start.eye)


def test_shift_drag_moves_and_the_wheel_comes_closer(qtbot, view, climber):
    view.set_vertices(climber[0])
    before = np.argwhere(body_pixels(qtbot, view)[60:])
    swing(view, qtbot, by=QPoint(60, 0), modifier=Qt.KeyboardModifier.ShiftModifier)
    moved = np.argwhere(body_pixels(qtbot, view)[60:])
    assert moved[:, 1].mean() - before[:, 1].mean() == pytest.approx(60, abs=8)
    native = view._surface.widget
    at = QPointF(270, 240)
    wheel = QWheelEvent(
        at,
        native.mapToGlobal(at),
        QPoint(),
        QPoint(0, 240),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(native, wheel)
    assert len(np.argwhere(body_pixels(qtbot, view)[60:])) > 1.2 * len(moved)


def test_the_buttons_choose_view_and_drawing(qtbot, view, climber):
    vertices, joints = climber
    view.set_vertices(vertices)
    view.set_joints(joints, parents=SMPL_PARENTS, names=SMPL_JOINTS)
    buttons = view._bar.buttons
    with qtbot.waitSignal(view.view_changed) as seen:
        qtbot.mouseClick(buttons[ViewPreset.SIDE], Qt.MouseButton.LeftButton)
    assert seen.args == [ViewPreset.SIDE] and buttons[ViewPreset.SIDE].isChecked()
    with qtbot.waitSignal(view.display_changed) as seen:
        qtbot.mouseClick(buttons[DisplayMode.SKELETON], Qt.MouseButton.LeftButton)
    assert seen.args == [DisplayMode.SKELETON]
    view.show_view(ViewPreset.FRONT)
    rgb = picture(qtbot, view)[60:].astype(int)
    blue = np.argwhere(rgb[..., 2] - rgb[..., 0] > 60)
    orange = np.argwhere(rgb[..., 0] - rgb[..., 2] > 60)
    assert len(blue) > 50 and len(orange) > 50
    assert blue[:, 1].mean() < orange[:, 1].mean(), "seen from behind, the left side is on the left"


def test_without_a_camera_its_button_is_off(qtbot, view):
    view.show_view(ViewPreset.CAMERA)
    view.set_camera(None)
    assert view.view is ViewPreset.ORBIT
    assert not view._bar.buttons[ViewPreset.CAMERA].isEnabled()


def test_the_turntable_turns_until_it_is_stopped(qtbot, view, climber):
    view.set_vertices(climber[0])
    start = view._eye.viewpoint
    view.set_turntable(turning=True)
    qtbot.waitUntil(lambda: view._eye.viewpoint.axes[2] @ start.axes[2] < 0.999)
    view.set_turntable(turning=False)
    turned = view._eye.viewpoint
    assert turned.elevation == pytest.approx(start.elevation)
    assert turned.distance_m == pytest.approx(start.distance_m)
    assert not view._turning.isActive()


def test_a_joint_is_pulled_along_the_line_of_sight(qtbot, view, climber):
    vertices, joints = climber
    view.show_pose(vertices, joints, parents=SMPL_PARENTS, names=SMPL_JOINTS)
    view.show_view(ViewPreset.SIDE)
    qtbot.waitUntil(lambda: body_pixels(qtbot, view)[60:].sum() > 1000)
    wrist = SMPL_JOINTS.index("left_wrist")
    size = view._surface.size

    def seen(point: np.ndarray) -> np.ndarray:
        return through(view._eye.viewpoint, camera_to_show(point[None].astype(float)), size)[0]

    start, farther = seen(joints[wrist]), seen(joints[wrist] * (1 + 0.3 / joints[wrist, 2]))
    with qtbot.waitSignal(view.joint_pulled) as pulled:
        drag_with_alt(view, qtbot, start, farther)
    assert pulled.args[0] == wrist
    assert pulled.args[1] == pytest.approx(0.3, abs=0.03)
    view.show_view(ViewPreset.CAMERA)
    with qtbot.assertNotEmitted(view.joint_pulled):
        drag_with_alt(view, qtbot, seen(joints[wrist]), seen(joints[wrist]) + [60, 0])
