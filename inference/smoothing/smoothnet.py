"""SmoothNet (Zeng et al. 2022): every coordinate for itself over time, so one set of weights fits every skeleton."""

from torch import Tensor, nn


class SmoothNet(nn.Module):
    """Linear layers over the frames of a window; 50,224 parameters for 32 frames, whatever the joints.

    Parameters
    ----------
    n_frames : int
        T.
    hidden, bottleneck, n_blocks : int
        Widths of the layers and of the residual blocks, and how many of those.
    dropout : float
    """

    def __init__(
        self, *, n_frames: int = 32, hidden: int = 512, bottleneck: int = 16, n_blocks: int = 1, dropout: float = 0.5
    ) -> None:
        super().__init__()
        self.n_frames = n_frames
        self.encoder = nn.Sequential(nn.Linear(n_frames, hidden), nn.LeakyReLU(0.1))
        self.res_blocks = nn.ModuleList(_Block(hidden, bottleneck, dropout=dropout) for _ in range(n_blocks))
        self.decoder = nn.Linear(hidden, n_frames)

    def forward(self, points: Tensor) -> Tensor:
        """Return smoothed points (B, T, K, D) of points of the same shape."""
        over_time = self.encoder(points.movedim(1, -1))
        for block in self.res_blocks:
            over_time = block(over_time)
        smoothed: Tensor = self.decoder(over_time)
        return smoothed.movedim(-1, 1)


class _Block(nn.Module):
    """Two layers whose answer is added to what came in."""

    def __init__(self, hidden: int, bottleneck: int, *, dropout: float) -> None:
        super().__init__()
        self.linear1 = nn.Linear(hidden, bottleneck)
        self.linear2 = nn.Linear(bottleneck, hidden)
        self.dropout = nn.Dropout(dropout)
        self.activation = nn.LeakyReLU(0.2)

    def forward(self, values: Tensor) -> Tensor:
        """Return values (..., H) of values of the same shape."""
        inner = self.activation(self.dropout(self.linear1(values)))
        outer: Tensor = self.activation(self.dropout(self.linear2(inner)))
        return values + outer
