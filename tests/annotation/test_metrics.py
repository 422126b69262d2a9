"""Metrics against values worked out by hand and against what must not change them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from annotation import metrics
from annotation.metrics import AccelerationUnit
from annotation.skeletons import load_skeleton

NAN = float("nan")


def random_poses(seed: int, *, n_frames: int = 4, n_joints: int = 14) -> np.ndarray:
    return np.random.default_rng(seed).normal(0, 0.4, (n_frames, n_joints, 3))


def test_mean_leaves_out_what_is_not_known() -> None:
    values = [[1.0, NAN, 3.0], [NAN, NAN, NAN]]
    assert metrics.mean(values) == 2.0
    np.testing.assert_array_equal(metrics.mean(values, axis=1), [2.0, NAN])


def test_torso_runs_from_the_middle_of_the_shoulders_to_the_middle_of_the_hips() -> None:
    skeleton = load_skeleton("coco17")
    xy = np.full((2, 17, 2), NAN)
    corners = {"left_shoulder": (8, 0), "right_shoulder": (2, 0), "left_hip": (9, 4), "right_hip": (7, 4)}
    for joint, point in corners.items():
        xy[:, skeleton.index(joint)] = point
    xy[1, skeleton.index("left_hip")] = NAN
    np.testing.assert_array_equal(metrics.torso_length(xy, skeleton), [5.0, NAN])


def test_pck_is_strict_and_scores_missing_predictions_as_wrong() -> None:
    truth = np.zeros((1, 5, 2))
    truth[0, 4] = NAN
    predicted = np.array([[[19.9, 0], [20, 0], [12, 16.1], [NAN, NAN], [0, 0]]])
    correct = metrics.correct_keypoints(predicted, truth, threshold=0.2, scale=100.0)
    np.testing.assert_array_equal(correct, [[1, 0, 0, 0, NAN]])
    assert metrics.pck(predicted, truth, threshold=0.2, scale=100.0) == 0.25


def test_pck_takes_the_scale_of_each_frame_and_skips_frames_without_one() -> None:
    truth = np.zeros((3, 1, 2))
    predicted = truth + [5.0, 0.0]
    correct = metrics.correct_keypoints(predicted, truth, threshold=0.1, scale=[100.0, 40.0, NAN])
    np.testing.assert_array_equal(correct, [[1], [0], [NAN]])


def test_pck_of_nothing_is_unknown() -> None:
    nothing = np.full((2, 3, 2), NAN)
    assert np.isnan(metrics.pck(nothing, nothing, threshold=0.2, scale=10.0))


@pytest.mark.parametrize(("deviations", "similarity"), [(1, 0.88), (2, 0.61), (3, 0.32)])
def test_oks_at_one_two_and_three_standard_deviations(deviations: int, similarity: float) -> None:
    """Mathiesen 2021, section 3.5, states these three values."""
    sigma, area = 0.1, 400.0
    truth = np.zeros((1, 1, 2))
    predicted = truth + [deviations * sigma * np.sqrt(area), 0.0]
    assert metrics.oks(predicted, truth, sigmas=[sigma], area=area)[0] == pytest.approx(similarity, abs=0.006)


def test_oks_averages_the_joints_with_truth_and_a_missing_prediction_counts_nothing() -> None:
    truth = np.array([[[0.0, 0.0], [10.0, 0.0], [NAN, NAN], [5.0, 5.0]]])
    predicted = np.array([[[0.0, 0.0], [NAN, NAN], [3.0, 3.0], [5.0, 6.0]]])
    # The last: d² = 1, area = 50, k = 2 * 0.05, so exp(-1 / (2 * 50 * 0.01)) = exp(-1).
    expected = (1 + 0 + np.exp(-1)) / 3
    assert metrics.oks(predicted, truth, sigmas=[0.05] * 4, area=50.0)[0] == pytest.approx(expected)


def test_oks_of_a_frame_without_truth_is_unknown() -> None:
    truth = np.full((1, 2, 2), NAN)
    assert np.isnan(metrics.oks(np.zeros((1, 2, 2)), truth, sigmas=[0.1, 0.1], area=10.0)[0])


def test_2d_acceleration_error_is_in_scales_per_frame_or_second() -> None:
    t = np.arange(5.0)
    truth = np.stack([7 * t, 3 * t], axis=-1)[:, None]
    predicted = np.stack([7 * t + t**2 * 3 / 2, 3 * t + t**2 * 4 / 2], axis=-1)[:, None]  # acceleration (3, 4)
    error = metrics.acceleration_error_2d(predicted, truth, scale=10.0)
    np.testing.assert_allclose(error, np.full((3, 1), 0.5))
    per_second = metrics.acceleration_error_2d(predicted, truth, scale=10.0, fps=25.0)
    np.testing.assert_allclose(per_second, np.full((3, 1), 0.5 * 625))


def test_2d_acceleration_error_ignores_a_constant_offset_and_velocity() -> None:
    truth = np.random.default_rng(0).uniform(0, 100, (8, 3, 2))
    drift = np.arange(8)[:, None, None] * np.array([2.0, -1.0]) + 5.0
    np.testing.assert_allclose(metrics.acceleration_error_2d(truth + drift, truth, scale=10.0), 0, atol=1e-12)


def test_2d_acceleration_error_loses_the_frames_around_a_gap() -> None:
    truth = np.zeros((7, 1, 2))
    predicted = truth.copy()
    predicted[3] = NAN
    known = ~np.isnan(metrics.acceleration_error_2d(predicted, truth, scale=1.0))[:, 0]
    assert known.tolist() == [True, False, False, False, True]


def test_mpjpe_is_in_millimetres_relative_to_the_root() -> None:
    truth = random_poses(1)
    predicted = truth + [1.0, 2.0, 3.0]
    predicted[:, 5] += [0.003, 0.0, 0.004]  # 5 mm, one joint of 14
    np.testing.assert_allclose(metrics.mpjpe(predicted, truth, root=[0]), 5 / 14)
    np.testing.assert_allclose(metrics.mpjpe(predicted, truth, root=[2, 3]), 5 / 14)


def test_mpjpe_leaves_missing_joints_out_and_needs_the_root() -> None:
    truth = random_poses(2, n_frames=2)
    predicted = truth.copy()
    predicted[0, 5] += [0.0, 0.013, 0.0]
    predicted[0, 6] = NAN
    predicted[1, 0] = NAN
    np.testing.assert_allclose(metrics.mpjpe(predicted, truth, root=[0]), [1.0, NAN])


@given(st.integers(0, 2**32 - 1), st.floats(0.05, 20), st.floats(-10, 10))
def test_pa_mpjpe_does_not_see_a_similarity(seed: int, scale: float, shift: float) -> None:
    truth = random_poses(seed)
    turns = Rotation.random(len(truth), random_state=seed).as_matrix()
    copy = scale * truth @ turns + shift
    np.testing.assert_allclose(metrics.pa_mpjpe(copy, truth), 0, atol=1e-6)


def test_pa_mpjpe_sees_a_mirror_image() -> None:
    truth = random_poses(3)
    assert (metrics.pa_mpjpe(truth * [-1, 1, 1], truth) > 50).all()


def test_pa_mpjpe_of_a_stretched_cross() -> None:
    """By symmetry no turn helps; the best scale for arms of 1 and 3 m onto 1 and 1 m is (1 + 3) / (1 + 9) = 0.4."""
    truth = np.array([[[1.0, 0, 0], [-1, 0, 0], [0, 1, 0], [0, -1, 0]]])
    predicted = truth * [1.0, 3.0, 1.0]
    expected_mm = 1000 * (2 * abs(0.4 * 1 - 1) + 2 * abs(0.4 * 3 - 1)) / 4
    np.testing.assert_allclose(metrics.pa_mpjpe(predicted, truth), [expected_mm])


@given(st.integers(0, 2**32 - 1))
def test_alignment_is_the_best_one(seed: int) -> None:
    """No small change of the found transform brings the points closer (least squares)."""
    generator = np.random.default_rng(seed)
    truth, predicted = random_poses(seed), random_poses(seed + 1)
    aligned = metrics.align(predicted, truth)
    turn = Rotation.from_rotvec(generator.normal(0, 0.02, 3)).as_matrix()
    other = aligned @ turn * generator.uniform(0.98, 1.02) + generator.normal(0, 0.01, 3)
    assert (((aligned - truth) ** 2).sum((1, 2)) <= ((other - truth) ** 2).sum((1, 2)) + 1e-12).all()


def test_alignment_uses_only_joints_known_in_both() -> None:
    truth = random_poses(4)
    turned = 2 * truth @ Rotation.from_euler("z", 30, degrees=True).as_matrix() + 1.0
    turned[:, 2] = NAN
    holed = truth.copy()
    holed[:, 7] = NAN
    np.testing.assert_allclose(metrics.pa_mpjpe(turned, holed), 0, atol=1e-9)


def test_alignment_of_too_little_is_unknown() -> None:
    truth = random_poses(5, n_frames=3)
    predicted = truth.copy()
    predicted[0, 2:] = NAN
    predicted[1] = 0.5  # all joints in one place
    known = ~np.isnan(metrics.pa_mpjpe(predicted, truth))
    assert known.tolist() == [False, False, True]


def test_3d_acceleration_error_in_both_units() -> None:
    """0.01 m per frame² at 30 fps is 10 mm/frame² and 9 m/s²."""
    t = np.arange(6.0)[:, None, None]
    truth = np.zeros((6, 2, 3))
    predicted = truth + t**2 / 2 * np.array([0.0, 0.01, 0.0])
    per_frame = metrics.acceleration_error(predicted, truth, unit=AccelerationUnit.MM_PER_FRAME2, fps=30.0)
    np.testing.assert_allclose(per_frame, [10.0] * 4)
    per_second = metrics.acceleration_error(predicted, truth, unit=AccelerationUnit.M_PER_S2, fps=30.0)
    np.testing.assert_allclose(per_second, [9.0] * 4)


def test_3d_acceleration_error_ignores_constant_velocity() -> None:
    truth = random_poses(6, n_frames=9)
    moving = truth + np.arange(9)[:, None, None] * np.array([0.1, 0.2, -0.3])
    error = metrics.acceleration_error(moving, truth, unit=AccelerationUnit.MM_PER_FRAME2, fps=30.0)
    np.testing.assert_allclose(error, 0, atol=1e-9)


def test_a_clip_of_two_frames_has_no_acceleration() -> None:
    poses = random_poses(7, n_frames=2)
    assert metrics.acceleration_error(poses, poses, unit=AccelerationUnit.M_PER_S2, fps=25.0).shape == (0,)
    assert metrics.acceleration_error_2d(poses[..., :2], poses[..., :2], scale=1.0).shape == (0, 14)


def test_3d_pck_and_its_area_are_those_of_a_plain_loop() -> None:
    truth = random_poses(3, n_frames=6)
    predicted = truth + np.random.default_rng(4).normal(0, 0.05, truth.shape) + [0.5, 0.0, 2.0]
    predicted[2, 5] = NAN
    root = [0, 1]
    for t in range(6):
        moved = [points[t] - (points[t, 0] + points[t, 1]) / 2 for points in (predicted, truth)]
        errors = [1000 * float(np.linalg.norm(a - b)) for a, b in zip(*moved, strict=True) if not np.isnan(a[0])]
        shares = [sum(error < limit for error in errors) / len(errors) for limit in range(0, 151, 5)]
        assert metrics.pck_3d(predicted, truth, root=root)[t] == pytest.approx(shares[-1])
        assert metrics.auc_3d(predicted, truth, root=root)[t] == pytest.approx(sum(shares) / 31)
    assert 0.2 < metrics.auc_3d(predicted, truth, root=root).mean() < 0.9, "it is about something"
