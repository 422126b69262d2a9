"""Review state and events: keys, what is shown, undo, and what survives a restart."""

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QLineEdit

from annotation.labels import Event, Track
from annotation.project import Project
from annotation.store import Access
from app.actions import Act
from app.main_window import MainWindow
from app.review import event_here, next_unreviewed, progress_words
from widgets.toast import ToastArea

CHAPTER, CRUX, SLIP = Event(10, 40, "wall"), Event(20, 30, "crux"), Event(25, None, "foot slips")


def said(window: MainWindow) -> list[str]:
    """All words in the status bar and in messages."""
    toasts = window.findChild(ToastArea)
    assert toasts is not None
    labels = [label.text() for label in window.statusBar().findChildren(QLabel)]
    return [*labels, *(toast.text for toast in toasts._toasts)]


def track_of(window: MainWindow) -> Track:
    track = window.view.track
    assert track is not None
    return track


def name(qtbot, window: MainWindow, text: str, *, end: Qt.Key = Qt.Key.Key_Return) -> None:
    """Type a name into the field that is open in the timeline."""
    field = window.layout_.timeline.findChild(QLineEdit)
    assert field is not None and field.isVisible()
    QTest.keyClicks(field, text)
    QTest.keyClick(field, end)


def test_the_nearest_frame_nobody_saw_goes_round_the_end() -> None:
    track = Track("t", "c", "Ana", "coco17", reviewed={0, 1, 2, 5, 9})
    assert next_unreviewed(track, 1, direction=1, n_frames=10) == 3
    assert next_unreviewed(track, 8, direction=1, n_frames=10) == 3
    assert next_unreviewed(track, 3, direction=1, n_frames=10) == 4
    assert next_unreviewed(track, 3, direction=-1, n_frames=10) == 8
    assert next_unreviewed(track, 7, direction=-1, n_frames=10) == 6
    track.reviewed = set(range(10))
    assert next_unreviewed(track, 3, direction=1, n_frames=10) is None


def test_progress_is_said_as_people_write_numbers() -> None:
    track = Track("t", "c", "Ana", "coco17", reviewed=set(range(412)))
    assert progress_words(track, n_frames=1800) == "412 of 1,800 frames confirmed"


def test_the_event_here_is_the_one_meant_most_closely() -> None:
    track = Track("t", "c", "Ana", "coco17", events=(CHAPTER, CRUX, SLIP))
    assert [event_here(track, frame) for frame in (5, 15, 22, 25)] == [None, CHAPTER, CRUX, SLIP]


def test_a_frame_or_a_range_is_reviewed_by_a_key_and_can_be_undone(qtbot, open_window, predicted: Path) -> None:
    window = open_window(predicted)
    assert "0 of 60 frames confirmed" in said(window)
    window.view.show_frame(7)
    window.actions_[Act.REVIEWED].trigger()
    assert track_of(window).reviewed == {7}
    window.view.select_range(10, 19)
    window.actions_[Act.REVIEWED].trigger()
    assert "11 of 60 frames confirmed" in said(window)
    timeline = window.layout_.timeline
    assert timeline.data.reviewed is not None and timeline.data.reviewed.sum() == 11
    window.actions_[Act.UNDO].trigger()
    assert track_of(window).reviewed == {7}
    window.view.clear_range()
    window.view.show_frame(7)
    window.actions_[Act.UNREVIEWED].trigger()
    assert track_of(window).reviewed == set()
    window.actions_[Act.UNREVIEWED].trigger()
    assert "This frame is not marked as reviewed already." in said(window)


def test_going_to_what_is_left(qtbot, open_window, predicted: Path) -> None:
    window = open_window(predicted)
    window.view.select_range(0, 29)
    window.actions_[Act.REVIEWED].trigger()
    window.actions_[Act.NEXT_UNREVIEWED].trigger()
    assert window.view.frame == 30
    window.actions_[Act.PREVIOUS_UNREVIEWED].trigger()
    assert window.view.frame == 59


def test_the_list_of_climbers_says_how_far_the_review_is(qtbot, open_window, predicted: Path) -> None:
    window = open_window(predicted)
    window.view.select_range(0, 29)
    window.actions_[Act.REVIEWED].trigger()
    tracks = window.layout_.side._tracks
    assert "30 of 60 frames confirmed" in tracks.item(0).toolTip()


def test_an_event_and_a_chapter_are_named_in_place_and_survive_a_restart(qtbot, open_window, predicted: Path) -> None:
    window = open_window(predicted)
    before = window.focusWidget()
    assert before is not None
    window.view.show_frame(12)
    window.actions_[Act.ADD_EVENT].trigger()
    name(qtbot, window, "foot slips")
    window.view.select_range(20, 40)
    window.actions_[Act.ADD_EVENT].trigger()
    name(qtbot, window, "crux")
    assert track_of(window).events == (Event(12, None, "foot slips"), Event(20, 40, "crux"))
    assert window.layout_.timeline.data.events == track_of(window).events
    assert window.focusWidget() is before, "the keys belong to whom they belonged before"
    window.close()
    with Project.open(predicted, access=Access.READ) as project:
        assert next(iter(project.tracks.values())).events == (Event(12, None, "foot slips"), Event(20, 40, "crux"))


def test_esc_names_nothing_and_does_not_reach_the_window(qtbot, open_window, predicted: Path) -> None:
    window = open_window(predicted)
    window.view.show_joint(3)
    window.actions_[Act.ADD_EVENT].trigger()
    name(qtbot, window, "never mind", end=Qt.Key.Key_Escape)
    assert track_of(window).events == ()
    assert window.view.joint == 3
    assert not window.layout_.timeline.lanes.events.height(), "the lane goes with the field"


def test_events_are_gone_to_renamed_and_removed_by_keys(qtbot, open_window, predicted: Path) -> None:
    window = open_window(predicted)
    for frame, text in ((12, "start"), (30, "rest")):
        window.view.show_frame(frame)
        window.actions_[Act.ADD_EVENT].trigger()
        name(qtbot, window, text)
    window.view.show_frame(0)
    visited = []
    for act in (Act.NEXT_EVENT, Act.NEXT_EVENT, Act.PREVIOUS_EVENT):
        window.actions_[act].trigger()
        visited.append(window.view.frame)
    assert visited == [12, 30, 12]
    window.actions_[Act.RENAME_EVENT].trigger()
    name(qtbot, window, "first hold")
    assert track_of(window).events == (Event(12, None, "first hold"), Event(30, None, "rest"))
    window.actions_[Act.REMOVE_EVENT].trigger()
    assert track_of(window).events == (Event(30, None, "rest"),)
    window.actions_[Act.UNDO].trigger()
    assert len(track_of(window).events) == 2
    window.view.show_frame(50)
    window.actions_[Act.RENAME_EVENT].trigger()
    assert "There is no event at this frame. T adds one." in said(window)


@pytest.mark.parametrize("text", ["", "   "])
def test_an_event_without_a_name_is_none(qtbot, open_window, predicted: Path, text: str) -> None:
    window = open_window(predicted)
    window.actions_[Act.ADD_EVENT].trigger()
    name(qtbot, window, text)
    assert track_of(window).events == ()
