"""Running jobs for the command line, with their progress."""

from typing import Any

from annotation.project import Project
from app import job_preparation
from app.job_process import run_job
from app.progress import progress
from inference.jobs import Event, Finished, Progress


def carry_out(job: job_preparation.PreparedJob, *, quiet: bool) -> Finished:
    """Run a prepared job in a worker, with a progress bar for people; Ctrl+C cancels it.

    Raises
    ------
    JobError
        If it fails.
    JobCancelled
        If it was cancelled.
    """
    with progress(job.title, quiet=quiet) as tell:

        def show(event: Event) -> None:
            if isinstance(event, Progress):
                tell(event.done, event.total, event.message)

        return run_job(job.folder, on_event=show)


def run_for_track(project: Project, job: job_preparation.PreparedJob, *, quiet: bool) -> dict[str, Any]:
    """Run a job and let its track show the result; return the job's summary."""
    finished = carry_out(job, quiet=quiet)
    edit = job_preparation.take_result(project, job, finished)
    if edit is not None:
        project.push(edit)
    return finished.summary
