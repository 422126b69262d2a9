"""Steadies paths: what need not accelerate does not, moves keep their start and stop, jumps are dropped.

Each joint gets the path x that makes ``sum of rho(x - z) + weight * |x''|`` over time smallest, z being where it was
found: trend filtering (Kim et al. 2009) with a distance rho that outliers do not dominate (Cauchy). As the price of an
acceleration does not rise with its square, one quick move costs no more than the same change spread out, and stays
quick; at rest nothing is left of the jitter. Unlike windows, this sees the whole clip at once.

The usual amounts suit what the default detector gets wrong in made-up climbs: little and smooth jitter, and now and
then a few frames in which several joints jump.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import solveh_banded
from scipy.ndimage import gaussian_filter1d

from inference.smoothing.classical import body_size, by_stretches, frame_rate

Floats = NDArray[np.float64]

_ROUNDS = 12
_SECOND = np.array([1.0, -2.0, 1.0])
"""Of three points in a row, their second difference."""


@dataclass(frozen=True)
class Steadiness:
    """How much steadier a path becomes; body sizes are `inference.smoothing.classical.body_size`.

    Attributes
    ----------
    weight : float
        Of an acceleration, body size times s².
    wild : float
        What is this far off the path counts half, body sizes.
    calm : float
        Accelerations below count as none, body sizes per s².
    spread_s : float
        Over this time around, accelerations count as one.
    """

    weight: float = 1.5e-5
    wild: float = 0.022
    calm: float = 0.15
    spread_s: float = 0.06

    def __call__(self, points: Floats, times_s: Floats) -> Floats:
        """Return steadier points (T, K, 2), pixels; missing ones stay missing."""
        return self.of_body(points, times_s, size=body_size(points))

    def of_body(self, points: Floats, times_s: Floats, *, size: float) -> Floats:
        """Return steadier points (T, K, 2) of a body whose size is known, such as corrections of points."""

        def steadied(stretch: Floats, times: Floats) -> Floats:
            if len(stretch) < len(_SECOND):
                return stretch
            step_s = 1 / frame_rate(times)
            paths = [self._steadied(path / size, step_s) for path in stretch.swapaxes(0, 1)]
            return np.stack(paths, axis=1) * size

        return by_stretches(points, times_s, steadied)

    def _steadied(self, found: Floats, step_s: float) -> Floats:
        """Solve by least squares whose weights follow from the solution before."""
        weight, calm = self.weight / step_s**2, self.calm * step_s**2
        trust, dear = np.ones(len(found)), np.full(len(found) - 2, weight / calm)
        path = found
        for _ in range(_ROUNDS):
            path = _least_squares(found, trust, dear)
            bend = np.diff(path, n=2, axis=0)
            around = gaussian_filter1d((bend**2).sum(-1), self.spread_s / step_s, mode="nearest")
            dear = weight / np.sqrt(around + calm**2)
            trust = 1 / (1 + ((found - path) ** 2).sum(-1) / self.wild**2)
        return path


def _least_squares(found: Floats, trust: Floats, dear: Floats) -> Floats:
    """Return the path (T, 2) for which ``sum trust |x - found|² + sum dear |second difference|²`` is smallest."""
    bands = np.zeros((len(_SECOND), len(found)))
    bands[-1] = trust
    for row, one in enumerate(_SECOND):
        for column in range(row, len(_SECOND)):
            bands[row - column - 1, column : column + len(dear)] += dear * one * _SECOND[column]
    return np.asarray(solveh_banded(bands, trust[:, None] * found))
