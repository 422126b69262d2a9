"""Both ways to run a job: waiting for it, and beside a window."""

import os
import signal
from pathlib import Path

import pytest
import shiboken6
from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot

from annotation.errors import JobError
from app.job_process import ended_early, run_job
from app.job_runner import JobRunner
from inference.jobs import EVENTS_FILE, Event, Finished, JobSpec, Progress, TaskName, write_job

SHORT_CLIMB = {"seed": 1, "duration_s": 0.4, "fps": 10, "size_px": [180, 320]}


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


@pytest.mark.usefixtures("endless_task")
def test_stopping_a_job_keeps_what_is_done(qtbot: QtBot, tmp_path: Path, runner: JobRunner) -> None:
    with qtbot.waitSignal(runner.progressed, timeout=60_000, check_params_cb=lambda *p: p[1] > 0):
        runner.start("one", make_job(tmp_path, {}))
    with qtbot.waitSignal(runner.finished, timeout=20_000) as blocker:
        runner.stop("one")
    _, finished = blocker.args
    assert finished.summary["done"] > 0 and (tmp_path / "result" / "half.txt").is_file()


@pytest.mark.usefixtures("endless_task")
def test_cancelling_a_job_leaves_nothing(qtbot: QtBot, tmp_path: Path, runner: JobRunner) -> None:
    with qtbot.waitSignal(runner.progressed, timeout=60_000, check_params_cb=lambda *p: p[1] > 0):
        runner.start("one", make_job(tmp_path, {}))
    with qtbot.waitSignal(runner.cancelled, timeout=20_000):
        runner.cancel("one")
    assert [path.name for path in tmp_path.iterdir()] == ["job"]


@pytest.mark.usefixtures("endless_task")
def test_a_worker_killed_from_outside_is_a_failure_with_a_reason(
    qtbot: QtBot, tmp_path: Path, runner: JobRunner
) -> None:
    with qtbot.waitSignal(runner.progressed, timeout=60_000, check_params_cb=lambda *p: p[1] > 0):
        runner.start("one", make_job(tmp_path, {}))
    pid = runner._workers["one"].process.processId()
    with qtbot.waitSignal(runner.failed, timeout=20_000) as blocker:
        os.kill(pid, signal.SIGKILL)
    assert "ended from outside" in blocker.args[1] and "start it again" in blocker.args[1]
    assert [path.name for path in tmp_path.iterdir()] == ["job"]


@pytest.mark.usefixtures("endless_task")
def test_no_worker_outlives_the_window(qtbot: QtBot, tmp_path: Path) -> None:
    runner = JobRunner()
    with qtbot.waitSignal(runner.progressed, timeout=60_000, check_params_cb=lambda *p: p[1] > 0):
        runner.start("one", make_job(tmp_path, {}))
    pid = runner._workers["one"].process.processId()
    runner.close()
    assert not Path(f"/proc/{pid}").exists()


@pytest.mark.usefixtures("endless_task")
def test_no_worker_outlives_its_runner(qtbot: QtBot, tmp_path: Path) -> None:
    owner = QObject()
    runner = JobRunner(parent=owner)
    with qtbot.waitSignal(runner.progressed, timeout=60_000, check_params_cb=lambda *p: p[1] > 0):
        runner.start("one", make_job(tmp_path, {}))
    pid = runner._workers["one"].process.processId()
    shiboken6.delete(owner)
    assert not Path(f"/proc/{pid}").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["job"]


@pytest.mark.usefixtures("endless_task")
def test_ctrl_c_while_waiting_cancels_in_order(tmp_path: Path) -> None:
    folder = make_job(tmp_path, {})

    def interrupt(event: Event) -> None:
        if isinstance(event, Progress) and event.done:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_job(folder, on_event=interrupt)
    assert [path.name for path in tmp_path.iterdir()] == ["job"]
    assert '"cancelled"' in (folder / EVENTS_FILE).read_text().splitlines()[-1]


def test_workers_find_our_packages_from_any_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PYTHONPATH", raising=False)
    monkeypatch.chdir(tmp_path)
    assert run_job(make_job(tmp_path, SHORT_CLIMB), on_event=lambda _: None).output.is_dir()


def test_a_worker_that_dies_says_its_last_words_without_the_noise() -> None:
    said = ended_early(-signal.SIGSEGV, "INFO: Created TensorFlow Lite\nW0000 00:00:1 x.cc:114] y\nFatal: segfault\n")
    assert "crashed (signal 11)" in said and said.endswith("\nFatal: segfault")
    assert "INFO" not in said and "W0000" not in said
