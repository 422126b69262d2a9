"""The buttons over the 3D view: their names are whole, whenever they get their looks."""

from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from widgets.body_toolbar import BodyToolbar


def test_the_bar_grows_with_its_buttons(qtbot: QtBot) -> None:
    view = QWidget()
    qtbot.addWidget(view)
    view.resize(900, 200)
    bar = BodyToolbar(view)
    with qtbot.waitExposed(view):
        view.show()
    narrow = bar.width()
    assert narrow == bar.sizeHint().width()
    for button in bar.buttons.values():
        button.setStyleSheet("padding: 3px 20px;")
    qtbot.waitUntil(lambda: bar.width() > narrow and bar.width() == bar.sizeHint().width())
