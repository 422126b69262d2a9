"""Playing in the real window: the picture is the frame that is named, in time, both ways, in loops."""

import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QGraphicsPixmapItem
from pytestqt.qtbot import QtBot

from app.actions import Act
from app.main_window import MainWindow
from widgets.frame_field import FrameField

N_FRAMES = 60


class Screen:
    """Writes down what was on screen: frame named, frame read from the picture, seconds."""

    def __init__(self, window: MainWindow, read_code: Callable) -> None:
        self._window, self._read_code = window, read_code
        self.seen: list[tuple[int, int, float]] = []
        window.frames.shown.connect(self._note)

    def _note(self, frame: int) -> None:
        self.seen.append((frame, picture_code(self._window, self._read_code), time.perf_counter()))

    @property
    def frames(self) -> list[int]:
        return [frame for frame, _, _ in self.seen]


def picture_code(window: MainWindow, read_code: Callable) -> int:
    """Read the frame number from the picture on screen."""
    items = [item for item in window.layout_.video.scene().items() if isinstance(item, QGraphicsPixmapItem)]
    picture = max((item.pixmap() for item in items), key=lambda pixmap: pixmap.width())
    image = picture.toImage().convertToFormat(QImage.Format.Format_RGB888)
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
    return read_code(rows[:, : image.width() * 3].reshape(image.height(), image.width(), 3).copy())


def play_to_end(qtbot: QtBot, window: MainWindow, act: Act) -> float:
    """Play until it stops by itself; return how long it took."""
    start = time.perf_counter()
    window.actions_[act].trigger()
    assert window.playback.playing
    qtbot.waitUntil(lambda: not window.playback.playing, timeout=20_000)
    took_s = time.perf_counter() - start
    qtbot.waitUntil(lambda: not window.source.busy)
    return took_s


@pytest.mark.parametrize("speed", [1.0, 4.0])
def test_forwards_the_picture_is_the_frame_named_and_none_is_lost_from_the_count(
    qtbot: QtBot, open_window, video: Path, read_code, speed: float
) -> None:
    window = open_window(video)
    window.playback.set_speed(speed)
    screen = Screen(window, read_code)
    took_s = play_to_end(qtbot, window, Act.PLAY)
    assert [code for _, code, _ in screen.seen] == screen.frames
    assert screen.frames == sorted(screen.frames)
    assert screen.frames[-1] == window.view.frame == N_FRAMES - 1
    assert len(set(screen.frames) | {0}) + window.playback.dropped == N_FRAMES
    assert took_s > 0.9 * N_FRAMES / 25 / speed, "it plays in real time, not as fast as it can"


def test_backwards_frames_come_in_reverse(qtbot: QtBot, open_window, video: Path, read_code) -> None:
    window = open_window(video)
    window.playback.set_speed(2.0)
    window.view.show_frame(N_FRAMES - 1)
    qtbot.waitUntil(lambda: not window.source.busy)
    screen = Screen(window, read_code)
    play_to_end(qtbot, window, Act.PLAY_BACK)
    assert [code for _, code, _ in screen.seen] == screen.frames
    assert screen.frames == sorted(screen.frames, reverse=True)
    assert screen.frames[-1] == window.view.frame == 0
    assert len(set(screen.frames) | {N_FRAMES - 1}) + window.playback.dropped == N_FRAMES


@pytest.mark.parametrize("act", [Act.PLAY, Act.PLAY_BACK])
def test_a_loop_stays_between_in_and_out(qtbot: QtBot, open_window, video: Path, read_code, act: Act) -> None:
    window = open_window(video)
    window.view.show_frame(10)
    window.actions_[Act.RANGE_START].trigger()
    window.view.show_frame(15)
    window.actions_[Act.RANGE_END].trigger()
    assert window.layout_.timeline._data.range == (10, 15)
    window.actions_[Act.LOOP].trigger()
    qtbot.waitUntil(lambda: not window.source.busy)
    screen = Screen(window, read_code)
    window.actions_[act].trigger()
    step = 1 if act is Act.PLAY else -1

    def wraps() -> int:
        return sum((b - a) * step < 0 for a, b in zip(screen.frames, screen.frames[1:], strict=False))

    qtbot.waitUntil(lambda: wraps() >= 2, timeout=10_000)
    window.actions_[act].trigger()
    assert not window.playback.playing
    assert set(screen.frames) <= set(range(10, 16))
    assert [code for _, code, _ in screen.seen] == screen.frames
    window.actions_[Act.CLEAR_RANGE].trigger()
    assert window.layout_.timeline._data.range is None


def test_playing_follows_the_timestamps_of_a_variable_rate(
    qtbot: QtBot, open_window, make_clip, tmp_path: Path, read_code
) -> None:
    times_ms = [*range(0, 200, 40), *range(900, 1100, 40)]
    window = open_window(make_clip(tmp_path / "variable.mp4", n_frames=len(times_ms), times_ms=times_ms))
    screen = Screen(window, read_code)
    play_to_end(qtbot, window, Act.PLAY)
    at_s = {frame: seconds for frame, _, seconds in screen.seen}
    assert at_s[5] - at_s[4] > 0.6, "frame 4 stays for the 740 ms it is meant to"
    assert [code for _, code, _ in screen.seen] == screen.frames


def test_speed_changes_while_playing_do_not_jump(qtbot: QtBot, open_window, video: Path, read_code) -> None:
    window = open_window(video)
    screen = Screen(window, read_code)
    window.actions_[Act.PLAY].trigger()
    qtbot.waitUntil(lambda: window.view.frame >= 10, timeout=10_000)
    before = window.view.frame
    window.actions_[Act.SLOWER].trigger()
    assert window.view.frame == before
    qtbot.waitUntil(lambda: window.view.frame > before, timeout=10_000)
    window.actions_[Act.PLAY].trigger()
    assert screen.frames == sorted(screen.frames)


def keys_of(window: MainWindow, frames: Sequence[Act]) -> list[int]:
    reached = []
    for act in frames:
        window.actions_[act].trigger()
        reached.append(window.view.frame)
    return reached


def test_key_frames_of_the_file_are_reached(open_window, make_clip, tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "keys.mp4", n_frames=30, g=10, keyint_min=10, sc_threshold=0, bf=0)
    window = open_window(clip)
    forward, back = Act.NEXT_CODEC_KEY, Act.PREVIOUS_CODEC_KEY
    assert keys_of(window, [forward, forward, forward, back, back, back]) == [10, 20, 20, 10, 0, 0]


@pytest.mark.parametrize(("text", "frame"), [("41", 41), ("0:01.0", 25), ("1.48", 37), ("9:00", N_FRAMES - 1)])
def test_a_typed_frame_or_time_is_gone_to(qtbot: QtBot, open_window, video: Path, text: str, frame: int) -> None:
    window = open_window(video)
    window.activateWindow()
    window.actions_[Act.GO_TO].trigger()
    field = window.layout_.transport.findChild(FrameField)
    qtbot.keyClicks(field, text)
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert window.view.frame == frame
    assert not field.hasFocus()


def test_the_status_line_says_what_is_on_screen(qtbot: QtBot, open_window, video: Path) -> None:
    window = open_window(video)
    window.view.show_frame(12)
    status = window.layout_.video_status
    qtbot.waitUntil(lambda: "frame 12  00:00.480" in status.text)
    for words in ("25 fps", "h264", "200 × 120", "0 dropped"):
        assert words in status.text
    qtbot.waitUntil(lambda: "cache" in status.text)
