"""The job ``reproduce``: the thesis' tables on temporal smoothing with our figures beside."""

import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from annotation.errors import JobError
from inference.jobs import TaskContext
from inference.smoothing.training.job import number

if TYPE_CHECKING:
    from inference.smoothing.training.reproduction import Size

PAGE, SHIPPED_PAGE = "smoothing.md", "shipped.md"
_AT_ONCE = 4
"""Trainings side by side at most, a processor each, unless more are asked for."""


def run(context: TaskContext) -> dict[str, Any]:
    """Carry out the trainings and write ``smoothing.md``, or score the shipped weights alone (``shipped.md``).

    Parameters of the job: ``small`` (flag), ``folder`` (keeps every run, so that an interrupted job goes on), ``seed``,
    ``device`` (auto, cpu or cuda), ``at_once`` (trainings side by side; null: a few on processors, one on a GPU),
    ``batches`` (of an epoch, at most; null: all) and ``seconds`` (of a training, at most; null: any), ``data`` (files
    and folders to pretrain with, `training.folders`), ``shipped`` (flag: no trainings), ``capture`` (a motion-captured
    climb to score the shipped weights on, or null), ``command``.

    Raises
    ------
    JobError
        If a parameter makes no sense.
    """
    from inference.smoothing.device import device_named  # torch takes seconds to import
    from inference.smoothing.training import reproduction
    from inference.smoothing.training.page import page

    parameters = context.parameters
    if "folder" not in parameters:
        raise JobError("The job to reproduce does not say in which folder. Start it again.")
    device = device_named(parameters.get("device"))
    if parameters.get("shipped"):
        return _shipped(context)
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
        reproduction.timed_on(device, folder),
        command=str(parameters.get("command", "")),
        hardware=" and ".join(sorted({run.hardware for run in runs})),
        told=reproduction.in_words(size),
    )
    (context.output / PAGE).write_text(text, encoding="utf-8")
    return {"runs": len(runs), "seconds": round(sum(each.seconds for each in runs))}


def _shipped(context: TaskContext) -> dict[str, Any]:
    from inference.smoothing.training.shipped_figures import detector_section, shipped_section

    parameters = context.parameters
    seed, capture = int(number(parameters, "seed", 0, least=0, most=2**31)), parameters.get("capture")
    context.report(0, 0, "scoring the shipped weights")
    noisy = shipped_section(seed=seed, capture=Path(str(capture)) if capture else None)
    folder = Path(str(parameters["folder"])) / "climbs"
    found = detector_section(folder, report=lambda n, total: context.report(n, total, "filming climbs"))
    (context.output / SHIPPED_PAGE).write_text(f"{noisy}\n\n{found}\n", encoding="utf-8")
    return {"runs": 0, "seconds": 0}


def _size(parameters: Mapping[str, Any], size: "Size") -> "Size":
    from inference.smoothing.training.reproduction import shortened

    size = replace(size, data=tuple(Path(str(path)) for path in parameters.get("data") or ()))
    batches, seconds = parameters.get("batches"), parameters.get("seconds")
    return shortened(
        size,
        batches=None if batches is None else int(number(parameters, "batches", 1, least=1, most=1_000_000)),
        seconds=None if seconds is None else number(parameters, "seconds", 1, least=1, most=1e9),
    )
