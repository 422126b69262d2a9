"""What a window knows when it is opened again: its size, its panels, and what was looked at in a project."""

import json
from pathlib import Path

import pytest
from PySide6.QtCore import QPointF, Qt
from pytestqt.qtbot import QtBot

from annotation.project import Project
from annotation.store import Access
from app.actions import Act
from app.main_window import MainWindow
from tests.app.conftest import OpenWindow


def files_in(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def reopened(qtbot: QtBot, open_window: OpenWindow, window: MainWindow, path: Path) -> MainWindow:
    """Close a window and open another one on the same project."""
    assert window.close()
    again = open_window(path)
    qtbot.waitUntil(lambda: again.poses.resolved is not None)
    return again


def test_a_project_opens_at_the_frame_the_climber_and_the_zoom_it_was_left_at(
    qtbot: QtBot, open_window: OpenWindow, predicted: Path
) -> None:
    window = open_window(predicted)
    window.actions_[Act.ADD_CLIMBER].trigger()
    second = window.view.track
    assert second is not None and second.name == "Climber 2"
    window.view.show_frame(31)
    window.layout_.timeline.show_frames(20, 50)
    window.layout_.video.part.show(QPointF(60, 70), factor=5.0)
    again = reopened(qtbot, open_window, window, predicted)
    assert again.view.track is not None and again.view.track.id == second.id
    assert again.view.frame == 31
    assert again.layout_.timeline.visible_frames == (20, 50)
    video = again.layout_.video
    qtbot.waitUntil(lambda: video.zoom == pytest.approx(5.0))
    assert video.part.center.x() == pytest.approx(60, abs=0.2)
    assert video.part.center.y() == pytest.approx(70, abs=0.2)
    center = video.part.center
    for _ in range(5):
        video.part.show(video.part.center, factor=5.0)
    assert video.part.center == center, "it does not wander from one start to the next"


def test_a_whole_picture_stays_whole_in_a_window_of_another_size(
    qtbot: QtBot, open_window: OpenWindow, predicted: Path
) -> None:
    window = open_window(predicted)
    window.view.show_frame(7)
    again = reopened(qtbot, open_window, window, predicted)
    assert again.view.frame == 7
    assert again.layout_.video.part.fitted


def test_what_only_is_looked_at_stays_untouched_and_is_found_again_too(
    qtbot: QtBot, open_window: OpenWindow, predicted: Path
) -> None:
    with Project.open(predicted, access=Access.WRITE):  # another one edits it
        window = open_window(None)
        window.projects.look_at(predicted)
        qtbot.waitUntil(lambda: window.layout_.video.frame_size != (0, 0))
        before = files_in(predicted)
        window.view.show_frame(12)
        assert window.close()
        again = open_window(None)
        again.projects.look_at(predicted)
        qtbot.waitUntil(lambda: again.view.frame == 12)
        assert again.close()
        assert files_in(predicted) == before


def test_a_frame_of_a_clip_that_is_gone_is_not_asked_for(
    qtbot: QtBot, open_window: OpenWindow, predicted: Path, tmp_path: Path
) -> None:
    views = tmp_path / "views.json"
    views.write_text(json.dumps({str(predicted): {"clip": "gone", "frame": 40, "zoom": "far"}}))
    window = open_window(predicted)
    assert window.view.frame == 0
    assert window.close()
    views.write_text("[no list")
    assert open_window(predicted).view.frame == 0


@pytest.mark.parametrize("kept", [{"panels": None}, {"panels": [1], "window": 3}, {"panels": {"ANNOTATE": "left"}}])
def test_a_window_opens_and_closes_whatever_is_in_the_file_of_its_panels(
    open_window: OpenWindow, predicted: Path, tmp_path: Path, kept: object
) -> None:
    file = tmp_path / "window.json"
    file.write_text(json.dumps(kept))
    assert open_window(predicted).close()
    assert json.loads(file.read_text())["panels"]["ANNOTATE"]["state"]


def test_the_height_of_the_timeline_and_a_closed_panel_are_remembered(
    qtbot: QtBot, open_window: OpenWindow, predicted: Path
) -> None:
    window = open_window(predicted)
    layout = window.layout_
    high = layout.dock_of(layout.time).height() + 60
    window.resizeDocks([layout.dock_of(layout.time)], [high], Qt.Orientation.Vertical)
    layout.dock_of(layout.jobs).close()
    qtbot.waitUntil(lambda: layout.dock_of(layout.time).height() == high)
    again = reopened(qtbot, open_window, window, predicted).layout_
    qtbot.waitUntil(lambda: abs(again.dock_of(again.time).height() - high) <= 2)
    assert again.dock_of(again.jobs).isHidden()
    assert not again.dock_of(again.inspector).isHidden()


def test_a_workspace_is_as_it_was_left_and_asked_for_twice_arranged_anew(
    qtbot: QtBot, open_window: OpenWindow, predicted: Path
) -> None:
    window = open_window(predicted)
    layout = window.layout_
    time = layout.dock_of(layout.time)
    standard = round(0.27 * window.height())
    qtbot.waitUntil(lambda: abs(time.height() - standard) <= 2)
    window.resizeDocks([time], [standard + 60], Qt.Orientation.Vertical)
    qtbot.waitUntil(lambda: abs(time.height() - standard - 60) <= 2)
    window.actions_[Act.REVIEW].trigger()
    assert layout.dock_of(layout.side).isHidden()
    qtbot.waitUntil(lambda: abs(time.height() - standard) <= 2)
    window.actions_[Act.ANNOTATE].trigger()
    assert not layout.dock_of(layout.side).isHidden()
    qtbot.waitUntil(lambda: abs(time.height() - standard - 60) <= 2)
    window.actions_[Act.ANNOTATE].trigger()
    qtbot.waitUntil(lambda: abs(time.height() - standard) <= 2)


def test_hidden_panels_come_back_at_the_next_start(qtbot: QtBot, open_window: OpenWindow, predicted: Path) -> None:
    window = open_window(predicted)
    window.actions_[Act.REVIEW].trigger()
    window.actions_[Act.HIDE_PANELS].trigger()
    assert all(dock.isHidden() for dock in window.layout_.docks)
    layout = reopened(qtbot, open_window, window, predicted).layout_
    assert layout.dock_of(layout.side).isHidden(), "it was the workspace for reviewing"
    assert not layout.dock_of(layout.body).isHidden()


def test_another_project_does_not_rearrange_the_panels(
    qtbot: QtBot, open_window: OpenWindow, predicted: Path, bodied_window: MainWindow
) -> None:
    layout = bodied_window.layout_
    layout.dock_of(layout.jobs).close()
    bodied_window.projects.open(predicted)
    qtbot.waitUntil(lambda: bodied_window.document.project is not None)
    assert layout.dock_of(layout.jobs).isHidden()


def test_a_maximised_window_is_maximised_again(qtbot: QtBot, open_window: OpenWindow) -> None:
    window = open_window(None)
    window.setWindowState(Qt.WindowState.WindowMaximized)
    qtbot.waitUntil(window.isMaximized)
    assert window.close()
    assert open_window(None).windowState() & Qt.WindowState.WindowMaximized
