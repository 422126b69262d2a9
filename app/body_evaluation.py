"""How good the fitted body of a track is against 3D truth; command line and window share it."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from annotation.body_identity import body_of
from annotation.errors import ProjectError
from annotation.evaluation3d import (
    JOINT_SETS,
    LIMB_JOINTS,
    Accuracy,
    Plausibility,
    body_joints,
    curves,
    plausibility,
    read_truth,
    score,
)
from annotation.labels import Track
from annotation.project import Project


@dataclass(frozen=True, eq=False)
class BodyEvaluation:
    """What a fitted body is worth.

    Attributes
    ----------
    truth : str
        Name of the file it was held against.
    by_frame : dict
        Name of a figure (`annotation.evaluation3d.CURVES`) -> its values (T,), NaN where nothing could be scored.
    fps : float
        Of the clip.
    """

    truth: str
    accuracy: Accuracy
    by_frame: dict[str, NDArray[np.float64]]
    human: Plausibility
    fps: float


def body_evaluation_work(
    project: Project, track: Track, *, truth_file: Path, bodies_dir: Path, joints: str = "16", offset_s: float = 0.0
) -> Callable[[], BodyEvaluation]:
    """Return what scores the fitted body of a track; a thread may do it.

    Parameters
    ----------
    joints : str
        A key of `annotation.evaluation3d.JOINT_SETS`; all that the truth names for anything else.
    offset_s : float
        Where in the truth the video begins.

    Raises
    ------
    ProjectError
        If no body was fitted.
    """
    mesh = project.mesh(track.id)
    if mesh is None:
        raise ProjectError(f"No body was fitted yet. Fit one first: betascope fit {project.folder}")
    timeline = project.clip(track.clip_id).timeline

    def work() -> BodyEvaluation:
        truth = read_truth(truth_file)
        body = body_of(mesh, bodies_dir=bodies_dir)
        names = JOINT_SETS.get(joints, tuple(dict.fromkeys((*LIMB_JOINTS, *truth.names))))
        times_s = timeline.times_s[: len(mesh)] - timeline.times_s[0] + offset_s
        found = body_joints(mesh, body, names, are_centres=truth.are_centres)
        wanted = truth.at(times_s).of(names)
        accuracy = score(found, wanted, names, fps=timeline.fps)
        by_frame = curves(found, wanted, names, fps=timeline.fps)
        human = plausibility(mesh, body, fps=timeline.fps)
        return BodyEvaluation(truth_file.name, accuracy, by_frame, human, timeline.fps)

    return work
