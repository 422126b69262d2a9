"""Clips as a detector gives them, for want of the thesis' own: made-up climbs with mistakes that are drawn once."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch

from annotation.skeletons import load_skeleton
from inference.smoothing.training.data import PointSequence
from inference.smoothing.training.noise import MAP_SIDE, NoiseRecipe, confidence_of, disturb, pose_boxes

_JITTER = NoiseRecipe(k=0.33)
"""Puts as many points right as the thesis' detector does: 19, 66 and 85 % of them."""
_MISTAKES = NoiseRecipe(mixed=1.0, missing=0.01)
_FAR_PX = 4.0
"""Mistakes farther off than that, map pixels, or missing, come on top of the jitter."""


def detected_stand_in(sequences: Sequence[PointSequence], *, seed: int) -> list[PointSequence]:
    """Return sequences with what a detector might have made of them; the same seed gives the same."""
    found = []
    for number, sequence in enumerate(sequences):
        rng = np.random.default_rng([seed, number])
        skeleton = load_skeleton(sequence.skeleton)
        made = disturb(rng, sequence.xy[None], _JITTER, skeleton)
        mistakes = disturb(rng, sequence.xy[None], _MISTAKES, skeleton).xy[0]
        size = pose_boxes(torch.from_numpy(sequence.xy))[1].numpy()
        far = ~(np.linalg.norm((mistakes - sequence.xy) / size * MAP_SIDE, axis=-1) < _FAR_PX)
        given = np.where(far[..., None], mistakes, made.xy[0])
        sure = confidence_of(given, made.spread[0])
        found.append(replace(sequence, given=given.astype(np.float32), confidence=sure.astype(np.float32)))
    return found
