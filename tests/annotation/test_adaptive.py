"""Keyframes where straight lines need them."""

from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import NDArray

from annotation.adaptive import Suggester, choose_keyframes, keyframe_curve


def path(y: NDArray[np.float64]) -> NDArray[np.float64]:
    """One joint that stands still and one that moves as told (T, 2, 2)."""
    points = np.zeros((len(y), 2, 2))
    points[:, 1, 1] = y
    return points


def worst(points: NDArray[np.float64], keyframes: list[int]) -> float:
    """Return how far straight lines between keyframes are off, computed slowly."""
    frames = np.arange(len(points))
    off = [
        np.abs(np.interp(frames, keyframes, points[keyframes, joint, axis]) - points[:, joint, axis])
        for joint in range(points.shape[1])
        for axis in (0, 1)
    ]
    return float(np.nanmax(off))


def test_corners_are_keyframes_and_straight_parts_are_not() -> None:
    y = np.interp(np.arange(101), [0, 30, 55, 100], [0, 300, 300, 0])
    assert choose_keyframes(path(y), tolerance_px=0.5) == [0, 30, 55, 100]


def test_the_tolerance_is_kept_with_as_few_keyframes_as_possible() -> None:
    y = 200 * np.sin(np.arange(200) / 15) + 20 * np.sin(np.arange(200) / 3)
    points = path(y)
    for tolerance in (2, 10, 40):
        keyframes = choose_keyframes(points, tolerance_px=tolerance)
        assert worst(points, keyframes) <= tolerance + 1e-9
        assert len(keyframes) == _fewest(points, tolerance)


def _fewest(points: NDArray[np.float64], tolerance: float) -> int:
    """Return the fewest keyframes that keep to a tolerance, by trying all (shortest path)."""
    n = len(points)
    fewest = [1] + [10**9] * (n - 1)
    for b in range(1, n):
        for a in range(b):
            line = points[a] + (points[b] - points[a]) * (np.arange(a, b + 1) - a)[:, None, None] / (b - a)
            if fewest[a] + 1 < fewest[b] and np.linalg.norm(line - points[a : b + 1], axis=-1).max() <= tolerance:
                fewest[b] = fewest[a] + 1
    return fewest[-1]


def test_a_larger_tolerance_never_needs_more_keyframes() -> None:
    y = np.cumsum(np.random.default_rng(2).normal(0, 5, 300))
    curve = keyframe_curve(path(y), [1, 3, 10, 30, 1e6])
    counts = [entry.keyframes for entry in curve]
    assert counts == sorted(counts, reverse=True)
    assert counts[-1] == 4, "keyframes are at most 128 frames apart"
    assert curve[-1].mean_stride == pytest.approx(299 / 3)


def test_suggestions_lie_between_the_keyframes_there_are() -> None:
    y = np.interp(np.arange(101), [0, 30, 55, 100], [0, 300, 300, 0])
    suggester = Suggester(path(y), tolerance_px=0.5)
    assert suggester.missing([]) == [0, 30, 55, 100]
    assert suggester.missing([0, 30]) == [55, 100]
    assert suggester.missing([0, 30, 55, 100]) == []
    assert suggester.missing([]) == [0, 30, 55, 100]
    further = suggester.missing([0, 20, 100])
    assert 20 not in further
    assert worst(path(y), sorted([0, 20, 100, *further])) <= 0.5


def test_the_tolerance_may_differ_from_frame_to_frame() -> None:
    y = 100 * np.sin(np.arange(200) / 10)
    limit = np.where(np.arange(200) < 100, 1.0, 20.0)
    keyframes = choose_keyframes(path(y), tolerance_px=limit)
    steps = [b - a for a, b in pairwise(keyframes)]
    assert np.mean(steps[: len(steps) // 2]) < np.mean(steps[-3:])


def test_missing_points_ask_for_nothing() -> None:
    points = path(np.zeros(50))
    points[10:40, 1] = np.nan
    assert choose_keyframes(points, tolerance_px=1) == [0, 49]
    assert Suggester(points[:0], tolerance_px=1).missing([]) == []
    assert choose_keyframes(points[:1], tolerance_px=1) == [0]
