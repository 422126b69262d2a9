"""The job ``finetune_smoother``: a smoother learns from clips a person corrected."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from annotation.errors import JobError
from annotation.model_cards import WEIGHTS_SUFFIX
from inference.jobs import TaskContext
from inference.smoothing.training.history import write_history
from inference.smoothing.training.job import listener_of, number, read_corrected, training_folder


def run(context: TaskContext) -> dict[str, Any]:
    """Fine-tune; writes ``NAME.safetensors``, its card and ``history.json``, and returns before and after.

    Parameters of the job: ``weights`` (file to start from), ``name`` (of the new ones), ``folder`` (where the training
    is kept from epoch to epoch and gone on with; without it the job's folder), ``skeleton``, ``clips`` (names),
    ``seed``, ``epochs`` (number or null), ``device`` (auto, cpu or cuda), ``command``.
    Inputs for clip N: ``xy_N (T, K, 2)`` px of the detector, ``confidence_N (T, K)``, ``truth_N (T, K, 2)`` px, NaN
    where nobody said anything, ``stated_N (T, K)`` where a person set a label, ``times_s_N (T,)``. The summary has the
    figures on held-out frames by name for ``identity``, ``before`` and ``after``, ``per_joint`` PCK@0.1 of each,
    ``held_out`` (how many windows these are), ``labels`` (a person's there, which alone count unless there are none),
    ``accepted`` (those among them that are as detected) and ``kept_out`` (`Evaluation.as_dict` of the clip that was
    kept out, or null). Events: `Measured` after each epoch.

    Raises
    ------
    JobError
        If the job lacks something.
    BetascopeError
        If no frame is labelled, the weights do not fit, or the training fails.
    """
    from annotation.skeletons import load_skeleton
    from inference.smoothing.checkpoints import load_checkpoint  # torch takes seconds to import
    from inference.smoothing.device import device_named
    from inference.smoothing.training.finetune import finetune
    from inference.smoothing.training.recipes import save
    from inference.smoothing.training.schedule import FINE_TUNING

    parameters = context.parameters
    try:
        weights, name = Path(str(parameters["weights"])), str(parameters["name"])
    except KeyError as error:
        raise JobError(f"The fine-tuning's job does not say its {error}. Start it again.") from error
    device = device_named(parameters.get("device"))
    clips = read_corrected(context.folder, parameters)
    checkpoint = load_checkpoint(weights, joints=load_skeleton(clips[0].given.skeleton).joints)
    epochs = number(parameters, "epochs", FINE_TUNING.max_epochs, least=1, most=1000)
    tuned = finetune(
        clips,
        checkpoint,
        folder=training_folder(context),
        schedule=replace(FINE_TUNING, max_epochs=int(epochs)),
        seed=int(number(parameters, "seed", 0, least=0, most=2**31)),
        command=str(parameters.get("command", "")),
        listener=listener_of(context, checkpoint.card.model),
        device=device,
    )
    save(tuned.made, tuned.card, context.output / f"{name}{WEIGHTS_SUFFIX}", half=True)
    write_history(context.output, tuned.made.trained.history)
    return {
        "model": checkpoint.card.model,
        "name": name,
        "weights": f"{name}{WEIGHTS_SUFFIX}",
        "best_epoch": tuned.made.trained.best_epoch,
        "held_out": len(tuned.made.split.test),
        "labels": tuned.labels,
        "accepted": tuned.accepted,
        **tuned.figures(),
        "per_joint": tuned.per_joint(),
        "kept_out": None if tuned.kept_out is None else tuned.kept_out.as_dict(),
    }
