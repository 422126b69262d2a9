"""Bidirectional convolutional LSTMs (Andersen 2023, section 3.2; cell: Shi et al. 2015, with a bias of each place)."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from inference.smoothing.glorot import initialise
from inference.smoothing.heatmaps import MAP_SIZE

WIDTH = 128
_N_GATES = 4


class ConvLSTM(nn.Module):
    """A convolutional LSTM whose hidden state has as many channels as its input.

    3 x 3 convolutions, each with bias, of the input and of the hidden state for four gates; peepholes and one more
    bias per gate are full maps. In one direction over the frames of a window.

    Parameters
    ----------
    n_joints : int
        K, the channels of input and state.
    map_size : int
        Height and width of the maps.
    """

    def __init__(self, n_joints: int, *, map_size: int = MAP_SIZE) -> None:
        super().__init__()
        self.of_input = nn.Conv2d(n_joints, _N_GATES * n_joints, 3, padding=1)
        self.of_hidden = nn.Conv2d(n_joints, _N_GATES * n_joints, 3, padding=1)
        place = (n_joints, map_size, map_size)
        self.peephole_input = nn.Parameter(torch.zeros(place))
        self.peephole_forget = nn.Parameter(torch.zeros(place))
        self.peephole_output = nn.Parameter(torch.zeros(place))
        self.gate_bias = nn.Parameter(torch.zeros((_N_GATES, *place)))

    def forward(self, maps: Tensor) -> Tensor:
        """Return the hidden state (B, T, K, h, w) after each frame of maps (B, T, K, h, w)."""
        from_input = _each_frame(self.of_input, maps)
        hidden = cell = torch.zeros_like(from_input[:, 0, : maps.shape[2]])
        states = []
        for frame in range(maps.shape[1]):
            gates = from_input[:, frame] + self.of_hidden(hidden)
            to_input, to_forget, to_cell, to_output = gates.chunk(_N_GATES, dim=1)
            b_input, b_forget, b_cell, b_output = self.gate_bias
            take = torch.sigmoid(to_input + self.peephole_input * cell + b_input)
            keep = torch.sigmoid(to_forget + self.peephole_forget * cell + b_forget)
            cell = keep * cell + take * torch.tanh(to_cell + b_cell)
            hidden = torch.sigmoid(to_output + self.peephole_output * cell + b_output) * torch.tanh(cell)
            states.append(hidden)
        return torch.stack(states, dim=1)


class BiConvLSTMS(nn.Module):
    """Both directions end in maps of their own, which are summed; 1,875,666 parameters for K = 25.

    Parameters
    ----------
    n_joints : int
        K.
    map_size : int
        Height and width of the maps.
    """

    def __init__(self, n_joints: int, *, map_size: int = MAP_SIZE) -> None:
        super().__init__()
        self.forward_memory = ConvLSTM(n_joints, map_size=map_size)
        self.backward_memory = ConvLSTM(n_joints, map_size=map_size)
        self.forward_head = nn.Sequential(*_three(n_joints), *_two(WIDTH, n_joints))
        self.backward_head = nn.Sequential(*_three(n_joints), *_two(WIDTH, n_joints))
        initialise(self)

    def forward(self, maps: Tensor) -> Tensor:
        """Return smoothed maps (B, T, K, h, w) of maps of the same shape."""
        onward = _each_frame(self.forward_head, self.forward_memory(maps))
        back = _each_frame(self.backward_head, self.backward_memory(maps.flip(1)))
        return onward + back.flip(1)


class BiConvLSTMC(nn.Module):
    """Both directions are concatenated before the last two layers; 1,872,313 parameters for K = 25.

    Parameters
    ----------
    n_joints : int
        K.
    map_size : int
        Height and width of the maps.
    """

    def __init__(self, n_joints: int, *, map_size: int = MAP_SIZE) -> None:
        super().__init__()
        self.forward_memory = ConvLSTM(n_joints, map_size=map_size)
        self.backward_memory = ConvLSTM(n_joints, map_size=map_size)
        self.forward_features = nn.Sequential(*_three(n_joints))
        self.backward_features = nn.Sequential(*_three(n_joints))
        self.head = nn.Sequential(*_two(2 * WIDTH, n_joints))
        initialise(self)

    def forward(self, maps: Tensor) -> Tensor:
        """Return smoothed maps (B, T, K, h, w) of maps of the same shape."""
        onward = _each_frame(self.forward_features, self.forward_memory(maps))
        back = _each_frame(self.backward_features, self.backward_memory(maps.flip(1)))
        return _each_frame(self.head, torch.cat((onward, back.flip(1)), dim=2))


def _three(n_joints: int) -> Sequence[nn.Module]:
    first = nn.Conv2d(n_joints, WIDTH, 3, padding=1)
    others = (nn.Conv2d(WIDTH, WIDTH, 3, padding=1) for _ in range(2))
    return [part for convolution in (first, *others) for part in (convolution, nn.ReLU(inplace=True))]


def _two(n_channels: int, n_joints: int) -> Sequence[nn.Module]:
    return [nn.Conv2d(n_channels, WIDTH, 1), nn.ReLU(inplace=True), nn.Conv2d(WIDTH, n_joints, 1)]


def _each_frame(layers: nn.Module, maps: Tensor) -> Tensor:
    """Apply 2D layers to every frame of maps (B, T, C, h, w)."""
    frames: Tensor = layers(maps.flatten(0, 1).contiguous(memory_format=torch.channels_last))
    return frames.reshape(*maps.shape[:2], *frames.shape[1:])
