"""Where training starts: the thesis draws all weights from Glorot's distribution; a running mean is nearer the goal."""

from collections.abc import Iterable

import torch
from torch import Tensor, nn

from inference.smoothing.conv3d import Conv3DSmoother
from inference.smoothing.convlstm import BiConvLSTMC, BiConvLSTMS, ConvLSTM
from inference.smoothing.deciwatch import DeciWatch
from inference.smoothing.transformer import EncoderLayer

_CHANCE = 0.1
"""How much of Glorot's weights stays where a running mean is put."""
_BLUR_PX = 1.2
_KEEP = 1.0
"""Bias of the gates that forget and put out: 0.73 of the memory stays."""
_ALMOST_NOTHING = 0.01
_PLACES = 28
"""Channels of a token that hold nothing but its place in time."""
_SHARPNESS = 4.0
"""How much more the poses next to one count than those farther away: twice as much as the next but one."""
_WAY = 0.75
_TOKEN_SPREAD = (0.28, 0.38)
"""Standard deviation of a token's channels before and after the mean of its neighbours is written into it."""


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
                _average_neighbours(model)


def _average_neighbours(model: DeciWatch) -> None:
    """Let the denoising half move each sampled pose most of the way to the mean of the poses sampled round it.

    A token holds its pose in as many channels as it has numbers, behind channels kept free for its place in time; the
    first layer's attention goes by place alone and writes what it finds into channels behind those. For models of 128
    channels and 25 joints; others only begin without a correction.
    """
    for embed in (model.encoder_joints_embed, model.decoder_joints_embed):
        embed.weight *= 0
        nn.init.zeros_(embed.bias)
    size, hidden = model.encoder_embed.in_features, model.encoder_embed.out_features
    free = hidden - 2 * size
    layers = [layer for layer in model.encoder.layers if isinstance(layer, EncoderLayer)]
    first = layers[0].self_attn
    if free < _PLACES or size > hidden // 2 or hidden // first.num_heads < _PLACES:
        return
    own, found = torch.arange(size) + free, torch.arange(size) + free + size
    model.encoder_embed.weight *= _ALMOST_NOTHING
    nn.init.zeros_(model.encoder_embed.bias)
    model.encoder_embed.weight[own, torch.arange(size)] += 1.0
    for layer in layers:
        for part in (layer.self_attn.out_proj.weight, layer.linear2.weight, layer.linear2.bias):
            part *= _ALMOST_NOTHING
    _attend_to_neighbours(first, own=own, found=found)
    model.encoder_joints_embed.weight[torch.arange(size), own] -= _WAY * _TOKEN_SPREAD[1]
    model.encoder_joints_embed.weight[torch.arange(size), found] += _WAY * _TOKEN_SPREAD[1]


def _attend_to_neighbours(attention: nn.MultiheadAttention, *, own: Tensor, found: Tensor) -> None:
    """Let attention weigh tokens by how near in time they are and write their channels `own` into `found`."""
    hidden, n_heads = attention.embed_dim, attention.num_heads
    per_head = hidden // n_heads
    queries, keys, values = attention.in_proj_weight.chunk(3)
    for head in range(-(-len(own) // per_head)):
        rows = slice(head * per_head, (head + 1) * per_head)
        for part in (queries, keys, values):
            part[rows] = 0
        places = torch.arange(_PLACES)
        queries[head * per_head + places, places] = _SHARPNESS**0.5
        keys[head * per_head + places, places] = _SHARPNESS**0.5
    carried = torch.arange(len(own))
    values[carried, own] = 1.0
    values[carried, 0] = -1.0  # takes out the mean that the norm before has subtracted
    attention.out_proj.weight[found] = 0
    attention.out_proj.weight[found, carried] = _TOKEN_SPREAD[0]


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
