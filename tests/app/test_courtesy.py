"""Work in a thread, and a window that wants to draw meanwhile."""

import statistics
import threading
import time
from collections.abc import Callable

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


def draw_for_a_moment() -> None:
    start = time.thread_time()
    while time.thread_time() - start < 0.02:
        drawn()


def pace(pieces: list[float], wait: Callable[[], object]) -> float:
    """Return how many pieces a second are done while the main thread does something."""
    start, before = time.perf_counter(), len(pieces)
    wait()
    return (len(pieces) - before) / (time.perf_counter() - start)


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
    meanwhile, at_rest = [], []
    for _ in range(20):
        meanwhile.append(pace(pieces, draw_for_a_moment))
        at_rest.append(pace(pieces, lambda: qtbot.wait(20)))
    stop.set()
    qtbot.waitUntil(lambda: bool(done))
    assert statistics.median(meanwhile) < 0.25 * statistics.median(at_rest)


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
