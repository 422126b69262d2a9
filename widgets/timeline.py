"""The clip over time, to be worked with: the mouse, the keys, and naming events in place."""

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QFocusEvent, QHelpEvent, QImage, QKeyEvent, QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QToolTip, QWidget

from annotation.labels import Event
from widgets.timeline_data import KeyframeMove, clock, words_at
from widgets.timeline_display import DESCRIPTION, TimelineDisplay
from widgets.timeline_events import EventField, chapter_area, event_at
from widgets.timeline_gestures import Gesture, begin, keyframe_at, range_edge_at
from widgets.timeline_strip import HoverPreview

_WHEEL_BASE = 1.0015
_ZOOM_STEP = 1.5


class Timeline(TimelineDisplay):
    """Shows where in the clip something is to be seen or done, and goes there.

    Click or drag: scrub. Drag a keyframe, or those of the range: move them in time, with Ctrl copy them. Shift+drag:
    choose a range; its ends can be dragged on the ruler. Wheel: zoom about the cursor. Shift+wheel, middle-drag, a drag
    on the ruler while zoomed in, or on the bar at the bottom: pan. A click on the name "keyframes" opens the lanes of
    the joint groups. Wheel over the names: scroll the lanes, where there are more than there is room for.
    """

    frame_requested = Signal(int)
    """Frame: clicked, or passed while dragging."""
    range_selected = Signal(int, int)
    """First and last frame of a range, both included."""
    keyframes_moved = Signal(object)
    """`KeyframeMove`: keyframes were dragged to other frames."""
    range_delete_requested = Signal()
    """Delete was pressed with a range chosen."""
    expanded_changed = Signal(bool)
    """The lanes of the joint groups were opened or closed here."""
    event_added = Signal(int, object, str)
    """Frame, end (int or None) and name of a new event; see `name_event`."""
    event_renamed = Signal(int, str)
    """Place of an event in `set_events`, and its new name."""
    context_requested = Signal(QPoint)
    """Global position for a menu about the frame that was asked for just before."""
    thumbnails_wanted = Signal(list)
    """Frames whose pictures have room; see `set_thumbnail`."""
    preview_wanted = Signal(int)
    """Frame below the cursor; see `set_preview`."""

    def __init__(self, *, parent: QWidget | None = None) -> None:
        super().__init__(parent=parent)
        self._gesture: Gesture | None = None
        self._pressed_x, self._moved = 0.0, False
        self._strip.wanted.connect(self.thumbnails_wanted)
        self._preview = HoverPreview(parent=self)
        self._field = EventField(parent=self)
        self._named: tuple[int, int | None] | int = 0
        self._field.named.connect(self._take_name)
        self._field.closed.connect(self._end_naming)
        self._focus_before: QWidget | None = None
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)

    def set_length(
        self, n_frames: int, *, fps: float, times_s: NDArray[np.float64] | None = None, aspect: float = 0.0
    ) -> None:
        """Set the clip (see `TimelineDisplay.set_length`); what was begun on another one ends."""
        self._gesture = None
        self._preview.put_away()
        self._field.hide()
        super().set_length(n_frames, fps=fps, times_s=times_s, aspect=aspect)

    def set_preview(self, frame: int, image: QImage) -> None:
        """Take the picture of the frame below the cursor; for any other frame it is left out."""
        self._preview.set_picture(frame, image)

    @property
    def follows_playhead(self) -> bool:
        """Whether the view goes along when the playhead leaves it: not while something is dragged."""
        return self._gesture is None

    # --- events are named where they lie

    def name_event(self, frame: int, end: int | None) -> None:
        """Let a person name a new event, or a chapter up to `end`; `event_added` tells."""
        self._start_naming((frame, end), Event(frame, end, ""))

    def rename_event(self, index: int) -> None:
        """Let a person rename an event; `event_renamed` tells."""
        self._start_naming(index, self._data.events[index])

    def _start_naming(self, named: tuple[int, int | None] | int, event: Event) -> None:
        self._named = named
        self._focus_before = self.window().focusWidget()
        self._data.naming = True
        self._viewport.follow(event.frame)
        self._changed(sizes=True)
        area = chapter_area(self.scale, event, area=self._lanes.events)
        width = max(area.width(), 26.0 * self.fontMetrics().averageCharWidth())
        left = min(max(area.left(), self._lanes.left), self._lanes.ruler.right() - width)
        self._field.setGeometry(QRectF(left, area.top() - 2, width, area.height() + 4).toRect())
        self._field.start(event.text)

    def _take_name(self, text: str) -> None:
        if isinstance(self._named, int):
            self.event_renamed.emit(self._named, text)
        else:
            self.event_added.emit(*self._named, text)

    def _end_naming(self, by_key: bool) -> None:  # noqa: FBT001 - a slot of a signal
        self._data.naming = False
        self._changed(sizes=True)
        if by_key and self._focus_before is not None:
            self._focus_before.setFocus(Qt.FocusReason.OtherFocusReason)

    # --- what gestures ask for

    def go_to(self, frame: int) -> None:
        """Ask for a frame."""
        if frame != self._frame:
            self._move_playhead(frame)
            self.frame_requested.emit(frame)

    def choose_range(self, first: int, last: int) -> None:
        """Ask for a range."""
        self.range_selected.emit(first, last)

    def move_keyframes(self, move: KeyframeMove) -> None:
        """Ask for keyframes to be moved."""
        self.keyframes_moved.emit(move)

    # --- mouse

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begin what lies below the mouse."""
        self._preview.put_away()
        if not self._data.n_frames:
            return
        left = event.button() == Qt.MouseButton.LeftButton
        if left and self._data.groups and self._lanes.header.contains(event.position()):
            self.set_expanded(expanded=not self._data.expanded)
            self.expanded_changed.emit(self._data.expanded)
            return
        self._pressed_x, self._moved = event.position().x(), False
        self._gesture = begin(self, event.position(), button=event.button(), modifiers=event.modifiers())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Go on with what was begun; without a button, show what lies below the cursor."""
        gesture, x = self._gesture, event.position().x()
        if gesture is None:
            self._hover(event.position())
            return
        self._moved = self._moved or abs(x - self._pressed_x) >= gesture.threshold_px
        if self._moved:
            gesture.move(x, control=bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Carry out what was begun."""
        gesture, self._gesture = self._gesture, None
        if gesture is not None:
            gesture.release(moved=self._moved)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Rename an event; elsewhere it is another click."""
        index = event_at(self.scale, self._data.events, area=self._lanes.events, position=event.position())
        if index is None:
            self.mousePressEvent(event)
        else:
            self.rename_event(index)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Ask for a menu about the frame below the mouse, or, by key, about the one on screen."""
        if self._data.n_frames:
            self._preview.put_away()
            by_mouse = event.reason() == QContextMenuEvent.Reason.Mouse
            chosen, frame = self._data.range, self.frame_at(event.pos().x())
            if by_mouse and event.pos().x() >= self._lanes.left and not (chosen and chosen[0] <= frame <= chosen[1]):
                self.go_to(frame)
            here = self.mapToGlobal(QPoint(round(self.x_of(self._frame)), round(self._lanes.ruler.bottom())))
            self.context_requested.emit(event.globalPos() if by_mouse else here)

    def leaveEvent(self, event: QEvent) -> None:
        """Put the preview away."""
        self._preview.put_away()

    def _hover(self, position: QPointF) -> None:
        x = position.x()
        self.setCursor(self._cursor_at(position))
        if not self._aspect or not self._data.n_frames or x < self._lanes.left:
            self._preview.put_away()
            return
        frame = self.frame_at(x)
        asked = self._preview.frame != frame
        words = f"{frame}   {clock(self._data.time_s(frame))}"
        self._preview.show_at(self.mapToGlobal(QPoint(round(x), 0)), frame, words=words, aspect=self._aspect)
        if asked:
            self.preview_wanted.emit(frame)

    def _cursor_at(self, position: QPointF) -> Qt.CursorShape:
        if range_edge_at(self, position) is not None:
            return Qt.CursorShape.SplitHCursor
        if self._lanes.header.contains(position) and self._data.groups:
            return Qt.CursorShape.PointingHandCursor
        return Qt.CursorShape.ArrowCursor if keyframe_at(self, position) is None else Qt.CursorShape.SizeHorCursor

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zoom about the cursor; with Shift, or sideways, pan; over the names scroll the lanes."""
        delta = event.angleDelta()
        event.accept()
        if event.position().x() < self._lanes.left and self._scroll.turn(delta.y()):
            return
        sideways = delta.x() if abs(delta.x()) > abs(delta.y()) else 0
        if event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            sideways = delta.y() or delta.x()
        if sideways:
            self._viewport.pan(-sideways / 1200 * self._viewport.view.n_frames)
            self.moved_view()
        else:
            self.zoom_by(_WHEEL_BASE ** delta.y(), about=event.position().x())

    # --- keys

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Step, zoom, delete the range, or take back what is being dragged."""
        key, keys = event.key(), Qt.Key
        steps = {keys.Key_Left: -1, keys.Key_Right: 1, keys.Key_PageUp: -self._data.stride}
        steps |= {keys.Key_PageDown: self._data.stride, keys.Key_Home: -self._frame, keys.Key_End: self._data.n_frames}
        if key == keys.Key_Escape and self._gesture is not None:
            self._gesture.cancel()
            self._gesture = None
        elif key == keys.Key_Delete and self._data.range is not None:
            self.range_delete_requested.emit()
        elif key in steps and self._data.n_frames:
            self.go_to(min(max(self._frame + steps[keys(key)], 0), self._data.n_frames - 1))
        elif key in (keys.Key_Plus, keys.Key_Equal):
            self.zoom_by(_ZOOM_STEP)
        elif key == keys.Key_Minus:
            self.zoom_by(1 / _ZOOM_STEP)
        elif key == keys.Key_0:
            self.show_all()
        else:
            event.ignore()

    # --- what is said

    def event(self, event: QEvent) -> bool:
        """Show what is known about the frame below the cursor; keep keys that are those of actions elsewhere."""
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            QToolTip.showText(event.globalPos(), self.tip_at(event.pos()), self)
            return True
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.ShortcutOverride and self._keeps(event.key()):
            event.accept()
            return True
        return super().event(event)

    def _keeps(self, key: int) -> bool:
        if key == Qt.Key.Key_Delete:
            return self._data.range is not None
        return key == Qt.Key.Key_Escape and self._gesture is not None

    def tip_at(self, position: QPoint) -> str:
        """Return the words about the frame at a position: number, time, confidence, source, doubts, events."""
        if not self._data.n_frames or position.x() < self._lanes.left:
            return ""
        return "  ·  ".join(words_at(self._data, self.frame_at(position.x())))

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Tell who cannot see it what is known about the frame on screen."""
        super().focusInEvent(event)
        words = ", ".join(words_at(self._data, self._frame)) if self._data.n_frames else "no video"
        self.setAccessibleDescription(f"{DESCRIPTION} Now: {words}.")

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Show that keys go elsewhere."""
        super().focusOutEvent(event)
        self.update()
