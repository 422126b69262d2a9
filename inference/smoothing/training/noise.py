"""What a detector might have made of true points: the thesis' recipe, and a mixture nearer to real detectors.

Andersen 2023, section 5.1: every point is moved by N(0, 3k) pixels of the 56 x 56 map of the box round the pose, stays
within the map, and its map is a Gaussian of a standard deviation drawn anew for each point.
"""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from annotation.errors import BetascopeError
from annotation.skeletons import Skeleton
from inference.smoothing.heatmaps import BOX_MARGIN, MAP_SIZE, NARROWEST, WIDEST

Floats = NDArray[np.float64]

SHIFT_PX = 3.0
"""Standard deviation of the shift for k = 1, map pixels."""
MAP_SIDE = MAP_SIZE - 1.0
"""From the first to the last pixel of a map."""
_DETAILS = ("nose", "ear", "eye", "pinky", "index", "thumb", "heel")
SPREADS = (1.0, 1.5, 2.0, 2.5, 3.0)


@dataclass(frozen=True)
class NoiseRecipe:
    """How points are disturbed.

    Attributes
    ----------
    k : float
        The shifting scalar.
    spreads : tuple of float
        The standard deviations an input map may have, map pixels.
    step : int
        Of the frames of a window; 2 halves the frame rate.
    mixed : float
        The share of windows that get a detector's mistakes (`like_a_detector`) instead of the thesis' noise.
    more_k : tuple of float
        Other shifting scalars, drawn as often as `k` each.
    missing : float
        The share of points that are lost in windows with a detector's mistakes.
    unseen : float
        The share of windows in which some joints are never found, as where a detector does not know them.
    """

    k: float = 1.0
    spreads: tuple[float, ...] = SPREADS
    step: int = 1
    mixed: float = 0.0
    more_k: tuple[float, ...] = field(default=())
    missing: float = 0.0
    unseen: float = 0.0


def experiment(number: int, *, k: float) -> NoiseRecipe:
    """Return the recipe of one of the thesis' experiments: 1 any spread, 2 spread 1, 3 half the frame rate.

    Raises
    ------
    BetascopeError
        If there is no such experiment.
    """
    match number:
        case 1:
            return NoiseRecipe(k)
        case 2:
            return NoiseRecipe(k, spreads=(1.0,))
        case 3:
            return NoiseRecipe(k, step=2)
    raise BetascopeError(f"There is no experiment {number}; there are 1, 2 and 3.")


SHIPPED = NoiseRecipe(1.0, mixed=0.5, more_k=(2.0,), missing=0.02)
"""What the weights that come with the program were trained with."""


@dataclass(frozen=True)
class Disturbed:
    """Points as a detector might have given them.

    Attributes
    ----------
    xy : (B, T, K, 2) float64 array
        In the unit of the true ones; NaN where nothing was found.
    spread : (B, T, K) float64 array
        Standard deviations of their maps, map pixels.
    """

    xy: Floats
    spread: Floats


def confidence_of(xy: Floats, spread: Floats) -> Floats:
    """Return confidences (..., K) of points (..., K, 2) from which their maps get that spread; 0 where there is none.

    `inference.smoothing.heatmaps.spread_of` is the way back.
    """
    sure = np.clip((WIDEST - spread) / (WIDEST - NARROWEST), 0.01, 1)
    return np.where(np.isfinite(xy).all(-1), sure, 0)


def pose_boxes(xy: NDArray[np.floating]) -> tuple[Floats, Floats]:
    """Return corner and size (..., 1, 2) of the box round each pose (..., K, 2), each side 10 % out; NaN for none."""
    points = np.asarray(xy, np.float64)
    known = np.isfinite(points)
    low = np.where(known, points, np.inf).min(-2, keepdims=True)
    high = np.where(known, points, -np.inf).max(-2, keepdims=True)
    low, high = np.where(np.isfinite(low), low, np.nan), np.where(np.isfinite(high), high, np.nan)
    size = np.maximum(high - low, 1e-6)
    return low - BOX_MARGIN * size, size * (1 + 2 * BOX_MARGIN)


def disturb(rng: np.random.Generator, xy: NDArray[np.floating], recipe: NoiseRecipe, skeleton: Skeleton) -> Disturbed:
    """Return what a detector might have made of windows of true points (B, T, K, 2), pixels."""
    truth = np.asarray(xy, np.float64)
    corner, size = pose_boxes(truth)
    scalars = np.array([recipe.k, *recipe.more_k])
    k = rng.choice(scalars, len(truth))[:, None, None, None]
    shift = rng.normal(size=truth.shape) * SHIFT_PX * k
    spread = rng.choice(np.array(recipe.spreads), truth.shape[:-1])
    found = np.clip(truth + shift * (size / MAP_SIDE), corner, corner + size)
    mixed = rng.random(len(truth)) < recipe.mixed
    if mixed.any():
        found[mixed] = like_a_detector(rng, truth[mixed], size[mixed] / MAP_SIDE, recipe, skeleton)
        narrow = mixed & (rng.random(len(truth)) < 0.7)
        spread[narrow] = 1.0 + np.abs(rng.normal(0, 0.15, spread[narrow].shape))
    if recipe.unseen:
        found[_never_found(rng, len(truth), recipe.unseen, skeleton)[:, None].repeat(truth.shape[1], 1)] = np.nan
    return Disturbed(np.where(np.isfinite(truth), found, np.nan), spread)


def _never_found(rng: np.random.Generator, n: int, share: float, skeleton: Skeleton) -> NDArray[np.bool_]:
    """Return joints (B, K) that are never found: those of face, fingers and heels, or any but the torso's."""
    details = np.array([any(part in name for part in _DETAILS) for name in skeleton.joints])
    torso = np.array(["shoulder" in name or "hip" in name for name in skeleton.joints])
    any_of_them = rng.random((n, len(skeleton))) < rng.uniform(0.05, 0.5, (n, 1))
    lost = np.where(rng.random((n, 1)) < 0.6, details, any_of_them & ~torso)
    return np.asarray(lost & (rng.random((n, 1)) < share))


def like_a_detector(
    rng: np.random.Generator, truth: Floats, unit: Floats, recipe: NoiseRecipe, skeleton: Skeleton
) -> Floats:
    """Return points (B, T, K, 2) with a little jitter, drift, outliers, swapped sides and gaps; `unit` is a map pixel.

    Jitter and drift of the default detector over synthetic climbs are about 0.1 and 0.5 map pixels.
    """
    n, n_frames, n_joints = truth.shape[:3]
    jitter = np.exp(rng.uniform(np.log(0.04), np.log(1.5), (n, 1, 1, 1))) * rng.uniform(0.5, 2, (n, 1, n_joints, 1))
    drift = np.exp(rng.uniform(np.log(0.05), np.log(0.8), (n, 1, 1, 1)))
    found = truth + unit * (jitter * rng.normal(size=truth.shape) + drift * _drifting(rng, truth.shape))
    _swap_sides(rng, found, skeleton)
    bad = _bursts(rng, (n, n_frames, n_joints), share=0.02)
    found = np.where(bad[..., None], found + unit * rng.normal(0, 8, (n, 1, n_joints, 2)), found)
    lost = _bursts(rng, (n, n_frames, n_joints), share=recipe.missing)
    lost &= ~lost.all(1, keepdims=True)
    return np.where(lost[..., None], np.nan, found)


def _drifting(rng: np.random.Generator, shape: tuple[int, ...]) -> Floats:
    """Return noise (B, T, K, 2) of unit variance that lasts over many frames (an autoregression of 0.93)."""
    stay = 0.93
    values = rng.normal(size=shape)
    for frame in range(1, shape[1]):
        values[:, frame] = stay * values[:, frame - 1] + np.sqrt(1 - stay**2) * values[:, frame]
    return values


def _bursts(rng: np.random.Generator, shape: tuple[int, int, int], *, share: float) -> NDArray[np.bool_]:
    """Return a mask (B, T, K) of stretches of one to four frames, a `share` of all."""
    n_frames = shape[1]
    start = rng.random((shape[0], n_frames + 3, shape[2])) < share / 2.5
    length = rng.integers(1, 5, start.shape)
    mask = np.zeros(shape, bool)
    for back in range(4):
        mask |= (start & (length > back))[:, 3 - back : 3 - back + n_frames]
    return mask


def _swap_sides(rng: np.random.Generator, xy: Floats, skeleton: Skeleton) -> None:
    """Swap left and right legs or arms for a few frames in one window of 25, in place."""
    legs = ("hip", "knee", "ankle", "heel", "toe")
    arms = ("elbow", "wrist", "pinky", "index", "thumb")
    n_frames = xy.shape[1]
    for row in np.flatnonzero(rng.random(len(xy)) < 0.04):
        parts = legs if rng.random() < 0.6 else arms
        joints = [index for index, name in enumerate(skeleton.joints) if any(part in name for part in parts)]
        start = int(rng.integers(-2, n_frames))
        frames = slice(max(start, 0), max(start, 0) + int(rng.integers(1, 6)))
        mirrored = [int(skeleton.mirror[joint]) for joint in joints]
        xy[row, frames, joints] = xy[row, frames, mirrored].copy()
