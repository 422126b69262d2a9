"""Threads that stand back, and threads that hang."""

import os
import sys
import threading

import pytest
from PySide6.QtCore import QObject, Qt, Signal, Slot
from pytestqt.qtbot import QtBot

from app.threads import begin_thread, end_thread, stand_back, start_daemon


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere threads have no priority of their own")
def test_a_thread_stands_back_and_the_window_does_not() -> None:
    mine = os.getpriority(os.PRIO_PROCESS, 0)
    found: list[int] = []

    def work() -> None:
        stand_back()
        found.append(os.getpriority(os.PRIO_PROCESS, threading.get_native_id()))

    start_daemon(work).join()
    assert found[0] >= mine and found[0] == 10
    assert os.getpriority(os.PRIO_PROCESS, 0) == mine


class _Hanging(QObject):
    def __init__(self) -> None:
        super().__init__()
        self.begun, self.answer = threading.Event(), threading.Event()

    @Slot()
    def work(self) -> None:
        self.begun.set()
        self.answer.wait()


class _Asker(QObject):
    asked = Signal()


def test_a_thread_that_hangs_is_left_to_itself(qtbot: QtBot) -> None:
    parent, asker, hanging = QObject(), _Asker(), _Hanging()
    thread = begin_thread(hanging, owner=parent)
    asker.asked.connect(hanging.work, Qt.ConnectionType.QueuedConnection)
    thread.start()
    asker.asked.emit()
    assert hanging.begun.wait(10)
    assert not end_thread(thread, hanging, wait_ms=1)
    parent.deleteLater()  # the process goes on
    with qtbot.waitSignal(thread.finished):
        hanging.answer.set()
    assert thread.wait(10_000)


def test_a_thread_nobody_ended_ends_with_its_owner(qtbot: QtBot) -> None:
    owner, worker = QObject(), QObject()
    thread = begin_thread(worker, owner=owner)
    thread.start()
    with qtbot.waitSignal(owner.destroyed):
        owner.deleteLater()
    assert thread.isFinished()
