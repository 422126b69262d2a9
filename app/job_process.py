"""Running a job and waiting for it, without a window."""

import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import IO

from annotation.errors import JobError
from inference.jobs import (
    CANCEL_LINE,
    Cancelled,
    Event,
    Failed,
    Finished,
    JobCancelled,
    parse_event,
    partial_folder,
    read_job,
)

GRACE_S = 8.0
_TAIL_LINES = 8
_CRASHES = (-signal.SIGSEGV, -signal.SIGABRT, -signal.SIGFPE, -signal.SIGILL)
_NOISE = re.compile(r"INFO: |WARNING: All log messages|[IW]\d{4} ")
"""What MediaPipe's libraries print in good health."""


def worker_command(folder: Path) -> list[str]:
    """Return the program and arguments that carry out a job."""
    return [*worker_program(), str(folder), "--attached"]


def worker_program() -> list[str]:
    """Return what starts a worker, without saying yet what it does."""
    return [sys.executable, "-P", "-m", "inference"]


def worker_environment() -> dict[str, str]:
    """Return the environment of a worker: it finds our packages also in a source checkout that is not installed."""
    places = [str(Path(__file__).parents[1]), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(places)}


def discard_unfinished(folder: Path) -> None:
    """Remove what a worker that was killed could not remove itself."""
    with contextlib.suppress(JobError):
        shutil.rmtree(partial_folder(read_job(folder).output), ignore_errors=True)


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
            env=worker_environment(),
            start_new_session=True,  # a Ctrl+C in the terminal comes to us alone; we cancel the worker in order
        )
        try:
            last = _listen(process, on_event)
            process.wait()
        except BaseException:
            _cancel(process)
            discard_unfinished(folder)
            raise
        finally:
            _close(process.stdin, process.stdout)
        if last is None:
            discard_unfinished(folder)
            errors.seek(0)
            raise JobError(ended_early(process.returncode, errors.read().decode(errors="replace")))
    if isinstance(last, Cancelled):
        raise JobCancelled
    if isinstance(last, Failed):
        raise JobError(last.reason)
    assert isinstance(last, Finished)
    return last


def ended_early(exit_code: int, stderr: str) -> str:
    """Return why a worker that ended without a final event may have done so, and what to do.

    Parameters
    ----------
    exit_code : int
        Of the process; minus the number of the signal that ended it.
    stderr : str
        What it printed there; the last lines are quoted.
    """
    if exit_code in _CRASHES:
        why = f"The worker crashed (signal {-exit_code})."
    elif exit_code < 0:
        why = f"The worker was ended from outside (signal {-exit_code}); often because memory ran out."
    else:
        why = f"The worker ended without a result (exit code {exit_code})."
    lines = [line for line in stderr.strip().splitlines() if not _NOISE.match(line)]
    tail = "\n".join(lines[-_TAIL_LINES:])
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
