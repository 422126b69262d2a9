"""Taking in somebody else's weights: our own from another machine, or an official release."""

from pathlib import Path
from typing import Any

from annotation.model_cards import WEIGHTS_SUFFIX
from annotation.skeletons import load_skeleton
from inference.jobs import TaskContext
from inference.smoothing.checkpoints import load_checkpoint, save_checkpoint
from inference.smoothing.official import adopt


def run(context: TaskContext) -> dict[str, Any]:
    """Read weights and write them with their card.

    Parameters of the job: ``file`` (``.safetensors`` with a card beside it, or an official checkpoint), ``name`` (of
    the weights from now on) and ``skeleton`` (of an official checkpoint).

    Returns
    -------
    dict
        Name, model, parameters, and skeleton ("" if any will do).

    Raises
    ------
    ModelFileError
        If the file cannot be read, or is something else.
    """
    path, name = Path(str(context.parameters["file"])), str(context.parameters["name"])
    found = (
        load_checkpoint(path)
        if path.suffix == WEIGHTS_SUFFIX
        else adopt(path, skeleton=load_skeleton(str(context.parameters["skeleton"])))
    )
    save_checkpoint(context.output / f"{name}{WEIGHTS_SUFFIX}", found.model, found.card)
    card = found.card
    return {"name": name, "model": card.model, "n_parameters": card.n_parameters, "skeleton": card.skeleton}
