"""Several climbers in the real window: list, colours, boxes, clicks, and joints that are followed."""

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtWidgets import QApplication, QLineEdit, QListWidget, QMenu, QWidget
from pytestqt.qtbot import QtBot

from annotation.edits import AddTrack
from annotation.labels import RunKind, Source, Track
from app import climbers
from app.actions import Act
from app.main_window import MainWindow
from inference.jobs import TaskName, read_job
from tests.app.test_window import messages, press, track_of
from widgets.box_picker import BoxPicker

LEFT, NONE = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier


@pytest.fixture
def window(open_window, predicted: Path, qtbot: QtBot) -> MainWindow:
    """Ana stands still at (20 + 6 k, 40 + 2 k); Bo, whom one does not work on, has the same run and is far below."""
    window = open_window(predicted)
    ana = track_of(window)
    project = window.document.project
    assert project is not None
    window.document.push(climbers.rename(project, ana.id, name="Ana"))
    bo = climbers.new_climber(project, ana.clip_id, name="Bo")
    window.document.push(AddTrack(bo))
    return window


def the_list(window: MainWindow) -> QListWidget:
    (found,) = [each for each in window.findChildren(QListWidget) if each.accessibleName() == "Climbers"]
    return found


def bo_of(window: MainWindow) -> Track:
    project = window.document.project
    assert project is not None
    return list(project.tracks.values())[1]


def words(window: MainWindow) -> list[str]:
    rows = (the_list(window).item(row) for row in range(the_list(window).count()))
    return [row.data(Qt.ItemDataRole.AccessibleTextRole) for row in rows]


def on_screen(window: MainWindow, x: float, y: float) -> QPoint:
    return window.layout_.video.mapFromScene(QPointF(x, y))


def test_a_name_is_changed_in_the_list_and_refused_in_words(qtbot: QtBot, window: MainWindow) -> None:
    press(qtbot, window, Act.RENAME_CLIMBER)
    field = the_list(window).findChild(QLineEdit)
    assert field is not None and field.text() == "Ana" and field.hasSelectedText()
    qtbot.keyClicks(field, "Cleo")
    qtbot.keyClick(field, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: track_of(window).name == window.layout_.climber.text == "Cleo")
    press(qtbot, window, Act.UNDO)
    assert track_of(window).name == "Ana"
    qtbot.waitUntil(lambda: the_list(window).findChild(QLineEdit) is None)
    press(qtbot, window, Act.RENAME_CLIMBER)
    field = the_list(window).findChild(QLineEdit)
    assert field is not None
    qtbot.keyClicks(field, "Bo")
    qtbot.keyClick(field, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: "climber Bo in this video already" in messages(window))
    assert track_of(window).name == "Ana"


def test_a_locked_climber_is_shown_as_that_and_says_so(qtbot: QtBot, window: MainWindow) -> None:
    press(qtbot, window, Act.LOCK_CLIMBER)
    assert "locked" in words(window)[0] and window.actions_[Act.LOCK_CLIMBER].isChecked()
    press(qtbot, window, Act.LABEL_ALL)
    assert not track_of(window).labels and "Ana is locked. Unlock" in messages(window)
    press(qtbot, window, Act.LOCK_CLIMBER)
    press(qtbot, window, Act.LABEL_ALL)
    assert track_of(window).labels


def test_a_click_on_a_faint_climber_makes_them_the_one_worked_on(qtbot: QtBot, window: MainWindow) -> None:
    ana, bo = track_of(window), bo_of(window)
    others = window.presenters.climbers._others
    window.view.show_track(bo.id)  # Bo has no points yet, so Ana is the faint one
    (faint,) = others.poses
    assert faint.name == "Ana" and faint.color == "#4dbd5b"
    middle = faint.segments()[0].mean(axis=0)
    qtbot.mouseClick(window.layout_.video.viewport(), LEFT, NONE, on_screen(window, *middle))
    assert track_of(window) is ana and not others.poses[0].segments().size
    press(qtbot, window, Act.NEXT_CLIMBER)
    assert track_of(window) is bo
    press(qtbot, window, Act.SHOW_OTHERS)
    assert not others.poses
    press(qtbot, window, Act.SHOW_OTHERS)
    window.document.push(climbers.set_hidden(ana, hidden=True))
    assert not others.poses and "hidden" in words(window)[0]


def test_a_hidden_climber_leaves_the_picture(qtbot: QtBot, window: MainWindow) -> None:
    video = window.layout_.video
    place = on_screen(window, 20, 40)
    assert video.holds_joint(QPointF(place))
    press(qtbot, window, Act.HIDE_CLIMBER)
    assert not video.holds_joint(QPointF(place))
    press(qtbot, window, Act.HIDE_CLIMBER)
    assert video.holds_joint(QPointF(place))


def test_the_menu_of_a_climber_has_their_colours(qtbot: QtBot, window: MainWindow) -> None:
    bo = bo_of(window)
    window.layout_.side.track_menu_requested.emit(bo.id, window.mapToGlobal(QPoint(50, 50)))
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu) and track_of(window) is bo
    colours = next(action.menu() for action in menu.actions() if action.text() == "Colour")
    assert isinstance(colours, QMenu)
    assert [action.text() for action in colours.actions() if action.isChecked()] == ["Magenta"]
    next(action for action in colours.actions() if action.text() == "Teal").trigger()
    menu.close()
    assert bo_of(window).color == "#23b5a7"
    press(qtbot, window, Act.NEXT_COLOR)
    assert bo_of(window).color == "#e5565b"


def test_splitting_swapping_and_merging_by_keys_alone(qtbot: QtBot, window: MainWindow) -> None:
    ana, bo = track_of(window), bo_of(window)
    project = window.document.project
    assert project is not None

    def predicted_frames(track_id: str) -> list[int]:
        found = (project.resolved(track_id).source == Source.PREDICTED).any(axis=1)
        return np.flatnonzero(found).tolist()

    window.view.select_range(10, 19)
    press(qtbot, window, Act.SWAP_CLIMBERS)
    assert predicted_frames(bo.id) == list(range(10, 20)) and 10 not in predicted_frames(ana.id)
    window.view.clear_range()
    window.view.show_frame(40)
    press(qtbot, window, Act.SPLIT_CLIMBER)
    assert len(project.tracks) == 3 and predicted_frames(list(project.tracks)[2]) == list(range(40, 60))
    assert "Frames 40 to 59 of Ana are Climber 3 now" in messages(window)
    press(qtbot, window, Act.MERGE_CLIMBER)
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu), "with two others a menu asks which"
    qtbot.keyClick(menu, Qt.Key.Key_Return)
    assert bo.id not in project.tracks and predicted_frames(ana.id) == list(range(40))
    for _ in range(3):
        press(qtbot, window, Act.UNDO)
    assert list(project.tracks) == [ana.id, bo.id]
    assert predicted_frames(ana.id) == list(range(60)) and not predicted_frames(bo.id)
    press(qtbot, window, Act.REMOVE_CLIMBER)
    assert len(project.tracks) == 1


def picker_of(window: MainWindow) -> BoxPicker:
    return next(each for each in window.findChildren(QWidget) if isinstance(each, BoxPicker))


def asked(window: MainWindow) -> list[dict]:
    project = window.document.project
    assert project is not None
    return [dict(read_job(folder).parameters) for folder in project.folder.glob("jobs/*")]


def test_a_box_is_drawn_with_the_mouse_or_the_keys(qtbot: QtBot, window: MainWindow) -> None:
    picker = picker_of(window)
    window.view.show_frame(7)
    press(qtbot, window, Act.DETECT_ANOTHER)
    assert picker.isVisible()
    start, end = on_screen(window, 30, 20), on_screen(window, 90, 110)
    qtbot.mousePress(picker, LEFT, pos=start)
    qtbot.mouseMove(picker, (start + end) / 2)
    qtbot.mouseRelease(picker, LEFT, pos=end)
    assert not picker.isVisible()
    qtbot.waitUntil(lambda: len(asked(window)) == 1)
    (job,) = asked(window)
    assert job["frame"] == 7 and np.allclose(job["box"], [30, 20, 60, 90], atol=1)
    qtbot.waitUntil(lambda: "no person in the box" in messages(window), timeout=60_000)
    assert [track.name for track in window.document.project.tracks.values()] == ["Ana", "Bo"]
    press(qtbot, window, Act.DETECT_THIS)
    before = picker.box
    for key, modifier in ((Qt.Key.Key_Right, NONE), (Qt.Key.Key_Up, Qt.KeyboardModifier.ShiftModifier)):
        qtbot.keyClick(picker, key, modifier)
    assert picker.box.x() == before.x() + 10 and picker.box.height() == before.height() - 10
    qtbot.keyClick(picker, Qt.Key.Key_Return)
    assert not picker.isVisible() and window.jobs.is_running(TaskName.DETECT, track_of(window).id)


def test_leaving_the_box_changes_nothing(qtbot: QtBot, window: MainWindow) -> None:
    picker = picker_of(window)
    press(qtbot, window, Act.DETECT_ANOTHER)
    qtbot.keyClick(picker, Qt.Key.Key_Escape)
    assert not picker.isVisible() and not asked(window)
    press(qtbot, window, Act.DETECT_ANOTHER)
    qtbot.mouseClick(picker, LEFT, NONE, on_screen(window, 50, 50))
    assert picker.isVisible(), "a mere click is no box"
    window.view.show_track(bo_of(window).id)
    assert not picker.isVisible() and not asked(window)


def test_joints_are_followed_over_the_selected_range(qtbot: QtBot, window: MainWindow) -> None:
    """The texture of the clip moves by (-3, 2) px a frame."""
    window.view.show_frame(10)
    qtbot.waitUntil(lambda: window.poses.shown == 10)
    press(qtbot, window, Act.LABEL_ALL)
    track, project = track_of(window), window.document.project
    assert project is not None
    labels, before = dict(track.labels), track.active_runs[RunKind.KEYPOINTS]
    window.view.select_range(10, 14)
    press(qtbot, window, Act.FOLLOW_FORWARD)
    qtbot.waitUntil(lambda: track.active_runs[RunKind.KEYPOINTS] != before, timeout=60_000)
    assert dict(track.labels) == labels, "predictions, never labels"
    resolved = project.resolved(track.id)
    moved = resolved.xy[14, :15] - resolved.xy[10, :15]
    assert np.allclose(np.median(moved, axis=0), [-12, 8], atol=1.5)
    assert (resolved.source[14] == Source.PREDICTED).all()
    assert np.allclose(resolved.xy[15], resolved.xy[20]), "beyond the range it is as before"
    press(qtbot, window, Act.UNDO)
    assert track.active_runs[RunKind.KEYPOINTS] == before


def test_without_labels_nothing_is_followed_and_it_is_said(qtbot: QtBot, window: MainWindow) -> None:
    press(qtbot, window, Act.FOLLOW_BACK)
    assert "no labelled frame to start from" in messages(window)
    press(qtbot, window, Act.STOP_FOLLOWING)
    assert "No joints are being followed now" in messages(window)
