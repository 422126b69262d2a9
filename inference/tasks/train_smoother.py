"""The job ``train_smoother``: weights of a smoother, from motion that is made up or from clips of points."""

from pathlib import Path
from typing import Any

from annotation.errors import JobError
from annotation.model_cards import WEIGHTS_SUFFIX
from inference.jobs import TaskContext
from inference.smoothing.training.job import listener_of, motion_for, number, recipe_for, write_history


def run(context: TaskContext) -> dict[str, Any]:
    """Train; writes ``NAME.safetensors``, its card and ``history.json``, and returns their figures.

    Parameters of the job: ``model`` (key), ``name`` (of the weights), ``folder`` (where the training is kept from
    epoch to epoch; it is gone on with there), ``preset`` (``shipped`` or ``thesis``), for the latter ``experiment``
    (1, 2, 3) and ``k``; ``seed``, ``epochs`` (number or null), ``climbs`` and ``views`` of the motion, or ``data``
    (COCO keypoint files); ``command`` for the card. Events: `Measured` after each epoch.

    Raises
    ------
    JobError
        If a parameter makes no sense.
    BetascopeError
        If the data or the training are no good.
    """
    from inference.smoothing.training import recipes  # torch takes seconds to import

    parameters = context.parameters
    recipe = recipe_for(parameters)
    folder, name = Path(str(parameters["folder"])), str(parameters.get("name") or recipe.model)
    sequences = motion_for(parameters, folder=folder, report=context.report)
    made = recipes.make(recipe, sequences, folder=folder, listener=listener_of(context, recipe.model))
    data = "clips of points" if parameters.get("data") else "synthesised motion only"
    card = recipes.card_of(
        recipe,
        made,
        skeleton=sequences[0].skeleton,
        fps=recipes.rate_of(sequences),
        data=f"{data}: {len(sequences)} sequences",
        command=str(parameters.get("command", "")),
    )
    weights = context.output / f"{name}{WEIGHTS_SUFFIX}"
    recipes.save(made, card, weights, half=bool(number(parameters, "half", 1, least=0, most=1)))
    write_history(context.output, made.trained.history)
    if context.output.is_dir() and not weights.exists():
        raise JobError(f"{weights} could not be written. Free some space and train again; it goes on where it was.")
    return {"model": recipe.model, "name": name, "weights": weights.name, "figures": dict(card.figures)}
