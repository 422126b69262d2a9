"""The thesis' noise, by its statistics, and the mistakes of a detector."""

import numpy as np
import pytest
import torch

from annotation.errors import BetascopeError
from annotation.skeletons import load_skeleton
from inference.smoothing.training.noise import SHIPPED, SPREADS, NoiseRecipe, disturb, experiment
from inference.smoothing.training.noise import pose_boxes as boxes_of_tensors

SKELETON = load_skeleton("climbalong25")


def pose_boxes(xy: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    corner, size = boxes_of_tensors(torch.from_numpy(xy))
    return corner.numpy(), size.numpy()


def poses(n_windows: int = 40, n_frames: int = 5) -> np.ndarray:
    rng = np.random.default_rng(0)
    one = rng.uniform(100, 500, (1, 1, 25, 2)) * np.array([0.5, 1.0])
    return np.repeat(np.repeat(one, n_windows, 0), n_frames, 1)


@pytest.mark.parametrize("k", [1.0, 2.0])
def test_points_move_by_three_k_map_pixels_and_stay_in_the_box(k: float) -> None:
    truth = poses(400)
    made = disturb(np.random.default_rng(1), truth, experiment(1, k=k), SKELETON)
    corner, size = pose_boxes(truth)
    in_map = (made.xy - corner) / size * 55
    assert (in_map >= -1e-9).all() and (in_map <= 55 + 1e-9).all()
    middle = np.argmin(np.abs((truth - corner) / size * 55 - 27.5).max(-1)[0, 0])
    off = ((made.xy - truth) / size * 55)[:, :, middle]
    assert np.std(off) == pytest.approx(3 * k, rel=0.06)
    assert np.abs(np.mean(off)) < 0.2 * k
    between_frames = np.corrcoef(off[:, 0, 0], off[:, 1, 0])[0, 1]
    assert abs(between_frames) < 0.15


def test_the_box_is_ten_per_cent_larger_on_each_side() -> None:
    corner, size = pose_boxes(np.array([[0.0, 0.0], [100.0, 200.0]]))
    np.testing.assert_allclose(corner[0], [-10, -20])
    np.testing.assert_allclose(size[0], [120, 240])


def test_experiments_differ_in_spread_and_rate() -> None:
    first, second, third = (experiment(number, k=1) for number in (1, 2, 3))
    drawn = disturb(np.random.default_rng(1), poses(), first, SKELETON).spread
    values, counts = np.unique(drawn, return_counts=True)
    assert tuple(values) == SPREADS
    assert counts.min() > 0.8 * counts.max()
    assert (disturb(np.random.default_rng(1), poses(), second, SKELETON).spread == 1).all()
    assert (first.step, third.step) == (1, 2)
    with pytest.raises(BetascopeError, match="no experiment 4"):
        experiment(4, k=1)


def test_unknown_points_stay_unknown_and_do_not_make_the_box() -> None:
    truth = poses(4)
    truth[:, :, 3] = np.nan
    made = disturb(np.random.default_rng(1), truth, experiment(1, k=1), SKELETON)
    assert np.isnan(made.xy[:, :, 3]).all()
    assert np.isfinite(np.delete(made.xy, 3, axis=2)).all()


def test_a_detectors_mistakes_are_mostly_small_with_some_far_off_and_some_missing() -> None:
    truth = poses(300, 20)
    recipe = NoiseRecipe(mixed=1.0, missing=0.02)
    made = disturb(np.random.default_rng(2), truth, recipe, SKELETON)
    _, size = pose_boxes(truth)
    off = np.linalg.norm((made.xy - truth) / size * 55, axis=-1)
    assert np.nanmedian(off) < 1.5
    assert 0.005 < np.mean(off[np.isfinite(off)] > 5) < 0.1
    assert 0.005 < np.isnan(off).mean() < 0.05


def test_swapped_sides_come_and_go() -> None:
    truth = poses(600, 8)
    made = disturb(np.random.default_rng(2), truth, NoiseRecipe(mixed=1.0), SKELETON)
    mirrored = truth[:, :, list(SKELETON.mirror)]
    ankle = SKELETON.index("left_ankle")
    swapped = (
        np.linalg.norm(made.xy - mirrored, axis=-1)[..., ankle] < np.linalg.norm(made.xy - truth, axis=-1)[..., ankle]
    )
    assert 0.002 < swapped.mean() < 0.08
    assert not swapped.all(axis=1).any() or swapped.all(axis=1).mean() < 0.01


def test_the_shipped_noise_holds_all_of_it_and_the_same_seed_gives_the_same() -> None:
    one, other = (disturb(np.random.default_rng(5), poses(200), SHIPPED, SKELETON) for _ in range(2))
    np.testing.assert_array_equal(one.xy, other.xy)
    _, size = pose_boxes(poses(200))
    off = np.nanstd((one.xy - poses(200)) / size * 55, axis=(1, 2, 3))
    assert (off < 1.5).mean() > 0.25
    assert ((off > 2) & (off < 4)).mean() > 0.1
    assert (off > 4).mean() > 0.05
