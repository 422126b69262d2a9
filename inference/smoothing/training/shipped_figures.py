"""What the weights that come with the program are worth, beside filters tuned on the same validation clips."""

from collections.abc import Callable, Mapping
from pathlib import Path

from annotation.errors import BetascopeError
from annotation.evaluation2d import Figures
from annotation.model_cards import SMOOTHERS
from inference.smoothing.smoothers import Smoother
from inference.smoothing.training.page import markdown_table
from inference.smoothing.training.synthesiser import MotionRecipe, synthesise
from inference.smoothing.training.yardsticks import (
    NoisyClip,
    Smooth,
    captured,
    figures_of,
    filmed,
    noisy,
    shipped,
    tuned,
    with_filter,
    with_smoother,
)

_TUNED_FROM, _TESTED_FROM = 100_000, 200_000
"""Climbs that no training has seen."""
_FILMED = (("Demo climb", 1, 10.0, 25), ("Climb 101", 101, 6.0, 30), ("Climb 102", 102, 6.0, 30))
"""Title, seed, seconds and frames per second."""


def shipped_section(*, seed: int, capture: Path | None) -> str:
    """Return a section of the page: every smoother on whole clips, for both of the thesis' noises."""
    recipe = MotionRecipe(12, 1, 12.0)
    parts = [
        "## The shipped weights, on whole clips\n\nNoise of the thesis' experiment 1. Filters have the setting that is "
        f"best on {recipe.n_climbs} other climbs with the same noise. PCK in percent; ACC-ERR in sides of the crop per "
        "frame²."
    ]
    for k in (1, 2):
        tuning = [noisy(s, k=k, seed=seed) for s in synthesise(recipe, seed=seed, first=_TUNED_FROM)]
        testing = [noisy(s, k=k, seed=seed) for s in synthesise(recipe, seed=seed, first=_TESTED_FROM)]
        sets = {"made-up climbs": testing}
        if capture is not None:
            sets["motion-captured climb"] = [noisy(s, k=k, seed=n) for n, s in enumerate(captured(capture))]
        smoothers = everything(tuning)
        for name, clips in sets.items():
            parts.append(f"### {name.capitalize()}, k = {k}\n\n{comparison(clips, smoothers)}")
    return "\n\n".join(parts)


def detector_section(folder: Path, *, report: Callable[[int, int], None]) -> str:
    """Return a section of the page: the shipped weights on what the default detector finds in made-up climbs.

    Parameters
    ----------
    folder : Path
        Keeps the videos and what was found in them.
    report : callable
        ``report(done, total)`` hears of the progress, in climbs.
    """
    parts = [
        "## The shipped weights, on the default detector's points\n\nEach alone, and with its path steadied as "
        "`betascope smooth` does it. PCK in percent; ACC-ERR in sides of the crop per frame²."
    ]
    smoothers: dict[str, Smooth | None] = {"no smoothing": None}
    for name, smoother in learned().items():
        smoothers |= {name: with_smoother(smoother, strength=1.0)}
        smoothers |= {f"{name}, steadied": with_smoother(smoother, strength=1.0, steady=True)}
    for number, (title, seed, seconds, fps) in enumerate(_FILMED):
        report(number, len(_FILMED))
        clip = filmed(folder, seed=seed, seconds=seconds, fps=fps)
        parts.append(f"### {title}\n\n{comparison([clip], smoothers)}")
    return "\n\n".join(parts)


def learned() -> dict[str, Smoother]:
    """Return the learned smoothers by title, with the weights that come with the program."""
    found = {}
    for entry in SMOOTHERS:
        if entry.learned:
            try:
                found[entry.title] = shipped(entry.key)
            except BetascopeError:
                continue
    return found


def everything(tuning: list[NoisyClip]) -> dict[str, Smooth | None]:
    """Return all there is to compare by name: no smoothing, tuned filters, the shipped weights."""
    found: dict[str, Smooth | None] = {"no smoothing": None}
    for key, (setting, smooth) in tuned(tuning).items():
        found[f"{key} ({setting})"] = with_filter(smooth)
    return found | {name: with_smoother(smoother, strength=1.0) for name, smoother in learned().items()}


def comparison(clips: list[NoisyClip], smoothers: Mapping[str, Smooth | None]) -> str:
    """Return a table of smoothers on clips."""
    rows = [[name, *_cells(figures_of(clips, smooth))] for name, smooth in smoothers.items()]
    head = ["", "PCK@0.05", "PCK@0.1", "PCK@0.2", "ACC-ERR", "off, fastest 5 % (torsos)"]
    return markdown_table(head, rows)


def _cells(figures: Figures) -> list[str]:
    pck = [f"{100 * value:.1f}" for value in figures.pck.values()]
    return [*pck, f"{figures.acceleration:.5f}", f"{figures.fastest_distance:.3f}"]
