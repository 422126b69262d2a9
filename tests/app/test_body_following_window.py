"""A corrected joint and the body that follows it, in the real window with the real worker."""

import os
import shutil
import signal
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QCoreApplication
from pytestqt.qtbot import QtBot

from annotation.body import SMPL_JOINTS, builtin_body
from annotation.doubt import Doubt, DoubtKind
from annotation.edits import SetLabels, UseRun
from annotation.known_facts import Climber
from annotation.labels import ABSENT, Label, RunKind, Visibility
from annotation.project import Access, Project
from annotation.track_edits import SetTrackLook
from app import operations, stating
from app.actions import Act
from app.body_following import Following
from app.main_window import MainWindow
from inference.jobs import TaskName
from inference.refit_messages import Refitted
from tests.app.body_project import rising
from tests.app.fitted_project import SKELETON, add_obeying

WRIST = SKELETON.index("left_wrist")
START_MS = 30_000


@pytest.fixture
def fitted(video: Path) -> Path:
    """A project whose points are those of the body it shows."""
    with operations.open_for_video(video) as project:
        clip = next(iter(project.clips.values()))
        add_obeying(project, rising(clip.n_frames, clip.size))
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


def is_current(window: MainWindow) -> bool:
    """Whether the project says that the body fits the labels."""
    project, track = window.document.project, window.view.track
    assert project is not None and track is not None
    return operations.body_is_current(project, track.id, resolved=project.resolved(track.id))


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


def test_what_it_no_longer_followed_is_not_kept_as_followed(qtbot: QtBot, window: MainWindow) -> None:
    correct(window, 10, (-14, 8))
    followed(qtbot, window)
    window.actions_[Act.BODY_FOLLOWS].trigger()
    correct(window, 20, (-14, 8))
    window.presenters.body_following.keep()
    assert not is_current(window)


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
    qtbot.waitUntil(lambda: "changed since the body was fitted" in window.layout_.step._text.text())
    window.actions_[Act.UNDO].trigger()
    assert following(window) is Following.FOLLOWS


def test_nobody_is_asked_to_fit_a_body_that_is_about_to_follow(qtbot: QtBot, window: MainWindow) -> None:
    correct(window, 10, (-14, 8))
    assert following(window) is Following.REFITTING
    window.guide.refresh()
    assert "changed since" not in window.layout_.step._text.text()
    window.actions_[Act.BODY_FOLLOWS].trigger()
    window.guide.refresh()
    assert "changed since" in window.layout_.step._text.text(), "it does not follow any more"


def test_a_worker_that_cannot_start_is_said(qtbot: QtBot, window: MainWindow, fitted: Path) -> None:
    shutil.rmtree(fitted / "runs" / "body")
    with qtbot.waitSignal(window.presenters.body_following.failed, timeout=START_MS):
        correct(window, 10, (-14, 8))
    assert following(window) is Following.OLDER


def test_a_depth_that_is_stated_is_followed_by_the_same_worker(qtbot: QtBot, window: MainWindow) -> None:
    window.view.show_frame(10)
    window.view.show_joint(WRIST)
    bodies = window.presenters.body_following
    qtbot.waitUntil(lambda: bodies.is_warm, timeout=START_MS)
    worker, before = bodies.worker_id, farther_m(window, 10)
    act = Act.JOINT_NEARER if before > 0 else Act.JOINT_FARTHER
    window.actions_[act].trigger()
    assert following(window) is Following.REFITTING
    followed(qtbot, window)
    assert bodies.worker_id == worker
    assert farther_m(window, 10) * before < 0, "it is on the other side of the elbow now"
    window.actions_[Act.UNDO].trigger()
    followed(qtbot, window)
    assert abs(farther_m(window, 10) - before) < 0.03


def farther_m(window: MainWindow, frame: int) -> float:
    """Return by how much the left wrist is farther than the elbow in the body on screen."""
    joints = window.frames.joints_at(frame)
    assert joints is not None
    return float(joints[SMPL_JOINTS.index("left_wrist"), 2] - joints[SMPL_JOINTS.index("left_elbow"), 2])


def test_a_contact_is_followed_by_the_same_worker(qtbot: QtBot, window: MainWindow) -> None:
    window.view.show_frame(10)
    window.view.show_joint(WRIST)
    bodies = window.presenters.body_following
    qtbot.waitUntil(lambda: bodies.is_warm, timeout=START_MS)
    worker = bodies.worker_id
    window.actions_[Act.LEFT_HAND_HOLDS].trigger()
    followed(qtbot, window)
    assert bodies.worker_id == worker


def test_what_is_about_the_whole_clip_waits_for_a_fit_and_not_after_undo(qtbot: QtBot, window: MainWindow) -> None:
    track = window.view.track
    assert track is not None
    edit = stating.state_climber(track, Climber(height_m=1.70))
    assert edit is not None
    assert window.document.push(edit)
    assert following(window) is Following.OLDER
    window.actions_[Act.UNDO].trigger()
    followed(qtbot, window)


def test_a_worker_that_dies_is_started_again_and_the_correction_is_followed(qtbot: QtBot, window: MainWindow) -> None:
    window.view.show_joint(WRIST)
    bodies = window.presenters.body_following
    qtbot.waitUntil(lambda: bodies.is_warm, timeout=START_MS)
    window.view.show_frame(10)
    correct(window, 30, (-14, 8))
    followed(qtbot, window)
    kept_as_current: list[bool] = []
    bodies.failed.connect(lambda _: kept_as_current.append(is_current(window)))
    with qtbot.waitSignal(bodies.failed, timeout=START_MS) as said:
        os.kill(bodies.worker_id, signal.SIGSTOP)
        place = correct(window, 10, (-14, 8))
        os.kill(bodies.worker_id, signal.SIGKILL)
    assert "started again" in said.args[0]
    assert kept_as_current == [False], "what the worker took with it is still to be followed"
    followed(qtbot, window)
    assert np.linalg.norm(wrist_px(window, 10) - place) < 4


def test_many_edits_in_a_burst_leave_the_body_at_the_last(qtbot: QtBot, window: MainWindow) -> None:
    window.view.show_joint(WRIST)
    bodies = window.presenters.body_following
    qtbot.waitUntil(lambda: bodies.is_warm, timeout=START_MS)
    window.view.show_frame(10)
    answers: list[Refitted] = []
    bodies.refitted.connect(answers.append)
    start = wrist_px(window, 10)
    track = window.view.track
    assert track is not None
    os.kill(bodies.worker_id, signal.SIGSTOP)  # as busy as can be
    for step in range(1, 51):
        x, y = start - (0.4 * step, 0.0)
        assert window.document.push(SetLabels(track.id, {(10, WRIST): Label((float(x), float(y)))}))
        QCoreApplication.processEvents()
    os.kill(bodies.worker_id, signal.SIGCONT)
    followed(qtbot, window)
    assert np.linalg.norm(wrist_px(window, 10) - (start - (20.0, 0.0))) < 4
    assert sum(answer.done for answer in answers) < 10, "what was overtaken is not fitted to the end"


def test_the_project_does_not_grow_with_corrections(qtbot: QtBot, window: MainWindow, fitted: Path) -> None:
    window.view.show_joint(WRIST)
    bodies, track = window.presenters.body_following, window.view.track
    qtbot.waitUntil(lambda: bodies.is_warm, timeout=START_MS)
    assert track is not None
    start, sizes = wrist_px(window, 10), []
    for edit in range(500):
        x, y = start - (10 * np.sin(edit / 9), 0.0)
        assert window.document.push(SetLabels(track.id, {(10, WRIST): Label((float(x), float(y)))}))
        if edit % 50 == 49:
            followed(qtbot, window)
            bodies.keep()
            sizes.append(sum(file.stat().st_size for file in (fitted / "runs").rglob("*") if file.is_file()))
    assert len(list((fitted / "runs").iterdir())) == 3, "the detection, the fit and the body that follows"
    assert sizes[-1] < 1.2 * sizes[0]
    for _ in range(3):
        window.actions_[Act.UNDO].trigger()
    followed(qtbot, window)
    x = float(start[0] - 10 * np.sin(496 / 9))
    assert abs(wrist_px(window, 10)[0] - x) < 4


def test_a_run_that_undo_needs_stays(qtbot: QtBot, window: MainWindow, fitted: Path) -> None:
    correct(window, 10, (-14, 8))
    followed(qtbot, window)
    bodies, track, project = window.presenters.body_following, window.view.track, window.document.project
    bodies.keep()
    assert track is not None and project is not None
    kept = track.active_runs[RunKind.BODY]
    assert window.document.push(UseRun(track.id, RunKind.BODY, "body", "Fit body"))
    assert not project.drop_run(kept)
    window.actions_[Act.UNDO].trigger()
    assert track.active_runs[RunKind.BODY] == kept and project.mesh(track.id) is not None


def test_what_a_killed_program_did_not_follow_is_followed_when_it_is_opened(
    qtbot: QtBot, open_window, window: MainWindow, fitted: Path
) -> None:
    correct(window, 10, (-14, 8))
    followed(qtbot, window)
    window.presenters.body_following.keep()
    window.actions_[Act.BODY_FOLLOWS].setChecked(False)  # what is edited now is on the disk, and no body follows it
    place = correct(window, 20, (-14, 8))
    copy = fitted.with_name("killed.betascope")
    shutil.copytree(fitted, copy)
    window.actions_[Act.BODY_FOLLOWS].setChecked(True)
    window.close()
    again = open_window(copy)
    qtbot.waitUntil(lambda: again.layout_.body.vertices is not None)
    followed(qtbot, again)
    assert np.linalg.norm(wrist_px(again, 20) - place) < 4


def test_labels_that_contradict_each_other_are_doubted_and_bend_nothing_else(qtbot: QtBot, window: MainWindow) -> None:
    track, before = window.view.track, window.frames.mesh
    assert track is not None and before is not None
    (x, y), elbow = wrist_px(window, 10), SKELETON.index("left_elbow")
    labels = {(10, WRIST): Label((float(x) - 90, float(y))), (10, elbow): Label((float(x) + 90, float(y)))}
    assert window.document.push(SetLabels(track.id, labels))
    followed(qtbot, window)

    def doubted() -> list[Doubt]:
        return [doubt for doubt in window.presenters.doubts.doubts if doubt.kind is DoubtKind.OUT_OF_REACH]

    qtbot.waitUntil(lambda: bool(doubted()), timeout=START_MS)
    assert {doubt.frame for doubt in doubted()} == {10}
    assert "off its label" in doubted()[0].text
    after = window.frames.mesh
    assert after is not None
    ankle = SMPL_JOINTS.index("left_ankle")
    joints = [builtin_body().joints(m.betas, m.pose[10:11], transl=m.transl[10:11])[0] for m in (before, after)]
    assert np.linalg.norm(joints[1][ankle] - joints[0][ankle]) < 0.15
    window.actions_[Act.UNDO].trigger()
    qtbot.waitUntil(lambda: not doubted(), timeout=START_MS)


def test_a_body_comes_where_points_are_labelled_in_a_gap_and_goes_with_them(qtbot: QtBot, window: MainWindow) -> None:
    track, before = window.view.track, window.frames.mesh
    assert track is not None and before is not None and before.valid.all()
    window.view.show_frame(10)
    gone = {(10, joint): ABSENT for joint in range(len(SKELETON))}
    assert window.document.push(SetLabels(track.id, gone))
    followed(qtbot, window)
    after = window.frames.mesh
    assert after is not None and np.flatnonzero(~after.valid).tolist() == [10]
    qtbot.waitUntil(lambda: window.layout_.body.vertices is None)
    window.actions_[Act.UNDO].trigger()
    followed(qtbot, window)
    assert window.frames.mesh is not None and window.frames.mesh.valid.all()
    qtbot.waitUntil(lambda: window.layout_.body.vertices is not None)


def test_locking_a_climber_loses_nothing_that_the_body_followed(qtbot: QtBot, window: MainWindow) -> None:
    place = correct(window, 10, (-14, 8))
    followed(qtbot, window)
    bodies, track, project = window.presenters.body_following, window.view.track, window.document.project
    assert track is not None and project is not None
    failures: list[str] = []
    for failed in (bodies.failed, window.document.failed):
        failed.connect(failures.append)
    runs = list(project.runs)
    assert window.document.push(SetTrackLook(track.id, track.color, locked=True, hidden=False))
    bodies.keep()
    assert list(project.runs) == runs and not failures
    assert window.document.push(SetTrackLook(track.id, track.color, locked=False, hidden=False))
    bodies.keep()
    assert is_current(window) and not failures
    assert np.linalg.norm(wrist_px(window, 10) - place) < 4


def test_the_body_of_a_review_video_goes_when_the_video_is_rendered(
    qtbot: QtBot, window: MainWindow, tmp_path: Path
) -> None:
    correct(window, 10, (-14, 8))
    followed(qtbot, window)
    presenters, track, project = window.presenters, window.view.track, window.document.project
    assert track is not None and project is not None
    presenters.body_following.keep()
    drawn = track.active_runs[RunKind.BODY]
    presenters.jobs.render(tmp_path / "review.mp4", bodies_dir=tmp_path)
    qtbot.waitUntil(lambda: presenters.jobs.runs(TaskName.RENDER))
    correct(window, 20, (-14, 8))
    followed(qtbot, window)
    presenters.body_following.keep()
    assert track.active_runs[RunKind.BODY] != drawn
    qtbot.waitUntil((tmp_path / "review.mp4").exists, timeout=2 * START_MS)
    qtbot.waitUntil(lambda: not project.run_folder(drawn).exists())
    assert drawn not in project.runs
