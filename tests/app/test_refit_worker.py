"""What a window hears of a worker that goes: its last words, however it ends."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.refit_worker import RefitWorker
from inference.jobs import Failed, Progress, to_json_line
from inference.refit_messages import RefitPoint, RefitRequest, Refitted, answer_line

ENDS = """
import sys
print({ready!r}, flush=True)
sys.stdin.readline()
print({answer!r})
print({reason!r}, end="", flush=True)
sys.exit(1)
"""


@pytest.fixture
def worker(qapp: QApplication) -> Iterator[RefitWorker]:
    worker = RefitWorker(parent=qapp)
    yield worker
    worker.stop()
    worker.deleteLater()


def test_the_last_words_of_a_worker_are_heard_though_they_were_cut_short(
    qtbot: QtBot, worker: RefitWorker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = ENDS.format(
        ready=to_json_line(Progress(1, 1, "Ready")),
        answer=answer_line(Refitted(1, 10, [[0.0] * 72], [[0.0] * 3])),
        reason=to_json_line(Failed("There was not enough memory.")),
    )
    (tmp_path / "ends.py").write_text(program, encoding="utf-8")
    monkeypatch.setattr("app.refit_worker.worker_program", lambda: [sys.executable, str(tmp_path / "ends.py")])
    answers: list[Refitted] = []
    worker.refitted.connect(answers.append)
    with qtbot.waitSignal(worker.failed, timeout=30_000) as said:
        worker.start(tmp_path, tmp_path)
        worker.ask(RefitRequest(0, (RefitPoint(10, 3, (5.0, 5.0), 1.0, 3),)))
    assert said.args == ["There was not enough memory."]
    assert [answer.start for answer in answers] == [10]
    assert not worker.running


def test_a_worker_that_cannot_be_started_says_what_to_do(
    qtbot: QtBot, worker: RefitWorker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.refit_worker.worker_program", lambda: [str(tmp_path / "not there")])
    with qtbot.waitSignal(worker.failed, timeout=30_000) as said:
        worker.start(tmp_path, tmp_path)
    assert "Install Betascope again" in said.args[0]
