"""Two windows on one project: one edits, the other may look, and nothing is overwritten."""

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from annotation.labels import RunKind
from annotation.project import Project
from annotation.store import Access
from app.actions import Act
from app.main_window import MainWindow


def messages(window: MainWindow) -> str:
    return " ".join(window.toasts.messages())


def look(qtbot: QtBot, open_window, path: Path) -> MainWindow:
    """Open a second window on a project and take the offer to look at it."""
    window = open_window(path, wait=False)
    qtbot.waitUntil(lambda: "another window" in messages(window), timeout=5000)
    assert window.document.project is None
    offer = next(b for b in window.toasts.findChildren(QPushButton) if b.text() == "Look at it only")
    qtbot.mouseClick(offer, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: window.layout_.video.frame_size != (0, 0), timeout=10_000)
    return window


def test_the_second_window_is_told_and_may_look(qtbot: QtBot, open_window, predicted: Path) -> None:
    open_window(predicted)
    second = look(qtbot, open_window, predicted)
    assert "to look only" in second.windowTitle()
    assert second.guide._act is Act.RELOAD
    assert second.poses.resolved is not None


def test_the_video_leads_to_the_same_offer(qtbot: QtBot, open_window, predicted: Path, video: Path) -> None:
    open_window(predicted)
    second = look(qtbot, open_window, video)
    assert second.document.folder == predicted


def test_who_only_looks_changes_nothing_and_is_told_why(qtbot: QtBot, open_window, predicted: Path) -> None:
    first = open_window(predicted)
    second = look(qtbot, open_window, predicted)
    first.actions_[Act.LABEL_ALL].trigger()
    labelled = len(first.view.track.labels)
    assert labelled == 25
    second.view.show_frame(30)
    for act in (Act.LABEL_ALL, Act.DETECT, Act.FIT, Act.UNDO, Act.DELETE_PROXY, Act.MAKE_PROXY):
        second.actions_[act].trigger()
    assert "reading only" in messages(second)
    assert not second.actions_[Act.UNDO].isEnabled()
    assert not second.view.track.labels
    assert not second.jobs._running
    with Project.open(predicted, access=Access.READ) as project:
        track = next(iter(project.tracks.values()))
        assert len(track.labels) == labelled and set(track.active_runs) == {RunKind.KEYPOINTS}


def test_reloading_shows_what_the_other_did_and_edits_when_it_is_closed(
    qtbot: QtBot, open_window, predicted: Path
) -> None:
    first = open_window(predicted)
    second = look(qtbot, open_window, predicted)
    first.actions_[Act.LABEL_ALL].trigger()
    second.view.show_frame(20)
    with qtbot.waitSignal(second.document.opened):
        second.actions_[Act.RELOAD].trigger()
    assert len(second.view.track.labels) == 25 and not second.document.project.writable
    assert second.view.frame == 20
    first.close()
    with qtbot.waitSignal(second.document.opened):
        second.actions_[Act.RELOAD].trigger()
    assert second.document.project.writable
    assert "look" not in second.windowTitle()
    qtbot.waitUntil(lambda: second.poses._shown == 20)
    second.actions_[Act.LABEL_ALL].trigger()
    assert len(second.view.track.labels) == 50


def test_whoever_edits_sees_everything_already(open_window, predicted: Path) -> None:
    window = open_window(predicted)
    window.actions_[Act.RELOAD].trigger()
    assert "shows everything already" in messages(window)
    assert window.document.project.writable
