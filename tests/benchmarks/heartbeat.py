"""How long a window does not come back to its events."""

import os
import time
from pathlib import Path

import numpy as np
from PySide6.QtCore import QTimer
from pytestqt.qtbot import QtBot

BLOCKED_MS = 50
"""Longer than this a window is never held up."""

QUIET_MS = 20
"""Gaps of a window at rest above this are other programs' doing; the clock says nothing then."""


GUI_THREAD = f"self/task/{os.getpid()}"


def queued_ms(task: str = GUI_THREAD) -> float:
    """How long a thread could have run but had no processor; 0 where the system does not tell."""
    try:
        return int(Path(f"/proc/{task}/schedstat").read_text().split()[1]) / 1e6
    except OSError:
        return 0.0


class Heartbeat:
    """How long the GUI thread did not come back to its events, in milliseconds.

    By the clock, which counts as well what other processes take away; less what the system made it wait for a
    processor, where it tells (Linux); and at work itself.
    """

    def __init__(self) -> None:
        self.gaps_ms: list[float] = []
        self.held_ms: list[float] = []
        self.work_ms: list[float] = []
        self._last, self._last_work = time.perf_counter(), time.thread_time()
        self._last_queued_ms = queued_ms()
        self._timer = QTimer(interval=5)
        self._timer.timeout.connect(self._beat)
        self._timer.start()

    def _beat(self) -> None:
        now, work, queued = time.perf_counter(), time.thread_time(), queued_ms()
        self.gaps_ms.append(1000 * (now - self._last))
        self.held_ms.append(self.gaps_ms[-1] - (queued - self._last_queued_ms))
        self.work_ms.append(1000 * (work - self._last_work))
        self._last, self._last_work, self._last_queued_ms = now, work, queued

    def stop(self) -> None:
        self._timer.stop()

    def words(self, idle_ms: float) -> str:
        return (
            f"the window was at work for {max(self.work_ms):.0f} ms at most (limit {BLOCKED_MS}), held up for "
            f"{max(self.held_ms):.0f} ms, with what other programs took {max(self.gaps_ms):.0f} ms, 99 % "
            f"{np.percentile(self.gaps_ms, 99):.0f} ms (at rest {idle_ms:.0f} ms)"
        )

    def check(self, idle_ms: float) -> None:
        assert max(self.work_ms) < BLOCKED_MS
        if idle_ms < QUIET_MS:  # else other programs hold the processor, and the clock says nothing about the window
            assert max(self.held_ms) < BLOCKED_MS


def longest_gap_at_rest(qtbot: QtBot) -> float:
    """What other programs take away, in milliseconds; the first seconds build caches of the window itself."""
    qtbot.wait(3000)
    rest = Heartbeat()
    qtbot.wait(3000)
    rest.stop()
    return max(rest.gaps_ms)
