"""Suggested keyframes and carried corrections in a real window."""

from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from annotation.edits import SetLabels
from annotation.interpolation import Interpolation
from annotation.labels import Label, Source
from annotation.skeletons import load_skeleton
from app import operations
from app.actions import Act
from app.labelling import accept_pose
from app.main_window import MainWindow
from tests.app.conftest import OpenWindow, add_detection

SKELETON = load_skeleton("climbalong25")
WRIST = SKELETON.index("left_wrist")
N_FRAMES = 60


@pytest.fixture
def window(video: Path, open_window: OpenWindow, qtbot: QtBot) -> MainWindow:
    """A climber who moves straight, but for a left wrist that reaches out and back round frame 30."""
    pose = np.random.default_rng(4).uniform((60, 20), (100, 100), (25, 2))
    for joint, y in (("shoulder", 40), ("hip", 75)):
        for side, x in (("left", 65), ("right", 85)):
            pose[SKELETON.index(f"{side}_{joint}")] = x, y
    xy = np.tile(pose, (N_FRAMES, 1, 1))
    xy[:, :, 0] += np.arange(N_FRAMES)[:, None] * 0.5
    xy[:, WRIST, 1] += np.interp(np.arange(N_FRAMES), [18, 30, 42], [0, 60, 0])
    with operations.open_for_video(video) as project:
        add_detection(project, xy)
        folder = project.folder
    window = open_window(folder)
    qtbot.waitUntil(lambda: len(window.presenters.assist.suggested) > 0)
    return window


def act(window: MainWindow, action: Act) -> None:
    window.actions_[action].trigger()


def test_keyframes_are_suggested_where_the_motion_turns(window: MainWindow, qtbot: QtBot) -> None:
    suggested = window.presenters.assist.suggested
    assert {0, N_FRAMES - 1} <= set(suggested)
    for turn in (18, 30, 42):
        assert min(abs(frame - turn) for frame in suggested) <= 2
    assert len(suggested) <= 8
    assert set(window.layout_.timeline._data.suggestions) == set(suggested)


def test_a_key_goes_to_the_next_one_and_a_keyframe_there_ends_the_suggestion(window: MainWindow, qtbot: QtBot) -> None:
    view, document, assist = (
        window.presenters.assist._view,
        window.presenters.assist._document,
        window.presenters.assist,
    )
    second = assist.suggested[1]
    act(window, Act.NEXT_SUGGESTION)
    assert view.frame == second
    document.push(accept_pose(view.track, document.project.resolved(view.track.id), frame=second))
    qtbot.waitUntil(lambda: second not in assist.suggested)
    act(window, Act.PREVIOUS_SUGGESTION)
    assert view.frame == 0


def test_a_coarser_tolerance_suggests_fewer(window: MainWindow, qtbot: QtBot) -> None:
    assist = window.presenters.assist
    before = len(assist.suggested)
    for _ in range(4):
        act(window, Act.SUGGEST_FEWER)
    qtbot.waitUntil(lambda: len(assist.suggested) < before)


def test_the_inspector_says_how_many_keyframes_a_tolerance_needs(window: MainWindow) -> None:
    ((title, rows),) = window.presenters.assist.sections()
    assert title == "Keyframes needed"
    counts = [int(value.split(",")[0]) for name, value in rows if name.startswith("within")]
    assert counts == sorted(counts, reverse=True)
    assert rows[-1][0] == "suggested"


def test_corrections_move_the_frames_beside_them_once_switched_on_and_undone(window: MainWindow) -> None:
    view, document = window.presenters.assist._view, window.presenters.assist._document
    project = document.project
    before = project.resolved(view.track.id).xy.copy()
    x, y = before[10, WRIST]
    document.push(SetLabels(view.track.id, {(10, WRIST): Label((float(x) + 20, float(y)))}))
    assert project.resolved(view.track.id).xy[12, WRIST, 0] == pytest.approx(before[12, WRIST, 0])
    act(window, Act.CARRY)
    assert view.track.interpolation is Interpolation.PREDICTION
    moved = project.resolved(view.track.id)
    assert 10 < moved.xy[12, WRIST, 0] - before[12, WRIST, 0] < 20
    assert moved.source[12, WRIST] == Source.PREDICTED
    act(window, Act.UNDO)
    assert not window.actions_[Act.CARRY].isChecked()
    assert project.resolved(view.track.id).xy[12, WRIST, 0] == pytest.approx(before[12, WRIST, 0])
