"""The lane of events and chapters, and the field in which they are named."""

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QPen
from PySide6.QtWidgets import QLineEdit, QWidget

from annotation.labels import Event
from widgets.timeline_canvas import Canvas
from widgets.timeline_view import Scale

_FLAG_PX = 7.0
_LEAST_TEXT_PX = 16.0


def paint_events(canvas: Canvas, events: tuple[Event, ...]) -> None:
    """Paint chapters as bars and events as flags, with as much of their names as there is room for."""
    area = canvas.lanes.events
    if not area.height() or not events:
        return
    starts = np.array([event.frame for event in events])
    ends = np.array([event.last for event in events])
    view = canvas.scale.view
    for index in np.flatnonzero((ends >= view.first - view.n_frames) & (starts <= view.end)).tolist():
        event = events[index]
        if event.end is not None:
            _chapter(canvas, event, area=area)
        else:
            later = starts[np.searchsorted(starts, event.frame, side="right") :]
            room_until = canvas.scale.edge(float(later[0])) if len(later) else area.right()
            _flag(canvas, event, area=area, room_until=room_until)


def _chapter(canvas: Canvas, event: Event, *, area: QRectF) -> None:
    p, c = canvas.painter, canvas.colors
    bar = chapter_area(canvas.scale, event, area=area)
    if bar.width() < _LEAST_TEXT_PX:
        p.fillRect(bar, c.border)
        p.fillRect(bar.adjusted(1, 1, 0, -1), c.raised)
        return
    p.setPen(QPen(c.border, 1))
    p.setBrush(c.raised)
    p.drawRoundedRect(bar.adjusted(0.5, 0.5, -0.5, -0.5), 3, 3)
    shown = bar.intersected(area).adjusted(5, 0, -3, 0)
    _name(canvas, event.text, room=shown)


def _flag(canvas: Canvas, event: Event, *, area: QRectF, room_until: float) -> None:
    p, c, x = canvas.painter, canvas.colors, canvas.scale.middle(event.frame)
    p.setPen(Qt.PenStyle.NoPen)
    p.setBrush(c.text)
    p.drawRect(QRectF(x - 0.75, area.top() + 2, 1.5, area.height() - 2))
    top = area.top() + 2
    p.drawPolygon([QPointF(x, top), QPointF(x + _FLAG_PX, top + 3), QPointF(x, top + 6)])
    _name(canvas, event.text, room=QRectF(x + _FLAG_PX + 3, area.top(), room_until - x - _FLAG_PX - 6, area.height()))


def _name(canvas: Canvas, text: str, *, room: QRectF) -> None:
    if room.width() >= _LEAST_TEXT_PX:
        p = canvas.painter
        p.setPen(canvas.colors.text)
        words = p.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, int(room.width()))
        p.drawText(room, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, words)


def chapter_area(scale: Scale, event: Event, *, area: QRectF) -> QRectF:
    """Return where an event lies in its lane; a single frame has room for a short name."""
    left = scale.edge(event.frame)
    right = scale.edge(event.end + 1) if event.end is not None else left + 10 * _FLAG_PX
    return QRectF(left, area.top() + 1, max(right - left, _FLAG_PX), area.height() - 2)


def event_at(scale: Scale, events: tuple[Event, ...], *, area: QRectF, position: QPointF) -> int | None:
    """Return which event is at a position of the lane; the last that begins before it, flags before chapters."""
    if not area.contains(position):
        return None
    hits = [index for index, event in enumerate(events) if _hit(scale, event, x=position.x())]
    return max(hits, key=lambda index: (events[index].end is None, events[index].frame), default=None)


def _hit(scale: Scale, event: Event, *, x: float) -> bool:
    if event.end is None:
        return -4 <= x - scale.middle(event.frame) <= _FLAG_PX + 24
    return scale.edge(event.frame) - 1 <= x <= max(scale.edge(event.end + 1), scale.edge(event.frame) + _FLAG_PX)


class EventField(QLineEdit):
    """Names an event where it lies: Enter or leaving it takes the name, Esc does not."""

    named = Signal(str)
    closed = Signal(bool)
    """Whether a key closed it, so that the keys are free now."""

    def __init__(self, *, parent: QWidget) -> None:
        super().__init__(parent)
        self.setPlaceholderText("name of the event")
        self.setAccessibleName("Name of the event")
        self.setMaxLength(120)
        self.hide()

    def start(self, text: str) -> None:
        """Show a name and let a person change it."""
        self.setText(text)
        self.selectAll()
        self.show()
        self.raise_()
        self.setFocus(Qt.FocusReason.OtherFocusReason)

    def event(self, event: QEvent) -> bool:
        """Keep Esc for itself, which is the key of an action elsewhere."""
        shortcut = event.type() == QEvent.Type.ShortcutOverride
        if shortcut and isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_Escape:
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Take the name or leave it."""
        if event.key() == Qt.Key.Key_Escape:
            self._end(take=False, by_key=True)
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._end(take=True, by_key=True)
        else:
            super().keyPressEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Take what was typed when a person goes on elsewhere."""
        super().focusOutEvent(event)
        if event.reason() not in (Qt.FocusReason.PopupFocusReason, Qt.FocusReason.ActiveWindowFocusReason):
            self._end(take=True, by_key=False)

    def _end(self, *, take: bool, by_key: bool) -> None:
        if self.isHidden():
            return
        text = self.text().strip()
        self.hide()
        if take and text:
            self.named.emit(text)
        self.closed.emit(by_key)
