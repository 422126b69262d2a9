"""Filters over time: jitter goes, nothing lags, what is missing stays missing."""

from collections.abc import Callable

import numpy as np
import pytest

from inference.smoothing.classical import (
    Butterworth,
    Identity,
    Median,
    OneEuro,
    SavitzkyGolay,
    body_size,
)
from inference.smoothing.steadying import Steadiness

Filter = Callable[[np.ndarray, np.ndarray], np.ndarray]
FILTERS = [OneEuro(), SavitzkyGolay(), Butterworth(), Median(), Steadiness()]
TIMES = np.arange(240) / 30.0


def swinging(times: np.ndarray = TIMES) -> np.ndarray:
    """Return two joints and a still one (T, 3, 2) of a person 300 px tall, who swings slowly."""
    x = 200 + 60 * np.sin(2 * np.pi * 0.4 * times)
    still = np.zeros_like(times)
    return np.stack(
        (np.stack((x, still), -1), np.stack((x, still + 300), -1), np.stack((still + 220, still + 150), -1)), axis=1
    )


def jittering(seed: int = 0) -> np.ndarray:
    return swinging() + np.random.default_rng(seed).normal(0, 3, (240, 3, 2))


def error(points: np.ndarray) -> float:
    return float(np.sqrt(np.nanmean((points - swinging()) ** 2)))


@pytest.mark.parametrize("smooth", FILTERS, ids=lambda smooth: type(smooth).__name__)
def test_jitter_goes_and_movement_stays(smooth: Filter) -> None:
    noisy = jittering()
    smoothed = smooth(noisy, TIMES)
    assert error(smoothed) < 0.85 * error(noisy)
    jerk = np.abs(np.diff(smoothed, n=2, axis=0)).mean() / np.abs(np.diff(noisy, n=2, axis=0)).mean()
    assert jerk < 0.5


@pytest.mark.parametrize("smooth", FILTERS, ids=lambda smooth: type(smooth).__name__)
def test_nothing_lags_behind(smooth: Filter) -> None:
    times = np.arange(90) / 30.0
    ramp = np.stack((100 * times, np.zeros(90)), -1)[:, None] + np.array([[0.0, 0.0], [0.0, 300.0]])
    assert np.abs(smooth(ramp, times) - ramp)[10:-10].max() < 1.0


@pytest.mark.parametrize("smooth", [*FILTERS, Identity()], ids=lambda smooth: type(smooth).__name__)
def test_missing_points_stay_missing_and_spread_no_further(smooth: Filter) -> None:
    noisy = jittering()
    noisy[50:53, 0] = np.nan
    noisy[:, 1] = np.nan
    noisy[100:180, 2] = np.nan
    before = noisy.copy()
    smoothed = smooth(noisy, TIMES)
    assert np.array_equal(np.isnan(smoothed), np.isnan(before))
    assert np.array_equal(noisy, before, equal_nan=True)


@pytest.mark.parametrize("smooth", FILTERS, ids=lambda smooth: type(smooth).__name__)
def test_stretches_across_a_long_gap_do_not_touch_each_other(smooth: Filter) -> None:
    noisy = jittering()
    noisy[100:180] = np.nan
    moved = noisy.copy()
    moved[180:] += 500.0
    # the body's size stays as it is, so only the stretch that moved may change
    assert np.allclose(smooth(noisy, TIMES)[:100], smooth(moved, TIMES)[:100], equal_nan=True)


@pytest.mark.parametrize("smooth", FILTERS, ids=lambda smooth: type(smooth).__name__)
@pytest.mark.parametrize("n_frames", [1, 2, 3, 6])
def test_the_shortest_clips_pass(smooth: Filter, n_frames: int) -> None:
    noisy = jittering()[:n_frames]
    smoothed = smooth(noisy, TIMES[:n_frames])
    assert smoothed.shape == noisy.shape
    assert np.isfinite(smoothed).all()


def test_one_setting_suits_every_size_of_picture() -> None:
    noisy = jittering()
    for smooth in FILTERS:
        assert smooth(4 * noisy, TIMES) == pytest.approx(4 * smooth(noisy, TIMES))


def test_one_euro_smooths_less_when_it_is_fast() -> None:
    rng = np.random.default_rng(3)
    still = np.array([[[0.0, 0.0], [0.0, 300.0]]]) + np.zeros((240, 1, 1))
    fast = still + np.stack((900 * TIMES, 0 * TIMES), -1)[:, None]
    noise = rng.normal(0, 3, (240, 2, 2))
    smooth = OneEuro()
    at_rest, in_flight = smooth(still + noise, TIMES) - still, smooth(fast + noise, TIMES) - fast
    assert np.std(at_rest[20:-20, :, 0]) < 0.7 * np.std(in_flight[20:-20, :, 0])


def test_median_drops_a_single_wrong_frame() -> None:
    points = swinging()
    points[120, 0] += 200
    assert np.abs(Median()(points, TIMES) - swinging())[120, 0].max() < 5


def test_the_size_of_nobody_is_harmless() -> None:
    assert body_size(np.full((4, 3, 2), np.nan)) == 1.0
    assert body_size(swinging()) == pytest.approx(np.hypot(20, 300), rel=0.2)
