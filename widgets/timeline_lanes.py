"""The lanes of the timeline: where they lie and how they are painted, one pixel column at a time."""

import itertools
from dataclasses import dataclass, field
from enum import Enum

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen, QPolygonF
from PySide6.QtWidgets import QWidget

from annotation.labels import DEFAULT_STRIDE, Source
from widgets.theme import ThemeColors, mix

DOUBT_BELOW = 0.8
"""Confidence under which a frame deserves a look; the line in the curve."""
_PICTURE_LINES, _LEAST_PICTURE_LINES = 3.0, 1.6
"""Height of the lane of small pictures in lines of text, and under which it is left out."""
_SMOOTH_BELOW = 500
"""Points in view above which soft edges only cost time."""
STEPS = (1, 2, 5, 10, 20, 25, 50, 100, 200, 250, 500, 1000, 2000, 2500, 5000, 10_000, 20_000, 50_000, 100_000)
"""Round numbers of frames, ascending."""


class MarkKind(Enum):
    """What a lane of marks says: a doubt to look at, or a state such as a hand on a hold."""

    DOUBT = "doubt"
    STATE = "state"


@dataclass(frozen=True)
class Marks:
    """The marked frames (M,) of a lane, ascending."""

    frames: NDArray[np.intp]
    kind: MarkKind = MarkKind.DOUBT


@dataclass
class LaneData:
    """What the timeline shows; frames are 0-based.

    Attributes
    ----------
    keyframes : (M,) int array
        Frames with a label, ascending.
    confidence : (T,) float32 array or None
    sources : (T,) uint8 array or None
    marks : dict
        Name of a lane -> its frames.
    """

    n_frames: int = 0
    fps: float = 25.0
    times_s: NDArray[np.float64] | None = None
    stride: int = DEFAULT_STRIDE
    keyframes: NDArray[np.intp] = field(default_factory=lambda: np.empty(0, np.intp))
    confidence: NDArray[np.float32] | None = None
    sources: NDArray[np.uint8] | None = None
    range: tuple[int, int] | None = None
    marks: dict[str, Marks] = field(default_factory=dict)

    def time_s(self, frame: int) -> float:
        """Return the seconds of a frame since the first."""
        if self.times_s is not None and frame < len(self.times_s):
            return float(self.times_s[frame])
        return frame / self.fps


@dataclass(frozen=True)
class View:
    """The frames in view: the first one, and how many."""

    first: float
    n_frames: float


@dataclass(frozen=True)
class Lanes:
    """Where the lanes lie, in logical pixels of the widget."""

    left: float = 0.0
    right_margin: float = 8.0
    ruler: QRectF = field(default_factory=QRectF)
    keyframes: QRectF = field(default_factory=QRectF)
    pictures: QRectF = field(default_factory=QRectF)
    confidence: QRectF = field(default_factory=QRectF)
    marks: dict[str, QRectF] = field(default_factory=dict)
    height: float = 0.0


def lanes_for(widget: QWidget, data: LaneData, *, height: float | None, pictures: bool = False) -> Lanes:
    """Lay the lanes out for a widget's font and width.

    `height` None gives every lane its comfortable size; else the curve takes what the others leave, 2 lines at least,
    and `pictures` get a lane if there is room for one.
    """
    metrics = QFontMetricsF(widget.font())
    line = metrics.height()
    names = ["keyframes", "confidence", *data.marks]
    left = max(metrics.horizontalAdvance(name) for name in names) + 20
    ruler, row, mark = line + 10, line + 6, line + 2
    others = ruler + row + mark * len(data.marks) + 4
    strip = _PICTURE_LINES * line if pictures else 0.0
    if height is not None:
        spare = height - others - 2.0 * line
        strip = min(strip, spare) if spare >= _LEAST_PICTURE_LINES * line else 0.0
    curve = 3.0 * line if height is None else max(2.0 * line, height - others - strip)
    width = widget.width() - left - 8
    rows, top = [], 0.0
    for size in (ruler, row, strip, curve, *[mark] * len(data.marks)):
        rows.append(QRectF(left, top, width, size))
        top += size
    marks = dict(zip(data.marks, rows[4:], strict=True))
    return Lanes(left, 8.0, rows[0], rows[1], rows[2], rows[3], marks, top + 4)


def clock(seconds: float) -> str:
    """Return a time as minutes, seconds and milliseconds."""
    milliseconds = round(seconds * 1000)
    minutes, rest = divmod(milliseconds, 60_000)
    return f"{minutes:02d}:{rest // 1000:02d}.{rest % 1000:03d}"


def column_edges(view: View, width: float, *, length: int) -> NDArray[np.intp]:
    """Return the frames at which the pixel columns of a lane begin, and the end of the last column.

    Each frame in view that lies inside `length` belongs to exactly one column; with fewer frames than pixels a column
    is a frame.
    """
    first = min(max(int(np.floor(view.first)), 0), length)
    end = min(int(np.ceil(view.first + view.n_frames)), length)
    count = min(max(int(width), 1), end - first)
    if count <= 0:
        return np.zeros(0, np.intp)
    return np.unique(np.linspace(first, end, count + 1).astype(np.intp))


def runs_of(values: NDArray[np.generic]) -> list[tuple[int, int]]:
    """Return the stretches of equal values as (start, end) with the end excluded."""
    if not len(values):
        return []
    cuts = np.flatnonzero(values[1:] != values[:-1]) + 1
    edges = [0, *cuts.tolist(), len(values)]
    return list(itertools.pairwise(edges))


def _ruler_time(data: LaneData, frame: int, step: int) -> str:
    """A frame's time, with milliseconds only where the labels are less than a second apart."""
    time = clock(data.time_s(frame))
    return time if step < data.fps else time.partition(".")[0]


class LanePainter:
    """Paints the lanes of one view.

    Parameters
    ----------
    painter : QPainter
    lanes : Lanes
    view : View
    colors : ThemeColors
    """

    def __init__(self, painter: QPainter, lanes: Lanes, *, view: View, colors: ThemeColors) -> None:
        self._p = painter
        self._lanes = lanes
        self._view = view
        self._c = colors
        self._scale = max(lanes.ruler.width(), 1.0) / view.n_frames

    def lanes(self, data: LaneData, *, chosen: tuple[int, int] | None) -> None:
        """Paint everything that does not move with the playhead."""
        p, lanes, c = self._p, self._lanes, self._c
        body = QRectF(lanes.left, lanes.ruler.bottom(), lanes.ruler.width(), lanes.height - lanes.ruler.bottom() - 4)
        p.fillRect(body, c.surface)
        if data.n_frames:
            p.setClipRect(QRectF(lanes.left, 0, lanes.ruler.width() + lanes.right_margin, lanes.height))
            self._range(chosen, body)
            self._ruler(data)
            self._confidence(data)
            self._keyframes(data)
            for name, area in lanes.marks.items():
                self._marks(data.marks[name], area)
            p.setClipping(False)
        self._names()

    def playhead(self, x: float, frame_width: float) -> None:
        """Paint the line and the handle of the frame on screen; a broad frame is tinted as a whole."""
        p, lanes, c = self._p, self._lanes, self._c
        p.setRenderHint(QPainter.RenderHint.Antialiasing)
        bottom = lanes.height - 4
        if frame_width > 6:
            tint = QColor(c.accent)
            tint.setAlphaF(0.18)
            p.fillRect(
                QRectF(x - frame_width / 2, lanes.ruler.bottom(), frame_width, bottom - lanes.ruler.bottom()), tint
            )
        p.setPen(QPen(c.surface, 4))
        p.drawLine(QPointF(x, lanes.ruler.bottom()), QPointF(x, bottom))
        p.setPen(QPen(c.accent, 2))
        p.drawLine(QPointF(x, lanes.ruler.bottom() - 6), QPointF(x, bottom))
        p.setPen(QPen(c.surface, 1))
        p.setBrush(c.accent)
        top = lanes.ruler.bottom() - 11
        p.drawPolygon(
            QPolygonF(
                [
                    QPointF(x - 6, top),
                    QPointF(x + 6, top),
                    QPointF(x + 6, top + 4),
                    QPointF(x, top + 11),
                    QPointF(x - 6, top + 4),
                ]
            )
        )
        p.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)

    # --- one lane each

    def _x(self, frame: float) -> float:
        """The left edge of a frame."""
        return self._lanes.left + (frame - self._view.first) * self._scale

    def _names(self) -> None:
        p, lanes = self._p, self._lanes
        p.setPen(self._c.muted)
        flags = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        named = {"keyframes": lanes.keyframes, "confidence": lanes.confidence, **lanes.marks}
        for name, area in named.items():
            p.drawText(QRectF(4, area.top(), lanes.left - 12, area.height()), flags, name)
        p.setPen(self._c.grid)
        for area in list(named.values())[1:]:
            p.drawLine(QPointF(4, area.top()), QPointF(area.right(), area.top()))

    def _range(self, chosen: tuple[int, int] | None, body: QRectF) -> None:
        if chosen is None:
            return
        left, right = self._x(chosen[0]), self._x(chosen[1] + 1)
        shade = mix(self._c.surface, self._c.accent, 0.22)
        self._p.fillRect(QRectF(left, body.top(), right - left, body.height()), shade)
        for x in (left, right):
            self._p.fillRect(QRectF(x - 1, body.top() - 8, 2, body.height() + 8), self._c.accent)

    def _ruler(self, data: LaneData) -> None:
        p, area, c = self._p, self._lanes.ruler, self._c
        metrics = QFontMetricsF(p.font())
        last, step = data.n_frames - 1, self._ruler_step(data, metrics)
        minor = max(step // 5, 1)
        first = int(self._view.first) // minor * minor
        bottom, baseline = self._lanes.height - 4, area.top() + metrics.ascent() + 2
        for frame in range(first, min(int(self._view.first + self._view.n_frames), last) + 1, minor):
            x = round(self._x(frame + 0.5)) + 0.5
            major = frame % step == 0
            p.setPen(c.border if major else c.grid)
            p.drawLine(QPointF(x, area.bottom() - (7 if major else 4)), QPointF(x, area.bottom()))
            if not major:
                continue
            p.setPen(c.grid)
            p.drawLine(QPointF(x, area.bottom()), QPointF(x, bottom))
            number, time = f"{frame}", _ruler_time(data, frame, step)
            at = x + 12 + metrics.horizontalAdvance(number)
            if at + metrics.horizontalAdvance(time) <= area.right() + self._lanes.right_margin:
                p.setPen(c.text)
                p.drawText(QPointF(x + 4, baseline), number)
                p.setPen(c.muted)
                p.drawText(QPointF(at, baseline), time)

    def _ruler_step(self, data: LaneData, metrics: QFontMetricsF) -> int:
        """The least distance of labelled frames at which the labels do not run into each other."""
        last = data.n_frames - 1
        for step in STEPS:
            label = f"{last}  {_ruler_time(data, last, step)}"
            if step * self._scale >= metrics.horizontalAdvance(label) + 24:
                return step
        return STEPS[-1]

    def _keyframes(self, data: LaneData) -> None:
        p, area, c = self._p, self._lanes.keyframes, self._c
        self._stride_ticks(data, area)
        self._sources(data.sources, area)
        frames = self._in_view(data.keyframes)
        if not len(frames):
            return
        columns = np.unique(np.round(self._lanes.left + (frames + 0.5 - self._view.first) * self._scale))
        gap = float(np.min(np.diff(columns))) if len(columns) > 1 else np.inf
        middle, size = area.center().y() - 1, min(area.height() / 2 - 4, 6.0)
        if gap < 1.5 * size:
            p.setPen(QPen(c.text, 1 if gap < 3 else 2))
            p.drawLines([QLineF(x, middle - size, x, middle + size) for x in columns.tolist()])
            return
        p.setRenderHint(QPainter.RenderHint.Antialiasing)
        p.setPen(QPen(c.surface, 1))
        p.setBrush(c.text)
        for x in columns.tolist():
            corners = [(x, middle - size), (x + size, middle), (x, middle + size), (x - size, middle)]
            p.drawPolygon(QPolygonF([QPointF(*corner) for corner in corners]))
        p.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)

    def _stride_ticks(self, data: LaneData, area: QRectF) -> None:
        """Light ticks at the frames that are to be labelled, where they can be told apart."""
        if data.stride * self._scale < 5:
            return
        first = -(-int(self._view.first) // data.stride) * data.stride
        end = min(int(self._view.first + self._view.n_frames) + 1, data.n_frames)
        self._p.setPen(self._c.border)
        xs = [round(self._x(frame + 0.5)) + 0.5 for frame in range(first, end, data.stride)]
        self._p.drawLines([QLineF(x, area.bottom() - 8, x, area.bottom() - 4) for x in xs])

    def _sources(self, sources: NDArray[np.uint8] | None, area: QRectF) -> None:
        """A thin band below the keyframes: how far labels reach, where a model speaks, where nothing is known."""
        if sources is None:
            return
        edges = column_edges(self._view, area.width(), length=len(sources))
        if len(edges) < 2:
            return
        best = np.maximum.reduceat(sources[: edges[-1]], edges[:-1])
        shades = {
            Source.PREDICTED: self._c.border,
            Source.INTERPOLATED: mix(self._c.border, self._c.text, 0.45),
            Source.LABELLED: self._c.text,
        }
        for start, end in runs_of(best):
            source = Source(int(best[start]))
            if source is not Source.MISSING:
                left, right = self._x(int(edges[start])), self._x(int(edges[end]))
                self._p.fillRect(QRectF(left, area.bottom() - 3, max(right - left, 1.0), 3), shades[source])

    def _confidence(self, data: LaneData) -> None:
        p, area, c = self._p, self._lanes.confidence.adjusted(0, 4, 0, -3), self._c
        y = area.bottom() - DOUBT_BELOW * area.height()
        p.setPen(QPen(c.border, 1, Qt.PenStyle.DashLine))
        p.drawLine(QPointF(area.left(), y), QPointF(area.right(), y))
        values = data.confidence
        if values is None:
            return
        edges = column_edges(self._view, area.width(), length=len(values))
        if len(edges) < 2:
            return
        lowest = np.fmin.reduceat(values[: edges[-1]], edges[:-1])
        highest = np.fmax.reduceat(values[: edges[-1]], edges[:-1])
        x = self._lanes.left + ((edges[:-1] + edges[1:]) / 2 - self._view.first) * self._scale
        ok = np.isfinite(lowest)
        p.setRenderHint(QPainter.RenderHint.Antialiasing, on=len(x) < _SMOOTH_BELOW)
        for start, end in runs_of(ok):
            if ok[start]:
                part = slice(start, end)
                self._curve(x[part], np.clip(lowest[part], 0, 1), np.clip(highest[part], 0, 1), area=area)
        p.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)

    def _curve(
        self, x: NDArray[np.floating], low: NDArray[np.floating], high: NDArray[np.floating], *, area: QRectF
    ) -> None:
        """The lowest confidence of each column as a line over a filled ground; doubt in the warning colour."""
        p, c = self._p, self._c
        y_low, y_high = (area.bottom() - v * area.height() for v in (low, high))
        line = [QPointF(a, b) for a, b in zip(x.tolist(), y_low.tolist(), strict=True)]
        p.setPen(Qt.PenStyle.NoPen)
        ground = QColor(c.muted)
        ground.setAlphaF(0.22)
        p.setBrush(ground)
        upper = [QPointF(a, b) for a, b in zip(x.tolist(), y_high.tolist(), strict=True)]
        p.drawPolygon(QPolygonF([*upper, QPointF(x[-1], area.bottom()), QPointF(x[0], area.bottom())]))
        for start, end in runs_of(low < DOUBT_BELOW):
            p.setPen(QPen(c.warning if low[start] < DOUBT_BELOW else c.muted, 1.4))
            piece = line[max(start - 1, 0) : end] if low[start] < DOUBT_BELOW else line[start : end + 1]
            if len(piece) == 1:
                p.drawPoint(piece[0])
            p.drawPolyline(QPolygonF(piece))

    def _marks(self, marks: Marks, area: QRectF) -> None:
        """Bars over the marked frames; neighbours run together."""
        seen = self._in_view(marks.frames)
        if not len(seen):
            return
        columns = np.floor((seen - self._view.first) * self._scale)
        breaks = np.flatnonzero(np.diff(columns) > max(self._scale, 1) + 1)
        starts, ends = columns[np.r_[0, breaks + 1]], columns[np.r_[breaks, len(columns) - 1]]
        top, height, width = area.top() + area.height() * 0.25, area.height() * 0.5, max(self._scale, 2.0)
        self._p.setPen(Qt.PenStyle.NoPen)
        self._p.setBrush(self._c.warning if marks.kind is MarkKind.DOUBT else mix(self._c.border, self._c.text, 0.45))
        for start, end in zip(starts.tolist(), ends.tolist(), strict=True):
            self._p.drawRect(QRectF(self._lanes.left + start, top, end - start + width, height))

    def _in_view(self, frames: NDArray[np.intp]) -> NDArray[np.intp]:
        low, high = np.searchsorted(frames, (self._view.first - 1, self._view.first + self._view.n_frames))
        return frames[low:high]
