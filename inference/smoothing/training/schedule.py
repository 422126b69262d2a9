"""How long and how fast a smoother learns."""

from dataclasses import dataclass, replace
from enum import Enum

import numpy as np


class Decay(Enum):
    """How the learning rate falls."""

    PLATEAU = "plateau"
    """By a factor of 10 after five epochs without a better validation loss; ten end the training."""
    COSINE = "cosine"
    """Steadily, to nothing in the last epoch."""


@dataclass(frozen=True)
class Schedule:
    """The default is that of Andersen 2023, section 5.2.3: Adam with betas 0.9 and 0.999, mean squared error.

    Attributes
    ----------
    learning_rate : float
    batch_size : int
    max_epochs : int
    decay : Decay
    batches_per_epoch : int or None
        An epoch is that many random batches; None: every window once.
    warm_up : int
        Batches over which the learning rate rises from nothing.
    averaging : float
        Of the weights over batches (an exponential mean); 0: none.
    as_mean : bool
        Start as a running mean (`starts`) instead of Glorot's distribution alone.
    squared : bool
        For coordinate models: mean squared error, else mean distance.
    scored : int
        At most this many validation windows, evenly spread.
    steepest : float
        Gradients are scaled down to this norm; 0: never.
    ends : int or None
        Training ends after so many epochs, though the rate is spread over `max_epochs`; None: after all.
    """

    learning_rate: float = 1e-3
    batch_size: int = 16
    max_epochs: int = 50
    decay: Decay = Decay.PLATEAU
    batches_per_epoch: int | None = None
    warm_up: int = 0
    averaging: float = 0.0
    as_mean: bool = False
    squared: bool = True
    scored: int = 1_000_000
    steepest: float = 0.0
    ends: int | None = None

    @property
    def last_epoch(self) -> int:
        """The number of the last epoch there can be."""
        return self.max_epochs if self.ends is None else min(self.ends, self.max_epochs)

    def rate(self, *, batch: int, n_batches: int, drops: int) -> float:
        """Return the learning rate of a batch, counted over all epochs, after some drops on a plateau."""
        rate = self.learning_rate * 0.1**drops
        if self.decay is Decay.COSINE:
            rate *= 0.5 * (1 + float(np.cos(np.pi * min(1.0, batch / max(1, n_batches * self.max_epochs)))))
        return rate * min(1.0, (batch + 1) / max(1, self.warm_up))


THESIS = Schedule()
FINE_TUNING = replace(THESIS, learning_rate=1e-4)
"""Andersen 2023, section 6.2."""

PATIENCE_DROP, PATIENCE_STOP = 5, 10
"""Epochs without a better validation loss until the learning rate drops, and until training ends."""


@dataclass(frozen=True)
class Plateau:
    """Where a training stands between a good and the next better epoch.

    Attributes
    ----------
    best_loss : float
    best_epoch : int
        0 before the first.
    waited : int
        Epochs since.
    drops : int
        Of the learning rate so far.
    """

    best_loss: float = float("inf")
    best_epoch: int = 0
    waited: int = 0
    drops: int = 0

    def after(self, epoch: int, loss: float) -> "Plateau":
        """Return where it stands after an epoch."""
        if loss < self.best_loss:
            return Plateau(loss, epoch, 0, self.drops)
        waited = self.waited + 1
        return replace(self, waited=waited, drops=self.drops + (waited % PATIENCE_DROP == 0))

    @property
    def exhausted(self) -> bool:
        """Whether it is no use to go on."""
        return self.waited >= PATIENCE_STOP
