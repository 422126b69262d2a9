"""The timeline of the real window: what it shows of the track, and keyframes that are moved along it."""

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QContextMenuEvent, QFocusEvent
from PySide6.QtWidgets import QApplication, QMenu
from pytestqt.qtbot import QtBot

from annotation.edits import SetLabels, SetSpans
from annotation.joint_groups import JointGroup
from annotation.labels import Interpolation, Label, Span, Track
from app.actions import Act
from app.main_window import MainWindow
from tests.widgets.timeline_mouse import drag, wheel
from widgets.timeline_data import Fill

LEFT_ELBOW, RIGHT_KNEE = 5, 18
GROUPS = [group.value for group in JointGroup]


def track_of(window: MainWindow) -> Track:
    track = window.view.track
    assert track is not None
    return track


@pytest.fixture
def window(open_window, predicted: Path) -> MainWindow:
    """A window on a project with three keyframes of the left elbow and one of the right knee."""
    window = open_window(predicted)
    labels = {(frame, LEFT_ELBOW): Label((50.0 + frame, 60.0)) for frame in (10, 20, 40)}
    window.document.push(SetLabels(track_of(window).id, labels | {(20, RIGHT_KNEE): Label((5.0, 6.0))}))
    return window


def place(window: MainWindow, frame: int, *, lane: int = -1) -> QPoint:
    timeline = window.layout_.timeline
    area = timeline.lanes.keyframes if lane < 0 else timeline.lanes.groups[lane]
    return QPoint(round(timeline.x_of(frame)), round(area.center().y()))


def move(qtbot: QtBot, window: MainWindow, frames: tuple[int, ...], *, lane: int = -1, **held: object) -> None:
    drag(qtbot, window.layout_.timeline, [place(window, frame, lane=lane) for frame in frames], **held)


def lanes(window: MainWindow) -> dict[str, list[int]]:
    return {lane.name: lane.keyframes.tolist() for lane in window.layout_.timeline.data.groups}


def test_each_joint_group_shows_its_own_keyframes(qtbot: QtBot, window: MainWindow) -> None:
    data = window.layout_.timeline.data
    assert data.summary.keyframes.tolist() == [10, 20, 40]
    assert lanes(window) == {name: [] for name in GROUPS} | {"left arm": [10, 20, 40], "right leg": [20]}
    assert data.summary.complete is not None and not data.summary.complete.any(), "most joints are not labelled"
    window.view.show_frame(20)
    qtbot.waitUntil(lambda: window.poses.shown == 20)
    window.actions_[Act.LABEL_ALL].trigger()
    assert lanes(window)["head"] == [20]
    assert data.summary.complete.tolist() == [False, True, False]


def test_what_lies_between_keyframes_says_how_it_is_interpolated(window: MainWindow) -> None:
    spans = (Span(10, 20, Interpolation.CUBIC), Span(20, 40, Interpolation.PREDICTION))
    window.document.push(SetSpans(track_of(window).id, spans))
    data = window.layout_.timeline.data
    arm = data.groups[GROUPS.index("left arm")].fill
    assert arm is not None
    assert set(arm[11:20].tolist()) == {Fill.CUBIC}
    assert set(arm[21:40].tolist()) == {Fill.PREDICTION}
    assert set(arm[41:].tolist()) == {Fill.PREDICTED}
    head = data.groups[GROUPS.index("head")].fill
    assert head is not None and set(head.tolist()) == {Fill.PREDICTED}
    window.actions_[Act.UNDO].trigger()
    arm = window.layout_.timeline.data.groups[GROUPS.index("left arm")].fill
    assert arm is not None and set(arm[11:20].tolist()) == {Fill.PREDICTED}


def test_lanes_kept_up_to_date_are_those_counted_anew(window: MainWindow) -> None:
    track = track_of(window)
    for frame in (3, 9, 14):
        window.document.push(SetLabels(track.id, {(frame, 7): Label((9.0, 9.0)), (20, LEFT_ELBOW): None}))
    window.document.undo()
    data = window.layout_.timeline.data
    kept = (data.summary, *data.groups)
    window.presenters.labelling.timeline._lanes = type(window.presenters.labelling.timeline._lanes)()
    window.presenters.labelling.timeline._show_track()
    for a, b in zip(kept, (data.summary, *data.groups), strict=True):
        assert a is not b
        assert a.name == b.name
        assert np.array_equal(a.keyframes, b.keyframes)
        assert a.fill is not None and b.fill is not None and np.array_equal(a.fill, b.fill)


def test_a_dragged_keyframe_moves_with_one_step_of_undo(qtbot: QtBot, window: MainWindow) -> None:
    before = dict(track_of(window).labels)
    move(qtbot, window, (20, 24, 28))
    assert track_of(window).keyframes() == [10, 28, 40]
    assert track_of(window).labels[28, LEFT_ELBOW].xy == (70.0, 60.0)
    assert window.view.frame == 28, "what was moved stays in sight"
    assert lanes(window)["right leg"] == [28]
    window.actions_[Act.UNDO].trigger()
    assert dict(track_of(window).labels) == before


def test_a_keyframe_does_not_land_on_another(qtbot: QtBot, window: MainWindow) -> None:
    move(qtbot, window, (20, 30, 40))
    assert track_of(window).keyframes() == [10, 20, 40]
    assert any("Frame 40 has a keyframe already" in words for words in window.toasts.messages())


def test_in_the_lane_of_a_group_only_its_joints_move(qtbot: QtBot, window: MainWindow) -> None:
    window.actions_[Act.TIMELINE_GROUPS].trigger()
    wheel(window.layout_.timeline, QPoint(20, window.layout_.timeline.height() - 20), -3000)
    move(qtbot, window, (20, 26, 32), lane=GROUPS.index("right leg"))
    assert (32, RIGHT_KNEE) in track_of(window).labels
    assert (20, LEFT_ELBOW) in track_of(window).labels


def test_ctrl_drag_copies_the_keyframes_of_the_range(qtbot: QtBot, window: MainWindow) -> None:
    window.view.select_range(8, 22)
    move(qtbot, window, (10, 20, 35), modifier=Qt.KeyboardModifier.ControlModifier)
    assert track_of(window).keyframes() == [10, 20, 35, 40, 45]
    assert window.view.range == (33, 47), "the copies are selected now"


def test_keys_move_keyframes_and_a_series_is_one_step(window: MainWindow) -> None:
    window.view.show_frame(20)
    for _ in range(3):
        window.actions_[Act.KEYFRAMES_LATER].trigger()
    assert track_of(window).keyframes() == [10, 23, 40]
    assert window.view.frame == 23
    window.view.show_frame(40)
    window.actions_[Act.KEYFRAMES_EARLIER].trigger()
    assert track_of(window).keyframes() == [10, 23, 39]
    window.actions_[Act.UNDO].trigger()
    assert track_of(window).keyframes() == [10, 23, 40]
    window.actions_[Act.UNDO].trigger()
    assert track_of(window).keyframes() == [10, 20, 40]
    window.view.show_frame(15)
    window.actions_[Act.KEYFRAMES_LATER].trigger()
    assert any("There is no keyframe to move" in words for words in window.toasts.messages())


def test_delete_removes_the_keyframes_of_the_range_where_the_timeline_has_the_keys(
    qtbot: QtBot, window: MainWindow
) -> None:
    window.view.select_range(10, 30)
    window.view.show_joint(LEFT_ELBOW)
    qtbot.keyClick(window.layout_.timeline, Qt.Key.Key_Delete)
    assert track_of(window).keyframes() == [40]
    window.actions_[Act.UNDO].trigger()
    assert track_of(window).keyframes() == [10, 20, 40]


def test_a_right_click_offers_what_applies_to_the_frame_below(qtbot: QtBot, window: MainWindow) -> None:
    timeline = window.layout_.timeline
    where = place(window, 33)
    reason = QContextMenuEvent.Reason.Mouse
    QApplication.sendEvent(timeline, QContextMenuEvent(reason, where, timeline.mapToGlobal(where)))
    assert window.view.frame == 33
    menu = timeline.findChild(QMenu)
    assert menu is not None
    qtbot.waitUntil(menu.isVisible)
    assert window.actions_[Act.REVIEWED] in menu.actions()
    menu.close()


def test_who_cannot_see_the_timeline_hears_about_the_frame(window: MainWindow) -> None:
    window.view.show_frame(20)
    timeline = window.layout_.timeline
    QApplication.sendEvent(timeline, QFocusEvent(QFocusEvent.Type.FocusIn))
    assert timeline.accessibleName() == "Timeline"
    assert "frame 20" in timeline.accessibleDescription() and "labelled" in timeline.accessibleDescription()


def test_zooming_by_keys(window: MainWindow) -> None:
    timeline = window.layout_.timeline
    window.view.select_range(20, 39)
    window.actions_[Act.TIMELINE_RANGE].trigger()
    first, end = timeline.visible_frames
    assert 17 < first < 20 and 40 < end < 43
    window.actions_[Act.TIMELINE_ZOOM_OUT].trigger()
    assert timeline.visible_frames[1] - timeline.visible_frames[0] > end - first
    window.actions_[Act.TIMELINE_ALL].trigger()
    assert timeline.visible_frames == (0, 60)


def test_another_clip_starts_with_nothing_of_this_one(window: MainWindow, make_clip, video: Path, qtbot: QtBot) -> None:
    window.actions_[Act.ADD_EVENT].trigger()
    window.projects.add_video(make_clip(video.with_name("short.mp4"), n_frames=12))
    project = window.document.project
    assert project is not None
    timeline = window.layout_.timeline
    qtbot.waitUntil(lambda: len(project.clips) == 2 and timeline.data.n_frames == 12)
    assert not len(timeline.data.summary.keyframes)
    assert not timeline._field.isVisible()
