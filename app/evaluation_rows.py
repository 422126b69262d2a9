"""Evaluations as rows and curves of the panel."""

import numpy as np

from annotation.evaluation2d import ROLLING_FRAMES, Candidate, Evaluation, Metric, rolling_mean
from annotation.evaluation_tables import column_words, metric_words, row_values
from annotation.skeletons import joint_title
from app.body_evaluation import BodyEvaluation
from app.evaluating import IDENTITY, PREDICTION, SHOWN
from widgets.curve_plot import CurveLook, PlotCurve
from widgets.figure_table import FigureRow

_LOOKS = {PREDICTION: CurveLook.MAIN, IDENTITY: CurveLook.OTHER, SHOWN: CurveLook.THIRD}


def short_names(evaluation: Evaluation) -> dict[str, str]:
    """Return key of a candidate -> a word for it."""
    keys = [candidate.key for candidate in evaluation.candidates]
    names = {PREDICTION: "smoothed" if IDENTITY in keys else "predicted", IDENTITY: "before", SHOWN: "labelled"}
    return {key: names[key] for key in keys}


def point_rows(evaluation: Evaluation, metric: Metric, *, threshold: float) -> list[FigureRow]:
    """Return the figures of all joints, then those of each by a measure."""
    everything = [evaluation.overall[candidate.key] for candidate in evaluation.candidates]
    better = [True] * len(evaluation.scoring.thresholds)
    better += [metric.more_is_better for metric in Metric if metric is not Metric.PCK] + [False, True]
    shares = [True] * len(evaluation.scoring.thresholds) + [False] * (len(better) - len(evaluation.scoring.thresholds))
    shares[-1] = True  # of the joints, those that were found
    titles = column_words(evaluation)
    rows = [
        figure_row("", words, values=values, more_is_better=more, share=share)
        for words, more, share, *values in zip(titles, better, shares, *map(row_values, everything), strict=True)
    ]
    words = metric_words(metric, threshold=threshold, normaliser=evaluation.scoring.normaliser)
    rows.append(FigureRow("", f"{words} of each joint", heading=True))
    if metric is Metric.PCK and threshold not in evaluation.scoring.thresholds:
        return rows  # chosen anew meanwhile; the figures are coming
    for joint in evaluation.joints:
        values = [
            evaluation.per_joint[candidate.key][joint].of(metric, threshold=threshold)
            for candidate in evaluation.candidates
        ]
        more, share = metric.more_is_better, metric is Metric.PCK
        rows.append(figure_row(joint, joint_title(joint), values=values, more_is_better=more, share=share))
    return rows


def body_rows(evaluation: BodyEvaluation) -> list[FigureRow]:
    """Return the figures of a body, then the errors of its joints."""
    accuracy = evaluation.accuracy
    figures = {
        "MPJPE": f"{accuracy.mpjpe_mm:.1f} mm",
        "PA-MPJPE": f"{accuracy.pa_mpjpe_mm:.1f} mm",
        "its median": f"{accuracy.pa_mpjpe_median_mm:.1f} mm",
        "fastest tenth": f"{accuracy.fastest_pa_mpjpe_mm:.1f} mm",
        "acceleration error": f"{accuracy.acceleration_mm_per_frame2:.2f} mm/frame²",
        "the same": f"{accuracy.acceleration_m_per_s2:.2f} m/s²",
        "3DPCK at 150 mm": percent(accuracy.pck_150mm),
        "area under its curve": percent(accuracy.auc_150mm),
    }
    rows = [FigureRow("", words, (value,)) for words, value in figures.items()]
    rows.append(FigureRow("", "PA error of each joint", heading=True))
    joints = accuracy.per_joint_mm.items()
    return [*rows, *(FigureRow("", joint_title(joint), (f"{value:.1f} mm",)) for joint, value in joints)]


def point_curves(
    evaluation: Evaluation, candidate: Candidate, *, metric: Metric, threshold: float, joint: str | None
) -> list[PlotCurve]:
    """Return the curve of a candidate, shares in percent, and its rolling mean."""
    values = evaluation.curve(candidate, metric, threshold=threshold, joint=joint)
    if metric is Metric.PCK:
        values = 100 * values
    return with_mean(short_names(evaluation)[candidate.key], values, look=_LOOKS[candidate.key])


def with_mean(name: str, values: np.ndarray, *, look: CurveLook = CurveLook.MAIN) -> list[PlotCurve]:
    """Return a curve over frames (T,), faint, and its rolling mean; alone where there is too little for a mean."""
    frames, known = np.arange(len(values), dtype=np.float64), np.isfinite(values)
    if np.count_nonzero(known) <= ROLLING_FRAMES // 2:
        return [PlotCurve(name, frames, values, look)]
    mean = np.where(known, rolling_mean(values), np.nan)
    return [PlotCurve("", frames, values, look, faint=True), PlotCurve(name, frames, mean, look)]


def percent(share: float) -> str:
    """Return a share as people read it everywhere in the window."""
    return f"{100 * share:.1f} %"


def figure_row(key: str, title: str, *, values: list[float], more_is_better: bool, share: bool = False) -> FigureRow:
    """Return a row of which the best value is marked; shares are in percent, a value that is not known is a dash."""
    known = [value for value in values if np.isfinite(value)]
    best = -1
    if len(known) > 1 and max(known) > min(known):
        best = values.index(max(known) if more_is_better else min(known))
    words = ("–" if np.isnan(value) else percent(value) if share else f"{value:.4f}" for value in values)
    return FigureRow(key, title, tuple(words), best)
