"""How the lanes of a timeline are painted, all but those of keyframes and events: one pixel column at a time."""

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen, QPolygonF

from widgets.theme import mix
from widgets.timeline_canvas import Canvas, shades
from widgets.timeline_curve import paint_confidence
from widgets.timeline_data import LaneData, MarkKind, Marks, clock
from widgets.timeline_difference import paint_difference
from widgets.timeline_doubts import paint_doubts
from widgets.timeline_events import paint_events
from widgets.timeline_keyframes import paint_keyframes
from widgets.timeline_layout import KEYFRAMES, PINNED, RIGHT_PX
from widgets.timeline_measures import paint_measure
from widgets.timeline_view import STEPS


def paint_lanes(canvas: Canvas, data: LaneData) -> None:
    """Paint everything that does not move with the playhead."""
    p, lanes, c = canvas.painter, canvas.lanes, canvas.colors
    p.fillRect(lanes.body, c.surface)
    if data.n_frames:
        all_frames = QRectF(lanes.left, 0, lanes.ruler.width() + RIGHT_PX, lanes.height)
        p.setClipRect(all_frames)
        _ruler(canvas, data)
        paint_keyframes(canvas, data, stride=True)
        paint_events(canvas, data.events)
        p.setClipRect(all_frames & lanes.rolling)
        paint_confidence(canvas, data.confidence)
        for lane in range(len(lanes.groups)):
            paint_keyframes(canvas, data, stride=False, lane=lane)
        paint_difference(canvas, data.difference)
        paint_doubts(canvas, data.doubts)
        _reviewed(canvas, data.reviewed)
        for name, area in lanes.measures.items():
            paint_measure(canvas, data.measures[name], area=area)
        for name, area in lanes.marks.items():
            _state(canvas, data.marks[name], area=area)
        p.setClipping(False)
    _names(canvas, data)


def paint_playhead(canvas: Canvas, x: float) -> None:
    """Paint the line and the handle of the frame on screen; a broad frame is tinted as a whole."""
    p, lanes, c = canvas.painter, canvas.lanes, canvas.colors
    p.setRenderHint(QPainter.RenderHint.Antialiasing)
    top, bottom, width = lanes.ruler.bottom(), lanes.body.bottom(), canvas.scale.px
    if width > 6:
        tint = QColor(c.accent)
        tint.setAlphaF(0.18)
        p.fillRect(QRectF(x - width / 2, top, width, bottom - top), tint)
    p.setPen(QPen(c.surface, 4))
    p.drawLine(QPointF(x, top), QPointF(x, bottom))
    p.setPen(QPen(c.accent, 2))
    p.drawLine(QPointF(x, top - 6), QPointF(x, bottom))
    p.setPen(QPen(c.surface, 1))
    p.setBrush(c.accent)
    corners = [(x - 6, top - 11), (x + 6, top - 11), (x + 6, top - 7), (x, top), (x - 6, top - 7)]
    p.drawPolygon(QPolygonF([QPointF(*corner) for corner in corners]))
    p.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)


def paint_range(canvas: Canvas, chosen: tuple[int, int]) -> None:
    """Tint a range of frames, both ends included, and mark its ends."""
    p, body, c = canvas.painter, canvas.lanes.body, canvas.colors
    left, right = canvas.scale.edge(chosen[0]), canvas.scale.edge(chosen[1] + 1)
    tint = QColor(c.accent)
    tint.setAlphaF(0.2)
    p.fillRect(QRectF(left, body.top(), right - left, body.height()), tint)
    for x in (left, right):
        p.fillRect(QRectF(x - 1, body.top() - 8, 2, body.height() + 8), c.accent)


def paint_overview(canvas: Canvas, data: LaneData) -> None:
    """Paint the whole clip as a thin bar, where its keyframes lie, and a frame around what is in view."""
    p, area, c = canvas.painter, canvas.lanes.overview, canvas.colors
    p.fillRect(area, c.window)
    n_frames = max(data.n_frames, 1)
    n_columns = canvas.n_columns
    edges = np.ceil(np.arange(n_columns + 1) * (n_frames / n_columns)).astype(np.intp)
    share = np.diff(np.searchsorted(data.summary.keyframes, edges)) / max(n_frames / n_columns, 1.0)
    bar = area.adjusted(0, 2, 0, -1)
    canvas.draw_columns(shades(c.muted.rgb(), 10)[np.ceil(np.minimum(share, 1) * 9).astype(np.intp)][None], bar)
    view = canvas.scale.view
    left, right = (area.left() + area.width() * frame / n_frames for frame in (view.first, view.end))
    handle = QRectF(left, bar.top(), max(right - left, 6), bar.height())
    ground = QColor(c.text)
    ground.setAlphaF(0.2)
    p.fillRect(handle, ground)
    p.setPen(c.muted)
    p.setBrush(Qt.BrushStyle.NoBrush)
    p.drawRect(handle.adjusted(0.5, 0.5, -0.5, -0.5))


def _names(canvas: Canvas, data: LaneData) -> None:
    """The names at the left, an arrow that opens or closes the joint groups, and lines between the lanes."""
    p, lanes, c = canvas.painter, canvas.lanes, canvas.colors
    flags = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
    for number, (name, area) in enumerate(lanes.names(data)):
        p.setClipRect(QRectF(0, 0, area.right(), lanes.height) if name in PINNED else lanes.rolling)
        p.setPen(c.text if name == KEYFRAMES and data.groups else c.muted)
        p.drawText(QRectF(4, area.top(), lanes.left - 12, area.height()), flags, name)
        if number:
            p.setPen(c.grid)
            p.drawLine(QPointF(4, area.top()), QPointF(area.right(), area.top()))
    p.setClipping(False)
    if data.groups:
        middle, x = lanes.keyframes.center().y(), 9.0
        shape = [(x - 4, middle - 2), (x + 4, middle - 2), (x, middle + 3)]
        if not data.expanded:
            shape = [(x - 2, middle - 4), (x - 2, middle + 4), (x + 3, middle)]
        p.setRenderHint(QPainter.RenderHint.Antialiasing)
        p.setPen(Qt.PenStyle.NoPen)
        p.setBrush(c.text)
        p.drawPolygon(QPolygonF([QPointF(*corner) for corner in shape]))
        p.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)


def _ruler(canvas: Canvas, data: LaneData) -> None:
    p, area, c, scale = canvas.painter, canvas.lanes.ruler, canvas.colors, canvas.scale
    metrics = QFontMetricsF(p.font())
    last, step = data.n_frames - 1, _ruler_step(canvas, data, metrics=metrics)
    minor = max(step // 5, 1)
    first = int(scale.view.first) // minor * minor
    bottom, baseline = canvas.lanes.body.bottom(), area.top() + metrics.ascent() + 2
    for frame in range(first, min(int(scale.view.end), last) + 1, minor):
        x = round(scale.middle(frame)) + 0.5
        major = frame % step == 0
        p.setPen(c.border if major else c.grid)
        p.drawLine(QPointF(x, area.bottom() - (7 if major else 4)), QPointF(x, area.bottom()))
        if not major:
            continue
        p.setPen(c.grid)
        p.drawLine(QPointF(x, area.bottom()), QPointF(x, bottom))
        number, time = f"{frame}", _ruler_time(data, frame, step=step)
        at = x + 12 + metrics.horizontalAdvance(number)
        if at + metrics.horizontalAdvance(time) <= area.right() + RIGHT_PX:
            p.setPen(c.text)
            p.drawText(QPointF(x + 4, baseline), number)
            p.setPen(c.muted)
            p.drawText(QPointF(at, baseline), time)


def _ruler_step(canvas: Canvas, data: LaneData, *, metrics: QFontMetricsF) -> int:
    """The least distance of labelled frames at which the labels do not run into each other."""
    last = data.n_frames - 1
    for step in STEPS:
        label = f"{last}  {_ruler_time(data, last, step=step)}"
        if step * canvas.scale.px >= metrics.horizontalAdvance(label) + 24:
            return step
    return STEPS[-1]


def _ruler_time(data: LaneData, frame: int, *, step: int) -> str:
    """A frame's time, with milliseconds only where the labels are less than a second apart."""
    time = clock(data.time_s(frame))
    return time if step < data.fps else time.partition(".")[0]


def _reviewed(canvas: Canvas, reviewed: NDArray[np.bool_] | None) -> None:
    """A calm bar over the frames a person has confirmed; where several share a column, all of them."""
    area = canvas.lanes.reviewed
    if reviewed is None or not area.height():
        return
    confirmed = (canvas.columns(reviewed) > 0) & (canvas.columns(~reviewed) == 0)
    bar = QRectF(area.left(), area.center().y() - 2, area.width(), 4)
    canvas.fill_columns(confirmed, mix(canvas.colors.border, canvas.colors.text, 0.6), area=bar)


def _state(canvas: Canvas, marks: Marks, *, area: QRectF) -> None:
    """Bars over the marked frames, 2 pixels wide at least."""
    seen = marks.frames[canvas.scale.in_view(marks.frames)]
    color = (
        canvas.colors.warning if marks.kind is MarkKind.DOUBT else mix(canvas.colors.border, canvas.colors.text, 0.45)
    )
    bar = QRectF(area.left(), area.top() + area.height() * 0.25, area.width(), area.height() * 0.5)
    canvas.fill_columns(spread(canvas, seen), color, area=bar)


def spread(canvas: Canvas, frames: NDArray[np.intp]) -> NDArray[np.bool_]:
    """Return which device columns (n_columns,) frames cover, 2 logical pixels each at least."""
    starts = np.floor((frames - canvas.scale.view.first) * canvas.scale.px * canvas.ratio)
    width = max(canvas.scale.px, 2.0) * canvas.ratio
    change = np.zeros(canvas.n_columns + 1, np.intp)
    np.add.at(change, np.clip(starts, 0, canvas.n_columns).astype(np.intp), 1)
    np.add.at(change, np.clip(np.ceil(starts + width), 0, canvas.n_columns).astype(np.intp), -1)
    covered: NDArray[np.bool_] = np.cumsum(change[:-1]) > 0
    return covered
