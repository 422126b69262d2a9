"""The 3D view with the built-in body: what is on the screen, and where."""

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QDockWidget, QLabel, QMainWindow

from annotation.body import SMPL_JOINTS, SMPL_PARENTS, builtin_body
from tests.widgets.body.pictures import CAMERA, WALL, body_pixels, picture, swing
from widgets.body_geometry import (
    ViewPreset,
)
from widgets.body_view import BodyView, OpenDepths, Renderer, Trail
from widgets.theme import Theme, colors


def test_the_body_appears_where_the_video_shows_it(qtbot, view, climber):
    vertices, _ = climber
    view.show_view(ViewPreset.CAMERA)
    view.set_vertices(vertices)
    scale = 480 / 1920
    left = (540 - 1080 * scale) / 2
    inside = np.s_[60:-2, int(left) + 2 : -int(left) - 2]  # neither the buttons nor the outline of the video
    rows, columns = np.nonzero(body_pixels(qtbot, view)[inside])
    columns += int(left) + 2
    expected = CAMERA.project(vertices.astype(float)) * scale + [left, 0]
    assert columns.min() == pytest.approx(expected[:, 0].min(), abs=3)
    assert columns.max() == pytest.approx(expected[:, 0].max(), abs=3)
    assert rows.max() + 60 == pytest.approx(expected[:, 1].max(), abs=3)


def test_a_new_frame_moves_the_body_in_the_picture(qtbot, view, climber):
    vertices, _ = climber
    view.show_view(ViewPreset.CAMERA)
    view.set_vertices(vertices)
    before = np.nonzero(body_pixels(qtbot, view)[60:])[1].mean()
    view.set_vertices(vertices + np.float32([0.4, 0, 0]))
    after = np.nonzero(body_pixels(qtbot, view)[60:])[1].mean()
    assert after - before == pytest.approx(0.4 / 4 * 1500 * 480 / 1920, abs=3)
    view.set_vertices(None)
    assert body_pixels(qtbot, view)[60:].sum() < 50


def test_a_pose_is_shown_as_soon_as_it_can_be_seen(qtbot, view, climber):
    vertices, joints = climber
    view.show_pose(vertices, joints, parents=SMPL_PARENTS, names=SMPL_JOINTS)
    qtbot.waitUntil(lambda: body_pixels(qtbot, view)[60:].sum() > 1000)
    view.show_view(ViewPreset.CAMERA)
    before = np.argwhere(body_pixels(qtbot, view)[60:])[:, 1].mean()
    view.hide()
    for shift in (0.1, 0.2, 0.3):
        moved = [points + np.array([shift, 0, 0], np.float32) for points in (vertices, joints)]
        view.show_pose(*moved, parents=SMPL_PARENTS, names=SMPL_JOINTS)
    with qtbot.waitExposed(view):
        view.show()
    qtbot.waitUntil(lambda: np.argwhere(body_pixels(qtbot, view)[60:])[:, 1].mean() > before + 10)
    view.show_pose(None, None, parents=SMPL_PARENTS, names=SMPL_JOINTS)
    qtbot.waitUntil(lambda: body_pixels(qtbot, view)[60:].sum() < 1000)


def test_the_view_from_around_follows_the_body(qtbot, view, climber):
    vertices, _ = climber
    view.set_vertices(vertices)
    before = np.argwhere(body_pixels(qtbot, view)[60:]).mean(axis=0)
    view.set_vertices(vertices + np.float32([0.5, -2.0, 0]))
    after = np.argwhere(body_pixels(qtbot, view)[60:]).mean(axis=0)
    assert np.abs(after - before).max() < 4


def test_what_happens_while_hidden_is_seen_when_shown(qtbot, view, climber):
    vertices, _ = climber
    view.hide()
    view.show_view(ViewPreset.CAMERA)
    view.set_vertices(vertices)
    with qtbot.waitExposed(view):
        view.show()
    assert body_pixels(qtbot, view)[60:].sum() > 1000


def test_the_body_is_still_there_when_its_dock_floats(qtbot, view, climber):
    window, dock = QMainWindow(), QDockWidget("Body")
    qtbot.addWidget(window)
    window.resize(900, 600)
    window.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, dock)
    dock.setWidget(view)
    view.set_vertices(climber[0])
    view.set_contacts(climber[1][:2])
    with qtbot.waitExposed(window):
        window.show()
    for floating in (True, False):
        dock.setFloating(floating)
        qtbot.waitUntil(lambda: (view.screenshot()[60:].min(axis=-1) > 110).sum() > 1000)
    swing(view, qtbot, by=QPoint(80, 0))
    assert body_pixels(qtbot, view)[60:].sum() > 1000
    view.setParent(None)


def test_the_theme_changes_the_ground(qtbot, view):
    for theme in Theme:
        view.set_theme(theme)
        ground = colors(theme).canvas
        assert np.abs(picture(qtbot, view)[-1, -1] - np.array(ground.getRgb()[:3], float)).max() <= 2


def test_the_message_of_the_empty_view_is_shown(qtbot, view):
    view.set_message("Fit the body to see it here")
    label = view.findChild(QLabel)
    assert label.isVisible() and label.text() == "Fit the body to see it here"
    view.set_message(None)
    assert not label.isVisible()


def test_without_opengl_the_view_says_so_and_stays_quiet(qtbot, climber):
    vertices, joints = climber
    view = BodyView(renderer=Renderer.NONE)
    qtbot.addWidget(view)
    view.resize(400, 300)
    view.show()
    view.set_mesh_topology(builtin_body().faces)
    view.set_vertices(vertices)
    view.set_joints(joints, parents=SMPL_PARENTS)
    view.set_walls([WALL], center=joints[0])
    view.set_ghost(vertices, joints)
    view.set_open_depths(OpenDepths(joints[:2], np.array([0.1, 0.2])))
    view.set_turntable(turning=True)
    view.set_turntable(turning=False)
    view.set_floor(1.0)
    view.set_trails([Trail(joints)])
    view.set_contacts(joints[:2])
    view.set_camera(CAMERA)
    view.show_view(ViewPreset.TOP)
    view.set_message("Fit the body to see it here")
    assert not view.has_opengl
    assert "OpenGL 2.1" in view.findChild(QLabel).text()
    assert view.screenshot().shape == (300, 400, 3)
