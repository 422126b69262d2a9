"""Where the lanes of a timeline lie."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QFontMetricsF
from PySide6.QtWidgets import QWidget

from widgets.timeline_data import LaneData

_PICTURE_LINES, _LEAST_PICTURE_LINES = 3.0, 1.6
"""Height of the lane of small pictures in lines of text, and under which it is left out."""
_LEAST_CURVE_LINES = 2.0
_OVERVIEW_PX = 8.0
_BOTTOM_PX = 3.0
RIGHT_PX = 8.0
"""Room to the right of the last frame."""
EVENTS, KEYFRAMES, CONFIDENCE, DOUBTS, REVIEWED = "events", "keyframes", "confidence", "doubts", "reviewed"
"""Names of lanes."""
DIFFERENCE = "smoothing"
"""Name of the lane that says how far smoothing moved the joints."""
_LONGEST = "right hand holds"
"""The longest of the names that come with a body: they have room from the beginning."""
PINNED = ("ruler", EVENTS, KEYFRAMES)
"""The lanes above those that scroll."""


@dataclass(frozen=True)
class Lanes:
    """Where the lanes lie, in logical pixels of the widget; a lane that is not shown is empty.

    Ruler, events, keyframes and overview always stay in sight; what is between them scrolls where the height does not
    do for all lanes.

    Attributes
    ----------
    rolling : QRectF
        The area in which lanes scroll, names included.
    hidden : float
        By how many pixels they can be scrolled.
    """

    left: float = 0.0
    ruler: QRectF = field(default_factory=QRectF)
    events: QRectF = field(default_factory=QRectF)
    keyframes: QRectF = field(default_factory=QRectF)
    groups: tuple[QRectF, ...] = ()
    pictures: QRectF = field(default_factory=QRectF)
    confidence: QRectF = field(default_factory=QRectF)
    difference: QRectF = field(default_factory=QRectF)
    doubts: QRectF = field(default_factory=QRectF)
    reviewed: QRectF = field(default_factory=QRectF)
    marks: dict[str, QRectF] = field(default_factory=dict)
    measures: dict[str, QRectF] = field(default_factory=dict)
    overview: QRectF = field(default_factory=QRectF)
    rolling: QRectF = field(default_factory=QRectF)
    hidden: float = 0.0
    height: float = 0.0

    @property
    def body(self) -> QRectF:
        """All lanes below the ruler."""
        return QRectF(
            self.ruler.left(), self.ruler.bottom(), self.ruler.width(), self.overview.top() - self.ruler.bottom()
        )

    @property
    def header(self) -> QRectF:
        """The name of the keyframe lane, which opens and closes the lanes of the joint groups."""
        return QRectF(0, self.keyframes.top(), self.left, self.keyframes.height())

    def names(self, data: LaneData) -> Iterator[tuple[str, QRectF]]:
        """Yield the lanes that are shown with their names, from top to bottom."""
        groups = zip((lane.name for lane in data.shown_groups), self.groups, strict=True)
        single = [(KEYFRAMES, self.keyframes), *groups, (CONFIDENCE, self.confidence)]
        single += [
            (DIFFERENCE, self.difference),
            (DOUBTS, self.doubts),
            (REVIEWED, self.reviewed),
            *self.measures.items(),
        ]
        single += self.marks.items()
        yield from (entry for entry in [(EVENTS, self.events), *single] if entry[1].height() > 0)

    def keyframe_lane_at(self, position: QPointF) -> int | None:
        """Return the lane of keyframes at a position: -1 for all joints, the place of a joint group, or None."""
        if self.keyframes.contains(position):
            return -1
        groups = self.groups if self.rolling.contains(position) else ()
        return next((index for index, area in enumerate(groups) if area.contains(position)), None)


def least_height(widget: QWidget) -> float:
    """Return the height that does for what stays in sight, the curve at its lowest and a lane of marks.

    Lanes that come and go do not change it: how much room there is for them is up to who uses the window.
    """
    line = QFontMetricsF(widget.font()).height()
    return (line + 10) + (line + 4) + (line + 6) + _LEAST_CURVE_LINES * line + (line + 2) + _OVERVIEW_PX + _BOTTOM_PX


def lanes_for(
    widget: QWidget, data: LaneData, *, height: float | None, pictures: bool = False, scrolled: float = 0.0
) -> Lanes:
    """Lay the lanes out for a widget's font and width.

    `height` None gives every lane its comfortable size; else the curve takes what the others leave, 2 lines at least,
    and `pictures` get a lane if there is room for one. Where there is too little room for all lanes, those below the
    keyframes are `scrolled` up by some pixels.
    """
    metrics = QFontMetricsF(widget.font())
    line = metrics.height()
    groups = data.shown_groups
    left = math.ceil(max(metrics.horizontalAdvance(name) for name in _possible_names(data)) + line + 16)
    mark = line + 2
    sizes = {
        "ruler": line + 10,
        EVENTS: line + 4 if data.has_events else 0.0,
        KEYFRAMES: line + 6,
        **{f"group {index}": mark for index in range(len(groups))},
        "pictures": _PICTURE_LINES * line if pictures else 0.0,
        CONFIDENCE: 3.0 * line,
        DIFFERENCE: mark + 2 if data.difference is not None else 0.0,
        DOUBTS: mark if len(data.doubts.frames) else 0.0,
        REVIEWED: mark if data.reviewed is not None and data.reviewed.any() else 0.0,
        **{f"measure {name}": mark for name in data.measures},
        **{f"mark {name}": mark for name in data.marks},
        "overview": _OVERVIEW_PX,
    }
    if height is not None:
        _fit(sizes, height - _BOTTOM_PX, line=line)
    total = sum(sizes.values())
    hidden = 0.0 if height is None else max(total + _BOTTOM_PX - height, 0.0)
    rows, top = {}, 0.0
    for name, size in sizes.items():
        rows[name] = QRectF(left, top - _shift(name, hidden, scrolled), widget.width() - left - RIGHT_PX, size)
        top += size
    between = rows["overview"].top() - rows[KEYFRAMES].bottom()
    return Lanes(
        left=left,
        ruler=rows["ruler"],
        events=rows[EVENTS],
        keyframes=rows[KEYFRAMES],
        groups=tuple(rows[f"group {index}"] for index in range(len(groups))),
        pictures=rows["pictures"],
        confidence=rows[CONFIDENCE],
        difference=rows[DIFFERENCE],
        doubts=rows[DOUBTS],
        reviewed=rows[REVIEWED],
        measures={name: rows[f"measure {name}"] for name in data.measures},
        marks={name: rows[f"mark {name}"] for name in data.marks},
        overview=rows["overview"],
        rolling=QRectF(0, rows[KEYFRAMES].bottom(), widget.width(), between),
        hidden=hidden,
        height=top - hidden + _BOTTOM_PX,
    )


def _shift(name: str, hidden: float, scrolled: float) -> float:
    """Return by how much a row lies higher than it would with room for all of them."""
    if name == "overview":
        return hidden
    return 0.0 if name in PINNED else min(max(scrolled, 0.0), hidden)


def _fit(sizes: dict[str, float], height: float, *, line: float) -> None:
    """Give the pictures what is left beside a low curve, if that is enough for them, and the rest to the curve."""
    spare = height - sum(size for name, size in sizes.items() if name not in ("pictures", CONFIDENCE))
    for_pictures = spare - _LEAST_CURVE_LINES * line
    enough = for_pictures >= _LEAST_PICTURE_LINES * line
    sizes["pictures"] = min(sizes["pictures"], for_pictures) if enough else 0.0
    sizes[CONFIDENCE] = max(_LEAST_CURVE_LINES * line, spare - sizes["pictures"])


def _possible_names(data: LaneData) -> list[str]:
    """All names there may be, so that lanes that come and go do not shift the frames."""
    groups = (lane.name for lane in data.groups)
    return [_LONGEST, KEYFRAMES, CONFIDENCE, REVIEWED, *groups, *data.measures, *data.marks]
