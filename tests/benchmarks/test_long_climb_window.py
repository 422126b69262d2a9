"""A climb of ten thousand frames in the real window: whatever a person asks for, the window is never held up."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from annotation.edits import SetLabels
from annotation.formats.coco import write_coco
from annotation.formats.export_tables import ExportChoice
from annotation.project import Project
from annotation.store import Access
from app.actions import Act
from app.main_window import MainWindow
from app.threads import let_the_window_through
from tests.app.conftest import add_detection, open_window  # noqa: F401 the same window
from tests.benchmarks.heartbeat import Heartbeat, longest_gap_at_rest
from tests.benchmarks.test_exchange import N_FRAMES, long_climb
from tests.benchmarks.test_import_window import folder  # noqa: F401 the same project
from widgets.curve_plot import CurvePlot

pytestmark = pytest.mark.benchmark
OpenWindow = Callable[..., MainWindow]


@contextmanager
def not_held_up(qtbot: QtBot, what: str, capsys: pytest.CaptureFixture[str], *, idle_ms: float) -> Iterator[None]:
    heartbeat = Heartbeat()
    yield
    qtbot.wait(1000)
    heartbeat.stop()
    with capsys.disabled():
        print(f"\n{what} ({N_FRAMES} frames): {heartbeat.words(idle_ms)}")
    heartbeat.check(idle_ms)


def says(panel: QWidget, words: str) -> bool:
    return any(words in label.text() for label in panel.findChildren(QLabel))


def press(qtbot: QtBot, panel: QWidget, text: str) -> None:
    button = next(one for one in panel.findChildren(QPushButton) if one.text() == text)
    qtbot.waitUntil(button.isEnabled, timeout=120_000)
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def test_coco_in_undone_done_again_and_out(
    folder: Path,  # noqa: F811
    open_window: OpenWindow,  # noqa: F811
    qtbot: QtBot,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    let_the_window_through()
    write_coco([long_climb()], ExportChoice(), tmp_path / "climb.json")
    window = open_window(folder)
    imports, exports = window.layout_.imports, window.layout_.exports
    idle_ms = longest_gap_at_rest(qtbot)
    with not_held_up(qtbot, "reading COCO and bringing it in", capsys, idle_ms=idle_ms):
        window.presenters.imports.open(tmp_path / "climb.json")
        press(qtbot, imports, "Import")
        qtbot.waitUntil(lambda: says(imports, "is imported"), timeout=60_000)
    assert len(window.view.track.labels) > 40_000
    with not_held_up(qtbot, "undo of the import", capsys, idle_ms=idle_ms):
        window.actions_[Act.UNDO].trigger()
        qtbot.waitUntil(lambda: not len(window.view.track.labels), timeout=60_000)
    with not_held_up(qtbot, "redo of the import", capsys, idle_ms=idle_ms):
        window.actions_[Act.REDO].trigger()
        qtbot.waitUntil(lambda: len(window.view.track.labels) > 40_000, timeout=60_000)
    with not_held_up(qtbot, "export", capsys, idle_ms=idle_ms):
        window.actions_[Act.EXPORT].trigger()
        qtbot.waitUntil(lambda: says(exports, "go out"), timeout=60_000)
        with qtbot.waitSignal(window.presenters.exports.message, timeout=120_000):
            press(qtbot, exports, "Export")


def test_evaluation_history_versions_and_packing(
    folder: Path,  # noqa: F811
    open_window: OpenWindow,  # noqa: F811
    qtbot: QtBot,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    let_the_window_through()
    rng = np.random.default_rng(1)
    climb = long_climb()
    with Project.open(folder, access=Access.WRITE) as project:
        (track,) = project.tracks.values()
        xy = climb.resolved.xy + rng.normal(0, 5, climb.resolved.xy.shape)
        add_detection(project, np.where(np.isnan(xy), 500.0, xy))

        project.push(SetLabels(track.id, climb.track.table.patch()))
    window = open_window(folder)
    idle_ms = longest_gap_at_rest(qtbot)
    plot = window.layout_.evaluation.findChild(CurvePlot)
    with not_held_up(qtbot, "evaluation", capsys, idle_ms=idle_ms):
        window.actions_[Act.EVALUATE].trigger()
        qtbot.waitUntil(lambda: bool(plot.curves), timeout=60_000)
    with not_held_up(qtbot, "history and versions", capsys, idle_ms=idle_ms):
        window.actions_[Act.HISTORY].trigger()
        qtbot.waitUntil(window.layout_.history.isVisible)
    saved = qtbot.waitSignal(window.presenters.history.message, timeout=60_000)
    with not_held_up(qtbot, "saving a version", capsys, idle_ms=idle_ms), saved:
        window.layout_.history.version_saved.emit("Before the competition")
    with not_held_up(qtbot, "everything undone", capsys, idle_ms=idle_ms):
        window.layout_.history.step_chosen.emit("0")
        qtbot.waitUntil(lambda: not len(window.view.track.labels), timeout=60_000)
    version = window.document.project.versions()[0].id
    with not_held_up(qtbot, "return to the version", capsys, idle_ms=idle_ms):
        window.layout_.history.version_chosen.emit(version)
        qtbot.waitUntil(lambda: len(window.view.track.labels) > 40_000, timeout=60_000)
