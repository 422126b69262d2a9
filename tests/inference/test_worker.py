"""The worker as a real process: events, cancel, failure, and results that are complete or not there."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from inference.jobs import (
    EVENTS_FILE,
    EXIT_CANCELLED,
    EXIT_FAILED,
    JOB_FILE,
    RUN_FILE,
    Cancelled,
    Event,
    Failed,
    Finished,
    JobSpec,
    Progress,
    TaskName,
    parse_event,
    write_job,
)

SHORT_CLIMB = {"seed": 1, "duration_s": 0.4, "fps": 10, "size_px": [180, 320]}


def start(folder: Path, *options: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "inference", str(folder), *options],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def make_job(tmp_path: Path, parameters: dict[str, object], task: TaskName = TaskName.SYNTHESISE) -> JobSpec:
    spec = JobSpec(task, parameters, tmp_path / "result")
    write_job(tmp_path / "job", spec)
    return spec


def until_progress(process: "subprocess.Popen[str]") -> None:
    assert process.stdout is not None
    for line in process.stdout:
        event = parse_event(line)
        if isinstance(event, Progress) and event.done:
            return
    pytest.fail(f"no progress: {process.stderr.read() if process.stderr else ''}")


def last_event(out: str) -> Event:
    events = [event for line in out.splitlines() if (event := parse_event(line)) is not None]
    return events[-1]


def left_behind(tmp_path: Path) -> list[str]:
    return sorted(path.name for path in tmp_path.iterdir() if path.name != "job")


def test_a_finished_job_leaves_complete_results_and_says_so(tmp_path: Path) -> None:
    spec = make_job(tmp_path, SHORT_CLIMB)
    process = start(tmp_path / "job")
    out, _ = process.communicate(timeout=120)
    event = last_event(out)
    assert process.returncode == 0 and isinstance(event, Finished)
    assert event.output == spec.output and left_behind(tmp_path) == ["result"]
    run = json.loads((spec.output / RUN_FILE).read_text())
    assert run["parameters"] == SHORT_CLIMB and run["summary"] == event.summary
    assert (tmp_path / "job" / EVENTS_FILE).read_text().splitlines() == out.splitlines()


@pytest.mark.parametrize("way", ["line", "end of stdin", "Ctrl+C", "terminated"])
@pytest.mark.usefixtures("endless_task")
def test_a_cancelled_job_leaves_nothing(tmp_path: Path, way: str) -> None:
    make_job(tmp_path, {})
    process = start(tmp_path / "job", *(["--attached"] if way == "end of stdin" else []))
    until_progress(process)
    assert process.stdin is not None
    if way == "line":
        process.stdin.write("cancel\n")
        process.stdin.flush()
    elif way != "end of stdin":
        process.send_signal(signal.SIGINT if way == "Ctrl+C" else signal.SIGTERM)
    out, _ = process.communicate(timeout=30)  # closes stdin, as a window that dies does
    assert process.returncode == EXIT_CANCELLED
    assert isinstance(last_event(out), Cancelled)
    assert left_behind(tmp_path) == []


@pytest.mark.usefixtures("endless_task")
def test_a_killed_worker_leaves_no_results(tmp_path: Path) -> None:
    spec = make_job(tmp_path, {})
    process = start(tmp_path / "job")
    until_progress(process)
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=30)
    assert not spec.output.exists()


def test_a_failed_job_gives_the_reason_and_leaves_nothing(tmp_path: Path) -> None:
    make_job(tmp_path, {"video": str(tmp_path / "nothing.mp4")}, TaskName.DETECT)
    process = start(tmp_path / "job")
    out, _ = process.communicate(timeout=60)
    event = last_event(out)
    assert process.returncode == EXIT_FAILED and isinstance(event, Failed)
    assert "nothing.mp4" in event.reason and "Traceback" in event.details
    assert left_behind(tmp_path) == []


@pytest.mark.parametrize("text", ["", "{}", '{"version": 1, "task": "dance", "parameters": {}, "output": "/x"}'])
def test_nonsense_in_the_job_file_is_said(tmp_path: Path, text: str) -> None:
    (tmp_path / "job").mkdir()
    (tmp_path / "job" / JOB_FILE).write_text(text)
    out, _ = start(tmp_path / "job").communicate(timeout=30)
    event = last_event(out)
    assert isinstance(event, Failed) and "Start the job again" in event.reason


def test_a_worker_that_cannot_stop_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A task stuck in native code never comes to a cancellation point."""
    stuck = "import inference.worker as w, inference.tasks.synthesise as t, time, pathlib, sys; w.GRACE_S = 0.5\n"
    stuck += "t.run = lambda context: (print('native noise'), context.report(1, 2, ''), time.sleep(60))\n"
    stuck += "sys.exit(w.work(pathlib.Path(sys.argv[1]), attached=True))"
    make_job(tmp_path, SHORT_CLIMB)
    process = subprocess.Popen(
        [sys.executable, "-c", stuck, str(tmp_path / "job")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    until_progress(process)
    begin = time.monotonic()
    out, err = process.communicate(timeout=30)
    assert process.returncode == EXIT_CANCELLED and time.monotonic() - begin < 20
    assert "native noise" not in out and "native noise" in err, "what tasks print cannot be taken for events"
    assert left_behind(tmp_path) == []


def run_scripted(tmp_path: Path, task: str) -> Event:
    """Run the worker with a task of our own, given as the lines of its ``run``; return the last event."""
    make_job(tmp_path, SHORT_CLIMB)
    lines = "\n".join("    " + line for line in task.splitlines())
    program = (
        "import pathlib, resource, signal, sys\nimport inference.worker, inference.tasks.synthesise as task\n"
        f"def run(context):\n{lines}\n"
        "task.run = run\nsys.exit(inference.worker.work(pathlib.Path(sys.argv[1]), attached=False))"
    )
    command = [sys.executable, "-c", program, str(tmp_path / "job")]
    result = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, stdin=subprocess.DEVNULL)
    return last_event(result.stdout)


def test_a_full_disk_is_called_that_and_nothing_is_kept(tmp_path: Path) -> None:
    event = run_scripted(
        tmp_path,
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, 10_000))\n"
        "(context.output / 'large').write_bytes(bytes(20_000))",
    )
    assert isinstance(event, Failed) and event.reason.startswith("The disk is full")
    assert left_behind(tmp_path) == []


def test_a_missing_package_is_named_with_the_command_that_adds_it(tmp_path: Path) -> None:
    event = run_scripted(tmp_path, "import a_package_nobody_has.part")
    assert isinstance(event, Failed) and "pip install a_package_nobody_has" in event.reason


def test_an_output_that_is_there_already_is_left_alone(tmp_path: Path) -> None:
    spec = make_job(tmp_path, SHORT_CLIMB)
    spec.output.mkdir()
    (spec.output / "mine").touch()
    out, _ = start(tmp_path / "job").communicate(timeout=60)
    assert isinstance(last_event(out), Failed)
    assert [path.name for path in spec.output.iterdir()] == ["mine"]


def test_a_cancel_after_the_results_are_in_place_changes_nothing(tmp_path: Path) -> None:
    """The grace of a cancel that comes last may end while the results are moved; they are whole or not there."""
    event = run_scripted(
        tmp_path,
        "import os\ninference.worker.GRACE_S = 0\n"
        "inference.worker._versions = lambda: os.kill(os.getpid(), signal.SIGTERM) or {}\nreturn {}",
    )
    assert isinstance(event, Finished | Cancelled)
    assert left_behind(tmp_path) == (["result"] if isinstance(event, Finished) else [])
