"""Checkpoints of the official releases of DeciWatch and SmoothNet; their sizes are read off their tensors."""

import pickle
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from annotation.errors import ModelFileError
from annotation.model_cards import ModelCard, smoother_entry
from annotation.skeletons import Skeleton
from inference.smoothing.catalogue import count_parameters
from inference.smoothing.checkpoints import fill, first_line
from inference.smoothing.deciwatch import DeciWatch
from inference.smoothing.smoothnet import SmoothNet
from inference.smoothing.transformer import Width

_PREFIX = "transformer."
_SAMPLE_EVERY = 10
_FPS = 30.0
_LICENCE = "as its authors say: see the release"


def load_official(path: Path, *, sample_every: int = _SAMPLE_EVERY, n_dims: int = 2, heads: int = 4) -> DeciWatch:
    """Build a DeciWatch from an official checkpoint (``.pth``, ``.pth.tar``).

    Parameters
    ----------
    sample_every, n_dims, heads : int
        What the file does not say: N, the coordinates of a joint, and the attention heads.

    Raises
    ------
    ModelFileError
        If it is no such file.
    """
    return _deciwatch(_state_of(path), path.name, sample_every=sample_every, n_dims=n_dims, heads=heads)


@dataclass(frozen=True)
class Adopted:
    """An official model, and a card for it."""

    model: nn.Module
    card: ModelCard


def adopt(path: Path, *, skeleton: Skeleton) -> Adopted:
    """Build the model of an official checkpoint of 2D poses, and a card that says what it is.

    Parameters
    ----------
    skeleton : Skeleton
        Whose joints DeciWatch was trained for; SmoothNet fits all.

    Raises
    ------
    ModelFileError
        If it is no such file, or made for another number of joints.
    """
    state = _state_of(path)
    if "encoder.0.weight" in state:
        smoothnet = _smoothnet(state, path.name)
        sizes = {"hidden": smoothnet.decoder.in_features, "n_blocks": len(smoothnet.res_blocks)}
        if "res_blocks.0.linear1.weight" in state:
            sizes["bottleneck"] = state["res_blocks.0.linear1.weight"].shape[0]
        return Adopted(smoothnet, _card("smoothnet", path, smoothnet, window=smoothnet.n_frames, options=sizes))
    model = _deciwatch(state, path.name, sample_every=_SAMPLE_EVERY, n_dims=2, heads=4)
    n_joints = model.encoder_embed.in_features // 2
    if n_joints != len(skeleton):
        raise ModelFileError(
            f"{path.name} was trained for {n_joints} joints; {skeleton.title} has {len(skeleton)}. Name the "
            "skeleton it was trained for with --skeleton, or train one: betascope train smoother --model deciwatch."
        )
    options = {"sample_every": _SAMPLE_EVERY, "units": "picture", "width": asdict(model.width)}
    card = _card("deciwatch", path, model, window=_SAMPLE_EVERY + 1, options=options, skeleton=skeleton)
    return Adopted(model, card)


def _card(
    key: str,
    path: Path,
    model: nn.Module,
    *,
    window: int,
    options: Mapping[str, Any],
    skeleton: Skeleton | None = None,
) -> ModelCard:
    entry = smoother_entry(key)
    return ModelCard(
        key,
        f"{entry.title}, official release",
        "" if skeleton is None else skeleton.name,
        () if skeleton is None else skeleton.joints,
        _FPS,
        window,
        count_parameters(model),
        options=options,
        recipe={"file": path.name},
        source=f"official release, {entry.source}",
        licence=_LICENCE,
    )


def _deciwatch(state: Mapping[str, Tensor], name: str, *, sample_every: int, n_dims: int, heads: int) -> DeciWatch:
    below = {key[key.index(_PREFIX) + len(_PREFIX) :]: tensor for key, tensor in state.items() if _PREFIX in key}
    try:
        hidden, size = below["encoder_embed.weight"].shape
        feedforward = below["encoder.layers.0.linear1.weight"].shape[0]
    except (KeyError, ValueError) as error:
        raise ModelFileError(
            f"{name} is no official checkpoint of DeciWatch or SmoothNet: its tensors differ. Choose the file from the "
            "release."
        ) from error
    layers = len({key.split(".")[2] for key in below if key.startswith("encoder.layers.")})
    if size % n_dims or hidden % heads:
        raise ModelFileError(f"{name} has poses of {size} numbers, which are no joints of {n_dims} coordinates.")
    width = Width(hidden, heads, layers, feedforward, pre_norm="encoder.norm.weight" in below)
    model = DeciWatch(size // n_dims, n_dims=n_dims, sample_every=sample_every, width=width)
    fill(model, below, name=name, meant="DeciWatch")
    return model.eval()


def _smoothnet(state: Mapping[str, Tensor], name: str) -> SmoothNet:
    try:
        hidden, n_frames = state["encoder.0.weight"].shape
        bottleneck = state["res_blocks.0.linear1.weight"].shape[0] if "res_blocks.0.linear1.weight" in state else 1
    except ValueError as error:
        raise ModelFileError(f"{name} does not hold SmoothNet. Choose the file from the release.") from error
    n_blocks = len({key.split(".")[1] for key in state if key.startswith("res_blocks.")})
    model = SmoothNet(n_frames=n_frames, hidden=hidden, bottleneck=bottleneck, n_blocks=n_blocks)
    fill(model, state, name=name, meant="SmoothNet with windows that come out as long as they went in")
    return model.eval()


def _state_of(path: Path) -> Mapping[str, Tensor]:
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError as error:
        raise ModelFileError(f"There is no file {path}. Choose the checkpoint from the release.") from error
    except (OSError, RuntimeError, ValueError, EOFError, KeyError, pickle.UnpicklingError) as error:
        raise ModelFileError(
            f"{path.name} is no checkpoint that is safe to load ({first_line(error)}). Download it again."
        ) from error
    state = content.get("state_dict", content) if isinstance(content, dict) else None
    if not isinstance(state, dict) or not all(isinstance(tensor, Tensor) for tensor in state.values()):
        raise ModelFileError(f"{path.name} holds no weights. Choose the checkpoint from the release.")
    return state
