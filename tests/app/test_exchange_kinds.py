"""The panels for exporting and importing with motions and with results, in a real window."""

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QCheckBox, QLineEdit, QPushButton, QScrollArea, QWidget
from pytestqt.qtbot import QtBot

from annotation.edits import SetLabels
from annotation.formats.smpl_motion import read_smpl_npz
from annotation.labels import Label, RunKind, Source
from annotation.project import Project
from annotation.store import Access
from app import operations
from app.actions import Act
from app.body_following import Following
from app.cli import main
from app.main_window import MainWindow
from tests.app.body_project import add_body
from tests.app.conftest import OpenWindow, add_predictions
from tests.app.test_exchange_window import choose, control, on_another_project, says


@pytest.fixture
def fitted(video: Path) -> Path:
    with operations.open_for_video(video) as project:
        add_body(project)
        return project.folder


def click(panel, name: str) -> None:
    QTest.mouseClick(control(panel, name, QPushButton), Qt.MouseButton.LeftButton)


def test_a_motion_goes_out_and_comes_back(qtbot: QtBot, open_window: OpenWindow, fitted: Path, video: Path) -> None:
    window: MainWindow = open_window(fitted)
    window.actions_[Act.EXPORT].trigger()
    panel = window.layout_.exports
    assert control(panel, "Points").isVisible()
    choose(panel, "Format", "SMPL motion")
    assert not control(panel, "Points").isVisible(), "a motion has no points to choose from"
    qtbot.waitUntil(lambda: says(panel, "A body in 60 frames goes out"))
    assert says(panel, "Does not carry")
    out = Path(panel.target)
    assert out.name == "climb-smpl.npz"
    with qtbot.waitSignal(window.presenters.exports.message, timeout=60_000) as told:
        click(panel, "Export")
    assert "60 frames" in told.args[0]
    assert len(read_smpl_npz(out).tables[0]) == 60

    other = on_another_project(open_window, video)
    other.presenters.imports.open(out)
    panel = other.layout_.imports
    qtbot.waitUntil(lambda: says(panel, "a body in 60 frames"))
    assert control(panel, "Format").currentData() == "smpl"
    assert not control(panel, "Replace labels that are there already", QCheckBox).isVisible(), "a body has no labels"
    click(panel, "Import")
    qtbot.waitUntil(lambda: says(panel, "is imported"))
    with Project.open(fitted, access=Access.READ) as project:
        expected = project.mesh(next(iter(project.tracks)))
    mesh = other.document.project.mesh(other.view.track.id)
    np.testing.assert_allclose(mesh.transl, expected.transl, atol=1e-4)
    np.testing.assert_allclose(mesh.body_pose, expected.body_pose, atol=1e-5)
    qtbot.waitUntil(lambda: other.presenters.bodies.following.state is Following.IMPORTED)
    other.actions_[Act.UNDO].trigger()
    assert RunKind.BODY not in other.view.track.active_runs, "one step takes it back"


def test_the_few_rows_of_a_motion_stay_together(qtbot: QtBot, open_window: OpenWindow, fitted: Path) -> None:
    window: MainWindow = open_window(fitted)
    window.resize(1366, 1000)
    window.actions_[Act.EXPORT].trigger()
    panel = window.layout_.exports
    choose(panel, "Format", "SMPL motion")
    qtbot.waitUntil(lambda: says(panel, "A body in 60 frames goes out"))
    page = panel.findChild(QScrollArea).widget()
    qtbot.waitUntil(lambda: page.height() > page.minimumSizeHint().height() + 100)

    def largest_gap() -> int:
        rows = sorted((item.y(), item.y() + item.height()) for item in page.findChildren(QWidget) if item.isVisible())
        return max(top - max(end for _, end in rows[:n]) for n, (top, _) in enumerate(rows) if n)

    qtbot.waitUntil(lambda: largest_gap() < 30)


def test_without_a_body_no_motion_goes_out(qtbot: QtBot, open_window: OpenWindow, video: Path) -> None:
    window: MainWindow = open_window(video)
    window.actions_[Act.EXPORT].trigger()
    panel = window.layout_.exports
    choose(panel, "Format", "BVH")
    qtbot.waitUntil(lambda: says(panel, "fit one first"))
    assert not control(panel, "Export", QPushButton).isEnabled()


def test_results_find_their_frames_in_the_file_they_belong_to(
    qtbot: QtBot, open_window: OpenWindow, video: Path, tmp_path: Path
) -> None:
    with operations.open_for_video(video) as project:
        add_predictions(project)
        track = next(iter(project.tracks.values()))
        project.push(SetLabels(track.id, {(frame, 0): Label((50, 60)) for frame in (3, 5, 42)}))
        folder = project.folder
    truth, results = tmp_path / "truth.json", tmp_path / "results.json"
    assert main(["export", "coco", str(folder), "--out", str(truth)]) == 0
    assert main(["export", "coco", str(folder), "--out", str(results), "--results"]) == 0
    window = on_another_project(open_window, video)
    window.presenters.imports.open(results)
    panel, field = window.layout_.imports, control(window.layout_.imports, "COCO file", QLineEdit)
    qtbot.waitUntil(lambda: says(panel, "name the COCO file they belong to"))
    assert field.isVisible(), "only results are asked for it"
    QTest.keyClicks(field, str(truth))
    QTest.keyClick(field, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: says(panel, "100 predicted points") and not says(panel, "name the COCO file"))
    click(panel, "Import")
    qtbot.waitUntil(lambda: says(panel, "is imported"))
    source = window.document.project.resolved(window.view.track.id).source
    assert np.flatnonzero((source == Source.PREDICTED).all(axis=1)).tolist() == [3, 4, 5, 42], "not the ids"
    window.presenters.imports.open(truth)
    qtbot.waitUntil(lambda: not field.isVisible())


def test_nothing_of_the_panels_is_cut_off(qtbot: QtBot, open_window: OpenWindow, predicted: Path) -> None:
    window: MainWindow = open_window(predicted)
    for act, panel in ((Act.IMPORT, window.layout_.imports), (Act.EXPORT, window.layout_.exports)):
        window.actions_[act].trigger()
        qtbot.waitUntil(panel.isVisible)
        formats = control(panel, "Format")
        for n in range(formats.count()):
            formats.setCurrentIndex(n)
            page = panel.findChild(QScrollArea)
            assert page.widget().minimumSizeHint().width() <= page.viewport().width(), formats.itemText(n)


def test_videos_and_climbers_are_there_to_choose_from_before_a_file_is(
    qtbot: QtBot, open_window: OpenWindow, predicted: Path
) -> None:
    window: MainWindow = open_window(predicted)
    window.actions_[Act.IMPORT].trigger()
    climbers = control(window.layout_.imports, "Climber")
    qtbot.waitUntil(lambda: climbers.itemText(1) == "A new climber")
    assert climbers.itemText(2) == "Climber 1"
