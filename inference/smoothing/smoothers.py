"""A smoother ready for use: a classical one, or a learned one with its weights."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from annotation.model_cards import ModelCard, SmootherEntry, missing_weights, smoother_entry
from annotation.skeletons import load_skeleton
from inference.smoothing.classical import Butterworth, Classical, Identity, Median, OneEuro, SavitzkyGolay
from inference.smoothing.steadying import Steadiness

if TYPE_CHECKING:
    from inference.smoothing.checkpoints import Checkpoint

_LOOSEST_HZ, _TIGHTEST_HZ = 12.0, 1.0
"""Cutoffs at strength 0 and 1."""
_STEADIEST = 10.0
"""How many times the usual weight accelerations have at strength 1."""


@dataclass(frozen=True)
class Smoother:
    """What smooths.

    Attributes
    ----------
    entry : SmootherEntry
    checkpoint : Checkpoint or None
        None for the classical ones.
    name : str
        Of the weights, or the key.
    """

    entry: SmootherEntry
    checkpoint: "Checkpoint | None" = None
    name: str = ""

    @property
    def card(self) -> ModelCard | None:
        """The card of the weights."""
        return None if self.checkpoint is None else self.checkpoint.card


def open_smoother(name: str, *, skeleton: str, weights: Path | None = None) -> Smoother:
    """Return a classical smoother by its key, or a learned one by its weights.

    Parameters
    ----------
    name : str
        Key of the smoother, where there are no weights.
    skeleton : str
        Of the points to be smoothed.
    weights : Path, optional
        See `annotation.model_cards.weights_for`.

    Raises
    ------
    BetascopeError
        If there is no such smoother, or its weights are missing, unreadable or for another skeleton.
    """
    if weights is None:
        entry = smoother_entry(name)
        if entry.learned:
            raise missing_weights(entry)
        return Smoother(entry, name=name)
    from inference.smoothing.checkpoints import load_checkpoint  # torch takes seconds to import

    checkpoint = load_checkpoint(weights, joints=load_skeleton(skeleton).joints)
    return Smoother(checkpoint.card.entry, checkpoint, weights.stem)


def classical_smoother(key: str, strength: float) -> Classical | Steadiness:
    """Return a classical smoother whose parameters amount to a strength from 0 (nothing) to 1."""
    if strength <= 0:
        return Identity()
    cutoff_hz = _LOOSEST_HZ * (_TIGHTEST_HZ / _LOOSEST_HZ) ** strength
    match key:
        case "steady":
            return Steadiness(weight=Steadiness.weight * _STEADIEST ** (2 * strength - 1))
        case "one-euro":
            return OneEuro(min_cutoff_hz=cutoff_hz)
        case "savitzky-golay":
            return SavitzkyGolay(window_s=0.7 * strength)
        case "butterworth":
            return Butterworth(cutoff_hz=cutoff_hz)
        case "median":
            return Median(window_s=0.35 * strength)
    return Identity()
