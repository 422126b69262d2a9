"""Clicking the corners of a wall: what is clicked is never covered by what is said, and in sight from the beginning."""

import pytest
from PySide6.QtCore import QPoint, QPointF, QRectF, Qt
from PySide6.QtWidgets import QGraphicsScene, QGraphicsView
from pytestqt.qtbot import QtBot

from widgets.corner_picker import CornerPicker


@pytest.fixture
def view(qtbot: QtBot) -> QGraphicsView:
    view = QGraphicsView()
    view.setScene(QGraphicsScene(QRectF(0, 0, 1000, 800), view))
    qtbot.addWidget(view)
    view.resize(500, 400)
    with qtbot.waitExposed(view):
        view.show()
    return view


def words_at_top(picker: CornerPicker, *, cross: QPoint) -> bool:
    """Tell whether the words are drawn over the upper part of the picture while the cross is somewhere."""
    image = picker.grab().toImage()
    ground = image.pixelColor(3, image.height() // 2)
    row = 22
    differs = [image.pixelColor(x, row) != ground for x in range(0, image.width(), 2) if abs(x - cross.x()) > 40]
    return sum(differs) > 20


def test_the_words_make_way_for_the_cross(qtbot: QtBot, view: QGraphicsView) -> None:
    picker = CornerPicker(view)
    picker.pick("A rectangle on the wall", QRectF(0, 0, 1000, 800))
    middle, top = QPoint(250, 200), QPoint(250, 20)
    qtbot.mouseMove(picker, middle)
    assert words_at_top(picker, cross=middle)
    qtbot.mouseMove(picker, top)
    assert not words_at_top(picker, cross=top)


def test_by_key_it_begins_in_sight_of_a_zoomed_picture(qtbot: QtBot, view: QGraphicsView) -> None:
    view.scale(4, 4)
    view.centerOn(QPointF(100, 100))
    picker = CornerPicker(view)
    picker.pick("A rectangle on the wall", QRectF(0, 0, 1000, 800))
    qtbot.keyClick(picker, Qt.Key.Key_Return)
    corner = view.viewportTransform().map(picker.corners[0])
    assert QRectF(view.viewport().rect()).contains(corner)
