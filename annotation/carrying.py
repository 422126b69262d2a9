"""How far a correction reaches: what a label moved is carried to the predictions beside it and fades with distance.

A detector that is wrong in one frame is wrong in the next ones in the same way. So the difference between a label and
the prediction there is taken for a slowly varying error: between two labels its most likely course, beyond the last one
a fading one. This is the conditional mean of an Ornstein-Uhlenbeck process, which is linear between labels that are
close, and nothing halfway between labels that are far apart (Rasmussen and Williams, "Gaussian processes for machine
learning", 2006, section B.2).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating]

REACH_STRIDES = 4.0
"""Over so many strides a correction fades to 1/e."""

FADED = 8.0
"""Beyond so many times that distance nothing is left."""

_EDGE = 3
"""Whether a frame is a jump depends on so many neighbours."""

CUT_BOX = 0.06
"""A prediction that jumps by this share of the person's box is another one after it: nothing is carried across."""


def reach(stride: int) -> int:
    """Return how many frames away from a label nothing is left of its correction."""
    return int(np.ceil(FADED * REACH_STRIDES * stride))


def cuts(xy: NDArray[np.float32], *, joints: Sequence[int] | None = None) -> NDArray[np.int64]:
    """Return how many jumps of some joints there are up to each frame (T, J); a lost joint counts as one.

    Parameters
    ----------
    xy : (T, K, 2) array
        Predictions of all joints in pixels, NaN where missing.
    joints : sequence of int, optional
        All without.
    """
    columns = list(range(xy.shape[1]) if joints is None else joints)
    cut = np.zeros((len(xy), len(columns)), bool)
    if len(xy) < 2:
        return cut.astype(np.int64)
    with np.errstate(invalid="ignore"):
        limit = CUT_BOX * np.fmax.reduce(np.fmax.reduce(xy, axis=1) - np.fmin.reduce(xy, axis=1), axis=-1)[:, None]
    xy = xy[:, columns]
    step = _length(np.diff(xy, axis=0))
    around = np.pad(step, ((1, 1), (0, 0)))
    cut[1:] = ~(step - np.fmax(around[:-2], around[2:]) <= limit[1:])
    there_and_back = np.minimum(step[:-1], step[1:]) - _length(xy[2:] - xy[:-2])
    glitch = ~(there_and_back <= limit[1:-1])
    cut[1:-1] |= glitch
    cut[2:] |= glitch
    return np.cumsum(cut, axis=0)


def distance(frames: NDArray[np.intp], jumps: NDArray[np.int64], *, stride: int) -> Floats:
    """Return how far corrections are carried over so many frames with so many jumps: 1 is a fall to 1/e."""
    return np.abs(frames) / (REACH_STRIDES * stride) + np.abs(jumps) * 2 * FADED


def weights(before: Floats, after: Floats) -> tuple[Floats, Floats]:
    """Return what the labels before and after weigh at some distances from them (infinite where there is none).

    Both fade alone as ``exp(-distance)``; between two labels they are ``sinh`` shares, which sum to 1 where these are
    close together. From `FADED` on a label weighs nothing at all.
    """
    near_before, near_after = np.clip(before, 1e-9, 2 * FADED), np.clip(after, 1e-9, 2 * FADED)
    near_before = np.where(near_before < FADED, near_before, 2 * FADED)
    near_after = np.where(near_after < FADED, near_after, 2 * FADED)
    whole = -np.expm1(-2 * (near_before + near_after))
    w_before = np.exp(-near_before) * -np.expm1(-2 * near_after) / whole
    w_after = np.exp(-near_after) * -np.expm1(-2 * near_before) / whole
    return np.where(near_before < FADED, w_before, 0.0), np.where(near_after < FADED, w_after, 0.0)


@dataclass(frozen=True)
class Carrier:
    """The predictions around a stretch of frames, ready to be moved by corrections.

    Attributes
    ----------
    xy : (T, K, 2) float32 array
        Predictions of the whole clip.
    jumps : dict
        Joint -> its jumps (W,) up to each frame from `first` on.
    first, stride : int
    """

    xy: NDArray[np.float32]
    jumps: dict[int, NDArray[np.int64]]
    first: int
    stride: int

    @classmethod
    def around(cls, xy: NDArray[np.float32], rows: slice, *, joints: Sequence[int], stride: int) -> "Carrier":
        """Return what is needed to move some joints in a stretch of frames, as far as labels beside it reach."""
        first = max(rows.start - reach(stride) - _EDGE, 0)
        jumps = cuts(xy[first : rows.stop + reach(stride) + _EDGE], joints=joints)
        return cls(xy, dict(zip(joints, jumps.T, strict=True)), first, stride)

    def moved(
        self, joint: int, frames: NDArray[np.intp], *, labelled: NDArray[np.intp], values: NDArray[np.float64]
    ) -> Floats:
        """Return where a joint is (M, 2) in predicted frames (M,) beside its labels.

        Parameters
        ----------
        labelled : (N,) array
            The frames of labels around, ascending.
        values : (N, 2) array
            Their places in pixels, NaN where the joint is absent; such a label carries nothing.
        """
        off = np.full((len(labelled) + 1, 2), np.nan)
        inside = labelled < len(self.xy)
        off[:-1][inside] = values[inside] - self.xy[labelled[inside], joint]
        known = np.isfinite(off[:, 0])
        after = np.searchsorted(labelled, frames)
        result = self.xy[frames, joint].astype(np.float64)
        near = [np.where(known[n], self._distance(joint, frames, labelled, n), np.inf) for n in (after - 1, after)]
        for weight, label in zip(weights(*near), (after - 1, after), strict=True):
            result += weight[:, None] * np.where(known[label, None], off[label], 0.0)
        return np.asarray(result)

    def _distance(
        self, joint: int, frames: NDArray[np.intp], labelled: NDArray[np.intp], label: NDArray[np.intp]
    ) -> Floats:
        """Return how far frames (M,) are from one label each (M,); -1 and N stand for no label."""
        at = labelled[np.clip(label, 0, len(labelled) - 1)]
        jumps = self.jumps[joint]
        counted = jumps[np.clip(at, self.first, self.first + len(jumps) - 1) - self.first]
        here = jumps[frames - self.first]
        away = distance(frames - at, here - counted, stride=self.stride)
        return np.asarray(np.where((label < 0) | (label == len(labelled)), np.inf, away))


def _length(way: Floats) -> Floats:
    return np.hypot(way[..., 0], way[..., 1])
