"""An evaluation of 2D predictions for people and for spreadsheets: a table of words, and two CSV files."""

import itertools
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from annotation.evaluation2d import FASTEST_SHARE, ROLLING_FRAMES, Evaluation, Figures, Metric, Normaliser, rolling_mean
from annotation.evaluation3d import Accuracy
from annotation.formats.one_video import write_rows
from annotation.skeletons import joint_title
from annotation.truth2d import LABELS

ALL_JOINTS = "all joints"
_WORST = 5
_BIASED = (
    "People label what was wrong, so over the whole clip predictions are better than these figures; where predictions "
    "were accepted as labels, worse."
)


def metric_words(metric: Metric, *, threshold: float, normaliser: Normaliser) -> str:
    """Return what a metric is called."""
    if metric is Metric.PCK:
        return f"PCK@{threshold:g}{' px' if normaliser is Normaliser.PIXEL else ''}"
    if metric is Metric.DISTANCE:
        return "distance, px" if normaliser is Normaliser.PIXEL else "distance"
    return {Metric.OKS: "OKS", Metric.OKS_COCO: "OKS (COCO)", Metric.ACCELERATION: "ACC-ERR"}[metric]


def column_words(evaluation: Evaluation) -> list[str]:
    """Return the names of the figures of a row, in the order of `row_values`."""
    scoring = evaluation.scoring
    pck = [metric_words(Metric.PCK, threshold=t, normaliser=scoring.normaliser) for t in scoring.thresholds]
    plain = [metric_words(m, threshold=0, normaliser=scoring.normaliser) for m in Metric if m is not Metric.PCK]
    return [*pck, *plain, f"fastest {100 * FASTEST_SHARE:g} %", "found"]


def row_values(figures: Figures) -> list[float]:
    """Return the figures of a row."""
    plain = [figures.of(metric) for metric in Metric if metric is not Metric.PCK]
    return [*figures.pck.values(), *plain, figures.fastest_distance, figures.found]


def about(evaluation: Evaluation) -> str:
    """Say from which frames the figures come, and how many of them somebody stated."""
    stated, frames = evaluation.confirmed_frames, evaluation.frames
    which = "all stated" if stated == frames else f"{stated} stated, the others interpolated"
    counted = f"{frames} frame{'' if frames == 1 else 's'}, {which}"
    text = f"{counted}; {len(evaluation.joints)} joints; against {evaluation.truth.name}."
    return f"{text} {_BIASED}" if evaluation.truth.name == LABELS else text


def units(evaluation: Evaluation) -> str:
    """Say what the figures are shares of."""
    unit = evaluation.scoring.normaliser
    pixels = unit is Normaliser.PIXEL
    distances = "PCK and distances in pixels" if pixels else f"PCK and distances in shares of the {unit.words}"
    return f"{distances}; ACC-ERR in sides of the square crop per frame²."


def evaluation_text(evaluation: Evaluation) -> str:
    """Return a table for people."""
    names = [candidate.name for candidate in evaluation.candidates]
    width = max(len(name) for name in [*names, *map(joint_title, evaluation.joints)]) + 2
    head = "".join(f"{word:>13}" for word in column_words(evaluation))
    lines = [about(evaluation), units(evaluation), "", " " * width + head]
    for candidate in evaluation.candidates:
        lines.append(f"{candidate.name:<{width}}{_numbers(evaluation.overall[candidate.key])}")
    first = evaluation.candidates[0]
    worst = sorted(evaluation.per_joint[first.key].items(), key=lambda entry: _wrongness(entry[1]))
    lines += ["", f"The worst joints of {first.name}:"]
    lines += [f"{joint_title(joint):<{width}}{_numbers(figures)}" for joint, figures in worst[:_WORST]]
    for candidate in evaluation.candidates:
        border = evaluation.overall[candidate.key].border_acceleration
        if np.isfinite(border):
            lines += ["", f"ACC-ERR where the windows of {candidate.name} meet: {border:.4f}"]
    return "\n".join(lines)


def _wrongness(figures: Figures) -> float:
    return figures.pck[min(figures.pck)]


def _numbers(figures: Figures) -> str:
    return "".join(f"{'-' if np.isnan(value) else f'{value:.4f}':>13}" for value in row_values(figures))


def write_tables(evaluation: Evaluation, out: Path, *, times_s: NDArray[np.floating]) -> list[Path]:
    """Write the figures of every joint into a CSV file and the curves over frames into one beside it.

    Returns
    -------
    list of Path
        ``out`` with a row for each candidate and joint, ``<stem>-frames.csv`` with one for each candidate and frame.

    Raises
    ------
    ProjectError
        If they cannot be written.
    """
    frames = _beside(out)
    write_rows(joint_rows(evaluation), out)
    write_rows(frame_rows(evaluation, times_s=times_s), frames)
    return [out, frames]


def write_body_tables(
    accuracy: Accuracy, by_frame: Mapping[str, NDArray[np.floating]], *, out: Path, times_s: NDArray[np.floating]
) -> list[Path]:
    """Write the same two files about a fitted body: its joints' errors, and its figures (T,) in each frame.

    Raises
    ------
    ProjectError
        If they cannot be written.
    """
    frames = _beside(out)
    write_rows([("joint", "error after alignment, mm"), *accuracy.per_joint_mm.items()], out)
    means = {
        f"{name}, mean of {ROLLING_FRAMES} frames": rolling_mean(np.asarray(values, np.float64))
        for name, values in by_frame.items()
    }
    columns = {**by_frame, **means}
    scored = np.flatnonzero(np.isfinite([*by_frame.values()]).any(axis=0)).tolist()
    rows = (
        (frame, round(float(times_s[frame]), 6), *(_cell(float(values[frame])) for values in columns.values()))
        for frame in scored
    )
    write_rows(itertools.chain([("frame", "time_s", *columns)], rows), frames)
    return [out, frames]


def _beside(out: Path) -> Path:
    return out.with_name(f"{out.stem}-frames{out.suffix or '.csv'}")


def joint_rows(evaluation: Evaluation) -> Iterator[Sequence[object]]:
    """Yield the names of the columns, then a row for each candidate: of all joints, then of each."""
    yield ("what", "name", "joint", *column_words(evaluation))
    for candidate in evaluation.candidates:
        rows = {ALL_JOINTS: evaluation.overall[candidate.key], **evaluation.per_joint[candidate.key]}
        for joint, figures in rows.items():
            yield (candidate.key, candidate.name, joint, *map(_cell, row_values(figures)))


def frame_rows(evaluation: Evaluation, *, times_s: NDArray[np.floating]) -> Iterator[Sequence[object]]:
    """Yield the names of the columns, then a row for each candidate and scored frame, with the rolling means."""
    scoring = evaluation.scoring
    asked = [(Metric.PCK, t) for t in scoring.thresholds] + [(m, 0.0) for m in Metric if m is not Metric.PCK]
    words = [metric_words(metric, threshold=t, normaliser=scoring.normaliser) for metric, t in asked]
    means = [f"{word}, mean of {ROLLING_FRAMES} frames" for word in words]
    yield ("what", "name", "frame", "time_s", "window_border", *words, *means)
    scored = np.flatnonzero(evaluation.truth.known.any(axis=1)).tolist()
    for candidate in evaluation.candidates:
        curves = [evaluation.curve(candidate, metric, threshold=t) for metric, t in asked]
        curves += [rolling_mean(curve) for curve in curves]
        borders = set(candidate.borders)
        for frame in scored:
            head = (candidate.key, candidate.name, frame, round(float(times_s[frame]), 6), int(frame in borders))
            yield (*head, *(_cell(float(curve[frame])) for curve in curves))


def _cell(value: float) -> object:
    return round(value, 6) if np.isfinite(value) else ""
