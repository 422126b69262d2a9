"""Long work: what runs, how far it is, how long it will take, and why it failed."""

import time
from collections.abc import Callable
from enum import Enum

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFont, QPalette
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from widgets.elided_label import ElidedLabel
from widgets.icon_button import IconButton
from widgets.icons import IconName
from widgets.progress_line import ProgressLine

_LOG_LINES = 2000


_TOLD_AFTER_S, _TOLD_AFTER_SHARE = 4.0, 0.05
"""How long and how far a job has to be at work until its pace says when it ends: what comes first takes longest."""


class JobState(Enum):
    """Where a job stands."""

    RUNNING = "running"
    FINISHED = "finished"
    FAILED = "failed"
    CANCELLED = "cancelled"


_STATE_WORDS = {
    JobState.RUNNING: "",
    JobState.FINISHED: "Finished",
    JobState.FAILED: "Failed",
    JobState.CANCELLED: "Cancelled",
}


class JobsPanel(QScrollArea):
    """One row per job, the newest on top.

    Parameters
    ----------
    clock : callable
        Returns seconds; the time left is derived from it and the progress.

    Signals
    -------
    cancel_requested, stop_requested, retry_requested, dismissed : str
        The id of a job; to stop keeps what is done, to cancel does not.
    """

    cancel_requested = Signal(str)
    stop_requested = Signal(str)
    retry_requested = Signal(str)
    dismissed = Signal(str)

    def __init__(self, *, clock: Callable[[], float] = time.monotonic, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Jobs")
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._clock = clock
        self._rows: dict[str, _JobRow] = {}
        self._empty = QLabel("Nothing is running. Detecting, fitting and exporting show up here.")
        self._empty.setWordWrap(True)
        self._empty.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        page = QWidget()
        self._column = QVBoxLayout(page)
        self._column.setContentsMargins(8, 8, 8, 8)
        self._column.setSpacing(8)
        self._column.addWidget(self._empty)
        self._column.addStretch(1)
        self.setWidget(page)

    def add_job(self, job_id: str, title: str, *, can_stop: bool = False) -> None:
        """Add a running job; a job of that id, such as one tried again, starts afresh.

        One that `can_stop` has a button to end it early and keep what is done.
        """
        self.remove_job(job_id)
        row = _JobRow(title, self._clock, can_stop=can_stop)
        row.stop_clicked.connect(lambda: self.stop_requested.emit(job_id))
        row.cancel_clicked.connect(lambda: self.cancel_requested.emit(job_id))
        row.retry_clicked.connect(lambda: self.retry_requested.emit(job_id))
        row.dismiss_clicked.connect(lambda: self._dismiss(job_id))
        self._rows[job_id] = row
        self._column.insertWidget(0, row)
        row.show()
        self._empty.hide()

    def set_progress(self, job_id: str, done: int, *, total: int, message: str = "") -> None:
        """Show how far a job is; a `total` of 0 means that nobody knows."""
        if job_id in self._rows:
            self._rows[job_id].set_progress(done, total, message=message)

    def set_state(self, job_id: str, state: JobState, *, detail: str = "") -> None:
        """Show the state of a job; the detail, such as the reason it failed, is unfolded on request."""
        if job_id in self._rows:
            self._rows[job_id].set_state(state, detail=detail)

    def append_log(self, job_id: str, line: str) -> None:
        """Add a line to the log of a job."""
        if job_id in self._rows:
            self._rows[job_id].append_log(line)

    def remove_job(self, job_id: str) -> None:
        """Take a job away without a signal."""
        row = self._rows.pop(job_id, None)
        if row is not None:
            row.hide()
            row.deleteLater()
        self._empty.setVisible(not self._rows)

    def _dismiss(self, job_id: str) -> None:
        self.remove_job(job_id)
        self.dismissed.emit(job_id)


class _JobRow(QFrame):
    cancel_clicked = Signal()
    stop_clicked = Signal()
    retry_clicked = Signal()
    dismiss_clicked = Signal()

    def __init__(self, title: str, clock: Callable[[], float], *, can_stop: bool) -> None:
        super().__init__()
        self._title_text, self._clock, self._can_stop = title, clock, can_stop
        self._since: tuple[float, int] | None = None
        self._title, self._state = ElidedLabel(title), QLabel()
        self._message, self._left = ElidedLabel("Starting"), QLabel()
        self._bar = ProgressLine(f"Progress of {title}")
        self._log = QPlainTextEdit()
        self._toggle = QToolButton()
        self._cancel = QPushButton("Cancel")
        self._stop = QPushButton("Stop here")
        self._retry = QPushButton("Try again")
        self._dismiss = IconButton(IconName.CANCEL, f"Take {title} off the list")
        self._set_up()
        self._lay_out()
        self.set_state(JobState.RUNNING, detail="")

    def _set_up(self) -> None:
        self.setFrameShape(QFrame.Shape.StyledPanel)
        font = QFont(self._title.font())
        font.setWeight(QFont.Weight.DemiBold)
        self._title.setFont(font)
        for label in (self._state, self._message, self._left):
            label.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        self._message.setWordWrap(True)
        self._log.setReadOnly(True)
        self._log.setMaximumBlockCount(_LOG_LINES)
        self._log.setAccessibleName(f"Log of {self._title_text}")
        self._log.setFixedHeight(self.fontMetrics().height() * 9)
        self._log.hide()
        self._toggle.setText("Details")
        self._toggle.setArrowType(Qt.ArrowType.RightArrow)
        self._toggle.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self._toggle.hide()
        self._toggle.clicked.connect(self._toggle_log)
        self._cancel.setAccessibleName(f"Cancel {self._title_text}")
        self._stop.setAccessibleName(f"Stop {self._title_text} and keep what is done")
        self._stop.setToolTip("End now and keep what is done")
        self._stop.clicked.connect(self._ask_to_stop)
        self._retry.setAccessibleName(f"Try {self._title_text} again")
        self._cancel.clicked.connect(self._ask_to_cancel)
        self._retry.clicked.connect(self.retry_clicked)
        self._dismiss.clicked.connect(self.dismiss_clicked)

    def _lay_out(self) -> None:
        head, foot = QHBoxLayout(), QHBoxLayout()
        head.addWidget(self._title)
        head.addWidget(self._state)
        head.addStretch(1)
        for button in (self._stop, self._cancel, self._retry, self._dismiss):
            head.addWidget(button)
        foot.addWidget(self._message, 1)
        foot.addWidget(self._left)
        foot.addWidget(self._toggle)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 8, 8, 8)
        column.setSpacing(4)
        column.addLayout(head)
        column.addWidget(self._bar)
        column.addLayout(foot)
        column.addWidget(self._log)

    def set_progress(self, done: int, total: int, *, message: str) -> None:
        """Show progress; the time left follows from the pace since the first report, once that can be told."""
        now = self._clock()
        if self._since is None or done < self._since[1]:
            self._since = (now, done)
        self._bar.set_fraction(done / total if total else 0.0)
        self._say(message)
        began, first = self._since
        told = now - began >= _TOLD_AFTER_S and done - first >= _TOLD_AFTER_SHARE * total > 0
        self._left.setText(time_left((now - began) / (done - first) * (total - done)) if told else "")
        self._left.show()

    def set_state(self, state: JobState, *, detail: str) -> None:
        """Show a state and the buttons that make sense in it."""
        running = state is JobState.RUNNING
        self._state.setText(_STATE_WORDS[state])
        failed = state is JobState.FAILED
        self._state.setForegroundRole(QPalette.ColorRole.BrightText if failed else QPalette.ColorRole.PlaceholderText)
        self._cancel.setVisible(running)
        self._cancel.setEnabled(True)
        self._stop.setVisible(running and self._can_stop)
        self._stop.setEnabled(True)
        self._retry.setVisible(state in (JobState.FAILED, JobState.CANCELLED))
        self._dismiss.setVisible(not running)
        self._bar.setVisible(running)
        if not running:
            self._left.hide()
            self._say(detail.strip().splitlines()[0] if detail.strip() else "")
        if len(detail.strip().splitlines()) > 1:
            self.append_log(detail)

    def append_log(self, text: str) -> None:
        """Add text to the log."""
        self._log.appendPlainText(text.rstrip("\n"))
        self._toggle.show()

    def _say(self, text: str) -> None:
        self._message.setText(text)
        self._message.setVisible(bool(text))

    def _toggle_log(self) -> None:
        shown = self._log.isHidden()
        self._toggle.setArrowType(Qt.ArrowType.DownArrow if shown else Qt.ArrowType.RightArrow)
        self._log.setVisible(shown)

    def _ask_to_stop(self) -> None:
        self._stop.setEnabled(False)
        self._say("Stopping; what is done is kept")
        self.stop_clicked.emit()

    def _ask_to_cancel(self) -> None:
        self._cancel.setEnabled(False)
        self._say("Stopping")
        self.cancel_clicked.emit()


class JobsStatus(QWidget):
    """One job in the status bar: ``Fit body 63 % [cancel]``; gone when nothing runs.

    Signals
    -------
    cancel_requested : str
        The id of the job.
    details_requested
        The user wants the jobs panel.
    """

    cancel_requested = Signal(str)
    details_requested = Signal()

    def __init__(self, *, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._job_id = ""
        self._words = QToolButton()
        self._words.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._words.setToolTip("Show the jobs")
        self._words.clicked.connect(self.details_requested)
        self._bar = ProgressLine("Progress")
        self._bar.setFixedWidth(self.fontMetrics().averageCharWidth() * 16)
        self._cancel = IconButton(IconName.CANCEL, "Cancel")
        self._cancel.clicked.connect(lambda: self.cancel_requested.emit(self._job_id))
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Preferred)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        for widget in (self._words, self._bar, self._cancel):
            row.addWidget(widget)
        self.clear()

    def set_job(self, job_id: str, title: str, *, fraction: float | None, more: int = 0) -> None:
        """Show a job with its progress in [0, 1], None if unknown, and how many `more` are running."""
        self._job_id = job_id
        percent = "" if fraction is None else f" {100 * fraction:.0f} %"
        others = f" (and {more} more)" if more else ""
        self._words.setText(f"{title}{percent}{others}")
        self._bar.set_fraction(fraction or 0.0)
        self._cancel.setAccessibleName(f"Cancel {title}")
        self._cancel.setToolTip(f"Cancel {title}")
        self.show()

    def clear(self) -> None:
        """Show that nothing runs."""
        self._job_id = ""
        self.hide()


def time_left(seconds: float) -> str:
    """Return a duration as people say it, such as ``2 min 10 s left``."""
    whole = max(1, round(seconds))
    if whole < 60:
        return f"{whole} s left"
    minutes = round(whole / 60)
    if minutes < 10:
        return f"{whole // 60} min {whole % 60 // 10 * 10} s left"
    return f"{minutes} min left" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min left"
