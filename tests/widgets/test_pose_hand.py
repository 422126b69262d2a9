"""Selecting several joints and moving, turning and scaling them with a real mouse."""

import math

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, QRectF, Qt
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtWidgets import QApplication

from annotation.skeleton_tree import tree_of
from annotation.skeletons import load_skeleton
from widgets.pose_drag import Grip

SKELETON = load_skeleton("coco17")
ALL = frozenset(range(17))
J = {name: SKELETON.index(name) for name in SKELETON.joints}
NOTHING, SHIFT, CTRL, ALT = (
    Qt.KeyboardModifier.NoModifier,
    Qt.KeyboardModifier.ShiftModifier,
    Qt.KeyboardModifier.ControlModifier,
    Qt.KeyboardModifier.AltModifier,
)


def heard(signal) -> list[tuple]:
    calls: list[tuple] = []
    signal.connect(lambda *args: calls.append(args))
    return calls


def handle(view, grip: Grip) -> list[float]:
    """The frame position of a handle of the box."""
    area = QRectF(view.viewport().rect())
    place = view._layers.box.handle(grip, view.viewportTransform(), area=area)
    assert place is not None
    point = view.viewportTransform().inverted()[0].map(place)
    return [point.x(), point.y()]


def test_shift_and_ctrl_clicks_add_joints_and_take_them_out(view17, mouse, pose17):
    selected = heard(view17.joints_selected)
    mouse(view17).click(pose17[J["left_wrist"]])
    mouse(view17, keys=SHIFT).click(pose17[J["left_elbow"]])
    mouse(view17, keys=CTRL).click(pose17[J["nose"]])
    mouse(view17, keys=CTRL).click(pose17[J["left_elbow"]])
    assert selected[1] == ({J["left_wrist"], J["left_elbow"]}, J["left_elbow"])
    assert selected[-1] == ({J["left_wrist"], J["nose"]}, -1)
    assert view17.selected == {J["left_wrist"], J["nose"]}


def test_a_missed_shift_click_keeps_the_selection(view17, mouse):
    view17.set_selected([J["nose"], J["left_hip"]])
    mouse(view17, keys=SHIFT).click((20, 20))
    assert view17.selected == {J["nose"], J["left_hip"]}


def test_a_click_on_one_of_several_selects_it_alone(view17, mouse, pose17):
    view17.set_selected(ALL)
    mouse(view17).click(pose17[J["left_wrist"]])
    assert view17.selected == {J["left_wrist"]}


def test_a_band_selects_what_it_covers_and_ctrl_adds_to_it(view17, mouse):
    selected, moved = heard(view17.joints_selected), heard(view17.joints_moved)
    mouse(view17, keys=SHIFT).drag((290, 75), (225, 140))
    arm = {J["left_shoulder"], J["left_elbow"], J["left_wrist"]}
    assert selected == [(arm, -1)]
    mouse(view17, keys=CTRL).drag((100, 100), (150, 75))
    assert view17.selected == arm | {J["right_wrist"]}
    assert moved == []


def test_dragging_one_of_several_moves_them_all_at_once(view17, mouse, pose17):
    moved = heard(view17.joints_moved)
    chosen = {J["left_wrist"], J["nose"]}
    view17.set_selected(chosen)
    mouse(view17).drag(pose17[J["nose"]], (pose17[J["nose"]] + [10, 20]).tolist())
    ((positions, grip),) = moved
    assert grip is Grip.JOINTS and set(positions) == chosen
    for joint in chosen:
        assert positions[joint] == pytest.approx(pose17[joint] + [10, 20], abs=1e-3)


def test_dragging_another_joint_leaves_the_selected_ones(view17, mouse, pose17):
    moved = heard(view17.joints_moved)
    view17.set_selected({J["left_wrist"], J["nose"]})
    mouse(view17).drag(pose17[J["left_knee"]], (250, 240))
    assert set(moved[0][0]) == {J["left_knee"]}
    assert view17.selected == {J["left_knee"]}


@pytest.mark.parametrize("keys", [ALT, CTRL | SHIFT])
def test_alt_drags_the_limb_and_selects_only_the_joint_in_the_hand(view17, keys, mouse, pose17):
    moved = heard(view17.joints_moved)
    mouse(view17, keys=keys).drag(pose17[J["left_shoulder"]], (pose17[J["left_shoulder"]] + [5, 5]).tolist())
    ((positions, grip),) = moved
    assert grip is Grip.LIMB
    assert set(positions) == {J["left_shoulder"], J["left_elbow"], J["left_wrist"]}
    assert view17.selected == {J["left_shoulder"]}


@pytest.mark.parametrize(("keys", "start"), [(ALT, (20, 20)), (ALT | SHIFT, (280, 90)), (CTRL | SHIFT, (20, 20))])
def test_alt_beside_the_joints_or_with_shift_drags_the_whole_pose(view17, keys, start, mouse, pose17):
    moved = heard(view17.joints_moved)
    mouse(view17, keys=keys).drag(start, (start[0] - 12, start[1] + 8))
    ((positions, grip),) = moved
    assert grip is Grip.POSE and set(positions) == ALL
    assert positions[J["right_ankle"]] == pytest.approx(pose17[J["right_ankle"]] + [-12, 8], abs=1e-3)


def test_the_pose_keeps_its_shape_at_the_edge_of_the_picture(view17, mouse, pose17):
    moved = heard(view17.joints_moved)
    mouse(view17, keys=ALT).drag((200, 20), (200, 320))
    positions = np.array([moved[0][0][joint] for joint in range(17)])
    steps = positions - pose17
    assert np.ptp(steps, axis=0) == pytest.approx((0, 0), abs=1e-3)
    pelvis = positions[[J["left_hip"], J["right_hip"]]].mean(axis=0)
    assert pelvis[1] == pytest.approx(300), "the pelvis stays in the picture"


def test_the_upper_handle_turns_the_pose_about_the_pelvis(view17, mouse, pose17):
    moved = heard(view17.joints_moved)
    view17.set_selected(ALL)
    start, pelvis = handle(view17, Grip.TURN), np.array([200.0, 180.0])
    arm = np.subtract(start, pelvis)
    mouse(view17).drag(start, (pelvis + [-arm[1], arm[0]]).tolist())
    ((positions, grip),) = moved
    assert grip is Grip.TURN
    nose = pose17[J["nose"]] - pelvis
    assert positions[J["nose"]] == pytest.approx(pelvis + [-nose[1], nose[0]], abs=0.5)


def test_a_corner_scales_the_pose_about_the_pelvis(view17, mouse, pose17):
    moved = heard(view17.joints_moved)
    view17.set_selected(ALL)
    corner, pelvis = handle(view17, Grip.SCALE), np.array([200.0, 180.0])
    mouse(view17).drag(corner, (pelvis + 0.5 * np.subtract(corner, pelvis)).tolist())
    ((positions, grip),) = moved
    assert grip is Grip.SCALE
    assert positions[J["nose"]] == pytest.approx(pelvis + 0.5 * (pose17[J["nose"]] - pelvis), abs=0.5)


def test_the_handle_in_the_middle_moves_what_is_selected(view17, mouse, pose17):
    moved = heard(view17.joints_moved)
    arms = [joint for side in ("left", "right") for joint in tree_of(SKELETON).limb(J[f"{side}_shoulder"])]
    view17.set_selected(arms)
    start = handle(view17, Grip.JOINTS)
    mouse(view17).drag(start, (start[0] + 15, start[1]))
    ((positions, _),) = moved
    assert set(positions) == set(arms)
    assert positions[J["left_wrist"]] == pytest.approx(pose17[J["left_wrist"]] + [15, 0], abs=1e-3)


def test_a_limb_turns_about_its_root(view17, mouse, pose17):
    moved = heard(view17.joints_moved)
    view17.set_selected(tree_of(SKELETON).limb(J["left_shoulder"]))
    start = handle(view17, Grip.TURN)
    mouse(view17).drag(start, (start[0] + 30, start[1] + 30))
    ((positions, _),) = moved
    assert positions[J["left_shoulder"]] == pytest.approx(pose17[J["left_shoulder"]], abs=1e-3)
    reach = math.dist(pose17[J["left_wrist"]], pose17[J["left_shoulder"]])
    assert math.dist(positions[J["left_wrist"]], positions[J["left_shoulder"]]) == pytest.approx(reach, rel=1e-3)
    assert math.dist(positions[J["left_wrist"]], pose17[J["left_wrist"]]) > 5


def test_the_handles_stay_in_sight_when_the_pose_is_larger_than_the_view(view17):
    view17.set_selected(ALL)
    view17.zoom_by(3)
    area = QRectF(view17.viewport().rect())
    for grip in (Grip.TURN, Grip.SCALE):
        place = view17._layers.box.handle(grip, view17.viewportTransform(), area=area)
        assert place is not None and area.contains(place)


def test_one_joint_has_no_handles(view17):
    view17.set_selected([J["nose"]])
    assert view17._layers.box.handle(Grip.TURN, view17.viewportTransform(), area=QRectF(0, 0, 800, 600)) is None


def test_esc_takes_back_a_turn_and_a_band(view17, qtbot, mouse):
    moved, selected = heard(view17.joints_moved), heard(view17.joints_selected)
    view17.set_selected(ALL)
    before = view17.viewport().grab().toImage()
    hand, start = mouse(view17), handle(view17, Grip.TURN)
    hand.press(start)
    hand.move((start[0] + 40, start[1] + 40))
    assert view17.viewport().grab().toImage() != before
    qtbot.keyClick(view17, Qt.Key.Key_Escape)
    hand.release((start[0] + 40, start[1] + 40))
    assert view17.viewport().grab().toImage() == before
    band = mouse(view17, keys=SHIFT)
    band.press((10, 10))
    band.move((300, 290))
    qtbot.keyClick(view17, Qt.Key.Key_Escape)
    band.release((300, 290))
    assert moved == selected == []


def test_alt_and_the_wheel_turn_with_shift_they_scale(view17, mouse):
    zoomed, turned, scaled = heard(view17.zoom_changed), heard(view17.turned), heard(view17.scaled)
    mouse(view17, keys=ALT).wheel(2)
    mouse(view17, keys=ALT | SHIFT).wheel(-1)
    mouse(view17, keys=CTRL | SHIFT).wheel(1)
    assert turned == [(pytest.approx(2.0),), (pytest.approx(1.0),)]
    assert scaled == [(pytest.approx(1 / 1.01),)]
    assert zoomed == []


def test_missing_joints_stay_missing_when_the_pose_moves(view17, mouse, pose17, show17):
    moved = heard(view17.joints_moved)
    without_nose = pose17.copy()
    without_nose[J["nose"]] = np.nan
    show17(view17, without_nose)
    mouse(view17, keys=ALT).drag((20, 20), (30, 30))
    assert set(moved[0][0]) == ALL - {J["nose"]}


def test_a_right_click_while_placing_skips(view17):
    skipped, asked = heard(view17.skipped), heard(view17.context_requested)
    view17.set_placing("Click: nose (1 of 2)")
    place = QPoint(100, 100)
    event = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, place, view17.viewport().mapToGlobal(place))
    QApplication.sendEvent(view17.viewport(), event)
    assert skipped == [()] and asked == []


def test_a_double_click_on_a_joint_selects_its_limb(view17, qtbot, pose17):
    selected, placed = heard(view17.joints_selected), heard(view17.placed)
    place = view17.viewportTransform().map(QPointF(*pose17[J["left_elbow"]])).toPoint()
    qtbot.mouseDClick(view17.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert selected[-1] == ({J["left_elbow"], J["left_wrist"]}, J["left_elbow"])
    assert placed == []


@pytest.mark.parametrize("seed", range(8))
def test_whatever_hands_and_documents_do_at_once_nothing_is_left_in_the_hand(view17, mouse, show17, pose17, seed):
    rng = np.random.default_rng(seed)
    moved = heard(view17.joints_moved)
    spots = [*pose17.tolist(), [10, 10], [390, 290], [200, 20]]
    keys = [NOTHING, SHIFT, CTRL, ALT, CTRL | SHIFT, ALT | SHIFT]

    def spot() -> list[float]:
        return (np.array(spots[rng.integers(len(spots))]) + rng.normal(0, 3, 2)).tolist()

    def some_pose() -> np.ndarray:
        xy = pose17 + rng.normal(0, 5, pose17.shape)
        xy[rng.random(17) < 0.3] = np.nan
        return xy

    def other_skeleton() -> None:
        view17.set_skeleton(load_skeleton("climb19"))
        view17.set_skeleton(SKELETON)

    happenings = [
        lambda: show17(view17, some_pose()),
        lambda: view17.set_selected(np.flatnonzero(rng.random(17) < 0.4).tolist()),
        lambda: view17.set_frame(np.zeros((300, 400, 3), np.uint8)),
        lambda: view17.set_placing("Click: nose" if rng.random() < 0.5 else None),
        lambda: view17.set_onion_skin(some_pose().astype(np.float32), None),
        lambda: view17.set_points_visible(visible=bool(rng.random() < 0.7)),
        lambda: view17.zoom_by(float(rng.uniform(0.7, 1.4))),
        lambda: view17.set_loupe(shown=bool(rng.random() < 0.5)),
        view17.clear_pose,
        view17.cancel_drag,
        other_skeleton,
    ]
    for _ in range(60):
        hand = mouse(view17, keys=keys[rng.integers(len(keys))])
        hand.press(spot())
        for _ in range(rng.integers(4)):
            hand.move(spot())
            if rng.random() < 0.4:
                happenings[rng.integers(len(happenings))]()
            view17.viewport().repaint()
        hand.release(spot())
        assert not view17.dragging
        happenings[rng.integers(len(happenings))]()
    assert moved
    assert all(np.isfinite(list(positions.values())).all() for positions, _ in moved)
