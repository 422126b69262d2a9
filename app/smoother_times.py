"""How long a smoother takes for a clip: by the windows it computes, put right by what earlier clips took here."""

import math
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from statistics import median

import numpy as np
from numpy.typing import NDArray

from annotation.errors import BetascopeError
from annotation.model_cards import ModelCard, SmootherKind, read_card, weights_for
from annotation.project import Project
from annotation.smoothing_windows import count_windows
from app.kept_file import read_kept, write_kept
from app.operations import run_summary
from app.settings import models_path
from app.smoothing_jobs import model_folders

Floats = NDArray[np.float64]

_START_S = 4.0
"""Until a worker has begun: most of it loads PyTorch."""
_WITHOUT_BFLOAT16 = 2.8
"""So much longer maps take where the processor does not know the short numbers they are computed in."""
_WORTH_NOTING_S = 1.0
_KEPT = 3
"""Of each model so many times are kept, and their median counts."""
_PROCESSOR = Path("/proc/cpuinfo")
_FIRST_PROCESSOR = 4096
_MINUTE, _LONGEST_IN_S, _LONGEST_EXACT_S = 60.0, 97.5, 9.5


def expected(model: str, times_s: Floats) -> str:
    """Say how long smoothing a clip with a model will take; nothing for what needs no model."""
    weights = weights_for(model, model_folders())
    return "" if weights is None else takes(seconds_for(read_card(weights), times_s))


def seconds_for(card: ModelCard, times_s: Floats) -> float:
    """Return about how long smoothing a clip takes on this machine.

    Parameters
    ----------
    times_s : (T,) array
        When the frames of the clip are shown.
    """
    noted = _noted().get(card.model)
    return _START_S + work_s(card, times_s) * (median(noted) if noted else 1.0)


def work_s(card: ModelCard, times_s: Floats) -> float:
    """Return how long a model's windows over a clip take on the processors there are, as it was measured elsewhere."""
    n_frames = round(float(times_s[-1] - times_s[0]) * card.fps) + 1 if len(times_s) else 0
    slower = 1.0 if card.entry.kind is SmootherKind.COORDINATES or _knows_bfloat16() else _WITHOUT_BFLOAT16
    in_windows = count_windows(card, n_frames) * card.window
    return in_windows * slower * card.entry.frame_ms / 1000 / (os.cpu_count() or 1)


def note(card: ModelCard, times_s: Floats, *, seconds: float) -> None:
    """Keep what smoothing a clip with a model took; what took no time tells nothing.

    Where it cannot be kept, the next estimate is as this one was.
    """
    work = work_s(card, times_s)
    if max(work, seconds) < _WORTH_NOTING_S:
        return
    noted = {**_noted()}
    noted[card.model] = [*noted.get(card.model, []), seconds / work][-_KEPT:]
    write_kept(noted, path=_file())


def note_run(project: Project, run_id: str) -> None:
    """Keep what a smoothed run took, where a model made it on what this machine computes with unless told otherwise."""
    record = run_summary(project, run_id)
    parameters, summary = record.get("parameters", {}), record.get("summary", {})
    weights, seconds = parameters.get("weights"), summary.get("alone_s")
    if weights and _is_share(seconds) and parameters.get("device", "auto") == "auto":
        with suppress(BetascopeError):  # weights that have gone since tell nothing
            times_s = project.clip(project.run(run_id).clip_id).timeline.times_s
            note(read_card(Path(str(weights))), times_s, seconds=float(seconds))


def takes(seconds: float) -> str:
    """Say how long something will take."""
    if seconds < _LONGEST_EXACT_S:
        told = f"{seconds:.0f} s"
    elif seconds < _LONGEST_IN_S:
        told = f"{5 * round(seconds / 5)} s"
    else:
        told = f"{round(seconds / _MINUTE)} min"
    return f"Takes about {told} for this clip on this machine."


def _file() -> Path:
    return models_path().parent / "smoothing-times.json"


def _noted() -> Mapping[str, list[float]]:
    """Return by how much longer than expected a model's windows took, the last times, by the key of the model."""
    found = read_kept(_file()).items()
    return {name: each for name, each in found if isinstance(each, list) and each and all(map(_is_share, each))}


def _is_share(value: object) -> bool:
    return isinstance(value, int | float) and 0 < value < math.inf


def _knows_bfloat16() -> bool:
    """Whether the processor computes in bfloat16, as far as the system tells without PyTorch."""
    try:
        with _PROCESSOR.open(encoding="utf-8") as file:
            flags = file.read(_FIRST_PROCESSOR)
    except (OSError, UnicodeDecodeError):
        return False
    return "amx_bf16" in flags or "avx512_bf16" in flags
