"""Whole trainings, from the motion to the weights with their card: the thesis' own and that of the shipped weights."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from annotation.errors import BetascopeError
from annotation.model_cards import ModelCard, smoother_entry
from annotation.skeletons import Skeleton, load_skeleton
from inference.smoothing.catalogue import build, count_parameters
from inference.smoothing.checkpoints import save_checkpoint
from inference.smoothing.convlstm import BiConvLSTMC, BiConvLSTMS
from inference.smoothing.device import device_named, hardware
from inference.smoothing.training.data import PointSequence, Split, split_of, windows_of
from inference.smoothing.training.feeding import BoxOf, Feeder
from inference.smoothing.training.noise import SHIPPED, NoiseRecipe, experiment
from inference.smoothing.training.objectives import Objective, OnSampledPoints, objective_for
from inference.smoothing.training.parts import placeless_twin, take_over
from inference.smoothing.training.scaling import fold_scale
from inference.smoothing.training.schedule import THESIS, Decay, Schedule
from inference.smoothing.training.scoring import Score, score, thinned
from inference.smoothing.training.starts import start_as_mean
from inference.smoothing.training.trainer import STATE_FILE, Listener, Trained, Trainer

LICENCE = "Apache-2.0"
TESTED = 2000
_PART, _STRIDE = 28, 3
_TEST_SEED = 3


@dataclass(frozen=True)
class Phase:
    """A stretch of training.

    Attributes
    ----------
    schedule : Schedule
    part : int or None
        Of the maps, in pixels, for the memories (`parts`); None: whole maps.
    denoising : bool
        DeciWatch's denoising half alone learns.
    noise : NoiseRecipe or None
        Where it is another than the recipe's.
    calm : float
        How much places and accelerations count beside the usual loss (`objectives.objective_for`).
    """

    schedule: Schedule
    part: int | None = None
    denoising: bool = False
    noise: NoiseRecipe | None = None
    calm: float = 0.0


@dataclass(frozen=True)
class Recipe:
    """How a smoother is trained.

    Attributes
    ----------
    model : str
        Key of a learned smoother.
    window : int
        T, frames.
    noise : NoiseRecipe
    box_of : BoxOf
    phases : tuple of Phase
        One after the other, each from the weights of the one before.
    stride : int
        Every so many windows are used.
    seed : int
    told : mapping
        What the card says of it.
    tested : int
        At most so many windows are scored at the end.
    """

    model: str
    window: int
    noise: NoiseRecipe
    box_of: BoxOf
    phases: tuple[Phase, ...]
    stride: int = 1
    seed: int = 0
    told: Mapping[str, Any] | None = None
    tested: int = TESTED


_SHIPPED_WINDOWS = {"convlstm-s": 15, "convlstm-c": 15, "deciwatch": 51, "smoothnet": 64}
"""Frames a model sees; the memories take any number, the thesis has them see five."""
_STEADY = Schedule(
    decay=Decay.COSINE,
    warm_up=100,
    averaging=0.999,
    as_mean=True,
    scored=256,
    squared=False,
    batches_per_epoch=100,
    batch_size=64,
    steepest=1.0,
)
_MEMORIES = Phase(replace(_STEADY, max_epochs=25, ends=22, scored=128), _PART, calm=2e-3)
_POSES = replace(_STEADY, max_epochs=40, batch_size=128, scored=512, learning_rate=7e-4)
_SHIPPED_PHASES: dict[str, tuple[Phase, ...]] = {
    "conv3d": (Phase(replace(_STEADY, max_epochs=10), calm=5e-4),),
    "convlstm-s": (_MEMORIES,),
    "convlstm-c": (_MEMORIES,),
    "deciwatch": (
        Phase(replace(_POSES, max_epochs=10), denoising=True),
        Phase(replace(_POSES, max_epochs=50, ends=42, as_mean=False), noise=replace(SHIPPED, unseen=0.25), calm=2.0),
    ),
    "smoothnet": (Phase(replace(_STEADY, max_epochs=45, batch_size=256, learning_rate=2e-3), calm=2.0),),
}


def shipped_recipe(model: str, *, seed: int = 0, epochs: int | None = None) -> Recipe:
    """Return how the weights that come with the program were trained, some minutes each on a GPU.

    Both of the thesis' noises and a detector's mistakes at once, maps 1 high, models that begin as a running mean, the
    memories on parts of the maps and on longer windows than the thesis'.
    """
    phases = _SHIPPED_PHASES[smoother_entry(model).key]
    if epochs is not None:
        phases = tuple(replace(phase, schedule=replace(phase.schedule, max_epochs=epochs)) for phase in phases)
    told = {"preset": "shipped"}
    return Recipe(model, _SHIPPED_WINDOWS.get(model, 5), SHIPPED, BoxOf.EITHER, phases, _STRIDE, seed, told)


def thesis_recipe(model: str, *, number: int, k: float, seed: int = 0, schedule: Schedule = THESIS) -> Recipe:
    """Return the training of one of the thesis' experiments."""
    told = {"preset": "thesis", "experiment": number, "k": k}
    window = 32 if model == "smoothnet" else 5
    return Recipe(model, window, experiment(number, k=k), BoxOf.TRUTH, (Phase(schedule),), 1, seed, told)


@dataclass(frozen=True)
class Made:
    """A trained model and what it came to.

    Attributes
    ----------
    model : nn.Module
        For maps that sum to 255.
    trained : Trained
        The last phase.
    test, identity : Score
        On held-out windows, and of leaving them as they are.
    split : Split
    seconds : float
        Of this run alone.
    hardware : str
    gone_on : bool
        Whether an interrupted training was gone on with, which took longer in all.
    """

    model: nn.Module
    trained: Trained
    test: Score
    identity: Score
    split: Split
    seconds: float
    hardware: str
    gone_on: bool = False


def make(
    recipe: Recipe,
    sequences: Sequence[PointSequence],
    *,
    folder: Path,
    listener: Listener | None = None,
    split: Split | None = None,
    start: nn.Module | None = None,
    device: torch.device | None = None,
) -> Made:
    """Train a smoother by a recipe.

    Parameters
    ----------
    folder : Path
        Where the training is kept from epoch to epoch; one that was interrupted is gone on with.
    split : Split, optional
        Default: at random, by motion (`data.split_of`).
    start : nn.Module, optional
        A trained model to go on with, for maps times `scaling.MAP_SCALE`; changed in place.
    device : torch.device, optional
        Default: a GPU where there is one. The model comes back on the processor.

    Raises
    ------
    BetascopeError
        If there is too little to learn from, or it fails.
    """
    began, gone_on = time.monotonic(), any(folder.rglob(STATE_FILE))
    device = device or device_named()
    skeleton = _skeleton_of(sequences)
    feeder = Feeder(sequences, recipe.noise, skeleton, recipe.box_of)
    if split is None:
        step = recipe.noise.step
        windows = windows_of(sequences, n_frames=recipe.window, step=step, stride=recipe.stride)
        split = split_of(sequences, windows, seed=recipe.seed)
    model = (start if start is not None else untrained(recipe, n_joints=len(skeleton))).to(device)
    trained = None
    for number, phase in enumerate(recipe.phases):
        trained = _run_phase(model, feeder, split, recipe, number, phase, folder=folder, listener=listener)
    assert trained is not None
    objective = objective_for(recipe.model)
    tested = thinned(split.test, recipe.tested)
    found = score(model, objective, feeder, tested, seed=_TEST_SEED)
    identity = score(None, objective, feeder, tested, seed=_TEST_SEED, device=device)
    fold_scale(model.cpu())
    return Made(model, trained, found, identity, split, time.monotonic() - began, hardware(device), gone_on)


def untrained(recipe: Recipe, *, n_joints: int) -> nn.Module:
    """Return a model before its training, for maps times `scaling.MAP_SCALE`."""
    torch.manual_seed(recipe.seed)
    model = build(recipe.model, n_joints=n_joints, n_frames=recipe.window)
    if recipe.phases[0].schedule.as_mean:
        start_as_mean(model)
    return model


def _run_phase(
    model: nn.Module,
    feeder: Feeder,
    split: Split,
    recipe: Recipe,
    number: int,
    phase: Phase,
    *,
    folder: Path,
    listener: Listener | None,
) -> Trained:
    feeder = feeder if phase.noise is None else replace(feeder, noise=phase.noise)
    where = folder if len(recipe.phases) == 1 else folder / f"phase-{number + 1}"

    def train(learner: nn.Module, objective: Objective) -> Trained:
        laid_out = _laid_out(learner)
        trainer = Trainer(
            laid_out, objective, feeder, split, schedule=phase.schedule, folder=where, seed=recipe.seed + number
        )
        return trainer.run(listener)

    if phase.part is not None and isinstance(model, BiConvLSTMS | BiConvLSTMC):
        twin = placeless_twin(model, n_joints=len(feeder.skeleton)).to(next(model.parameters()).device)
        trained = train(twin, objective_for(recipe.model, part=phase.part, calm=phase.calm))
        take_over(model, twin)
        return trained
    if phase.denoising:
        return train(model, OnSampledPoints(squared=phase.schedule.squared))
    return train(model, objective_for(recipe.model, squared=phase.schedule.squared, calm=phase.calm))


def _laid_out(model: nn.Module) -> nn.Module:
    """Lay the weights of 2D convolutions out as processors' matrix units like them, in place."""
    for parameter in model.parameters():
        if parameter.dim() == 4:
            parameter.data = parameter.data.contiguous(memory_format=torch.channels_last)
    return model


def _skeleton_of(sequences: Sequence[PointSequence]) -> Skeleton:
    names = {sequence.skeleton for sequence in sequences}
    if len(names) != 1:
        raise BetascopeError(
            f"The sequences to learn from have {len(names)} different skeletons; give those of one skeleton."
        )
    return load_skeleton(names.pop())


def card_of(recipe: Recipe, made: Made, *, skeleton: str, fps: float, data: str, command: str) -> ModelCard:
    """Return the card of a trained model."""
    entry = smoother_entry(recipe.model)
    any_skeleton = entry.any_skeleton
    figures = {
        "test": {**made.test.named(), "loss": made.test.loss, "windows": min(len(made.split.test), recipe.tested)},
        "identity": made.identity.named(),
        "best epoch": made.trained.best_epoch,
        "epochs": len(made.trained.history),
        **({} if made.gone_on else {"seconds": round(made.seconds)}),
    }
    return ModelCard(
        model=recipe.model,
        title=f"{entry.title}, {dict(recipe.told or {}).get('preset', 'own')} recipe",
        skeleton="" if any_skeleton else skeleton,
        joints=() if any_skeleton else load_skeleton(skeleton).joints,
        fps=fps / recipe.noise.step,
        window=recipe.window,
        n_parameters=count_parameters(made.model),
        recipe={**dict(recipe.told or {}), "command": command, "seed": recipe.seed, "data": data, **_told(recipe)},
        figures=figures,
        hardware=made.hardware,
        source=entry.source,
        licence=LICENCE,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
    )


def save(made: Made, card: ModelCard, weights: Path, *, half: bool = False) -> None:
    """Write the weights with their card; `half` stores them in float16."""
    save_checkpoint(weights, made.model, card, dtype=torch.float16 if half else torch.float32)


def _told(recipe: Recipe) -> dict[str, Any]:
    noise = recipe.noise
    phases = []
    for phase in recipe.phases:
        schedule = {name: getattr(value, "value", value) for name, value in vars(phase.schedule).items()}
        phases.append(
            {"maps": phase.part or "whole", "denoising alone": phase.denoising, "calm": phase.calm, **schedule}
            | ({"unseen joints": phase.noise.unseen} if phase.noise else {})
        )
    told = {"k": [noise.k, *noise.more_k], "spreads": list(noise.spreads), "like a detector": noise.mixed}
    windows = {"frames": recipe.window, "step": noise.step, "every": recipe.stride, "box": recipe.box_of.value}
    return {"noise": told, "missing": noise.missing, "windows": windows, "phases": phases}


def rate_of(sequences: Sequence[PointSequence]) -> float:
    """Return the frames per second of most sequences."""
    return float(np.median([sequence.fps for sequence in sequences]))
