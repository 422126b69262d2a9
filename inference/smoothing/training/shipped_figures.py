"""What weights are worth, such as those that come with the program, beside filters tuned on other clips."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
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

Report = Callable[[int, int, str], None]

_TUNED_FROM, _TESTED_FROM = 100_000, 200_000
"""Climbs that no training has seen."""


@dataclass(frozen=True)
class Film:
    """A made-up climb that is filmed for the detector."""

    title: str
    seed: int
    seconds: float
    fps: int


@dataclass(frozen=True)
class Yardsticks:
    """What weights are measured with.

    Attributes
    ----------
    motion : MotionRecipe
        So many climbs to tune the filters on, and as many others to score everything on.
    films : tuple of Film
    n_views : int or None
        So many views of a motion-captured climb are scored; None: all.
    """

    motion: MotionRecipe
    films: tuple[Film, ...]
    n_views: int | None = None


USUAL = Yardsticks(
    MotionRecipe(12, 1, 12.0),
    (Film("Demo climb", 1, 10.0, 25), Film("Climb 101", 101, 6.0, 30), Film("Climb 102", 102, 6.0, 30)),
)
SHORT = Yardsticks(MotionRecipe(1, 1, 3.0), (Film("Climb 101, its beginning", 101, 2.4, 30),), 1)


def shipped_page(
    smoothers: Mapping[str, Smoother],
    folder: Path,
    *,
    introduction: str,
    seed: int,
    capture: Path | None,
    report: Report,
    yardsticks: Yardsticks = USUAL,
) -> str:
    """Return the page of what weights are worth.

    Parameters
    ----------
    smoothers : mapping
        By title.
    folder : Path
        Keeps the videos and what was found in them.
    introduction : str
        Whose weights they are, and what made the page.
    capture : Path, optional
        A motion-captured climb.
    report : callable
        ``report(done, total, message)`` hears of the progress.
    """
    report(0, 0, "scoring on whole clips")
    noisy_clips = noise_section(smoothers, yardsticks, seed=seed, capture=capture)
    found = detector_section(
        smoothers, folder, yardsticks.films, report=lambda n, total: report(n, total, "filming climbs")
    )
    return f"{introduction}\n\n{noisy_clips}\n\n{found}\n"


def noise_section(smoothers: Mapping[str, Smoother], yardsticks: Yardsticks, *, seed: int, capture: Path | None) -> str:
    """Return a section of the page: every smoother on whole clips, for both of the thesis' noises."""
    recipe = yardsticks.motion
    others = "climb" if recipe.n_climbs == 1 else "climbs"
    parts = [
        "## On whole clips\n\nNoise of the thesis' experiment 1. Filters have the setting that is best on "
        f"{recipe.n_climbs} other {others} with the same noise. PCK in percent; ACC-ERR in sides of the crop per "
        "frame²."
    ]
    for k in (1, 2):
        tuning = [noisy(s, k=k, seed=seed) for s in synthesise(recipe, seed=seed, first=_TUNED_FROM)]
        testing = [noisy(s, k=k, seed=seed) for s in synthesise(recipe, seed=seed, first=_TESTED_FROM)]
        sets = {"made-up climbs": testing}
        if capture is not None:
            views = captured(capture)[: yardsticks.n_views]
            sets["motion-captured climb"] = [noisy(s, k=k, seed=n) for n, s in enumerate(views)]
        beside = everything(tuning, smoothers)
        for name, clips in sets.items():
            parts.append(f"### {name.capitalize()}, k = {k}\n\n{comparison(clips, beside)}")
    return "\n\n".join(parts)


def detector_section(
    smoothers: Mapping[str, Smoother], folder: Path, films: Sequence[Film], *, report: Callable[[int, int], None]
) -> str:
    """Return a section of the page: smoothers on what the default detector finds in made-up climbs.

    Parameters
    ----------
    folder : Path
        Keeps the videos and what was found in them.
    report : callable
        ``report(done, total)`` hears of the progress, in climbs.
    """
    parts = [
        "## On the default detector's points\n\nEach alone, and with its path steadied as `betascope smooth` does it. "
        "PCK in percent; ACC-ERR in sides of the crop per frame²."
    ]
    beside: dict[str, Smooth | None] = {"no smoothing": None}
    for name, smoother in smoothers.items():
        beside |= {name: with_smoother(smoother, strength=1.0)}
        beside |= {f"{name}, steadied": with_smoother(smoother, strength=1.0, steady=True)}
    for number, film in enumerate(films):
        report(number, len(films))
        clip = filmed(folder, seed=film.seed, seconds=film.seconds, fps=film.fps)
        parts.append(f"### {film.title}\n\n{comparison([clip], beside)}")
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


def everything(tuning: list[NoisyClip], smoothers: Mapping[str, Smoother]) -> dict[str, Smooth | None]:
    """Return all there is to compare by name: no smoothing, tuned filters, smoothers."""
    found: dict[str, Smooth | None] = {"no smoothing": None}
    for key, (setting, smooth) in tuned(tuning).items():
        found[f"{key} ({setting})"] = with_filter(smooth)
    return found | {name: with_smoother(smoother, strength=1.0) for name, smoother in smoothers.items()}


def comparison(clips: list[NoisyClip], smoothers: Mapping[str, Smooth | None]) -> str:
    """Return a table of smoothers on clips."""
    rows = [[name, *_cells(figures_of(clips, smooth))] for name, smooth in smoothers.items()]
    head = ["", "PCK@0.05", "PCK@0.1", "PCK@0.2", "ACC-ERR", "off, fastest 5 % (torsos)"]
    return markdown_table(head, rows)


def _cells(figures: Figures) -> list[str]:
    pck = [f"{100 * value:.1f}" for value in figures.pck.values()]
    return [*pck, f"{figures.acceleration:.5f}", f"{figures.fastest_distance:.3f}"]
