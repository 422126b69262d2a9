"""The panels for exporting and importing, in a real window."""

import json
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QCheckBox, QComboBox, QLabel, QLineEdit, QPushButton, QTableWidget, QWidget
from pytestqt.qtbot import QtBot

from annotation.edits import SetLabels
from annotation.labels import Label
from annotation.project import Project
from app import operations
from app.actions import Act
from app.main_window import MainWindow


def control(panel: QWidget, name: str, kind: type = QComboBox):
    return next(w for w in panel.findChildren(kind) if name in (w.accessibleName(), getattr(w, "text", str)()))


def choose(panel: QWidget, name: str, words: str) -> None:
    box = control(panel, name)
    places = [n for n in range(box.count()) if words in box.itemText(n)]
    box.setCurrentIndex(places[0])


def says(panel: QWidget, words: str) -> bool:
    return any(words in label.text() for label in panel.findChildren(QLabel))


def on_another_project(open_window, video: Path) -> MainWindow:
    """A window on a project of the same video in which nothing is known yet."""
    folder = video.parent / "other.betascope"
    with operations.open_for_video(video, folder=folder):
        pass
    return open_window(folder)


@pytest.fixture
def labelled(video: Path) -> Path:
    with operations.open_for_video(video) as project:
        label(project, frames=(3, 5, 42))
        return project.folder


def label(project: Project, *, frames: tuple[int, ...], shift: float = 0) -> None:
    track = next(iter(project.tracks.values()))
    labels = {(frame, joint): Label((50 + 4 * joint + shift, 60)) for frame in frames for joint in range(25)}
    project.push(SetLabels(track.id, labels))


@pytest.mark.parametrize(("title", "key", "suffix"), [("COCO keypoints", "coco", ".json"), ("CVAT", "cvat", ".xml")])
def test_out_of_one_project_and_into_another(
    title: str, key: str, suffix: str, qtbot: QtBot, open_window, labelled: Path, video: Path, tmp_path: Path
) -> None:
    window: MainWindow = open_window(labelled)
    window.actions_[Act.EXPORT].trigger()
    panel = window.layout_.exports
    choose(panel, "Format", title)
    choose(panel, "Points", "Labels only")
    qtbot.waitUntil(lambda: says(panel, "3 poses in 3 frames"))
    assert says(panel, "Does not carry")
    out = tmp_path / f"climb-{key}{suffix}"
    assert panel.target == str(out), "a place beside the project is proposed"
    with qtbot.waitSignal(window.presenters.exports.message, timeout=60_000):
        qtbot.mouseClick(control(panel, "Export", QPushButton), Qt.MouseButton.LeftButton)
    assert out.is_file()

    other = on_another_project(open_window, video)
    other.view.show_frame(4)
    other.presenters.imports.open(out)
    panel = other.layout_.imports
    qtbot.waitUntil(lambda: says(panel, "75 labels"))
    assert control(panel, "Format").currentData() == key, "the format is found by the content"
    before = dict(window.view.track.labels)
    qtbot.mouseClick(control(panel, "Import", QPushButton), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: says(panel, "is imported"))
    assert {place: item.xy for place, item in other.view.track.labels.items()} == {
        place: item.xy for place, item in before.items()
    }
    assert other.view.frame == 4, "it stays where it was"
    other.actions_[Act.UNDO].trigger()
    assert not len(other.view.track.labels), "one step takes it back"


def coco_file(path: Path, *, joints: list[str], video: str = "climb", n: int = 2) -> Path:
    """A file of another tool: one person in frames 3 and 4."""
    content = {
        "images": [{"id": k, "file_name": f"{video}/{3 + k:06d}.jpg", "width": 200, "height": 120} for k in range(n)],
        "categories": [{"id": 1, "name": "person", "keypoints": joints}],
        "annotations": [
            {"id": k, "image_id": k, "category_id": 1, "keypoints": [30, 40, 2] * len(joints), "bbox": [1, 1, 9, 9]}
            for k in range(n)
        ],
    }
    path.write_text(json.dumps(content))
    return path


def test_joints_without_counterpart_are_mapped_by_hand(
    qtbot: QtBot, open_window, labelled: Path, tmp_path: Path
) -> None:
    window: MainWindow = open_window(labelled)
    panel = window.layout_.imports
    window.presenters.imports.open(coco_file(tmp_path / "a.json", joints=["left_knee", "chalk_bag"]))
    qtbot.waitUntil(lambda: says(panel, "No counterpart: chalk_bag"))
    assert says(panel, "2 labels")
    choose(panel, "What chalk_bag becomes", "ight hip")
    qtbot.waitUntil(lambda: says(panel, "4 labels"))
    choose(panel, "Climber", "A new climber")
    qtbot.waitUntil(lambda: control(panel, "Import", QPushButton).isEnabled())
    qtbot.mouseClick(control(panel, "Import", QPushButton), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: says(panel, "is imported"))
    track = window.view.track
    assert len(window.document.project.tracks) == 2
    names = {joint for _, joint in track.labels}
    assert len(track.labels) == 4 and len(names) == 2


def test_labels_that_are_there_are_replaced_only_when_asked(
    qtbot: QtBot, open_window, labelled: Path, tmp_path: Path
) -> None:
    window: MainWindow = open_window(labelled)
    panel = window.layout_.imports
    window.presenters.imports.open(coco_file(tmp_path / "a.json", joints=["left_knee"]))
    choose_when_there(qtbot, panel, "Climber 1")
    qtbot.waitUntil(lambda: says(panel, "stay as they are"))
    control(panel, "Replace labels that are there already", QCheckBox).setChecked(True)
    qtbot.waitUntil(lambda: says(panel, "are replaced"))


def choose_when_there(qtbot: QtBot, panel: QWidget, words: str) -> None:
    box = control(panel, "Climber")
    qtbot.waitUntil(lambda: any(words in box.itemText(n) for n in range(box.count())))
    choose(panel, "Climber", words)


def test_a_dropped_file_is_shown_and_what_is_no_labels_says_why(
    qtbot: QtBot, open_window, labelled: Path, tmp_path: Path
) -> None:
    window: MainWindow = open_window(labelled)
    (tmp_path / "notes.json").write_text('{"hello": 1}')
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(tmp_path / "notes.json"))])
    left, none = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    enter = QDragEnterEvent(QPoint(50, 50), Qt.DropAction.CopyAction, data, left, none)
    QApplication.sendEvent(window, enter)
    assert enter.isAccepted()
    QApplication.sendEvent(window, QDropEvent(QPointF(50, 50), Qt.DropAction.CopyAction, data, left, none))
    panel = window.layout_.imports
    qtbot.waitUntil(lambda: says(panel, "notes.json is not"))
    assert panel.isVisible()
    assert not control(panel, "Import", QPushButton).isEnabled()


def test_an_export_with_images_can_be_cancelled(qtbot: QtBot, open_window, labelled: Path, tmp_path: Path) -> None:
    window: MainWindow = open_window(labelled)
    window.actions_[Act.EXPORT].trigger()
    panel = window.layout_.exports
    choose(panel, "Images", "PNG")
    qtbot.waitUntil(lambda: control(panel, "Export", QPushButton).isEnabled())
    qtbot.mouseClick(control(panel, "Export", QPushButton), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: control(panel, "Cancel", QPushButton).isVisible() or window.jobs.waited_for() == [])
    window.presenters.exports._panel.cancel_requested.emit()
    qtbot.waitUntil(lambda: not window.jobs.waited_for(), timeout=30_000)
    assert not list(tmp_path.glob("climb-coco*"))
    assert not list(tmp_path.glob(".*part"))
    assert not control(panel, "Cancel", QPushButton).isVisible()


def test_nothing_to_export_is_said_before(qtbot: QtBot, open_window, video: Path) -> None:
    window: MainWindow = open_window(video)
    window.actions_[Act.EXPORT].trigger()
    panel = window.layout_.exports
    qtbot.waitUntil(lambda: says(panel, "Nothing goes out"))
    assert not control(panel, "Export", QPushButton).isEnabled()


@pytest.mark.parametrize("table", [True, False])
def test_the_table_of_joints_shows_only_with_a_file(table: bool, qtbot: QtBot, open_window, labelled, tmp_path) -> None:
    window: MainWindow = open_window(labelled)
    window.actions_[Act.IMPORT].trigger()
    panel = window.layout_.imports
    if table:
        window.presenters.imports.open(coco_file(tmp_path / "a.json", joints=["nose", "left_knee"]))
        qtbot.waitUntil(lambda: says(panel, "4 labels"))
    assert panel.findChild(QTableWidget).isVisible() is table


def test_a_path_that_was_mistyped_can_be_typed_again(qtbot: QtBot, open_window, labelled: Path, tmp_path: Path) -> None:
    window: MainWindow = open_window(labelled)
    window.actions_[Act.IMPORT].trigger()
    panel = window.layout_.imports
    field = control(panel, "File", QLineEdit)
    qtbot.waitUntil(panel.isVisible)
    field.setFocus()
    qtbot.keyClicks(field, str(tmp_path / "gone.json"))
    qtbot.keyClick(field, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: says(panel, "gone.json"), timeout=10_000)
    assert window.focusWidget() is field, "else its letters would be keys that edit"


def test_every_way_to_export_leads_to_the_panel_with_its_format(qtbot: QtBot, open_window, labelled: Path) -> None:
    window: MainWindow = open_window(labelled)
    panel = window.layout_.exports
    for act, key, skeleton in (
        (Act.EXPORT_RESULTS, "coco-results", ""),
        (Act.EXPORT_COCO17, "coco", "coco17"),
        (Act.EXPORT_COCO, "coco", ""),
    ):
        window.actions_[act].trigger()
        assert panel.isVisible()
        assert (panel.format, panel.choice.skeleton) == (key, skeleton)
