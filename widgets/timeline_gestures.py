"""What a press on the timeline begins: scrubbing, panning, choosing a range, moving keyframes."""

from typing import Protocol

import numpy as np
from PySide6.QtCore import QPointF, Qt

from widgets.timeline_data import KeyframeMove, LaneData
from widgets.timeline_events import event_at
from widgets.timeline_layout import Lanes
from widgets.timeline_view import Scale, Viewport, nearest

_SNAP_PX = 6
_EDGE_PX = 4


class Stage(Protocol):
    """What gestures need of the timeline."""

    @property
    def data(self) -> LaneData:
        """What is shown."""

    @property
    def lanes(self) -> Lanes:
        """Where the lanes lie."""

    @property
    def scale(self) -> Scale:
        """Where the frames lie."""

    @property
    def viewport(self) -> Viewport:
        """The frames in view; tell `moved_view` after changing it."""

    def frame_at(self, x: float) -> int:
        """Return the frame at an x."""

    def go_to(self, frame: int) -> None:
        """Ask for a frame."""

    def moved_view(self) -> None:
        """Show what is in view now."""

    def preview_range(self, frames: tuple[int, int] | None) -> None:
        """Show a range that is not chosen yet."""

    def choose_range(self, first: int, last: int) -> None:
        """Ask for a range."""

    def preview_move(self, move: KeyframeMove | None) -> None:
        """Show where keyframes would come to lie."""

    def move_keyframes(self, move: KeyframeMove) -> None:
        """Ask for keyframes to be moved."""


class Gesture:
    """One press, until the button is let go."""

    threshold_px = 2.0
    """How far the mouse moves before it counts."""

    def __init__(self, stage: Stage, x: float) -> None:
        self._stage, self._x = stage, x

    def move(self, x: float, *, control: bool) -> None:
        """Follow the mouse; `control` tells whether Ctrl is held."""

    def release(self, *, moved: bool) -> None:
        """Carry out what was shown; without having moved it was a click."""

    def cancel(self) -> None:
        """Take back what was shown."""


class Scrub(Gesture):
    """Goes to every frame below the mouse."""

    def move(self, x: float, *, control: bool) -> None:
        """Go to the frame below."""
        self._stage.go_to(self._stage.frame_at(x))


class Pan(Gesture):
    """Moves along the clip; a click on the ruler goes to its frame."""

    def __init__(self, stage: Stage, x: float, *, click: bool) -> None:
        super().__init__(stage, x)
        self._frame = stage.frame_at(x) if click else None

    def move(self, x: float, *, control: bool) -> None:
        """Keep what was pressed below the mouse."""
        self._stage.viewport.pan((self._x - x) / self._stage.scale.px)
        self._x = x
        self._stage.moved_view()

    def release(self, *, moved: bool) -> None:
        """Go to a frame that was clicked."""
        if not moved and self._frame is not None:
            self._stage.go_to(self._frame)


class Overview(Gesture):
    """Takes the frame around what is in view along the bar of the whole clip."""

    def __init__(self, stage: Stage, x: float) -> None:
        super().__init__(stage, x)
        view, place = stage.viewport.view, self._place(x)
        if not view.first <= place < view.end:
            self._center(place)
        self._held = place - stage.viewport.view.first

    def move(self, x: float, *, control: bool) -> None:
        """Show another part of the clip."""
        view = self._stage.viewport.view
        self._stage.viewport.show(self._place(x) - self._held, view.n_frames)
        self._stage.moved_view()

    def _place(self, x: float) -> float:
        area = self._stage.lanes.overview
        return (x - area.left()) / max(area.width(), 1) * self._stage.data.n_frames

    def _center(self, place: float) -> None:
        n_frames = self._stage.viewport.view.n_frames
        self._stage.viewport.show(place - n_frames / 2, n_frames)
        self._stage.moved_view()


class SelectRange(Gesture):
    """Chooses the frames between where it began and the mouse."""

    def __init__(self, stage: Stage, x: float, *, anchor: int) -> None:
        super().__init__(stage, x)
        self._anchor = anchor
        self._range: tuple[int, int] | None = None

    def move(self, x: float, *, control: bool) -> None:
        """Show the range."""
        low, high = sorted((self._anchor, self._stage.frame_at(x)))
        self._range = (low, high)
        self._stage.preview_range(self._range)

    def release(self, *, moved: bool) -> None:
        """Choose it."""
        self._stage.preview_range(None)
        if self._range is not None:
            self._stage.choose_range(*self._range)

    def cancel(self) -> None:
        """Choose nothing."""
        self._stage.preview_range(None)


class MoveKeyframes(Gesture):
    """Moves keyframes in time, or copies them with Ctrl: the one pressed, or those of the range it lies in."""

    threshold_px = 5.0

    def __init__(self, stage: Stage, x: float, *, frame: int, lane: int) -> None:
        super().__init__(stage, x)
        frames, chosen = stage.data.lane(lane).keyframes, stage.data.range
        moving = (frame,)
        if chosen is not None and chosen[0] <= frame <= chosen[1]:
            inside = frames[(frames >= chosen[0]) & (frames <= chosen[1])]
            moving = tuple(inside.tolist())
        self._grip = stage.frame_at(x)
        self._move = KeyframeMove(moving, 0, lane)

    def move(self, x: float, *, control: bool) -> None:
        """Show where they would lie; they never leave the clip."""
        frames, n_frames = self._move.frames, self._stage.data.n_frames
        offset = self._stage.frame_at(x) - self._grip
        offset = min(max(offset, -frames[0]), n_frames - 1 - frames[-1])
        self._move = KeyframeMove(frames, offset, self._move.lane, copy=control)
        self._stage.preview_move(self._move)

    def release(self, *, moved: bool) -> None:
        """Move them."""
        self._stage.preview_move(None)
        if moved and self._move.offset:
            self._stage.move_keyframes(self._move)

    def cancel(self) -> None:
        """Leave them where they are."""
        self._stage.preview_move(None)


def begin(stage: Stage, position: QPointF, *, button: Qt.MouseButton, modifiers: Qt.KeyboardModifier) -> Gesture | None:
    """Return what a press begins; a press on something that lies at one frame goes there."""
    x, lanes = position.x(), stage.lanes
    if button == Qt.MouseButton.MiddleButton:
        return Pan(stage, x, click=False)
    if button != Qt.MouseButton.LeftButton or x < lanes.left - _SNAP_PX:
        return None
    if lanes.overview.contains(position):
        return Overview(stage, x)
    if modifiers & Qt.KeyboardModifier.ShiftModifier:
        return SelectRange(stage, x, anchor=stage.frame_at(x))
    other_end = range_edge_at(stage, position)
    if other_end is not None:
        return SelectRange(stage, x, anchor=other_end)
    event = event_at(stage.scale, stage.data.events, area=lanes.events, position=position)
    if event is not None:
        stage.go_to(stage.data.events[event].frame)
        return Gesture(stage, x)
    keyframe = keyframe_at(stage, position)
    if keyframe is not None:
        frame, lane = keyframe
        stage.go_to(frame)
        return MoveKeyframes(stage, x, frame=frame, lane=lane)
    if lanes.ruler.contains(position) and stage.viewport.zoomed:
        return Pan(stage, x, click=True)
    doubt = doubt_at(stage, position)
    stage.go_to(stage.frame_at(x) if doubt is None else doubt)
    return Scrub(stage, x)


def keyframe_at(stage: Stage, position: QPointF) -> tuple[int, int] | None:
    """Return the keyframe whose mark is at a position, and its lane (-1: all joints).

    Where marks lie so close that nobody could tell which one is meant, there is none.
    """
    lane = stage.lanes.keyframe_lane_at(position)
    if lane is None:
        return None
    frames = stage.data.lane(lane).keyframes
    frame = nearest(frames, stage.frame_at(position.x()))
    if frame is None or not _touches(stage, frame, position=position):
        return None
    at = int(np.searchsorted(frames, frame))
    around = np.diff(frames[max(at - 1, 0) : at + 2])
    return (frame, lane) if not len(around) or around.min() * stage.scale.px >= _SNAP_PX else None


def doubt_at(stage: Stage, position: QPointF) -> int | None:
    """Return the suspicious frame whose mark is at a position."""
    if not (stage.lanes.doubts & stage.lanes.rolling).contains(position):
        return None
    frame = nearest(stage.data.doubts.frames, stage.frame_at(position.x()))
    return frame if frame is not None and _touches(stage, frame, position=position) else None


def range_edge_at(stage: Stage, position: QPointF) -> int | None:
    """Return the other end of the chosen range where a position on the ruler is at one of its ends."""
    chosen = stage.data.range
    if chosen is None or not stage.lanes.ruler.contains(position):
        return None
    for end, other, edge in ((chosen[0], chosen[1], 0), (chosen[1], chosen[0], 1)):
        if abs(stage.scale.edge(end + edge) - position.x()) <= _EDGE_PX:
            return other
    return None


def _touches(stage: Stage, frame: int, *, position: QPointF) -> bool:
    return abs(stage.scale.middle(frame) - position.x()) <= _SNAP_PX
