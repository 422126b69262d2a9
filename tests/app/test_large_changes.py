"""Large changes are worked out in the background; what a person does meanwhile comes after them."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from annotation.edits import SetLabels
from annotation.labels import Label
from annotation.project import Project
from annotation.store import Access
from annotation.track_edits import SetTrackLook
from app import operations
from app.background import Background
from app.document import Document

FRAMES, JOINTS = range(40), range(25)


@pytest.fixture
def document(video: Path, qtbot: QtBot) -> Iterator[Document]:
    """A document with a project open and without a window."""
    background = Background()
    document = Document(background=background)
    document.set_project(operations.open_for_video(video))
    yield document
    document.set_project(None)
    assert background.wait(at_most_ms=10_000)
    document.deleteLater()
    background.deleteLater()


def _project(document: Document) -> Project:
    assert document.project is not None
    return document.project


def _everywhere(document: Document, x: float) -> SetLabels:
    (track_id,) = _project(document).tracks
    return SetLabels(track_id, {(f, j): Label((x + f / 3, j + x / 7)) for f in FRAMES for j in JOINTS}, "Import")


def _x(document: Document) -> float | None:
    (track,) = _project(document).tracks.values()
    label = track.labels.get((0, 0))
    return None if label is None or label.xy is None else label.xy[0]


def _large_undo(document: Document, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("annotation.project._LARGE", 1000)
    document.push(_everywhere(document, 1))
    document.undo()
    assert _x(document) == 1, "it is being worked out"


def test_a_large_change_comes_when_it_is_worked_out_and_tells(document: Document, qtbot: QtBot) -> None:
    told: list[str] = []
    document.changed.connect(lambda change: told.append("changed" if _x(document) == 1 else "too early"))
    (track_id,) = _project(document).tracks
    document.push_large(_everywhere(document, 1), track_id=track_id, then=lambda: told.append("then"))
    assert _x(document) is None
    qtbot.waitUntil(lambda: told == ["changed", "then"])
    document.undo()
    assert _x(document) is None


def test_an_edit_made_meanwhile_comes_after_it(document: Document, qtbot: QtBot) -> None:
    (track_id,) = _project(document).tracks
    told: list[str] = []
    document.push_large(_everywhere(document, 1), track_id=track_id, then=lambda: told.append("then"))
    assert document.push(SetLabels(track_id, {(0, 0): Label((9, 9))}))
    assert told == ["then"] and _x(document) == 9
    document.undo()
    assert _x(document) == 1
    document.undo()
    assert _x(document) is None


def test_a_large_undo_goes_to_where_it_was(document: Document, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    _large_undo(document, monkeypatch)
    with qtbot.waitSignal(document.shown) as shown:
        pass
    assert _x(document) is None and shown.args is not None and shown.args[0].frames[0] == 0
    document.redo()
    qtbot.waitUntil(lambda: _x(document) == 1)


def test_undo_pressed_twice_takes_back_two_steps(document: Document, monkeypatch: pytest.MonkeyPatch) -> None:
    (track_id,) = _project(document).tracks
    document.push(SetLabels(track_id, {(0, 0): Label((5, 5))}))
    _large_undo(document, monkeypatch)
    document.undo()
    assert _x(document) is None


def test_what_is_being_worked_out_when_the_project_is_closed_is_done(
    document: Document, monkeypatch: pytest.MonkeyPatch
) -> None:
    _large_undo(document, monkeypatch)
    folder = document.folder
    document.set_project(None)
    assert folder is not None
    document.set_project(Project.open(folder, access=Access.WRITE))
    assert _x(document) is None


def test_a_large_change_of_a_locked_climber_is_refused_with_its_reason(document: Document, qtbot: QtBot) -> None:
    (track_id,) = _project(document).tracks
    document.push(SetTrackLook(track_id, None, True, False))
    with qtbot.waitSignal(document.failed) as failed:
        document.push_large(_everywhere(document, 1), track_id=track_id, then=lambda: None)
    assert failed.args is not None and "is locked" in failed.args[0]
    assert _x(document) is None
