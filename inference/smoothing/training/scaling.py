"""Maps of a useful size while training, and weights that work on maps summing to 255 all the same.

A map that sums to 255 is 40 high; in the memories' gates that is far beyond where a sigmoid still changes. So models
are trained on maps of height 1, and the factor is put into their first and last weights afterwards: an exact change of
unit, as everything between is untouched.
"""

from math import pi

import torch
from torch import nn

from inference.smoothing.conv3d import Conv3DSmoother
from inference.smoothing.convlstm import BiConvLSTMC, BiConvLSTMS
from inference.smoothing.heatmaps import MAP_SUM, NARROWEST

MAP_SCALE = 2 * pi * NARROWEST**2 / MAP_SUM
"""Makes the target maps 1 high."""


def fold_scale(model: nn.Module, scale: float = MAP_SCALE) -> None:
    """Make a model that takes and gives maps times `scale` take and give maps, in place; others stay as they are."""
    with torch.no_grad():
        match model:
            case Conv3DSmoother():
                assert model.convolution.bias is not None
                model.convolution.bias /= scale
            case BiConvLSTMS():
                heads = (model.forward_head[-1], model.backward_head[-1])
                _fold(model, heads, scale)
            case BiConvLSTMC():
                _fold(model, (model.head[-1],), scale)


def unfold_scale(model: nn.Module, scale: float = MAP_SCALE) -> None:
    """Undo `fold_scale`."""
    fold_scale(model, 1 / scale)


def _fold(model: BiConvLSTMS | BiConvLSTMC, last: tuple[nn.Module, ...], scale: float) -> None:
    for memory in (model.forward_memory, model.backward_memory):
        memory.of_input.weight *= scale
    for layer in last:
        assert isinstance(layer, nn.Conv2d) and layer.bias is not None
        layer.weight /= scale
        layer.bias /= scale
