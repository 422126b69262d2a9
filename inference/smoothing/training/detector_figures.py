"""What weights are worth on the default detector's points over made-up climbs, written into their cards.

``python -m inference.smoothing.training.detector_figures --cache DIR FILE.safetensors ...`` films the climbs and
detects the climber (kept in DIR), smooths with each file of weights, alone and steadied, and writes the cards' figures.
"""

import argparse
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from annotation.evaluation2d import Figures
from annotation.model_cards import DETECTED, read_card, write_card
from inference.smoothing.clip import steadied
from inference.smoothing.smoothers import Smoother, open_smoother
from inference.smoothing.training.yardsticks import NoisyClip, figures_of, filmed, with_smoother

SEEDS = (211, 212, 213, 214)
"""Neither the demo's climb nor one that a training was designed by."""
FPS, SECONDS = 25, 10.0


def detector_figures(clips: Sequence[NoisyClip], smoother: Smoother) -> dict[str, object]:
    """Return figures by name: PCK@0.05, ACC-ERR and the error in the fastest 5 % of frames, identity beside."""
    alone = [with_smoother(smoother)(clip) for clip in clips]
    calm = [
        steadied(clip.given.xy.astype(np.float64), found, clip.times_s)
        for clip, found in zip(clips, alone, strict=True)
    ]
    names = ", ".join(clip.name.split("-")[-1] for clip in clips)
    return {
        "clips": f"made-up climbs {names}",
        "identity": _named(figures_of(clips, None)),
        "alone": _named(_of_found(clips, alone)),
        "steadied": _named(_of_found(clips, calm)),
    }


def _of_found(clips: Sequence[NoisyClip], found: Sequence[NDArray[np.float64]]) -> Figures:
    by_name = {clip.name: points for clip, points in zip(clips, found, strict=True)}
    return figures_of(clips, lambda clip: by_name[clip.name])


def _named(figures: Figures) -> dict[str, float]:
    return {
        "pck@0.05": round(figures.pck[0.05], 4),
        "acc-err": round(figures.acceleration, 6),
        "fastest": round(figures.fastest_distance, 4),
    }


def main() -> None:
    """Write the figures into cards."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cache", type=Path, required=True)
    parser.add_argument("weights", type=Path, nargs="+")
    options = parser.parse_args()
    clips = [filmed(options.cache, seed=seed, seconds=SECONDS, fps=FPS) for seed in SEEDS]
    for weights in options.weights:
        smoother = open_smoother(weights.stem, skeleton=clips[0].given.skeleton, weights=weights)
        found = detector_figures(clips, smoother)
        card = read_card(weights)
        write_card(weights, replace(card, figures={**card.figures, DETECTED: found}))
        print(weights.stem, found, flush=True)


if __name__ == "__main__":
    main()
