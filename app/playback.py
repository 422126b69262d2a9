"""Playing by presentation time: frames are skipped, never queued."""

import numpy as np
from PySide6.QtCore import QElapsedTimer, QObject, Qt, QTimer, Signal

from app.frame_source import FrameSource
from app.view_state import ViewState

_TICK_MS = 4


class Playback(QObject):
    """Moves `ViewState.frame` along the clip's own timestamps while it plays."""

    playing_changed = Signal(bool)

    def __init__(self, view: ViewState, frames: FrameSource, *, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._view, self._frames = view, frames
        self._speed = 1.0
        self._loop = False
        self._range: tuple[int, int] | None = None
        self._start_s = 0.0
        self._clock = QElapsedTimer()
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(_TICK_MS)
        self._timer.timeout.connect(self._tick)
        self._own_step = False
        view.clip_changed.connect(self.pause)
        view.frame_changed.connect(self._moved)

    @property
    def playing(self) -> bool:
        """Whether it plays."""
        return self._timer.isActive()

    def toggle(self) -> None:
        """Play or pause; at the end it starts again."""
        clip = self._view.clip
        if self.playing or clip is None:
            self.pause()
            return
        first, last = self._bounds(clip.n_frames)
        if not first <= self._view.frame < last:
            self._view.show_frame(first)
        self._restart()
        self._timer.start()
        self.playing_changed.emit(True)

    def pause(self) -> None:
        """Stop where it is."""
        if self.playing:
            self._timer.stop()
            self.playing_changed.emit(False)

    def set_speed(self, speed: float) -> None:
        """Play at a multiple of real time."""
        self._speed = speed
        self._restart()

    def set_loop(self, *, loop: bool) -> None:
        """Begin again at the end of what is played, or stop there."""
        self._loop = loop

    def set_range(self, frames: tuple[int, int] | None) -> None:
        """Play only these frames (first and last), or the whole clip."""
        self._range = frames

    def _bounds(self, n_frames: int) -> tuple[int, int]:
        return self._range or (0, n_frames - 1)

    def _restart(self) -> None:
        clip = self._view.clip
        if clip is not None:
            self._start_s = float(clip.timeline.times_s[self._view.frame])
            self._clock.restart()

    def _moved(self) -> None:
        if self.playing and not self._own_step:
            self._restart()

    def _tick(self) -> None:
        clip = self._view.clip
        if clip is None or self._frames.busy:
            return
        times = clip.timeline.times_s
        now_s = self._start_s + self._clock.elapsed() / 1000 * self._speed
        first, last = self._bounds(clip.n_frames)
        if now_s >= times[last] + 1 / clip.timeline.fps:
            self._end(first, last)
            return
        frame = min(int(np.searchsorted(times, now_s + 1e-9, side="right") - 1), last)
        self._own_step = True
        self._view.show_frame(frame)
        self._own_step = False

    def _end(self, first: int, last: int) -> None:
        if self._loop:
            self._view.show_frame(first)
            self._restart()
        else:
            self._view.show_frame(last)
            self.pause()
