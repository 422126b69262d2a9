"""The evaluation panel in a real window: figures and curves follow what is chosen and what is edited."""

import csv
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtWidgets import QComboBox, QDoubleSpinBox, QLabel
from pytestqt.qtbot import QtBot

from annotation.body import builtin_body
from annotation.edits import SetLabels
from annotation.evaluation2d import Metric, Normaliser
from annotation.evaluation3d import JOINTS_16, body_joints
from annotation.labels import Label
from annotation.project import Project
from annotation.store import Access
from app.actions import Act
from app.main_window import MainWindow
from tests.app.body_project import add_body
from tests.app.conftest import OpenWindow
from tests.app.smoothed_project import lay_smoothed
from widgets.curve_plot import CurvePlot
from widgets.evaluation_panel import Subject, TruthChoice
from widgets.figure_table import FigureTable

WAIT_MS = 20_000


@pytest.fixture
def window(predicted: Path, open_window: OpenWindow, qtbot: QtBot) -> MainWindow:
    lay_smoothed(predicted, borders=(5,))
    window = open_window(predicted)
    window.actions_[Act.EVALUATE].trigger()
    qtbot.waitUntil(lambda: bool(plot(window).curves), timeout=WAIT_MS)
    return window


def plot(window: MainWindow) -> CurvePlot:
    return window.layout_.evaluation.findChild(CurvePlot)


def table(window: MainWindow) -> FigureTable:
    return window.layout_.evaluation.findChild(FigureTable)


def figures(window: MainWindow) -> dict[str, tuple[str, ...]]:
    return {row.title: row.values for row in table(window).rows if not row.heading}


def choose(window: MainWindow, name: str, value: object) -> None:
    boxes = window.layout_.evaluation.findChildren(QComboBox)
    box = next(box for box in boxes if box.accessibleName() == name)
    box.setCurrentIndex(box.findData(value))


def headings(window: MainWindow) -> list[str]:
    return [row.title for row in table(window).rows if row.heading]


def test_smoothed_and_unsmoothed_stand_beside_each_other(window: MainWindow) -> None:
    shown = table(window)
    assert [shown.horizontalHeaderItem(n).text() for n in (1, 2)] == ["smoothed", "before"]
    smoothed, unsmoothed = (float(value) for value in figures(window)["distance"])
    assert 0 < smoothed < unsmoothed
    row = next(row for row in shown.rows if row.title == "distance")
    assert row.best == 0, "the smaller distance is the better one"
    said = " ".join(label.text() for label in window.layout_.evaluation.findChildren(QLabel))
    assert "6 frames, all stated" in said and "People label what was wrong" in said
    assert [curve.name for curve in plot(window).curves] == ["smoothed", "before"]
    assert plot(window).borders == (4.5,), "where windows meet is marked"


def test_measure_normaliser_and_threshold_are_chosen(window: MainWindow, qtbot: QtBot) -> None:
    choose(window, "Relative to", Normaliser.PIXEL)
    qtbot.waitUntil(lambda: "PCK@10 px" in figures(window), timeout=WAIT_MS)
    threshold = window.layout_.evaluation.findChild(QDoubleSpinBox)
    threshold.setValue(1.0)
    qtbot.waitUntil(lambda: figures(window).get("PCK@1 px") == ("100.0 %", "0.0 %"), timeout=WAIT_MS)
    assert "PCK@1 px of each joint" in headings(window)
    choose(window, "Measure", Metric.OKS_COCO)
    qtbot.waitUntil(lambda: headings(window) == ["OKS (COCO) of each joint"], timeout=WAIT_MS)
    assert not threshold.isVisible()


def test_a_joint_has_curves_of_its_own(window: MainWindow, qtbot: QtBot) -> None:
    choose(window, "Measure", Metric.DISTANCE)
    qtbot.waitUntil(lambda: headings(window) == ["distance of each joint"], timeout=WAIT_MS)
    all_joints = plot(window).curves[0].y
    shown = table(window)
    row = next(n for n, row in enumerate(shown.rows) if row.key == "left_wrist")
    shown.setCurrentCell(row, 0)
    qtbot.waitUntil(lambda: "left wrist" in plot(window).accessibleDescription(), timeout=WAIT_MS)
    known = np.isfinite(plot(window).curves[0].y)
    assert known.sum() == np.isfinite(all_joints).sum() == 6
    plot(window).x_chosen.emit(7.2)
    assert window.view.frame == 7


def test_figures_follow_edits(window: MainWindow, qtbot: QtBot) -> None:
    before = figures(window)
    track = window.view.track
    window.document.push(SetLabels(track.id, {(20, k): Label((150.0, 100.0)) for k in range(25)}))
    qtbot.waitUntil(lambda: figures(window) != before, timeout=WAIT_MS)
    window.document.undo()
    qtbot.waitUntil(lambda: figures(window) == before, timeout=WAIT_MS)


def test_points_between_labels_count_when_chosen(window: MainWindow, qtbot: QtBot) -> None:
    track = window.view.track
    k = np.arange(25)
    places = np.stack([20 + 6 * k, 40 + 2 * k], axis=1)
    window.document.push(SetLabels(track.id, {(12, n): Label(tuple(map(float, places[n]))) for n in k}))
    choose(window, "Against", TruthChoice.BETWEEN)

    def said() -> str:
        return " ".join(label.text() for label in window.layout_.evaluation.findChildren(QLabel))

    qtbot.waitUntil(lambda: "10 frames, 7 stated, the others interpolated" in said(), timeout=WAIT_MS)


def test_figures_are_saved_and_a_wrong_file_is_named(window: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    presenter = window.presenters.evaluation
    with qtbot.waitSignal(presenter.message, timeout=WAIT_MS):
        presenter.save_to(tmp_path / "figures.csv")
    with (tmp_path / "figures.csv").open(newline="") as file:
        assert {row["what"] for row in csv.DictReader(file)} == {"prediction", "identity"}
    (tmp_path / "truth.npz").write_bytes(b"nothing")
    presenter.use_file(tmp_path / "truth.npz")
    qtbot.waitUntil(lambda: table(window).isHidden(), timeout=WAIT_MS)
    assert any("cannot be read" in label.text() for label in window.layout_.evaluation.findChildren(QLabel))
    choose(window, "Against", TruthChoice.LABELS)
    qtbot.waitUntil(lambda: not table(window).isHidden(), timeout=WAIT_MS)


def test_the_body_is_evaluated_too(predicted: Path, open_window: OpenWindow, qtbot: QtBot, tmp_path: Path) -> None:
    with Project.open(predicted, access=Access.WRITE) as project:
        add_body(project)
        track = next(iter(project.tracks.values()))
        mesh = project.mesh(track.id)
        assert mesh is not None
        joints = body_joints(mesh, builtin_body(), JOINTS_16, are_centres=False)
    write_truth(tmp_path / "truth.trc", joints * 1000)
    window = open_window(predicted)
    window.actions_[Act.EVALUATE].trigger()
    choose(window, "What", Subject.BODY)
    qtbot.waitUntil(lambda: "Choose a file with the 3D truth" in said(window), timeout=WAIT_MS)
    window.presenters.evaluation.use_file(tmp_path / "truth.trc")
    qtbot.waitUntil(lambda: figures(window).get("3DPCK at 150 mm") == ("100.0 %",), timeout=WAIT_MS)
    assert figures(window)["MPJPE"] == ("0.0 mm",) and "left wrist" in figures(window)
    choose(window, "Measure of the body", "PA-MPJPE, mm")
    qtbot.waitUntil(lambda: plot(window).accessibleDescription().startswith("PA-MPJPE, mm by frame"), timeout=WAIT_MS)
    with qtbot.waitSignal(window.presenters.evaluation.message, timeout=WAIT_MS):
        window.presenters.evaluation.save_to(tmp_path / "body.csv")
    assert len((tmp_path / "body-frames.csv").read_text().splitlines()) == 61
    choose(window, "What", Subject.POINTS)
    choose(window, "Against", TruthChoice.LABELS)
    qtbot.waitUntil(lambda: "Label some frames" in said(window), timeout=WAIT_MS)


def write_truth(path: Path, joints_mm: np.ndarray) -> None:
    """Write joints (T, 16, 3) as markers with Pose2Sim's names."""
    names = [f"{name[0].upper()}{''.join(part.title() for part in name.split('_')[1:])}" for name in JOINTS_16]
    head = [
        "PathFileType\t4\t(X/Y/Z)\ttrial.trc",
        "DataRate\tCameraRate\tNumFrames\tNumMarkers\tUnits\tOrigDataRate\tOrigDataStartFrame\tOrigNumFrames",
        f"25\t25\t{len(joints_mm)}\t{len(names)}\tmm\t25\t0\t{len(joints_mm)}",
        "Frame#\tTime\t" + "\t\t\t".join(names),
        "\t\t" + "\t".join(f"{axis}{n + 1}" for n in range(len(names)) for axis in "XYZ"),
        "",
    ]
    rows = [
        "\t".join([str(frame + 1), f"{frame / 25:.3f}", *(f"{value:.5f}" for value in points.ravel())])
        for frame, points in enumerate(joints_mm)
    ]
    path.write_text("\n".join([*head, *rows]) + "\n")


def said(window: MainWindow) -> str:
    return " ".join(label.text() for label in window.layout_.evaluation.findChildren(QLabel))


def test_without_labels_it_is_said_what_to_do(predicted: Path, open_window: OpenWindow, qtbot: QtBot) -> None:
    window = open_window(predicted)
    window.actions_[Act.EVALUATE].trigger()
    qtbot.waitUntil(
        lambda: any("Label some frames" in label.text() for label in window.layout_.evaluation.findChildren(QLabel)),
        timeout=WAIT_MS,
    )
    assert table(window).isHidden()
