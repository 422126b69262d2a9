"""Asking for predictions to be smoothed, and which runs were; command line and window share it."""

from pathlib import Path

import resources
from annotation.clip import Clip
from annotation.errors import ProjectError
from annotation.labels import RunKind, Track
from annotation.model_cards import check_joints, read_card, smoother_entry, weights_for
from annotation.project import Project
from annotation.runs import load_keypoints
from annotation.skeletons import load_skeleton
from annotation.splicing import fitted
from app.job_preparation import PreparedJob, prepare_for_track
from app.operations import run_summary
from app.settings import models_path
from inference.jobs import TaskName


def model_folders() -> list[Path]:
    """Return where weights lie: those a person trained or added, then those that came with the program."""
    return [models_path(), resources.resource_path() / "models"]


def prepare_smooth(
    project: Project,
    track_id: str,
    *,
    model: str,
    strength: float | None = None,
    steady: bool | None = None,
    device: str | None = None,
) -> PreparedJob:
    """Ask for the predictions of a track to be smoothed; smoothed ones are made anew from what lies beneath them.

    Parameters
    ----------
    model : str
        Name of weights or of a smoother (`annotation.model_cards.weights_for`), or a file.
    strength : float, optional
        In [0, 1]; without, what suits the smoother.
    steady : bool, optional
        Whether the path is steadied as well; without, where a learned smoother was at work.
    device : str, optional
        ``auto`` (default), ``cpu`` or ``cuda``.

    Raises
    ------
    ProjectError
        If nothing was predicted, or the climber is locked.
    BetascopeError
        If there is no such smoother, or it has no weights or weights for other joints.
    """
    track = project.unlocked_track(track_id)
    weights = weights_for(model, model_folders())
    run_id = unsmoothed(project, track) or track.active_runs.get(RunKind.KEYPOINTS)
    if run_id is None:
        raise ProjectError(f"Nothing was predicted for {track.name} yet. Detect the climber first.")
    clip: Clip = project.clip(track.clip_id)
    predictions = fitted(load_keypoints(project.run_folder(run_id)), clip.n_frames)
    if weights is not None:
        check_joints(read_card(weights), load_skeleton(predictions.skeleton).joints, name=weights.name)
    inputs = {"xy": predictions.xy, "confidence": predictions.confidence, "times_s": clip.timeline.times_s}
    if predictions.world is not None:
        inputs["world"] = predictions.world
    parameters = {
        "model": model,
        "weights": None if weights is None else str(weights.resolve()),
        "strength": strength,
        "steady": steady,
        "skeleton": predictions.skeleton,
        "over": project.run(run_id).model,
        "size_px": list(clip.size),
        **({} if device is None else {"device": device}),
        "parents": [run_id],
    }
    title = f"Smooth with {model if weights is not None else smoother_entry(model).title}"
    return prepare_for_track(project, track, title=title, task=TaskName.SMOOTH, parameters=parameters, inputs=inputs)


def parents_of(project: Project, run_id: str) -> list[str]:
    """Return the runs a run was made from that the project still has."""
    named = run_summary(project, run_id).get("parameters", {}).get("parents", [])
    return [str(parent) for parent in named if str(parent) in project.runs] if isinstance(named, list) else []


def smoothing_of(project: Project, run_id: str) -> str | None:
    """Return the smoothed run that a run is, or was made from; None if it was never smoothed."""
    seen: set[str] = set()
    while run_id not in seen:
        seen.add(run_id)
        if project.run(run_id).task == TaskName.SMOOTH.value:
            return run_id
        parents = parents_of(project, run_id)
        if not parents:
            return None
        run_id = parents[0]
    return None


def unsmoothed(project: Project, track: Track) -> str | None:
    """Return the run that the smoothed predictions of a track were made from; None if they are not smoothed."""
    run_id = track.active_runs.get(RunKind.KEYPOINTS)
    smoothed = None if run_id is None else smoothing_of(project, run_id)
    parents = [] if smoothed is None else parents_of(project, smoothed)
    return parents[0] if parents else None
