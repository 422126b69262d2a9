"""The runs of a body that follows corrections: what they say of it, and that they go when nothing needs them."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from annotation.edits import SetLabels
from annotation.errors import JobError, ProjectError
from annotation.known_facts import DepthStatement, Facts, Order
from annotation.labels import Label, RunKind
from annotation.project import Project
from annotation.store import DATABASE, Access
from annotation.track_edits import SetFacts
from app import followed_body, job_preparation, operations
from app.followed_body import FollowedPoints
from app.job_process import run_job
from inference.refit_messages import RefitPoint, RefitRequest
from tests.app.body_project import add_body, rising

NEARER = Facts(depths=(DepthStatement(10, "left_wrist", Order.NEARER),))


@pytest.fixture
def project(video: Path) -> Iterator[Project]:
    with operations.open_for_video(video) as project:
        add_body(project)
        yield project


def keep(project: Project, track_id: str, *, owed: RefitRequest | None = None) -> str:
    """Keep a body that followed all there is but what is owed."""
    clip = project.clip(project.track(track_id).clip_id)
    points = FollowedPoints.of(project, project.track(track_id)).without(owed)
    edit = followed_body.keep(project, track_id, rising(clip.n_frames, clip.size), followed=points)
    project.push(edit, undoable=False)
    assert edit.run_id is not None
    return edit.run_id


def is_current(project: Project, track_id: str) -> bool:
    return operations.body_is_current(project, track_id, resolved=project.resolved(track_id))


def test_a_body_that_a_job_waits_to_draw_stays_until_the_job_has_ended(
    project: Project, video: Path, tmp_path: Path
) -> None:
    (track_id,) = project.tracks
    older, drawn = keep(project, track_id), keep(project, track_id)
    job = job_preparation.prepare_render(project, track_id, out=tmp_path / "review.mp4", bodies_dir=tmp_path)
    assert project.track(track_id).active_runs[RunKind.BODY] == drawn
    shown = keep(project, track_id)
    assert followed_body.drop_older(project, older) and not project.run_folder(older).exists()
    assert not followed_body.drop_older(project, drawn)
    followed_body.drop_awaited(project)
    assert project.run_folder(drawn).exists(), "it is still waited for"
    video.rename(video.with_name("away.mp4"))
    with pytest.raises(JobError):
        run_job(job.folder, on_event=lambda _: None)
    followed_body.drop_awaited(project)
    assert drawn not in project.runs and not project.run_folder(drawn).exists()
    assert project.run_folder(shown).exists()


def test_a_body_whose_job_died_with_the_program_goes_when_the_project_is_opened_again(
    project: Project, tmp_path: Path
) -> None:
    (track_id,) = project.tracks
    drawn = keep(project, track_id)
    job_preparation.prepare_render(project, track_id, out=tmp_path / "review.mp4", bodies_dir=tmp_path)
    keep(project, track_id)
    assert not followed_body.drop_older(project, drawn)
    project.close()
    with Project.open(project.folder, access=Access.WRITE) as again:
        followed_body.drop_awaited(again)
        assert drawn not in again.runs and not again.run_folder(drawn).exists()


def test_a_body_that_had_not_followed_yet_is_not_current_when_the_correction_is_undone(project: Project) -> None:
    (track_id,) = project.tracks
    keep(project, track_id)
    assert is_current(project, track_id)
    project.push(SetLabels(track_id, {(10, 3): Label((50.0, 60.0))}))
    keep(project, track_id, owed=RefitRequest(1, (RefitPoint(10, 3, (50.0, 60.0), 1.0, 3),)))
    assert not is_current(project, track_id)
    project.undo()
    assert not is_current(project, track_id), "the body may have been on its way to the label"


def test_a_body_that_had_not_followed_a_depth_yet_is_not_current_when_that_is_undone(project: Project) -> None:
    (track_id,) = project.tracks
    keep(project, track_id)
    project.push(SetFacts(track_id, NEARER))
    keep(project, track_id, owed=RefitRequest(1, (), facts={}))
    project.undo()
    assert not is_current(project, track_id)


def test_a_body_that_followed_is_current_and_older_once_that_is_undone(project: Project) -> None:
    (track_id,) = project.tracks
    project.push(SetFacts(track_id, NEARER))
    keep(project, track_id)
    assert is_current(project, track_id)
    project.undo()
    assert not is_current(project, track_id), "it obeys a depth that nobody states any more"


def test_where_nobody_knows_what_a_body_followed_it_is_not_current(project: Project) -> None:
    (track_id,) = project.tracks
    clip = project.clip(project.track(track_id).clip_id)
    edit = followed_body.keep(project, track_id, rising(clip.n_frames, clip.size), followed=None)
    project.push(edit, undoable=False)
    assert not is_current(project, track_id)


def test_nothing_is_left_behind_where_the_disk_fills_up(project: Project) -> None:
    (track_id,) = project.tracks
    before = sorted(path.name for path in (project.folder / "runs").iterdir())
    with sqlite3.connect(project.folder / DATABASE) as other:
        other.execute("CREATE TRIGGER full BEFORE INSERT ON runs BEGIN SELECT RAISE(ABORT, 'disk full'); END")
    with pytest.raises(ProjectError, match="full"):
        keep(project, track_id)
    assert sorted(path.name for path in (project.folder / "runs").iterdir()) == before
