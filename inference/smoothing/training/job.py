"""What the jobs that train share: their parameters, their inputs, and how they tell of the training."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from annotation.arrays import read_arrays
from annotation.errors import JobError
from annotation.labels import Keypoints2D
from annotation.skeletons import load_skeleton
from inference.jobs import INPUTS_FILE, Measured, TaskContext

if TYPE_CHECKING:
    from inference.smoothing.training.corrected import CorrectedClip
    from inference.smoothing.training.data import PointSequence
    from inference.smoothing.training.recipes import Recipe
    from inference.smoothing.training.scoring import Score
    from inference.smoothing.training.trainer import EpochFigures, Listener

CLIMBS, VIEWS = 240, 6
"""Of the motion the shipped weights learned from."""


def number(parameters: Mapping[str, Any], name: str, default: float, *, least: float, most: float) -> float:
    """Return a number among parameters; missing or null it is the default.

    Raises
    ------
    JobError
        If it is none, or out of range.
    """
    value = parameters.get(name)
    if value is None:
        return float(default)
    if isinstance(value, bool | str) or not isinstance(value, int | float) or not least <= value <= most:
        raise JobError(f"Training needs a {name} from {least:g} to {most:g}, not {value!r}.")
    return float(value)


def recipe_for(parameters: Mapping[str, Any]) -> "Recipe":
    """Return the training that parameters ask for.

    Raises
    ------
    JobError
        If they make no sense.
    """
    from dataclasses import replace

    from inference.smoothing.training.recipes import shipped_recipe, thesis_recipe
    from inference.smoothing.training.schedule import THESIS

    model, preset = str(parameters.get("model")), parameters.get("preset", "shipped")
    seed = int(number(parameters, "seed", 0, least=0, most=2**31))
    epochs = parameters.get("epochs") and int(number(parameters, "epochs", 0, least=1, most=10_000))
    if preset == "shipped":
        return shipped_recipe(model, seed=seed, epochs=epochs)
    if preset != "thesis":
        raise JobError(f"There is no preset {preset!r} to train by; there are shipped and thesis.")
    experiment = int(number(parameters, "experiment", 1, least=1, most=3))
    k = number(parameters, "k", 1.0, least=0, most=10)
    schedule = replace(THESIS, max_epochs=epochs or THESIS.max_epochs)
    return thesis_recipe(model, number=experiment, k=k, seed=seed, schedule=schedule)


def training_folder(context: TaskContext) -> Path:
    """Return where a training is kept from epoch to epoch."""
    folder = context.parameters.get("folder")
    return Path(str(folder)) if folder else context.folder / "training"


def by_joint(score: "Score", skeleton: str) -> dict[str, float]:
    """Return PCK by the name of the joint."""
    return dict(zip(load_skeleton(skeleton).joints, score.joints, strict=True))


def motion_for(
    parameters: Mapping[str, Any], *, recipe: "Recipe", folder: Path, report: Callable[[int, int, str], None]
) -> "list[PointSequence]":
    """Return the motion to learn from: of the files in ``data``, else made up and kept in the training's folder."""
    from inference.smoothing.training.sequences import read_sequences, synthesised
    from inference.smoothing.training.synthesiser import FPS, MotionRecipe

    files = [Path(str(file)) for file in parameters.get("data") or ()]
    if files:
        fps = number(parameters, "fps", FPS, least=1, most=1000)
        return read_sequences(files, fps=fps, shortest=(recipe.window - 1) * recipe.noise.step + 1)
    n_climbs = int(number(parameters, "climbs", CLIMBS, least=5, most=100_000))
    n_views = int(number(parameters, "views", VIEWS, least=1, most=1000))
    return synthesised(
        folder.parent,
        MotionRecipe(n_climbs, n_views),
        seed=int(number(parameters, "motion_seed", 0, least=0, most=2**31)),
        report=lambda done, total: report(done, total, "making up climbs"),
    )


def listener_of(context: TaskContext, model: str) -> "Listener":
    """Return who tells a job's listeners how a training goes; it ends early where a person wants no more."""
    from inference.smoothing.training.trainer import Listener

    def epoch(figures: "EpochFigures") -> None:
        context.measured(Measured(figures.named(), figures.epoch, model))

    return Listener(context.report, epoch, context.stopped)


def read_corrected(folder: Path, parameters: Mapping[str, Any]) -> "list[CorrectedClip]":
    """Read the corrected clips of a job.

    Raises
    ------
    JobError
        If something is missing.
    """
    from inference.smoothing.training.corrected import CorrectedClip

    try:
        inputs = read_arrays(folder / INPUTS_FILE)
        return [
            CorrectedClip(
                str(name),
                Keypoints2D(
                    inputs[f"xy_{n}"].astype(np.float32),
                    inputs[f"confidence_{n}"].astype(np.float32),
                    str(parameters["skeleton"]),
                ),
                inputs[f"truth_{n}"].astype(np.float64),
                inputs[f"times_s_{n}"].astype(np.float64),
                inputs[f"stated_{n}"].astype(bool),
            )
            for n, name in enumerate(parameters["clips"])
        ]
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise JobError(f"The job to fine-tune is incomplete or damaged ({error!r}). Start it again.") from error
