"""What weights are worth on the default detector's points over made-up climbs, written into their cards.

``python -m inference.smoothing.training.detector_figures --cache DIR FILE.safetensors ...`` films the climbs and
detects the climber (kept in DIR), smooths with each file of weights, alone and steadied, and writes the cards' figures.
"""

import argparse
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from annotation.climb_truth import load_truth
from annotation.labels import Keypoints2D
from annotation.model_cards import DETECTED, read_card, write_card
from inference.climb.generate import TRUTH_FILE, VIDEO_FILE, generate_climb
from inference.fitting.evaluation.pose2sim import detected
from inference.smoothing.clip import smooth_clip
from inference.smoothing.smoothers import Smoother, open_smoother
from inference.smoothing.training.yardsticks import NoisyClip, Smooth, figures_of

SEEDS = (211, 212, 213, 214)
"""Neither the demo's climb nor one that a training was designed by."""
FPS, SECONDS = 25, 10.0
_SIZE_PX = (720, 1280)


def filmed(seed: int, *, cache: Path) -> NoisyClip:
    """Return what the default detector finds in the video of a climb, with its truth."""
    folder = cache / f"climb-{seed}"
    if not (folder / TRUTH_FILE).exists():
        folder.mkdir(parents=True, exist_ok=True)
        generate_climb(folder, seed=seed, duration_s=SECONDS, fps=FPS, size_px=_SIZE_PX, report=lambda *_: None)
    truth = load_truth(folder / TRUTH_FILE)
    given: Keypoints2D = detected(folder / VIDEO_FILE, cache=cache)
    return NoisyClip(folder.name, truth.xy.astype(np.float64), given, np.arange(len(truth)) / truth.fps)


def detector_figures(clips: Sequence[NoisyClip], smoother: Smoother) -> dict[str, object]:
    """Return figures by name: PCK@0.05, ACC-ERR and the error in the fastest 5 % of frames, identity beside."""
    rows: dict[str, Smooth | None] = {"identity": None, "alone": _with(smoother, steady=False)}
    if smoother.entry.learned:
        rows["steadied"] = _with(smoother, steady=True)
    found: dict[str, object] = {"clips": f"made-up climbs {', '.join(clip.name.split('-')[-1] for clip in clips)}"}
    for name, smooth in rows.items():
        figures = figures_of(clips, smooth)
        found[name] = {
            "pck@0.05": round(figures.pck[0.05], 4),
            "acc-err": round(figures.acceleration, 6),
            "fastest": round(figures.fastest_distance, 4),
        }
    return found


def _with(smoother: Smoother, *, steady: bool) -> Smooth:
    def smooth(clip: NoisyClip) -> np.ndarray:
        found = smooth_clip(clip.given, smoother=smoother, times_s=clip.times_s, strength=None, steady=steady)
        return found.xy.astype(np.float64)

    return smooth


def main() -> None:
    """Write the figures into cards."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cache", type=Path, required=True)
    parser.add_argument("weights", type=Path, nargs="+")
    options = parser.parse_args()
    clips = [filmed(seed, cache=options.cache) for seed in SEEDS]
    for weights in options.weights:
        card = read_card(weights)
        found = detector_figures(clips, open_smoother(weights.stem, skeleton=clips[0].given.skeleton, weights=weights))
        write_card(weights, replace(card, figures={**card.figures, DETECTED: found}))
        print(weights.stem, found, flush=True)


if __name__ == "__main__":
    main()
