"""Jobs: progress, time left, the reason of a failure, cancel and retry."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QPlainTextEdit, QProgressBar, QPushButton, QToolButton

from widgets.jobs_panel import JobsPanel, JobsStatus, JobState, time_left


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def panel(qtbot, clock):
    panel = JobsPanel(clock=clock)
    qtbot.addWidget(panel)
    panel.resize(420, 400)
    panel.show()
    return panel


def texts(panel) -> list[str]:
    return [label.text() for label in panel.findChildren(QLabel) if label.isVisible()]


def button(panel, name: str):
    found = [
        b
        for b in [*panel.findChildren(QPushButton), *panel.findChildren(QToolButton)]
        if b.isVisible() and (b.text() == name or b.accessibleName() == name)
    ]
    assert len(found) <= 1
    return found[0] if found else None


def test_the_time_left_follows_from_the_pace(panel, clock):
    panel.add_job("1", "Fit body")
    panel.set_progress("1", 10, total=110, message="Frame 10")
    clock.now += 20
    panel.set_progress("1", 30, total=110, message="Frame 30")
    assert "Frame 30" in texts(panel)
    assert "1 min 20 s left" in texts(panel), "20 frames took 20 s, 80 are left"
    bar = panel.findChild(QProgressBar)
    assert bar.value() / bar.maximum() == pytest.approx(30 / 110, abs=0.01)


def test_no_time_is_told_before_the_pace_is_known(panel, clock):
    panel.add_job("1", "Make the demo climb")
    panel.set_progress("1", 0, total=100)
    for seconds, done in ((1, 30), (9, 33)):  # at once a third, then slowly
        clock.now += seconds
        panel.set_progress("1", done, total=100)
        if seconds == 1:
            assert not [text for text in texts(panel) if "left" in text], "a second is too short to tell"
    assert "20 s left" in texts(panel)
    panel.add_job("2", "Detect climber")
    panel.set_progress("2", 0, total=1000)
    clock.now += 60
    panel.set_progress("2", 1, total=1000)
    assert len([text for text in texts(panel) if "left" in text]) == 1, "one frame of a thousand does not tell"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.2, "1 s left"), (42, "42 s left"), (60, "1 min 0 s left"), (1500, "25 min left"), (7500, "2 h 5 min left")],
)
def test_durations_are_readable(seconds, words):
    assert time_left(seconds) == words


def test_nobody_knows_how_long_without_a_total(panel, clock):
    panel.add_job("1", "Detect climber")
    panel.set_progress("1", 0, total=0)
    clock.now += 5
    panel.set_progress("1", 7, total=0, message="Reading")
    assert not [text for text in texts(panel) if "left" in text]


def test_cancel_asks_once_and_says_so(qtbot, panel):
    panel.add_job("7", "Fit body")
    with qtbot.waitSignal(panel.cancel_requested) as seen:
        qtbot.mouseClick(button(panel, "Cancel"), Qt.MouseButton.LeftButton)
    assert seen.args == ["7"]
    assert not button(panel, "Cancel").isEnabled()
    assert "Stopping" in texts(panel)


def test_a_failure_shows_its_reason_and_unfolds_the_rest(qtbot, panel):
    panel.add_job("7", "Fit body")
    panel.set_state("7", JobState.FAILED, detail="There is no track.\nTraceback\nJobError")
    assert "Failed" in texts(panel) and "There is no track." in texts(panel)
    log = panel.findChild(QPlainTextEdit)
    assert not log.isVisible()
    qtbot.mouseClick(button(panel, "Details"), Qt.MouseButton.LeftButton)
    assert log.isVisible() and "Traceback" in log.toPlainText()
    assert button(panel, "Cancel") is None
    with qtbot.waitSignal(panel.retry_requested) as seen:
        qtbot.mouseClick(button(panel, "Try again"), Qt.MouseButton.LeftButton)
    assert seen.args == ["7"]


def test_the_log_grows_while_the_job_runs(qtbot, panel):
    panel.add_job("7", "Fit body")
    panel.append_log("7", "stage 1")
    panel.append_log("7", "stage 2")
    assert panel.findChild(QPlainTextEdit).toPlainText() == "stage 1\nstage 2"
    assert button(panel, "Details") is not None


def test_a_finished_job_can_be_dismissed(qtbot, panel):
    panel.add_job("7", "Fit body")
    panel.set_state("7", JobState.FINISHED, detail="377 frames")
    assert button(panel, "Try again") is None
    with qtbot.waitSignal(panel.dismissed) as seen:
        qtbot.mouseClick(button(panel, "Take Fit body off the list"), Qt.MouseButton.LeftButton)
    assert seen.args == ["7"]
    assert "Nothing is running" in "".join(texts(panel))


def test_a_job_tried_again_starts_afresh_and_late_news_of_an_unknown_one_are_ignored(panel):
    panel.add_job("7", "Fit body")
    panel.set_state("7", JobState.FAILED, detail="no")
    panel.add_job("7", "Fit body")
    panel.set_progress("8", 1, total=2, message="ghost")
    panel.set_state("8", JobState.FAILED, detail="ghost")
    assert texts(panel).count("Fit body") == 1
    assert "ghost" not in texts(panel)
    assert button(panel, "Cancel").isEnabled()


def test_the_status_shows_one_job_and_cancels_it(qtbot):
    status = JobsStatus()
    qtbot.addWidget(status)
    assert status.isHidden()
    status.set_job("3", "Fit body", fraction=0.63, more=1)
    assert status.isVisible()
    assert button(status, "Fit body 63 % (and 1 more)") is not None
    with qtbot.waitSignal(status.cancel_requested) as seen:
        qtbot.mouseClick(button(status, "Cancel Fit body"), Qt.MouseButton.LeftButton)
    assert seen.args == ["3"]
    with qtbot.waitSignal(status.details_requested):
        qtbot.mouseClick(button(status, "Fit body 63 % (and 1 more)"), Qt.MouseButton.LeftButton)
    status.clear()
    assert status.isHidden()
