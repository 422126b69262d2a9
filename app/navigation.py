"""Moving through the clip: frames, strides, speed, and the widgets that show where one is."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable

import numpy as np
from PySide6.QtCore import QObject

from app.actions import Act
from app.playback import Playback
from app.view_state import ViewState
from widgets.timeline import Timeline
from widgets.transport import SPEEDS, Transport


class Navigation(QObject):
    """Keeps transport and timeline in step with `ViewState` and turns their wishes into frames."""

    def __init__(
        self,
        view: ViewState,
        playback: Playback,
        *,
        timeline: Timeline,
        transport: Transport,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._view, self._playback = view, playback
        self._timeline, self._transport = timeline, transport
        self._speed = 1.0
        self._times_s = np.zeros(1)
        self._damaged: set[int] = set()
        view.clip_changed.connect(self._show_clip)
        view.frame_changed.connect(self._show_position)
        playback.playing_changed.connect(self._show_playing)
        timeline.frame_requested.connect(view.show_frame)
        timeline.range_selected.connect(view.select_range)
        view.range_changed.connect(lambda: timeline.set_range(view.range))
        transport.frame_requested.connect(view.show_frame)
        transport.speed_changed.connect(self._set_speed)

    def handlers(self) -> dict[Act, Callable[[], object]]:
        """Return what the actions about moving do."""
        return {
            Act.PLAY: self._playback.toggle,
            Act.PLAY_BACK: self._playback.toggle_backwards,
            Act.STEP_FORWARD: lambda: self._step(1),
            Act.STEP_BACK: lambda: self._step(-1),
            Act.STRIDE_FORWARD: lambda: self._stride(1),
            Act.STRIDE_BACK: lambda: self._stride(-1),
            Act.FIRST: lambda: self._view.show_frame(0),
            Act.LAST: self._to_last,
            Act.GO_TO: self._transport.edit_frame,
            Act.NEXT_CODEC_KEY: lambda: self._to_codec_key(1),
            Act.PREVIOUS_CODEC_KEY: lambda: self._to_codec_key(-1),
            Act.RANGE_START: self._start_range,
            Act.RANGE_END: self._end_range,
            Act.SELECT_BETWEEN: self._select_between,
            Act.CLEAR_RANGE: self._view.clear_range,
            Act.FASTER: lambda: self._change_speed(1),
            Act.SLOWER: lambda: self._change_speed(-1),
        }

    def mark_damaged(self, frames: frozenset[int]) -> None:
        """Mark frames on the timeline that cannot be decoded."""
        if not self._damaged.issuperset(frames):
            self._damaged.update(frames)
            self._timeline.set_marks("damaged", sorted(self._damaged))

    def _show_clip(self) -> None:
        clip = self._view.clip
        self._damaged.clear()
        if clip is None:
            self._transport.set_clip(0, 25.0, variable_fps=False)
            self._timeline.set_length(0, fps=25.0)
            return
        timeline = clip.timeline
        self._times_s = timeline.times_s
        self._transport.set_clip(clip.n_frames, timeline.fps, variable_fps=timeline.variable, times_s=self._times_s)
        self._timeline.set_length(
            clip.n_frames, fps=timeline.fps, times_s=self._times_s, aspect=clip.size[0] / clip.size[1]
        )
        self._show_position(self._view.frame)

    def _show_position(self, frame: int) -> None:
        clip = self._view.clip
        if clip is not None:
            self._transport.set_frame(frame, time_s=float(self._times_s[frame]))
            self._timeline.set_frame(frame)

    def _step(self, frames: int) -> None:
        self._playback.pause()
        self._view.show_frame(self._view.frame + frames)

    def _stride(self, direction: int) -> None:
        """Go to the next frame of the keyframe grid, which begins at frame 0."""
        track = self._view.track
        if track is not None:
            cell = self._view.frame // track.stride if direction > 0 else -(-self._view.frame // track.stride)
            self._step((cell + direction) * track.stride - self._view.frame)

    def _show_playing(self, playing: bool) -> None:  # noqa: FBT001 - a slot of a signal
        self._transport.set_playing(playing=playing, backwards=self._playback.backwards)

    def _start_range(self) -> None:
        clip, frame, chosen = self._view.clip, self._view.frame, self._view.range
        if clip is not None:
            self._view.select_range(frame, clip.n_frames - 1 if chosen is None or chosen[1] < frame else chosen[1])

    def _end_range(self) -> None:
        frame, chosen = self._view.frame, self._view.range
        self._view.select_range(0 if chosen is None or chosen[0] > frame else chosen[0], frame)

    def _select_between(self) -> None:
        """Select from the keyframe before (or at) this frame to the next one; the clip ends where there is none."""
        clip, track, frame = self._view.clip, self._view.track, self._view.frame
        if clip is not None and track is not None:
            keyframes = track.table.keyframes()
            at = bisect_right(keyframes, frame)
            first = int(keyframes[at - 1]) if at else 0
            self._view.select_range(first, int(keyframes[at]) if at < len(keyframes) else clip.n_frames - 1)

    def _to_codec_key(self, direction: int) -> None:
        """Go to the next or the previous frame that the codec stores whole."""
        clip = self._view.clip
        if clip is None:
            return
        keys = np.unique(np.searchsorted(clip.timeline.pts, clip.timeline.keyframe_pts)).tolist()
        frame = self._view.frame
        at = bisect_right(keys, frame) if direction > 0 else bisect_left(keys, frame) - 1
        if 0 <= at < len(keys):
            self._step(keys[at] - frame)

    def _to_last(self) -> None:
        clip = self._view.clip
        if clip is not None:
            self._view.show_frame(clip.n_frames - 1)

    def _change_speed(self, step: int) -> None:
        index = min(range(len(SPEEDS)), key=lambda n: abs(SPEEDS[n] - self._speed))
        self._set_speed(SPEEDS[min(max(index + step, 0), len(SPEEDS) - 1)])
        self._transport.set_speed(self._speed)

    def _set_speed(self, speed: float) -> None:
        self._speed = speed
        self._playback.set_speed(speed)
