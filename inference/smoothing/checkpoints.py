"""Weights on the disk: safetensors with a model card beside them, and the official releases of DeciWatch."""

import pickle
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from annotation.errors import ModelFileError
from annotation.model_cards import ModelCard, check_joints, read_card, write_card
from inference.smoothing.catalogue import build
from inference.smoothing.deciwatch import DeciWatch
from inference.smoothing.transformer import Width

_OFFICIAL_PREFIX = "transformer."
_OFFICIAL_SAMPLING = 10
_HEADER = {"format": "pt"}


@dataclass(frozen=True)
class Checkpoint:
    """A model with its trained weights, float32, ready to be evaluated, and its card."""

    model: nn.Module
    card: ModelCard


def save_checkpoint(weights: Path, model: nn.Module, card: ModelCard, *, dtype: torch.dtype = torch.float32) -> None:
    """Write weights and their card; `dtype` is what floats are stored as.

    Both files are complete or not there.
    """
    tensors = {name: tensor.detach().to("cpu", dtype).contiguous() for name, tensor in model.state_dict().items()}
    weights.parent.mkdir(parents=True, exist_ok=True)
    draft = weights.with_name(f"{weights.name}.new")
    save_file(tensors, draft, metadata=_HEADER)
    write_card(weights, card)
    draft.replace(weights)


def load_checkpoint(weights: Path, *, joints: Sequence[str] | None = None) -> Checkpoint:
    """Read weights with their card.

    Parameters
    ----------
    joints : sequence of str, optional
        The joints that are to be smoothed, in order.

    Raises
    ------
    ModelFileError
        If the files are missing, damaged, somebody else's, or made for other joints.
    """
    card = read_card(weights)
    if joints is not None:
        check_joints(card, joints, name=weights.name)
    model = build(card.model, n_joints=len(card.joints), n_frames=card.window, options=card.options)
    _fill(model, _read(weights), name=weights.name, meant=f"the {card.entry.title} its card describes")
    return Checkpoint(model.eval(), card)


def load_official(path: Path, *, sample_every: int = _OFFICIAL_SAMPLING, n_dims: int = 2, heads: int = 4) -> DeciWatch:
    """Build a DeciWatch from an official checkpoint (``.pth``, ``.pth.tar``); its sizes are read off its tensors.

    Parameters
    ----------
    sample_every, n_dims, heads : int
        What the file does not say: N, the coordinates of a joint, and the attention heads.

    Raises
    ------
    ModelFileError
        If it is no such file.
    """
    state = {
        name[name.index(_OFFICIAL_PREFIX) + len(_OFFICIAL_PREFIX) :]: tensor
        for name, tensor in _official_state(path).items()
        if _OFFICIAL_PREFIX in name
    }
    try:
        hidden, size = state["encoder_embed.weight"].shape
        feedforward = state["encoder.layers.0.linear1.weight"].shape[0]
    except (KeyError, ValueError) as error:
        raise ModelFileError(
            f"{path.name} is no official DeciWatch checkpoint: its tensors differ. Choose the file from the release."
        ) from error
    layers = len({name.split(".")[2] for name in state if name.startswith("encoder.layers.")})
    if size % n_dims or hidden % heads:
        raise ModelFileError(f"{path.name} has poses of {size} numbers, which are no joints of {n_dims} coordinates.")
    width = Width(hidden, heads, layers, feedforward, pre_norm="encoder.norm.weight" in state)
    model = DeciWatch(size // n_dims, n_dims=n_dims, sample_every=sample_every, width=width)
    _fill(model, state, name=path.name, meant="DeciWatch")
    return model.eval()


def _official_state(path: Path) -> Mapping[str, Tensor]:
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError as error:
        raise ModelFileError(f"There is no file {path}. Choose the checkpoint from the release.") from error
    except (OSError, RuntimeError, ValueError, EOFError, KeyError, pickle.UnpicklingError) as error:
        raise ModelFileError(
            f"{path.name} is no checkpoint that is safe to load ({_first_line(error)}). Download it again."
        ) from error
    state = content.get("state_dict", content) if isinstance(content, dict) else None
    if not isinstance(state, dict) or not all(isinstance(tensor, Tensor) for tensor in state.values()):
        raise ModelFileError(f"{path.name} holds no weights. Choose the checkpoint from the release.")
    return state


def _read(weights: Path) -> dict[str, Tensor]:
    try:
        return load_file(weights)
    except FileNotFoundError as error:
        raise ModelFileError(f"There is no file {weights}. Copy it beside its model card.") from error
    except (SafetensorError, OSError, ValueError) as error:
        raise ModelFileError(
            f"{weights.name} is damaged or no safetensors file ({_first_line(error)}). Copy or train it again."
        ) from error


def _fill(model: nn.Module, state: Mapping[str, Tensor], *, name: str, meant: str) -> None:
    """Put weights into a model, all of them and nothing else."""
    wanted = {key: tuple(tensor.shape) for key, tensor in model.state_dict().items()}
    given = {key: tuple(tensor.shape) for key, tensor in state.items()}
    if wanted != given:
        wrong = sorted(key for key in wanted.keys() | given.keys() if wanted.get(key) != given.get(key))
        raise ModelFileError(
            f"{name} does not hold {meant}: {wrong[0]} is not what it should be. Copy or train it again."
        )
    if not all(bool(torch.isfinite(tensor).all()) for tensor in state.values()):
        raise ModelFileError(f"{name} holds weights that are no numbers. Copy or train it again.")
    model.load_state_dict({key: tensor.float() for key, tensor in state.items()})


def _first_line(error: Exception) -> str:
    return next(iter(str(error).strip().splitlines()), type(error).__name__)
