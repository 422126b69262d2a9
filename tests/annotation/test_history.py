"""The history and the named versions of a project: to go anywhere in it and back, also after a restart."""

import copy
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from annotation.clip import Clip, Fingerprint, Timeline
from annotation.edits import (
    AddClip,
    AddTrack,
    RelinkClip,
    RemoveTrack,
    RenameTrack,
    SetLabels,
    SetSpans,
    SetStride,
    UseRun,
)
from annotation.errors import ProjectError
from annotation.labels import ABSENT, Event, Interpolation, Label, LabelPatch, Run, RunKind, Span, Track
from annotation.project import Project
from annotation.store import Access
from annotation.track_edits import DismissDoubts, SetEvents, SetInterpolation, SetReviewed, SetTrackLook

N_FRAMES = 4000


@pytest.fixture
def project(tmp_path: Path):
    timeline = Timeline(np.arange(N_FRAMES) * 512, (1, 12800), np.array([0]))
    clip = Clip("clip", tmp_path / "climb.mp4", Fingerprint(10, "abc"), timeline, (1080, 1440), 0, "h264")
    with Project.create(tmp_path / "climb.betascope") as project:
        project.author = "Ana"
        project.push(AddClip(clip), undoable=False)
        project.push(AddTrack(Track("track", "clip", "Ana", "climbalong25")), undoable=False)
        yield project


def x_of(project: Project) -> float | None:
    label = project.track("track").labels.get((3, 4))
    return None if label is None or label.xy is None else label.xy[0]


def everything(project: Project) -> object:
    """All that a person put into a project, with who said it when."""
    return [
        (
            copy.deepcopy(track),
            {key: (label.author, label.time_s) for key, label in track.labels.items()},
            project.clip(track.clip_id).path,
        )
        for track in project.tracks.values()
    ]


def reopened(project: Project) -> Project:
    project.close()
    return Project.open(project.folder, access=Access.WRITE)


def test_the_history_lists_every_step_and_going_to_one_is_undo_or_redo(project: Project) -> None:
    for x in range(5):
        project.push(SetLabels("track", {(3, 4): Label((x, 0))}, f"Move to {x}"))
    entries = project.history()
    assert [entry.title for entry in entries] == [f"Move to {x}" for x in range(5)]
    assert [entry.time for entry in entries] == sorted(entry.time for entry in entries)
    change = project.undo_to(entries[1].id)
    assert change is not None and change.frames == (3,)
    assert x_of(project) == 1
    assert [entry.undone for entry in project.history()] == [False, False, True, True, True]
    with reopened(project) as project:
        assert project.undo_to(entries[1].id) is None, "it is there already"
        project.undo_to(entries[3].id)
        assert x_of(project) == 3
        project.undo_to(0)
        assert x_of(project) is None and project.undo_title() is None
        project.undo_to(entries[4].id)
        assert x_of(project) == 4 and project.redo_title() is None


def test_a_step_that_is_gone_is_named_and_changes_nothing(project: Project) -> None:
    project.push(SetLabels("track", {(3, 4): Label((1, 0))}))
    with pytest.raises(ProjectError, match="not in the history any more"):
        project.undo_to(77)
    assert x_of(project) == 1


def test_going_far_back_happens_whole_or_not_at_all(project: Project) -> None:
    for x in range(4):
        project.push(SetLabels("track", {(3, 4): Label((x, 0))}))
    second = project.history()[1].id
    project._connection.execute("UPDATE history SET inverse = 'nonsense' WHERE id = ?", (second,))
    with pytest.raises(ProjectError, match="cannot be read"):
        project.undo_to(0)
    assert x_of(project) == 3
    assert not any(entry.undone for entry in project.history())


def fill(project: Project) -> None:
    project.push(SetLabels("track", {(3, 4): Label((1.5, 2.5)), (900, 7): ABSENT, (40, 4): Label((7, 7))}))
    project.push(SetSpans("track", (Span(3, 40, Interpolation.CUBIC),)))
    project.push(SetReviewed("track", (3, 4, 5)))
    project.push(SetEvents("track", (Event(3, 9, "crux"),)))
    project.push(DismissDoubts("track", frozenset({("jump", 3, 4)})))


def change_everything(project: Project) -> None:
    project.author = "Bea"
    project.push(SetLabels("track", {(3, 4): None, (40, 4): Label((7, 7)), (2000, 1): Label((5, 5))}))
    project.push(SetSpans("track", ()))
    project.push(SetStride("track", 11))
    project.push(SetInterpolation("track", Interpolation.HOLD))
    project.push(RenameTrack("track", "Eva"))
    project.push(SetReviewed("track", (4,), reviewed=False))
    project.push(SetReviewed("track", (77,)))
    project.push(SetEvents("track", ()))
    project.push(DismissDoubts("track", frozenset({("jump", 3, 4)}), dismissed=False))
    project.push(DismissDoubts("track", frozenset({("swap", 9, -1)})))
    project.push(RelinkClip("clip", Path("/elsewhere/climb.mp4")))
    project.push(AddTrack(Track("other", "clip", "Cid", "coco17", labels={(1, 1): Label((1, 1))})))
    project.push(SetTrackLook("track", "#123456", locked=True, hidden=True))


def test_a_version_brings_everything_back_and_that_can_be_undone_after_a_restart(project: Project) -> None:
    fill(project)
    saved = everything(project)
    version = project.save_version("  first pass ")
    change_everything(project)
    changed = everything(project)
    with reopened(project) as project:
        assert project.versions() == [version] and version.name == "first pass"
        assert project.restore_version(version.id) is not None
        assert everything(project) == saved
        assert project.undo_title() == "Return to “first pass”"
        assert project.restore_version(version.id) is None, "nothing differs"
        with reopened(project) as project:
            assert everything(project) == saved
            project.undo()
            assert everything(project) == changed
            project.redo()
            assert everything(project) == saved


def test_a_version_is_the_state_when_it_was_asked_for_whatever_is_edited_while_it_is_written(project: Project) -> None:
    fill(project)
    saved = everything(project)
    pending = project.begin_version("then")
    change_everything(project)
    changed = everything(project)
    with ThreadPoolExecutor(1) as threads:
        version = threads.submit(pending.keep).result()
    assert project.versions() == [version] and everything(project) == changed
    project.restore_version(version.id)
    assert everything(project) == saved


def test_a_run_that_a_version_shows_stays_also_while_that_is_written(project: Project) -> None:
    project.add_run(Run("followed", "clip", RunKind.BODY, "follow", "body", datetime.now(UTC), "climbalong25"))
    project.push(UseRun("track", RunKind.BODY, "followed"), undoable=False)
    pending = project.begin_version("then")
    project.push(UseRun("track", RunKind.BODY, None), undoable=False)
    assert not project.drop_run("followed")
    version = pending.keep()
    assert not project.drop_run("followed")
    project.restore_version(version.id)
    assert project.track("track").active_runs == {RunKind.BODY: "followed"}
    project.push(UseRun("track", RunKind.BODY, None), undoable=False)
    project.delete_version(version.id)
    project.undo()
    assert not project.drop_run("followed"), "doing it again would show it"


def test_a_climber_that_was_removed_comes_back_with_a_version(project: Project) -> None:
    fill(project)
    saved = everything(project)
    version = project.save_version("before")
    project.push(RemoveTrack("track"))
    project.restore_version(version.id)
    assert everything(project) == saved


def test_deleting_a_version_leaves_the_project_and_the_other_versions(project: Project) -> None:
    first, second = project.save_version("one"), project.save_version("two")
    fill(project)
    before = everything(project)
    project.delete_version(first.id)
    assert project.versions() == [second] and everything(project) == before
    assert [path.stem for path in (project.folder / "versions").iterdir()] == [second.id]
    with pytest.raises(ProjectError, match="no such version"):
        project.restore_version(first.id)


def test_a_version_that_is_damaged_says_so_and_changes_nothing(project: Project) -> None:
    fill(project)
    version = project.save_version("one")
    change_everything(project)
    before = everything(project)
    (project.folder / "versions" / f"{version.id}.db").write_bytes(b"nonsense" * 1000)
    with pytest.raises(ProjectError, match=r"“one” cannot be read.*nothing was changed"):
        project.restore_version(version.id)
    assert everything(project) == before


def test_half_a_snapshot_is_no_version_and_is_swept_away(project: Project) -> None:
    project.save_version("one")
    (project.folder / "versions" / "half.partial").write_bytes(b"x")
    (project.folder / "versions" / "nobodys.db").write_bytes(b"x")
    with reopened(project) as project:
        assert [version.name for version in project.versions()] == ["one"]
        assert len(list((project.folder / "versions").iterdir())) == 1


def test_a_version_needs_a_name(project: Project) -> None:
    with pytest.raises(ProjectError, match="needs a name"):
        project.save_version("  ")


def test_hundred_thousand_labels_at_once_are_a_small_step_that_comes_back(project: Project) -> None:
    frames, joints = (array.ravel() for array in np.indices((N_FRAMES, 25)))
    xy = np.cumsum(np.random.default_rng(0).normal(0, 1, (N_FRAMES, 25, 2)), axis=0).astype(np.float32) + 500
    codes = np.full(len(frames), 3, np.uint8)
    patch = LabelPatch(frames, joints, xy.reshape(-1, 2), codes, np.zeros(len(frames), np.int32))
    project.push(SetLabels("track", patch, "Accept all"))
    before = everything(project)
    step = project._connection.execute("SELECT length(edit) + length(inverse) FROM history").fetchone()[0]
    assert step < 10 * len(frames), "no more than ten bytes for a label"
    with reopened(project) as project:
        assert len(project.track("track").labels) == N_FRAMES * 25
        project.undo()
        assert not project.track("track").labels
        project.redo()
        assert everything(project) == before
