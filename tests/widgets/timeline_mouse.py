"""Real mouse and wheel events on a timeline."""

from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QApplication


def heard(signal) -> list[tuple]:
    calls: list[tuple] = []
    signal.connect(lambda *args: calls.append(args))
    return calls


def at(timeline, frame: float, *, lane: str = "confidence") -> QPoint:
    """The middle of a frame in a lane."""
    area = getattr(timeline._lanes, lane)
    return QPoint(round(timeline.x_of(frame)), round(area.center().y()))


def move(timeline, place: QPoint, *, button=Qt.MouseButton.LeftButton, modifier=Qt.KeyboardModifier.NoModifier) -> None:
    where = timeline.mapToGlobal(QPointF(place))
    event = QMouseEvent(QEvent.Type.MouseMove, QPointF(place), where, Qt.MouseButton.NoButton, button, modifier)
    QApplication.sendEvent(timeline, event)


def drag(
    qtbot, timeline, places: list[QPoint], *, button=Qt.MouseButton.LeftButton, modifier=Qt.KeyboardModifier.NoModifier
):
    qtbot.mousePress(timeline, button, modifier, pos=places[0])
    for place in places[1:]:
        move(timeline, place, button=button, modifier=modifier)
    qtbot.mouseRelease(timeline, button, modifier, pos=places[-1])


def wheel(timeline, place: QPoint, delta: int, *, modifier=Qt.KeyboardModifier.NoModifier) -> None:
    where = timeline.mapToGlobal(QPointF(place))
    no_button, no_phase = Qt.MouseButton.NoButton, Qt.ScrollPhase.NoScrollPhase
    event = QWheelEvent(QPointF(place), where, QPoint(), QPoint(0, delta), no_button, modifier, no_phase, False)
    QApplication.sendEvent(timeline, event)
