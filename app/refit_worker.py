"""The warm worker of a window: one process that holds a fitted clip and answers corrections with new motion."""

import logging
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QObject, QProcess, QTimer, Signal

from app.job_process import worker_program
from app.job_runner import process_environment, text_of
from inference.jobs import Failed, Progress, parse_event
from inference.refit_messages import REFIT_OPTION, RefitRequest, Refitted, Sureness, parse_answer, refit_line

_LOG = logging.getLogger(__name__)
_CLOSE_MS, _SEND_MS = 1000, 5
_NOT_STARTED = "The program that fits the body to corrections could not be started. Install Betascope again."


class RefitWorker(QObject):
    """Sends corrections and tells what comes of them; the latest counts, what it overtook gets no answer."""

    ready = Signal()
    refitted = Signal(object)
    """`Refitted`."""
    sure = Signal(object)
    """`Sureness`."""
    failed = Signal(str)
    """The worker is gone; the reason for people, empty where it gave none."""

    def __init__(self, *, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._process: QProcess | None = None
        self._buffer, self._reason = "", ""
        self._is_ready = False
        self._waiting: RefitRequest | None = None
        self._sending = False
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

    def ask(self, request: RefitRequest) -> None:
        """Ask for the motion around what changed; the request gets its number here."""
        if self._process is None:
            return
        self._number += 1
        request = replace(request, number=self._number)
        self._waiting = request if self._waiting is None else self._waiting.followed_by(request)
        if self._is_ready:
            self._send()

    def stop(self) -> None:
        """End the worker; no signals any more."""
        process, self._process = self._process, None
        self._waiting = None
        if process is None:
            return
        process.blockSignals(True)
        process.closeWriteChannel()
        if not process.waitForFinished(_CLOSE_MS):
            process.kill()
            process.waitForFinished(_CLOSE_MS)
        process.deleteLater()

    def _send(self) -> None:
        if self._process is None or self._process.state() is not QProcess.ProcessState.Running:
            return
        request, self._waiting = self._waiting, None
        if request is None:
            return
        self._sending = True  # meanwhile it may be told that there is something to read
        self._process.write((refit_line(request) + "\n").encode())
        self._process.waitForBytesWritten(_SEND_MS)  # else it begins only when the window has shown the edit
        self._sending = False

    def _read(self) -> None:
        if self._process is None:
            return
        if self._sending:
            QTimer.singleShot(0, self, self._read)
            return
        *lines, self._buffer = (self._buffer + text_of(self._process.readAllStandardOutput())).split("\n")
        self._take_in(lines)

    def _take_in(self, lines: list[str]) -> None:
        for line in lines:
            match parse_answer(line):
                case Refitted() as refitted:
                    self.refitted.emit(refitted)
                    continue
                case Sureness() as sureness:
                    self.sure.emit(sureness)
                    continue
            match parse_event(line):
                case Progress():
                    self._is_ready = True
                    self.ready.emit()
                    self._send()
                case Failed(reason, _):
                    self._reason = reason

    def _end(self) -> None:
        if self._process is None:
            return
        self._sending = False
        self._read()
        self._take_in([self._buffer])  # what it said last may have been cut off before the end of the line
        if self._process is not None:  # nobody began anew because of that
            _LOG.warning("The worker that refits ended: %s", text_of(self._process.readAllStandardError()).strip())
            self._process.deleteLater()
            self._process = None
            self.failed.emit(self._reason)

    def _broken(self, error: QProcess.ProcessError) -> None:
        if error is QProcess.ProcessError.FailedToStart:
            self._reason = _NOT_STARTED
            self._end()
