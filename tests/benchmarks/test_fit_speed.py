"""How long a whole clip and the refit of a window after one correction take, in one thread as in the worker."""

import time

import numpy as np
import pytest

from annotation.body import SMPL_JOINTS, builtin_body
from annotation.poses import Camera
from annotation.skeletons import load_skeleton
from inference.fitting.clip_fit import fit_clip
from inference.fitting.points import ClipPoints
from inference.fitting.solver import Schedule, Shape, solve
from inference.memory import keep_memory

pytestmark = pytest.mark.benchmark


def climb(n_frames: int) -> ClipPoints:
    """Return noisy points of somebody who hangs by bent arms and pedals."""
    rng, body, camera = np.random.default_rng(0), builtin_body(), Camera.guess((1080, 1440))
    phase = np.arange(n_frames) / 12
    pose = np.zeros((n_frames, 24, 3))
    pose[:, 0, 2] = np.pi
    for side, sign in (("left", 1.0), ("right", -1.0)):
        pose[:, SMPL_JOINTS.index(f"{side}_shoulder"), 2] = sign * (0.8 + 0.3 * np.sin(phase))
        pose[:, SMPL_JOINTS.index(f"{side}_elbow"), 1] = -sign * (0.8 + 0.5 * np.cos(phase))
        pose[:, SMPL_JOINTS.index(f"{side}_hip"), 0] = -0.8 - 0.4 * np.sin(phase + sign)
        pose[:, SMPL_JOINTS.index(f"{side}_knee"), 0] = 1.0 + 0.5 * np.cos(phase + sign)
    transl = np.stack([0.2 * np.sin(phase / 5), 0.3 * np.cos(phase / 7), np.full(n_frames, 4.5)], axis=-1)
    keypoints = body.keypoints(body.keypoint_rig("climbalong25"), np.zeros(body.n_betas), pose, transl=transl)
    shape = keypoints.shape[:2]
    return ClipPoints.from_arrays(
        load_skeleton("climbalong25"),
        xy=camera.project(keypoints) + rng.normal(size=(*shape, 2)) * 8,
        confidence=rng.uniform(0.4, 1.0, shape),
        source=np.ones(shape, np.uint8),
        world=keypoints - keypoints[:, 15:17].mean(axis=1, keepdims=True) + rng.normal(size=keypoints.shape) * 0.04,
    )


@pytest.mark.parametrize("n_frames", [90, 377])
def test_fit_speed(n_frames: int) -> None:
    keep_memory()
    points = climb(n_frames)
    started, cpu = time.perf_counter(), time.process_time()
    result = fit_clip(points, body=builtin_body(), camera=Camera.guess((1080, 1440)), times_s=np.arange(n_frames) / 25)
    wall_s, cpu_s = time.perf_counter() - started, time.process_time() - cpu
    middle = n_frames // 2
    frames = slice(middle - 30, middle + 31)
    window = result.problem.window(frames)
    window.xy[30, 7] += 60
    window.confidence[30, 7] = 20
    started = time.perf_counter()
    solve(window, result.state.window(frames), shape=Shape.FIXED, schedule=Schedule(8))
    refit_s = time.perf_counter() - started
    iterations = result.summary["iterations"]
    print(
        f"\n{n_frames} frames: {wall_s:.2f} s ({cpu_s:.2f} s CPU), {iterations} iterations, "
        f"{1000 * wall_s / n_frames / iterations:.2f} ms per frame and iteration; "
        f"refit of 61 frames after one correction: {1000 * refit_s:.0f} ms"
    )
    if n_frames == 377:
        assert cpu_s < 20
