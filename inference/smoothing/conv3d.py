"""3DConv: one convolution over time and place (seed 001, section 3.1)."""

import torch
from torch import Tensor, nn

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
        smoothed: Tensor = self.convolution(maps.transpose(1, 2))
        return torch.relu(smoothed).transpose(1, 2)
