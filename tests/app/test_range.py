"""The selected range: one notion for operations, the loop and what the timeline shows."""

from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from pytestqt.qtbot import QtBot

from annotation.edits import SetLabels
from annotation.labels import Label
from app.actions import Act
from app.main_window import MainWindow


def label(window: MainWindow, *frames: int) -> None:
    """Label one joint in some frames."""
    track = window.view.track
    assert track is not None
    window.document.push(SetLabels(track.id, {(frame, 3): Label((50.0, 60.0)) for frame in frames}))


def test_keys_start_and_end_the_range_at_the_playhead(open_window, video: Path) -> None:
    window = open_window(video)
    assert window.view.range is None
    assert window.view.range_or_frame == (0, 0)
    window.view.show_frame(20)
    window.actions_[Act.RANGE_START].trigger()
    assert window.view.range == (20, 59), "without an end it reaches to the last frame"
    window.view.show_frame(30)
    window.actions_[Act.RANGE_END].trigger()
    assert window.view.range == window.view.range_or_frame == (20, 30)
    window.view.show_frame(40)
    window.actions_[Act.RANGE_START].trigger()
    assert window.view.range == (40, 59), "a start behind the end begins another range"
    window.actions_[Act.CLEAR_RANGE].trigger()
    assert window.view.range is None
    assert window.view.range_or_frame == (40, 40)


@pytest.mark.parametrize(("frame", "expected"), [(15, (10, 25)), (10, (10, 25)), (3, (0, 10)), (50, (40, 59))])
def test_one_key_selects_between_the_keyframes_around(open_window, video: Path, frame: int, expected) -> None:
    window = open_window(video)
    label(window, 10, 25, 40)
    window.view.show_frame(frame)
    window.actions_[Act.SELECT_BETWEEN].trigger()
    assert window.view.range == expected


def test_shift_drag_on_the_timeline_selects_and_everybody_hears(qtbot: QtBot, open_window, video: Path) -> None:
    window = open_window(video)
    timeline = window.layout_.timeline
    shift, left = Qt.KeyboardModifier.ShiftModifier, Qt.MouseButton.LeftButton
    y = round(timeline.lanes.confidence.center().y())
    with qtbot.waitSignal(window.view.range_changed):
        qtbot.mousePress(timeline, left, shift, pos=QPoint(round(timeline.x_of(12)), y))
        qtbot.mouseMove(timeline, QPoint(round(timeline.x_of(20)), y))
        qtbot.mouseMove(timeline, QPoint(round(timeline.x_of(22)), y))
        qtbot.mouseRelease(timeline, left, shift, pos=QPoint(round(timeline.x_of(22)), y))
    assert window.view.range == (12, 22)
    assert timeline._data.range == (12, 22)


def test_a_range_of_one_clip_is_not_one_of_another(open_window, video: Path) -> None:
    window = open_window(video)
    window.view.select_range(30, 10)
    assert window.view.range == (10, 30)
    window.view.select_range(50, 5000)
    assert window.view.range == (50, 59), "it ends with the clip"
    clip = window.view.clip
    assert clip is not None
    window.view.show_clip(clip.id)
    assert window.view.range is None


def test_without_a_loop_the_range_does_not_keep_one_from_playing_on(qtbot: QtBot, open_window, video: Path) -> None:
    window = open_window(video)
    window.view.select_range(10, 14)
    window.view.show_frame(50)
    window.actions_[Act.PLAY].trigger()
    qtbot.waitUntil(lambda: not window.playback.playing, timeout=10_000)
    assert window.view.frame == 59
