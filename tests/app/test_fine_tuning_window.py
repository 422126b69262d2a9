"""One fine-tuning in a real window with the real worker, from shipped weights to a smoothed climber."""

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from annotation.edits import SetLabels
from annotation.labels import Label, RunKind
from annotation.model_cards import find_weights
from app import operations, settings
from app.actions import Act
from app.smoothing_jobs import unsmoothed
from tests.app.conftest import OpenWindow, add_detection
from widgets.curve_plot import CurvePlot
from widgets.figure_table import FigureTable

WAIT_MS = 240_000
N_FRAMES = 60


@pytest.fixture
def corrected(video: Path) -> Path:
    """A climber who drifts, detected with jitter, and every joint of every frame put right."""
    rng = np.random.default_rng(2)
    places = rng.uniform((60, 20), (140, 100), (25, 2))
    truth = places + np.arange(N_FRAMES)[:, None, None] * np.array([0.3, 0.1])
    with operations.open_for_video(video) as project:
        add_detection(project, truth + rng.normal(0, 2, truth.shape))
        track = next(iter(project.tracks.values()))
        labels = {(f, k): Label(tuple(map(float, truth[f, k]))) for f in range(N_FRAMES) for k in range(25)}
        project.push(SetLabels(track.id, labels))
        return project.folder


def test_shipped_weights_learn_from_corrections_and_are_used(
    corrected: Path, open_window: OpenWindow, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings.platformdirs, "user_data_path", lambda name: tmp_path / "data")
    window = open_window(corrected)
    panel = window.layout_.training
    window.actions_[Act.FINE_TUNE].trigger()
    qtbot.waitUntil(lambda: panel.model == "conv3d", timeout=WAIT_MS)
    window.presenters.training.fine_tune("conv3d", name="mine", epochs=2)
    use = next(button for button in panel.findChildren(QPushButton) if button.text() == "Use")
    qtbot.waitUntil(lambda: use.isVisibleTo(panel), timeout=WAIT_MS)
    loss, pck = panel.findChildren(CurvePlot)
    assert all(curve.x.tolist() == [1, 2] for curve in (*loss.curves, *pck.curves)) and len(loss.curves) == 2
    rows = {row.title: row.values for row in panel.findChild(FigureTable).rows}
    assert {"PCK@0.05", "PCK@0.1", "PCK@0.2", "OKS", "ACC-ERR", "left wrist"} <= set(rows)
    detected, _before, after = (float(value) for value in rows["ACC-ERR"])
    assert after < detected, "less tremble than was detected"
    labels = dict(window.view.track.labels)
    with qtbot.waitSignal(window.jobs.finished, timeout=WAIT_MS):
        qtbot.mouseClick(use, Qt.MouseButton.LeftButton)
    assert "mine" in [found.name for found in find_weights([settings.models_path()])]
    track = window.view.track
    assert "mine" in window.document.project.run(track.active_runs[RunKind.KEYPOINTS]).model
    assert unsmoothed(window.document.project, track) == "first"
    assert dict(track.labels) == labels
    window.actions_[Act.UNDO].trigger()
    assert window.view.track.active_runs[RunKind.KEYPOINTS] == "first"
