"""The clip over time, as it looks: lanes from arrays, the frames in view, the playhead over them.

Everything is painted per pixel column, never per frame, so length does not matter; the lanes are kept as a picture, and
while playing only a strip around the playhead is painted anew.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QImage, QPainter, QPaintEvent, QPixmap, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from annotation.labels import Event
from widgets.theme import colors_of
from widgets.timeline_canvas import Canvas
from widgets.timeline_data import KeyframeMove, Lane, LaneData, MarkKind, Marks, Measure, doubts_of
from widgets.timeline_keyframes import paint_move
from widgets.timeline_lanes import paint_lanes, paint_overview, paint_playhead, paint_range
from widgets.timeline_layout import RIGHT_PX, Lanes, lanes_for, least_height
from widgets.timeline_scroll import LaneScroll
from widgets.timeline_strip import ThumbnailStrip
from widgets.timeline_view import Scale, Viewport

DESCRIPTION = "Keyframes, confidence, doubts and events over the frames of the clip."
_PLAYHEAD_PX = 9


class TimelineDisplay(QWidget):
    """Shows lanes over the frames of a clip; asks for nothing (see `widgets.timeline.Timeline`)."""

    def __init__(self, *, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._data = LaneData()
        self._frame = 0
        self._viewport = Viewport()
        self._lanes = Lanes()
        self._range_preview: tuple[int, int] | None = None
        self._move_preview: KeyframeMove | None = None
        self._picture: QPixmap | None = None
        self._strip = ThumbnailStrip(parent=self)
        self._scroll = LaneScroll(parent=self)
        self._scroll.valueChanged.connect(lambda: self._changed())
        self._aspect = 0.0
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.setAccessibleName("Timeline")
        self.setAccessibleDescription(DESCRIPTION)

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
        old = self._data
        self._data = LaneData(n_frames=n_frames, fps=fps, times_s=times_s, stride=old.stride, expanded=old.expanded)
        self._frame = 0
        self._range_preview = self._move_preview = None
        self._viewport.set_length(n_frames)
        self._changed(sizes=True)

    def set_frame(self, frame: int) -> None:
        """Move the playhead; the view follows when it leaves."""
        if self.follows_playhead and self._viewport.follow(frame):
            self._changed()
        self._move_playhead(frame)

    def set_summary(self, lane: Lane) -> None:
        """Set the lane of all joints together."""
        self._data.summary = lane
        self._changed()

    def set_groups(self, lanes: Sequence[Lane]) -> None:
        """Set the lanes of the joint groups, from top to bottom."""
        sizes = [lane.name for lane in lanes] != [lane.name for lane in self._data.groups]
        self._data.groups = tuple(lanes)
        self._changed(sizes=sizes)

    def set_expanded(self, *, expanded: bool) -> None:
        """Show the lanes of the joint groups, or only that of all joints."""
        self._data.expanded = expanded
        self._changed(sizes=True)

    def set_confidence(self, confidence: NDArray[np.float32] | None) -> None:
        """Set the mean confidence per frame (T,), NaN where there is none."""
        self._data.confidence = confidence
        self._changed()

    def set_difference(self, moved_px: NDArray[np.float32] | None) -> None:
        """Set by how many pixels smoothing moved the joints in each frame (T,), NaN where unknown; None: no lane."""
        self._data.difference = moved_px
        self._changed(sizes=True)

    def set_range(self, frames: tuple[int, int] | None) -> None:
        """Set the chosen range, both ends included."""
        self._data.range = frames
        self.update()

    def set_doubts(self, frames: Sequence[int] | NDArray[np.intp], kinds: Sequence[str]) -> None:
        """Set the suspicious frames (M,) and the reason for each; none remove the lane."""
        self._data.doubts = doubts_of(frames, kinds)
        self._changed(sizes=True)

    def set_suggestions(self, frames: Sequence[int] | NDArray[np.intp]) -> None:
        """Set the frames at which a keyframe would help most."""
        self._data.suggestions = np.unique(np.asarray(frames, dtype=np.intp))
        self._changed()

    def set_reviewed(self, reviewed: NDArray[np.bool_] | None) -> None:
        """Set which frames (T,) a person has confirmed; none remove the lane."""
        self._data.reviewed = reviewed
        self._changed(sizes=True)

    def set_events(self, events: Sequence[Event]) -> None:
        """Set events and chapters, by their first frame."""
        self._data.events = tuple(events)
        self._changed(sizes=True)

    def set_marks(self, name: str, frames: Sequence[int], *, kind: MarkKind = MarkKind.DOUBT) -> None:
        """Set a lane of marked frames such as damaged ones or contacts; no frames remove the lane."""
        if len(frames):
            self._data.marks[name] = Marks(np.unique(np.asarray(frames, dtype=np.intp)), kind)
        else:
            self._data.marks.pop(name, None)
        self._changed(sizes=True)

    def set_measure(self, name: str, measure: Measure | None) -> None:
        """Set a lane of values such as how far the body is off its points; None removes it."""
        resized = (measure is None) != (name not in self._data.measures)
        if measure is not None:
            self._data.measures[name] = measure
        elif self._data.measures.pop(name, None) is None:
            return
        self._changed(sizes=resized)

    def set_stride(self, stride: int) -> None:
        """Set the distance of the frames that are to be labelled."""
        self._data.stride = max(1, stride)
        self._changed()

    def set_thumbnail(self, frame: int, image: QImage) -> None:
        """Take the small picture of a frame."""
        self._strip.set_picture(frame, image)
        self._picture = None
        self.update()

    def preview_range(self, frames: tuple[int, int] | None) -> None:
        """Show a range that is not chosen yet."""
        self._range_preview = frames
        self.update()

    def preview_move(self, move: KeyframeMove | None) -> None:
        """Show where keyframes would come to lie."""
        self._move_preview = move
        self.update()

    @property
    def follows_playhead(self) -> bool:
        """Whether the view goes along when the playhead leaves it."""
        return True

    # --- zoom

    @property
    def visible_frames(self) -> tuple[float, float]:
        """First and end of the frames in view."""
        return self._viewport.view.first, self._viewport.view.end

    def show_all(self) -> None:
        """Show the whole clip."""
        self._viewport.show_all()
        self._changed()

    def show_frames(self, first: float, end: float) -> None:
        """Show some frames, the end excluded, as far as there are."""
        self._viewport.show(first, end - first)
        self._changed()

    def show_range(self) -> None:
        """Show the chosen range, or the whole clip where there is none."""
        if self._data.range is None:
            self.show_all()
        else:
            self._viewport.show_range(*self._data.range)
            self._changed()

    def zoom_by(self, factor: float, *, about: float | None = None) -> None:
        """Show fewer (factor > 1) or more frames, keeping a widget x (default: the playhead's) where it is."""
        scale = self.scale
        if about is None:
            x = self.x_of(self._frame)
            about = x if scale.left <= x <= self.width() - RIGHT_PX else scale.left + scale.width / 2
        self._viewport.zoom(factor, about=scale.position(about))
        self._changed()

    def x_of(self, frame: float) -> float:
        """Return the widget x of the middle of a frame."""
        return self.scale.middle(frame)

    def frame_at(self, x: float) -> int:
        """Return the frame at a widget x, the nearest one outside of the clip."""
        return min(max(int(np.floor(self.scale.position(x))), 0), max(self._data.n_frames - 1, 0))

    @property
    def data(self) -> LaneData:
        """What is shown."""
        return self._data

    @property
    def lanes(self) -> Lanes:
        """Where the lanes lie."""
        return self._lanes

    @property
    def scale(self) -> Scale:
        """Where the frames lie."""
        return Scale(self._viewport.view, self._lanes.left, max(self.width() - self._lanes.left - RIGHT_PX, 1.0))

    @property
    def viewport(self) -> Viewport:
        """The frames in view."""
        return self._viewport

    def moved_view(self) -> None:
        """Show what is in view now."""
        self._changed()

    # --- looks

    def sizeHint(self) -> QSize:
        """Room for all lanes."""
        return QSize(640, round(lanes_for(self, self._data, height=None, pictures=self._aspect > 0).height))

    def minimumSizeHint(self) -> QSize:
        """Room for what stays in sight; further lanes scroll."""
        return QSize(240, round(least_height(self)))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Lay the lanes out anew."""
        self._changed()

    def changeEvent(self, event: QEvent) -> None:
        """Follow the theme and the font."""
        super().changeEvent(event)
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.FontChange, QEvent.Type.StyleChange):
            self._changed(sizes=True)

    def _changed(self, *, sizes: bool = False) -> None:
        """Paint the lanes anew; `sizes` tells that lanes may have come or gone."""
        if sizes:
            self.updateGeometry()
        pictures, scrolled = self._aspect > 0, self._scroll.value()
        self._lanes = lanes_for(self, self._data, height=self.height(), pictures=pictures, scrolled=scrolled)
        self._scroll.follow(self._lanes)
        self._strip.follow(self._lanes.pictures, self._viewport.view, n_frames=self._data.n_frames)
        self._picture = None
        self.update()

    def _move_playhead(self, frame: int) -> None:
        """Paint only where the playhead was and where it is now."""
        old, self._frame = self._frame, frame
        for place in (old, frame):
            half = max(self.scale.px / 2, 0) + _PLAYHEAD_PX
            x = self.x_of(place)
            if -half < x < self.width() + half:
                self.update(QRect(round(x - half), 0, round(2 * half) + 1, self.height()))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the kept lanes, and what moves over them."""
        ratio = self.devicePixelRatioF()
        if self._picture is None or self._picture.devicePixelRatio() != ratio:
            self._picture = self._painted_lanes(ratio)
        painter = QPainter(self)
        painter.drawPixmap(0, 0, self._picture)
        if self._data.n_frames:
            self._paint_over(Canvas(painter, self._lanes, self.scale, colors_of(self), ratio))
        if self.hasFocus():
            painter.setPen(colors_of(self).accent)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(QRectF(0.5, 0.5, self.width() - 1, self.height() - 1))
        painter.end()

    def _paint_over(self, canvas: Canvas) -> None:
        lanes, painter = self._lanes, canvas.painter
        painter.setClipRect(QRectF(lanes.left - 8, 0, lanes.ruler.width() + 8 + RIGHT_PX, lanes.height))
        chosen = self._range_preview or self._data.range
        if chosen is not None:
            paint_range(canvas, chosen)
        if self._move_preview is not None:
            paint_move(canvas, self._data, move=self._move_preview)
        x = self.x_of(self._frame)
        if lanes.left <= x <= lanes.ruler.right():
            paint_playhead(canvas, x)
        painter.setClipping(False)

    def _painted_lanes(self, ratio: float) -> QPixmap:
        result = QPixmap(self.size() * ratio)
        result.setDevicePixelRatio(ratio)
        colors = colors_of(self)
        result.fill(colors.window)
        painter = QPainter(result)
        painter.setFont(self.font())
        canvas = Canvas(painter, self._lanes, self.scale, colors, ratio)
        paint_lanes(canvas, self._data)
        paint_overview(canvas, self._data)
        painter.setClipRect(self._lanes.pictures & self._lanes.rolling)
        self._strip.paint(painter, self._lanes.pictures, view=self._viewport.view)
        painter.end()
        return result
