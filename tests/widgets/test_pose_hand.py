"""Selecting several joints and moving, turning and scaling them with a real mouse."""

import math

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, Qt
from PySide6.QtGui import QContextMenuEvent, QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QApplication

from annotation.labels import Source, Visibility
from annotation.skeleton_tree import tree_of
from annotation.skeletons import load_skeleton
from widgets.pose_drag import Grip
from widgets.video_view import VideoView

SKELETON = load_skeleton("coco17")
ALL = frozenset(range(17))
J = {name: SKELETON.index(name) for name in SKELETON.joints}
NOTHING, SHIFT, CTRL, ALT = (
    Qt.KeyboardModifier.NoModifier,
    Qt.KeyboardModifier.ShiftModifier,
    Qt.KeyboardModifier.ControlModifier,
    Qt.KeyboardModifier.AltModifier,
)
POSE = np.array(
    [
        (200, 60), (205, 52), (195, 52), (212, 56), (188, 56), (230, 90), (170, 90), (260, 120), (140, 120),
        (280, 90), (120, 90), (220, 180), (180, 180), (240, 220), (160, 220), (240, 270), (160, 270),
    ],
    np.float32,
)  # fmt: skip


def show(view, xy, *, joints=ALL) -> None:
    source = [Source.LABELLED if joint in joints else Source.MISSING for joint in range(17)]
    view.set_pose(
        np.where(np.array(source)[:, None] == Source.MISSING, np.nan, xy).astype(np.float32),
        np.ones(17, np.float32),
        source=np.array(source, np.uint8),
        visibility=np.full(17, Visibility.VISIBLE, np.uint8),
    )


@pytest.fixture
def view(qtbot):
    widget = VideoView()
    qtbot.addWidget(widget)
    widget.resize(800, 600)
    with qtbot.waitExposed(widget):
        widget.show()
    widget.set_skeleton(SKELETON)
    widget.set_frame(np.full((300, 400, 3), 120, np.uint8))
    show(widget, POSE)
    return widget


class Mouse:
    """A mouse over a view, in frame pixels."""

    def __init__(self, view: VideoView, *, keys: Qt.KeyboardModifier = NOTHING) -> None:
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
        delta = QPoint(120 * notches, 0) if self._keys & ALT else QPoint(0, 120 * notches)
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


def heard(signal) -> list[tuple]:
    calls: list[tuple] = []
    signal.connect(lambda *args: calls.append(args))
    return calls


def at(joint: str) -> list[float]:
    return POSE[J[joint]].tolist()


def handle(view, grip: Grip) -> list[float]:
    """The frame position of a handle of the box."""
    area = QRectF(view.viewport().rect())
    place = view._layers.box.handle(grip, view.viewportTransform(), area=area)
    assert place is not None
    point = view.viewportTransform().inverted()[0].map(place)
    return [point.x(), point.y()]


def test_shift_and_ctrl_clicks_add_joints_and_take_them_out(view):
    selected = heard(view.joints_selected)
    Mouse(view).click(at("left_wrist"))
    Mouse(view, keys=SHIFT).click(at("left_elbow"))
    Mouse(view, keys=CTRL).click(at("nose"))
    Mouse(view, keys=CTRL).click(at("left_elbow"))
    assert selected[1] == ({J["left_wrist"], J["left_elbow"]}, J["left_elbow"])
    assert selected[-1] == ({J["left_wrist"], J["nose"]}, -1)
    assert view.selected == {J["left_wrist"], J["nose"]}


def test_a_missed_shift_click_keeps_the_selection(view):
    view.set_selected([J["nose"], J["left_hip"]])
    Mouse(view, keys=SHIFT).click((20, 20))
    assert view.selected == {J["nose"], J["left_hip"]}


def test_a_click_on_one_of_several_selects_it_alone(view):
    view.set_selected(ALL)
    Mouse(view).click(at("left_wrist"))
    assert view.selected == {J["left_wrist"]}


def test_a_band_selects_what_it_covers_and_ctrl_adds_to_it(view):
    selected, moved = heard(view.joints_selected), heard(view.joints_moved)
    Mouse(view, keys=SHIFT).drag((290, 75), (225, 140))
    arm = {J["left_shoulder"], J["left_elbow"], J["left_wrist"]}
    assert selected == [(arm, -1)]
    Mouse(view, keys=CTRL).drag((100, 100), (150, 75))
    assert view.selected == arm | {J["right_wrist"]}
    assert moved == []


def test_dragging_one_of_several_moves_them_all_at_once(view):
    moved = heard(view.joints_moved)
    chosen = {J["left_wrist"], J["nose"]}
    view.set_selected(chosen)
    Mouse(view).drag(at("nose"), (POSE[J["nose"]] + [10, 20]).tolist())
    ((positions, grip),) = moved
    assert grip is Grip.JOINTS and set(positions) == chosen
    for joint in chosen:
        assert positions[joint] == pytest.approx(POSE[joint] + [10, 20], abs=1e-3)


def test_dragging_another_joint_leaves_the_selected_ones(view):
    moved = heard(view.joints_moved)
    view.set_selected({J["left_wrist"], J["nose"]})
    Mouse(view).drag(at("left_knee"), (250, 240))
    assert set(moved[0][0]) == {J["left_knee"]}
    assert view.selected == {J["left_knee"]}


def test_alt_drags_the_limb_and_selects_only_the_joint_in_the_hand(view):
    moved = heard(view.joints_moved)
    Mouse(view, keys=ALT).drag(at("left_shoulder"), (POSE[J["left_shoulder"]] + [5, 5]).tolist())
    ((positions, grip),) = moved
    assert grip is Grip.LIMB
    assert set(positions) == {J["left_shoulder"], J["left_elbow"], J["left_wrist"]}
    assert view.selected == {J["left_shoulder"]}


@pytest.mark.parametrize(("keys", "start"), [(ALT, (20, 20)), (ALT | SHIFT, at("left_wrist"))])
def test_alt_beside_the_joints_or_with_shift_drags_the_whole_pose(view, keys, start):
    moved = heard(view.joints_moved)
    Mouse(view, keys=keys).drag(start, (start[0] - 12, start[1] + 8))
    ((positions, grip),) = moved
    assert grip is Grip.POSE and set(positions) == ALL
    assert positions[J["right_ankle"]] == pytest.approx(POSE[J["right_ankle"]] + [-12, 8], abs=1e-3)


def test_the_pose_keeps_its_shape_at_the_edge_of_the_picture(view):
    moved = heard(view.joints_moved)
    Mouse(view, keys=ALT).drag((200, 20), (200, 320))
    positions = np.array([moved[0][0][joint] for joint in range(17)])
    steps = positions - POSE
    assert np.ptp(steps, axis=0) == pytest.approx((0, 0), abs=1e-3)
    pelvis = positions[[J["left_hip"], J["right_hip"]]].mean(axis=0)
    assert pelvis[1] == pytest.approx(300), "the pelvis stays in the picture"


def test_the_upper_handle_turns_the_pose_about_the_pelvis(view):
    moved = heard(view.joints_moved)
    view.set_selected(ALL)
    start, pelvis = handle(view, Grip.TURN), np.array([200.0, 180.0])
    arm = np.subtract(start, pelvis)
    Mouse(view).drag(start, (pelvis + [-arm[1], arm[0]]).tolist())
    ((positions, grip),) = moved
    assert grip is Grip.TURN
    nose = POSE[J["nose"]] - pelvis
    assert positions[J["nose"]] == pytest.approx(pelvis + [-nose[1], nose[0]], abs=0.5)


def test_a_corner_scales_the_pose_about_the_pelvis(view):
    moved = heard(view.joints_moved)
    view.set_selected(ALL)
    corner, pelvis = handle(view, Grip.SCALE), np.array([200.0, 180.0])
    Mouse(view).drag(corner, (pelvis + 0.5 * np.subtract(corner, pelvis)).tolist())
    ((positions, grip),) = moved
    assert grip is Grip.SCALE
    assert positions[J["nose"]] == pytest.approx(pelvis + 0.5 * (POSE[J["nose"]] - pelvis), abs=0.5)


def test_the_handle_in_the_middle_moves_what_is_selected(view):
    moved = heard(view.joints_moved)
    arms = [joint for side in ("left", "right") for joint in tree_of(SKELETON).limb(J[f"{side}_shoulder"])]
    view.set_selected(arms)
    start = handle(view, Grip.JOINTS)
    Mouse(view).drag(start, (start[0] + 15, start[1]))
    ((positions, _),) = moved
    assert set(positions) == set(arms)
    assert positions[J["left_wrist"]] == pytest.approx(POSE[J["left_wrist"]] + [15, 0], abs=1e-3)


def test_a_limb_turns_about_its_root(view):
    moved = heard(view.joints_moved)
    view.set_selected(tree_of(SKELETON).limb(J["left_shoulder"]))
    start = handle(view, Grip.TURN)
    Mouse(view).drag(start, (start[0] + 30, start[1] + 30))
    ((positions, _),) = moved
    assert positions[J["left_shoulder"]] == pytest.approx(POSE[J["left_shoulder"]], abs=1e-3)
    reach = math.dist(POSE[J["left_wrist"]], POSE[J["left_shoulder"]])
    assert math.dist(positions[J["left_wrist"]], positions[J["left_shoulder"]]) == pytest.approx(reach, rel=1e-3)
    assert math.dist(positions[J["left_wrist"]], POSE[J["left_wrist"]]) > 5


def test_the_handles_stay_in_sight_when_the_pose_is_larger_than_the_view(view):
    view.set_selected(ALL)
    view.zoom_by(3)
    area = QRectF(view.viewport().rect())
    for grip in (Grip.TURN, Grip.SCALE):
        place = view._layers.box.handle(grip, view.viewportTransform(), area=area)
        assert place is not None and area.contains(place)


def test_one_joint_has_no_handles(view):
    view.set_selected([J["nose"]])
    assert view._layers.box.handle(Grip.TURN, view.viewportTransform(), area=QRectF(0, 0, 800, 600)) is None


def test_esc_takes_back_a_turn_and_a_band(view, qtbot):
    moved, selected = heard(view.joints_moved), heard(view.joints_selected)
    view.set_selected(ALL)
    before = view.viewport().grab().toImage()
    mouse, start = Mouse(view), handle(view, Grip.TURN)
    mouse.press(start)
    mouse.move((start[0] + 40, start[1] + 40))
    assert view.viewport().grab().toImage() != before
    qtbot.keyClick(view, Qt.Key.Key_Escape)
    mouse.release((start[0] + 40, start[1] + 40))
    assert view.viewport().grab().toImage() == before
    band = Mouse(view, keys=SHIFT)
    band.press((10, 10))
    band.move((300, 290))
    qtbot.keyClick(view, Qt.Key.Key_Escape)
    band.release((300, 290))
    assert moved == selected == []


def test_alt_and_the_wheel_turn_with_shift_they_scale(view):
    zoomed, turned, scaled = heard(view.zoom_changed), heard(view.turned), heard(view.scaled)
    Mouse(view, keys=ALT).wheel(2)
    Mouse(view, keys=ALT | SHIFT).wheel(-1)
    assert turned == [(pytest.approx(2.0),)]
    assert scaled == [(pytest.approx(1 / 1.01),)]
    assert zoomed == []


def test_missing_joints_stay_missing_when_the_pose_moves(view):
    moved = heard(view.joints_moved)
    show(view, POSE, joints=ALL - {J["nose"]})
    Mouse(view, keys=ALT).drag((20, 20), (30, 30))
    assert set(moved[0][0]) == ALL - {J["nose"]}


def test_a_right_click_while_placing_skips(view):
    skipped, asked = heard(view.skipped), heard(view.context_requested)
    view.set_placing("Click: nose (1 of 2)")
    place = QPoint(100, 100)
    event = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, place, view.viewport().mapToGlobal(place))
    QApplication.sendEvent(view.viewport(), event)
    assert skipped == [()] and asked == []
