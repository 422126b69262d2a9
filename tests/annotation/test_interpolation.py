"""What lies between two labels: straight, smooth, as predicted, or held."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotation.interpolation import Interpolation, interpolate

Knots = st.lists(st.integers(0, 60), min_size=2, max_size=8, unique=True).map(sorted)


def between(kind: Interpolation, knots: list[int], values: np.ndarray, guide: np.ndarray | None = None):
    """Positions of all frames from the first label to the last, labels included."""
    at = np.array(knots)
    frames = np.arange(at[0], at[-1] + 1)
    gap = np.minimum(np.searchsorted(at, frames, side="right") - 1, len(at) - 2)
    return frames, interpolate(kind, frames, gap=gap, knots=at, values=values, guide=guide)


def values_of(knots: list[int], seed: int) -> np.ndarray:
    return np.random.default_rng(seed).uniform(0, 1000, (len(knots), 2))


@given(Knots, st.integers(0, 999), st.sampled_from(Interpolation))
def test_every_way_begins_at_its_label(knots: list[int], seed: int, kind: Interpolation) -> None:
    values = values_of(knots, seed)
    guide = np.random.default_rng(seed + 1).uniform(0, 1000, (61, 2)).astype(np.float32)
    frames, xy = between(kind, knots, values, guide)
    for knot, value in zip(knots[:-1], values[:-1], strict=True):
        np.testing.assert_allclose(xy[frames == knot][0], value, atol=1e-3)


@given(Knots, st.integers(0, 999))
def test_smooth_ways_never_leave_the_range_of_the_two_labels_around(knots: list[int], seed: int) -> None:
    values = values_of(knots, seed)
    frames, xy = between(Interpolation.CUBIC, knots, values)
    for frame, point in zip(frames, xy, strict=True):
        gap = min(np.searchsorted(knots, frame, side="right") - 1, len(knots) - 2)
        low, high = np.sort(values[gap : gap + 2], axis=0)
        assert (point >= low - 1e-6).all() and (point <= high + 1e-6).all()


@given(Knots, st.integers(0, 999))
def test_smooth_ways_have_no_corner_at_a_label(knots: list[int], seed: int) -> None:
    """The speed just before and just after each label agree: counted in hundredths of a frame."""
    at, values = np.array(knots) * 100, values_of(knots, seed)
    _, xy = between(Interpolation.CUBIC, at.tolist(), values)
    speed = np.diff(xy, axis=0)
    largest = np.abs(speed).max(axis=0)
    for knot in (at - at[0])[1:-1]:
        assert (np.abs(speed[knot] - speed[knot - 1]) <= 0.15 * largest + 1e-6).all()


@pytest.mark.parametrize("kind", [Interpolation.LINEAR, Interpolation.CUBIC])
def test_even_motion_stays_even(kind: Interpolation) -> None:
    knots = [2, 5, 11, 12, 30]
    values = np.stack([np.array(knots) * 3.0 + 1, 500 - np.array(knots) * 2.0], axis=1)
    frames, xy = between(kind, knots, values)
    np.testing.assert_allclose(xy, np.stack([frames * 3.0 + 1, 500 - frames * 2.0], axis=1), atol=1e-9)


def test_following_a_prediction_that_is_right_up_to_an_offset_is_exact() -> None:
    t = np.arange(40)
    truth = np.stack([100 + 30 * np.sin(t / 4), 200 + 20 * np.cos(t / 3)], axis=1)
    guide = truth + np.stack([5 + 0.1 * t, -3 + 0.2 * t], axis=1)
    frames, xy = between(Interpolation.PREDICTION, [3, 20, 36], truth[[3, 20, 36]], guide)
    np.testing.assert_allclose(xy, truth[frames], atol=1e-9)


def test_where_nothing_was_predicted_following_it_is_going_straight() -> None:
    values = np.array([[0.0, 0.0], [10.0, 20.0]])
    guide = np.full((6, 2), np.nan)  # nothing found, and shorter than the clip
    frames, xy = between(Interpolation.PREDICTION, [0, 10], values, guide)
    np.testing.assert_allclose(xy, np.stack([frames, 2 * frames], axis=1))


def test_holding_stays_until_the_next_label() -> None:
    _, xy = between(Interpolation.HOLD, [0, 4], np.array([[1.0, 2.0], [9.0, 9.0]]))
    np.testing.assert_array_equal(xy[:4], [[1.0, 2.0]] * 4)


def test_beside_an_absent_joint_a_smooth_way_goes_on_with_the_other_side() -> None:
    values = np.array([[np.nan, np.nan], [0.0, 0.0], [10.0, 10.0], [20.0, 20.0]])
    _, xy = between(Interpolation.CUBIC, [0, 5, 10, 15], values)
    np.testing.assert_allclose(xy[5:, 0], np.arange(11) * 2.0)
