"""Lanes of keyframes: what lies between labels as a patterned band, and a mark for every keyframe."""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPixmap, QPolygonF

from widgets.markers import side_color
from widgets.theme import ThemeColors, mix
from widgets.timeline_canvas import Canvas, argb, shades
from widgets.timeline_data import Fill, KeyframeMove, Lane, LaneData

_BAND_ROWS = 5
_PERIOD = 8
_PATTERNS = {
    Fill.LABELLED: ("########", "########", "########", "########", "########"),
    Fill.PREDICTED: ("........", "........", "########", "........", "........"),
    Fill.LINEAR: ("........", "########", "########", "########", "........"),
    Fill.CUBIC: (".##.....", "####....", "##..##.#", "#....###", "......#."),
    Fill.PREDICTION: ("........", "##..##..", "##..##..", "##..##..", "........"),
    Fill.HOLD: ("########", "........", "........", "........", "########"),
}
"""One period of the band of every kind, told apart without colour."""
_SPREAD_PX = 1.6
"""Where most keyframes are nearer than this many times the size of a mark, they are drawn as ticks."""


def mark_size(area: QRectF) -> float:
    """Return half the width of the mark of a keyframe in a lane, in pixels."""
    return min(area.height() / 2 - 3, 6.0)


def paint_keyframes(canvas: Canvas, data: LaneData, *, stride: bool, lane: int = -1) -> None:
    """Paint the lane of all joints (-1), or that of a joint group."""
    area = canvas.lanes.keyframes if lane < 0 else canvas.lanes.groups[lane]
    what = data.lane(lane)
    if stride:
        _stride_ticks(canvas, data, area=area)
    if what.fill is not None:
        _band(canvas, what.fill, area=QRectF(area.left(), area.center().y() - 2.5, area.width(), _BAND_ROWS))
    color = lane_color(what.name, canvas.colors)
    if lane < 0:
        _suggestions(canvas, data.suggestions, area=area)
    _marks(canvas, what, area=area, color=color)


def lane_color(name: str, colors: ThemeColors) -> QColor:
    """Return the colour of the marks of a lane: that of its side, text for what has none."""
    color = side_color(name.replace(" ", "_"), colors)
    return colors.text if color == colors.middle else color


def paint_move(canvas: Canvas, data: LaneData, *, move: KeyframeMove) -> None:
    """Paint where keyframes would come to lie, those in the way of others in the warning colour, and say so."""
    p, c = canvas.painter, canvas.colors
    area = canvas.lanes.keyframes if move.lane < 0 else canvas.lanes.groups[move.lane]
    frames = np.asarray(move.frames, np.intp) + move.offset
    taken = taken_by(data.lane(move.lane).keyframes, move)
    blocked = np.isin(frames, taken)
    size = mark_size(area)
    for wanted, color in ((~blocked, c.accent), (blocked, c.warning)):
        counted = canvas.counts(frames[wanted])
        canvas.fill_columns(
            counted > 0, color, area=QRectF(area.left(), area.top() + 1, area.width(), area.height() - 2)
        )
        shown = frames[wanted][canvas.scale.in_view(frames[wanted])]
        if len(shown) * 3 * size < area.width():
            _diamonds(canvas, canvas.scale.middles(shown), area=area, color=color, size=size)
    words = move_words(move, n_taken=len(taken))
    metrics = p.fontMetrics()
    width = metrics.horizontalAdvance(words) + 12
    x = canvas.scale.middle(float(frames[0])) + 10
    x = min(max(x, canvas.lanes.left + 2), canvas.lanes.ruler.right() - width)
    chip = QRectF(x, canvas.lanes.ruler.top() + 1, width, metrics.height() + 4)
    p.setPen(QPen(c.warning if len(taken) else c.border, 1))
    p.setBrush(c.raised)
    p.drawRoundedRect(chip, 3, 3)
    p.setPen(c.warning if len(taken) else c.text)
    p.drawText(chip, Qt.AlignmentFlag.AlignCenter, words)


def taken_by(keyframes: NDArray[np.intp], move: KeyframeMove) -> NDArray[np.intp]:
    """Return the keyframes (M,) of a lane that are in the way of a move; those that move along are not."""
    moving = np.asarray(move.frames, np.intp)
    others = keyframes if move.copy else np.setdiff1d(keyframes, moving, assume_unique=True)
    return np.intersect1d(moving + move.offset, others)


def move_words(move: KeyframeMove, *, n_taken: int) -> str:
    """Return what a move would do, for people."""
    count, verb = len(move.frames), "copy" if move.copy else "move"
    what = "keyframe" if count == 1 else f"{count} keyframes"
    words = f"{verb} {what} by {move.offset:+d}"
    if count == 1:
        words += f" to frame {move.frames[0] + move.offset}"
    if n_taken:
        words += ": a keyframe is in the way" if n_taken == 1 else f": {n_taken} keyframes are in the way"
    return words


def _band(canvas: Canvas, fill: NDArray[np.uint8], *, area: QRectF) -> None:
    """Paint a patterned band from the `Fill` of every frame."""
    columns = canvas.columns(fill)
    tiles = _tiles(round(canvas.ratio * 100))
    shift = round(canvas.scale.view.first * canvas.scale.px * canvas.ratio)
    at = (np.arange(len(columns)) + shift) % tiles.shape[2]
    palette = np.array([argb(color) for color in _fill_colors(canvas.colors)], np.uint32)
    canvas.draw_columns(np.where(tiles[columns, :, at], palette[columns, None], 0).T.astype(np.uint32), area)


def _fill_colors(c: ThemeColors) -> list[QColor]:
    between = mix(c.border, c.text, 0.5)
    by_kind = {Fill.LABELLED: c.text, Fill.PREDICTED: mix(c.border, c.text, 0.15)}
    return [by_kind.get(kind, between) for kind in Fill]


@lru_cache
def _tiles(percent: int) -> NDArray[np.bool_]:
    """The patterns (kind, row, column) in device pixels, for a ratio in percent."""
    n_columns = max(round(_PERIOD * percent / 100), 1)
    across = np.arange(n_columns) * _PERIOD // n_columns
    tiles = np.zeros((len(Fill), _BAND_ROWS, n_columns), bool)
    for kind, rows in _PATTERNS.items():
        tiles[kind] = np.array([[cell == "#" for cell in row] for row in rows])[:, across]
    return tiles


def _marks(canvas: Canvas, lane: Lane, *, area: QRectF, color: QColor) -> None:
    """A mark for every keyframe; hollow where only some joints are labelled; ticks where they lie close."""
    seen = canvas.scale.in_view(lane.keyframes)
    frames = lane.keyframes[seen]
    if not len(frames):
        return
    size = mark_size(area)
    if _are_close(frames, at_least=_SPREAD_PX * size / canvas.scale.px, room=area.width() / canvas.scale.px):
        _ticks(canvas, frames, area=area, color=color)
        return
    xs = canvas.scale.middles(frames)
    complete = np.ones(len(frames), bool) if lane.complete is None else lane.complete[seen]
    _diamonds(canvas, xs[complete], area=area, color=color, size=size)
    _diamonds(canvas, xs[~complete], area=area, color=color, size=size, hollow=True)


def _are_close(frames: NDArray[np.intp], *, at_least: float, room: float) -> bool:
    """Return whether most of some frames lie nearer to each other than a distance; looks only where it has to."""
    if len(frames) * at_least > 2 * room:
        return True
    return len(frames) > 1 and float(np.median(np.diff(frames))) < at_least


def _ticks(canvas: Canvas, frames: NDArray[np.intp], *, area: QRectF, color: QColor) -> None:
    """One column per keyframe; where several share one it is the stronger the more of its frames are keyframes."""
    counts = canvas.counts(frames)
    per_column = max(1 / (canvas.scale.px * canvas.ratio), 1.0)
    strength = np.where(counts > 0, 0.35 + 0.65 * np.minimum(counts / per_column, 1), 0)
    pixels = shades(color.rgb(), 20)[np.round(strength * 20).astype(np.intp)][None]
    size = mark_size(area)
    canvas.draw_columns(pixels, QRectF(area.left(), area.center().y() - size, area.width(), 2 * size))


def _diamonds(
    canvas: Canvas, xs: NDArray[np.float64], *, area: QRectF, color: QColor, size: float, hollow: bool = False
) -> None:
    if len(xs):
        inside = canvas.colors.surface if hollow else color
        picture = diamond(
            inside.rgb(), color.rgb(), ground=canvas.colors.surface.rgb(), tenths=round(size * 10), ratio=canvas.ratio
        )
        half = picture.deviceIndependentSize().width() / 2
        y = area.center().y() - half
        for x in xs.tolist():
            canvas.painter.drawPixmap(QPointF(x - half, y), picture)


@lru_cache(maxsize=64)
def diamond(inside: int, edge: int, *, ground: int, tenths: int, ratio: float) -> QPixmap:
    """Return the mark of a keyframe as a picture, painted once; colours are those of `QColor.rgb`."""
    size = tenths / 10
    side = 2 * size + 4
    result = QPixmap(round(side * ratio), round(side * ratio))
    result.setDevicePixelRatio(ratio)
    result.fill(Qt.GlobalColor.transparent)
    p = QPainter(result)
    p.setRenderHint(QPainter.RenderHint.Antialiasing)
    m = side / 2
    for half, pen, brush in ((size + 1, ground, ground), (size - 0.5, edge, inside)):
        p.setPen(QPen(QColor(pen), 1.4))
        p.setBrush(QColor(brush))
        corners = [(m, m - half), (m + half, m), (m, m + half), (m - half, m)]
        p.drawPolygon(QPolygonF([QPointF(*corner) for corner in corners]))
    p.end()
    return result


def _suggestions(canvas: Canvas, frames: NDArray[np.intp], *, area: QRectF) -> None:
    """Hollow marks in the accent colour where a keyframe would help; ticks where they lie close."""
    frames = frames[canvas.scale.in_view(frames)]
    size = mark_size(area)
    if len(frames) * 3 * size < area.width():
        _diamonds(canvas, canvas.scale.middles(frames), area=area, color=canvas.colors.accent, size=size, hollow=True)
    else:
        below = QRectF(area.left(), area.bottom() - 3, area.width(), 2)
        canvas.fill_columns(canvas.counts(frames) > 0, canvas.colors.accent, area=below)


def _stride_ticks(canvas: Canvas, data: LaneData, *, area: QRectF) -> None:
    """Light ticks at the frames that are to be labelled, where they can be told apart."""
    scale = canvas.scale
    if data.stride * scale.px < 5:
        return
    first = -(-int(scale.view.first) // data.stride) * data.stride
    end = min(int(scale.view.end) + 1, data.n_frames)
    canvas.painter.setPen(canvas.colors.border)
    xs = [round(scale.middle(frame)) + 0.5 for frame in range(first, end, data.stride)]
    canvas.painter.drawLines([QLineF(x, area.top() + 2, x, area.bottom() - 2) for x in xs])
