"""Carrying out one job: events out, cancel in, results moved into place last."""

import contextlib
import errno
import importlib
import importlib.metadata
import json
import os
import shutil
import signal
import sys
import threading
import traceback
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TextIO

from annotation.errors import BetascopeError, JobError
from inference.jobs import (
    CANCEL_LINE,
    EVENTS_FILE,
    EXIT_CANCELLED,
    EXIT_FAILED,
    RUN_FILE,
    STOP_LINE,
    Cancelled,
    Event,
    Failed,
    Finished,
    JobCancelled,
    JobSpec,
    Log,
    Progress,
    TaskContext,
    partial_folder,
    plain,
    read_job,
    to_json_line,
)

GRACE_S = 5.0
"""A task that has not come to a cancellation point this long after a cancel is ended with its process."""

_DISK_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_PACKAGES = ("betascope", "numpy", "scipy", "av", "torch", "opencv-python-headless", "mediapipe", "smplx")


def work(folder: Path, *, attached: bool) -> int:
    """Carry out the job in a folder and return the exit code; what happens is said on stdout and in the events file."""
    with _private_stdout() as out:
        voice = _Voice(out, folder / EVENTS_FILE)
        cancel = _CancelWatch(voice, attached=attached)
        try:
            spec = read_job(folder)
            cancel.partial = partial_folder(spec.output)
            voice.say(_carry_out(spec, folder, partial=cancel.partial, voice=voice, cancel=cancel))
            return 0
        except JobCancelled:
            event: Event = Cancelled()
        except Exception as error:
            event = Cancelled() if cancel.asked else Failed(_reason(error), traceback.format_exc())
        cancel.settle()
        cancel.discard()
        voice.say(event)
        return EXIT_CANCELLED if isinstance(event, Cancelled) else EXIT_FAILED


def _carry_out(spec: JobSpec, folder: Path, *, partial: Path, voice: "_Voice", cancel: "_CancelWatch") -> Finished:
    if spec.output.exists():
        raise JobError(f"{spec.output} exists already. Start the job again.")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)

    def report(done: int, total: int, message: str) -> None:
        cancel.check()
        voice.say(Progress(done, total, message))

    report(0, 0, "starting")
    task = importlib.import_module(f"inference.tasks.{spec.task.value}")

    def log(message: str) -> None:
        voice.say(Log(message))

    summary = task.run(TaskContext(spec.parameters, folder, partial, report, log, cancel.stopped, voice.say))
    cancel.check()
    record = {
        "task": spec.task.value,
        "parameters": spec.parameters,
        "summary": summary,
        "created": datetime.now(UTC).isoformat(),
        "versions": _versions(),
    }
    (partial / RUN_FILE).write_text(json.dumps(record, indent=1, default=plain), encoding="utf-8")
    cancel.settle()
    partial.rename(spec.output)
    return Finished(spec.output, summary)


class _Voice:
    """Says events on the real stdout and keeps them in the job folder."""

    def __init__(self, out: TextIO, path: Path) -> None:
        self._out, self._path = out, path

    def say(self, event: Event) -> None:
        line = to_json_line(event) + "\n"
        with contextlib.suppress(OSError):  # whoever listened is gone, or the disk is full: the work decides, not this
            self._out.write(line)
            self._out.flush()
        with contextlib.suppress(OSError), self._path.open("a", encoding="utf-8") as file:
            file.write(line)


class _CancelWatch:
    """Listens for a cancel on stdin and for signals, and ends the process where a task does not listen itself.

    Attributes
    ----------
    partial : Path or None
        Unfinished results, to be removed with the process.
    """

    def __init__(self, voice: _Voice, *, attached: bool) -> None:
        self.partial: Path | None = None
        self._voice = voice
        self._asked, self._stop = threading.Event(), threading.Event()
        self._outcome = threading.RLock()
        self._attached = attached
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda _number, _frame: self._ask())
        threading.Thread(target=self._listen, daemon=True).start()

    @property
    def asked(self) -> bool:
        """Whether a cancel was asked for."""
        return self._asked.is_set()

    def stopped(self) -> bool:
        """Whether the job was asked to end early with what is done."""
        return self._stop.is_set()

    def check(self) -> None:
        """Raise `JobCancelled` if a cancel was asked for."""
        if self.asked:
            raise JobCancelled

    def settle(self) -> None:
        """Claim the outcome for good: from here on the job ends by itself, not by being cut off."""
        self._outcome.acquire()

    def discard(self) -> None:
        """Remove the unfinished results."""
        if self.partial is not None:
            shutil.rmtree(self.partial, ignore_errors=True)

    def _listen(self) -> None:
        # From the descriptor: a thread that waits in sys.stdin holds a lock the interpreter wants at its end.
        pending = b""
        with contextlib.suppress(OSError):
            while chunk := os.read(0, 4096):
                *lines, pending = (pending + chunk).split(b"\n")
                said = [line.strip() for line in lines]
                if STOP_LINE.encode() in said:
                    self._stop.set()
                if CANCEL_LINE.encode() in said:
                    self._ask()
        if self._attached:
            self._ask()

    def _ask(self) -> None:
        if not self.asked:
            self._asked.set()
            timer = threading.Timer(GRACE_S, self._cut_off)
            timer.daemon = True
            timer.start()

    def _cut_off(self) -> None:
        if self._outcome.acquire(blocking=False):
            self.discard()
            self._voice.say(Cancelled())
            os._exit(EXIT_CANCELLED)


@contextlib.contextmanager
def _private_stdout() -> Iterator[TextIO]:
    """Keep stdout to ourselves: what libraries print, native ones too, goes to stderr instead."""
    sys.stdout.flush()
    private = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    try:
        yield private
    finally:
        private.flush()


def _versions() -> dict[str, str]:
    """Return the versions of what may have shaped the result."""
    found = {"python": sys.version.split()[0]}
    for package in _PACKAGES:
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            found[package] = importlib.metadata.version(package)
    return found


def _reason(error: Exception) -> str:
    """Return what a person can do something about."""
    if isinstance(error, BetascopeError):
        return str(error)
    if isinstance(error, ModuleNotFoundError):
        return f"The package {error.name} is missing. Add it with: {sys.executable} -m pip install {error.name}"
    if isinstance(error, OSError) and error.errno in _DISK_FULL:
        return "The disk is full; nothing was kept of this job. Free some space and start it again."
    if isinstance(error, PermissionError):
        return (
            f"{error.filename or 'The project folder'} may not be written. Change its permissions and start it again."
        )
    if isinstance(error, MemoryError):
        return "There was not enough memory. Close other programs and start the job again."
    return f"Something unexpected went wrong ({_short(error)}). The details help to report it."


def _short(error: Exception) -> str:
    text: Any = str(error).strip().splitlines()
    return f"{type(error).__name__}: {text[0]}" if text else type(error).__name__
