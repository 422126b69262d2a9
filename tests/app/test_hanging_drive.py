"""A drive that does not answer: the window says so, goes on, and can be closed."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QTimer
from pytestqt.qtbot import QtBot

from annotation.project import Project
from annotation.store import Access
from app.actions import Act

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="file leases are Linux's")

_HOLD = """
import fcntl, os, signal, sys
signal.signal(signal.SIGIO, signal.SIG_IGN)
fcntl.fcntl(os.open(sys.argv[1], os.O_RDWR), fcntl.F_SETLEASE, fcntl.F_WRLCK)
print("held", flush=True)
sys.stdin.read()
"""


class Hang:
    """Lets everybody who opens a file wait, as on a network drive that is gone, until it answers again."""

    def __init__(self, path: Path) -> None:
        command = [sys.executable, "-c", _HOLD, str(path)]
        self._holder = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self._holder.stdout is not None
        if self._holder.stdout.readline() != "held\n":
            pytest.skip("this file system knows no leases")

    def answer(self) -> None:
        self._holder.communicate()


@pytest.fixture
def hang() -> Iterator[Callable[[Path], Hang]]:
    """Let a file hang until the test ends, or says ``answer()``."""
    hangs: list[Hang] = []

    def make(path: Path) -> Hang:
        hangs.append(Hang(path))
        return hangs[-1]

    yield make
    for one in hangs:
        one.answer()


class Pulse:
    """Counts how often the window came back to its events."""

    def __init__(self) -> None:
        self.beats = 0
        self._timer = QTimer(interval=10)
        self._timer.timeout.connect(self._beat)
        self._timer.start()

    def _beat(self) -> None:
        self.beats += 1


def test_a_video_that_hangs_while_it_is_opened(qtbot: QtBot, open_window, video: Path, hang) -> None:
    window = open_window(None)
    drive, pulse = hang(video), Pulse()
    window.open(video)
    qtbot.waitUntil(lambda: "climb.mp4" in window.statusBar().currentMessage(), timeout=10_000)
    assert "does not answer" in window.statusBar().currentMessage()
    assert pulse.beats > 20
    drive.answer()
    qtbot.waitUntil(lambda: window.layout_.video.frame_size != (0, 0), timeout=10_000)
    assert window.statusBar().currentMessage() == ""


def test_a_project_whose_video_hangs_can_be_worked_on(
    qtbot: QtBot, open_window, predicted: Path, video: Path, hang
) -> None:
    drive = hang(video)
    window = open_window(predicted, wait=False)
    message = window.layout_.video._lines._labels["Message over the picture"]
    qtbot.waitUntil(lambda: "Waiting for frame 0" in message.text(), timeout=10_000)
    window.actions_[Act.LABEL_ALL].trigger()
    drive.answer()
    qtbot.waitUntil(lambda: window.source.exact and message.isHidden(), timeout=10_000)
    assert window.layout_.video.frame_size == (200, 120)
    window.close()
    with Project.open(predicted, access=Access.READ) as project:
        assert next(iter(project.tracks.values())).keyframes() == [0]


def test_a_job_on_a_video_that_hangs_starts_when_it_answers(
    qtbot: QtBot, open_window, predicted: Path, video: Path, hang
) -> None:
    drive, pulse = hang(video), Pulse()
    window = open_window(predicted, wait=False)
    qtbot.waitUntil(lambda: window.view.track is not None)
    window.actions_[Act.DETECT].trigger()
    qtbot.waitUntil(lambda: any("climb.mp4: its drive" in text for text in window.toasts.messages()), timeout=10_000)
    assert pulse.beats > 20
    assert window.jobs.waited_for() == []
    drive.answer()
    qtbot.waitUntil(lambda: window.jobs.waited_for() != [], timeout=10_000)


def test_a_window_whose_video_hangs_can_be_closed(
    qtbot: QtBot, open_window, predicted: Path, video: Path, tmp_path: Path, hang
) -> None:
    other = tmp_path / "other.mp4"
    other.write_bytes(video.read_bytes())
    for path in (video, other):
        hang(path)
    window = open_window(predicted, wait=False)
    qtbot.waitUntil(lambda: window.document.project is not None)
    window.open(other)
    assert window.close()
    assert not window.isVisible() and window.closing.hangs
