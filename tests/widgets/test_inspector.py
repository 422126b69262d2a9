"""The inspector: numbers that change their names do not lead away from where one reads."""

from pytestqt.qtbot import QtBot

from widgets.inspector import Inspector


def rows(name: str, count: int) -> list[tuple[str, str]]:
    return [(f"{name} {n}", f"{n} cm") for n in range(count)]


def test_it_stays_where_it_was_scrolled_to(qtbot: QtBot) -> None:
    inspector = Inspector()
    qtbot.addWidget(inspector)
    inspector.resize(300, 200)
    with qtbot.waitExposed(inspector):
        inspector.show()
    inspector.set_sections([("Frame", rows("frame", 20)), ("Body", rows("body", 20))])
    bar = inspector.verticalScrollBar()
    qtbot.waitUntil(lambda: bar.maximum() > 300)
    bar.setValue(250)
    inspector.set_sections([("Frame", rows("frame", 20)), ("Joint", rows("joint", 5)), ("Body", rows("body", 20))])
    assert bar.value() == 250
    qtbot.waitUntil(lambda: bar.maximum() > 350)
    assert bar.value() == 250
