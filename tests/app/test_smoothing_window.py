"""Smoothing in a real window: chosen, undone, seen before and after, and labels never move."""

import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QCheckBox, QLabel, QPushButton
from pytestqt.qtbot import QtBot

from annotation.edits import SetLabels
from annotation.labels import Label, RunKind, Source
from annotation.model_cards import DETECTED, ModelCard, write_card
from annotation.skeletons import load_skeleton
from app.actions import Act
from app.main_window import MainWindow
from app.settings import load_settings
from app.smoothing import smoother_rows
from tests.app.conftest import OpenWindow
from tests.app.smoothed_project import LABELLED, LARGEST, MOST_PX, MOVED_PX, lay_smoothed
from widgets.skeleton_items import SkeletonItem
from widgets.timeline_layout import DIFFERENCE

WAIT_MS = 20_000


@pytest.fixture
def smoothed(predicted: Path, open_window: OpenWindow, qtbot: QtBot) -> MainWindow:
    lay_smoothed(predicted)
    window = open_window(predicted)
    qtbot.waitUntil(lambda: window.layout_.timeline.data.difference is not None, timeout=WAIT_MS)
    return window


def drawn(window: MainWindow) -> np.ndarray:
    item = next(item for item in window.layout_.video.scene().items() if isinstance(item, SkeletonItem))
    return item.shown.xy


def words(window: MainWindow) -> str:
    panel = window.layout_.smoothing
    return " ".join(label.text() for label in panel.findChildren(QLabel) if label.isVisibleTo(panel))


def look(window: MainWindow) -> str:
    labels = window.layout_.video.findChildren(QLabel)
    return next(label for label in labels if label.accessibleName() == "What is looked at").text()


def press(qtbot: QtBot, window: MainWindow, text: str) -> None:
    buttons = window.layout_.smoothing.findChildren(QPushButton)
    qtbot.mouseClick(next(button for button in buttons if button.text() == text), Qt.MouseButton.LeftButton)


def test_the_timeline_says_what_smoothing_moved(smoothed: MainWindow) -> None:
    moved = smoothed.layout_.timeline.data.difference
    assert moved[20] == pytest.approx(MOVED_PX, abs=1e-3) and moved[LARGEST] == pytest.approx(MOST_PX, abs=1e-3)
    assert np.isnan(moved[list(LABELLED)]).all(), "where all is labelled, nothing was moved"
    assert smoothed.layout_.timeline.lanes.difference.height() > 10
    assert DIFFERENCE in [name for name, _ in smoothed.layout_.timeline.lanes.names(smoothed.layout_.timeline.data)]
    smoothed.actions_[Act.LARGEST_SMOOTHING].trigger()
    assert smoothed.view.frame == LARGEST


def test_a_key_shows_before_and_after(smoothed: MainWindow, qtbot: QtBot) -> None:
    smoothed.view.show_frame(20)
    qtbot.waitUntil(lambda: smoothed.poses.shown == 20, timeout=WAIT_MS)
    after = drawn(smoothed).copy()
    smoothed.activateWindow()
    qtbot.waitUntil(smoothed.isActiveWindow)
    smoothed.layout_.video.setFocus()
    qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_2)
    np.testing.assert_allclose(np.linalg.norm(after - drawn(smoothed), axis=1), MOVED_PX, atol=1e-3)
    assert "Before smoothing" in look(smoothed)
    smoothed.view.show_frame(LARGEST)
    qtbot.waitUntil(lambda: smoothed.poses.shown == LARGEST, timeout=WAIT_MS)
    assert "Before smoothing" in look(smoothed), "also in other frames"
    qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_2)
    now = smoothed.poses.resolved.xy[LARGEST]
    np.testing.assert_array_equal(drawn(smoothed), now)
    assert look(smoothed) == ""


def test_labels_stand_where_they_are_before_and_after(smoothed: MainWindow, qtbot: QtBot) -> None:
    frame = LABELLED[0]
    smoothed.view.show_frame(frame)
    qtbot.waitUntil(lambda: smoothed.poses.shown == frame, timeout=WAIT_MS)
    after = drawn(smoothed).copy()
    smoothed.actions_[Act.BEFORE_SMOOTHING].trigger()
    np.testing.assert_array_equal(drawn(smoothed), after)


def test_an_edit_returns_to_how_it_is(smoothed: MainWindow, qtbot: QtBot) -> None:
    smoothed.view.show_frame(20)
    qtbot.waitUntil(lambda: smoothed.poses.shown == 20, timeout=WAIT_MS)
    smoothed.actions_[Act.BEFORE_SMOOTHING].trigger()
    smoothed.document.push(SetLabels(smoothed.view.track.id, {(20, 3): Label((5.0, 6.0))}))
    np.testing.assert_array_equal(drawn(smoothed), smoothed.poses.resolved.xy[20])
    assert look(smoothed) == "" and not smoothed.actions_[Act.BEFORE_SMOOTHING].isChecked()


def test_smoothing_is_taken_back_and_done_again(smoothed: MainWindow, qtbot: QtBot) -> None:
    smoothed.actions_[Act.SMOOTH].trigger()
    qtbot.waitUntil(lambda: "Joints were moved by" in words(smoothed), timeout=WAIT_MS)
    assert "Shown: DeciWatch" in words(smoothed)
    labels = dict(smoothed.view.track.labels)
    press(qtbot, smoothed, "Without smoothing")
    assert smoothed.view.track.active_runs[RunKind.KEYPOINTS] == "first"
    assert smoothed.layout_.timeline.data.difference is None
    boxes = smoothed.layout_.smoothing.findChildren(QCheckBox)
    box = next(box for box in boxes if "before" in box.text())
    assert "not smoothed" in words(smoothed) and not box.isVisible()
    smoothed.document.undo()
    assert smoothed.view.track.active_runs[RunKind.KEYPOINTS] == "smooth"
    qtbot.waitUntil(lambda: smoothed.layout_.timeline.data.difference is not None, timeout=WAIT_MS)
    assert dict(smoothed.view.track.labels) == labels
    sources = smoothed.poses.resolved.source[list(LABELLED)]
    assert (sources == Source.LABELLED).all()


def test_without_smoothing_there_is_nothing_to_compare(predicted: Path, open_window: OpenWindow, qtbot: QtBot) -> None:
    window = open_window(predicted)
    with qtbot.waitSignal(window.presenters.smoothing.failed):
        window.actions_[Act.BEFORE_SMOOTHING].trigger()
    assert not window.actions_[Act.BEFORE_SMOOTHING].isChecked()
    with qtbot.waitSignal(window.presenters.smoothing.failed):
        window.actions_[Act.LARGEST_SMOOTHING].trigger()


def test_a_smoother_is_chosen_and_carried_out(predicted: Path, open_window: OpenWindow, qtbot: QtBot) -> None:
    window = open_window(predicted)
    track = window.view.track
    window.document.push(SetLabels(track.id, {(f, 4): Label((60.0, 60.0 + f % 2)) for f in LABELLED}))
    before = dict(track.labels)
    window.actions_[Act.SMOOTH].trigger()
    panel = window.layout_.smoothing
    panel.choose("median", strength=0.8)
    with qtbot.waitSignal(window.jobs.finished, timeout=120_000):
        press(qtbot, window, "Smooth")
    run = window.document.project.run(window.view.track.active_runs[RunKind.KEYPOINTS])
    assert run.task == "smooth" and "Median" in run.model
    qtbot.waitUntil(lambda: window.layout_.timeline.data.difference is not None, timeout=WAIT_MS)
    assert "Median" in words(window)
    assert dict(window.view.track.labels) == before
    shown = window.poses.resolved
    np.testing.assert_array_equal(shown.xy[LABELLED[1], 4], [60.0, 60.0 + LABELLED[1] % 2])
    window.actions_[Act.UNDO].trigger()
    assert window.view.track.active_runs[RunKind.KEYPOINTS] == "first"
    window.actions_[Act.REDO].trigger()
    assert window.view.track.active_runs[RunKind.KEYPOINTS] == run.id


def test_after_the_button_is_pressed_the_keys_go_to_the_video(
    predicted: Path, open_window: OpenWindow, qtbot: QtBot
) -> None:
    window = open_window(predicted)
    window.actions_[Act.SMOOTH].trigger()
    panel = window.layout_.smoothing
    qtbot.waitUntil(lambda: bool(panel.smoother))
    panel.choose("savitzky-golay")
    button = next(button for button in panel.findChildren(QPushButton) if button.text() == "Smooth")
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    button.setFocus()
    qtbot.keyClick(button, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: button.isHidden(), timeout=WAIT_MS)
    assert QApplication.focusWidget() is window.layout_.video
    frame = window.view.frame
    qtbot.keyClick(window.layout_.video, Qt.Key.Key_Right)
    assert window.view.frame == frame + 1, "the keys work at once"
    qtbot.waitUntil(lambda: not button.isHidden(), timeout=WAIT_MS)
    assert QApplication.focusWidget() is window.layout_.video


def test_what_cannot_be_used_says_why(predicted: Path, open_window: OpenWindow, qtbot: QtBot) -> None:
    window = open_window(predicted)
    window.actions_[Act.SMOOTH].trigger()
    rows = {row.name: row for row in smoother_rows([], skeleton="climbalong25")}
    named = rows["conv3d"].problem.partition("Model > ")[2].removesuffix(").")
    assert window.actions_[Act.FINE_TUNE].text().replace("&", "").startswith(named)
    assert "no weights yet" in rows["conv3d"].problem and not rows["one-euro"].problem
    window.layout_.smoothing.set_smoothers(list(rows.values()))
    window.layout_.smoothing.choose("conv3d")
    button = next(b for b in window.layout_.smoothing.findChildren(QPushButton) if b.text() == "Smooth")
    assert not button.isEnabled() and "no weights yet" in words(window)
    window.layout_.smoothing.choose("one-euro")
    assert button.isEnabled()


def test_the_smoother_that_was_used_is_remembered(
    predicted: Path, open_window: OpenWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    window = open_window(predicted)
    window.actions_[Act.SMOOTH].trigger()
    window.layout_.smoothing.choose("steady", strength=0.4)
    assert "Good for a detector's points" in words(window)
    with qtbot.waitSignal(window.jobs.finished, timeout=120_000):
        press(qtbot, window, "Smooth")
    window.close()
    again = open_window(None)
    again.preferences.replace(load_settings(tmp_path / "settings.json"))
    again.open(predicted)
    qtbot.waitUntil(lambda: again.view.track is not None, timeout=WAIT_MS)
    again.actions_[Act.SMOOTH].trigger()
    panel = again.layout_.smoothing
    assert (panel.smoother, panel.strength) == ("steady", 0.4)


def test_only_models_can_be_steadied_as_well_and_say_what_they_are_worth(
    predicted: Path, open_window: OpenWindow, qtbot: QtBot
) -> None:
    window = open_window(predicted)
    window.actions_[Act.SMOOTH].trigger()
    panel = window.layout_.smoothing
    figures = (
        {"pck@0.05": 0.567, "acc-err": 0.0044, "fastest": 0.117},
        {
            "pck@0.05": 0.609,
            "acc-err": 0.0011,
            "fastest": 0.062,
        },
    )
    card = ModelCard(
        "convlstm-s",
        "S",
        "climbalong25",
        load_skeleton("climbalong25").joints,
        30.0,
        5,
        1,
        figures={DETECTED: dict(zip(("identity", "steadied"), figures, strict=True))},
    )
    folder = predicted.parent / "weights"
    folder.mkdir()
    (folder / "convlstm-s.safetensors").write_bytes(b"")
    write_card(folder / "convlstm-s.safetensors", card)
    hour = SimpleNamespace(timeline=SimpleNamespace(times_s=np.arange(108_000) / 30))
    panel.set_smoothers(smoother_rows([folder], skeleton="climbalong25", clip=hour))  # type: ignore[arg-type]
    steady = next(box for box in panel.findChildren(QCheckBox) if "Steady" in box.text())
    panel.choose("convlstm-s")
    assert steady.isVisibleTo(panel) and steady.isChecked()
    assert "57 → 61 % within 0.05 torsos, acceleration error −75 %" in words(window).replace("\N{NO-BREAK SPACE}", " ")
    assert "min for this clip" in words(window)
    panel.choose("one-euro")
    assert not steady.isVisibleTo(panel) and "min for this clip" not in words(window)


def test_without_a_video_or_a_detection_it_is_said_what_to_do(
    video: Path, open_window: OpenWindow, qtbot: QtBot
) -> None:
    nothing = open_window(None)
    with qtbot.waitSignal(nothing.presenters.smoothing.failed) as told:
        nothing.actions_[Act.SMOOTH].trigger()
    assert "No video is open: open one first" in told.args[0]
    window = open_window(video)
    window.actions_[Act.SMOOTH].trigger()
    assert "Nothing is predicted yet: detect the climber first (" in words(window)
    with qtbot.waitSignal(window.presenters.smoothing.failed) as told:
        window.actions_[Act.SMOOTH_AGAIN].trigger()
    assert "detect the climber first" in told.args[0]


def test_frames_that_a_model_left_are_told(predicted: Path, open_window: OpenWindow, qtbot: QtBot) -> None:
    lay_smoothed(predicted)
    record = predicted / "runs" / "smooth" / "run.json"
    content = json.loads(record.read_text())
    content["summary"]["left_frames"] = 3
    record.write_text(json.dumps(content))
    window = open_window(predicted)
    window.actions_[Act.SMOOTH].trigger()
    qtbot.waitUntil(lambda: "3 frames are as before" in words(window), timeout=WAIT_MS)
