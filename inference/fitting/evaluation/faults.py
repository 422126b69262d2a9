"""What detectors get wrong, put on perfect points: drift, jitter, and arms and legs thrown aside for a few frames."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from annotation.labels import Source
from inference.fitting.evaluation.views import Floats, View
from inference.fitting.points import torso_px

DRIFT, JITTER = 0.04, 0.012
"""Standard deviations in torso lengths: errors that last about a third of a second, and those of single frames."""
_DRIFT_M, _DRIFT_S = (0.03, 0.03, 0.07), 0.15
THROWN = 0.6
"""How far a limb is thrown at most, in torso lengths."""
LIMBS = {
    "arm": ("elbow", "wrist", "pinky", "index", "thumb"),
    "leg": ("knee", "ankle", "heel", "big_toe"),
}


def detected(view: View, *, seed: int, throws: int) -> tuple[View, NDArray[np.bool_]]:
    """Return a view as a detector would have it, and which of its points are thrown aside (T, K).

    Parameters
    ----------
    throws : int
        How often an arm or a leg is thrown across the body and back, for 3 to 8 frames at 60 fps; the detector is as
        sure of that as of the rest.
    """
    rng, points = np.random.default_rng(seed), view.points
    unit, fps = torso_px(points), view.fps
    joints = view.truth.of(points.skeleton.joints)
    hips = joints[:, [points.skeleton.index(f"{side}_hip") for side in ("left", "right")]].mean(axis=1, keepdims=True)
    xy = points.xy + unit * (DRIFT * _drift(rng, points.xy.shape, fps) + JITTER * rng.normal(size=points.xy.shape))
    world = joints - hips + np.array(_DRIFT_M) * _drift(rng, joints.shape, fps)
    thrown = np.zeros(xy.shape[:2], bool)
    for _ in range(throws):
        _throw(rng, view, xy, world, thrown)
    given = replace(
        points,
        xy=xy,
        world=world,
        confidence=rng.uniform(0.85, 1.0, xy.shape[:2]),
        source=np.full(xy.shape[:2], Source.PREDICTED, np.uint8),
    )
    return replace(view, points=given), thrown


def _drift(rng: np.random.Generator, shape: tuple[int, ...], fps: float) -> Floats:
    """Return slow noise of unit variance."""
    slow = gaussian_filter1d(rng.normal(size=shape), _DRIFT_S * fps, axis=0, mode="nearest")
    return np.asarray(slow / slow.std(axis=0))


def _throw(rng: np.random.Generator, view: View, xy: Floats, world: Floats, thrown: NDArray[np.bool_]) -> None:
    """Throw a limb aside: by another share of the way in every frame, as detectors hesitate between two poses."""
    skeleton, unit = view.points.skeleton, torso_px(view.points)
    side, limb = rng.choice(["left", "right"]), rng.choice(["arm", "arm", "leg"])
    found = [skeleton.find(f"{side}_{part}") for part in LIMBS[limb]]
    columns = [column for column in found if column is not None]
    length = max(2, round(rng.integers(3, 9) * view.fps / 60))
    start = int(rng.integers(2, len(xy) - length - 2))
    frames = slice(start, start + length)
    away = rng.normal(size=2)
    away /= np.linalg.norm(away)
    share = rng.uniform(0.3, 1.0, (length, 1)) * THROWN * np.linspace(0.6, 1.0, len(columns))
    xy[frames, columns] += unit * share[..., None] * away
    metres = 0.5 * share
    world[frames, columns, :2] += metres[..., None] * away
    world[frames, columns, 2] += metres * rng.choice([-1, 1])
    thrown[frames, columns] = True
