"""Closing the window while something runs: it is named first."""

from pathlib import Path

from pytestqt.qtbot import QtBot

from app.closing import AGAIN_S


def test_a_job_that_runs_is_named_before_it_is_cancelled(
    qtbot: QtBot, open_window, tmp_path: Path, endless_task: None
) -> None:
    window = open_window(None)
    window.jobs.make_demo(tmp_path / "demo")
    assert not window.close()
    assert window.isVisible() and window.jobs.waited_for() == ["Make demo climb"]
    assert any("Make demo climb still runs" in text for text in window.toasts.messages())
    assert window.close()
    assert not window.isVisible()


def test_a_warning_that_is_long_gone_is_given_again(
    qtbot: QtBot, open_window, tmp_path: Path, endless_task: None
) -> None:
    window = open_window(None)
    window.jobs.make_demo(tmp_path / "demo")
    assert not window.close()
    patience = window.closing._again
    patience.setInterval(1)
    qtbot.waitUntil(lambda: not patience.isActive())
    patience.setInterval(1000 * AGAIN_S)  # with one of 1 ms, closing again at the end of the test may come too late
    assert not window.close()


def test_a_window_where_nothing_runs_closes_at_once(open_window, video: Path) -> None:
    window = open_window(video)
    assert window.close()
    assert not window.closing.hangs


def test_a_job_is_called_after_its_climber_and_its_video(qtbot: QtBot, open_window, video: Path) -> None:
    window = open_window(video)
    window.jobs.detect()
    qtbot.waitUntil(lambda: window.jobs.waited_for() == ["Detect climber: Climber 1 in climb.mp4"])
