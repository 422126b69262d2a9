"""Selecting, moving, marking and placing joints in the real window."""

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QApplication, QLabel, QListWidget, QMenu
from pytestqt.qtbot import QtBot

from annotation.labels import ABSENT, Visibility
from annotation.skeleton_tree import tree_of
from annotation.skeletons import joint_title, load_skeleton
from annotation.track_edits import SetTrackLook
from app.actions import Act
from app.main_window import MainWindow

SKELETON = load_skeleton("climbalong25")
LEFT_ELBOW, LEFT_WRIST = SKELETON.index("left_elbow"), SKELETON.index("left_wrist")
LEFT_ARM = tree_of(SKELETON).limb(LEFT_ELBOW)
ORDER = tree_of(SKELETON).order


def labels_of(window: MainWindow) -> dict:
    track = window.view.track
    assert track is not None
    return dict(track.labels)


def press(window: MainWindow, *acts: Act) -> None:
    for act in acts:
        window.actions_[act].trigger()


def joint_list(window: MainWindow) -> QListWidget:
    (found,) = [each for each in window.findChildren(QListWidget) if each.accessibleName() == "Joints"]
    return found


def on_screen(window: MainWindow, x: float, y: float) -> QPoint:
    return window.layout_.video.mapFromScene(QPointF(x, y))


def click(qtbot: QtBot, window: MainWindow, x: float, y: float) -> None:
    qtbot.mouseClick(window.layout_.video.viewport(), Qt.MouseButton.LeftButton, pos=on_screen(window, x, y))


def announced(window: MainWindow) -> str:
    return " ".join(
        label.text() for label in window.layout_.video.findChildren(QLabel) if not label.isHidden() and label.text()
    )


def test_view_list_and_state_agree_on_what_is_selected(qtbot: QtBot, open_window, predicted: Path) -> None:
    window = open_window(predicted)
    window.view.show_joint(LEFT_ELBOW)
    press(window, Act.SELECT_LIMB)
    assert window.view.joints == LEFT_ARM == window.layout_.video.selected
    rows = joint_list(window)
    assert {rows.row(item) for item in rows.selectedItems()} == LEFT_ARM
    press(window, Act.SELECT_LIMB)
    assert window.view.joints > LEFT_ARM, "again: the whole arm, with the shoulder"
    press(window, Act.SELECT_ALL)
    assert len(rows.selectedItems()) == 25
    rows.item(3).setSelected(False)
    assert window.layout_.video.selected == set(range(25)) - {3}
    press(window, Act.DESELECT)
    assert not rows.selectedItems() and window.view.joint == -1


def test_the_selection_survives_an_edit(qtbot: QtBot, open_window, predicted: Path) -> None:
    window = open_window(predicted)
    window.view.select_joints(LEFT_ARM, current=LEFT_WRIST)
    press(window, Act.OCCLUDED)
    assert window.view.joints == window.layout_.video.selected == LEFT_ARM
    assert window.view.joint == LEFT_WRIST


def test_keys_walk_through_the_joints_and_extend_the_selection(qtbot: QtBot, open_window, predicted: Path) -> None:
    window = open_window(predicted)
    press(window, Act.PREVIOUS_JOINT)
    assert window.view.joints == {24}
    press(window, Act.NEXT_JOINT)
    press(window, Act.EXTEND_NEXT, Act.EXTEND_NEXT)
    assert window.view.joints == {0, 1, 2} and window.view.joint == 2
    press(window, Act.NEXT_JOINT)
    assert window.view.joints == {3}


def test_marking_takes_the_whole_selection_in_one_step(qtbot: QtBot, open_window, predicted: Path) -> None:
    window = open_window(predicted)
    window.view.select_joints(LEFT_ARM)
    press(window, Act.OCCLUDED)
    labels = labels_of(window)
    assert {joint for _, joint in labels} == LEFT_ARM
    assert all(label.visibility is Visibility.OCCLUDED for label in labels.values())
    press(window, Act.ABSENT)
    assert set(labels_of(window).values()) == {ABSENT}
    press(window, Act.UNDO)
    assert labels_of(window) == labels
    press(window, Act.REMOVE_LABEL)
    assert labels_of(window) == {}


def test_nudging_moves_the_selection_by_pixels(qtbot: QtBot, open_window, predicted: Path) -> None:
    window = open_window(predicted)
    window.view.select_joints({LEFT_ELBOW, LEFT_WRIST})
    press(window, Act.NUDGE_LEFT, Act.NUDGE_FAR_DOWN)
    labels = labels_of(window)
    assert labels[0, LEFT_ELBOW].xy == (20 + 6 * LEFT_ELBOW - 1, 40 + 2 * LEFT_ELBOW + 10)
    assert labels[0, LEFT_WRIST].xy == (20 + 6 * LEFT_WRIST - 1, 40 + 2 * LEFT_WRIST + 10)


def test_keys_turn_and_scale_the_whole_pose_about_the_pelvis(qtbot: QtBot, open_window, predicted: Path) -> None:
    window = open_window(predicted)
    resolved = window.poses.resolved
    assert resolved is not None
    before = resolved.xy[0].copy()
    hips = [SKELETON.index("left_hip"), SKELETON.index("right_hip")]
    press(window, Act.TURN_RIGHT, Act.GROW)
    after = window.poses.resolved.xy[0]
    assert after[hips].mean(axis=0) == pytest.approx(before[hips].mean(axis=0), abs=1e-3)
    a, b = before[0] - before[24], after[0] - after[24]
    assert np.hypot(*b) / np.hypot(*a) == pytest.approx(1.01, abs=1e-4)
    turned = np.degrees(np.arctan2(b[1], b[0]) - np.arctan2(a[1], a[0]))
    assert turned == pytest.approx(1.0, abs=1e-2)
    press(window, Act.UNDO, Act.UNDO)
    assert labels_of(window) == {}


def test_a_frame_without_a_pose_is_placed_joint_by_joint(qtbot: QtBot, open_window, video: Path) -> None:
    window = open_window(video)
    press(window, Act.PLACE)
    assert f"Click: {joint_title(SKELETON.joints[ORDER[0]])} (1 of 25)" in announced(window)
    for n in range(25):
        click(qtbot, window, 20 + 6 * n, 60)
    assert "Click" not in announced(window)
    labels = labels_of(window)
    assert len(labels) == 25
    assert labels[0, ORDER[7]].xy == pytest.approx((62, 60), abs=1.0)


def test_placing_skips_marks_goes_back_and_ends(qtbot: QtBot, open_window, video: Path) -> None:
    window = open_window(video)
    press(window, Act.PLACE, Act.PLACE)
    assert "(2 of 25)" in announced(window)
    press(window, Act.ABSENT)
    assert labels_of(window) == {(0, ORDER[1]): ABSENT}
    press(window, Act.OCCLUDED)
    assert "(3 of 25), occluded" in announced(window)
    click(qtbot, window, 100, 60)
    assert labels_of(window)[0, ORDER[2]].visibility is Visibility.OCCLUDED
    click(qtbot, window, 110, 60)
    press(window, Act.PLACE_BACK)
    assert "(4 of 25)" in announced(window)
    assert set(labels_of(window)) == {(0, ORDER[1]), (0, ORDER[2])}, "what was placed last is taken back"
    press(window, Act.DESELECT)
    assert "Click" not in announced(window)
    press(window, Act.PLACE)
    assert f"Click: {joint_title(SKELETON.joints[ORDER[3]])} (1 of 23)" in announced(window), "it goes on where it was"


def test_the_keys_alone_place_a_joint_beside_its_neighbour(qtbot: QtBot, open_window, video: Path) -> None:
    window = open_window(video)
    press(window, Act.PLACE_GUESS)
    assert labels_of(window)[0, ORDER[0]].xy == (100, 60), "nothing is known: the middle of the picture"
    press(window, *[Act.PLACE_GUESS] * 24)
    assert len(labels_of(window)) == 25
    assert "Click" not in announced(window)


def test_another_frame_ends_placing_and_another_joint_moves_it_on(qtbot: QtBot, open_window, video: Path) -> None:
    window = open_window(video)
    press(window, Act.PLACE)
    window.view.show_joint(ORDER[9])
    assert "(10 of 25)" in announced(window)
    press(window, Act.STEP_FORWARD)
    assert "Click" not in announced(window)


def test_a_selected_joint_is_placed_again_where_nothing_is_missing(qtbot: QtBot, open_window, predicted: Path) -> None:
    window = open_window(predicted)
    window.view.show_joint(LEFT_WRIST)
    press(window, Act.PLACE)
    assert "Click: left wrist" in announced(window)
    click(qtbot, window, 30, 90)
    assert labels_of(window)[0, LEFT_WRIST].xy == pytest.approx((30, 90), abs=1.0)


def test_nudges_in_a_row_are_one_step_of_undo(qtbot: QtBot, open_window, predicted: Path) -> None:
    window = open_window(predicted)
    window.view.show_joint(LEFT_WRIST)
    press(window, *[Act.NUDGE_RIGHT] * 5, *[Act.NUDGE_FAR_UP] * 2)
    assert labels_of(window)[0, LEFT_WRIST].xy == (20 + 6 * LEFT_WRIST + 5, 40 + 2 * LEFT_WRIST - 20)
    window.view.show_joint(LEFT_ELBOW)
    press(window, Act.NUDGE_RIGHT)
    press(window, Act.UNDO)
    assert set(labels_of(window)) == {(0, LEFT_WRIST)}
    press(window, Act.UNDO)
    assert labels_of(window) == {}


def test_the_aids_are_remembered_and_keyframes_around_are_shown(qtbot: QtBot, open_window, predicted: Path) -> None:
    window = open_window(predicted)
    for frame in (10, 20):
        window.view.show_frame(frame)
        qtbot.waitUntil(lambda frame=frame: window.poses.shown == frame)
        press(window, Act.LABEL_ALL)
    window.view.show_frame(15)
    qtbot.waitUntil(lambda: window.poses.shown == 15)
    onion = window.layout_.video._layers.onion
    assert onion._before is None
    press(window, Act.ONION_SKIN)
    assert onion._before is not None and onion._after is not None
    window.view.show_frame(20)
    qtbot.waitUntil(lambda: window.poses.shown == 20)
    assert onion._before is not None and onion._after is None, "the frame itself is no neighbour"
    assert window.preferences.settings.onion_skin and window.preferences.settings.loupe


def test_snapping_goes_to_the_prediction_below_the_label(qtbot: QtBot, open_window, predicted: Path) -> None:
    window = open_window(predicted)
    window.view.show_joint(LEFT_WRIST)
    press(window, *[Act.NUDGE_FAR_DOWN] * 3, Act.SNAP)
    predicted_xy = (20 + 6 * LEFT_WRIST, 40 + 2 * LEFT_WRIST)
    viewport = window.layout_.video.viewport()
    start = on_screen(window, predicted_xy[0], predicted_xy[1] + 30)
    end = on_screen(window, predicted_xy[0] + 1, predicted_xy[1] + 1)
    qtbot.mousePress(viewport, Qt.MouseButton.LeftButton, pos=start)
    qtbot.mouseMove(viewport, (start + end) / 2)
    qtbot.mouseMove(viewport, end)
    qtbot.mouseRelease(viewport, Qt.MouseButton.LeftButton, pos=end)
    assert labels_of(window)[0, LEFT_WRIST].xy == predicted_xy


def test_the_menu_of_a_joint_is_about_the_selection(qtbot: QtBot, open_window, predicted: Path) -> None:
    window = open_window(predicted)
    window.view.select_joints(LEFT_ARM)

    def entries(joint: int) -> list[str]:
        window.layout_.video.context_requested.emit(joint, QPoint(10, 10))
        menu = QApplication.activePopupWidget()
        assert isinstance(menu, QMenu)
        texts = [action.text() for action in menu.actions() if action.text()]
        menu.close()
        return texts

    on_arm = entries(LEFT_WRIST)
    assert on_arm[0] == f"{len(LEFT_ARM)} joints" and "Joint occluded" in on_arm
    assert window.view.joints == LEFT_ARM
    assert entries(0)[0] == "Nose" and window.view.joints == {0}
    beside = entries(-1)
    assert "Joint occluded" not in beside and "Select all joints" in beside


def test_turning_with_alt_and_the_wheel_does_not_open_the_menus(qtbot: QtBot, open_window, predicted: Path) -> None:
    window = open_window(predicted)
    viewport = window.layout_.video.viewport()
    place = QPointF(on_screen(window, 100, 60))
    alt, none = Qt.KeyboardModifier.AltModifier, Qt.MouseButton.NoButton
    qtbot.keyPress(viewport, Qt.Key.Key_Alt)
    for _ in range(3):
        where, notch = viewport.mapToGlobal(place), QPoint(120, 0)
        phase = Qt.ScrollPhase.NoScrollPhase
        QApplication.sendEvent(viewport, QWheelEvent(place, where, QPoint(), notch, none, alt, phase, False))
    qtbot.keyRelease(viewport, Qt.Key.Key_Alt)
    assert window.menuBar().activeAction() is None
    assert len(labels_of(window)) == 25
    press(window, Act.UNDO)
    assert labels_of(window) == {}, "one turn is one step, however many notches"


def test_a_drag_on_a_locked_climber_is_refused_and_put_back(qtbot: QtBot, open_window, predicted: Path) -> None:
    window = open_window(predicted)
    track = window.view.track
    assert track is not None
    window.document.push(SetTrackLook(track.id, color=None, locked=True, hidden=False))
    said: list[str] = []
    window.document.failed.connect(said.append)
    start, end = on_screen(window, 20 + 6 * LEFT_ELBOW, 40 + 2 * LEFT_ELBOW), on_screen(window, 150, 100)
    viewport = window.layout_.video.viewport()
    qtbot.mousePress(viewport, Qt.MouseButton.LeftButton, pos=start)
    qtbot.mouseMove(viewport, end)
    qtbot.mouseRelease(viewport, Qt.MouseButton.LeftButton, pos=end)
    assert labels_of(window) == {} and "locked" in said[0]
    shown = window.layout_.video._skeleton.shown
    assert shown is not None and shown.xy[LEFT_ELBOW].tolist() == [20 + 6 * LEFT_ELBOW, 40 + 2 * LEFT_ELBOW]


def test_keys_pressed_faster_than_pictures_come_label_the_frames_gone_to(
    qtbot: QtBot, open_window, predicted: Path
) -> None:
    window = open_window(predicted)
    window.view.show_joint(LEFT_WRIST)
    for _ in range(6):
        press(window, Act.NUDGE_RIGHT, Act.OCCLUDED, Act.LABEL_ALL, Act.STRIDE_FORWARD)
    labels = labels_of(window)
    assert {frame for frame, _ in labels} == {0, 5, 10, 15, 20, 25}
    assert len(labels) == 6 * 25
    wrists = [labels[frame, LEFT_WRIST] for frame in range(0, 30, 5)]
    assert all(wrist.xy == wrists[0].xy and wrist.visibility is Visibility.OCCLUDED for wrist in wrists)
