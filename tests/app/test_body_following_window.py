"""A corrected joint and the body that follows it, in the real window with the real worker."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from annotation.body import builtin_body
from annotation.edits import SetLabels
from annotation.labels import Label, RunKind, Visibility
from annotation.project import Access, Project
from annotation.skeletons import load_skeleton
from app import operations
from app.actions import Act
from app.body_following import Following
from app.main_window import MainWindow
from inference.jobs import RUN_FILE
from tests.app.body_project import add_body, rising
from tests.app.conftest import add_detection

SKELETON = load_skeleton("climbalong25")
WRIST = SKELETON.index("left_wrist")
START_MS = 30_000


@pytest.fixture
def fitted(video: Path) -> Path:
    """A project whose points are those of the body it shows."""
    with operations.open_for_video(video) as project:
        clip = next(iter(project.clips.values()))
        mesh, body = rising(clip.n_frames, clip.size), builtin_body()
        points = body.keypoints(body.keypoint_rig(SKELETON.name), mesh.betas, mesh.pose, transl=mesh.transl)
        add_detection(project, mesh.camera.project(points))
        add_body(project, mesh=mesh)
        track = next(iter(project.tracks.values()))
        digest = project.live(track.id).digest()
        (project.run_folder("body") / RUN_FILE).write_text(f'{{"parameters": {{"inputs_digest": "{digest}"}}}}')
        return project.folder


@pytest.fixture
def window(qtbot: QtBot, open_window, fitted: Path) -> MainWindow:
    window = open_window(fitted)
    window.layout_.body.setFixedSize(420, 380)
    qtbot.waitUntil(lambda: window.layout_.body.vertices is not None)
    return window


def wrist_px(window: MainWindow, frame: int) -> np.ndarray:
    mesh, body = window.frames.mesh, builtin_body()
    assert mesh is not None
    one = slice(frame, frame + 1)
    rig = body.keypoint_rig(SKELETON.name)
    points = body.keypoints(rig, mesh.betas, mesh.pose[one], transl=mesh.transl[one])
    return np.asarray(mesh.camera.project(points)[0, WRIST])


def correct(window: MainWindow, frame: int, by: tuple[float, float]) -> np.ndarray:
    """Label the wrist somewhere else; return where."""
    place = wrist_px(window, frame) + by
    label = Label((float(place[0]), float(place[1])), Visibility.VISIBLE)
    track = window.view.track
    assert track is not None
    assert window.document.push(SetLabels(track.id, {(frame, WRIST): label}))
    return place


def following(window: MainWindow) -> Following:
    return window.presenters.body_following.state


def followed(qtbot: QtBot, window: MainWindow) -> None:
    qtbot.waitUntil(lambda: following(window) is Following.FOLLOWS, timeout=START_MS)


def test_the_body_goes_where_the_joint_was_put_and_back_when_that_is_undone(qtbot: QtBot, window: MainWindow) -> None:
    followed(qtbot, window)
    window.view.show_frame(10)
    start = wrist_px(window, 10)
    far = wrist_px(window, 0)
    place = correct(window, 10, (-14, 8))
    assert following(window) is Following.REFITTING
    followed(qtbot, window)
    assert np.linalg.norm(wrist_px(window, 10) - place) < 4
    assert np.linalg.norm(wrist_px(window, 0) - far) < 6, "frames far away stay about where they were"
    mesh = window.frames.mesh
    assert mesh is not None
    joints = builtin_body().joints(mesh.betas, mesh.pose[10:11], transl=mesh.transl[10:11])[0]
    qtbot.waitUntil(lambda: np.allclose(window.layout_.body.joints, joints, atol=1e-4))
    window.actions_[Act.UNDO].trigger()
    followed(qtbot, window)
    assert np.linalg.norm(wrist_px(window, 10) - start) < 5


def test_what_followed_is_there_after_the_window_closed(qtbot: QtBot, window: MainWindow, fitted: Path) -> None:
    place = correct(window, 10, (-14, 8))
    followed(qtbot, window)
    window.close()
    with Project.open(fitted, access=Access.READ) as project:
        track = next(iter(project.tracks.values()))
        mesh = project.mesh(track.id)
        assert mesh is not None
        run = project.run(track.active_runs[RunKind.BODY])
        assert run.id != "body" and run.task == "follow"
        assert operations.body_is_current(project, track.id, resolved=project.resolved(track.id))
        assert project.undo_title() == "Label", "following is no step of undo"
        body = builtin_body()
        points = body.keypoints(
            body.keypoint_rig(SKELETON.name), mesh.betas, mesh.pose[10:11], transl=mesh.transl[10:11]
        )
        assert np.linalg.norm(mesh.camera.project(points)[0, WRIST] - place) < 4
        assert not list((fitted / "jobs").glob("*"))


def test_switched_off_the_body_stays_and_says_that_it_is_older(qtbot: QtBot, window: MainWindow) -> None:
    window.actions_[Act.BODY_FOLLOWS].trigger()
    assert following(window) is Following.OFF
    before = window.frames.mesh
    correct(window, 10, (-14, 8))
    assert following(window) is Following.OLDER and window.frames.mesh is before
    window.actions_[Act.BODY_FOLLOWS].trigger()
    followed(qtbot, window)
    assert window.frames.mesh is not before


def test_a_change_in_several_places_is_followed_in_all(qtbot: QtBot, window: MainWindow) -> None:
    places = {frame: wrist_px(window, frame) + (-14, 8) for frame in (4, 20, 40)}
    labels = {(frame, WRIST): Label((float(x), float(y))) for frame, (x, y) in places.items()}
    track = window.view.track
    assert track is not None
    assert window.document.push(SetLabels(track.id, labels))
    assert following(window) is Following.REFITTING
    followed(qtbot, window)
    for frame, place in places.items():
        assert np.linalg.norm(wrist_px(window, frame) - place) < 5


def test_too_much_at_once_is_said_and_left_to_a_fit(
    qtbot: QtBot, window: MainWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.body_following.MOST_FRAMES", 1)
    track = window.view.track
    assert track is not None
    labels = {(frame, WRIST): Label((50.0, 50.0), Visibility.VISIBLE) for frame in (2, 12)}
    assert window.document.push(SetLabels(track.id, labels))
    assert following(window) is Following.OLDER
    assert "changed since the body was fitted" in window.layout_.step._text.text()
    window.actions_[Act.UNDO].trigger()
    assert following(window) is Following.FOLLOWS


def test_a_worker_that_cannot_start_is_said(qtbot: QtBot, window: MainWindow, fitted: Path) -> None:
    shutil.rmtree(fitted / "runs" / "body")
    with qtbot.waitSignal(window.presenters.body_following.failed, timeout=START_MS):
        correct(window, 10, (-14, 8))
    assert following(window) is Following.OLDER
