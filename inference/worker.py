"""Carrying out one job: events out, cancel in, results moved into place last."""

import contextlib
import errno
import importlib
import json
import os
import shutil
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


def work(folder: Path, *, attached: bool) -> int:
    """Carry out the job in a folder and return the exit code; what happens is said on stdout and in the events file."""
    with _private_stdout() as out:
        voice = _Voice(out, folder / EVENTS_FILE)
        cancel = _CancelWatch(voice, attached=attached)
        partial: Path | None = None
        try:
            spec = read_job(folder)
            partial = partial_folder(spec.output)
            cancel.partial = partial
            voice.say(_carry_out(spec, folder, partial, voice=voice, cancel=cancel))
            return 0
        except JobCancelled:
            event: Event = Cancelled()
        except Exception as error:
            event = Failed(_reason(error), traceback.format_exc())
        if partial is not None:
            shutil.rmtree(partial, ignore_errors=True)
        voice.say(event)
        return EXIT_CANCELLED if isinstance(event, Cancelled) else EXIT_FAILED


def _carry_out(spec: JobSpec, folder: Path, partial: Path, *, voice: "_Voice", cancel: "_CancelWatch") -> Finished:
    if spec.output.exists():
        raise JobError(f"{spec.output} exists already. Start the job again.")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)

    def report(done: int, total: int, message: str) -> None:
        cancel.check()
        voice.say(Progress(done, total, message))

    report(0, 0, "starting")
    task = importlib.import_module(f"inference.tasks.{spec.task.value}")
    summary = task.run(TaskContext(spec.parameters, folder, partial, report, lambda text: voice.say(Log(text))))
    cancel.check()
    provenance = {
        "task": spec.task.value,
        "parameters": spec.parameters,
        "summary": summary,
        "created": datetime.now(UTC).isoformat(),
        "python": sys.version.split()[0],
    }
    (partial / RUN_FILE).write_text(json.dumps(provenance, indent=1, default=plain), encoding="utf-8")
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
    """Listens for a cancel on stdin in a thread, and ends the process where a task does not listen itself."""

    def __init__(self, voice: _Voice, *, attached: bool) -> None:
        self.partial: Path | None = None
        self._voice = voice
        self._asked = threading.Event()
        self._attached = attached
        threading.Thread(target=self._listen, daemon=True).start()

    def check(self) -> None:
        """Raise `JobCancelled` if a cancel was asked for."""
        if self._asked.is_set():
            raise JobCancelled

    def _listen(self) -> None:
        with contextlib.suppress(OSError, ValueError):
            for line in sys.stdin:
                if line.strip() == CANCEL_LINE:
                    self._end()
                    return
        if self._attached:
            self._end()

    def _end(self) -> None:
        self._asked.set()
        timer = threading.Timer(GRACE_S, self._kill)
        timer.daemon = True
        timer.start()

    def _kill(self) -> None:
        if self.partial is not None:
            shutil.rmtree(self.partial, ignore_errors=True)
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


def _reason(error: Exception) -> str:
    """Return what a person can do something about."""
    if isinstance(error, BetascopeError):
        return str(error)
    if isinstance(error, ModuleNotFoundError):
        return f"The package {error.name} is missing. Add it with: {sys.executable} -m pip install {error.name}"
    if isinstance(error, OSError) and error.errno == errno.ENOSPC:
        return "The disk is full; nothing was kept of this job. Free some space and start it again."
    if isinstance(error, MemoryError):
        return "There was not enough memory. Close other programs and start the job again."
    return f"Something unexpected went wrong ({_short(error)}). The details help to report it."


def _short(error: Exception) -> str:
    text: Any = str(error).strip().splitlines()
    return f"{type(error).__name__}: {text[0]}" if text else type(error).__name__
