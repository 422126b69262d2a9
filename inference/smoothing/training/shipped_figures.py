"""What the weights that come with the program are worth, beside filters tuned on the same validation clips."""

from collections.abc import Mapping
from pathlib import Path

from annotation.errors import BetascopeError
from annotation.evaluation2d import Figures
from annotation.model_cards import SMOOTHERS
from inference.smoothing.training.page import markdown_table
from inference.smoothing.training.synthesiser import MotionRecipe, synthesise
from inference.smoothing.training.yardsticks import (
    NoisyClip,
    Smooth,
    captured,
    figures_of,
    noisy,
    shipped,
    tuned,
    with_filter,
    with_smoother,
)

_TUNED_FROM, _TESTED_FROM = 100_000, 200_000
"""Climbs that no training has seen."""


def shipped_section(*, seed: int, capture: Path | None, small: bool) -> str:
    """Return a section of the page: every smoother on whole clips, for both of the thesis' noises."""
    n_climbs = 2 if small else 12
    recipe = MotionRecipe(n_climbs, 1, 4.0 if small else 12.0)
    parts = [
        "## The shipped weights, on whole clips\n\nNoise of the thesis' experiment 1. Filters have the setting that is "
        f"best on {n_climbs} other climbs with the same noise. PCK in percent; ACC-ERR in sides of the crop per frame²."
    ]
    for k in (1, 2):
        tuning = [noisy(s, k=k, seed=seed) for s in synthesise(recipe, seed=seed, first=_TUNED_FROM)]
        testing = [noisy(s, k=k, seed=seed) for s in synthesise(recipe, seed=seed, first=_TESTED_FROM)]
        sets = {"made-up climbs": testing}
        if capture is not None:
            sets["motion-captured climb"] = [
                noisy(s, k=k, seed=n) for n, s in enumerate(captured(capture)[:: 9 if small else 1])
            ]
        smoothers = everything(tuning)
        for name, clips in sets.items():
            parts.append(f"### {name.capitalize()}, k = {k}\n\n{comparison(clips, smoothers)}")
    return "\n\n".join(parts)


def everything(tuning: list[NoisyClip]) -> dict[str, Smooth | None]:
    """Return all there is to compare by name: no smoothing, tuned filters, the shipped weights."""
    found: dict[str, Smooth | None] = {"no smoothing": None}
    for key, (setting, smooth) in tuned(tuning).items():
        found[f"{key} ({setting})"] = with_filter(smooth)
    for entry in SMOOTHERS:
        if entry.learned:
            try:
                found[entry.title] = with_smoother(shipped(entry.key), strength=1.0)
            except BetascopeError:
                continue
    return found


def comparison(clips: list[NoisyClip], smoothers: Mapping[str, Smooth | None]) -> str:
    """Return a table of smoothers on clips."""
    rows = [[name, *_cells(figures_of(clips, smooth))] for name, smooth in smoothers.items()]
    head = ["", "PCK@0.05", "PCK@0.1", "PCK@0.2", "ACC-ERR", "off, fastest 5 % (torsos)"]
    return markdown_table(head, rows)


def _cells(figures: Figures) -> list[str]:
    pck = [f"{100 * value:.1f}" for value in figures.pck.values()]
    return [*pck, f"{figures.acceleration:.4f}", f"{figures.fastest_distance:.3f}"]
