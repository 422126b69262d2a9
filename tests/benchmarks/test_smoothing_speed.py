"""How long smoothing a clip takes, against the models' sums alone; time per window beside Andersen 2023, table 14.

Untrained weights do: the sums are the same.
"""

import os
import time

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from annotation.labels import Keypoints2D
from annotation.model_cards import ModelCard, smoother_entry
from annotation.skeletons import load_skeleton
from inference.smoothing.catalogue import build, count_parameters
from inference.smoothing.checkpoints import Checkpoint
from inference.smoothing.clip import smooth_clip
from inference.smoothing.conv3d import Conv3DSmoother
from inference.smoothing.heatmaps import make_maps
from inference.smoothing.over_frames import best_numerics
from inference.smoothing.smoothers import Smoother
from inference.smoothing.threads import in_threads
from inference.smoothing.training.thesis_figures import MILLISECONDS, MODELS
from inference.smoothing.windows import Windows

pytestmark = pytest.mark.benchmark

SKELETON = load_skeleton("climbalong25")
N_FRAMES, FPS = 1800, 30.0


@pytest.fixture(autouse=True)
def all_cores() -> None:
    torch.set_num_threads(os.cpu_count() or 1)


def swaying(n_frames: int) -> Keypoints2D:
    rng = np.random.default_rng(0)
    time_s = np.arange(n_frames)[:, None, None] / FPS
    pose = rng.uniform(-150, 150, (25, 2)) + (500, 600)
    xy = pose + 40 * np.sin(time_s * rng.uniform(0.5, 2, (25, 2))) + rng.normal(0, 2, (n_frames, 25, 2))
    return Keypoints2D(xy.astype(np.float32), np.full(xy.shape[:2], 0.8, np.float32), SKELETON.name)


def smoother_of(key: str, *, window: int, **options: object) -> Smoother:
    torch.manual_seed(0)
    model = build(key, n_joints=25, n_frames=window, options=options).eval()
    card = ModelCard(key, key, SKELETON.name, SKELETON.joints, FPS, window, count_parameters(model), options)
    return Smoother(smoother_entry(key), Checkpoint(model, card), key)


def given(key: str, count: int, window: int) -> torch.Tensor:
    points = torch.rand(count, window, 25, 2) * 50
    half = best_numerics().half and key != "deciwatch"
    return points if key == "deciwatch" else make_maps(points, 1.5, dtype=torch.bfloat16 if half else torch.float32)


def bare(key: str, model: torch.nn.Module, *, window: int, stride: int, batch: int) -> float:
    """Return the seconds of the model's sums for all windows of the clip, their input ready, in as many threads."""
    count = len(Windows(N_FRAMES, window, stride).starts)
    sums = model.middle if isinstance(model, Conv3DSmoother) else model
    ready = given(key, batch, window)
    numerics = best_numerics()
    half = numerics.half and key != "deciwatch"

    def once(_number: int) -> None:
        with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16, enabled=half):
            sums(ready)

    once(0)
    start = time.perf_counter()
    list(in_threads(once, range(count // batch), n_threads=numerics.threads))
    return time.perf_counter() - start


@pytest.mark.parametrize(
    ("key", "window", "stride", "batch", "asked_s"),
    [("conv3d", 5, 1, 8, 3.0), ("deciwatch", 51, 6, 64, 5.0), ("deciwatch", 5, 1, 64, 5.0)],
)
def test_a_clip_of_a_minute(key: str, window: int, stride: int, batch: int, asked_s: float) -> None:
    keypoints, times_s = swaying(N_FRAMES), np.arange(N_FRAMES) / FPS
    smoother = smoother_of(key, window=window, stride=stride)
    assert smoother.checkpoint is not None and smoother.card is not None
    smooth_clip(keypoints_of(keypoints, 100), smoother=smoother, times_s=times_s[:100])
    start = time.perf_counter()
    smoothed = smooth_clip(keypoints, smoother=smoother, times_s=times_s)
    took = time.perf_counter() - start
    loop = bare(key, smoother.checkpoint.model, window=window, stride=stride, batch=batch)
    print(
        f"\n{smoother.entry.title}, windows of {window} every {stride}: {N_FRAMES} frames in {took:.2f} s "
        f"(asked < {asked_s:.0f} s on 2 cores), {took / loop:.1f} x the model's sums alone"
    )
    assert np.isfinite(smoothed.xy).all()
    assert took < 8 * loop


@pytest.mark.parametrize("key", MODELS)
def test_time_per_window_beside_table_14(key: str) -> None:
    model = smoother_of(key, window=5).checkpoint
    assert model is not None
    alone, together = given(key, 1, 5), given(key, 8, 5)
    half = best_numerics().half and key != "deciwatch"
    with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16, enabled=half):
        one, eight = seconds_of(model.model, alone), seconds_of(model.model, together)
    print(
        f"\n{model.card.entry.title}: {1000 * one:.2f} ms per window alone, {1000 * eight / 8:.2f} ms in batches of 8 "
        f"(processor time, one thread{', bfloat16' if half else ''}); thesis {MILLISECONDS[key][0]} ms; "
        f"{model.card.n_parameters:,} parameters"
    )
    assert eight < 12 * one


@pytest.mark.parametrize("key", ["one-euro", "savitzky-golay", "butterworth", "median"])
def test_classical_smoothers(key: str) -> None:
    keypoints, times_s = swaying(N_FRAMES), np.arange(N_FRAMES) / FPS
    start = time.perf_counter()
    smoothed = smooth_clip(keypoints, smoother=Smoother(smoother_entry(key)), times_s=times_s)
    print(f"\n{smoother_entry(key).title}: {N_FRAMES} frames in {1000 * (time.perf_counter() - start):.0f} ms")
    assert np.isfinite(smoothed.xy).all()


def keypoints_of(keypoints: Keypoints2D, n_frames: int) -> Keypoints2D:
    return Keypoints2D(keypoints.xy[:n_frames], keypoints.confidence[:n_frames], keypoints.skeleton)


def seconds_of(model: torch.nn.Module, ready: torch.Tensor) -> float:
    """Return the processor time of five runs of one thread, their median as in the thesis."""
    torch.set_num_threads(1)
    model(ready)
    times: list[float] = []
    for _ in range(5):
        start = time.process_time()
        model(ready)
        times.append(time.process_time() - start)
    spent: NDArray[np.float64] = np.array(times)
    return float(np.median(spent))
