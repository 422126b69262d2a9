"""An hour of scrubbing in the real window, as fast as the computer goes: the memory stays what it was."""

import os
import time
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QTimer
from pytestqt.qtbot import QtBot

from app.main_window import MainWindow
from app.settings import Settings

PICTURES = 36_000
"""Ten a second for an hour."""
_SETTLED = 12_000
"""By then the caches are full: decoded frames, and pictures for the preview."""
_GROWTH_MB = 16


def resident_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


class Scrubber:
    """Asks for another frame of a clip as soon as the one before is on screen: jumps, runs both ways, previews."""

    def __init__(self, window: MainWindow) -> None:
        self._window = window
        self._generator = np.random.default_rng(5)
        self._frame, self._step, self._left = 0, 1, 0
        self.shown = 0
        self.memory_mb: dict[int, float] = {}
        window.frames.shown.connect(self._count)

    def go_on(self) -> None:
        clip = self._window.view.clip
        assert clip is not None
        if not self._left:
            self._frame = int(self._generator.integers(clip.n_frames))
            self._step, self._left = int(self._generator.choice([-7, -1, 1, 7])), int(self._generator.integers(1, 40))
            self._window.layout_.timeline.preview_wanted.emit(self._frame)
        self._left -= 1
        before = self._window.view.frame
        self._frame = (self._frame + self._step) % clip.n_frames
        self._window.layout_.timeline.frame_requested.emit(self._frame)
        if before == self._frame:  # it is on screen already
            QTimer.singleShot(0, self.go_on)

    def _count(self, _frame: int) -> None:
        self.shown += 1
        if self.shown % 1000 == 0:
            self.memory_mb[self.shown] = resident_mb()
        if self.shown < PICTURES:
            QTimer.singleShot(0, self.go_on)


@pytest.mark.benchmark
@pytest.mark.timeout(1800)
@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="asks Linux for the memory")
def test_an_hour_of_scrubbing_takes_no_more_memory(
    make_clip, tmp_path: Path, qtbot: QtBot, capsys: pytest.CaptureFixture[str]
) -> None:
    clip = make_clip(tmp_path / "climb.mp4", n_frames=1500, g=250, bf=3)
    window = MainWindow(Settings(auto_proxy=False, cache_mb=64), tmp_path / "settings.json")
    window.resize(1366, 768)
    with qtbot.waitExposed(window):
        window.show()
    window.open(clip)
    qtbot.waitUntil(lambda: window.layout_.video.frame_size != (0, 0), timeout=20_000)
    scrubber, start_s = Scrubber(window), time.perf_counter()
    scrubber.go_on()
    qtbot.waitUntil(lambda: scrubber.shown >= PICTURES, timeout=1_700_000)
    taken_s = time.perf_counter() - start_s
    window.close()
    window.deleteLater()
    settled, after = scrubber.memory_mb[_SETTLED], scrubber.memory_mb[PICTURES]
    with capsys.disabled():
        print(
            f"\nscrubbing, {PICTURES} pictures (ten a second for an hour) in {taken_s:.0f} s: {settled:.0f} MB after "
            f"the first {_SETTLED}, {after:.0f} MB after the last, {max(scrubber.memory_mb.values()):.0f} MB at most; "
            f"every 6000: {', '.join(f'{scrubber.memory_mb[n]:.0f}' for n in range(6000, PICTURES + 1, 6000))} MB"
        )
    assert after - settled < _GROWTH_MB
