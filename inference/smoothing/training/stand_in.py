"""Clips as a detector gives them, for want of the thesis' own: made-up climbs with mistakes that are drawn once."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from annotation.skeletons import load_skeleton
from inference.smoothing.training.data import PointSequence
from inference.smoothing.training.noise import NoiseRecipe, disturb

DETECTOR = NoiseRecipe(mixed=1.0, missing=0.01)


def detected_stand_in(sequences: Sequence[PointSequence], *, seed: int) -> list[PointSequence]:
    """Return sequences with what a detector might have made of them; the same seed gives the same."""
    found = []
    for number, sequence in enumerate(sequences):
        rng = np.random.default_rng([seed, number])
        made = disturb(rng, sequence.xy[None], DETECTOR, load_skeleton(sequence.skeleton))
        sure = np.where(np.isfinite(made.xy[0]).all(-1), np.clip((3 - made.spread[0]) / 2, 0.01, 1), 0)
        found.append(replace(sequence, given=made.xy[0].astype(np.float32), confidence=sure.astype(np.float32)))
    return found
