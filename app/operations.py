"""What a person can do with a project beyond single edits; the command line and the window share it."""

import hashlib
import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from annotation.clip import Clip
from annotation.edits import AddClip, AddTrack, Edit, RelinkClip, Several, UseRun
from annotation.errors import BetascopeError, ProjectError
from annotation.labels import ResolvedTrack, Run, RunKind, Track
from annotation.project import Project, new_id
from annotation.skeletons import DEFAULT_SKELETON
from annotation.store import SUFFIX, Access, is_project
from annotation.video import scan_clip
from annotation.video_file import fingerprint
from inference.jobs import INPUTS_FILE, RUN_FILE, Finished, JobSpec, TaskName, write_job

CLIMB_VIDEO, CLIMB_TRUTH = "climb.mp4", "truth.npz"
CLIMB_SIZE_PX, CLIMB_FPS = (720, 1280), 25


@dataclass(frozen=True)
class PreparedJob:
    """A job folder ready to be carried out, and what its result will be.

    Attributes
    ----------
    folder : Path
        Give this to the worker.
    kind : RunKind or None
        What the track will show when it is done; None where the result is a file.
    """

    folder: Path
    title: str
    task: TaskName
    clip_id: str
    track_id: str
    kind: RunKind | None
    output: Path


# --- projects ----------------------------------------------------------------------------------------------------


def project_for_video(video: Path) -> Path:
    """Return the project folder that belongs to a video: beside it, with its name."""
    return video.with_suffix(SUFFIX)


def open_for_video(video: Path, *, folder: Path | None = None) -> Project:
    """Open the project of a video for writing; make it, with one climber, if there is none.

    Raises
    ------
    VideoError
        If the video cannot be read; no project is made then.
    ProjectError
        If the project cannot be opened or made.

    Where the project holds other videos, this one is added to them.
    """
    folder = project_for_video(video) if folder is None else folder
    video = video.resolve()
    if not is_project(folder):
        clip = scan_clip(video, clip_id=new_id())  # first: no project is made for what is no video
        return _pushed(Project.create(folder), lambda project: project.push(_add_clip(clip), undoable=False))
    return _pushed(Project.open(folder, access=Access.WRITE), lambda project: _add_if_missing(project, video))


def _pushed(project: Project, push: Callable[[Project], object]) -> Project:
    """Return a project just opened after a change to it; closed again if the change is not possible."""
    try:
        push(project)
    except BetascopeError:
        project.close()
        raise
    return project


def _add_if_missing(project: Project, video: Path) -> None:
    if find_clip(project, video) is None:
        project.push(_add_clip(scan_clip(video, clip_id=new_id())))


def add_video(project: Project, video: Path) -> Edit:
    """Return the edit that adds a video with one climber.

    Raises
    ------
    VideoError
        If the video cannot be read.
    ProjectError
        If it is in the project already.
    """
    if find_clip(project, video) is not None:
        raise ProjectError(f"{video.name} is in this project already.")
    return _add_clip(scan_clip(video.resolve(), clip_id=new_id()))


def find_clip(project: Project, video: Path) -> Clip | None:
    """Return the clip of a video, found by path or by content."""
    path = video.resolve()
    for clip in project.clips.values():
        if clip.path == path:
            return clip
    if not is_there(path):
        return None
    content = fingerprint(path)
    return next((clip for clip in project.clips.values() if clip.fingerprint == content), None)


def relink(project: Project, clip_id: str, *, video: Path) -> Edit:
    """Return the edit that points a clip at the place its video moved to.

    Raises
    ------
    ProjectError
        If the file is another video.
    """
    clip = project.clip(clip_id)
    if not is_there(video):
        raise ProjectError(f"There is no file {video}. Choose the file the video is in now.")
    if fingerprint(video) != clip.fingerprint:
        raise ProjectError(
            f"{video.name} is not the video this project was made from (its content differs), so its labels would "
            f"not fit. Choose the original {clip.path.name}, or open {video.name} as a new project."
        )
    return RelinkClip(clip_id, video.resolve())


def _add_clip(clip: Clip) -> Edit:
    track = Track(new_id(), clip.id, "Climber 1", DEFAULT_SKELETON)
    return Several((AddClip(clip), AddTrack(track, f"Add {clip.path.name}")), f"Add {clip.path.name}")


def only_track(project: Project, *, track_name: str | None = None) -> Track:
    """Return the track a command means: the named one, else the only one.

    Raises
    ------
    ProjectError
        If there is none, or several and no name was given.
    """
    full_names = {id_: f"{project.clip(track.clip_id).path.name}/{track.name}" for id_, track in project.tracks.items()}
    tracks = [track for id_, track in project.tracks.items() if track_name in (None, track.name, id_, full_names[id_])]
    if len(tracks) == 1:
        return tracks[0]
    names = ", ".join(repr(name) for name in full_names.values()) or "none"
    raise ProjectError(f"Say which climber is meant with --track NAME. In {project.name}: {names}.")


# --- jobs --------------------------------------------------------------------------------------------------------


def prepare_detect(project: Project, track_id: str) -> PreparedJob:
    """Ask for 2D keypoints of a clip.

    Raises
    ------
    ProjectError
        If the video is not where it was.
    """
    track = project.track(track_id)
    clip = present_clip(project, track.clip_id)
    parameters = {"video": str(clip.path)}
    return _prepare(project, track, title="Detect climber", task=TaskName.DETECT, parameters=parameters)


def prepare_fit(project: Project, track_id: str, *, body: str, bodies_dir: Path) -> PreparedJob:
    """Ask for the body that fits what a track amounts to now.

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
    parameters = {
        "skeleton": track.skeleton,
        "size_px": list(clip.size),
        "focal_px": None,
        "body": body,
        "bodies_dir": str(bodies_dir),
        "inputs_digest": digest(resolved),
    }
    inputs = _point_arrays(resolved) | {"times_s": clip.timeline.times_s}
    keypoints = project.keypoints(track_id)
    if keypoints is not None and keypoints.world is not None:
        world = keypoints.converted(track.skeleton).world
        assert world is not None
        inputs["world"] = world[: clip.n_frames]
    return _prepare(project, track, title="Fit body", task=TaskName.FIT, parameters=parameters, inputs=inputs)


def prepare_render(project: Project, track_id: str, *, out: Path, bodies_dir: Path) -> PreparedJob:
    """Ask for the review video: skeleton and body over the frames, the body from the side.

    Raises
    ------
    ProjectError
        If the video is not where it was, or would be overwritten.
    """
    track = project.track(track_id)
    clip = present_clip(project, track.clip_id)
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
    return _prepare(project, track, title="Render video", task=TaskName.RENDER, parameters=parameters, inputs=inputs)


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
    track = project.track(job.track_id)
    model = str(finished.summary.get("model", job.task.value))
    run = Run(finished.output.name, job.clip_id, job.kind, job.task.value, model, datetime.now(UTC), track.skeleton)
    project.add_run(run)
    shutil.rmtree(job.folder, ignore_errors=True)  # what it says stands beside the results as well
    return UseRun(job.track_id, job.kind, run.id, job.title)


def present_clip(project: Project, clip_id: str) -> Clip:
    """Return a clip whose video is there.

    Raises
    ------
    ProjectError
        If it is not; the message says how to relink it.
    """
    clip = project.clip(clip_id)
    if not is_there(clip.path):
        raise ProjectError(
            f"The video {clip.path} is not there any more. Move it back, or relink it: in the window with "
            "Edit > Relink video, or with: betascope relink PROJECT VIDEO."
        )
    if fingerprint(clip.path) != clip.fingerprint:
        raise ProjectError(
            f"{clip.path} is another video now than the one this project was made from. Put the original back, or "
            "relink it: in the window with Edit > Relink video, or with: betascope relink PROJECT VIDEO."
        )
    return clip


def is_there(path: Path) -> bool:
    """Tell whether a file can be found; a folder or disk that refuses to answer counts as no."""
    try:
        return path.is_file()
    except OSError:
        return False


def run_summary(project: Project, run_id: str) -> dict[str, Any]:
    """Return what the worker wrote about a run: parameters and summary; empty if it is not readable."""
    try:
        raw = json.loads((project.run_folder(run_id) / RUN_FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return raw if isinstance(raw, dict) else {}


def body_is_current(project: Project, track_id: str, *, resolved: ResolvedTrack) -> bool:
    """Tell whether the fitted body was fitted to what the track amounts to now (`resolved`)."""
    run_id = project.track(track_id).active_runs.get(RunKind.BODY)
    if run_id is None:
        return False
    parameters = run_summary(project, run_id).get("parameters", {})
    return bool(parameters.get("inputs_digest") == digest(resolved))


def digest(resolved: ResolvedTrack) -> str:
    """Return a digest of the points of a track; equal points, equal digest."""
    content = hashlib.sha1(usedforsecurity=False)
    for array in (resolved.xy, resolved.confidence, resolved.source):
        content.update(np.ascontiguousarray(array).tobytes())
    return content.hexdigest()


def _point_arrays(resolved: ResolvedTrack) -> dict[str, Any]:
    return {
        "xy": resolved.xy,
        "confidence": resolved.confidence,
        "source": resolved.source,
        "visibility": resolved.visibility,
    }


def _prepare(
    project: Project,
    track: Track,
    *,
    title: str,
    task: TaskName,
    parameters: dict[str, Any],
    inputs: dict[str, Any] | None = None,
) -> PreparedJob:
    kind = {TaskName.DETECT: RunKind.KEYPOINTS, TaskName.FIT: RunKind.BODY}.get(task)
    folder = project.new_job_folder()
    output = folder / "output" if kind is None else project.run_folder(new_id())
    try:
        folder.mkdir(parents=True)
        if inputs is not None:
            np.savez(folder / INPUTS_FILE, **inputs)
        write_job(folder, JobSpec(task, parameters, output))
    except OSError as error:
        raise ProjectError(
            f"The job cannot be written to {folder} ({error.strerror}). Free space, then try again."
        ) from error
    return PreparedJob(folder, title, task, track.clip_id, track.id, kind, output)
