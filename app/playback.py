"""Playing by presentation time, forwards or backwards: frames are skipped, never queued."""

import numpy as np
from PySide6.QtCore import QElapsedTimer, QObject, Qt, QTimer, Signal

from app.frame_source import FrameSource
from app.view_state import ViewState

_TICK_MS = 4
_SHOWN_PER_S = 60
"""What comes quicker than this nobody sees: of such frames only some are prepared."""
_STEADY_SPEED = 2.0
"""Up to this speed frames are decoded as fast as they are shown, so the proxy stays out."""


class Playback(QObject):
    """Moves `ViewState.frame` along the clip's own timestamps while it plays."""

    playing_changed = Signal(bool)
    dropped_changed = Signal(int)
    """Frames that were due since playing began but never shown, because decoding or painting took too long."""

    def __init__(self, view: ViewState, frames: FrameSource, *, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._view, self._frames = view, frames
        self._speed = 1.0
        self._direction = 1
        self._loop = False
        self._start_s = 0.0
        self._waiting = False
        self._dropped = 0
        self._clock = QElapsedTimer()
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(_TICK_MS)
        self._timer.timeout.connect(self._tick)
        self._own_step = False
        self._times_s, self._frame_s = np.zeros(1), 0.04
        view.clip_changed.connect(self._take_clip)
        view.frame_changed.connect(self._moved)

    @property
    def playing(self) -> bool:
        """Whether it plays."""
        return self._timer.isActive()

    @property
    def backwards(self) -> bool:
        """Whether it plays, or played last, backwards."""
        return self._direction < 0

    @property
    def dropped(self) -> int:
        """Frames that were due but not shown since playing began."""
        return self._dropped

    def toggle(self) -> None:
        """Play or pause; at the end it starts again."""
        if self.playing:
            self.pause()
        else:
            self._play(1)

    def toggle_backwards(self) -> None:
        """Play backwards, also out of playing forwards, or pause."""
        if self.playing and self.backwards:
            self.pause()
        else:
            self._play(-1)

    def pause(self) -> None:
        """Stop where it is."""
        if self.playing:
            self._timer.stop()
            self._frames.set_playing(0)
            self.playing_changed.emit(False)

    def set_speed(self, speed: float) -> None:
        """Play at a multiple of real time."""
        self._speed = speed
        self._restart()

    def set_loop(self, *, loop: bool) -> None:
        """Play the selected range, or the clip, again and again; or to the end of the clip once."""
        self._loop = loop

    def _play(self, direction: int) -> None:
        clip = self._view.clip
        if clip is None:
            return
        self._direction = direction
        first, last = self._bounds(clip.n_frames)
        start, end = (first, last) if direction > 0 else (last, first)
        if not first <= self._view.frame <= last or self._view.frame == end:
            self._jump(start)
        self._count_dropped(-self._dropped)
        self._timer.start()
        self._restart()
        self.playing_changed.emit(True)

    def _bounds(self, n_frames: int) -> tuple[int, int]:
        """The frames that are played: a loop keeps to the selected range."""
        return (self._view.range if self._loop else None) or (0, n_frames - 1)

    def _restart(self) -> None:
        """Let time go on from the frame on screen, as soon as it is there."""
        self._waiting = True
        step = max(1, round(self._speed / (self._frame_s * _SHOWN_PER_S))) if self.playing else 0
        self._frames.set_playing(self._direction * step, steady=self._direction > 0 and self._speed <= _STEADY_SPEED)

    def _moved(self) -> None:
        if self.playing and not self._own_step:
            self._restart()

    def _tick(self) -> None:
        clip = self._view.clip
        if clip is None or self._frames.busy:
            return
        if self._waiting:
            self._begin()
        elapsed_s = self._clock.nsecsElapsed() / 1e9 * self._speed
        now_s = self._start_s + self._direction * elapsed_s
        first, last = self._bounds(clip.n_frames)
        times = self._times_s
        if now_s >= times[last] + self._frame_s or now_s < times[first]:
            self._end(first, last)
            return
        frame = int(np.searchsorted(times, now_s + 1e-9, side="right")) - 1
        frame = min(max(frame, first), last)
        if frame != self._view.frame:
            self._count_dropped(max(abs(frame - self._view.frame) - 1, 0))
            self._jump(frame)

    def _begin(self) -> None:
        """Start the clock with the frame on screen, from where it has its whole time before it."""
        times, frame = self._times_s, self._view.frame
        if self._direction > 0:
            self._start_s = float(times[frame])
        else:
            follows = frame + 1 < len(times)
            self._start_s = float(times[frame + 1] if follows else times[frame] + self._frame_s) - 1e-6
        self._clock.restart()
        self._waiting = False

    def _end(self, first: int, last: int) -> None:
        start, end = (first, last) if self._direction > 0 else (last, first)
        left_out = abs(end - self._view.frame)
        if self._loop:
            self._count_dropped(left_out)
            self._jump(start)
            self._restart()
        else:
            self._count_dropped(max(left_out - 1, 0))
            self._jump(end)
            self.pause()

    def _take_clip(self) -> None:
        self.pause()
        clip = self._view.clip
        if clip is not None:
            self._times_s, self._frame_s = clip.timeline.times_s, 1 / clip.timeline.fps

    def _jump(self, frame: int) -> None:
        self._own_step = True
        self._view.show_frame(frame)
        self._own_step = False

    def _count_dropped(self, count: int) -> None:
        if count:
            self._dropped += count
            self.dropped_changed.emit(self._dropped)
