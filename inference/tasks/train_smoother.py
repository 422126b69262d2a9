"""The job ``train_smoother``: weights of a smoother, from motion that is made up or from clips of points."""

from typing import Any

from annotation.model_cards import WEIGHTS_SUFFIX
from inference.jobs import TaskContext
from inference.smoothing.training.history import write_history
from inference.smoothing.training.job import (
    by_joint,
    listener_of,
    motion_for,
    number,
    recipe_for,
    training_folder,
)


def run(context: TaskContext) -> dict[str, Any]:
    """Train; writes ``NAME.safetensors``, its card and ``history.json``, and returns their figures.

    Parameters of the job: ``model`` (key), ``name`` (of the weights), ``folder`` (where the training is kept from
    epoch to epoch and gone on with; without it the job's folder), ``preset`` (``shipped`` or ``thesis``), for
    the latter ``experiment`` (1, 2, 3) and ``k``; ``seed``, ``epochs`` (number or null), ``climbs`` and ``views`` of
    the motion, or ``data`` (files and folders of points, `training.folders`) and the ``fps`` of those that tell none;
    ``half`` (1: stored in float16), ``device`` (auto, cpu or cuda), ``command`` for the card. The summary has the
    figures on ``held_out`` windows by name for ``identity`` and ``after``, and ``per_joint`` PCK@0.1 of both. Events:
    `Measured` after each epoch.

    Raises
    ------
    JobError
        If a parameter makes no sense.
    BetascopeError
        If the data or the training are no good.
    """
    from inference.smoothing.device import device_named  # torch takes seconds to import
    from inference.smoothing.training import recipes

    parameters = context.parameters
    device = device_named(parameters.get("device"))
    recipe = recipe_for(parameters)
    folder, name = training_folder(context), str(parameters.get("name") or recipe.model)
    sequences = motion_for(parameters, recipe=recipe, folder=folder, report=context.report)
    listener = listener_of(context, recipe.model)
    made = recipes.make(recipe, sequences, folder=folder, listener=listener, device=device)
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
    joints = sequences[0].skeleton
    return {
        "model": recipe.model,
        "name": name,
        "weights": weights.name,
        "best_epoch": made.trained.best_epoch,
        "held_out": len(made.split.test),
        "identity": made.identity.named(),
        "after": made.test.named(),
        "per_joint": {"identity": by_joint(made.identity, joints), "after": by_joint(made.test, joints)},
    }
