"""How long the smoothers take for a window, on the processor and on a GPU."""

import json
import time
from pathlib import Path

import numpy as np
import torch

from annotation.model_cards import SmootherKind, smoother_entry
from inference.smoothing.catalogue import build, count_parameters
from inference.smoothing.device import hardware
from inference.smoothing.training.thesis_figures import MODELS

TIMES_FILE = "times.json"
_TIMED, _TIMED_RUNS = 20, 5


def milliseconds(model: str, device: torch.device) -> tuple[float, float, int]:
    """Return the time of a window on a device, mean and standard deviation of five runs, and the parameters."""
    torch.manual_seed(0)
    net = build(model, n_joints=25).eval().to(device)
    shape = (1, 5, 25, 56, 56) if smoother_entry(model).kind is SmootherKind.HEATMAPS else (1, 5, 25, 2)
    window = torch.rand(shape, device=device)
    times = []
    with torch.inference_mode():
        for _ in range(_TIMED_RUNS + 1):  # the first warms up
            start = time.perf_counter()
            for _ in range(_TIMED):
                net(window)
            if device.type == "cuda":
                torch.cuda.synchronize(device)
            times.append((time.perf_counter() - start) / _TIMED * 1000)
    return float(np.mean(times[1:])), float(np.std(times[1:])), count_parameters(net)


def timed_on(
    device: torch.device, folder: Path, *, processor: bool = True
) -> dict[str, dict[str, tuple[float, float, int]]]:
    """Return the times of a window by what computes and by model; those of other machines are kept in a folder.

    Parameters
    ----------
    processor : bool
        Whether the processor beside a GPU is timed too.
    """
    kept = folder / TIMES_FILE
    known = json.loads(kept.read_text(encoding="utf-8")) if kept.exists() else {}
    times = {name: {model: tuple(each) for model, each in models.items()} for name, models in known.items()}
    for each in dict.fromkeys([torch.device("cpu"), device] if processor else [device]):
        times[hardware(each)] = {model: milliseconds(model, each) for model in MODELS}
    kept.write_text(json.dumps(times, indent=1), encoding="utf-8")
    return times
