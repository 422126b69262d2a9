"""Steadying paths: rest becomes rest, moves stay quick, jumps of a few frames go."""

from dataclasses import replace

import numpy as np
import pytest

from annotation.labels import Keypoints2D
from annotation.model_cards import ModelCard, smoother_entry
from annotation.skeletons import load_skeleton
from inference.smoothing.catalogue import build
from inference.smoothing.checkpoints import Checkpoint
from inference.smoothing.classical import Butterworth
from inference.smoothing.clip import smooth_clip
from inference.smoothing.over_frames import Numerics
from inference.smoothing.smoothers import Smoother
from inference.smoothing.steadying import Steadiness

SIZE_PX = 700.0
MOVE_S, MOVE_PX = 0.3, 250.0


def moving(times: np.ndarray) -> np.ndarray:
    """Return three joints (T, 3, 2) of a body 700 px large: two at rest and a hand that goes for a hold at 2 s."""
    share = np.clip((times - 2.0) / MOVE_S, 0, 1)
    along = share * share * (3 - 2 * share)
    still = np.zeros_like(times)
    rest = [np.stack((still + 100, still + y), -1) for y in (0.0, SIZE_PX)]
    return np.stack((*rest, np.stack((still + 100, 300 - MOVE_PX * along), -1)), axis=1)


def found(times: np.ndarray, *, seed: int = 0, jitter_px: float = 2.0) -> np.ndarray:
    return moving(times) + np.random.default_rng(seed).normal(0, jitter_px, (len(times), 3, 2))


def off(points: np.ndarray, times: np.ndarray) -> np.ndarray:
    """Return how far points (T, 3, 2) are off, px (T, 3)."""
    return np.linalg.norm(points - moving(times), axis=-1)


@pytest.mark.parametrize("fps", [25.0, 60.0])
def test_rest_is_still_and_a_move_is_as_quick_as_before(fps: float) -> None:
    times = np.arange(round(4 * fps)) / fps
    given = found(times)
    steady = Steadiness()(given, times)
    quick = (times > 1.9) & (times < 2.4)
    assert np.linalg.norm(np.diff(steady[~quick][:, 2], n=2, axis=0), axis=-1)[:40].mean() < 0.05 * np.hypot(2, 2)
    assert off(steady, times)[:, :2].mean() < 0.6 * off(given, times)[:, :2].mean()
    assert off(steady, times)[quick, 2].mean() < 0.012 * MOVE_PX
    as_calm = Butterworth(cutoff_hz=1.0)(given, times)
    assert off(steady, times)[quick, 2].mean() < 0.3 * off(as_calm, times)[quick, 2].mean()


@pytest.mark.parametrize("n_frames", [1, 2, 3])
def test_a_jump_of_a_few_frames_is_dropped(n_frames: int) -> None:
    times = np.arange(100) / 25.0
    given = found(times)
    given[20 : 20 + n_frames] += (120.0, 60.0)
    steady = Steadiness()(given, times)
    assert off(steady, times)[20 : 20 + n_frames].max() < 15
    assert off(steady, times)[10:20].max() < 10


def test_after_a_model_its_corrections_count_and_its_jitter_does_not() -> None:
    n_frames, skeleton = 90, load_skeleton("coco17")
    times, rng = np.arange(n_frames) / 30, np.random.default_rng(4)
    rest = rng.uniform(0, 1, (17, 2)) * (200, 600)
    xy = rest + rng.normal(0, 2, (n_frames, 17, 2))
    given = Keypoints2D(xy.astype(np.float32), np.ones((n_frames, 17), np.float32), "coco17")
    shifting = build("conv3d", n_joints=17)
    shifting.convolution.weight.data.zero_()
    for joint in range(17):  # every joint a map pixel to the right
        shifting.convolution.weight.data[joint, joint, 2, 2, 1] = 1
    card = ModelCard("conv3d", "shifts", "coco17", skeleton.joints, 30.0, 5, 1)
    smoother = Smoother(smoother_entry("conv3d"), Checkpoint(shifting.eval(), card), "shifts")
    raw, steady = (
        smooth_clip(given, smoother=smoother, times_s=times, steady=steady, numerics=Numerics()).xy
        for steady in (False, True)
    )
    assert np.median(raw[..., 0] - given.xy[..., 0]) > 3
    assert np.abs((steady - raw).mean(0)).max() < 1.0
    assert np.abs(np.diff(steady, n=2, axis=0)).mean() < 0.1 * np.abs(np.diff(raw, n=2, axis=0)).mean()
    half = smooth_clip(given, smoother=smoother, times_s=times, steady=True, strength=0.5, numerics=Numerics()).xy
    assert half == pytest.approx((given.xy + steady) / 2, abs=1e-2)
    gone = replace(given, xy=np.where(np.arange(n_frames)[:, None, None] == 40, np.nan, given.xy).astype(np.float32))
    left = smooth_clip(gone, smoother=smoother, times_s=times, steady=True, numerics=Numerics()).xy
    assert np.isnan(left[40]).all() and np.isfinite(np.delete(left, 40, 0)).all()
