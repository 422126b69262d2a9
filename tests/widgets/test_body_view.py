"""The 3D view with the built-in body: what is on the screen, and where."""

import numpy as np
import pytest
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QImage, QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QApplication, QDockWidget, QLabel, QMainWindow

from annotation.body import SMPL_JOINTS, SMPL_PARENTS, builtin_body
from annotation.poses import Camera, Plane
from widgets.body_geometry import (
    StickFigure,
    Viewpoint,
    ViewPreset,
    camera_to_show,
    camera_viewpoint,
    outward_of,
    preset_viewpoint,
    vertex_normals,
    wall_frame,
)
from widgets.body_view import BodyView, DisplayMode, OpenDepths, Renderer, Trail
from widgets.theme import Theme, colors

CAMERA = Camera(1500.0, (500.0, 1000.0), (1080, 1920))
WALL = Plane((0.0, 0.0, -1.0), -4.6)


@pytest.fixture(scope="module")
def climber() -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """A body with its back to the camera, 4 m away, and its joints."""
    body = builtin_body()
    pose = np.zeros((1, 24, 3))
    pose[0, 0] = [0, 0, np.pi]
    vertices, joints = body.forward(np.zeros(body.n_betas), pose, transl=np.array([[0.0, 0.0, 4.0]]))
    return vertices[0], joints[0]


@pytest.fixture(params=[Renderer.SOFTWARE, Renderer.HARDWARE])
def view(qtbot, climber, request):
    """A view as on a computer without and with a graphics card."""
    assert BodyView().has_opengl, "the tests of the 3D view run under Xvfb"
    view = BodyView(renderer=request.param)
    qtbot.addWidget(view)
    view.set_mesh_topology(builtin_body().faces)
    view.set_camera(CAMERA)
    view.set_theme(Theme.DARK)
    view.resize(540, 480)
    with qtbot.waitExposed(view):
        view.show()
    return view


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


# --- geometry, no GL -------------------------------------------------------------------------------------------------


def through(viewpoint: Viewpoint, points: np.ndarray, size: tuple[float, float]) -> np.ndarray:
    seen = np.c_[points, np.ones(len(points))] @ viewpoint.matrix(size).T
    return seen[:, :2] / seen[:, 3:]


def test_the_camera_view_projects_like_the_video_camera():
    points = np.random.default_rng(1).normal(size=(20, 3)) * 0.5 + [0.1, 0, 4]
    viewpoint = camera_viewpoint(CAMERA, np.array([0.0, 4, 0]))
    assert np.allclose(through(viewpoint, camera_to_show(points), (540, 960)), CAMERA.project(points) / 2)
    letterboxed = through(viewpoint, camera_to_show(points), (1540, 960))
    assert np.allclose(letterboxed, CAMERA.project(points) / 2 + [500, 0])


@pytest.mark.parametrize("preset", [p for p in ViewPreset if p is not ViewPreset.CAMERA])
def test_every_preset_centres_the_body_and_shows_it_whole(preset: ViewPreset):
    center = np.array([0.3, 4.0, 1.2])
    viewpoint = preset_viewpoint(preset, center, radius_m=1.3, outward=outward_of(WALL))
    around = np.random.default_rng(2).normal(size=(500, 3))
    ball = center + 1.29 * around / np.linalg.norm(around, axis=1, keepdims=True)
    pixels = through(viewpoint, ball, (800, 600))
    assert np.allclose(through(viewpoint, center[None], (800, 600)), [[400, 300]])
    assert pixels.min() >= 0 and (pixels <= [800, 600]).all()
    up = through(viewpoint, np.stack([center, center + [0, 0, 0.2]]), (800, 600))
    assert up[1, 1] <= up[0, 1], "z is up in the picture"


def test_front_is_in_front_of_the_wall_and_side_looks_along_it():
    wall = Plane((0.6, 0.0, -0.8), -4.0)
    outward = outward_of(wall)
    front = preset_viewpoint(ViewPreset.FRONT, np.zeros(3), radius_m=1.0, outward=outward)
    side = preset_viewpoint(ViewPreset.SIDE, np.zeros(3), radius_m=1.0, outward=outward)
    assert np.allclose(front.axes[2], -camera_to_show(np.array(wall.normal)))
    assert abs(side.axes[2] @ camera_to_show(np.array(wall.normal))) < 1e-9


def test_orbiting_keeps_distance_and_pivot_and_never_tips_over():
    start = preset_viewpoint(ViewPreset.ORBIT, np.array([1.0, 2, 3]), radius_m=1.0, outward=outward_of(None))
    turned = start.orbited(0.7, 9.0)
    assert turned.distance_m == pytest.approx(start.distance_m)
    assert np.allclose(through(turned, start.pivot[None], (100, 100)), [[50, 50]])
    assert turned.elevation == pytest.approx(np.pi / 2)
    assert np.allclose(turned.axes @ turned.axes.T, np.eye(3))
    assert abs(turned.axes[0, 2]) < 1e-9, "the horizon stays level"


def test_a_pan_moves_what_is_at_the_pivot_by_the_drag():
    start = preset_viewpoint(ViewPreset.ORBIT, np.array([1.0, 2, 3]), radius_m=1.0, outward=outward_of(None))
    panned = start.panned(30, -12, size=(640, 480))
    moved = through(panned, start.pivot[None], (640, 480)) - through(start, start.pivot[None], (640, 480))
    assert np.allclose(moved, [[30, -12]])


def test_normals_point_outward_and_are_those_of_the_faces():
    body = builtin_body()
    normals = vertex_normals(body.faces, len(body.template))(body.template)
    a, b, c = (body.template[body.faces[:, k]] for k in range(3))
    flat = np.cross(b - a, c - a)
    expected = np.zeros_like(body.template)
    for k in range(3):
        np.add.at(expected, body.faces[:, k], flat)
    expected /= np.linalg.norm(expected, axis=1, keepdims=True)
    assert np.abs(normals - expected).max() < 1e-3
    chest = np.argmax(body.template[:, 2])
    assert normals[chest, 2] > 0.5


def test_the_stick_figure_leaves_out_what_has_no_position(climber):
    joints = climber[1].copy()
    joints[20] = np.nan
    figure = StickFigure(SMPL_PARENTS, np.ones((24, 3)))
    vertices = figure.vertices(joints)
    assert np.isfinite(vertices).all()
    triangles = vertices[figure.faces]
    area = np.linalg.norm(np.cross(triangles[:, 1] - triangles[:, 0], triangles[:, 2] - triangles[:, 0]), axis=1)
    drawn = triangles[area > 1e-10].reshape(-1, 3)
    nearest = np.linalg.norm(drawn[:, None] - np.delete(joints, 20, axis=0)[None], axis=-1).min(axis=1)
    assert nearest.max() < 0.03, "nothing is drawn away from the joints that are there"


def test_the_wall_is_drawn_in_its_plane():
    foot, level, up = wall_frame(WALL, np.array([0.2, -1.0, 3.0]))
    assert np.allclose(foot, [0.2, 4.6, 1.0])
    assert abs(level[2]) < 1e-9 and up[2] == pytest.approx(1)


# --- on the screen ---------------------------------------------------------------------------------------------------


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


def test_wall_floor_trail_and_contacts_are_seen(qtbot, view, climber):
    view.set_vertices(climber[0])
    view.set_vertices(None)
    view.show_view(ViewPreset.FRONT)

    def difference(change) -> int:
        before = picture(qtbot, view).astype(int)
        change()
        return int((np.abs(picture(qtbot, view).astype(int) - before).max(axis=-1) > 8).sum())

    assert difference(lambda: view.set_walls([WALL], center=np.array([0.0, 0, 4]))) > 5000
    rise = np.c_[np.zeros(30), np.linspace(1, 0, 30), np.full(30, 4.0)]
    assert difference(lambda: view.set_trails([Trail(rise)])) > 50
    assert difference(lambda: view.set_trails([Trail(rise), Trail(rise + [0.5, 0, 0], (1.0, 0.5, 0.1))])) > 50
    assert difference(lambda: view.set_contacts(np.array([[0.3, -0.3, 4.5]]))) > 50
    assert difference(lambda: view.set_contacts(None)) > 50
    open_depth = OpenDepths(np.array([[-0.3, -0.3, 4.5]]), np.array([0.3]))
    assert difference(lambda: view.set_open_depths(open_depth)) > 30
    assert difference(lambda: view.set_open_depths(OpenDepths())) > 30
    assert difference(lambda: view.set_floor(0.5)) > 500


def test_an_open_depth_is_a_bar_along_the_line_of_sight(qtbot, view):
    """Seen from the side it is as long as it is open; the video camera, which cannot tell, sees none of it."""

    def width(preset: ViewPreset) -> int:
        view.show_view(preset)
        view.set_open_depths(OpenDepths())
        before = picture(qtbot, view).astype(int)
        view.set_open_depths(OpenDepths(np.array([[0.05, 0.05, 4.0]]), np.array([0.4])))
        changed = np.abs(picture(qtbot, view).astype(int) - before).max(axis=-1) > 30
        return int(np.ptp(np.flatnonzero(changed.any(axis=0))))

    view.set_camera(CAMERA)
    view.set_vertices(None)
    assert width(ViewPreset.SIDE) > 3 * width(ViewPreset.CAMERA)


def test_the_wall_says_how_high_its_lines_are(qtbot, view, climber):
    view.set_vertices(climber[0])
    view.set_walls([WALL], center=climber[1][0])
    view.show_view(ViewPreset.FRONT)
    metres = view._over.metres.shown
    assert [number for number, _ in metres[:3]] == [0, 1, 2]
    heights = [place.y() for _, place in metres]
    assert heights == sorted(heights, reverse=True), "what is higher on the wall is higher on the screen"
    view.set_walls([])
    view.show_view(ViewPreset.FRONT)
    assert view._over.metres.shown == []


@pytest.mark.parametrize("mode", list(DisplayMode))
def test_a_ghost_is_fainter_than_the_body(qtbot, view, climber, mode: DisplayMode):
    vertices, joints = climber
    view.show_pose(vertices, joints, parents=SMPL_PARENTS, names=SMPL_JOINTS)
    view.show_view(ViewPreset.CAMERA)
    qtbot.waitUntil(lambda: body_pixels(qtbot, view)[60:].sum() > 500)
    view.set_display_mode(mode)
    before = picture(qtbot, view).astype(int)
    aside = np.float32([0.6, 0, 0])
    view.set_ghost(vertices + aside, joints + aside)
    changed = np.abs(picture(qtbot, view).astype(int) - before).max(axis=-1) > 12
    assert changed.sum() > 300
    assert np.argwhere(changed)[:, 1].mean() > 290, "it stands where the other frame has it, to the right"
    assert picture(qtbot, view)[changed].max() < before.max(), "the ghost does not shine like the body"
    view.set_ghost(None, None)
    assert np.array_equal(picture(qtbot, view), before)


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


def drag_with_alt(view: BodyView, qtbot, start: np.ndarray, end: np.ndarray) -> None:
    alt = Qt.KeyboardModifier.AltModifier
    swing(view, qtbot, by=QPointF(*(end - start)).toPoint(), modifier=alt, start=np.round(start).astype(int).tolist())


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
