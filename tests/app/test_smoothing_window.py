"""Smoothing in a real window: chosen, undone, seen before and after, and labels never move."""

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QCheckBox, QLabel, QPushButton
from pytestqt.qtbot import QtBot

from annotation.edits import SetLabels
from annotation.labels import Label, RunKind, Source
from app.actions import Act
from app.main_window import MainWindow
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
    box = smoothed.layout_.smoothing.findChild(QCheckBox)
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
