"""Asking for a smoother to be trained; command line and window share it.

The weights come out as ``<name>.safetensors`` with their card beside it. The summary of both jobs names them
(``weights``), says on how many windows that nothing was learned from they were scored (``held_out``), and holds figures
by name (``pck@0.05``, ``pck@0.1``, ``pck@0.2``, ``oks``, ``acc-err``) of those: ``identity`` (without smoothing),
``before`` (the weights it was started from; none where training began anew) and ``after``. ``per_joint`` holds PCK@0.1
by joint, for each of the three. Fine-tuning says of how many labels of people these figures are (``labels``; 0: there
are none in these windows, so that what lies between labels was scored), and how many of these are as detected
(``accepted``). On the way they tell `inference.jobs.Measured` figures; whatever has
"loss" in its name is a loss.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from annotation.errors import ProjectError
from annotation.labels import Keypoints2D, RunKind, Source, Track
from annotation.model_cards import SMOOTHERS, weights_for
from annotation.project import Project
from annotation.runs import load_keypoints
from annotation.splicing import fitted
from app import operations
from app.job_preparation import PreparedJob, write_request
from app.settings import models_path
from app.smoothing_jobs import model_folders, unsmoothed
from inference.jobs import TaskName

Floats = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Lesson:
    """A corrected clip to learn from.

    Attributes
    ----------
    name : str
        Climber and video.
    given : Keypoints2D
        What the detector said, before any smoothing.
    truth : (T, K, 2) float32 array
        Pixels in the skeleton of `given`, NaN where no person said or confirmed anything.
    stated : (T, K) bool array
        Where a person set a label: of `truth` without what lies between labels and what was only confirmed.
    times_s : (T,) float64 array
    """

    name: str
    given: Keypoints2D
    truth: Floats
    stated: NDArray[np.bool_]
    times_s: NDArray[np.float64]

    @property
    def frames(self) -> int:
        """In how many frames a person said or confirmed something."""
        return int(np.count_nonzero(np.isfinite(self.truth[..., 0]).any(axis=1)))


def corrected_points(project: Project, track: Track) -> Floats:
    """Return what a person said of a track (T, K, 2): labels, what lies between them, and all of reviewed frames."""
    resolved = project.resolved(track.id)
    said = resolved.source >= Source.INTERPOLATED
    frames = [frame for frame in track.reviewed if frame < len(resolved)]
    said[frames] = True
    return np.where(said[..., None], resolved.xy, np.float32(np.nan))


def lesson_of(project: Project, track: Track) -> Lesson | None:
    """Return what can be learned from a track; None where nothing was predicted or nothing was corrected."""
    run_id = unsmoothed(project, track) or track.active_runs.get(RunKind.KEYPOINTS)
    if run_id is None or not (len(track.labels) or track.reviewed):
        return None
    clip = project.clip(track.clip_id)
    given = fitted(load_keypoints(project.run_folder(run_id)), clip.n_frames).converted(track.skeleton)
    truth, stated = corrected_points(project, track), project.resolved(track.id).source == Source.LABELLED
    return Lesson(operations.full_name(project, track), given, truth, stated, clip.timeline.times_s)


def correction_counts(project: Project) -> Callable[[], tuple[int, int]]:
    """Return what counts the frames people corrected or confirmed, and the climbers they are of; a thread may do it.

    Learned from is also what lies between two corrections; it is not counted as people's own.
    """
    tracks = [
        (project.resolved(track.id), np.fromiter(track.reviewed, np.intp, len(track.reviewed)))
        for track in project.tracks.values()
        if RunKind.KEYPOINTS in track.active_runs and (len(track.labels) or track.reviewed)
    ]

    def count() -> tuple[int, int]:
        frames = []
        for resolved, reviewed in tracks:
            said = np.asarray((resolved.source >= Source.LABELLED).any(axis=1))
            said[reviewed[reviewed < len(said)]] = True
            frames.append(int(np.count_nonzero(said)))
        return sum(frames), sum(n > 0 for n in frames)

    return count


def prepare_fine_tuning(
    project: Project, *, model: str, name: str = "", tracks: Sequence[str] = (), wishes: dict[str, Any] | None = None
) -> PreparedJob:
    """Ask for a smoother to learn from the corrections in a project.

    Parameters of the job: ``model``, ``weights`` (the file to start from), ``name`` (of the new weights), ``skeleton``,
    ``clips`` (their names), and the `wishes`. Inputs, for each clip n: ``xy_n (T, K, 2)`` px and
    ``confidence_n (T, K)`` of the detector, ``truth_n (T, K, 2)``, ``stated_n (T, K)``, ``times_s_n (T,)``.

    Parameters
    ----------
    model : str
        Name of weights to start from (`annotation.model_cards.weights_for`), or a file.
    tracks : sequence of str
        Ids of climbers; all with corrections without.

    Raises
    ------
    ProjectError
        If there are no corrections, or they are of different skeletons.
    BetascopeError
        If there are no such weights.
    """
    weights = weights_for(model, model_folders())
    if weights is None:
        raise ProjectError(f"{model} learns nothing: choose a model with weights, such as conv3d.")
    wanted = [project.track(id_) for id_ in tracks] or list(project.tracks.values())
    lessons = [lesson for lesson in (lesson_of(project, track) for track in wanted) if lesson is not None]
    lessons = [lesson for lesson in lessons if lesson.frames]
    if not lessons:
        raise ProjectError(
            "There are no corrections to learn from. Detect a climber, put joints right in some stretches and confirm "
            "their frames, then fine-tune."
        )
    skeletons = {lesson.given.skeleton for lesson in lessons}
    if len(skeletons) > 1:
        raise ProjectError(f"The climbers have different skeletons ({', '.join(sorted(skeletons))}). Choose some.")
    inputs: dict[str, Any] = {}
    for number, lesson in enumerate(lessons):
        inputs |= {
            f"xy_{number}": lesson.given.xy,
            f"confidence_{number}": lesson.given.confidence,
            f"truth_{number}": lesson.truth,
            f"stated_{number}": lesson.stated,
            f"times_s_{number}": lesson.times_s,
        }
    parameters = {
        "model": model,
        "weights": str(weights.resolve()),
        "name": name or f"{weights.stem}-{project.name}",
        "skeleton": skeletons.pop(),
        "clips": [lesson.name for lesson in lessons],
        **(wishes or {}),
    }
    folder = project.new_job_folder()
    job = PreparedJob(folder, f"Fine-tune {_title(model)}", TaskName.FINETUNE_SMOOTHER, "", "", None, folder / "output")
    return write_request(job, parameters, inputs=inputs)


def training_folder(name: str) -> Path:
    """Return where a training is kept from epoch to epoch, so that one of the same name goes on with it."""
    return models_path() / "training" / name


def prepare_training(folder: Path, *, model: str, name: str = "", wishes: dict[str, Any] | None = None) -> PreparedJob:
    """Ask for a smoother to learn from synthetic climbs, from the beginning.

    Parameters of the job: ``model`` (key of a learned smoother), ``name`` (of the new weights), and the `wishes`.

    Parameters
    ----------
    folder : Path
        For the job.

    Raises
    ------
    ProjectError
        If the folder cannot be written.
    """
    parameters = {"model": model, "name": name or model, **(wishes or {})}
    job = PreparedJob(folder, f"Train {_title(model)}", TaskName.TRAIN_SMOOTHER, "", "", None, folder / "output")
    return write_request(job, parameters)


def scored_words(summary: Mapping[str, Any]) -> str:
    """Say what the figures of a training come from, and whom they flatter; empty if it is not known."""
    windows, labels, accepted = (summary.get(name) for name in ("held_out", "labels", "accepted"))
    if not isinstance(windows, int):
        return ""
    if not isinstance(labels, int):
        return f"scored on {windows:,} windows kept out of its training"
    if not labels:
        return (
            f"scored on what lies between labels, since the {windows:,} windows kept out of its training hold none: "
            "correct frames at the end of the clip to know what it is worth"
        )
    text = f"scored on the {labels:,} label{'' if labels == 1 else 's'} kept out of its training"
    if isinstance(accepted, int) and accepted:
        text += (
            f". {accepted:,} of them {'is' if accepted == 1 else 'are'} as detected, which flatters the detector and a "
            "model that leaves its points alone"
        )
    return text


def _title(model: str) -> str:
    return next((entry.title for entry in SMOOTHERS if entry.key == model), model)
