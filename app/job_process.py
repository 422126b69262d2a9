"""Running a job and waiting for it, without a window."""

import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import IO

from annotation.errors import JobError
from inference.jobs import CANCEL_LINE, Cancelled, Event, Failed, Finished, JobCancelled, parse_event

GRACE_S = 8.0
_TAIL_LINES = 8


def worker_command(folder: Path) -> list[str]:
    """Return the program and arguments that carry out a job."""
    return [sys.executable, "-m", "inference", str(folder), "--attached"]


def run_job(folder: Path, *, on_event: Callable[[Event], object]) -> Finished:
    """Carry out the job in a folder and return what it made; Ctrl+C cancels it.

    Raises
    ------
    JobError
        If it failed, with the reason.
    JobCancelled
        If it was cancelled.
    """
    with tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(
            worker_command(folder),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            encoding="utf-8",
            start_new_session=True,  # a Ctrl+C in the terminal comes to us alone; we cancel the worker in order
        )
        try:
            last = _listen(process, on_event)
            process.wait()
        except BaseException:
            _cancel(process)
            raise
        finally:
            _close(process.stdin, process.stdout)
        if last is None:
            errors.seek(0)
            raise JobError(ended_early(process.returncode, errors.read().decode(errors="replace")))
    if isinstance(last, Cancelled):
        raise JobCancelled
    if isinstance(last, Failed):
        raise JobError(last.reason)
    assert isinstance(last, Finished)
    return last


def ended_early(exit_code: int | None, stderr: str) -> str:
    """Return why a worker that ended without a final event may have done so, and what to do."""
    if exit_code is not None and exit_code < 0:
        why = f"The worker was ended from outside (signal {-exit_code}); often because memory ran out."
    else:
        why = f"The worker ended without a result (exit code {exit_code})."
    tail = "\n".join(stderr.strip().splitlines()[-_TAIL_LINES:])
    return f"{why} Nothing was changed; start it again." + (f"\n{tail}" if tail else "")


def _listen(process: "subprocess.Popen[str]", on_event: Callable[[Event], object]) -> Event | None:
    assert process.stdout is not None
    last: Event | None = None
    for line in process.stdout:
        event = parse_event(line)
        if event is not None:
            on_event(event)
            if isinstance(event, Finished | Failed | Cancelled):
                last = event
    return last


def _cancel(process: "subprocess.Popen[str]") -> None:
    try:
        process.communicate(CANCEL_LINE + "\n", timeout=GRACE_S)
    except (subprocess.TimeoutExpired, OSError, ValueError):
        process.kill()
        process.wait()


def _close(*pipes: IO[str] | None) -> None:
    for pipe in pipes:
        if pipe is not None and not pipe.closed:
            pipe.close()
