"""How long one correction takes the warm worker's fit, and how much memory whole clips take.

As in the worker: one thread computes, and memory is kept for the next array.
"""

import sys
import time
from pathlib import Path

import numpy as np
import pytest

from annotation.body import builtin_body
from annotation.known_facts import Facts
from annotation.labels import Source
from annotation.poses import Camera
from annotation.skeletons import load_skeleton
from inference.fitting.clip_fit import fit_clip
from inference.fitting.live import ChangedPoint, LiveFit
from inference.fitting.points import ClipPoints
from inference.memory import keep_memory

pytestmark = pytest.mark.benchmark

CAMERA = Camera.guess((1080, 1440))


def pedalling(n_frames: int) -> ClipPoints:
    """Return noisy points of somebody who hangs and pedals."""
    rng, body, skeleton = np.random.default_rng(0), builtin_body(), load_skeleton("climbalong25")
    phase = np.arange(n_frames) / 12
    pose = np.zeros((n_frames, 24, 3))
    pose[:, 0, 2] = np.pi
    for joint, sign in ((1, 1.0), (2, -1.0)):
        pose[:, joint, 0] = -0.8 - 0.4 * np.sin(phase + sign)
        pose[:, joint + 3, 0] = 1.0 + 0.5 * np.cos(phase + sign)
        pose[:, joint + 15, 2] = sign * (0.8 + 0.3 * np.sin(phase))
    transl = np.stack([0.2 * np.sin(phase / 5), 0.3 * np.cos(phase / 7), np.full(n_frames, 4.5)], axis=-1)
    keypoints = body.keypoints(body.keypoint_rig(skeleton.name), np.zeros(16), pose, transl=transl)
    shape = keypoints.shape[:2]
    return ClipPoints.from_arrays(
        skeleton,
        xy=CAMERA.project(keypoints) + rng.normal(size=(*shape, 2)) * 6,
        confidence=rng.uniform(0.4, 1.0, shape),
        source=np.ones(shape, np.uint8),
        world=keypoints - keypoints[:, 15:17].mean(axis=1, keepdims=True) + rng.normal(size=keypoints.shape) * 0.04,
    )


def in_memory_gb(entry: str) -> float:
    """Return what Linux says of this process: VmRSS is what it holds now, VmHWM the most since that was last reset."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1e6 for line in lines if line.startswith(f"{entry}:"))


@pytest.mark.skipif(sys.platform != "linux", reason="the most memory held is asked of Linux")
@pytest.mark.parametrize("n_frames", [90, 377, 1800])
def test_whole_clips(n_frames: int) -> None:
    keep_memory()
    points = pedalling(n_frames)
    Path("/proc/self/clear_refs").write_text("5")  # forgets the most that earlier benchmarks held
    before_gb = in_memory_gb("VmRSS")
    started, cpu = time.perf_counter(), time.process_time()
    result = fit_clip(points, body=builtin_body(), camera=CAMERA, times_s=np.arange(n_frames) / 25)
    wall_s, cpu_s = time.perf_counter() - started, time.process_time() - cpu
    memory_gb = in_memory_gb("VmHWM") - before_gb
    print(
        f"\n{n_frames} frames: {cpu_s:.2f} s of processor, {wall_s:.2f} s passed, "
        f"{result.summary['iterations']} iterations, at most {memory_gb:.2f} GB"
    )
    assert memory_gb < 1.5  # beside what other benchmarks left in this process


def test_one_correction() -> None:
    keep_memory()
    n_frames = 377
    points, times_s = pedalling(n_frames), np.arange(n_frames) / 25
    result = fit_clip(points, body=builtin_body(), camera=CAMERA, times_s=times_s)
    live = LiveFit(points, result.mesh, body=builtin_body(), times_s=times_s, facts=Facts())
    rng, first, used = np.random.default_rng(1), [], []
    for _ in range(40):
        frame, joint = int(rng.integers(30, n_frames - 30)), int(rng.integers(3, 24))
        x, y = points.xy[frame, joint] + rng.normal(size=2) * 20
        cpu = time.process_time()
        live.change([ChangedPoint(frame, joint, (float(x), float(y)), 1.0, Source.LABELLED)])
        live.refit_first(frame)
        first.append(1000 * (time.process_time() - cpu))
        assert live.refit(near=frame) is not None
        used.append(1000 * (time.process_time() - cpu))
    print(
        f"\none correction: {np.median(first):.0f} ms of processor (95th percentile {np.percentile(first, 95):.0f}) "
        f"for the frame on screen, {np.median(used):.0f} ({np.percentile(used, 95):.0f}) for all 61 frames"
    )
