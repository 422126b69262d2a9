"""The clip over time: ruler, keyframes, confidence, marks, and the playhead over all of them.

Everything is painted per pixel column, never per frame, so length does not matter; the lanes are kept as a picture and
only the playhead is painted anew while playing.
"""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QHelpEvent,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPixmap,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from annotation.labels import Source
from widgets.skeleton_items import SOURCE_NAMES
from widgets.theme import colors_of
from widgets.timeline_lanes import LaneData, LanePainter, Lanes, MarkKind, Marks, View, clock, lanes_for
from widgets.timeline_strip import HoverPreview, ThumbnailStrip

_MIN_FRAMES = 10.0
_WHEEL_BASE = 1.0015
_SNAP_PX = 6
_DRAG_START_PX = 2


class _Mode(Enum):
    SCRUB = auto()
    PAN = auto()
    RANGE = auto()


@dataclass
class _Press:
    mode: _Mode
    x: float
    frame: int
    moved: bool = False


class Timeline(QWidget):
    """Shows where in the clip something is to be seen or done, and goes there.

    Click or drag: scrub. Shift+drag: choose a range. Wheel: zoom about the cursor. Shift+wheel, middle-drag, or a drag
    on the ruler while zoomed in: pan.
    """

    frame_requested = Signal(int)
    """Frame: clicked, or passed while dragging."""
    range_selected = Signal(int, int)
    """First and last frame of a range, both included."""
    keyframe_activated = Signal(int)
    """Frame: its mark in the keyframe lane was clicked."""
    thumbnails_wanted = Signal(list)
    """Frames whose pictures have room; see `set_thumbnail`."""
    preview_wanted = Signal(int)
    """Frame below the cursor; see `set_preview`."""

    def __init__(self, *, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._data = LaneData()
        self._frame = 0
        self._view = View(0.0, 1.0)
        self._press: _Press | None = None
        self._range_preview: tuple[int, int] | None = None
        self._lanes = Lanes()
        self._picture: QPixmap | None = None
        self._strip = ThumbnailStrip(parent=self)
        self._strip.wanted.connect(self.thumbnails_wanted)
        self._preview = HoverPreview(parent=self)
        self._aspect = 0.0
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.setAccessibleName("Timeline")
        self.setAccessibleDescription("Keyframes, confidence and doubts over the frames of the clip.")

    # --- what is shown

    def set_length(
        self, n_frames: int, *, fps: float, times_s: NDArray[np.float64] | None = None, aspect: float = 0.0
    ) -> None:
        """Set the clip; forgets everything shown about another one and shows the whole of it.

        Parameters
        ----------
        n_frames : int
        fps : float
            Mean frames per second.
        times_s : (n_frames,) float64 array or None
            Seconds of every frame, for clips of variable rate.
        aspect : float
            Width / height of the pictures; 0 where there will be none.
        """
        self._aspect = aspect
        self._strip.set_aspect(aspect)
        self._preview.put_away()
        self._data = LaneData(n_frames=n_frames, fps=fps, times_s=times_s, stride=self._data.stride)
        self._frame = 0
        self._press = self._range_preview = None
        self.updateGeometry()
        self.show_all()

    def set_frame(self, frame: int) -> None:
        """Move the playhead; the view follows when it leaves."""
        self._frame = frame
        if self._press is None and not self._view.first <= frame < self._view.first + self._view.n_frames:
            first = frame - 0.1 * self._view.n_frames if frame > self._view.first else frame - 0.9 * self._view.n_frames
            self._set_view(first, self._view.n_frames)
        self.update()

    def set_keyframes(self, frames: Sequence[int] | NDArray[np.intp]) -> None:
        """Set all frames with a label."""
        self._data.keyframes = np.unique(np.asarray(frames, dtype=np.intp))
        self._changed()

    def set_confidence(self, confidence: NDArray[np.float32] | None) -> None:
        """Set the mean confidence per frame (T,), NaN where there is none."""
        self._data.confidence = confidence
        self._changed()

    def set_sources(self, sources: NDArray[np.uint8] | None) -> None:
        """Set the highest `Source` per frame (T,)."""
        self._data.sources = sources
        self._changed()

    def set_range(self, frames: tuple[int, int] | None) -> None:
        """Set the chosen range, both ends included."""
        self._data.range = frames
        self._changed()

    def set_marks(self, name: str, frames: Sequence[int], *, kind: MarkKind = MarkKind.DOUBT) -> None:
        """Set a lane of marked frames such as doubts or contacts; no frames remove the lane."""
        if len(frames):
            self._data.marks[name] = Marks(np.unique(np.asarray(frames, dtype=np.intp)), kind)
        else:
            self._data.marks.pop(name, None)
        self.updateGeometry()
        self._changed()

    def set_stride(self, stride: int) -> None:
        """Set the distance of the frames that are to be labelled."""
        self._data.stride = max(1, stride)
        self._changed()

    def set_thumbnail(self, frame: int, image: QImage) -> None:
        """Take the small picture of a frame."""
        self._strip.set_picture(frame, image)
        self._picture = None
        self.update()

    def set_preview(self, frame: int, image: QImage) -> None:
        """Take the picture of the frame below the cursor; for any other frame it is left out."""
        self._preview.set_picture(frame, image)

    @property
    def visible_frames(self) -> tuple[float, float]:
        """First and end of the frames in view."""
        return self._view.first, self._view.first + self._view.n_frames

    # --- zoom

    def show_all(self) -> None:
        """Show the whole clip."""
        self._set_view(0.0, float(max(self._data.n_frames, 1)))

    def zoom_by(self, factor: float, *, about: float | None = None) -> None:
        """Show fewer (factor > 1) or more frames, keeping a widget x (default: the playhead's) where it is."""
        x = self.x_of(self._frame) if about is None else about
        anchor = self._view.first + (x - self._lanes.left) / self._scale
        n_frames = self._clamped_length(self._view.n_frames / factor)
        share = (anchor - self._view.first) / self._view.n_frames
        self._set_view(anchor - share * n_frames, n_frames)

    def _clamped_length(self, n_frames: float) -> float:
        longest = float(max(self._data.n_frames, 1))
        return min(max(n_frames, min(_MIN_FRAMES, longest)), longest)

    def _set_view(self, first: float, n_frames: float) -> None:
        n_frames = self._clamped_length(n_frames)
        last = max(self._data.n_frames, 1) - n_frames
        self._view = View(min(max(first, 0.0), last), n_frames)
        self._changed()

    @property
    def _scale(self) -> float:
        """Logical pixels per frame."""
        return max(self.width() - self._lanes.left - self._lanes.right_margin, 1.0) / self._view.n_frames

    def x_of(self, frame: float) -> float:
        """Return the widget x of the middle of a frame."""
        return self._lanes.left + (frame + 0.5 - self._view.first) * self._scale

    def frame_at(self, x: float) -> int:
        """Return the frame at a widget x, the nearest one outside of the clip."""
        frame = int(np.floor(self._view.first + (x - self._lanes.left) / self._scale))
        return min(max(frame, 0), max(self._data.n_frames - 1, 0))

    # --- mouse and keys

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begin to scrub, to choose a range or to pan."""
        self._preview.put_away()
        if not self._data.n_frames:
            return
        x, frame = event.position().x(), self.frame_at(event.position().x())
        if event.button() == Qt.MouseButton.MiddleButton:
            self._press = _Press(_Mode.PAN, x, frame)
        elif event.button() == Qt.MouseButton.LeftButton:
            if event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
                self._press = _Press(_Mode.RANGE, x, frame)
                return
            zoomed = self._view.n_frames < self._data.n_frames
            on_ruler = event.position().y() < self._lanes.ruler.bottom()
            if on_ruler and zoomed:
                self._press = _Press(_Mode.PAN, x, frame)
                return
            self._press = _Press(_Mode.SCRUB, x, frame)
            keyframe = self._keyframe_near(event.position())
            if keyframe is not None:
                self.keyframe_activated.emit(keyframe)
            self._go_to(frame if keyframe is None else keyframe)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Scrub, grow the range or pan; without a button, show what lies below the cursor."""
        press, x = self._press, event.position().x()
        if press is None:
            self._hover(x)
            return
        press.moved = press.moved or abs(x - press.x) >= _DRAG_START_PX
        if not press.moved:
            return
        if press.mode is _Mode.PAN:
            self._set_view(self._view.first - (x - press.x) / self._scale, self._view.n_frames)
            press.x = x
        elif press.mode is _Mode.SCRUB:
            self._go_to(self.frame_at(x))
        else:
            first, last = sorted((press.frame, self.frame_at(x)))
            self._range_preview = (first, last)
            self._changed()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Commit a range; a press on the ruler that did not pan was a click."""
        press, self._press = self._press, None
        chosen, self._range_preview = self._range_preview, None
        if press is not None and chosen is not None:
            self.range_selected.emit(*chosen)
        elif (
            press is not None
            and not press.moved
            and press.mode is _Mode.PAN
            and event.button() == Qt.MouseButton.LeftButton
        ):
            self._go_to(press.frame)
        self._changed()

    def leaveEvent(self, event: QEvent) -> None:
        """Put the preview away."""
        self._preview.put_away()

    def _hover(self, x: float) -> None:
        if not self._aspect or not self._data.n_frames or x < self._lanes.left:
            self._preview.put_away()
            return
        frame = self.frame_at(x)
        asked = self._preview.frame != frame
        words = f"{frame}   {clock(self._data.time_s(frame))}"
        self._preview.show_at(self.mapToGlobal(QPoint(round(x), 0)), frame, words=words, aspect=self._aspect)
        if asked:
            self.preview_wanted.emit(frame)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zoom about the cursor; with Shift, or sideways, pan."""
        delta = event.angleDelta()
        sideways = delta.x() if abs(delta.x()) > abs(delta.y()) else 0
        if event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            sideways = delta.y() or delta.x()
        if sideways:
            self._set_view(self._view.first - sideways / 1200 * self._view.n_frames, self._view.n_frames)
        else:
            self.zoom_by(_WHEEL_BASE ** delta.y(), about=event.position().x())
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Step, zoom, or take a range back that is being drawn."""
        key, keys = event.key(), Qt.Key
        steps = {keys.Key_Left: -1, keys.Key_Right: 1, keys.Key_PageUp: -self._data.stride}
        steps |= {keys.Key_PageDown: self._data.stride, keys.Key_Home: -self._frame, keys.Key_End: self._data.n_frames}
        if key == keys.Key_Escape and self._press is not None:
            self._press = self._range_preview = None
            self._changed()
        elif key in steps and self._data.n_frames:
            self._go_to(min(max(self._frame + steps[keys(key)], 0), self._data.n_frames - 1))
        elif key in (keys.Key_Plus, keys.Key_Equal):
            self.zoom_by(1.5)
        elif key == keys.Key_Minus:
            self.zoom_by(1 / 1.5)
        elif key == keys.Key_0:
            self.show_all()
        else:
            event.ignore()

    def _go_to(self, frame: int) -> None:
        if frame != self._frame:
            self._frame = frame
            self.update()
            self.frame_requested.emit(frame)

    def _keyframe_near(self, position: QPointF) -> int | None:
        """The keyframe whose mark is at a position of the keyframe lane."""
        frames = self._data.keyframes
        if not self._lanes.keyframes.contains(position) or not len(frames):
            return None
        at = bisect_left(frames, self.frame_at(position.x()))
        near = min(frames[max(at - 1, 0) : at + 2].tolist(), key=lambda frame: abs(self.x_of(frame) - position.x()))
        return near if abs(self.x_of(near) - position.x()) <= _SNAP_PX else None

    # --- looks

    def event(self, event: QEvent) -> bool:
        """Show what is known about the frame below the cursor."""
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            QToolTip.showText(event.globalPos(), self.tip_at(event.pos()), self)
            return True
        return super().event(event)

    def tip_at(self, position: QPoint) -> str:
        """Return the words about the frame at a position: number, time, confidence, source, marks."""
        if not self._data.n_frames or position.x() < self._lanes.left:
            return ""
        data, frame = self._data, self.frame_at(position.x())
        words = [f"frame {frame}", clock(data.time_s(frame))]
        if data.confidence is not None and frame < len(data.confidence) and np.isfinite(data.confidence[frame]):
            words.append(f"confidence {data.confidence[frame]:.2f}")
        if data.sources is not None and frame < len(data.sources) and data.sources[frame]:
            words.append(SOURCE_NAMES[Source(int(data.sources[frame]))])
        words += [name for name, marks in data.marks.items() if frame in marks.frames]
        return "  ·  ".join(words)

    def sizeHint(self) -> QSize:
        """Room for all lanes."""
        return QSize(640, round(lanes_for(self, self._data, height=None, pictures=self._aspect > 0).height))

    def minimumSizeHint(self) -> QSize:
        """Room for all lanes, the curve at its lowest."""
        return QSize(240, round(lanes_for(self, self._data, height=0).height))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Lay the lanes out anew."""
        self._changed()

    def changeEvent(self, event: QEvent) -> None:
        """Follow the theme and the font."""
        super().changeEvent(event)
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.FontChange, QEvent.Type.StyleChange):
            self.updateGeometry()
            self._changed()

    def _changed(self) -> None:
        self._lanes = lanes_for(self, self._data, height=self.height(), pictures=self._aspect > 0)
        self._strip.follow(self._lanes.pictures, self._view, n_frames=self._data.n_frames)
        self._picture = None
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the kept lanes and the playhead."""
        ratio = self.devicePixelRatioF()
        if self._picture is None or self._picture.devicePixelRatio() != ratio:
            self._picture = self._painted_lanes(ratio)
        painter = QPainter(self)
        painter.drawPixmap(0, 0, self._picture)
        colors = colors_of(self)
        if self._data.n_frames:
            x = self.x_of(self._frame)
            if x >= self._lanes.left:
                LanePainter(painter, self._lanes, view=self._view, colors=colors).playhead(x, self._scale)
        if self.hasFocus():
            painter.setPen(colors.accent)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(QRectF(0.5, 0.5, self.width() - 1, self.height() - 1))
        painter.end()

    def _painted_lanes(self, ratio: float) -> QPixmap:
        result = QPixmap(self.size() * ratio)
        result.setDevicePixelRatio(ratio)
        colors = colors_of(self)
        result.fill(colors.window)
        painter = QPainter(result)
        painter.setFont(self.font())
        LanePainter(painter, self._lanes, view=self._view, colors=colors).lanes(
            self._data, chosen=self._range_preview or self._data.range
        )
        painter.setClipRect(self._lanes.pictures)
        self._strip.paint(painter, self._lanes.pictures, view=self._view)
        painter.end()
        return result
