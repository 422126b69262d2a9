"""Every smoother by its key: how its model is built."""

from collections.abc import Mapping
from typing import Any

from torch import nn

from annotation.errors import ModelFileError
from annotation.model_cards import smoother_entry
from annotation.smoothing_windows import SAMPLE_EVERY
from inference.smoothing.conv3d import Conv3DSmoother
from inference.smoothing.convlstm import BiConvLSTMC, BiConvLSTMS
from inference.smoothing.deciwatch import DeciWatch
from inference.smoothing.smoothnet import SmoothNet
from inference.smoothing.transformer import Width

WINDOWS = {"conv3d": 5, "convlstm-s": 5, "convlstm-c": 5, "deciwatch": 5, "smoothnet": 32}
"""T of each learned smoother unless its card says otherwise, frames."""


def build(
    key: str, *, n_joints: int, n_frames: int | None = None, options: Mapping[str, Any] | None = None
) -> nn.Module:
    """Build an untrained model.

    Parameters
    ----------
    key : str
        Of a learned smoother.
    n_joints : int
        K; makes no difference for SmoothNet.
    n_frames : int, optional
        T (default: `WINDOWS`).
    options : mapping, optional
        ``sample_every`` and ``width`` (the fields of `Width`) of DeciWatch; ``hidden``, ``bottleneck`` and ``n_blocks``
        of SmoothNet; others are for those who feed the model.

    Raises
    ------
    BetascopeError
        If there is no such smoother.
    ModelFileError
        If it cannot be built like that.
    """
    entry, wishes = smoother_entry(key), dict(options or {})
    n_frames = n_frames or WINDOWS.get(key, 0)
    try:
        match key:
            case "conv3d":
                return Conv3DSmoother(n_joints, n_frames=n_frames)
            case "convlstm-s":
                return BiConvLSTMS(n_joints)
            case "convlstm-c":
                return BiConvLSTMC(n_joints)
            case "deciwatch":
                width = Width(**wishes.get("width", {}))
                return DeciWatch(n_joints, sample_every=int(wishes.get("sample_every", SAMPLE_EVERY)), width=width)
            case "smoothnet":
                sizes = {name: int(wishes[name]) for name in ("hidden", "bottleneck", "n_blocks") if name in wishes}
                return SmoothNet(n_frames=n_frames, **sizes)
    except (TypeError, ValueError, AssertionError) as error:
        raise ModelFileError(f"{entry.title} cannot be built like that ({error}). Copy or train it again.") from error
    raise ModelFileError(f"{entry.title} is not learned and has no weights.")


def count_parameters(model: nn.Module) -> int:
    """Return how many numbers of a model are learned."""
    return sum(parameter.numel() for parameter in model.parameters())
