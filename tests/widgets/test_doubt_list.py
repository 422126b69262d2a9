"""The list of doubts: order, filter, and what the user asks for."""

import pytest
from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtGui import QPixmap
from PySide6.QtWidgets import QCheckBox, QComboBox, QLabel, QListView, QPushButton
from pytestqt.qtbot import QtBot

from widgets.doubt_list import DoubtList, DoubtRow

ROWS = [
    DoubtRow(0, "jump", 50, 50, 50, "left knee jumps 84 px", 1.5),
    DoubtRow(1, "left/right swap", 10, 19, 10, "left and right look swapped", 6.0, repairable=True),
    DoubtRow(2, "jump", 30, 32, 31, "right wrist jumps 60 px", 1.2),
    DoubtRow(3, "outside", 80, 99, 90, "left heel is outside the picture", 2.0, dismissed=True),
]


@pytest.fixture
def panel(qtbot: QtBot) -> DoubtList:
    panel = DoubtList()
    qtbot.addWidget(panel)
    panel.resize(320, 400)
    panel.set_doubts(ROWS)
    with qtbot.waitExposed(panel):
        panel.show()
    return panel


def button(panel: DoubtList, text: str) -> QPushButton:
    return next(button for button in panel.findChildren(QPushButton) if button.text() == text)


def combo(panel: DoubtList, name: str) -> QComboBox:
    return next(combo for combo in panel.findChildren(QComboBox) if combo.accessibleName() == name)


def line(panel: DoubtList, number: int) -> QModelIndex:
    return panel.findChild(QListView).model().index(number, 0)


def test_the_surest_come_first_or_the_earliest(panel: DoubtList, qtbot: QtBot) -> None:
    assert panel.shown == [1, 0, 2]
    with qtbot.waitSignal(panel.shown_changed):
        combo(panel, "Order").setCurrentText("In time")
    assert panel.shown == [1, 2, 0]


def test_one_kind_alone_and_how_many_there_are(panel: DoubtList) -> None:
    kinds = combo(panel, "Kind of doubt")
    assert [kinds.itemText(n) for n in range(kinds.count())] == ["All kinds (3)", "Jump (2)", "Left/right swap (1)"]
    kinds.setCurrentIndex(1)
    assert panel.shown == [0, 2]
    panel.set_doubts(ROWS[:1])
    assert panel.shown == [0], "the choice stays when doubts change"
    panel.set_doubts([])
    assert kinds.currentText() == "Jump (0)"


def test_dismissed_ones_are_listed_on_request(panel: DoubtList) -> None:
    panel.findChild(QCheckBox).setChecked(True)
    assert panel.shown == [1, 0, 2, 3]


def test_a_click_goes_to_a_doubt_and_the_buttons_answer_it(panel: DoubtList, qtbot: QtBot) -> None:
    view = panel.findChild(QListView)
    assert not button(panel, "Dismiss").isEnabled()
    with qtbot.waitSignal(panel.doubt_chosen) as chosen:
        qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=view.visualRect(line(panel, 0)).center())
    assert chosen.args == [1]
    with qtbot.waitSignal(panel.repair_requested) as repair:
        button(panel, "Put right").click()
    assert repair.args == [1]
    panel.set_current(0)
    assert not button(panel, "Put right").isEnabled()
    with qtbot.waitSignal(panel.dismiss_toggled) as dismiss:
        button(panel, "Dismiss").click()
    assert dismiss.args == [0]


def test_selecting_from_outside_is_silent_and_survives_new_doubts(panel: DoubtList, qtbot: QtBot) -> None:
    with qtbot.assertNotEmitted(panel.doubt_chosen):
        panel.set_current(2)
        assert panel.current == 2
        panel.set_doubts(ROWS[1:])
    assert panel.current == 2
    panel.set_current(-1)
    assert panel.current == -1


def test_a_dismissed_one_can_be_taken_up_again(panel: DoubtList) -> None:
    panel.findChild(QCheckBox).setChecked(True)
    panel.set_current(3)
    assert button(panel, "Take up again").isEnabled()


def test_where_nothing_is_doubtful_it_says_so(panel: DoubtList) -> None:
    panel.set_doubts([], message="Nothing is doubtful.")
    words = [label.text() for label in panel.findChildren(QLabel) if label.isVisible()]
    assert "Nothing is doubtful." in words
    assert panel.shown == []


def test_what_a_line_says_is_said_to_a_screen_reader_too(panel: DoubtList) -> None:
    words = line(panel, 0).data(Qt.ItemDataRole.AccessibleTextRole)
    assert words == "left and right look swapped, frames 10 to 19 · left/right swap"


def test_thousands_can_be_listed_and_painted(panel: DoubtList) -> None:
    panel.set_doubts([DoubtRow(n, "jump", n, n, n, f"left knee jumps {n} px", 1.0) for n in range(20_000)])
    picture = QPixmap(panel.size())
    panel.render(picture)
    assert len(panel.shown) == 20_000
