"""The first screen: buttons, recent projects, dropped files."""

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QListWidget, QPushButton

from widgets.start_page import RecentProject, StartPage

PICTURE = np.full((90, 160, 3), (200, 40, 40), np.uint8)
PROJECTS = [
    RecentProject(Path("/climbs/slab.betascope"), "slab", "yesterday", PICTURE),
    RecentProject(Path("/climbs/gone.betascope"), "gone", "May", None, missing=True),
]


@pytest.fixture
def page(qtbot):
    page = StartPage()
    qtbot.addWidget(page)
    page.resize(1366, 700)
    page.show()
    return page


@pytest.mark.parametrize(
    ("text", "signal"),
    [
        ("Open video…", "open_video_requested"),
        ("Open project…", "open_project_requested"),
        ("Try the demo climb", "demo_requested"),
    ],
)
@pytest.mark.parametrize("by", ["mouse", "keyboard"])
def test_each_button_asks_for_its_thing(qtbot, page, text, signal, by):
    (button,) = [b for b in page.findChildren(QPushButton) if b.text() == text]
    with qtbot.waitSignal(getattr(page, signal)):
        if by == "mouse":
            qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
        else:
            qtbot.keyClick(button, Qt.Key.Key_Space)


def test_recent_projects_open_by_click_and_by_key(qtbot, page):
    page.set_recent(PROJECTS)
    cards = page.findChild(QListWidget)
    with qtbot.waitSignal(page.recent_activated) as seen:
        qtbot.mouseClick(cards.viewport(), Qt.MouseButton.LeftButton, pos=cards.visualItemRect(cards.item(0)).center())
    assert seen.args == [PROJECTS[0].path]
    cards.setCurrentRow(0)
    qtbot.keyClick(cards, Qt.Key.Key_Right)
    with qtbot.waitSignal(page.recent_activated) as seen:
        qtbot.keyClick(cards, Qt.Key.Key_Return)
    assert seen.args == [PROJECTS[1].path]


def test_a_card_shows_its_picture_and_a_missing_project_says_so(qtbot, page):
    page.set_recent(PROJECTS)
    cards = page.findChild(QListWidget)
    qtbot.waitUntil(lambda: cards.visualItemRect(cards.item(0)).width() > 50)
    middle = cards.visualItemRect(cards.item(0)).center()
    assert cards.viewport().grab().toImage().pixelColor(middle).getRgb()[:3] == (200, 40, 40)
    assert "not found" in cards.item(1).data(Qt.ItemDataRole.AccessibleTextRole)


def test_without_recent_projects_there_is_no_empty_list(page):
    page.set_recent(PROJECTS)
    assert page.findChild(QListWidget).isVisible()
    page.set_recent([])
    assert not page.findChild(QListWidget).isVisible()


def test_all_fits_on_a_small_screen(qtbot, page):
    page.set_recent(PROJECTS * 8)
    page.resize(1366, 620)
    assert page.minimumSizeHint().height() <= 620
    for button in page.findChildren(QPushButton):
        corner = button.mapTo(page, button.rect().bottomRight())
        assert page.rect().contains(corner)


def _drop(page: StartPage, data: QMimeData) -> bool:
    arguments = (Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier)
    enter = QDragEnterEvent(QPointF(50, 50).toPoint(), *arguments)
    enter.ignore()
    QApplication.sendEvent(page, enter)
    drop = QDropEvent(QPointF(50, 50), *arguments, QEvent.Type.Drop)
    QApplication.sendEvent(page, drop)
    return enter.isAccepted()


def test_dropped_files_are_handed_on(qtbot, page, tmp_path):
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(tmp_path / "climb.mp4")), QUrl("https://example.org/other.mp4")])
    with qtbot.waitSignal(page.files_dropped) as seen:
        assert _drop(page, data)
    assert seen.args == [[tmp_path / "climb.mp4"]]


def test_text_is_not_taken_for_a_file(qtbot, page):
    data = QMimeData()
    data.setText("hello")
    with qtbot.assertNotEmitted(page.files_dropped):
        assert not _drop(page, data)
