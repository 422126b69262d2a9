"""A drive that does not answer: the window says so, goes on, and can be closed."""

import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPointF, QTimer
from pytestqt.qtbot import QtBot

from annotation.edits import Change, ChangeKind
from annotation.project import Project
from annotation.store import DATABASE, Access
from app.actions import Act

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="file leases are Linux's")

CORNERS = [(40, 20), (160, 20), (160, 100), (40, 100)]
PATIENCE_S = 20
"""Less than the system lets a file hang, more than any machine takes for a click."""
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


def test_a_wall_is_clicked_and_a_body_fitted_while_the_video_hangs(
    qtbot: QtBot, open_window, predicted: Path, video: Path, hang
) -> None:
    drive = hang(video)
    window = open_window(predicted, wait=False)
    qtbot.waitUntil(lambda: window.view.track is not None)
    window.layout_.video.set_frame(np.zeros((1, 1, 3), np.uint8), size=(200, 120))
    panel = window.layout_.facts
    panel.corners_requested.emit(1.0, 1.0)
    start = time.monotonic()
    window.presenters.bodies.facts._picker.picked.emit([QPointF(x, y) for x, y in CORNERS])
    assert window.view.track.facts.walls
    window.actions_[Act.FIT].trigger()
    assert time.monotonic() - start < PATIENCE_S, "it waited for the drive"
    qtbot.waitUntil(lambda: window.jobs.waited_for() != [])
    drive.answer()


def test_what_an_earlier_project_did_not_keep_of_the_lens_is_looked_up_behind_the_window(
    qtbot: QtBot, open_window, predicted: Path, video: Path, hang
) -> None:
    with sqlite3.connect(predicted / DATABASE) as database:
        database.execute("UPDATE clips SET film_mm = NULL")
    drive = hang(video)
    window = open_window(predicted, wait=False)
    qtbot.waitUntil(lambda: window.view.track is not None)
    drive.answer()
    qtbot.waitUntil(lambda: all(clip.film_mm == 0 for clip in window.document.project.clips.values()))


def test_lenses_on_a_drive_that_never_answers_keep_no_work_from_its_turn(
    qtbot: QtBot, open_window, predicted: Path, video: Path, hang
) -> None:
    with sqlite3.connect(predicted / DATABASE) as database:
        database.execute("UPDATE clips SET film_mm = NULL")
    hang(video)
    window = open_window(predicted, wait=False)
    qtbot.waitUntil(lambda: window.view.track is not None)
    for _ in range(4):
        window.document.edited.emit(Change(ChangeKind.CLIPS))
    done = []
    window.background.run(lambda: "done", done=done.append, failed=pytest.fail)
    qtbot.waitUntil(lambda: done == ["done"])


def test_a_lens_nobody_could_look_up_is_looked_up_once_the_video_is_relinked(
    qtbot: QtBot, open_window, predicted: Path, video: Path
) -> None:
    with sqlite3.connect(predicted / DATABASE) as database:
        database.execute("UPDATE clips SET film_mm = NULL")
    moved = video.rename(video.with_name("moved.mp4"))
    window = open_window(predicted, wait=False)
    qtbot.waitUntil(lambda: window.view.track is not None)
    window.projects.relink_to(moved)
    qtbot.waitUntil(lambda: all(clip.film_mm == 0 for clip in window.document.project.clips.values()))
