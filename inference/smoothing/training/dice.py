"""Random numbers on the device of the points they are for."""

from math import log

import torch
from torch import Tensor


class Dice:
    """Draws tensors of the type and on the device of others.

    Parameters
    ----------
    like : tensor
        Of floats.
    generator : torch.Generator
        On the device of `like`.
    """

    def __init__(self, like: Tensor, generator: torch.Generator) -> None:
        self._generator = generator
        self._dtype, self._device = like.dtype, like.device

    @property
    def dtype(self) -> torch.dtype:
        """Of what is drawn."""
        return self._dtype

    @property
    def device(self) -> torch.device:
        """Where they are drawn."""
        return self._device

    def tensor(self, *values: float) -> Tensor:
        """Return numbers as a tensor."""
        return torch.tensor(values, dtype=self._dtype, device=self._device)

    def normal(self, *shape: int) -> Tensor:
        """Draw from the normal distribution of variance 1."""
        return torch.randn(shape, generator=self._generator, dtype=self._dtype, device=self._device)

    def uniform(self, low: float, high: float, *shape: int) -> Tensor:
        """Draw evenly from an interval."""
        drawn = torch.rand(shape, generator=self._generator, dtype=self._dtype, device=self._device)
        return low + (high - low) * drawn

    def spread_out(self, low: float, high: float, *shape: int) -> Tensor:
        """Draw from an interval so that every factor is as likely as any other."""
        return self.uniform(log(low), log(high), *shape).exp()

    def integers(self, end: int, *shape: int, first: int = 0) -> Tensor:
        """Draw whole numbers from `first` up to, but without, `end`."""
        return torch.randint(first, end, shape, generator=self._generator, device=self._device)

    def chance(self, share: float, *shape: int) -> Tensor:
        """Return what is true for a share of all."""
        return self.uniform(0, 1, *shape) < share
