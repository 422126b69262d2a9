"""Weights on the disk: safetensors with a model card beside them."""

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
    fill(model, _read(weights), name=weights.name, meant=f"the {card.entry.title} its card describes")
    return Checkpoint(model.eval(), card)


def _read(weights: Path) -> dict[str, Tensor]:
    try:
        return load_file(weights)
    except FileNotFoundError as error:
        raise ModelFileError(f"There is no file {weights}. Copy it beside its model card.") from error
    except (SafetensorError, OSError, ValueError) as error:
        raise ModelFileError(
            f"{weights.name} is damaged or no safetensors file ({first_line(error)}). Copy or train it again."
        ) from error


def fill(model: nn.Module, state: Mapping[str, Tensor], *, name: str, meant: str) -> None:
    """Put weights into a model, all of them and nothing else.

    Raises
    ------
    ModelFileError
        If they are others, or no numbers; `name` and `meant` say whose they are and should be.
    """
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


def first_line(error: Exception) -> str:
    """Return what an error of a library says in short."""
    return next(iter(str(error).strip().splitlines()), type(error).__name__)
