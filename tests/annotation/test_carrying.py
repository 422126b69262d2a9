"""How a correction fades."""

import numpy as np
import pytest

from annotation.carrying import FADED, REACH_STRIDES, cuts, distance, reach, weights


def test_alone_a_correction_fades_to_1_over_e_within_four_strides() -> None:
    away = distance(np.array([0, 20, -20]), np.zeros(3, int), stride=5)
    np.testing.assert_allclose(away, [0, 1, 1])
    before, after = weights(away, np.full(3, np.inf))
    np.testing.assert_allclose(before, [1, np.exp(-1), np.exp(-1)], rtol=1e-6)
    np.testing.assert_allclose(after, 0, atol=1e-6)


def test_between_close_labels_it_is_shared_linearly_and_between_far_ones_it_is_gone() -> None:
    share = np.linspace(0.1, 0.9, 9)
    before, after = weights(0.2 * share, 0.2 * (1 - share))
    np.testing.assert_allclose(before, 1 - share, atol=0.01)
    np.testing.assert_allclose(after, share, atol=0.01)
    before, after = weights(np.array([FADED]), np.array([FADED]))
    assert before[0] < 1e-3
    assert after[0] < 1e-3


def test_it_equals_the_conditional_mean_of_the_process() -> None:
    a, b, t = 0.0, 1.7, 0.6
    covariance = np.exp(-np.abs(np.subtract.outer([a, b], [a, b])))
    expected = np.exp(-np.abs(np.array([a, b]) - t)) @ np.linalg.inv(covariance)
    np.testing.assert_allclose(np.array(weights(np.array([t - a]), np.array([b - t]))).ravel(), expected, rtol=1e-6)


def test_nothing_is_left_beyond_its_reach() -> None:
    away = distance(np.array([reach(5)]), np.zeros(1, int), stride=5)
    assert away[0] >= FADED
    assert reach(5) == FADED * REACH_STRIDES * 5
    assert reach(10) == 2 * reach(5)


def test_a_jump_of_the_prediction_cuts() -> None:
    xy = np.zeros((30, 3, 2), np.float32)
    xy[:, 1] = (100, 300)
    xy[:, 2] = (50, 100)
    xy[12:, 2] += (0, 40)
    xy[20, 1] += (60, 0)
    xy[25, 0] = np.nan
    jumps = cuts(xy)
    np.testing.assert_array_equal(np.flatnonzero(np.diff(jumps[:, 2])) + 1, [12])
    np.testing.assert_array_equal(np.flatnonzero(np.diff(jumps[:, 1])) + 1, [20, 21])
    assert jumps[24, 0] < jumps[27, 0], "a joint that was lost may come back elsewhere"
    across = distance(np.array([1]), jumps[12:13, 2] - jumps[11:12, 2], stride=5)
    assert weights(across, np.array([np.inf]))[0][0] == pytest.approx(0, abs=1e-6)


def test_a_steady_motion_is_not_cut_however_fast() -> None:
    xy = np.zeros((40, 2, 2), np.float32)
    xy[:, 1] = (0, 300)
    xy[:, 0, 0] = np.arange(40) * 30
    assert cuts(xy).max() == 0
    assert cuts(xy[:1]).shape == (1, 2)
