"""The warm worker as a process: it follows corrections, drops what is overtaken, and ends with its window."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from annotation.body import builtin_body
from annotation.labels import Source
from annotation.poses import Camera, MeshSequence
from annotation.runs import load_mesh
from annotation.skeletons import load_skeleton
from inference.jobs import INPUTS_FILE, JobSpec, Log, Progress, TaskContext, TaskName, parse_event, write_job
from inference.refit_messages import RefitPoint, RefitRequest, Refitted, parse_answer, refit_line
from inference.tasks.fit import run

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
