"""The thesis' 24 trainings and fine-tunings on motion that anybody can make, one after the other, each kept."""

import json
import time
from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import torch

from annotation.model_cards import SmootherKind, smoother_entry
from inference.smoothing.catalogue import build, count_parameters
from inference.smoothing.training.data import PointSequence, split_in_time, windows_of
from inference.smoothing.training.feeding import BoxOf
from inference.smoothing.training.noise import NoiseRecipe
from inference.smoothing.training.recipes import Made, Phase, Recipe, card_of, make, save, thesis_recipe
from inference.smoothing.training.scaling import unfold_scale
from inference.smoothing.training.schedule import FINE_TUNING, THESIS, Decay, Schedule
from inference.smoothing.training.stand_in import detected_stand_in
from inference.smoothing.training.synthesiser import MotionRecipe, synthesise
from inference.smoothing.training.thesis_figures import MODELS
from inference.smoothing.training.trainer import Listener

EXPERIMENTS, SCALARS = (1, 2, 3), (1, 2)
RUNS_FILE = "runs.json"
_TIMED, _TIMED_RUNS = 20, 5

Report = Callable[[int, int, str], None]


@dataclass(frozen=True)
class Size:
    """How much of it.

    Attributes
    ----------
    motion, clips : MotionRecipe
        To pretrain and to fine-tune with; climbs of their own.
    pretraining, fine_tuning : Schedule
    memories : Schedule
        Of the pretraining of the bi-ConvLSTMs.
    part : int or None
        The bi-ConvLSTMs learn on parts of the maps of this size (`parts`); None: on whole maps.
    stride : int
        Every so many windows.
    tested : int
        At most so many windows are scored.
    """

    motion: MotionRecipe
    clips: MotionRecipe
    pretraining: Schedule
    fine_tuning: Schedule
    memories: Schedule
    part: int | None
    stride: int
    tested: int


FULL = Size(MotionRecipe(240, 6), MotionRecipe(30, 1), THESIS, FINE_TUNING, THESIS, None, 1, 2000)
_FEW = replace(THESIS, decay=Decay.COSINE, max_epochs=2, as_mean=True, warm_up=4, averaging=0.9, scored=16)
SMALL = Size(
    MotionRecipe(12, 2, 6.0),
    MotionRecipe(4, 1, 5.0),
    replace(_FEW, batches_per_epoch=12),
    replace(_FEW, batches_per_epoch=3, learning_rate=FINE_TUNING.learning_rate, warm_up=0, batch_size=8, scored=8),
    replace(_FEW, batches_per_epoch=8, batch_size=8, scored=8),
    28,
    5,
    24,
)


@dataclass(frozen=True)
class Run:
    """What one of the thesis' runs came to, percent; `identity` is leaving the points as they are.

    Attributes
    ----------
    k, experiment : int
    pretrained, identity, tuned, tuned_identity : tuple of float
        PCK@0.05, @0.1, @0.2 on windows that were not learned from.
    seconds : float
    """

    model: str
    k: int
    experiment: int
    pretrained: tuple[float, ...]
    identity: tuple[float, ...]
    tuned: tuple[float, ...]
    tuned_identity: tuple[float, ...]
    seconds: float


def all_runs(size: Size, folder: Path, *, seed: int, report: Report) -> list[Run]:
    """Carry out the runs; those in a folder are not done again, and one that was interrupted is gone on with."""
    folder.mkdir(parents=True, exist_ok=True)
    kept = folder / RUNS_FILE
    done = [_run_from(entry) for entry in json.loads(kept.read_text(encoding="utf-8"))] if kept.exists() else []
    orders = [(model, k, number) for model in MODELS for k in SCALARS for number in EXPERIMENTS]
    sequences = list(synthesise(size.motion, seed=seed, report=lambda n, total: report(n, total, "making up climbs")))
    clips = detected_stand_in(list(synthesise(size.clips, seed=seed + 1)), seed=seed)
    for number, (model, k, experiment) in enumerate(orders):
        if any((run.model, run.k, run.experiment) == (model, k, experiment) for run in done):
            continue
        told = f"{smoother_entry(model).title} {k}.{experiment}"
        report(number, len(orders), told)
        here = Listener(lambda d, t, m, n=number, name=told: report(n, len(orders), f"{name}, {m}"))  # type: ignore[misc]
        run = _one(size, sequences, clips, model, k, experiment, folder=folder, seed=seed, listener=here)
        done.append(run)
        draft = kept.with_suffix(".new")
        draft.write_text(json.dumps([asdict(each) for each in done], indent=1), encoding="utf-8")
        draft.replace(kept)
    return done


def _run_from(entry: dict[str, object]) -> Run:
    return Run(**{name: tuple(value) if isinstance(value, list) else value for name, value in entry.items()})  # type: ignore[arg-type]


def _one(
    size: Size,
    sequences: Sequence[PointSequence],
    clips: Sequence[PointSequence],
    model: str,
    k: int,
    experiment: int,
    *,
    folder: Path,
    seed: int,
    listener: Listener,
) -> Run:
    name = f"{model}-{k}.{experiment}"
    memories = model.startswith("convlstm")
    schedule = size.memories if memories else size.pretraining
    recipe = thesis_recipe(model, number=experiment, k=k, seed=seed, schedule=schedule)
    phases = (Phase(schedule, size.part if memories else None),)
    recipe = replace(recipe, phases=phases, stride=size.stride, tested=size.tested)
    pretrained = make(recipe, sequences, folder=folder / name, listener=listener)
    command = f"betascope train smoother --model {model} --preset thesis --experiment {experiment} --k {k}"
    card = card_of(
        recipe, pretrained, skeleton=sequences[0].skeleton, fps=sequences[0].fps, data="synthesised", command=command
    )
    save(pretrained, card, folder / f"{name}.safetensors")
    tuned = _tuned(size, recipe, pretrained, clips, folder=folder / f"{name}-tuned", listener=listener)
    return Run(
        model,
        k,
        experiment,
        _percent(pretrained.test.pck),
        _percent(pretrained.identity.pck),
        _percent(tuned.test.pck),
        _percent(tuned.identity.pck),
        round(pretrained.seconds + tuned.seconds, 1),
    )


def _tuned(
    size: Size, recipe: Recipe, pretrained: Made, clips: Sequence[PointSequence], *, folder: Path, listener: Listener
) -> Made:
    apart = int(np.argmax([len(clip) for clip in clips]))
    windows = windows_of(clips, n_frames=recipe.window, step=recipe.noise.step)
    split = split_in_time(windows, apart=apart)
    squared = replace(size.fine_tuning, squared=True)
    noise = NoiseRecipe(step=recipe.noise.step)
    how = replace(recipe, noise=noise, box_of=BoxOf.GIVEN, phases=(Phase(squared),), stride=1)
    start = deepcopy(pretrained.model)
    unfold_scale(start)
    return make(how, clips, folder=folder, listener=listener, split=split, start=start)


def _percent(shares: Sequence[float]) -> tuple[float, ...]:
    return tuple(round(100 * share, 2) for share in shares)


def milliseconds(model: str) -> tuple[float, float, int]:
    """Return the time of a window on this machine, mean and standard deviation of five runs, and the parameters."""
    torch.manual_seed(0)
    net = build(model, n_joints=25).eval()
    shape = (1, 5, 25, 56, 56) if smoother_entry(model).kind is SmootherKind.HEATMAPS else (1, 5, 25, 2)
    window = torch.rand(shape)
    times = []
    with torch.inference_mode():
        net(window)
        for _ in range(_TIMED_RUNS):
            start = time.perf_counter()
            for _ in range(_TIMED):
                net(window)
            times.append((time.perf_counter() - start) / _TIMED * 1000)
    return float(np.mean(times)), float(np.std(times)), count_parameters(net)
