"""The memories learn faster on small parts of the maps: their convolutions are the same everywhere."""

from typing import TypeAlias

import torch

from inference.smoothing.convlstm import BiConvLSTMC, BiConvLSTMS

Memories: TypeAlias = BiConvLSTMS | BiConvLSTMC

_OF_PLACES = ("peephole_", "gate_bias")


def placeless_twin(model: Memories, *, n_joints: int) -> Memories:
    """Return the model for maps of any size: its weights of places are one number for each map.

    Those of the model must be the same everywhere, as they are before training.
    """
    twin = type(model)(n_joints, map_size=1)
    weights = model.state_dict()
    twin.load_state_dict(
        {name: value[..., :1, :1].clone() if _of_places(name) else value for name, value in weights.items()}
    )
    return twin


def take_over(model: Memories, twin: Memories) -> None:
    """Give a model what its placeless twin has learned, in place."""
    learned = twin.state_dict()
    with torch.no_grad():
        model.load_state_dict({name: learned[name].expand(value.shape) for name, value in model.state_dict().items()})


def _of_places(name: str) -> bool:
    return any(part in name for part in _OF_PLACES)
