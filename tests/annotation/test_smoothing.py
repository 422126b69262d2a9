"""Motion without jitter."""

import numpy as np

from annotation.smoothing import motion_of, smoothed


def test_smoothing_takes_noise_away_and_leaves_a_calm_detector_alone() -> None:
    rng = np.random.default_rng(1)
    path = np.stack([np.sin(np.arange(300) / 20), np.cos(np.arange(300) / 31)], -1)[:, None] * 100
    noisy = path + rng.normal(0, 10, path.shape)
    noisy[50, 0] = np.nan
    smooth = smoothed(noisy)
    assert np.isnan(smooth[50]).all()
    known = np.isfinite(smooth[:, 0, 0])
    assert np.abs(smooth - path)[known].mean() < 0.5 * np.abs(noisy - path)[known].mean()
    np.testing.assert_allclose(smoothed(path), path, atol=0.7)


def test_single_wrong_frames_are_no_motion_and_missing_ones_stay_missing() -> None:
    path = np.zeros((60, 1, 2))
    path[:, 0, 0] = np.arange(60) * 4
    seen = path.copy()
    seen[20, 0, 1] += 100
    seen[40] = np.nan
    motion = motion_of(seen)
    assert np.isnan(motion[40]).all()
    assert np.nanmax(np.abs(motion - path)[3:-3]) < 3
    assert motion_of(seen[:3]).shape == (3, 1, 2)
