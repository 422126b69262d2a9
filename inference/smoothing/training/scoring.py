"""How good a smoother is on windows: loss and PCK in map pixels, relative to the torso, as the thesis measures."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from inference.smoothing.training.data import Window
from inference.smoothing.training.feeding import Batch, Feeder
from inference.smoothing.training.objectives import Objective

THRESHOLDS = (0.05, 0.1, 0.2)
"""Of the torso."""
JOINT_THRESHOLD = 0.1


@dataclass(frozen=True)
class Score:
    """Figures over windows; NaN where there is nothing to score.

    Attributes
    ----------
    loss : float
    pck : tuple of float
        By `THRESHOLDS`, 0..1.
    joints : tuple of float
        PCK at `JOINT_THRESHOLD` of each joint.
    """

    loss: float
    pck: tuple[float, ...]
    joints: tuple[float, ...] = ()

    def named(self) -> dict[str, float]:
        """Return the PCK by name (``pck@0.05``)."""
        return {f"pck@{limit:g}": value for limit, value in zip(THRESHOLDS, self.pck, strict=True)}


def score(
    model: nn.Module | None,
    objective: Objective,
    feeder: Feeder,
    windows: Sequence[Window],
    *,
    seed: int,
    device: torch.device | None = None,
    batch_size: int = 32,
) -> Score:
    """Score a model; None stands for leaving the points as they are.

    The same seed gives the same noise on the same device (default: the model's, or the processor).
    """
    if device is None:
        device = next(model.parameters()).device if model is not None else torch.device("cpu")
    generator = generator_for(device, seed, len(windows))
    n_joints = len(feeder.skeleton)
    hits, scored = torch.zeros((len(THRESHOLDS), n_joints), device=device), torch.zeros(n_joints, device=device)
    losses, n = torch.zeros((), device=device), 0
    was_training = model is not None and model.training
    if model is not None:
        model.eval()
    with torch.inference_mode():
        for start in range(0, len(windows), batch_size):
            batch = feeder.batch(windows[start : start + batch_size], generator)
            points = batch.given
            if model is not None:
                with bfloat16(device, wanted=objective.rough):
                    answer = objective.answer(model, batch)
                losses += objective.loss_of(answer, batch) * len(batch)
                found = objective.points_of(answer)
                points = torch.where(torch.isfinite(found), found, batch.given)
            n += len(batch)
            counted, right = count_right(points, batch)
            hits, scored = hits + right, scored + counted
    if model is not None:
        model.train(was_training)
    pck = (hits.sum(1) / scored.sum()).tolist()
    joints = (hits[THRESHOLDS.index(JOINT_THRESHOLD)] / scored).tolist()
    return Score(float(losses) / n if n and model is not None else float("nan"), tuple(pck), tuple(joints))


def generator_for(device: torch.device, *seeds: int) -> torch.Generator:
    """Return a generator on a device that numbers determine."""
    return torch.Generator(device).manual_seed(int(np.random.default_rng(seeds).integers(2**62)))


def count_right(points: Tensor, batch: Batch) -> tuple[Tensor, Tensor]:
    """Return how many points of each joint (K,) have a truth, and how many are right (N, K) by `THRESHOLDS`."""
    limit = batch.torso.unsqueeze(-1)
    scored = torch.isfinite(batch.truth).all(-1) & (limit > 0)
    off = torch.linalg.vector_norm(points - batch.truth, dim=-1)
    right = [((off < share * limit) & scored).sum((0, 1)) for share in THRESHOLDS]
    return scored.sum((0, 1)), torch.stack(right)


def bfloat16(device: torch.device, *, wanted: bool) -> torch.autocast:
    """Compute in bfloat16, if wanted, where that is faster: on GPUs, and on processors with matrix units."""
    faster = device.type == "cuda" or _has_matrix_units()
    return torch.autocast(device.type, torch.bfloat16, enabled=wanted and faster)


def _has_matrix_units() -> bool:
    """Whether the processor multiplies matrices of bfloat16 in hardware (AMX)."""
    return bool(torch.cpu.get_capabilities().get("amx_tile"))


def thinned(windows: Sequence[Window], most: int) -> Sequence[Window]:
    """Return at most so many windows, evenly spread."""
    if len(windows) <= most:
        return windows
    return [windows[index] for index in np.linspace(0, len(windows) - 1, most).astype(int)]
