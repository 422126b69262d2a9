"""Work in a thread, and a window that wants to draw meanwhile."""

import threading
import time
from functools import partial

import pytest
from PySide6.QtCore import QRect
from PySide6.QtGui import QImage, QPainter
from pytestqt.qtbot import QtBot

from annotation.courtesy import by_turns, give_way, giving_way
from app.background import Background
from app.courtesy import Courtesy, RestingPlaces


def drawn() -> None:
    """Draw, with many calls of Qt."""
    image = QImage(200, 200, QImage.Format.Format_ARGB32)
    painter = QPainter(image)
    for y in range(200):
        painter.fillRect(QRect(0, y, 10, 1), 0)
    painter.end()


def more_than(pieces: list[float], n: int) -> bool:
    return len(pieces) > n


def test_work_waits_while_the_window_draws_and_goes_on_when_it_rests(qtbot: QtBot) -> None:
    background, pieces, done = Background(), [], []
    stop = threading.Event()

    def work() -> None:
        for _ in by_turns(iter(int, 1)):
            pieces.append(time.perf_counter())
            if stop.is_set():
                return

    background.run(work, done=lambda _: done.append(True), failed=pytest.fail)
    qtbot.waitUntil(lambda: len(pieces) > 1000)
    meanwhile = []
    for _ in range(20):
        start, before = time.thread_time(), len(pieces)
        while time.thread_time() - start < 0.02:
            drawn()
        meanwhile.append(len(pieces) - before)
        qtbot.waitUntil(partial(more_than, pieces, len(pieces) + 1000))
    stop.set()
    qtbot.waitUntil(lambda: bool(done))
    assert sorted(meanwhile)[10] < 20, "a few pieces, where it does thousands else"


def test_work_goes_on_where_the_main_thread_waits_for_it(qtbot: QtBot) -> None:
    pieces: list[int] = []
    places = RestingPlaces()

    def work() -> None:
        with giving_way(Courtesy(places).wait):
            pieces.extend(by_turns(range(10_000)))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join(timeout=20)
    assert len(pieces) == 10_000


def test_who_was_told_nothing_waits_for_nobody() -> None:
    give_way()
    assert list(by_turns("abc")) == ["a", "b", "c"]
