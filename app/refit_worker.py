"""The warm worker of a window: one process that holds a fitted clip and answers corrections with new motion."""

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QObject, QProcess, Signal

from app.job_process import worker_program
from app.job_runner import process_environment, text_of
from inference.jobs import (
    REFIT_OPTION,
    Failed,
    Progress,
    RefitPoint,
    RefitRequest,
    parse_event,
    parse_refitted,
    refit_line,
)

_CLOSE_MS = 1000


class RefitWorker(QObject):
    """Sends corrections and tells what comes of them; the latest counts, what it overtook gets no answer."""

    ready = Signal()
    refitted = Signal(object)
    """`Refitted`."""
    failed = Signal(str)
    """The worker is gone; the reason for people."""

    def __init__(self, *, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._process: QProcess | None = None
        self._buffer, self._reason = "", ""
        self._is_ready = False
        self._waiting: list[RefitPoint] = []
        self._number = 0

    @property
    def running(self) -> bool:
        """Whether there is a worker, ready or on its way."""
        return self._process is not None

    @property
    def is_ready(self) -> bool:
        """Whether it answers at once."""
        return self._process is not None and self._is_ready

    @property
    def process_id(self) -> int:
        """Its process; 0 where there is none."""
        return 0 if self._process is None else int(self._process.processId())

    @property
    def last_asked(self) -> int:
        """The number of the latest request."""
        return self._number

    def start(self, job: Path, run: Path) -> None:
        """Start a worker on the folder of a fit's job and its run; what is asked meanwhile waits."""
        self.stop()
        process = QProcess(self)
        process.setProcessEnvironment(process_environment())
        process.readyReadStandardOutput.connect(self._read)
        process.finished.connect(lambda _code, _status: self._end())
        process.errorOccurred.connect(self._broken)
        self._process, self._buffer, self._reason, self._is_ready = process, "", "", False
        program, *arguments = worker_program()
        process.start(program, [*arguments, REFIT_OPTION, str(job), str(run)])

    def ask(self, points: Sequence[RefitPoint]) -> None:
        """Ask for the motion around changed points."""
        if self._process is None:
            return
        self._number += 1
        self._waiting += points
        if self._is_ready:
            self._send()

    def stop(self) -> None:
        """End the worker; no signals any more."""
        process, self._process = self._process, None
        self._waiting.clear()
        if process is None:
            return
        process.blockSignals(True)
        process.closeWriteChannel()
        if not process.waitForFinished(_CLOSE_MS):
            process.kill()
            process.waitForFinished(_CLOSE_MS)
        process.deleteLater()

    def _send(self) -> None:
        request = RefitRequest(self._number, tuple(self._waiting))
        self._waiting.clear()
        if self._process is not None:
            self._process.write((refit_line(request) + "\n").encode())

    def _read(self) -> None:
        if self._process is None:
            return
        *lines, self._buffer = (self._buffer + text_of(self._process.readAllStandardOutput())).split("\n")
        for line in lines:
            refitted = parse_refitted(line)
            if refitted is not None:
                self.refitted.emit(refitted)
                continue
            match parse_event(line):
                case Progress():
                    self._is_ready = True
                    self.ready.emit()
                    if self._waiting:
                        self._send()
                case Failed(reason, _):
                    self._reason = reason

    def _end(self) -> None:
        if self._process is None:
            return
        self._read()
        self._process.deleteLater()
        self._process = None
        self.failed.emit(self._reason or "The worker that follows corrections ended. Fit the body again to go on.")

    def _broken(self, error: QProcess.ProcessError) -> None:
        if error is QProcess.ProcessError.FailedToStart:
            self._end()
