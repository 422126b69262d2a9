"""What a detector might have made of true points: the thesis' recipe, and a mixture nearer to real detectors.

Andersen 2023, section 5.1: every point is moved by N(0, 3k) pixels of the 56 x 56 map of the box round the pose, stays
within the map, and its map is a Gaussian of a standard deviation drawn anew for each point.
"""

from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from annotation.errors import BetascopeError
from annotation.skeletons import Skeleton
from inference.smoothing.heatmaps import BOX_MARGIN, MAP_SIZE, NARROWEST, WIDEST
from inference.smoothing.training.detector_mistakes import joints_of, like_a_detector
from inference.smoothing.training.dice import Dice

Floats = NDArray[np.float64]

SHIFT_PX = 3.0
"""Standard deviation of the shift for k = 1, map pixels."""
MAP_SIDE = MAP_SIZE - 1.0
"""From the first to the last pixel of a map."""
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


SHIPPED = NoiseRecipe(1.0, mixed=0.6, more_k=(2.0,), missing=0.02)
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


def pose_boxes(xy: Tensor) -> tuple[Tensor, Tensor]:
    """Return corner and size (..., 1, 2) of the box round each pose (..., K, 2), each side 10 % out; NaN for none."""
    known = torch.isfinite(xy)
    low = torch.where(known, xy, torch.inf).amin(-2, keepdim=True)
    high = torch.where(known, xy, -torch.inf).amax(-2, keepdim=True)
    low, high = torch.where(low.isfinite(), low, torch.nan), torch.where(high.isfinite(), high, torch.nan)
    size = (high - low).clamp(min=1e-6)
    return low - BOX_MARGIN * size, size * (1 + 2 * BOX_MARGIN)


def disturb(rng: np.random.Generator, xy: NDArray[np.floating], recipe: NoiseRecipe, skeleton: Skeleton) -> Disturbed:
    """Return what a detector might have made of windows of true points (B, T, K, 2), pixels."""
    generator = torch.Generator().manual_seed(int(rng.integers(2**62)))
    found, spread = disturbed(torch.from_numpy(np.asarray(xy, np.float64)), recipe, skeleton, generator)
    return Disturbed(found.numpy(), spread.numpy())


def disturbed(
    truth: Tensor, recipe: NoiseRecipe, skeleton: Skeleton, generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    """Return what a detector might have made of windows of true points, on their device, where the noise is drawn.

    Parameters
    ----------
    truth : (B, T, K, 2) tensor
        Pixels.

    Returns
    -------
    points : (B, T, K, 2) tensor
        Pixels; NaN where nothing was found.
    spread : (B, T, K) tensor
        Standard deviations of their maps, map pixels.
    """
    draw = Dice(truth, generator)
    corner, size = pose_boxes(truth)
    scalars, spreads = draw.tensor(recipe.k, *recipe.more_k), draw.tensor(*recipe.spreads)
    k = scalars[draw.integers(len(scalars), len(truth), 1, 1, 1)]
    shift = draw.normal(*truth.shape) * SHIFT_PX * k
    spread = spreads[draw.integers(len(spreads), *truth.shape[:-1])]
    found = torch.minimum(torch.maximum(truth + shift * (size / MAP_SIDE), corner), corner + size)
    if recipe.mixed:
        like_it = like_a_detector(draw, truth, size / MAP_SIDE, skeleton, missing=recipe.missing)
        mixed = draw.chance(recipe.mixed, len(truth), 1, 1)
        found = torch.where(mixed[..., None], like_it, found)
        narrow = mixed & draw.chance(0.7, len(truth), 1, 1)
        spread = torch.where(narrow, 1.0 + (0.15 * draw.normal(*spread.shape)).abs(), spread)
    if recipe.unseen:
        never = _never_found(draw, len(truth), recipe.unseen, skeleton)
        found = torch.where(never[:, None, :, None], torch.nan, found)
    return torch.where(truth.isfinite(), found, torch.nan), spread


def _never_found(draw: Dice, n: int, share: float, skeleton: Skeleton) -> Tensor:
    """Return joints (B, K) that are never found: those of face, fingers and heels, or any but the torso's."""
    joints = joints_of(skeleton, draw.device)
    any_of_them = draw.uniform(0, 1, n, len(skeleton)) < draw.uniform(0.05, 0.5, n, 1)
    lost = torch.where(draw.chance(0.6, n, 1), joints.details, any_of_them & ~joints.torso)
    return lost & draw.chance(share, n, 1)
