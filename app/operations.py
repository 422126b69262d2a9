"""What a person can do with a project beyond single edits; the command line and the window share it."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from annotation.camera_tags import told_film_mm
from annotation.clip import Clip
from annotation.edits import AddClip, AddTrack, Edit, RelinkClip, Several
from annotation.errors import BetascopeError, ProjectError
from annotation.known_facts import Facts
from annotation.known_facts_json import facts_from_json
from annotation.labels import ResolvedTrack, RunKind, Track
from annotation.live_track import BLOCK_DIGEST
from annotation.project import Project, new_id
from annotation.skeletons import DEFAULT_SKELETON
from annotation.store import SUFFIX, Access, is_project
from annotation.video import scan_clip
from annotation.video_file import Report, fingerprint, no_report
from inference.jobs import RUN_FILE

FOLLOW = "follow"
"""The task of a run that is a body which followed corrections."""

# --- projects ----------------------------------------------------------------------------------------------------


def project_for_video(video: Path) -> Path:
    """Return the project folder that belongs to a video: beside it, with its name."""
    return video.with_suffix(SUFFIX)


def open_for_video(video: Path, *, folder: Path | None = None, report: Report = no_report) -> Project:
    """Open the project of a video for writing; make it, with one climber, if there is none.

    ``report(done, total)`` hears how many bytes of a new video were read.

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
        clip = scan_clip(video, clip_id=new_id(), report=report)  # first: no project is made for what is no video
        return _pushed(Project.create(folder), lambda project: project.push(_add_clip(clip), undoable=False))
    return _pushed(
        Project.open(folder, access=Access.WRITE), lambda project: _add_if_missing(project, video, report=report)
    )


def _pushed(project: Project, push: Callable[[Project], object]) -> Project:
    """Return a project just opened after a change to it; closed again if the change is not possible."""
    try:
        push(project)
    except BetascopeError:
        project.close()
        raise
    return project


def _add_if_missing(project: Project, video: Path, *, report: Report) -> None:
    if find_clip(project, video) is None:
        project.push(_add_clip(scan_clip(video, clip_id=new_id(), report=report)))


def add_video(project: Project, video: Path, *, report: Report = no_report) -> Edit:
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
    return _add_clip(scan_clip(video.resolve(), clip_id=new_id(), report=report))


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


def full_name(project: Project, track: Track) -> str:
    """Return a name that says in which video a climber is."""
    return f"{project.clip(track.clip_id).path.name}/{track.name}"


def only_track(project: Project, *, track_name: str | None = None) -> Track:
    """Return the track a command means: the named one, else the only one.

    Raises
    ------
    ProjectError
        If there is none, or several and no name was given.
    """
    full_names = {id_: full_name(project, track) for id_, track in project.tracks.items()}
    tracks = [track for id_, track in project.tracks.items() if track_name in (None, track.name, id_, full_names[id_])]
    if len(tracks) == 1:
        return tracks[0]
    names = ", ".join(repr(name) for name in full_names.values()) or "none"
    raise ProjectError(f"Say which climber is meant with --track NAME. In {project.name}: {names}.")


# --- videos and runs ---------------------------------------------------------------------------------------------


def present_clip(project: Project, clip_id: str) -> Clip:
    """Return a clip whose video is there.

    Raises
    ------
    ProjectError
        If it is not; the message says how to relink it.
    """
    clip = project.clip(clip_id)
    check_present(clip)
    return clip


def check_present(clip: Clip) -> None:
    """Do nothing if the video of a clip is there; reads from it, which on a dead network drive lasts for ever.

    Raises
    ------
    ProjectError
        If it is not, or is another video now; the message says how to relink it.
    """
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


def look_at_lenses(project: Project) -> None:
    """Keep what the videos of a project tell of their lenses, where nobody looked yet; reads from them then."""
    note_lenses(project, told_lenses(project))


def told_lenses(project: Project) -> dict[str, float | None]:
    """Return by clip what videos nobody looked at tell; see `annotation.camera_tags.told_film_mm`."""
    return {clip.id: told_film_mm(clip.path) for clip in [*project.clips.values()] if clip.film_mm is None}


def note_lenses(project: Project, told: dict[str, float | None]) -> None:
    """Keep what videos told.

    Raises
    ------
    ProjectError
        If the project cannot be written.
    """
    for clip_id, film_mm in told.items():
        if film_mm is not None and clip_id in project.clips:
            project.note_film(clip_id, film_mm)


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
    record = run_summary(project, run_id)
    parameters = record.get("parameters", {})
    facts = project.track(track_id).facts
    is_stated = facts != Facts() or record.get("task") == FOLLOW  # a fit may be given facts for once, by a command
    if is_stated and given_facts(parameters) != facts:
        return False
    fitted_to = parameters.get("inputs_digest")
    if isinstance(fitted_to, str) and fitted_to.startswith(BLOCK_DIGEST):
        return fitted_to == project.live(track_id).digest()
    return bool(fitted_to == _whole_digest(resolved))


def body_is_imported(project: Project, track_id: str) -> bool:
    """Tell whether the body comes from a file of another tool: then it was fitted to no points of ours."""
    run_id = project.track(track_id).active_runs.get(RunKind.BODY)
    return run_id is not None and run_summary(project, run_id).get("task") == "import"


def fitted_facts(project: Project, run_id: str) -> Facts:
    """Return what the body of a run was fitted with, besides points."""
    return given_facts(run_summary(project, run_id).get("parameters", {})) or Facts()


def followed_facts(project: Project, run_id: str) -> Facts | None:
    """Return what the body of a run obeys, besides points; None where it was kept while it still followed that."""
    parameters = run_summary(project, run_id).get("parameters", {})
    return given_facts(parameters) if "inputs_digest" in parameters else None


def given_facts(parameters: dict[str, Any]) -> Facts | None:
    """Return what a fit was given besides points; None if that cannot be read."""
    try:
        return facts_from_json(parameters.get("facts") or {})
    except BetascopeError:
        return None


def _whole_digest(resolved: ResolvedTrack) -> str:
    """Return the digest of the points of a track as fits before the second form of projects noted it."""
    content = hashlib.sha1(usedforsecurity=False)
    for array in (resolved.xy, resolved.confidence, resolved.source):
        content.update(np.ascontiguousarray(array).tobytes())
    return content.hexdigest()
