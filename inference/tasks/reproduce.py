"""The job ``reproduce``: the thesis' tables on temporal smoothing with our figures beside."""

import os
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from annotation.errors import JobError
from inference.jobs import TaskContext
from inference.smoothing.training.job import number

if TYPE_CHECKING:
    import torch

    from inference.smoothing.training.reproduction import Size

_PAGE, _SHIPPED_PAGE = "smoothing.md", "shipped.md"
_WEIGHTS = "small-weights"
_AT_ONCE = 4
"""Trainings side by side at most, a processor each, unless more are asked for."""


def run(context: TaskContext) -> dict[str, Any]:
    """Carry out the trainings and write a page of them, or a page of what the shipped weights are worth.

    Parameters of the job: ``small`` (flag), ``folder`` (keeps every run, so that an interrupted job goes on), ``seed``,
    ``device`` (auto, cpu or cuda), ``at_once`` (trainings side by side; null: a few on processors, one on a GPU),
    ``batches`` (of an epoch, at most; null: all) and ``seconds`` (of a training, at most; null: any), ``data`` (files
    and folders to pretrain with, `training.folders`), ``shipped`` (flag: no trainings; with ``small`` every model is
    trained a little by the shipped recipe, and these weights are scored), ``capture`` (a motion-captured climb to score
    them on, or null), ``command``. The summary names the ``page``.

    Raises
    ------
    JobError
        If a parameter makes no sense.
    """
    from inference.smoothing.device import device_named  # torch takes seconds to import
    from inference.smoothing.training import reproduction
    from inference.smoothing.training.page import page
    from inference.smoothing.training.timing import timed_on

    parameters = context.parameters
    if "folder" not in parameters:
        raise JobError("The job to reproduce does not say in which folder. Start it again.")
    device = device_named(parameters.get("device"))
    if parameters.get("shipped"):
        return _shipped(context, device)
    small = bool(parameters.get("small"))
    seed = int(number(parameters, "seed", 0, least=0, most=2**31))
    size = _size(parameters, reproduction.SMALL if small else reproduction.FULL)
    folder = Path(str(parameters["folder"])) / f"{'small' if small else 'full'}{'-data' if size.data else ''}"
    usual = 1 if device.type == "cuda" else min(os.cpu_count() or 1, _AT_ONCE)
    at_once = int(number(parameters, "at_once", usual, least=1, most=64))
    runs = reproduction.all_runs(size, folder, seed=seed, report=context.report, device=str(device), at_once=at_once)
    context.report(0, 0, "timing the models")
    text = page(
        runs,
        timed_on(device, folder),
        command=str(parameters.get("command", "")),
        hardware=" and ".join(sorted({run.hardware for run in runs})),
        told=reproduction.in_words(size),
    )
    (context.output / _PAGE).write_text(text, encoding="utf-8")
    return {"page": _PAGE, "runs": len(runs), "seconds": round(sum(each.seconds for each in runs))}


def _shipped(context: TaskContext, device: "torch.device") -> dict[str, Any]:
    from inference.smoothing.training import shipped_figures
    from inference.smoothing.training.shipped_training import LITTLE, train_a_little

    began, parameters = time.monotonic(), context.parameters
    folder, command = Path(str(parameters["folder"])), str(parameters.get("command", ""))
    seed, capture = int(number(parameters, "seed", 0, least=0, most=2**31)), parameters.get("capture")
    made_by = f"Made by `{command}`."
    if small := bool(parameters.get("small")):
        smoothers = train_a_little(
            LITTLE, folder / _WEIGHTS, seed=seed, device=device, command=command, report=context.report
        )
        introduction = f"# Weights of a little training\n\n{made_by} {LITTLE.in_words(device)}"
    else:
        smoothers = shipped_figures.learned()
        introduction = f"# The weights that come with the program\n\n{made_by}"
    text = shipped_figures.shipped_page(
        smoothers,
        folder / "climbs",
        introduction=introduction,
        seed=seed,
        capture=Path(str(capture)) if capture else None,
        report=context.report,
        yardsticks=shipped_figures.SHORT if small else shipped_figures.USUAL,
    )
    (context.output / _SHIPPED_PAGE).write_text(text, encoding="utf-8")
    runs = len(smoothers) if small else 0
    return {"page": _SHIPPED_PAGE, "runs": runs, "seconds": round(time.monotonic() - began)}


def _size(parameters: Mapping[str, Any], size: "Size") -> "Size":
    from inference.smoothing.training.reproduction import shortened

    size = replace(size, data=tuple(Path(str(path)) for path in parameters.get("data") or ()))
    batches, seconds = parameters.get("batches"), parameters.get("seconds")
    return shortened(
        size,
        batches=None if batches is None else int(number(parameters, "batches", 1, least=1, most=1_000_000)),
        seconds=None if seconds is None else number(parameters, "seconds", 1, least=1, most=1e9),
    )
