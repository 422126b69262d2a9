"""The warm worker as a process: it follows corrections, drops what is overtaken, and ends with its window."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from annotation.body import SMPL_JOINTS, builtin_body, rotation_matrices, rotation_vectors
from annotation.body_doubts import find_body_doubts
from annotation.doubt import DoubtKind
from annotation.fit_details import load_details
from annotation.known_facts import DepthStatement, Facts, Order, RightSides
from annotation.known_facts_json import facts_to_json
from annotation.labels import Source
from annotation.poses import Camera, MeshSequence
from annotation.runs import load_mesh
from annotation.skeletons import load_skeleton
from inference.fitting.clip_fit import fit_clip
from inference.fitting.live import LiveFit
from inference.fitting.points import ClipPoints
from inference.jobs import INPUTS_FILE, JobSpec, Log, Progress, TaskContext, TaskName, parse_event, read_job, write_job
from inference.refit_messages import RefitPoint, RefitRequest, Refitted, Sureness, parse_answer, refit_line
from inference.tasks.fit import read_fit, run

N_FRAMES = 100
CAMERA = Camera.guess((1080, 1440))
SKELETON = load_skeleton("climbalong25")
WRIST = SKELETON.index("left_wrist")


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A fit's job folder and its run: somebody seen from behind who moves an arm."""
    job, output = tmp_path_factory.mktemp("job"), tmp_path_factory.mktemp("run")
    body = builtin_body()
    pose = np.zeros((N_FRAMES, 24, 3))
    pose[:, 0] = (0, 0, np.pi)
    pose[:, 16, 2], pose[:, 17, 2] = 0.5 + 0.4 * np.sin(np.arange(N_FRAMES) / 9), -0.6
    transl = np.tile([0.0, 0.0, 4.0], (N_FRAMES, 1))
    keypoints = body.keypoints(body.keypoint_rig(SKELETON.name), np.zeros(10), pose, transl=transl)
    np.savez(
        job / INPUTS_FILE,
        xy=CAMERA.project(keypoints).astype(np.float32),
        confidence=np.ones(keypoints.shape[:2], np.float32),
        source=np.ones(keypoints.shape[:2], np.uint8),
        world=(keypoints - keypoints[:, 15:17].mean(axis=1, keepdims=True)).astype(np.float32),
        times_s=np.arange(N_FRAMES) / 25,
    )
    parameters = {"skeleton": SKELETON.name, "size_px": [1080, 1440], "focal_px": None, "body": "betascope"}
    write_job(job, JobSpec(TaskName.FIT, parameters, output / "unused"))
    run(TaskContext(parameters, job, output, lambda done, total, message: None))
    return job, output


@pytest.fixture
def worker(folders: tuple[Path, Path]) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "inference", "--refit", *map(str, folders)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1) as process:
        try:
            assert process.stdout is not None
            assert parse_event(process.stdout.readline()) == Progress(1, 1, "Ready to follow corrections")
            yield process
        finally:
            process.kill()


def ask(worker: subprocess.Popen[str], *requests: RefitRequest) -> None:
    assert worker.stdin is not None
    worker.stdin.write("".join(refit_line(request) + "\n" for request in requests))
    worker.stdin.flush()


def answer(worker: subprocess.Popen[str]) -> Refitted:
    """Return the next answer about the motion."""
    assert worker.stdout is not None
    told: object = None
    while not isinstance(told, Refitted):
        told = parse_answer(worker.stdout.readline())
        assert told is not None
    return told


def answers(worker: subprocess.Popen[str], number: int) -> list[Refitted]:
    """Return all answers until everything up to a request is done."""
    told = [answer(worker)]
    while not (told[-1].done and told[-1].number == number):
        told.append(answer(worker))
    return told


def moved(mesh: MeshSequence, frame: int, by: tuple[float, float]) -> RefitPoint:
    """Return a label that moves the left wrist off where the body shows it."""
    x, y = shown(mesh)[frame, WRIST] + by
    return RefitPoint(frame, WRIST, (float(x), float(y)), 1.0, int(Source.LABELLED))


def shown(mesh: MeshSequence) -> NDArray[np.float64]:
    body = builtin_body()
    points = body.keypoints(body.keypoint_rig(SKELETON.name), mesh.betas, mesh.pose, transl=mesh.transl)
    return np.asarray(mesh.camera.project(points), np.float64)


def with_stretch(mesh: MeshSequence, new: Refitted) -> MeshSequence:
    frames = slice(new.start, new.start + len(new.pose))
    pose = np.array(new.pose, np.float32).reshape(-1, 24, 3)
    mesh.global_orient[frames], mesh.body_pose[frames] = pose[:, 0], pose[:, 1:]
    mesh.transl[frames] = np.array(new.transl, np.float32)
    return mesh


def test_the_body_follows_a_moved_point_and_only_round_it(
    worker: subprocess.Popen[str], folders: tuple[Path, Path]
) -> None:
    before = load_mesh(folders[1])
    label = moved(before, 50, (40.0, -30.0))
    ask(worker, RefitRequest(1, (label,)))
    new = answer(worker)
    assert new.number == 1
    assert (new.start, len(new.pose)) == (20, 61)
    after = with_stretch(load_mesh(folders[1]), new)
    assert np.linalg.norm(shown(after)[50, WRIST] - label.xy) < 6
    apart = np.linalg.norm(shown(after) - shown(before), axis=-1)
    assert apart[[20, 80]].max() < 0.5, "the surroundings stay"
    assert apart[50, SKELETON.index("right_ankle")] < 4


def test_what_is_overtaken_is_fitted_with_what_came_after(
    worker: subprocess.Popen[str], folders: tuple[Path, Path]
) -> None:
    mesh = load_mesh(folders[1])
    requests = [RefitRequest(n, (moved(mesh, 40 + 2 * n, (5.0 * n, 0.0)),)) for n in range(1, 9)]
    ask(worker, *requests)
    told = answers(worker, 8)
    assert len([new for new in told if new.done]) < 8, "not every request was answered for itself"
    after = load_mesh(folders[1])
    for new in told:
        after = with_stretch(after, new)
    for request in requests:
        point = request.points[0]
        assert np.linalg.norm(shown(after)[point.frame, WRIST] - point.xy) < 12


def test_nonsense_is_told_and_harms_nothing(worker: subprocess.Popen[str], folders: tuple[Path, Path]) -> None:
    assert worker.stdin is not None and worker.stdout is not None
    mesh = load_mesh(folders[1])
    for line in ("{", json.dumps({"number": 1}), refit_line(RefitRequest(2, (RefitPoint(999, 0, None, 0, 0),)))):
        worker.stdin.write(line + "\n")
        worker.stdin.flush()
        assert isinstance(parse_event(worker.stdout.readline()), Log)
    ask(worker, RefitRequest(3, (moved(mesh, 10, (10.0, 0.0)),)))
    assert answer(worker).number == 3


def test_the_worker_ends_with_its_window(worker: subprocess.Popen[str]) -> None:
    assert worker.stdin is not None
    worker.stdin.close()
    assert worker.wait(timeout=20) == 0


def test_the_frame_that_is_looked_at_comes_first_and_does_not_jump_then(
    worker: subprocess.Popen[str], folders: tuple[Path, Path]
) -> None:
    before = load_mesh(folders[1])
    label = moved(before, 50, (40.0, -30.0))
    ask(worker, RefitRequest(1, (label,), frame=50))
    first, *rest = answers(worker, 1)
    assert not first.done and first.start <= 50 < first.start + len(first.pose) < 70
    early = shown(with_stretch(load_mesh(folders[1]), first))[50]
    late = shown(with_stretch(load_mesh(folders[1]), rest[-1]))[50]
    assert np.linalg.norm(late - early, axis=-1).max() < 3 < np.linalg.norm(early - shown(before)[50], axis=-1).max()


def test_edits_far_apart_are_all_fitted(worker: subprocess.Popen[str], folders: tuple[Path, Path]) -> None:
    mesh = load_mesh(folders[1])
    labels = tuple(moved(mesh, frame, (25.0, 15.0)) for frame in (3, 50, 97))
    ask(worker, RefitRequest(1, labels, frame=97))
    told = answers(worker, 1)
    assert told[0].start <= 97 < told[0].start + len(told[0].pose), "what is looked at first"
    after = load_mesh(folders[1])
    for new in told:
        after = with_stretch(after, new)
    for label in labels:
        assert np.linalg.norm(shown(after)[label.frame, WRIST] - label.xy) < 6


def test_no_step_is_seen_where_the_refitted_frames_end(
    worker: subprocess.Popen[str], folders: tuple[Path, Path]
) -> None:
    before = load_mesh(folders[1])
    ask(worker, RefitRequest(1, (moved(before, 50, (60.0, -50.0)),), frame=50))
    after = load_mesh(folders[1])
    for new in answers(worker, 1):
        after = with_stretch(after, new)
        last = new
    body = builtin_body()
    acceleration = np.stack(
        [
            np.linalg.norm(np.diff(body.joints(m.betas, m.pose, transl=m.transl), 2, axis=0), axis=-1).max(axis=1)
            for m in (load_mesh(folders[1]), after)
        ]
    )
    ends = [end + at for end in (last.start, last.start + len(last.pose)) for at in (-2, -1, 0)]
    assert acceleration[1, ends].max() < acceleration[0, ends].max() + 0.001, "metres per frame squared"


def farther(mesh: MeshSequence, frame: int) -> float:
    """Return by how much the left wrist is farther than the elbow, metres."""
    joints = builtin_body().joints(mesh.betas, mesh.pose, transl=mesh.transl)[frame]
    return float(joints[SMPL_JOINTS.index("left_wrist"), 2] - joints[SMPL_JOINTS.index("left_elbow"), 2])


def test_what_is_said_of_a_depth_is_followed_and_taken_back(
    worker: subprocess.Popen[str], folders: tuple[Path, Path]
) -> None:
    after = load_mesh(folders[1])
    before = farther(after, 50)
    facts = Facts(depths=(DepthStatement(50, "left_wrist", Order.FARTHER),))
    ask(worker, RefitRequest(1, (), frame=50, facts=facts_to_json(facts)))
    for new in answers(worker, 1):
        after = with_stretch(after, new)
    assert before < 0.005 < 0.02 < farther(after, 50)
    ask(worker, RefitRequest(2, (), frame=50, facts=facts_to_json(Facts())))
    for new in answers(worker, 2):
        after = with_stretch(after, new)
    assert abs(farther(after, 50) - before) < 0.01


def test_what_changes_nothing_is_answered_all_the_same(worker: subprocess.Popen[str]) -> None:
    ask(worker, RefitRequest(1, (), facts=facts_to_json(Facts())))
    told = answer(worker)
    assert told.done and not told.pose


def test_a_fact_about_a_frame_there_is_not_harms_nothing(
    worker: subprocess.Popen[str], folders: tuple[Path, Path]
) -> None:
    facts = Facts(depths=(DepthStatement(4000, "left_wrist", Order.NEARER),))
    ask(worker, RefitRequest(1, (), facts=facts_to_json(facts)))
    assert worker.stdout is not None
    assert isinstance(parse_event(worker.stdout.readline()), Log)
    assert answer(worker).number == 1
    ask(worker, RefitRequest(2, (moved(load_mesh(folders[1]), 10, (10.0, 0.0)),)))
    assert answers(worker, 2)[-1].pose


def test_a_corrected_joint_is_surer_than_before(worker: subprocess.Popen[str], folders: tuple[Path, Path]) -> None:
    before = load_details(folders[1])
    assert before is not None and worker.stdout is not None
    labels = tuple(moved(load_mesh(folders[1]), frame, (1.0, 1.0)) for frame in range(40, 61))
    ask(worker, RefitRequest(1, labels, frame=50))
    assert answers(worker, 1)
    sure = parse_answer(worker.stdout.readline())
    assert isinstance(sure, Sureness)
    frame = 50 - sure.start
    assert np.shape(sure.joint_sd_m) == np.shape(sure.depth_open) == (81, len(SKELETON))
    assert sure.joint_sd_m[frame][WRIST] < before.joint_sd_m[50, WRIST]


def test_sides_that_a_person_says_are_right_are_right_at_once(tmp_path: Path) -> None:
    """The detector exchanged them, the fit put that right, and a person refuses."""
    body, skeleton, n_frames = builtin_body(), SKELETON, 60
    pose = np.zeros((n_frames, 24, 3))
    pose[:, 0] = (0, 0, np.pi)
    pose[:, 16, 2], pose[:, 17, 2] = 0.5 + 0.3 * np.sin(np.arange(n_frames) / 9), -0.6
    transl = np.tile([0.0, 0.0, 4.0], (n_frames, 1))
    keypoints = body.keypoints(body.keypoint_rig(skeleton.name), np.zeros(10), pose, transl=transl)
    world = keypoints - keypoints[:, 15:17].mean(axis=1, keepdims=True)
    xy = np.array(CAMERA.project(keypoints), np.float64)
    swapped = slice(20, 40)
    for array in (xy, world):
        array[swapped] = array[swapped][:, skeleton.mirror]
    confidence, source = np.ones(xy.shape[:2]), np.ones(xy.shape[:2], np.uint8)
    points = ClipPoints.from_arrays(skeleton, xy=xy, confidence=confidence, source=source, world=world)
    times_s = np.arange(n_frames) / 25
    result = fit_clip(points, body=body, camera=CAMERA, times_s=times_s)
    assert result.repair.swapped_arms[22:38].all()
    live = LiveFit(points, result.mesh, body=body, times_s=times_s, facts=Facts())
    live.learn(Facts(sides=(RightSides(20, 39, arms=True, legs=True),)))
    mesh = result.mesh
    while not live.is_done:
        stretch = live.refit(near=30)
        assert stretch is not None
        frames = slice(stretch.start, stretch.start + len(stretch.pose))
        mesh.global_orient[frames], mesh.body_pose[frames] = stretch.pose[:, 0], stretch.pose[:, 1:]
        mesh.transl[frames] = stretch.transl
    off = np.linalg.norm(shown(mesh) - xy, axis=-1)
    assert np.median(off[24:36]) < 15 < np.median(np.linalg.norm(xy[30] - xy[30, skeleton.mirror], axis=-1))


def test_a_body_that_is_said_to_face_the_other_way_turns_around(folders: tuple[Path, Path]) -> None:
    mesh, given = load_mesh(folders[1]), read_fit(folders[0], read_job(folders[0]).parameters)
    turned = slice(45, 52)
    R = rotation_matrices(mesh.global_orient[turned].astype(np.float64))
    mesh.global_orient[turned] = rotation_vectors(np.diag([-1.0, 1.0, -1.0]) @ R)
    assert any(doubt.kind is DoubtKind.FLIP for doubt in find_body_doubts(mesh, None, skeleton=SKELETON, fps=25))
    hips = builtin_body().joints(mesh.betas, mesh.pose[48:49], transl=mesh.transl[48:49])[0, 1:3, 2]
    live = LiveFit(given.points, mesh, body=given.body, times_s=given.times_s, facts=Facts())
    order = Order.NEARER if hips[0] > hips[1] else Order.FARTHER
    live.learn(Facts(depths=(DepthStatement(48, "left_hip", order),)))
    stretch = live.refit(near=48)
    assert stretch is not None and live.is_done
    frames = slice(stretch.start, stretch.start + len(stretch.pose))
    mesh.global_orient[frames], mesh.transl[frames] = stretch.pose[:, 0], stretch.transl
    assert not find_body_doubts(mesh, None, skeleton=SKELETON, fps=25)
