"""Background work that follows what changes."""

import threading
from collections.abc import Callable

from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot

from annotation.errors import BetascopeError
from app.background import Background
from app.latest import Latest


class Follower(QObject):
    """Counts how often it worked, and at what; each work waits until it is let go."""

    def __init__(self) -> None:
        super().__init__()
        self.value = 0
        self.begun: list[int] = []
        self.taken: list[int] = []
        self.reasons: list[str] = []
        self.go_on = threading.Event()
        self.latest = Latest(
            Background(parent=self),
            self._prepare,
            take=self.taken.append,
            failed=self.reasons.append,
            wait_ms=10,
            parent=self,
        )

    def _prepare(self) -> Callable[[], int] | None:
        value = self.value
        if value < 0:
            return None
        self.begun.append(value)

        def work() -> int:
            self.go_on.wait(10)
            if value == 13:
                raise BetascopeError("unlucky")
            return value

        return work


def test_a_series_of_changes_is_looked_at_once(qtbot: QtBot) -> None:
    follower = Follower()
    follower.go_on.set()
    for value in range(1, 6):
        follower.value = value
        follower.latest.ask()
    qtbot.waitUntil(lambda: bool(follower.taken))
    assert follower.begun == follower.taken == [5]


def test_a_change_while_it_works_drops_the_result_and_begins_anew_afterwards(qtbot: QtBot) -> None:
    follower = Follower()
    follower.value = 1
    follower.latest.ask()
    qtbot.waitUntil(lambda: follower.begun == [1])
    follower.value = 2
    follower.latest.ask()
    follower.latest.ask()
    follower.go_on.set()
    qtbot.waitUntil(lambda: bool(follower.taken))
    assert follower.begun == [1, 2], "one at a time"
    assert follower.taken == [2]


def test_nothing_to_do_and_a_failure(qtbot: QtBot) -> None:
    follower = Follower()
    follower.go_on.set()
    follower.value = -1
    follower.latest.ask()
    qtbot.waitUntil(lambda: not follower.latest._timer.isActive())
    follower.value = 13
    follower.latest.ask()
    qtbot.waitUntil(lambda: bool(follower.reasons))
    assert (follower.begun, follower.taken, follower.reasons) == ([13], [], ["unlucky"])
