"""The commands that score what a project holds against a truth."""

import argparse
from typing import Any

from annotation.evaluation2d import THRESHOLDS, Normaliser, Scoring
from annotation.evaluation3d import Accuracy
from annotation.evaluation_tables import evaluation_text, write_body_tables, write_tables
from annotation.project import Project
from annotation.store import Access
from app import evaluating, operations
from app.body_evaluation import body_evaluation_work
from app.evaluating import Against
from app.settings import bodies_path

Result = tuple[dict[str, Any], str]


def evaluate(options: argparse.Namespace) -> Result:
    """Score what a project holds: its 2D predictions or its body."""
    return evaluate_2d(options) if options.what == "2d" else evaluate_3d(options)


def evaluate_2d(options: argparse.Namespace) -> Result:
    """Score the 2D predictions of a track against a truth or against its labels.

    Raises
    ------
    ProjectError
        If nothing was predicted, or the tables cannot be written.
    BetascopeError
        If the truth cannot be read or says nothing of the clip.
    """
    scoring = Scoring(options.thresholds or THRESHOLDS, Normaliser(options.normaliser))
    against = Against(None if options.against_labels else options.truth, options.interpolated)
    with Project.open(options.project, access=Access.READ) as project:
        track = operations.only_track(project, track_name=options.track)
        evaluation = evaluating.evaluation_work(project, track, against=against, scoring=scoring)()
        times_s = project.clip(track.clip_id).timeline.times_s
        folder, name = project.folder, track.name
    written = [] if options.csv is None else write_tables(evaluation, options.csv, times_s=times_s)
    result = {"project": str(folder), "track": name, **evaluation.as_dict(), "files": [str(path) for path in written]}
    wrote = f"\n\nWrote {' and '.join(map(str, written))}" if written else ""
    return result, evaluation_text(evaluation) + wrote


def evaluate_3d(options: argparse.Namespace) -> Result:
    """Score the fitted body of a track against 3D truth.

    Raises
    ------
    ProjectError
        If no body was fitted.
    BetascopeError
        If the truth cannot be read or shares no frames with the clip.
    """
    with Project.open(options.project, access=Access.READ) as project:
        track = operations.only_track(project, track_name=options.track)
        found = body_evaluation_work(
            project,
            track,
            truth_file=options.truth,
            bodies_dir=bodies_path(),
            joints=options.joints,
            offset_s=options.offset_s,
        )()
        times_s, folder, name = project.clip(track.clip_id).timeline.times_s, project.folder, track.name
    written = []
    if options.csv is not None:
        written = write_body_tables(found.accuracy, found.by_frame, out=options.csv, times_s=times_s)
    result = {
        "project": str(folder),
        "track": name,
        "truth": str(options.truth),
        "files": [str(path) for path in written],
        "fps": found.fps,
        **found.accuracy.as_dict(),
        "plausibility": {name: round(float(value), 4) for name, value in vars(found.human).items()},
    }
    return result, _text(found.accuracy)


def _text(accuracy: Accuracy) -> str:
    worst = max(accuracy.per_joint_mm, key=accuracy.per_joint_mm.__getitem__)
    return (
        f"{accuracy.frames} frames, {len(accuracy.joints)} joints\n"
        f"MPJPE (root: middle of the hips)  {accuracy.mpjpe_mm:6.1f} mm\n"
        f"PA-MPJPE                          {accuracy.pa_mpjpe_mm:6.1f} mm, "
        f"median {accuracy.pa_mpjpe_median_mm:.1f}, fastest tenth {accuracy.fastest_pa_mpjpe_mm:.1f}\n"
        f"Acceleration error                {accuracy.acceleration_mm_per_frame2:6.2f} mm/frame² "
        f"= {accuracy.acceleration_m_per_s2:.2f} m/s²\n"
        f"3DPCK at 150 mm                   {accuracy.pck_150mm:6.3f}, area under the curve {accuracy.auc_150mm:.3f}\n"
        f"Worst joint                       {accuracy.per_joint_mm[worst]:6.1f} mm ({worst})"
    )
