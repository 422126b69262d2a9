"""The figures of each epoch, as a file."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from inference.smoothing.training.trainer import EpochFigures

HISTORY_FILE = "history.json"


def write_history(folder: Path, history: "Sequence[EpochFigures]") -> None:
    """Write the figures of each epoch into a folder."""
    text = json.dumps([{"epoch": figures.epoch, **figures.named()} for figures in history], indent=1)
    (folder / HISTORY_FILE).write_text(text + "\n", encoding="utf-8")
