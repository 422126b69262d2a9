"""Weights that were trained and not yet decided about: kept aside until a person uses or discards them."""

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from annotation.errors import BetascopeError, ModelFileError
from annotation.formats.files import write_json
from annotation.model_cards import WEIGHTS_SUFFIX, card_path, read_card

UNDECIDED = "undecided"
"""The folder, within that of a person's models, in which weights wait; nothing there can be chosen."""
_SUMMARY = "summary.json"


@dataclass(frozen=True)
class TrainedModel:
    """Weights that wait to be used or discarded.

    Attributes
    ----------
    weights : Path
        With their card beside them.
    summary : mapping
        What the job said (`app.training_jobs`).
    """

    weights: Path
    summary: Mapping[str, Any]

    @property
    def name(self) -> str:
        """What a person will choose it by."""
        return self.weights.stem


def keep_aside(output: Path, summary: Mapping[str, Any], *, models: Path) -> TrainedModel:
    """Move what a training made to where it waits; what waited there before goes.

    Raises
    ------
    ModelFileError
        If the job made no weights, or they cannot be moved.
    """
    found = sorted(output.glob(f"*{WEIGHTS_SUFFIX}"))
    if len(found) != 1:
        raise ModelFileError("The training ended without weights. Start it again.")
    read_card(found[0])
    folder = models / UNDECIDED
    try:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        for path in (found[0], card_path(found[0])):
            shutil.move(path, folder / path.name)
    except OSError as error:
        raise ModelFileError(f"The weights cannot be kept in {folder} ({error.strerror}). Free space there.") from error
    write_json(_finite(summary), folder / _SUMMARY)
    return TrainedModel(folder / found[0].name, summary)


def undecided(models: Path) -> TrainedModel | None:
    """Return the weights that wait; None if none do, or what is there cannot be read."""
    try:
        weights = next((models / UNDECIDED).glob(f"*{WEIGHTS_SUFFIX}"), None)
        if weights is None:
            return None
        read_card(weights)
        summary = json.loads((models / UNDECIDED / _SUMMARY).read_text(encoding="utf-8"))
    except (OSError, ValueError, BetascopeError):
        return None
    return TrainedModel(weights, summary) if isinstance(summary, dict) else None


def use(trained: TrainedModel, *, models: Path) -> str:
    """Put weights where they can be chosen and return their name, which no others there have.

    Raises
    ------
    ModelFileError
        If they cannot be moved; they wait on then.
    """
    target, number = models / trained.weights.name, 1
    while target.exists() or card_path(target).exists():
        number += 1
        target = models / f"{trained.name}-{number}{WEIGHTS_SUFFIX}"
    try:
        shutil.copy(card_path(trained.weights), card_path(target))
        shutil.copy(trained.weights, target)
    except OSError as error:
        card_path(target).unlink(missing_ok=True)
        why = f"The weights cannot be put into {models} ({error.strerror}). Free space there."
        raise ModelFileError(why) from error
    discard(trained)
    return target.stem


def discard(trained: TrainedModel) -> None:
    """Remove weights that wait."""
    shutil.rmtree(trained.weights.parent, ignore_errors=True)


def _finite(value: Any) -> Any:
    """Return a summary as JSON can hold it: numbers that are none become null."""
    if isinstance(value, float):
        return value if abs(value) < float("inf") else None
    if isinstance(value, Mapping):
        return {str(name): _finite(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(each) for each in value]
    return value
