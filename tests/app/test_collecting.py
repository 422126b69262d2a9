"""Garbage is collected where widgets live."""

import gc
import threading
from collections.abc import Iterator

import pytest
from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot

from app.collecting import Collector


class _Loop:
    """Is unreachable only together with itself; says in which thread it went."""

    def __init__(self, ends: list[int]) -> None:
        self._itself, self._ends = self, ends

    def __del__(self) -> None:
        self._ends.append(threading.get_ident())


@pytest.fixture
def thawed() -> Iterator[None]:
    """Let everything be collected again after the test."""
    yield
    gc.unfreeze()


@pytest.mark.usefixtures("thawed")
def test_what_another_thread_leaves_is_collected_in_this_one(qtbot: QtBot) -> None:
    owner, ends = QObject(), list[int]()
    Collector(parent=owner)

    def work() -> None:
        for _ in range(5):
            _Loop(ends)
            kept = [[n] for n in range(20_000)]  # more than enough for Python to collect by itself
            del kept

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert not ends
    made: list[list[int]] = []

    def gone() -> bool:
        made.extend([n] for n in range(1_000))  # as a program at work does; what others leave behind counts against it
        return len(ends) == 5

    qtbot.waitUntil(gone, timeout=10_000)
    assert set(ends) == {threading.get_ident()}
