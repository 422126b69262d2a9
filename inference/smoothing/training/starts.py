"""Where training starts: the thesis draws all weights from Glorot's distribution; a running mean is nearer the goal."""

from collections.abc import Iterable

import torch
from torch import Tensor, nn

from inference.smoothing.conv3d import Conv3DSmoother
from inference.smoothing.convlstm import BiConvLSTMC, BiConvLSTMS, ConvLSTM
from inference.smoothing.deciwatch import DeciWatch

_CHANCE = 0.1
"""How much of Glorot's weights stays where a running mean is put."""
_BLUR_PX = 1.2
_KEEP = 1.0
"""Bias of the gates that forget and put out: 0.73 of the memory stays."""


def start_as_mean(model: nn.Module) -> None:
    """Make an untrained model begin as a mean over frames, each joint for itself, in place.

    Its other weights stay as Glorot's distribution gave them. For maps about 1 high.
    """
    with torch.no_grad():
        match model:
            case Conv3DSmoother():
                weight = model.convolution.weight
                weight *= _CHANCE
                for joint in range(len(weight)):
                    weight[joint, joint] += _blur(weight.shape[-1]) / weight.shape[2]
            case BiConvLSTMS():
                for memory in (model.forward_memory, model.backward_memory):
                    _remember(memory)
                for head in (model.forward_head, model.backward_head):
                    _pass_on(head)
                    _gain(head[-1], 0.5)
            case BiConvLSTMC():
                for memory in (model.forward_memory, model.backward_memory):
                    _remember(memory)
                for features in (model.forward_features, model.backward_features):
                    _pass_on(features)
                _merge(model.head)
            case DeciWatch():
                for embed in (model.encoder_joints_embed, model.decoder_joints_embed):
                    embed.weight *= _CHANCE


def _remember(memory: ConvLSTM) -> None:
    """Let each joint's map be taken into the cell, kept for some frames and put out."""
    n = memory.of_hidden.weight.shape[1]
    for convolution in (memory.of_input, memory.of_hidden):
        convolution.weight *= _CHANCE
    cell = memory.of_input.weight[2 * n : 3 * n]
    cell[torch.arange(n), torch.arange(n), 1, 1] += 1.0
    memory.gate_bias[1] += _KEEP
    memory.gate_bias[3] += _KEEP


def _pass_on(layers: Iterable[nn.Module]) -> None:
    """Let the first K channels of each convolution be those before it."""
    convolutions = [layer for layer in layers if isinstance(layer, nn.Conv2d)]
    n = convolutions[0].in_channels
    for convolution in convolutions:
        _one_to_one(convolution.weight, n, offset=0, chance=_CHANCE)


def _merge(head: Iterable[nn.Module]) -> None:
    """Let the mean of both directions be put out."""
    first, last = (layer for layer in head if isinstance(layer, nn.Conv2d))
    n = last.out_channels
    _one_to_one(first.weight, n, offset=0, chance=_CHANCE, share=0.5)
    _one_to_one(first.weight, n, offset=first.in_channels // 2, chance=1.0, share=0.5)
    _one_to_one(last.weight, n, offset=0, chance=_CHANCE)


def _one_to_one(weight: Tensor, n: int, *, offset: int, chance: float, share: float = 1.0) -> None:
    weight[:n] *= chance
    middle = weight.shape[-1] // 2
    weight[torch.arange(n), torch.arange(n) + offset, middle, middle] += share


def _gain(layer: nn.Module, factor: float) -> None:
    assert isinstance(layer, nn.Conv2d)
    layer.weight *= factor


def _blur(size: int) -> Tensor:
    """Return a Gaussian (size, size) that sums to 1."""
    profile = torch.exp(-0.5 * ((torch.arange(size) - size // 2) / _BLUR_PX) ** 2)
    kernel = profile[:, None] * profile[None]
    return kernel / kernel.sum()
