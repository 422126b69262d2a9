"""A large change worked out beside the project and taken over at once: it comes to what an edit made in place does."""

import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from annotation.clip import Clip, Fingerprint, Timeline
from annotation.edits import AddClip, AddTrack, Edit, RelinkClip, RemoveTrack, SetLabels, SetSpans, SetStride, Several
from annotation.errors import ProjectError
from annotation.labels import Label, LabelPatch, Span, Track, Visibility
from annotation.project import Project
from annotation.store import DATABASE, Access
from annotation.track_edits import SetReviewed, SetTrackLook
from tests.annotation.test_history import everything

N_FRAMES = 4000


@pytest.fixture
def projects(tmp_path: Path) -> Iterator[tuple[Project, Project]]:
    """Two projects that hold the same."""
    made = [_project(tmp_path / name) for name in ("one", "other")]
    yield made[0], made[1]
    for project in made:
        project.close()


def _project(folder: Path) -> Project:
    folder.mkdir()
    timeline = Timeline(np.arange(N_FRAMES) * 512, (1, 12800), np.array([0]))
    project = Project.create(folder / "climb.betascope")
    clip = Clip("clip", Path("/nowhere/climb.mp4"), Fingerprint(10, "abc"), timeline, (1080, 1440), 0, "h264")
    project.push(AddClip(clip), undoable=False)
    for name in ("Ana", "Bo"):
        project.push(AddTrack(Track(name, "clip", name, "climbalong25")), undoable=False)
    project.push(
        SetLabels("Ana", {(7, 3): Label((1, 2), time_s=5.0), (8, 3): Label(None, Visibility.ABSENT, time_s=5.0)})
    )
    return project


def _import() -> Edit:
    """All that an import may bring, for a climber who is there and for a new one."""
    rng = np.random.default_rng(4)
    frames, joints = (part.ravel() for part in np.mgrid[0:N_FRAMES:5, 0:25])
    n = len(frames)
    codes = np.full(n, Visibility.VISIBLE + 1, np.uint8)
    xy = rng.uniform(0, 1000, (n, 2)).astype(np.float32)
    patch = LabelPatch(frames, joints, xy, codes, np.zeros(n, np.int32), (("Cleo", 9.0),))
    new = Track("new", "clip", "Dora", "climbalong25")
    new.table.apply(patch)
    parts = (SetLabels("Ana", patch), SetSpans("Ana", (Span(0, 100),)), SetReviewed("Bo", (3, 4), True), AddTrack(new))
    return Several(parts, "Import climb.xml")


def _rehearsed(project: Project, edit: Edit) -> None:
    with ThreadPoolExecutor(1) as threads:
        rehearsed = threads.submit(project.rehearsal(shown=["Ana", "new"]).push, edit).result()
    assert project.take_over(rehearsed) is not None


def _undone(project: Project) -> None:
    way = project.way_of(undone=False)
    with ThreadPoolExecutor(1) as threads:
        rehearsed = threads.submit(project.rehearsal().go, way, project.packed(way)).result()
    assert project.take_over(rehearsed) is not None


def _points(project: Project) -> list[bytes]:
    return [
        part.tobytes()
        for track_id in project.tracks
        for part in (project.resolved(track_id).xy, project.resolved(track_id).source)
    ]


def test_what_was_rehearsed_is_what_an_edit_makes_of_it_also_after_a_restart(projects: tuple[Project, Project]) -> None:
    project, other = projects
    project.resolved("Ana")
    _rehearsed(project, _import())
    other.push(_import())
    assert everything(project) == everything(other) and _points(project) == _points(other)
    assert project.undo_title() == "Import climb.xml" and project.live("Ana").digest() == other.live("Ana").digest()
    project.close()
    with Project.open(project.folder, access=Access.WRITE) as again:
        assert everything(again) == everything(other) and _points(again) == _points(other)
        again.undo()
        other.undo()
        assert everything(again) == everything(other)


def test_a_rehearsed_undo_is_an_undo_and_can_be_done_again(projects: tuple[Project, Project]) -> None:
    project, other = projects
    before = everything(project)
    _rehearsed(project, _import())
    after = everything(project)
    assert project.is_large(project.way_of(undone=False))
    _undone(project)
    assert everything(project) == before and _points(project) == _points(other)
    assert project.redo_title() == "Import climb.xml" and project.undo_title() == "Label"
    project.redo()
    assert everything(project) == after


def test_the_whole_way_back_is_one_way(projects: tuple[Project, Project]) -> None:
    project, _ = projects
    _rehearsed(project, Several((RemoveTrack("Bo"), SetStride("Ana", 7)), "Tidy up"))
    _rehearsed(project, SetLabels("Ana", {(7, 3): None}))
    way = project.way_to(0)
    assert len(way.steps) == 3 and not project.is_large(way)
    project.take_over(project.rehearsal().go(way, project.packed(way)))
    assert set(project.tracks) == {"Ana", "Bo"} and not project.track("Ana").labels
    assert [entry.undone for entry in project.history()] == [True] * 3


def test_a_video_that_moved_is_where_it_was_before_a_rehearsed_way_back(projects: tuple[Project, Project]) -> None:
    project, _ = projects
    project.push(RelinkClip("clip", Path("/elsewhere/climb.mp4")))
    _undone(project)
    assert project.clip("clip").path == Path("/nowhere/climb.mp4")
    project.redo()
    assert project.clip("clip").path == Path("/elsewhere/climb.mp4")
    project.close()
    with Project.open(project.folder, access=Access.READ) as again:
        assert again.clip("clip").path == Path("/elsewhere/climb.mp4")


def test_what_was_rehearsed_before_another_edit_is_not_taken_over(projects: tuple[Project, Project]) -> None:
    project, _ = projects
    rehearsed = project.rehearsal(shown=["Ana"]).push(_import())
    project.push(SetLabels("Ana", {(0, 0): Label((5, 5))}))
    now = everything(project)
    assert project.take_over(rehearsed) is None
    assert everything(project) == now


def test_a_version_is_returned_to_as_an_edit_would(projects: tuple[Project, Project]) -> None:
    for project in projects:
        version = project.save_version("Before")
        project.push(Several((RemoveTrack("Bo"), SetLabels("Ana", {(7, 3): None})), "Tidy up"))
    project, other = projects
    (version,) = project.versions()
    rehearsed = project.rehearsal().return_to(version)
    assert rehearsed is not None and project.take_over(rehearsed) is not None
    other.restore_version(other.versions()[0].id)
    assert everything(project) == everything(other)
    assert project.rehearsal().return_to(version) is None, "nothing differs"
    project.undo()
    assert set(project.tracks) == {"Ana"}


def test_a_rehearsal_leaves_the_project_alone_and_a_locked_climber_too(projects: tuple[Project, Project]) -> None:
    project, _ = projects
    before, points = everything(project), _points(project)
    project.rehearsal(shown=["Ana"]).push(_import())
    assert everything(project) == before and _points(project) == points
    project.push(SetTrackLook("Ana", None, True, False))
    with pytest.raises(ProjectError, match="Ana is locked"):
        project.rehearsal(shown=["Ana"]).push(_import())


def test_what_cannot_be_written_changes_nothing(projects: tuple[Project, Project]) -> None:
    project, _ = projects
    before = everything(project)
    rehearsed = project.rehearsal(shown=["Ana"]).push(_import())
    with sqlite3.connect(project.folder / DATABASE) as other:
        other.execute("CREATE TRIGGER full BEFORE INSERT ON history BEGIN SELECT RAISE(FAIL, 'disk is full'); END")
    with pytest.raises(ProjectError, match="is full; the last change was not kept"):
        project.take_over(rehearsed)
    assert everything(project) == before
    project.close()
    with Project.open(project.folder, access=Access.READ) as again:
        assert everything(again) == before
