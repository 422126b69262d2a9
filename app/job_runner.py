"""Running jobs while the window goes on: one `QProcess` per job."""

import os
import sys
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from PySide6.QtCore import QByteArray, QObject, QProcess, QProcessEnvironment, QTimer, Signal

from app.job_process import discard_unfinished, ended_early, worker_command, worker_environment
from inference.jobs import CANCEL_LINE, STOP_LINE, Cancelled, Event, Failed, Finished, Measured, Progress, parse_event

GRACE_MS = 8000
CLOSE_MS = 1500
_BACKGROUND_NICE = 10


@dataclass
class _Worker:
    process: QProcess
    folder: Path
    buffer: str = ""
    last: Event | None = None
    cancelled: bool = False
    stderr: list[str] = field(default_factory=list)


class JobRunner(QObject):
    """Starts workers and tells how they fare; every job ends with exactly one of the three last signals."""

    progressed = Signal(str, int, int, str)
    """Id of the job, steps done, steps in all, message."""
    measured = Signal(str, object)
    """Id of the job, `Measured`."""
    finished = Signal(str, object)
    """Id of the job, `Finished`."""
    failed = Signal(str, str, str)
    """Id of the job, reason, details."""
    cancelled = Signal(str)

    def __init__(self, *, parent: QObject | None = None) -> None:
        super().__init__(parent)
        workers: dict[str, _Worker] = {}
        self._workers = workers
        self.destroyed.connect(lambda: _end_all(workers))  # comes before Qt deletes the processes

    def start(self, job_id: str, folder: Path, *, background: bool = False) -> None:
        """Carry out the job in a folder; one in the `background` leaves the processor to those who are waited for."""
        program, *arguments = worker_command(folder)
        process = QProcess(self)
        process.setProcessEnvironment(process_environment())
        worker = _Worker(process, folder)
        self._workers[job_id] = worker
        process.readyReadStandardOutput.connect(lambda: self._read(job_id))
        process.readyReadStandardError.connect(lambda: worker.stderr.append(text_of(process.readAllStandardError())))
        process.finished.connect(lambda _code, _status: self._end(job_id))
        process.errorOccurred.connect(lambda error: self._broken(job_id, error))
        if background:
            process.started.connect(lambda: _stand_back(process.processId()))
        process.start(program, arguments)

    def cancel(self, job_id: str) -> None:
        """Ask a job to stop; it is ended if it does not."""
        worker = self._workers.get(job_id)
        if worker is None or worker.cancelled:
            return
        worker.cancelled = True
        worker.process.write(f"{CANCEL_LINE}\n".encode())
        QTimer.singleShot(GRACE_MS, worker.process, worker.process.kill)

    def stop(self, job_id: str) -> None:
        """Ask a job to end early and keep what is done."""
        worker = self._workers.get(job_id)
        if worker is not None:
            worker.process.write(f"{STOP_LINE}\n".encode())

    def running(self) -> list[str]:
        """Return the ids of the jobs at work."""
        return list(self._workers)

    def close(self) -> None:
        """Cancel every job and wait for the workers to go; without signals, for closing the window."""
        _end_all(self._workers)

    def _read(self, job_id: str) -> None:
        worker = self._workers.get(job_id)
        if worker is None:
            return
        *lines, worker.buffer = (worker.buffer + text_of(worker.process.readAllStandardOutput())).split("\n")
        for line in lines:
            event = parse_event(line)
            if isinstance(event, Progress):
                self.progressed.emit(job_id, event.done, event.total, event.message)
            elif isinstance(event, Measured):
                self.measured.emit(job_id, event)
            elif isinstance(event, Finished | Failed | Cancelled):
                worker.last = event

    def _end(self, job_id: str) -> None:
        self._read(job_id)
        worker = self._workers.pop(job_id, None)
        if worker is None:
            return
        match worker.last:
            case Finished() as event:
                self.finished.emit(job_id, event)
            case Failed(reason, details):
                self.failed.emit(job_id, reason, details)
            case Cancelled():
                self.cancelled.emit(job_id)
            case _:
                discard_unfinished(worker.folder)
                if worker.cancelled:
                    self.cancelled.emit(job_id)
                else:
                    self.failed.emit(job_id, ended_early(_exit_code(worker.process), ""), "".join(worker.stderr))
        worker.process.deleteLater()

    def _broken(self, job_id: str, error: QProcess.ProcessError) -> None:
        """A process that never started emits no `finished`."""
        if error is QProcess.ProcessError.FailedToStart and self._workers.pop(job_id, None) is not None:
            self.failed.emit(job_id, "The worker could not be started. Install Betascope again.", "")


def _end_all(workers: dict[str, _Worker]) -> None:
    """Cancel all workers, wait for them to go, and forget them."""
    ending = list(workers.values())
    workers.clear()
    for worker in ending:
        worker.process.blockSignals(True)
        worker.process.write(f"{CANCEL_LINE}\n".encode())
        worker.process.closeWriteChannel()
    for worker in ending:
        if not worker.process.waitForFinished(CLOSE_MS):
            worker.process.kill()
            worker.process.waitForFinished(CLOSE_MS)
            discard_unfinished(worker.folder)


def _exit_code(process: QProcess) -> int:
    """Return the exit code as `subprocess` gives it: minus the number of the signal that ended the process."""
    crashed = process.exitStatus() is QProcess.ExitStatus.CrashExit
    return -process.exitCode() if crashed else process.exitCode()


def process_environment() -> QProcessEnvironment:
    """Return the environment of a worker as Qt wants it."""
    environment = QProcessEnvironment()
    for name, value in worker_environment().items():
        environment.insert(name, value)
    return environment


def _stand_back(process_id: int) -> None:
    if sys.platform != "win32":
        with suppress(OSError):  # ended already
            os.setpriority(os.PRIO_PROCESS, process_id, _BACKGROUND_NICE)


def text_of(data: QByteArray) -> str:
    """Return what a process printed as text."""
    return bytes(data.data()).decode("utf-8", errors="replace")
