"""Looking at the body in the real window: views, trails, ghost and pictures by key."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from annotation.body import builtin_body, rotation_matrices
from annotation.edits import Change, ChangeKind
from annotation.formats.motion_table import turned
from annotation.project import Access, Project
from annotation.skeletons import load_skeleton
from app.actions import Act
from app.main_window import MainWindow
from tests.app.body_project import add_body, rising
from tests.app.conftest import OpenWindow
from widgets.body_view import DisplayMode, ViewPreset

SKELETON = load_skeleton("climbalong25")


@pytest.fixture
def window(qtbot: QtBot, open_window, predicted: Path) -> MainWindow:
    with Project.open(predicted, access=Access.WRITE) as project:
        add_body(project)
    window = open_window(predicted)
    view = window.layout_.body
    view.setFixedSize(420, 380)
    qtbot.waitUntil(lambda: view.vertices is not None and seen(window).shape == (380, 420, 3))
    return window


def seen(window: MainWindow) -> np.ndarray:
    return window.layout_.body.screenshot().astype(int)


def go(qtbot: QtBot, window: MainWindow, frame: int) -> None:
    if window.view.frame != frame:
        with qtbot.waitSignal(window.frames.shown, check_params_cb=lambda shown: shown == frame):
            window.view.show_frame(frame)


def press(window: MainWindow, act: Act) -> None:
    window.actions_[act].trigger()


@pytest.mark.parametrize(
    ("act", "preset"),
    [
        (Act.BODY_CAMERA, ViewPreset.CAMERA),
        (Act.BODY_FRONT, ViewPreset.FRONT),
        (Act.BODY_SIDE, ViewPreset.SIDE),
        (Act.BODY_TOP, ViewPreset.TOP),
        (Act.BODY_BACK, ViewPreset.BACK),
    ],
)
def test_a_key_looks_from_there(window: MainWindow, act: Act, preset: ViewPreset) -> None:
    press(window, act)
    assert window.layout_.body.view is preset
    press(window, Act.BODY_AROUND)
    assert window.layout_.body.view is ViewPreset.ORBIT


def test_skeleton_only_is_a_key_and_the_button_knows_it(window: MainWindow) -> None:
    press(window, Act.BODY_SKELETON)
    assert window.layout_.body.display_mode is DisplayMode.SKELETON
    press(window, Act.BODY_SKELETON)
    assert window.layout_.body.display_mode is DisplayMode.MESH


def test_trails_show_where_the_climber_came_from(qtbot: QtBot, window: MainWindow) -> None:
    press(window, Act.BODY_SKELETON)
    press(window, Act.BODY_FRONT)
    go(qtbot, window, 15)
    with_mass = seen(window)
    press(window, Act.MASS_TRAIL)
    without = seen(window)
    assert (np.abs(with_mass - without).max(axis=-1) > 8).sum() > 20
    window.view.show_joint(SKELETON.index("left_wrist"))
    press(window, Act.JOINT_TRAILS)
    wrist = np.argwhere(np.abs(seen(window) - without).max(axis=-1) > 8)
    assert len(wrist) > 20
    window.view.show_joint(SKELETON.index("right_wrist"))
    other = np.argwhere(np.abs(seen(window) - without).max(axis=-1) > 8)
    assert abs(other[:, 1].mean() - wrist[:, 1].mean()) > 20, "the trail is that of the joint that is selected now"


def test_another_frame_stays_as_a_ghost_until_it_is_let_go(qtbot: QtBot, window: MainWindow) -> None:
    press(window, Act.MASS_TRAIL)
    press(window, Act.BODY_CAMERA)
    go(qtbot, window, 0)
    press(window, Act.GHOST)
    go(qtbot, window, 19)
    with_ghost = seen(window)
    go(qtbot, window, 0)
    press(window, Act.GHOST)
    go(qtbot, window, 19)
    assert (np.abs(seen(window) - with_ghost).max(axis=-1) > 8).sum() > 100


def test_the_picture_lies_beside_the_project(window: MainWindow, predicted: Path) -> None:
    window.view.show_frame(3)
    press(window, Act.BODY_PICTURE)
    image = QImage(str(predicted.parent / "climb-body-00003.png"))
    assert not image.isNull()
    assert image.width() == window.layout_.body.screenshot().shape[1]


def test_with_a_panning_camera_a_trail_is_where_the_climber_was(
    qtbot: QtBot, open_window: OpenWindow, predicted: Path
) -> None:
    """The climber hangs still and the camera turns: nothing leaves a trail."""
    with Project.open(predicted, access=Access.WRITE) as project:
        clip, body = next(iter(project.clips.values())), builtin_body()
        still = rising(clip.n_frames, clip.size)
        still = replace(still, transl=np.tile(still.transl[:1], (clip.n_frames, 1)))
        turns = np.stack([rotation_matrices(np.array([0.0, -0.01 * n, 0.0])) for n in range(clip.n_frames)])
        pose, transl = turned(turns, still.pose, still.transl, pelvis=body.rest_joints(still.betas)[0])
        add_body(
            project,
            mesh=replace(
                still,
                global_orient=pose[:, 0].astype(np.float32),
                transl=transl.astype(np.float32),
                view_turns=turns.astype(np.float32),
            ),
        )
    window = open_window(predicted)
    window.actions_[Act.BODY_FOLLOWS].setChecked(False)
    qtbot.waitUntil(lambda: window.layout_.body.vertices is not None)
    window.actions_[Act.MASS_TRAIL].setChecked(True)
    go(qtbot, window, 20)
    (trail,) = window.layout_.body._marks._trails
    assert len(trail.points) > 10
    assert np.ptp(trail.points, axis=0).max() < 1e-3
    assert np.linalg.norm(trail.points[-1] - window.frames.joints_at(20).mean(axis=0)) < 0.3, "where the body is"


def test_without_a_body_the_keys_say_what_to_do(qtbot: QtBot, open_window, predicted: Path) -> None:
    window = open_window(predicted)
    for act in (Act.GHOST, Act.BODY_CAMERA):
        with qtbot.waitSignal(window.presenters.body.failed) as said:
            press(window, act)
        assert "Fit the body" in said.args[0]


def test_the_shape_of_the_body_stands_apart_from_its_sizes(qtbot: QtBot, open_window, predicted: Path) -> None:
    with Project.open(predicted, access=Access.WRITE) as project:
        clip = next(iter(project.clips.values()))
        mesh = rising(clip.n_frames, clip.size)
        betas = np.zeros_like(mesh.betas)
        betas[0] = 1.5
        add_body(project, mesh=replace(mesh, betas=betas))
    window = open_window(predicted)

    def words() -> list[str]:
        return [label.text() for label in window.layout_.inspector.findChildren(QLabel)]

    qtbot.waitUntil(lambda: "+1.5 SD" in words())
    apart = words().index("Shape, beside the average body")
    assert "upper arm" in words()[:apart] and not [text for text in words()[:apart] if text.endswith(" SD")]


def test_a_body_fitted_with_another_body_file_is_said_and_not_bent(
    qtbot: QtBot, open_window: OpenWindow, predicted: Path
) -> None:
    with Project.open(predicted, access=Access.WRITE) as project:
        clip = next(iter(project.clips.values()))
        add_body(project, mesh=replace(rising(clip.n_frames, clip.size), body_digest="of another body"))
    window = open_window(predicted)
    qtbot.waitUntil(lambda: any("Fit the body again" in text for text in window.toasts.messages()))
    assert window.frames.mesh is None and window.layout_.body.vertices is None
    window.view.show_frame(3)
    window.document.changed.emit(Change(ChangeKind.LABELS))
    assert sum("Fit the body again" in text for text in window.toasts.messages()) == 1, "said once"
