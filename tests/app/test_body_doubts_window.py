"""Doubts about the body in the real window: one key accepts what the fit exchanged, one refuses it."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from annotation.doubt import DoubtKind
from annotation.fit_details import FitDetails, save_details
from annotation.known_facts import DepthStatement, Order, RightSides
from annotation.project import Access, Project
from annotation.skeletons import load_skeleton
from app.actions import Act
from app.main_window import MainWindow
from tests.app.body_project import add_body, rising

SKELETON = load_skeleton("climbalong25")


def open_with(qtbot: QtBot, open_window, folder: Path, *, swapped: slice, flipped: slice) -> MainWindow:
    with Project.open(folder, access=Access.WRITE) as project:
        clip = next(iter(project.clips.values()))
        mesh, n = rising(clip.n_frames, clip.size), clip.n_frames
        orient = np.tile(np.array([0.0, 0.0, np.pi], np.float32), (n, 1))
        orient[flipped] = (np.pi * 0.96, 0, 0.4)
        add_body(project, mesh=replace(mesh, global_orient=orient))
        legs = np.zeros(n, bool)
        legs[swapped] = True
        off, sd, nothing = np.ones(n, np.float32), np.ones((n, 25), np.float32), np.zeros((n, 25), bool)
        details = FitDetails(SKELETON.joints, off, sd, sd, nothing, swapped_arms=np.zeros(n, bool), swapped_legs=legs)
        save_details(project.run_folder("body"), details)
    window = open_window(folder)
    window.actions_[Act.BODY_FOLLOWS].setChecked(False)
    return window


def kinds(window: MainWindow) -> set[DoubtKind]:
    return {doubt.kind for doubt in window.presenters.doubts._open}


@pytest.fixture
def swapped(qtbot: QtBot, open_window, predicted: Path) -> MainWindow:
    window = open_with(qtbot, open_window, predicted, swapped=slice(20, 26), flipped=slice(0, 0))
    qtbot.waitUntil(lambda: DoubtKind.FIT_SWAP in kinds(window), timeout=20_000)
    window.view.show_frame(22)
    return window


def test_accepting_exchanges_the_points_too(qtbot: QtBot, swapped: MainWindow) -> None:
    project, track = swapped.document.project, swapped.view.track
    knees = [SKELETON.index("left_knee"), SKELETON.index("right_knee")]
    before = project.keypoints(track.id).xy[22, knees].copy()
    swapped.actions_[Act.REPAIR_SWAP].trigger()
    qtbot.waitUntil(lambda: DoubtKind.FIT_SWAP not in kinds(swapped), timeout=20_000)
    assert np.allclose(project.keypoints(track.id).xy[22, knees], before[::-1])


def test_refusing_has_no_fit_exchange_them_again(qtbot: QtBot, swapped: MainWindow) -> None:
    track = swapped.view.track
    swapped.actions_[Act.DISMISS_DOUBT].trigger()
    assert track.facts.sides == (RightSides(20, 25, arms=False, legs=True),)
    assert DoubtKind.FIT_SWAP not in kinds(swapped)
    swapped.document.undo()
    assert track.facts.sides == ()


def test_a_flip_is_turned_around_by_a_statement(qtbot: QtBot, open_window, predicted: Path) -> None:
    window = open_with(qtbot, open_window, predicted, swapped=slice(0, 0), flipped=slice(30, 36))
    qtbot.waitUntil(lambda: DoubtKind.FLIP in kinds(window), timeout=20_000)
    window.view.show_frame(32)
    joints = window.frames.joints_at(32)
    window.actions_[Act.REPAIR_SWAP].trigger()
    (said,) = window.view.track.facts.depths
    other_way = Order.NEARER if joints[1, 2] > joints[2, 2] else Order.FARTHER
    assert said == DepthStatement(said.frame, "left_hip", other_way) and 30 <= said.frame <= 35
