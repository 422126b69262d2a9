"""The thesis' 24 trainings and fine-tunings on motion that anybody can make, one after the other, each kept."""

import json
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, wait
from copy import deepcopy
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import torch

from annotation.errors import BetascopeError
from annotation.model_cards import smoother_entry
from inference.smoothing.device import device_named
from inference.smoothing.training.data import PointSequence, split_in_time, windows_of
from inference.smoothing.training.feeding import BoxOf
from inference.smoothing.training.noise import NoiseRecipe
from inference.smoothing.training.processes import Line, processes, say
from inference.smoothing.training.recipes import Made, Phase, Recipe, card_of, make, rate_of, save, thesis_recipe
from inference.smoothing.training.scaling import unfold_scale
from inference.smoothing.training.schedule import FINE_TUNING, THESIS, Decay, Schedule
from inference.smoothing.training.sequences import read_sequences, synthesised
from inference.smoothing.training.stand_in import detected_stand_in
from inference.smoothing.training.synthesiser import MotionRecipe
from inference.smoothing.training.thesis_figures import MODELS
from inference.smoothing.training.trainer import Listener

EXPERIMENTS, SCALARS = (1, 2, 3), (1, 2)
RUNS_FILE, SETTINGS_FILE = "runs.json", "settings.txt"
_LOOK_S = 0.5
"""So often it is looked how far trainings side by side are, and whether they are to end."""
_SCORED = 256
"""Validation windows of shortened epochs."""
_TUNING_SHARE = 0.4
"""Of the seconds a pretraining takes at most, fine-tuning gets so many."""

Report = Callable[[int, int, str], None]

_LONGEST_WINDOW = 9
"""Frames of a window of 5 at half the frame rate."""


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
    seconds : float
        A pretraining ends with the epoch in which so many have passed, fine-tuning after 0.4 times as many.
    data : tuple of Path
        Files and folders to pretrain with instead of made-up motion (`folders`).
    """

    motion: MotionRecipe
    clips: MotionRecipe
    pretraining: Schedule
    fine_tuning: Schedule
    memories: Schedule
    part: int | None
    stride: int
    tested: int
    seconds: float = float("inf")
    data: tuple[Path, ...] = ()


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


def shortened(size: Size, *, batches: int | None, seconds: float | None = None) -> Size:
    """Return a size whose epochs are so many random batches at most, and whose trainings end after some seconds."""

    def short(schedule: Schedule) -> Schedule:
        return schedule if batches is None else replace(schedule, batches_per_epoch=batches, scored=_SCORED)

    return replace(
        size,
        pretraining=short(size.pretraining),
        memories=short(size.memories),
        fine_tuning=short(size.fine_tuning),
        seconds=size.seconds if seconds is None else seconds,
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
    hardware : str
        Where it was carried out.
    epochs : (int, int)
        Of pretraining and of fine-tuning.
    """

    model: str
    k: int
    experiment: int
    pretrained: tuple[float, ...]
    identity: tuple[float, ...]
    tuned: tuple[float, ...]
    tuned_identity: tuple[float, ...]
    seconds: float
    hardware: str = ""
    epochs: tuple[int, ...] = (0, 0)


@dataclass(frozen=True)
class Order:
    """One of the thesis' runs, to be carried out."""

    model: str
    k: int
    experiment: int
    size: Size
    folder: Path
    seed: int
    device: str | None = None

    @property
    def told(self) -> str:
        """What it is called."""
        return f"{smoother_entry(self.model).title} {self.k}.{self.experiment}"

    def carry_out(self, listener: Listener | None = None) -> Run:
        """Pretrain, fine-tune and score; what was begun is gone on with."""
        sequences, clips = motion_of(self.size, self.folder, seed=self.seed)
        return _one(self, sequences, clips, listener or Listener())


def _limited(listener: Listener, seconds: float) -> Listener:
    """Return a listener that ends a training after some seconds from now."""
    began = time.monotonic()
    return replace(listener, stopped=lambda: listener.stopped() or time.monotonic() - began > seconds)


def all_runs(
    size: Size, folder: Path, *, seed: int, report: Report, device: str | None = None, at_once: int = 1
) -> list[Run]:
    """Carry out the runs; those in a folder are not done again, and one that was interrupted is gone on with.

    Parameters
    ----------
    device : str, optional
        Default: a GPU where there is one.
    at_once : int
        How many are carried out side by side, each in a process.

    Raises
    ------
    BetascopeError
        If the folder holds runs of other settings or data.
    """
    folder.mkdir(parents=True, exist_ok=True)
    _keep_apart(folder, f"{size!r}\nseed {seed}\n")
    kept = folder / RUNS_FILE
    done = [_run_from(entry) for entry in json.loads(kept.read_text(encoding="utf-8"))] if kept.exists() else []
    known = {(run.model, run.k, run.experiment) for run in done}
    orders = [
        Order(model, k, number, size, folder, seed, device)
        for model in MODELS
        for k in SCALARS
        for number in EXPERIMENTS
        if (model, k, number) not in known
    ]
    total = len(orders) + len(done)
    motion_of(size, folder, seed=seed, report=lambda n, climbs: report(n, climbs, "making up climbs"))
    for run in _side_by_side(orders, total, at_once, report) if at_once > 1 else _in_turn(orders, total, report):
        done.append(run)
        report(len(done), total, f"{smoother_entry(run.model).title} {run.k}.{run.experiment} is done")
        draft = kept.with_suffix(".new")
        draft.write_text(json.dumps([asdict(each) for each in done], indent=1), encoding="utf-8")
        draft.replace(kept)
    return sorted(done, key=lambda run: (MODELS.index(run.model), run.k, run.experiment))


def _keep_apart(folder: Path, settings: str) -> None:
    """Note the settings of the runs in a folder; refuse others than those noted there."""
    kept = folder / SETTINGS_FILE
    if kept.exists() and kept.read_text(encoding="utf-8") != settings:
        raise BetascopeError(
            f"{folder} holds runs of other settings or data, which would stand in the same tables. Remove that "
            "folder, or give another one with --out."
        )
    kept.write_text(settings, encoding="utf-8")


def _in_turn(orders: Sequence[Order], total: int, report: Report) -> Iterator[Run]:
    for number, order in enumerate(orders, start=total - len(orders)):
        report(number, total, order.told)

        def heard(_done: int, _total: int, message: str, number: int = number, told: str = order.told) -> None:
            report(number, total, f"{told}, {message}")

        yield order.carry_out(Listener(heard))


def _side_by_side(orders: Sequence[Order], total: int, at_once: int, report: Report) -> Iterator[Run]:
    """Yield runs as they end; the longest are begun first. Each report is a moment to cancel in."""
    longest = sorted(orders, key=lambda order: not order.model.startswith("convlstm"))
    line, told, done = Line(), f"{at_once} trainings at once", total - len(orders)
    with processes(at_once, line) as pool:
        begun = {pool.submit(_carried_out, order) for order in longest}
        try:
            while begun:
                report(done, total, told)
                ended, begun = wait(begun, timeout=_LOOK_S, return_when=FIRST_COMPLETED)
                for future in ended:
                    done += 1
                    yield future.result()
                for told in line.heard():
                    report(done, total, told)
        except BaseException:
            line.end()
            raise
        finally:
            pool.shutdown(cancel_futures=True)


def _carried_out(order: Order) -> Run:
    """Carry out a run in a process of its own."""
    return order.carry_out(Listener(lambda _done, _total, message: say(f"{order.told}, {message}")))


def motion_of(
    size: Size, folder: Path, *, seed: int, report: Callable[[int, int], None] | None = None
) -> tuple[list[PointSequence], list[PointSequence]]:
    """Return the motion to pretrain with and the clips to fine-tune with; they are kept in the folder."""
    if size.data:
        sequences = read_sequences(size.data, shortest=_LONGEST_WINDOW)
    else:
        sequences = synthesised(folder, size.motion, seed=seed, report=report)
    return sequences, detected_stand_in(synthesised(folder, size.clips, seed=seed + 1), seed=seed)


def _run_from(entry: dict[str, object]) -> Run:
    return Run(**{name: tuple(value) if isinstance(value, list) else value for name, value in entry.items()})  # type: ignore[arg-type]


def _one(order: Order, sequences: Sequence[PointSequence], clips: Sequence[PointSequence], listener: Listener) -> Run:
    size, folder, model, device = order.size, order.folder, order.model, device_named(order.device)
    name = f"{model}-{order.k}.{order.experiment}"
    memories = model.startswith("convlstm")
    schedule = size.memories if memories else size.pretraining
    recipe = thesis_recipe(model, number=order.experiment, k=order.k, seed=order.seed, schedule=schedule)
    phases = (Phase(schedule, size.part if memories else None),)
    recipe = replace(recipe, phases=phases, stride=size.stride, tested=size.tested)
    limited = _limited(listener, size.seconds)
    pretrained = make(recipe, sequences, folder=folder / name, listener=limited, device=device)
    command = f"betascope train smoother --model {model} --preset thesis --experiment {order.experiment} --k {order.k}"
    names = " ".join(path.name for path in size.data)
    card = card_of(
        recipe,
        pretrained,
        skeleton=sequences[0].skeleton,
        fps=rate_of(sequences),
        data=names or "synthesised",
        command=f"{command} --data {names}" if names else command,
    )
    save(pretrained, card, folder / f"{name}.safetensors")
    folder = folder / f"{name}-tuned"
    limited = _limited(listener, size.seconds * _TUNING_SHARE)
    tuned = _tuned(size, recipe, pretrained, clips, folder=folder, listener=limited, device=device)
    return Run(
        model,
        order.k,
        order.experiment,
        _percent(pretrained.test.pck),
        _percent(pretrained.identity.pck),
        _percent(tuned.test.pck),
        _percent(tuned.identity.pck),
        round(pretrained.seconds + tuned.seconds, 1),
        pretrained.hardware,
        (len(pretrained.trained.history), len(tuned.trained.history)),
    )


def _tuned(
    size: Size,
    recipe: Recipe,
    pretrained: Made,
    clips: Sequence[PointSequence],
    *,
    folder: Path,
    listener: Listener,
    device: torch.device,
) -> Made:
    apart = int(np.argmax([len(clip) for clip in clips]))
    windows = windows_of(clips, n_frames=recipe.window, step=recipe.noise.step)
    split = split_in_time(windows, apart=apart)
    squared = replace(size.fine_tuning, squared=True)
    noise = NoiseRecipe(step=recipe.noise.step)
    how = replace(recipe, noise=noise, box_of=BoxOf.GIVEN, phases=(Phase(squared),), stride=1)
    start = deepcopy(pretrained.model)
    unfold_scale(start)
    return make(how, clips, folder=folder, listener=listener, split=split, start=start, device=device)


def _percent(shares: Sequence[float]) -> tuple[float, ...]:
    return tuple(round(100 * share, 2) for share in shares)


def in_words(size: Size) -> dict[str, str]:
    """Say what a size comes to: ``motion``, ``clips`` and ``schedule``."""
    motion, clips, first = size.motion, size.clips, size.pretraining
    if size.part is not None:
        schedule = (
            "Schedule: a few batches where the thesis has up to fifty epochs; the models start as a running mean and "
            "the bi-ConvLSTMs learn on parts of the maps. These figures show that all runs, not how good it gets."
        )
    elif first.batches_per_epoch is None:
        schedule = "Schedule: the thesis' own."
    else:
        schedule = (
            f"Schedule: the thesis' own, but an epoch is {first.batches_per_epoch} batches of windows drawn at random "
            "where the thesis' holds every window"
        )
        schedule += (
            f"; pretraining ends after {size.seconds:g} s at most, fine-tuning after 0.4 times as many."
            if size.seconds < float("inf")
            else "."
        )
    return {
        "motion": f"{', '.join(path.name for path in size.data)}, joints they do not have unknown"
        if size.data
        else (
            f"{motion.n_climbs} made-up climbs of {motion.seconds:g} s seen by {motion.n_views} cameras each, all 25 "
            "joints known"
        ),
        "clips": f"{clips.n_climbs} made-up climbs of {clips.seconds:g} s",
        "schedule": schedule,
    }
