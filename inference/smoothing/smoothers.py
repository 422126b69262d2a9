"""A smoother ready for use: a classical one, or a learned one with its weights."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import resources
from annotation.model_cards import ModelCard, SmootherEntry, read_card, smoother_entry, weights_for
from annotation.skeletons import load_skeleton
from inference.smoothing.checkpoints import Checkpoint, load_checkpoint
from inference.smoothing.classical import Butterworth, Classical, Identity, Median, OneEuro, SavitzkyGolay

_LOOSEST_HZ, _TIGHTEST_HZ = 12.0, 1.0
"""Cutoffs at strength 0 and 1."""


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
    checkpoint: Checkpoint | None = None
    name: str = ""

    @property
    def card(self) -> ModelCard | None:
        """The card of the weights."""
        return None if self.checkpoint is None else self.checkpoint.card


def open_smoother(name: str, *, skeleton: str, folders: Sequence[Path] = ()) -> Smoother:
    """Return a smoother by its key, the name of weights, or their file.

    Parameters
    ----------
    skeleton : str
        Of the points to be smoothed.
    folders : sequence of Path
        Where weights are looked for, before those that come with the program.

    Raises
    ------
    BetascopeError
        If there is none, its weights are missing or unreadable, or they are for another skeleton.
    """
    weights = weights_for(name, [*folders, resources.resource_path("models")])
    if weights is None:
        return Smoother(smoother_entry(name), name=name)
    checkpoint = load_checkpoint(weights, joints=load_skeleton(skeleton).joints)
    return Smoother(read_card(weights).entry, checkpoint, weights.stem)


def classical_smoother(key: str, strength: float) -> Classical:
    """Return a classical smoother whose parameters amount to a strength from 0 (nothing) to 1."""
    if strength <= 0:
        return Identity()
    cutoff_hz = _LOOSEST_HZ * (_TIGHTEST_HZ / _LOOSEST_HZ) ** strength
    match key:
        case "one-euro":
            return OneEuro(min_cutoff_hz=cutoff_hz)
        case "savitzky-golay":
            return SavitzkyGolay(window_s=0.7 * strength)
        case "butterworth":
            return Butterworth(cutoff_hz=cutoff_hz)
        case "median":
            return Median(window_s=0.35 * strength)
    return Identity()
