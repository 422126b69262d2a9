"""3DConv: one convolution over time and place (Andersen 2023, section 3.1)."""

import torch
from torch import Tensor, nn
from torch.nn.functional import conv2d, pad

from inference.smoothing.glorot import initialise

SPATIAL_KERNEL = 5


class Conv3DSmoother(nn.Module):
    """K filters of T x 5 x 5 over all K maps of a window, zero padding, ReLU; 78,150 parameters for K = 25, T = 5.

    Parameters
    ----------
    n_joints : int
        K.
    n_frames : int
        T, odd.
    """

    def __init__(self, n_joints: int, *, n_frames: int = 5) -> None:
        super().__init__()
        if n_frames % 2 == 0:
            raise ValueError(f"3DConv wants an odd number of frames, not {n_frames}")
        self.n_frames = n_frames
        kernel = (n_frames, SPATIAL_KERNEL, SPATIAL_KERNEL)
        padding = (n_frames // 2, SPATIAL_KERNEL // 2, SPATIAL_KERNEL // 2)
        self.convolution = nn.Conv3d(n_joints, n_joints, kernel, padding=padding)
        initialise(self)

    def forward(self, maps: Tensor) -> Tensor:
        """Return smoothed maps (B, T, K, h, w) of maps of the same shape."""
        return self._convolved(maps, self._over_place()).reshape(maps.shape)

    def middle(self, maps: Tensor) -> Tensor:
        """Return the smoothed maps (B, 1, K, h, w) of the middle frames of windows (B, T, K, h, w).

        No other frame of a window is known from as much of what is round it.
        """
        kernel = self.convolution.weight.transpose(1, 2).flatten(1, 2)
        return self._convolved(maps, kernel).unsqueeze(1)

    def _convolved(self, maps: Tensor, kernel: Tensor) -> Tensor:
        # the same sums as the 3D convolution's, as one in 2D over all maps of a window: twice as fast on CPUs
        frames = maps.flatten(1, 2).contiguous(memory_format=torch.channels_last)
        bias = self.convolution.bias
        assert bias is not None
        bias = bias.repeat(len(kernel) // len(bias))
        return torch.relu(conv2d(frames, kernel, bias, padding=SPATIAL_KERNEL // 2))

    def _over_place(self) -> Tensor:
        """Return the kernel (T K, T K, 5, 5) of the convolution over the maps of all frames side by side."""
        kernel = self.convolution.weight.transpose(1, 2)
        after = self.n_frames // 2
        padded = pad(kernel, (0, 0, 0, 0, 0, 0, after, after))
        rows = [padded[:, 2 * after - frame :][:, : self.n_frames] for frame in range(self.n_frames)]
        return torch.stack(rows).flatten(2, 3).flatten(0, 1)
