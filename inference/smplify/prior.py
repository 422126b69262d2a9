"""The pose prior of SMPLify: a mixture of Gaussians over the 69 body angles, of which the likeliest one counts."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from annotation.errors import BodyFileError
from annotation.smpl_pickle import read_smpl_pickle

N_ANGLES = 69
PLAIN_SD = 0.4
"""Standard deviation, radians, of every angle in the prior used without the file."""


@dataclass(frozen=True)
class PosePrior:
    """Gaussians over body poses.

    Attributes
    ----------
    means : (M, 69) tensor
        Rotation vectors of the joints 1..23, radians.
    precisions : (M, 69, 69) tensor
    offsets : (M,) tensor
        ``-log(w_k / ((2 pi)^(69 / 2) sqrt|C_k| / min sqrt|C|))``, as in Bogo et al. 2016.
    """

    means: Tensor
    precisions: Tensor
    offsets: Tensor

    def cost(self, angles: Tensor) -> Tensor:
        """Return the negative log-likelihood (T,) of poses (T, 69) under the likeliest Gaussian."""
        away = angles[:, None] - self.means
        square = torch.einsum("tmi,mij,tmj->tm", away, self.precisions, away)
        least: Tensor = (0.5 * square + self.offsets).min(dim=1).values
        return least


def load_prior(path: Path) -> PosePrior:
    """Read ``gmm_08.pkl``, which comes with SMPLify, without running anything it names.

    Raises
    ------
    BodyFileError
        If it is something else.
    """
    content = read_smpl_pickle(path)
    try:
        means, covariances, weights = (np.asarray(content[key], np.float64) for key in ("means", "covars", "weights"))
    except (KeyError, ValueError, TypeError) as error:
        raise BodyFileError(f"{path.name} is no pose prior ({error!r}). Give gmm_08.pkl of SMPLify.") from error
    n = len(weights)
    if means.shape != (n, N_ANGLES) or covariances.shape != (n, N_ANGLES, N_ANGLES) or n == 0:
        raise BodyFileError(
            f"{path.name} is no pose prior of SMPLify: its means have the shape {means.shape} instead of (8, 69). "
            "Give gmm_08.pkl."
        )
    if not (np.isfinite(covariances).all() and (np.linalg.eigvalsh(covariances) > 0).all() and (weights > 0).all()):
        raise BodyFileError(f"{path.name} is a damaged pose prior. Download gmm_08.pkl again.")
    return mixture(means, covariances, weights)


def mixture(means: NDArray[np.float64], covariances: NDArray[np.float64], weights: NDArray[np.float64]) -> PosePrior:
    """Return the prior of a mixture: means (M, 69), covariances (M, 69, 69) and weights (M,)."""
    log_root = 0.5 * np.linalg.slogdet(covariances)[1]
    constant = 0.5 * N_ANGLES * np.log(2 * np.pi)
    offsets = -(np.log(weights) - constant - (log_root - log_root.min()))
    return PosePrior(*(torch.as_tensor(a, dtype=torch.float32) for a in (means, np.linalg.inv(covariances), offsets)))


def plain_prior() -> PosePrior:
    """Return one wide Gaussian about a loosely bent body, for those who do not have the file."""
    mean = np.zeros((23, 3))
    mean[[3, 4], 0] = 0.4
    mean[17, 1], mean[18, 1] = -0.4, 0.4
    return mixture(mean.reshape(1, -1), PLAIN_SD**2 * np.eye(N_ANGLES)[None], np.ones(1))
