"""Work off the window's thread: nothing of it stays once it is done."""

import weakref

import pytest
from pytestqt.qtbot import QtBot

from app.background import Background


class Points:
    """Something large that work needs."""


def test_what_work_needed_is_free_again_when_it_is_done(qtbot: QtBot) -> None:
    background, results = Background(), list[bool]()
    points = Points()
    needed = weakref.ref(points)
    background.run(lambda points=points: points is not None, done=results.append, failed=pytest.fail)
    del points
    qtbot.waitUntil(lambda: bool(results))
    qtbot.waitUntil(lambda: needed() is None)
    assert results == [True]
