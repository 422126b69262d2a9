"""Keyframe operations as a person meets them: keys in the real window, and the command line."""

import json
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from annotation.labels import Interpolation, Source, Span, Track
from annotation.project import Project
from annotation.skeletons import load_skeleton
from annotation.store import Access
from app.actions import Act
from app.cli import EXIT_FAILED, EXIT_OK, main
from app.main_window import MainWindow
from widgets.toast import ToastArea

Key, Control, Shift = Qt.Key, Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
SKELETON = load_skeleton("climbalong25")
LEFT, RIGHT = SKELETON.index("left_elbow"), SKELETON.index("right_elbow")


def press(window: MainWindow, key: Qt.Key, modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
    QTest.keyClick(window.layout_.video, key, modifiers)


def track_of(window: MainWindow) -> Track:
    track = window.view.track
    assert track is not None
    return track


def said(window: MainWindow) -> str:
    toasts = window.findChild(ToastArea)
    assert toasts is not None
    return " ".join(toast.text for toast in toasts._toasts)


@pytest.fixture
def window(qtbot: QtBot, open_window, predicted: Path) -> MainWindow:
    window = open_window(predicted)
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    window.layout_.video.setFocus()
    return window


def test_sure_predictions_are_accepted_for_frame_range_and_clip(window: MainWindow) -> None:
    press(window, Key.Key_A)
    assert track_of(window).keyframes() == [0]
    assert "25 joints accepted" in said(window)
    window.view.select_range(10, 12)
    press(window, Key.Key_A)
    assert track_of(window).keyframes() == [0, 10, 11, 12]
    press(window, Key.Key_A, Control | Shift)
    assert len(track_of(window).labels) == 60 * 25
    window.document.undo()
    press(window, Key.Key_Delete, Control)
    assert track_of(window).keyframes() == [0]
    press(window, Key.Key_Delete, Control)
    assert "no label in the range" in said(window)


def test_a_pose_is_copied_pasted_and_mirrored(window: MainWindow) -> None:
    press(window, Key.Key_V, Control)
    assert "copy its pose first" in said(window)
    press(window, Key.Key_C, Control)
    window.view.show_frame(30)
    press(window, Key.Key_V, Control)
    resolved = window.poses.resolved
    assert resolved is not None and (resolved.source[30] == Source.LABELLED).all()
    np.testing.assert_array_equal(resolved.xy[30], resolved.xy[0])
    window.view.show_frame(40)
    press(window, Key.Key_V, Control | Shift)
    hips = [SKELETON.index("left_hip"), SKELETON.index("right_hip")]
    middle = resolved.xy[0, hips, 0].mean()
    np.testing.assert_allclose(resolved.xy[40, LEFT, 0], 2 * middle - resolved.xy[0, RIGHT, 0], atol=1e-3)
    assert window.document.project is not None
    assert window.document.project.undo_title() == "Paste mirrored pose at frame 40"


def test_a_pose_goes_over_the_range_and_joints_are_held(window: MainWindow) -> None:
    press(window, Key.Key_P)
    assert "Select a range first" in said(window)
    window.view.select_range(20, 31)
    press(window, Key.Key_P)
    assert track_of(window).keyframes() == [20, 25, 30, 31]
    window.document.undo()
    window.view.show_joint(LEFT)
    press(window, Key.Key_P, Shift)
    assert {joint for _, joint in track_of(window).labels} == {LEFT}


def test_sides_are_swapped_for_the_body_or_for_one_pair(window: MainWindow) -> None:
    resolved = window.poses.resolved
    assert resolved is not None
    before = resolved.xy.copy()
    window.view.select_range(5, 9)
    press(window, Key.Key_T, Control)
    np.testing.assert_array_equal(resolved.xy[5:10], before[5:10][:, SKELETON.mirror])
    np.testing.assert_array_equal(resolved.xy[10:], before[10:])
    window.document.undo()
    press(window, Key.Key_W)
    assert "Select a joint first" in said(window)
    window.view.show_joint(RIGHT)
    press(window, Key.Key_W)
    np.testing.assert_array_equal(resolved.xy[7, [LEFT, RIGHT]], before[7, [RIGHT, LEFT]])
    assert {joint for _, joint in track_of(window).labels} == {LEFT, RIGHT}


def test_the_way_between_keyframes_is_chosen_by_key(window: MainWindow) -> None:
    window.actions_[Act.WAY_SMOOTH].trigger()
    assert "needs a keyframe before" in said(window)
    for frame in (10, 40):
        window.view.show_frame(frame)
        press(window, Key.Key_A)
    window.view.show_frame(20)
    press(window, Key.Key_I, Control)
    assert track_of(window).spans == (Span(10, 40, Interpolation.CUBIC),)
    press(window, Key.Key_I, Control | Shift)
    assert track_of(window).spans == (Span(10, 40, Interpolation.PREDICTION),)
    window.actions_[Act.WAY_NONE].trigger()
    assert track_of(window).spans == ()


def run(*arguments: object) -> int:
    return main([str(argument) for argument in arguments])


def test_the_command_line_does_the_same(predicted: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("labels", predicted, "accept", "--frames", "3:5", "--json") == EXIT_OK
    assert json.loads(capsys.readouterr().out)["labels"] == 75
    assert run("labels", predicted, "swap", "--frames", "4", "--joints", "left_elbow") == EXIT_OK
    assert run("labels", predicted, "propagate", "--frames", "20:30", "--joints", "nose") == EXIT_OK
    assert run("labels", predicted, "interpolate", "--way", "cubic") == EXIT_OK
    assert run("labels", predicted, "remove", "--frames", "5:9") == EXIT_OK
    with Project.open(predicted, access=Access.READ) as project:
        track = next(iter(project.tracks.values()))
        assert track.keyframes() == [3, 4, 20, 25, 30]
        assert track.spans == (Span(0, 59, Interpolation.CUBIC),)
        assert track.labels[4, LEFT].xy == (20 + 6 * RIGHT, 40 + 2 * RIGHT)
        assert track.labels[3, 0].author, "the annotator of the settings, or who is logged in"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("accept", "--frames", "3:99"), "clip has 0 to 59"),
        (("accept", "--joints", "tail"), "no joint tail"),
        (("accept", "--confidence", "0.95"), "nothing to do"),
        (("remove",), "nothing to do"),
    ],
)
def test_what_cannot_be_done_is_said(predicted: Path, capsys, arguments: tuple[str, ...], message: str) -> None:
    assert run("labels", predicted, *arguments) == EXIT_FAILED
    assert message in capsys.readouterr().err
