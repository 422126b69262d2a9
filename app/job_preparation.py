"""Asking for jobs: the snapshot a worker gets, and what its result becomes; command line and window share it.

Nothing here reads from the video, for its drive may not answer: ask `operations.check_present` before.
"""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from annotation.camera_tags import focal_length
from annotation.clip import Clip
from annotation.edits import AddTrack, Edit, UseRun
from annotation.errors import ProjectError
from annotation.known_facts_json import facts_to_json
from annotation.labels import ResolvedTrack, Run, RunKind, Track
from annotation.project import Project, new_id
from annotation.splicing import FrameRange, empty_keypoints, fitted, label_positions
from inference.jobs import INPUTS_FILE, Finished, JobSpec, TaskName, write_job

CLIMB_VIDEO, CLIMB_TRUTH = "climb.mp4", "truth.npz"
CLIMB_SIZE_PX, CLIMB_FPS = (720, 1280), 25
_RESULTS = {
    TaskName.DETECT: RunKind.KEYPOINTS,
    TaskName.PROPAGATE: RunKind.KEYPOINTS,
    TaskName.SMOOTH: RunKind.KEYPOINTS,
    TaskName.FIT: RunKind.BODY,
}


@dataclass(frozen=True)
class PreparedJob:
    """A job folder ready to be carried out, and what its result will be.

    Attributes
    ----------
    folder : Path
        Give this to the worker.
    kind : RunKind or None
        What the track will show when it is done; None where the result is a file.
    new_track : Track or None
        A climber the project does not know yet, who comes with the result.
    subject : str
        The climber and the video it is about.
    """

    folder: Path
    title: str
    task: TaskName
    clip_id: str
    track_id: str
    kind: RunKind | None
    output: Path
    new_track: Track | None = None
    subject: str = ""

    @property
    def name(self) -> str:
        """What is done, for whom, in which video."""
        return f"{self.title}: {self.subject}" if self.subject else self.title


@dataclass(frozen=True)
class PersonBox:
    """Which of several people is meant: the one in this rectangle of this frame, in frame pixels."""

    frame: int
    x: float
    y: float
    width: float
    height: float


def prepare_detect(project: Project, track_id: str, *, box: PersonBox | None = None) -> PreparedJob:
    """Ask for 2D keypoints of a clip: of the person in a box, else of the one the detector finds.

    Raises
    ------
    ProjectError
        If the box lies outside of the video.
    """
    return _prepare_detect(project, project.track(track_id), title="Detect climber", box=box)


def prepare_detect_another(project: Project, track: Track, *, box: PersonBox) -> PreparedJob:
    """Ask for 2D keypoints of a climber who is not in the project yet, and comes into it with the result.

    Raises
    ------
    ProjectError
        If the box lies outside of the video.
    """
    return replace(_prepare_detect(project, track, title=f"Detect {track.name}", box=box), new_track=track)


def _prepare_detect(project: Project, track: Track, *, title: str, box: PersonBox | None) -> PreparedJob:
    clip = project.clip(track.clip_id)
    parameters: dict[str, Any] = {"video": str(clip.path)}
    if box is not None:
        _check_box(box, clip)
        parameters |= {"box": [box.x, box.y, box.width, box.height], "frame": box.frame}
    return prepare_for_track(project, track, title=title, task=TaskName.DETECT, parameters=parameters)


def _check_box(box: PersonBox, clip: Clip) -> None:
    width, height = clip.size
    if not 0 <= box.frame < clip.n_frames:
        raise ProjectError(f"{clip.path.name} has no frame {box.frame}: it has {clip.n_frames}, counted from 0.")
    inside = box.x < width and box.y < height and box.x + box.width > 0 and box.y + box.height > 0
    if not (inside and box.width > 0 and box.height > 0):
        raise ProjectError(f"The box lies outside of the picture, which is {width} x {height} pixels. Draw it again.")


def prepare_propagate(project: Project, track_id: str, *, start: int, end: int) -> PreparedJob:
    """Ask for the joints labelled in a frame to be followed to another one, by optical flow.

    Raises
    ------
    ProjectError
        If the frame has no labels or the climber is locked.
    """
    track = project.unlocked_track(track_id)
    clip = project.clip(track.clip_id)
    if not (0 <= start < clip.n_frames and 0 <= end < clip.n_frames) or start == end:
        raise ProjectError(f"Say two different frames from 0 to {clip.n_frames - 1} to follow joints between.")
    labels = label_positions(track, FrameRange(min(start, end), max(start, end)))
    if not np.isfinite(labels[0 if end > start else -1]).any():
        raise ProjectError(
            f"Frame {start} of {track.name} has no labels to follow. Label joints there first: drag them, or accept "
            "the whole pose with K."
        )
    base = project.keypoints(track_id)
    before = empty_keypoints(track.skeleton, clip.n_frames) if base is None else base.converted(track.skeleton)
    before = fitted(before, clip.n_frames)
    inputs = {"labels": labels, "xy": before.xy, "confidence": before.confidence}
    if before.world is not None:
        inputs["world"] = before.world
    parameters = {
        "video": str(clip.path),
        "skeleton": track.skeleton,
        "start": start,
        "end": end,
        "parents": [run for kind, run in track.active_runs.items() if kind is RunKind.KEYPOINTS],
    }
    title = f"Follow joints {'forward' if end > start else 'back'} from frame {start}"
    return prepare_for_track(project, track, title=title, task=TaskName.PROPAGATE, parameters=parameters, inputs=inputs)


def prepare_fit(
    project: Project, track_id: str, *, body: str, bodies_dir: Path, wishes: Mapping[str, Any] | None = None
) -> PreparedJob:
    """Ask for the body that fits what a track amounts to now.

    `wishes` are further parameters of the job (see `inference.tasks.fit`), such as known facts and the method.

    Raises
    ------
    ProjectError
        If there are no points to fit.
    """
    track = project.track(track_id)
    clip = project.clip(track.clip_id)
    resolved = project.resolved(track_id)
    if not np.isfinite(resolved.xy).any():
        raise ProjectError("There are no points to fit a body to. Detect the climber or label some frames first.")
    wishes = wishes or {}
    parameters = {
        "skeleton": track.skeleton,
        "size_px": list(clip.size),
        **({} if "focal_px" in wishes else _focal_length(clip)),
        "body": body,
        "bodies_dir": str(bodies_dir),
        "inputs_digest": project.live(track_id).digest(),
        "facts": facts_to_json(track.facts),
        **wishes,
    }
    inputs = _point_arrays(resolved) | {"times_s": clip.timeline.times_s}
    keypoints = project.keypoints(track_id)
    if keypoints is not None and keypoints.world is not None:
        world = keypoints.converted(track.skeleton).world
        assert world is not None
        inputs["world"] = world[: clip.n_frames]
    return prepare_for_track(project, track, title="Fit body", task=TaskName.FIT, parameters=parameters, inputs=inputs)


def _focal_length(clip: Clip) -> dict[str, Any]:
    """Return the focal length a video tells or the usual guess, and which of the two it is."""
    focal = focal_length(clip)
    return {"focal_px": focal.px, "focal_from": focal.origin}


def prepare_render(project: Project, track_id: str, *, out: Path, bodies_dir: Path) -> PreparedJob:
    """Ask for the review video: skeleton and body over the frames, the body from the side.

    Raises
    ------
    ProjectError
        If the video would be overwritten.
    """
    track = project.track(track_id)
    clip = project.clip(track.clip_id)
    if out.resolve() in {other.path for other in project.clips.values()}:
        raise ProjectError(f"{out.name} is the video of this project itself. Choose another name for the review video.")
    if out.suffix.lower() not in (".mp4", ".mkv", ".mov"):
        raise ProjectError(f"{out.name} does not say what kind of video it is. Choose a name that ends in .mp4.")
    mesh_run = track.active_runs.get(RunKind.BODY)
    parameters = {
        "video": str(clip.path),
        "size_px": list(clip.size),
        "skeleton": track.skeleton,
        "points": True,
        "mesh": mesh_run is not None,
        "mesh_run": None if mesh_run is None else str(project.run_folder(mesh_run)),
        "side_view": mesh_run is not None,
        "output_name": out.name,
        "bodies_dir": str(bodies_dir),
    }
    inputs = _point_arrays(project.resolved(track_id))
    return prepare_for_track(
        project, track, title="Render video", task=TaskName.RENDER, parameters=parameters, inputs=inputs
    )


def prepare_climb(out: Path, *, seed: int, duration_s: float) -> PreparedJob:
    """Ask for the synthetic climb; `deliver_climb` puts it into the folder `out`.

    Raises
    ------
    JobError
        If the folder cannot be written.
    """
    folder = out / ".synthesise"
    shutil.rmtree(folder, ignore_errors=True)
    parameters: dict[str, Any] = {
        "seed": seed,
        "duration_s": duration_s,
        "fps": CLIMB_FPS,
        "size_px": list(CLIMB_SIZE_PX),
    }
    job = PreparedJob(folder, "Make demo climb", TaskName.SYNTHESISE, "", "", None, folder / "output")
    write_job(folder, JobSpec(job.task, parameters, job.output))
    return job


def deliver_climb(job: PreparedJob, out: Path) -> Path:
    """Move a finished synthetic climb with its truth into place and return the video.

    Raises
    ------
    ProjectError
        If the folder cannot be written.
    """
    try:
        for name in (CLIMB_VIDEO, CLIMB_TRUTH):
            (job.output / name).replace(out / name)
        shutil.rmtree(job.folder)
    except OSError as error:
        raise ProjectError(f"{out} cannot be written ({error.strerror}). Choose another folder.") from error
    return out / CLIMB_VIDEO


def take_result(project: Project, job: PreparedJob, finished: Finished) -> Edit | None:
    """Register what a job made and return the edit that lets the track show it; None where the result is a file."""
    if job.kind is None:
        return None
    track = job.new_track or project.track(job.track_id)
    model = str(finished.summary.get("model", job.task.value))
    run = Run(finished.output.name, job.clip_id, job.kind, job.task.value, model, datetime.now(UTC), track.skeleton)
    project.add_run(run)
    shutil.rmtree(job.folder, ignore_errors=True)  # what it says stands beside the results as well
    if job.new_track is not None:
        return AddTrack(replace(job.new_track, active_runs={job.kind: run.id}), job.title)
    return UseRun(job.track_id, job.kind, run.id, job.title)


def _point_arrays(resolved: ResolvedTrack) -> dict[str, Any]:
    return {
        "xy": resolved.xy,
        "confidence": resolved.confidence,
        "source": resolved.source,
        "visibility": resolved.visibility,
    }


def prepare_for_track(
    project: Project,
    track: Track,
    *,
    title: str,
    task: TaskName,
    parameters: dict[str, Any],
    inputs: dict[str, Any] | None = None,
) -> PreparedJob:
    """Write the request for a job about a track into a folder of its own.

    Raises
    ------
    ProjectError
        If it cannot be written.
    """
    kind = _RESULTS.get(task)
    folder = project.new_job_folder()
    output = folder / "output" if kind is None else project.run_folder(new_id())
    subject = f"{track.name} in {project.clip(track.clip_id).path.name}"
    job = PreparedJob(folder, title, task, track.clip_id, track.id, kind, output, subject=subject)
    return write_request(job, parameters, inputs=inputs)


def write_request(job: PreparedJob, parameters: dict[str, Any], *, inputs: dict[str, Any] | None = None) -> PreparedJob:
    """Write the request for a job into its folder, which must not exist before, and return the job.

    Raises
    ------
    ProjectError
        If it cannot be written.
    """
    try:
        job.folder.mkdir(parents=True)
        if inputs is not None:
            np.savez(job.folder / INPUTS_FILE, **inputs)
        write_job(job.folder, JobSpec(job.task, parameters, job.output))
    except OSError as error:
        raise ProjectError(
            f"The job cannot be written to {job.folder} ({error.strerror}). Free space, then try again."
        ) from error
    return job
