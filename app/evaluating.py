"""What of a track is scored in 2D, and against what; command line and window share it."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from annotation.errors import ProjectError
from annotation.evaluation2d import Candidate, Evaluation, Scoring, evaluate
from annotation.labels import Keypoints2D, RunKind, Track
from annotation.project import Project
from annotation.runs import load_keypoints
from annotation.truth2d import Truth2d, read_truth2d, truth_of_labels
from app.operations import run_summary
from app.smoothing_jobs import smoothing_of, unsmoothed

PREDICTION, IDENTITY, SHOWN = "prediction", "identity", "track"


@dataclass(frozen=True)
class Against:
    """What predictions are held against.

    Attributes
    ----------
    file : Path or None
        The truth of a synthetic climb or a COCO file; None for the labels of the track.
    interpolated : bool
        Whether points between labels count as truth as well.
    """

    file: Path | None = None
    interpolated: bool = False


def evaluation_work(
    project: Project, track: Track, *, against: Against, scoring: Scoring | None = None
) -> Callable[[], Evaluation]:
    """Return what scores the predictions of a track as they are now; a thread may do it.

    What is shown is scored too where there are labels and a truth of its own, and the predictions before smoothing
    ("identity") where they were smoothed. The points are not copied before: what was worked out while an edit wrote
    them is worth nothing, and whoever asks must drop it.

    Raises
    ------
    ProjectError
        If nothing was predicted.
    """
    predictions, run_id = project.keypoints(track.id), track.active_runs.get(RunKind.KEYPOINTS)
    if predictions is None or run_id is None:
        raise ProjectError(f"Nothing was predicted for {track.name} yet. Detect the climber first.")
    clip = project.clip(track.clip_id)
    resolved = project.resolved(track.id)
    below = unsmoothed(project, track)
    folder = None if below is None else project.run_folder(below)
    models = {PREDICTION: project.run(run_id).model, IDENTITY: "" if below is None else project.run(below).model}
    borders = window_borders(project, run_id)
    with_labels = len(track.labels) > 0 and against.file is not None
    skeleton, climber = track.skeleton, track.name

    def work() -> Evaluation:
        if against.file is None:
            truth = truth_of_labels(resolved, interpolated=against.interpolated)
        else:
            truth = read_truth2d(against.file, clip, skeleton=skeleton, climber=climber)
        found = [Candidate(PREDICTION, models[PREDICTION], _points(predictions, truth), borders)]
        if folder is not None:
            name = f"no smoothing ({models[IDENTITY]})"
            found.append(Candidate(IDENTITY, name, _points(load_keypoints(folder), truth)))
        if with_labels:
            found.append(Candidate(SHOWN, "labels over the predictions", resolved.xy.copy()))
        return evaluate(found, truth, scoring=scoring)

    return work


def window_borders(project: Project, run_id: str) -> tuple[int, ...]:
    """Return the frames at which the windows of a smoother met, as the run file says."""
    smoothed = smoothing_of(project, run_id)
    named = {} if smoothed is None else run_summary(project, smoothed).get("summary", {})
    borders = named.get("window_borders", [])
    return tuple(int(frame) for frame in borders) if isinstance(borders, list) else ()


def _points(predictions: Keypoints2D, truth: Truth2d) -> NDArray[np.float64]:
    """Return predictions for the frames and joints of the truth."""
    points = np.full(truth.xy.shape, np.nan)
    found = predictions.converted(truth.skeleton.name).xy[: len(truth)]
    points[: len(found)] = found
    return points
