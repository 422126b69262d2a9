"""Training in a real window with a real worker whose training takes a moment: curves, outcome, use and discard."""

import os
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QLabel, QPushButton
from pytestqt.qtbot import QtBot

from annotation.model_cards import ModelCard, find_weights, write_card
from app import settings, trained_models
from app.actions import Act
from app.main_window import MainWindow
from tests.app.conftest import OpenWindow
from tests.app.smoothed_project import lay_smoothed
from tests.app.training_tasks import TASK
from widgets.curve_plot import CurvePlot
from widgets.figure_table import FigureTable
from widgets.training_panel import Lesson

WAIT_MS = 60_000


@pytest.fixture(autouse=True)
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's models: weights that nobody trained."""
    monkeypatch.setattr(settings.platformdirs, "user_data_path", lambda name: tmp_path / "data")
    folder = settings.models_path()
    folder.mkdir(parents=True)
    (folder / "start.safetensors").write_bytes(b"")
    card = ModelCard("conv3d", "Start", "climbalong25", (), 25.0, 5, 78_150)
    write_card(folder / "start.safetensors", card)
    return folder


@pytest.fixture(autouse=True)
def quick_training(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In workers started by the test, let trainings take a moment."""
    folder = tmp_path / "tasks"
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(TASK)
    places = [str(folder), *filter(None, [os.environ.get("PYTHONPATH")])]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(places))


@pytest.fixture
def window(predicted: Path, open_window: OpenWindow, qtbot: QtBot) -> MainWindow:
    lay_smoothed(predicted)
    window = open_window(predicted)
    window.actions_[Act.FINE_TUNE].trigger()
    qtbot.waitUntil(lambda: "6 corrected or confirmed frames of one climber" in words(window), timeout=WAIT_MS)
    return window


def words(window: MainWindow) -> str:
    panel = window.layout_.training
    return " ".join(label.text() for label in panel.findChildren(QLabel) if label.isVisibleTo(panel))


def button(window: MainWindow, text: str) -> QPushButton:
    return next(each for each in window.layout_.training.findChildren(QPushButton) if each.text() == text)


def press(qtbot: QtBot, window: MainWindow, text: str) -> None:
    qtbot.mouseClick(button(window, text), Qt.MouseButton.LeftButton)


def fine_tune(qtbot: QtBot, window: MainWindow) -> None:
    press(qtbot, window, "Fine-tune on my corrections")
    qtbot.waitUntil(lambda: button(window, "Use").isVisibleTo(window.layout_.training), timeout=WAIT_MS)


def test_fine_tuning_shows_curves_and_before_and_after(window: MainWindow, qtbot: QtBot) -> None:
    fine_tune(qtbot, window)
    loss, pck = window.layout_.training.findChildren(CurvePlot)
    assert [curve.name for curve in loss.curves] == ["validation loss", "training loss"]
    assert loss.curves[0].x.tolist() == [1, 2, 3, 4] and loss.curves[0].y.tolist() == [1.5, 0.75, 0.5, 0.375]
    assert [curve.name for curve in pck.curves] == ["PCK@0.1"]
    table = window.layout_.training.findChild(FigureTable)
    shown = {row.title: (row.values, row.best) for row in table.rows}
    assert [table.horizontalHeaderItem(n).text() for n in (1, 2, 3)] == ["detected", "before", "after"]
    assert shown["PCK@0.1"] == (("30.0 %", "50.0 %", "75.0 %"), 2)
    assert shown["ACC-ERR"] == (("0.0200", "0.0100", "–"), 1)
    assert shown["left wrist"] == (("–", "50.0 %", "100.0 %"), 2)
    assert "the 340 labels kept out of its training. 40 of them are as detected" in words(window)


def test_weights_that_are_used_can_be_chosen(window: MainWindow, models: Path, qtbot: QtBot) -> None:
    fine_tune(qtbot, window)
    assert [found.name for found in find_weights([models])] == ["start"], "nothing can be chosen before"
    with qtbot.waitSignal(window.jobs.running_changed, timeout=WAIT_MS):
        press(qtbot, window, "Use")
    names = [found.name for found in find_weights([models])]
    assert len(names) == 2 and "start-climb" in names
    assert trained_models.undecided(models) is None
    window.actions_[Act.SMOOTH].trigger()
    box = next(b for b in window.layout_.smoothing.findChildren(QComboBox) if b.accessibleName() == "Smoother")
    assert box.findData("start-climb") >= 0
    starts = next(b for b in window.layout_.training.findChildren(QComboBox) if b.accessibleName() == "Model")
    assert box.itemText(box.findData("start")) == starts.itemText(starts.findData("start")), "named alike everywhere"
    qtbot.waitUntil(lambda: not window.jobs.waited_for(), timeout=WAIT_MS)


def test_discarded_weights_are_gone(window: MainWindow, models: Path, qtbot: QtBot) -> None:
    fine_tune(qtbot, window)
    press(qtbot, window, "Discard")
    assert [found.name for found in find_weights([models])] == ["start"]
    assert trained_models.undecided(models) is None
    assert not button(window, "Use").isVisibleTo(window.layout_.training)


def test_undecided_weights_wait_for_the_next_window(
    window: MainWindow, open_window: OpenWindow, predicted: Path, qtbot: QtBot
) -> None:
    fine_tune(qtbot, window)
    window.close()
    again = open_window(predicted)
    again.actions_[Act.FINE_TUNE].trigger()
    qtbot.waitUntil(lambda: button(again, "Use").isVisibleTo(again.layout_.training), timeout=WAIT_MS)
    assert "75.0 %" in [v for row in again.layout_.training.findChild(FigureTable).rows for v in row.values]


def test_a_training_that_is_stopped_keeps_the_best(window: MainWindow, models: Path, qtbot: QtBot) -> None:
    window.layout_.training.choose("", Lesson.SYNTHETIC)
    qtbot.waitUntil(lambda: button(window, "Train").isEnabled(), timeout=WAIT_MS)
    window.presenters.training.train_anew("conv3d", name="endless")
    stop = button(window, "Stop, keep the best")
    qtbot.waitUntil(lambda: len(window.layout_.training.findChildren(CurvePlot)[0].curves) == 2, timeout=WAIT_MS)
    assert stop.isVisibleTo(window.layout_.training)
    press(qtbot, window, "Stop, keep the best")
    qtbot.waitUntil(lambda: button(window, "Use").isVisibleTo(window.layout_.training), timeout=WAIT_MS)


def test_a_cancelled_training_leaves_nothing(window: MainWindow, models: Path, qtbot: QtBot) -> None:
    window.presenters.training.train_anew("conv3d", name="endless")
    qtbot.waitUntil(lambda: len(window.layout_.training.findChildren(CurvePlot)[0].curves) == 2, timeout=WAIT_MS)
    press(qtbot, window, "Cancel")
    qtbot.waitUntil(lambda: "Cancelled" in words(window), timeout=WAIT_MS)
    assert trained_models.undecided(models) is None
    assert button(window, "Fine-tune on my corrections").isVisibleTo(window.layout_.training)


def test_without_corrections_there_is_nothing_to_learn(predicted: Path, open_window: OpenWindow, qtbot: QtBot) -> None:
    window = open_window(predicted)
    window.actions_[Act.FINE_TUNE].trigger()
    qtbot.waitUntil(lambda: "no corrections to learn from yet" in words(window), timeout=WAIT_MS)
    assert not button(window, "Fine-tune on my corrections").isEnabled()
