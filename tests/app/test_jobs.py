"""Both ways to run a job: waiting for it, and beside a window."""

import os
import signal
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from annotation.errors import JobError
from app.job_process import run_job
from app.job_runner import JobRunner
from inference.jobs import Event, Finished, JobSpec, Progress, TaskName, write_job

SHORT_CLIMB = {"seed": 1, "duration_s": 0.4, "fps": 10, "size_px": [180, 320]}
LONG_CLIMB = {"seed": 1, "duration_s": 60.0, "fps": 25, "size_px": [360, 640]}


def make_job(folder: Path, parameters: dict[str, object], task: TaskName = TaskName.SYNTHESISE) -> Path:
    write_job(folder / "job", JobSpec(task, parameters, folder / "result"))
    return folder / "job"


@pytest.fixture
def runner(qtbot: QtBot):
    runner = JobRunner()
    yield runner
    runner.close()


def test_waiting_for_a_job_tells_its_progress(tmp_path: Path) -> None:
    events: list[Event] = []
    finished = run_job(make_job(tmp_path, SHORT_CLIMB), on_event=events.append)
    assert finished.output == tmp_path / "result" and (finished.output / "climb.mp4").is_file()
    assert any(isinstance(event, Progress) and event.done == event.total > 0 for event in events)


def test_a_job_that_fails_raises_the_reason(tmp_path: Path) -> None:
    with pytest.raises(JobError, match=r"nothing\.mp4"):
        run_job(make_job(tmp_path, {"video": str(tmp_path / "nothing.mp4")}, TaskName.DETECT), on_event=lambda _: None)


def test_a_job_beside_the_window_finishes(qtbot: QtBot, tmp_path: Path, runner: JobRunner) -> None:
    with qtbot.waitSignal(runner.finished, timeout=120_000) as blocker:
        runner.start("one", make_job(tmp_path, SHORT_CLIMB))
    job_id, finished = blocker.args
    assert job_id == "one" and isinstance(finished, Finished) and runner.running() == []


def test_cancelling_a_job_leaves_nothing(qtbot: QtBot, tmp_path: Path, runner: JobRunner) -> None:
    with qtbot.waitSignal(runner.progressed, timeout=60_000, check_params_cb=lambda *p: p[2] > 0):
        runner.start("one", make_job(tmp_path, LONG_CLIMB))
    with qtbot.waitSignal(runner.cancelled, timeout=20_000):
        runner.cancel("one")
    assert [path.name for path in tmp_path.iterdir()] == ["job"]


def test_a_worker_killed_from_outside_is_a_failure_with_a_reason(
    qtbot: QtBot, tmp_path: Path, runner: JobRunner
) -> None:
    with qtbot.waitSignal(runner.progressed, timeout=60_000, check_params_cb=lambda *p: p[2] > 0):
        runner.start("one", make_job(tmp_path, LONG_CLIMB))
    pid = runner._workers["one"].process.processId()
    with qtbot.waitSignal(runner.failed, timeout=20_000) as blocker:
        os.kill(pid, signal.SIGKILL)
    assert "ended from outside" in blocker.args[1] and "start it again" in blocker.args[1]


def test_no_worker_outlives_the_window(qtbot: QtBot, tmp_path: Path) -> None:
    runner = JobRunner()
    with qtbot.waitSignal(runner.progressed, timeout=60_000, check_params_cb=lambda *p: p[2] > 0):
        runner.start("one", make_job(tmp_path, LONG_CLIMB))
    pid = runner._workers["one"].process.processId()
    runner.close()
    assert not Path(f"/proc/{pid}").exists()
