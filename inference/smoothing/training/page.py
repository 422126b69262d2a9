"""The reproduction as a page of Markdown: the thesis' figures, ours beside them, and how the data differ."""

from collections.abc import Mapping, Sequence

import numpy as np

from annotation.model_cards import smoother_entry
from inference.smoothing.training.reproduction import EXPERIMENTS, SCALARS, Run
from inference.smoothing.training.thesis_figures import (
    FINE_TUNING,
    MEANS,
    MILLISECONDS,
    MODELS,
    PRETRAINING,
    Triples,
)

_THRESHOLDS = ("0.05", "0.1", "0.2")
_INTRODUCTION = """\
# Temporal smoothing, reproduced

Andersen 2023, "Temporal smoothing in 2D human pose estimation for bouldering": its tables, our figures beside. Each
cell is *thesis / ours*, percent. Made by `{command}` on {hardware}.

How the data differ:

- Pretraining: the thesis uses BRACE and Penn Action, joints of the face, hands and feet unknown; we use {motion}.
  The thesis' torsos are 22 map pixels long, those of climbers with arms overhead 14, so the same share of the
  torso is a smaller distance and every PCK is lower for the same error in pixels.
- Splits: the thesis splits windows of the same videos at random; we split the climbs (its section 7.4.1 wishes so).
- Fine-tuning: the thesis uses ClimbAlong's videos with its own detector; we use {clips} with a detector's mistakes
  (jitter, drift, outliers, swapped sides), split as in its section 6.2.
- The box is that of a window, not of each frame, and maps are read to a fraction of a pixel; the thesis takes the
  highest pixel.
- {schedule}
"""


def page(
    runs: Sequence[Run],
    times: Mapping[str, Mapping[str, tuple[float, float, int]]],
    *,
    command: str,
    hardware: str,
    told: Mapping[str, str],
) -> str:
    """Return the page.

    Parameters
    ----------
    times : mapping
        What computes -> key of a model -> milliseconds, their standard deviation, parameters.
    told : mapping
        ``motion``, ``clips`` and ``schedule``, in words.
    """
    parts = [_INTRODUCTION.format(command=command, hardware=hardware, **told)]
    for k, number in zip(SCALARS, (3, 4), strict=True):
        title = f"## Table {number}: after pretraining, shifting scalar {k}"
        parts.append(f"{title}\n\n{_pck_table(runs, k, PRETRAINING[k], tuned=False)}")
    for k, number in zip(SCALARS, (7, 8), strict=True):
        title = f"## Table {number}: after fine-tuning, pretrained with shifting scalar {k}"
        parts.append(f"{title}\n\n{_pck_table(runs, k, FINE_TUNING[k], tuned=True)}")
    parts.append(f"## Table 13: mean of the three PCK after fine-tuning\n\n{_means(runs)}")
    parts.append(f"## Epochs of pretraining and of fine-tuning\n\n{_epochs(runs)}")
    parts.append(f"## Table 14: time of a window and parameters\n\n{_times(times)}")
    return "\n\n".join([part.rstrip() for part in parts]) + "\n"


def _pck_table(runs: Sequence[Run], k: int, thesis: Mapping[str, Triples], *, tuned: bool) -> str:
    head = [f"@{threshold}, {k}.{number}" for threshold in _THRESHOLDS for number in EXPERIMENTS]
    rows = []
    for key in ("identity", *MODELS):
        cells = [
            f"{_short(thesis[key][limit][number - 1])} / {_short(_ours(runs, key, k, number, limit, tuned=tuned))}"
            for limit in range(len(_THRESHOLDS))
            for number in EXPERIMENTS
        ]
        rows.append([_title(key), *cells])
    return markdown_table(["", *head], rows)


def _ours(runs: Sequence[Run], key: str, k: int, experiment: int, limit: int, *, tuned: bool) -> float:
    mine = [run for run in runs if (run.k, run.experiment) == (k, experiment)]
    if key == "identity":
        found = [run.tuned_identity if tuned else run.identity for run in mine]
    else:
        found = [run.tuned if tuned else run.pretrained for run in mine if run.model == key]
    return found[0][limit] if found else float("nan")


def _means(runs: Sequence[Run]) -> str:
    orders = [(k, number) for k in SCALARS for number in EXPERIMENTS]
    rows = []
    for key in MODELS:
        cells = []
        for place, (k, number) in enumerate(orders):
            found = [run.tuned for run in runs if (run.model, run.k, run.experiment) == (key, k, number)]
            cells.append(f"{_short(MEANS[key][place])} / {_short(float(np.mean(found[0])) if found else np.nan)}")
        rows.append([_title(key), *cells])
    return markdown_table(["", *(f"{k}.{number}" for k, number in orders)], rows)


def _epochs(runs: Sequence[Run]) -> str:
    orders = [(k, number) for k in SCALARS for number in EXPERIMENTS]
    told = {(run.model, run.k, run.experiment): " + ".join(map(str, run.epochs)) for run in runs}
    rows = [[_title(key), *(told.get((key, *order), "-") for order in orders)] for key in MODELS]
    return markdown_table(["", *(f"{k}.{number}" for k, number in orders)], rows)


def _times(times: Mapping[str, Mapping[str, tuple[float, float, int]]]) -> str:
    rows = []
    for key in MODELS:
        theirs, parameters = MILLISECONDS[key]
        cells = [f"{mean:.3g} ± {spread:.2g} ms" for mean, spread, _ in (each[key] for each in times.values())]
        counted = next(iter(times.values()))[key][2]
        rows.append([_title(key), f"{theirs:g} ms", *cells, f"{parameters:,}", f"{counted:,}"])
    ours = [f"ours ({hardware}, float32)" for hardware in times]
    return markdown_table(["", "thesis (GTX 1070)", *ours, "parameters, thesis", "ours"], rows)


def _title(key: str) -> str:
    return "Identity" if key == "identity" else smoother_entry(key).title


def _short(value: float) -> str:
    return "-" if not np.isfinite(value) else f"{value:.3g}"


def markdown_table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table of Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
