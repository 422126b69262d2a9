"""DeciWatch: denoise every Nth pose, recover those between (Zeng et al. 2022; Andersen 2023, section 3.3)."""

from math import pi

import torch
from torch import Tensor, nn

from annotation.smoothing_windows import SAMPLE_EVERY
from inference.smoothing.transformer import Decoder, Encoder, Width

TOKEN_WIDTH = 5
"""Frames whose poses make one token of the recovering half."""
_SLOWEST = 10000.0
_EPSILON = 1e-6


class DeciWatch(nn.Module):
    """Sampled poses are denoised by a transformer's encoder, the others recovered by its decoder.

    1,708,388 parameters for 25 joints, whatever the length of the window. Names and shapes of the state dict are those
    of the official release below ``transformer.``. Sampled are every `sample_every`-th frame and the last one.

    Parameters
    ----------
    n_joints : int
        K.
    n_dims : int
        Coordinates of a joint.
    sample_every : int
        N.
    width : Width
    """

    def __init__(
        self, n_joints: int, *, n_dims: int = 2, sample_every: int = SAMPLE_EVERY, width: Width | None = None
    ) -> None:
        super().__init__()
        self.width = width = width or Width()
        size = n_joints * n_dims
        self.sample_every = sample_every
        self.encoder_embed = nn.Linear(size, width.hidden)
        self.decoder_embed = nn.Conv1d(size, width.hidden, TOKEN_WIDTH, padding=TOKEN_WIDTH // 2)
        self.encoder, self.decoder = Encoder(width), Decoder(width)
        self.encoder_joints_embed = nn.Linear(width.hidden, size)
        self.decoder_joints_embed = nn.Linear(width.hidden, size)
        for parameter in self.parameters():
            if parameter.dim() > 1:
                nn.init.xavier_uniform_(parameter)

    def forward(self, points: Tensor) -> tuple[Tensor, Tensor]:
        """Recover all poses of windows from their sampled ones.

        Parameters
        ----------
        points : (B, T, K, D) tensor
            No NaN; a window has at least two frames.

        Returns
        -------
        recovered : (B, T, K, D) tensor
        denoised : (B, S, K, D) tensor
            The sampled poses, at the frames of `sampled_frames`.
        """
        poses = points.flatten(2)
        frames = sampled_frames(poses.shape[1], self.sample_every).to(poses.device)
        places = positions(poses.shape[1], self.encoder_embed.out_features).to(poses)
        sampled = poses[:, frames]
        memory = self.encoder(self.encoder_embed(sampled), places=places[frames])
        denoised = self.encoder_joints_embed(memory) + sampled
        between = interpolation(poses.shape[1], frames).to(denoised) @ denoised
        tokens = self.decoder_embed(between.transpose(1, 2)).transpose(1, 2)
        decoded = self.decoder(tokens, memory, places=places, memory_places=places[frames])
        recovered = self.decoder_joints_embed(decoded) + between
        return recovered.reshape(points.shape), denoised.reshape(*denoised.shape[:2], *points.shape[2:])


def sampled_frames(n_frames: int, sample_every: int) -> Tensor:
    """Return the frames (S,) a window is known by: every Nth and the last."""
    frames = torch.arange(0, n_frames, sample_every)
    return frames if int(frames[-1]) == n_frames - 1 else torch.cat((frames, torch.tensor([n_frames - 1])))


def interpolation(n_frames: int, frames: Tensor) -> Tensor:
    """Return the matrix (T, S) that interpolates all frames linearly from the sampled ones (Andersen 2023, eq. 26)."""
    if len(frames) == 1:
        return torch.ones((n_frames, 1), device=frames.device)
    every = torch.arange(n_frames, device=frames.device)
    after = torch.searchsorted(frames, every, right=True).clamp(1, len(frames) - 1)
    start, end = frames[after - 1], frames[after]
    share = ((every - start) / (end - start)).unsqueeze(1)
    columns = torch.eye(len(frames), device=frames.device)
    return (1 - share) * columns[after - 1] + share * columns[after]


def positions(n_frames: int, size: int) -> Tensor:
    """Return the sine embedding (T, size) of frames, which run over one turn from the first frame to the last."""
    turns = torch.arange(n_frames, dtype=torch.float32) / (n_frames - 1 + _EPSILON) * 2 * pi
    slowness = _SLOWEST ** (2 * torch.arange(size // 2, dtype=torch.float32) / (size // 2))
    angles = turns.unsqueeze(1) / slowness
    return torch.stack((angles.sin(), angles.cos()), dim=2).flatten(1)
