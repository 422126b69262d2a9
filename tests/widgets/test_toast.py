"""Messages in the corner: they come and go by themselves, and never get in the way."""

import pytest
from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QEnterEvent, QGuiApplication
from PySide6.QtWidgets import QApplication, QLineEdit, QPlainTextEdit, QPushButton, QToolButton, QWidget

from widgets.toast import Severity, ToastArea


@pytest.fixture
def window(qtbot):
    window = QWidget()
    qtbot.addWidget(window)
    window.resize(800, 500)
    field = QLineEdit(window)
    window.show()
    window.activateWindow()
    field.setFocus()
    return window


@pytest.fixture
def area(window):
    return ToastArea(seconds=0.05, parent=window)


def press(qtbot, area: ToastArea, text: str) -> None:
    (found,) = [b for b in area.findChildren(QPushButton) if b.text() == text]
    qtbot.mouseClick(found, Qt.MouseButton.LeftButton)


def test_a_message_goes_by_itself_and_an_error_stays(qtbot, area):
    area.show_message("The disk is full.", severity=Severity.ERROR)
    area.show_message("Saved a copy.")
    area.show_message("Frame rate varies.", severity=Severity.WARNING)
    assert area.messages() == ["The disk is full.", "Saved a copy.", "Frame rate varies."]
    qtbot.waitUntil(lambda: area.messages() == ["The disk is full."])
    (close,) = [button for button in area.findChildren(QToolButton) if button.isVisible()]
    qtbot.mouseClick(close, Qt.MouseButton.LeftButton)
    assert area.messages() == [] and area.isHidden()


def test_the_mouse_on_a_message_keeps_it(qtbot, area):
    area.show_message("Read me.")
    area.show_message("Not me.")
    toast = area._toasts[0]
    at = QPointF(5, 5)
    QApplication.sendEvent(toast, QEnterEvent(at, at, at))
    qtbot.waitUntil(lambda: area.messages() == ["Read me."])
    QApplication.sendEvent(toast, QEvent(QEvent.Type.Leave))
    qtbot.waitUntil(lambda: area.messages() == [])


def test_it_sits_in_the_corner_and_stays_there(qtbot, window, area):
    area.show_message("A message that is long enough to need more than one line of text. " * 3, severity=Severity.ERROR)
    for size in ((800, 500), (1366, 700), (300, 400)):
        window.resize(*size)
        corner = area.geometry().bottomRight()
        assert window.width() - corner.x() == pytest.approx(12, abs=2)
        assert window.height() - corner.y() == pytest.approx(12, abs=2)
        assert window.rect().contains(area.geometry())


def test_it_covers_nothing_beside_the_part_it_belongs_to(qtbot, window):
    part = QWidget(window)
    part.setGeometry(10, 20, 380, 200)
    part.show()
    area = ToastArea(over=part, parent=window)
    area.show_message("Wrote labels.json")
    assert part.geometry().contains(area.geometry())
    part.setGeometry(50, 60, 300, 180)
    qtbot.waitUntil(lambda: part.geometry().contains(area.geometry()))


def test_it_never_takes_the_focus(qtbot, window, area):
    area.show_message("Done.", severity=Severity.ERROR, details="more", actions=[("Undo", "undo")])
    assert isinstance(window.focusWidget(), QLineEdit)
    press(qtbot, area, "Details")
    assert isinstance(window.focusWidget(), QLineEdit)


def test_details_unfold_and_can_be_copied(qtbot, area):
    area.show_message("It failed.", severity=Severity.ERROR, details="Traceback of it")
    details = area.findChild(QPlainTextEdit)
    assert not details.isVisible()
    height = area.height()
    press(qtbot, area, "Details")
    assert details.isVisible() and area.height() > height
    press(qtbot, area, "Copy")
    assert QGuiApplication.clipboard().text() == "It failed.\n\nTraceback of it"


def test_an_action_is_told_and_closes_its_message(qtbot, area):
    area.show_message("Fitted.", severity=Severity.ERROR, actions=[("Show", "show_body"), ("Undo", "undo_run")])
    with qtbot.waitSignal(area.action_triggered) as seen:
        press(qtbot, area, "Undo")
    assert seen.args == ["undo_run"]
    assert area.messages() == []


def test_the_same_again_does_not_pile_up_and_old_news_give_way(area):
    for _ in range(3):
        area.show_message("No climber found.", severity=Severity.WARNING)
    assert area.messages() == ["No climber found."]
    area.show_message("The disk is full.", severity=Severity.ERROR)
    for n in range(6):
        area.show_message(f"Note {n}.")
    assert area.messages() == ["The disk is full.", "Note 3.", "Note 4.", "Note 5."]
