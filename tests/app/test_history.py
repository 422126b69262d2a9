"""The history panel: every step named and timed, one click goes there; versions; the annotator's name."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QLineEdit, QListView, QPushButton
from pytestqt.qtbot import QtBot

from app.actions import Act
from app.history_presenter import when
from app.main_window import MainWindow
from app.settings import load_settings
from widgets.history_panel import HistoryRow, StepState
from widgets.in_sight import is_in_sight


def steps(window: MainWindow) -> list[HistoryRow]:
    """What the panel lists, the newest first."""
    return list(window.layout_.history._steps.rows)


def titles(window: MainWindow) -> list[str]:
    return [row.title for row in steps(window)]


def click_step(qtbot: QtBot, window: MainWindow, row: int) -> None:
    view = next(v for v in window.layout_.history.findChildren(QListView) if "Steps" in v.accessibleName())
    area = view.visualRect(view.model().index(row, 0))
    qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=area.center() - QPoint(0, 0))


def button(window: MainWindow, text: str) -> QPushButton:
    return next(b for b in window.layout_.history.findChildren(QPushButton) if b.text() == text)


@pytest.fixture
def edited(qtbot: QtBot, open_window, predicted: Path) -> MainWindow:
    """A window with three keyframes made, its history shown."""
    window = open_window(predicted)
    for frame in (0, 10, 20):
        window.view.show_frame(frame)
        qtbot.waitUntil(lambda frame=frame: window.poses._shown == frame)
        window.actions_[Act.LABEL_ALL].trigger()
    window.actions_[Act.HISTORY].trigger()
    qtbot.waitUntil(lambda: len(steps(window)) == 5)
    return window


def test_every_step_is_listed_with_its_time_and_the_present_one_stands_out(edited: MainWindow) -> None:
    rows = steps(edited)
    assert rows[-1].title == "Beginning"
    assert [row.state for row in rows] == [StepState.CURRENT, *[StepState.DONE] * 4]
    assert all(len(row.time) == 5 for row in rows[:-1]), "today is told by the time alone"


def test_a_click_goes_back_and_another_forward_again(qtbot: QtBot, edited: MainWindow) -> None:
    click_step(qtbot, edited, 2)
    assert edited.view.track.keyframes() == [0]
    qtbot.waitUntil(lambda: steps(edited)[2].state is StepState.CURRENT)
    assert [row.state for row in steps(edited)[:2]] == [StepState.UNDONE] * 2
    click_step(qtbot, edited, 0)
    assert edited.view.track.keyframes() == [0, 10, 20]
    qtbot.waitUntil(lambda: steps(edited)[0].state is StepState.CURRENT)


def test_the_beginning_is_a_step_too(qtbot: QtBot, edited: MainWindow) -> None:
    click_step(qtbot, edited, 4)
    assert not edited.view.track.labels and not edited.view.track.active_runs
    qtbot.waitUntil(lambda: steps(edited)[4].state is StepState.CURRENT)
    click_step(qtbot, edited, 1)
    assert edited.view.track.keyframes() == [0, 10]


def test_the_panel_follows_edits_and_undo(qtbot: QtBot, edited: MainWindow) -> None:
    edited.actions_[Act.UNDO].trigger()
    qtbot.waitUntil(lambda: steps(edited)[0].state is StepState.UNDONE)
    edited.actions_[Act.REMOVE_KEYFRAME].trigger()
    edited.view.show_frame(0)
    qtbot.waitUntil(lambda: edited.poses._shown == 0)
    edited.actions_[Act.REMOVE_KEYFRAME].trigger()
    qtbot.waitUntil(lambda: "emove" in titles(edited)[0])
    assert StepState.UNDONE not in [row.state for row in steps(edited)]


def test_a_version_is_named_returned_to_undoably_and_deleted_on_a_second_click(
    qtbot: QtBot, edited: MainWindow
) -> None:
    edited.actions_[Act.SAVE_VERSION].trigger()
    field = next(f for f in edited.layout_.history.findChildren(QLineEdit) if "version" in f.accessibleName())
    assert field.text() == "Version 1"
    field.setText("three keyframes")
    qtbot.keyClick(field, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: "“three keyframes” is saved" in " ".join(edited.toasts.messages()), timeout=10_000)
    for _ in range(2):
        edited.actions_[Act.UNDO].trigger()
    versions = edited.layout_.history._versions
    versions.setCurrentRow(0)
    qtbot.mouseClick(button(edited, "Go back to it"), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: edited.view.track.keyframes() == [0, 10, 20])
    edited.actions_[Act.UNDO].trigger()
    assert edited.view.track.keyframes() == [0]
    versions.setCurrentRow(0)
    qtbot.mouseClick(button(edited, "Delete"), Qt.MouseButton.LeftButton)
    assert len(edited.document.project.versions()) == 1
    qtbot.mouseClick(button(edited, "Delete for good"), Qt.MouseButton.LeftButton)
    assert edited.document.project.versions() == []
    assert edited.view.track.keyframes() == [0]


def test_the_name_is_kept_with_labels_and_in_the_settings(qtbot: QtBot, edited: MainWindow, tmp_path: Path) -> None:
    edited.actions_[Act.AUTHOR].trigger()
    field = next(f for f in edited.layout_.history.findChildren(QLineEdit) if f.accessibleName() == "Your name")
    assert field.text() == edited.preferences.settings.annotator
    field.setText("Ana")
    qtbot.keyClick(field, Qt.Key.Key_Return)
    edited.view.show_frame(30)
    qtbot.waitUntil(lambda: edited.poses._shown == 30)
    edited.actions_[Act.LABEL_ALL].trigger()
    assert edited.view.track.labels[30, 0].author == "Ana"
    assert edited.view.track.labels[0, 0].author != "Ana"
    assert load_settings(tmp_path / "settings.json").annotator == "Ana"


@pytest.mark.parametrize(
    ("ago", "words"),
    [
        (timedelta(minutes=5), "12:25"),
        (timedelta(days=2), "Tue 12:30"),
        (timedelta(days=40), "2026-10-17"),
    ],
)
def test_times_are_told_in_few_words(ago: timedelta, words: str) -> None:
    now = datetime(2026, 11, 26, 12, 30).astimezone()
    assert when(now - ago, now=now) == words


def test_behind_another_tab_the_history_does_nothing_and_catches_up_when_it_is_shown(
    edited: MainWindow, qtbot: QtBot
) -> None:
    layout = edited.layout_
    dock = next(dock for dock in layout.docks if dock.widget() is layout.history)
    edited.tabifiedDockWidgets(dock)[0].raise_()
    qtbot.waitUntil(lambda: not is_in_sight(layout.history))
    assert layout.history.isVisible(), "Qt calls it visible all the same"
    edited.view.show_frame(30)
    qtbot.waitUntil(lambda: edited.poses._shown == 30)
    edited.actions_[Act.LABEL_ALL].trigger()
    assert len(steps(edited)) == 5
    edited.actions_[Act.HISTORY].trigger()
    qtbot.waitUntil(lambda: len(steps(edited)) == 6)
