"""What to take a smoother for, what it is worth on a detector's points, and how long it will take."""

import os
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from annotation.model_cards import DETECTED, ModelCard, SmootherEntry, SmootherKind, read_card, weights_for
from app.smoothing_jobs import model_folders

_MINUTE = 60.0
_USUAL_WINDOW = 5
"""Over maps there is a window for each frame, so that longer ones take longer."""
_SOON_S = 3.0


def advice(entry: SmootherEntry, card: ModelCard | None = None) -> str:
    """Return one or two sentences: when to take it, and its figures where its card has them."""
    sentences = [f"Good for {entry.good_for}." if entry.good_for else ""]
    figures = {} if card is None else card.figures.get(DETECTED, {})
    sentences.append(_figures(figures) if isinstance(figures, Mapping) else "")
    return " ".join(sentence for sentence in sentences if sentence)


def _figures(figures: Mapping[str, Any]) -> str:
    """Say what the figures of a card are: with steadying where it has them, the usual way."""
    after, before = figures.get("steadied", figures.get("alone")), figures.get("identity")
    try:
        right = 100 * before["pck@0.05"], 100 * after["pck@0.05"]  # type: ignore[index]
        calmer = 100 * (after["acc-err"] / before["acc-err"] - 1)  # type: ignore[index]
        fast = 100 * (after["fastest"] / before["fastest"] - 1)  # type: ignore[index]
    except (KeyError, TypeError, ZeroDivisionError):
        return ""
    return (
        f"On the default detector over made-up climbs: {right[0]:.0f} → {right[1]:.0f}\N{NO-BREAK SPACE}% within "
        f"0.05 torsos, acceleration error {_signed(calmer)}, error in the fastest moves {_signed(fast)}."
    )


def _signed(percent: float) -> str:
    return f"{'−' if percent < 0 else '+'}{abs(percent):.0f}\N{NO-BREAK SPACE}%"


def seconds_for(card: ModelCard, times_s: NDArray[np.float64]) -> float:
    """Return about how long smoothing a clip takes on the processors of this machine.

    Parameters
    ----------
    times_s : (T,) array
        When the frames of the clip are shown.
    """
    frames = float(times_s[-1] - times_s[0]) * card.fps
    longer = card.window / _USUAL_WINDOW if card.entry.kind is SmootherKind.HEATMAPS else 1.0
    return frames * longer * card.entry.frame_ms / 1000 / (os.cpu_count() or 1)


def expected(model: str, times_s: NDArray[np.float64]) -> str:
    """Say how long smoothing a clip with a model will take; nothing where that is no time."""
    weights = weights_for(model, model_folders())
    return "" if weights is None else takes(seconds_for(read_card(weights), times_s))


def takes(seconds: float) -> str:
    """Say how long something will take; nothing where that is no time."""
    if seconds < _SOON_S:
        return ""
    if seconds < 0.75 * _MINUTE:
        return f"Takes about {5 * max(1, round(seconds / 5)):.0f} s for this clip on this machine's processors."
    return f"Takes about {max(1, round(seconds / _MINUTE)):.0f} min for this clip on this machine's processors."
