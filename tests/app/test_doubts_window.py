"""Doubts in a real window: found after every change, gone through, dismissed and repaired, and undone."""

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QListView
from pytestqt.qtbot import QtBot

from annotation.doubt import DoubtKind
from annotation.edits import SetLabels
from annotation.labels import Label, RunKind
from annotation.project import Project
from annotation.skeletons import load_skeleton
from annotation.store import Access
from app import operations
from app.actions import Act
from app.main_window import MainWindow
from tests.app.conftest import OpenWindow, add_detection

SKELETON = load_skeleton("climbalong25")
WRIST = SKELETON.index("left_wrist")
N_FRAMES = 60


@pytest.fixture
def doubtful(video: Path) -> Path:
    """A project in which the left wrist jumps away at 20 and back at 24, and sides are swapped from 40 to 44."""
    side, rest = np.array([30.0, 0.0]), np.random.default_rng(8).uniform((80, 30), (110, 100), (25, 2))
    for n, joint in enumerate(SKELETON.joints):
        rest[n] = rest[max(n - 1, 0)] * [1, 1] if joint.startswith("right_") else rest[n]
        rest[n] += 2 * side if joint.startswith("right_") else 0
    rest[0] = (rest[1] + rest[2]) / 2
    xy = np.tile(rest, (N_FRAMES, 1, 1))
    xy[:, :, 1] += np.arange(N_FRAMES)[:, None] * 0.2
    xy[20:24, WRIST, 1] += 25
    xy[40:45] = xy[40:45][:, SKELETON.mirror]
    with operations.open_for_video(video) as project:
        add_detection(project, xy)
        return project.folder


@pytest.fixture
def window(doubtful: Path, open_window: OpenWindow, qtbot: QtBot) -> MainWindow:
    window = open_window(doubtful)
    qtbot.waitUntil(lambda: len(window.presenters.doubts.doubts) > 0)
    return window


def act(window: MainWindow, action: Act) -> None:
    window.actions_[action].trigger()


def kinds(window: MainWindow) -> list[DoubtKind]:
    doubts = window.presenters.doubts.doubts
    return [doubts[number].kind for number in sorted(window.layout_.doubts.shown)]


def told(window: MainWindow) -> str:
    return " ".join(label.text() for label in window.toasts.findChildren(QLabel))


def words_above(window: MainWindow) -> str:
    return " ".join(label.text() for label in window.layout_.step.findChildren(QLabel))


def test_j_goes_through_them_and_selects_the_joint(window: MainWindow) -> None:
    view = window.presenters.doubts._view
    act(window, Act.NEXT_DOUBT)
    assert (view.frame, set(view.joints)) == (20, {WRIST})
    current = window.presenters.doubts.doubts[window.layout_.doubts.current]
    assert current.kind is DoubtKind.JUMP
    assert current.text in words_above(window), "the reason is said where one looks"
    act(window, Act.NEXT_DOUBT)
    assert view.frame == 40
    act(window, Act.PREVIOUS_DOUBT)
    assert view.frame == 20
    act(window, Act.PREVIOUS_DOUBT)
    assert view.frame == 20, "there is none before"
    assert "J goes on" in told(window)
    act(window, Act.STEP_FORWARD)
    assert "Doubt" not in words_above(window)


def test_a_dismissed_doubt_is_passed_over_until_it_is_undone_also_after_a_restart(
    window: MainWindow, doubtful: Path, qtbot: QtBot
) -> None:
    act(window, Act.NEXT_DOUBT)
    act(window, Act.DISMISS_DOUBT)
    assert DoubtKind.JUMP not in kinds(window)
    view = window.presenters.doubts._view
    view.show_frame(0)
    act(window, Act.NEXT_DOUBT)
    assert view.frame == 40
    act(window, Act.UNDO)
    assert DoubtKind.JUMP in kinds(window)
    act(window, Act.REDO)
    window.close()
    with Project.open(doubtful, access=Access.READ) as project:
        assert len(next(iter(project.tracks.values())).dismissed) == 1


def test_one_key_repairs_a_swap_in_all_its_frames_and_undo_brings_it_back(window: MainWindow, qtbot: QtBot) -> None:
    document, view = window.presenters.doubts._document, window.presenters.doubts._view
    before = document.project.keypoints(view.track.id).xy.copy()
    view.show_frame(42)
    act(window, Act.REPAIR_SWAP)
    qtbot.waitUntil(lambda: DoubtKind.SWAP not in kinds(window))
    after = document.project.resolved(view.track.id).xy
    np.testing.assert_allclose(after[40:45], before[40:45][:, SKELETON.mirror], atol=0.01)
    np.testing.assert_allclose(after[:40], before[:40])
    assert len(view.track.labels) == 0, "which side is which says nothing about where a joint is"
    act(window, Act.UNDO)
    qtbot.waitUntil(lambda: DoubtKind.SWAP in kinds(window))
    np.testing.assert_allclose(document.project.resolved(view.track.id).xy, before)


def test_labels_stay_where_they_are_when_a_swap_is_repaired(window: MainWindow, qtbot: QtBot) -> None:
    document, view = window.presenters.doubts._document, window.presenters.doubts._view
    document.push(SetLabels(view.track.id, {(42, WRIST): Label((33.0, 44.0))}))
    act(window, Act.REPAIR_ALL_SWAPS)
    first = view.track.active_runs[RunKind.KEYPOINTS]
    qtbot.waitUntil(lambda: view.track.active_runs[RunKind.KEYPOINTS] != first)
    np.testing.assert_allclose(document.project.resolved(view.track.id).xy[42, WRIST], (33, 44))


def test_a_correction_ends_a_doubt_without_being_waited_for(window: MainWindow, qtbot: QtBot) -> None:
    document, view = window.presenters.doubts._document, window.presenters.doubts._view
    xy = document.project.resolved(view.track.id).xy
    right = {(f, WRIST): Label((float(xy[f, WRIST, 0]), float(xy[f, WRIST, 1]) - 25)) for f in range(20, 24)}
    document.push(SetLabels(view.track.id, right))
    assert DoubtKind.JUMP in kinds(window), "the list follows a moment later"
    qtbot.waitUntil(lambda: DoubtKind.JUMP not in kinds(window))


def test_when_the_doubt_gone_to_is_solved_no_other_is_selected_instead(window: MainWindow, qtbot: QtBot) -> None:
    document, view = window.presenters.doubts._document, window.presenters.doubts._view
    act(window, Act.NEXT_DOUBT)
    xy = document.project.resolved(view.track.id).xy
    far = {(f, WRIST): Label((float(xy[f, WRIST, 0]), float(xy[f, WRIST, 1]) - 25)) for f in range(20, 24)}
    document.push(SetLabels(view.track.id, far))
    qtbot.waitUntil(lambda: DoubtKind.JUMP not in kinds(window))
    assert window.layout_.doubts.current == -1


def test_the_timeline_shows_what_is_listed(window: MainWindow, qtbot: QtBot) -> None:
    timeline = window.layout_.timeline
    assert set(timeline._data.doubts.frames) >= {20, 40}
    act(window, Act.NEXT_DOUBT)
    act(window, Act.DISMISS_DOUBT)
    assert 20 not in timeline._data.doubts.frames


def test_where_there_is_no_swap_the_key_says_so(window: MainWindow, qtbot: QtBot) -> None:
    with qtbot.waitSignal(window.presenters.doubts.failed) as failed:
        act(window, Act.REPAIR_SWAP)
    assert "Ctrl+T swaps" in window.actions_.with_keys(failed.args[0])


def test_a_click_on_a_line_goes_there(window: MainWindow, qtbot: QtBot) -> None:
    window.layout_.bring_up(window.layout_.doubts)
    lines = window.layout_.doubts.findChild(QListView)
    qtbot.waitUntil(lines.isVisible)
    qtbot.mouseClick(
        lines.viewport(), Qt.MouseButton.LeftButton, pos=lines.visualRect(lines.model().index(0, 0)).center()
    )
    assert window.presenters.doubts._view.frame == 40, "the surest first: the swap"
