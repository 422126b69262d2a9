"""The terms of SMPLify in SPIN's variant (Bogo et al. 2016; Kolotouros et al. 2019) and their weights.

Everything is in the 224-pixel crop of the person, seen by a camera of focal length 5000 at its centre.
"""

import torch
from torch import Tensor

from inference.smplify.prior import PosePrior

CROP_PX, FOCAL_PX = 224.0, 5000.0
GMOF_PX = 100.0
PRIOR, ANGLE, SHAPE, DEPTH = 4.78, 15.2, 5.0, 100.0
"""Weights; each enters squared, the prior and the angles once more in themselves."""

HINGES = {55 - 3: 1.0, 58 - 3: -1.0, 12 - 3: -1.0, 15 - 3: -1.0}
"""Of the 69 body angles those that bend elbows and knees, and the sign of bending the wrong way."""


def project(points: Tensor) -> Tensor:
    """Return pixels (T, K, 2) of the crop, its centre at 0, of points (T, K, 3) in metres."""
    return points[..., :2] / points[..., 2:] * FOCAL_PX


def gmof(error: Tensor, sigma: float) -> Tensor:
    """Return the Geman-McClure loss ``s² e² / (s² + e²)``, element by element."""
    square = error**2
    loss: Tensor = sigma**2 * square / (sigma**2 + square)
    return loss


def angle_cost(angles: Tensor) -> Tensor:
    """Return the cost (T,) of elbows and knees bent the wrong way, of body angles (T, 69)."""
    signs = angles.new_tensor(list(HINGES.values()))
    cost: Tensor = (torch.exp(angles[:, list(HINGES)] * signs) ** 2).sum(dim=1)
    return cost


def camera_loss(shown: Tensor, xy: Tensor, weight: Tensor, *, depth: Tensor, first_depth: Tensor) -> Tensor:
    """Return the loss (T,) of the first stage: torso joints, squared, and staying at the first depth.

    Parameters
    ----------
    shown, xy : (T, K, 2) tensors
        Pixels of the crop.
    weight : (T, K) tensor
        1 for torso joints that were found, 0 for all others.
    depth, first_depth : (T,) tensors
        Metres.
    """
    off = (weight[..., None] * (shown - xy) ** 2).sum(dim=(1, 2))
    return off + DEPTH**2 * (depth - first_depth) ** 2


def body_loss(
    shown: Tensor, xy: Tensor, confidence: Tensor, *, angles: Tensor, betas: Tensor, prior: PosePrior
) -> tuple[Tensor, Tensor]:
    """Return the loss (T,) of the second stage and its reprojection part (T,).

    Parameters
    ----------
    shown, xy : (T, K, 2) tensors
    confidence : (T, K) tensor
        0 for joints that are left out.
    angles : (T, 69) tensor
    betas : (T, B) tensor
    """
    reprojection = (confidence**2 * gmof(shown - xy, GMOF_PX).sum(dim=-1)).sum(dim=-1)
    pose = PRIOR**2 * prior.cost(angles) + ANGLE**2 * angle_cost(angles)
    return reprojection + pose + SHAPE**2 * (betas**2).sum(dim=-1), reprojection
