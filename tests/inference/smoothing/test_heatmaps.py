"""Maps made of points and read again, to a hundredth of a pixel."""

import numpy as np
import pytest
import torch

from inference.smoothing.heatmaps import (
    MAP_SUM,
    box_around,
    from_map,
    from_unit,
    make_maps,
    read_maps,
    spread_of,
    to_map,
    to_unit,
)


def test_a_map_sums_to_255_and_peaks_at_its_point() -> None:
    maps = make_maps(torch.tensor([[20.0, 31.0]]), 1.5)
    assert maps.sum().item() == pytest.approx(MAP_SUM, rel=1e-4)
    assert divmod(int(maps[0].argmax()), 56) == (31, 20)


@pytest.mark.parametrize("spread", [1.0, 1.5, 2.0, 2.5, 3.0])
def test_reading_a_map_returns_the_exact_point(spread: float) -> None:
    rng = np.random.default_rng(2)
    points = torch.from_numpy(rng.uniform(0, 55, (500, 2))).float()
    read, height = read_maps(make_maps(points, spread))
    assert (read - points).abs().max() < 0.01
    assert (height > 0).all()


def test_points_on_the_border_are_read_exactly() -> None:
    points = torch.tensor([[0.0, 0.0], [55.0, 55.0], [0.0, 27.3], [54.6, 0.4]])
    assert (read_maps(make_maps(points, 1.0))[0] - points).abs().max() < 0.01


def test_reading_survives_bfloat16_and_noise() -> None:
    rng = np.random.default_rng(4)
    points = torch.from_numpy(rng.uniform(3, 52, (300, 2))).float()
    maps = make_maps(points, 1.5)
    assert (read_maps(maps.bfloat16())[0] - points).abs().max() < 0.02
    noisy = maps + 0.2 * torch.from_numpy(rng.random(maps.shape)).float()
    assert (read_maps(noisy)[0] - points).abs().mean() < 0.05


def test_a_missing_point_is_an_empty_map_and_an_empty_map_no_point() -> None:
    maps = make_maps(torch.tensor([[float("nan"), 3.0], [4.0, 5.0]]))
    assert (maps[0] == 0).all()
    read, height = read_maps(maps)
    assert torch.isnan(read[0]).all()
    assert torch.isfinite(read[1]).all()
    assert height[0] == 0


def test_the_box_is_a_tenth_larger_on_each_side() -> None:
    window = np.array([[[0.0, 0.0], [100.0, 40.0]], [[50.0, 200.0], [np.nan, np.nan]]])
    assert box_around(window) == pytest.approx([-10, -20, 110, 220])


def test_doubtful_points_do_not_stretch_the_box_unless_there_are_no_others() -> None:
    window = np.array([[[0.0, 0.0], [100.0, 100.0], [900.0, 900.0]]])
    confidence = np.array([[0.9, 0.8, 0.05]])
    assert box_around(window, confidence) == pytest.approx([-10, -10, 110, 110])
    assert box_around(window, confidence * 0.1) == pytest.approx([-90, -90, 990, 990])


def test_a_window_without_points_has_no_box_and_one_point_has_a_small_one() -> None:
    assert np.isnan(box_around(np.full((5, 3, 2), np.nan))).all()
    left, top, right, bottom = box_around(np.full((5, 3, 2), 7.0))
    assert left < 7 < right
    assert top < 7 < bottom


def test_box_coordinates_go_there_and_back() -> None:
    rng = np.random.default_rng(1)
    windows = rng.uniform(-300, 2000, (4, 5, 6, 2))
    boxes = box_around(windows)
    on_map = to_map(windows, boxes)
    assert on_map.min() > 0
    assert on_map.max() < 55
    assert from_map(on_map, boxes) == pytest.approx(windows)
    assert from_unit(to_unit(windows, boxes), boxes) == pytest.approx(windows)
    assert np.abs(to_unit(windows, boxes)).max() < 1
    tensors = to_map(torch.from_numpy(windows), torch.from_numpy(boxes))
    assert tensors.numpy() == pytest.approx(on_map)


def test_surer_points_have_narrower_maps() -> None:
    assert spread_of(np.array([1.0, 0.5, 0.0, np.nan])) == pytest.approx([1.0, 2.0, 3.0, 3.0])
