"""The runs of a body that follows corrections: the one before goes when nothing needs it any more."""

from pathlib import Path

import pytest

from annotation.errors import JobError
from annotation.fitted_points import FittedPoints
from annotation.labels import RunKind
from annotation.project import Project
from app import followed_body, job_preparation, operations
from app.job_process import run_job
from tests.app.body_project import add_body, rising


def keep(project: Project, track_id: str) -> str:
    clip = project.clip(project.track(track_id).clip_id)
    points = FittedPoints.of(project.resolved(track_id))
    edit = followed_body.keep(project, track_id, rising(clip.n_frames, clip.size), points=points, current=True)
    project.push(edit, undoable=False)
    assert edit.run_id is not None
    return edit.run_id


def test_a_body_that_a_job_waits_to_draw_stays_until_the_job_has_ended(video: Path, tmp_path: Path) -> None:
    with operations.open_for_video(video) as project:
        add_body(project)
        (track_id,) = project.tracks
        older, drawn = keep(project, track_id), keep(project, track_id)
        job = job_preparation.prepare_render(project, track_id, out=tmp_path / "review.mp4", bodies_dir=tmp_path)
        assert project.track(track_id).active_runs[RunKind.BODY] == drawn
        keep(project, track_id)
        assert followed_body.drop_older(project, older) and not project.run_folder(older).exists()
        assert not followed_body.drop_older(project, drawn)
        video.rename(video.with_name("away.mp4"))
        with pytest.raises(JobError):
            run_job(job.folder, on_event=lambda _: None)
        assert followed_body.drop_older(project, drawn) and not project.run_folder(drawn).exists()
