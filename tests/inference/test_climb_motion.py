"""The synthetic climber: holds on where the choreography says, bends like a human, moves smoothly."""

import numpy as np
import pytest
from numpy.typing import NDArray

from annotation.body import SMPL_JOINTS, builtin_body
from inference.climb.choreography import Climb, Limb, plan_climb
from inference.climb.kinematics import levenberg_marquardt
from inference.climb.motion import Motion, animate

FPS = 25
END_JOINTS = [SMPL_JOINTS.index(name) for name in ("left_hand", "right_hand", "left_foot", "right_foot")]
BETAS = np.zeros(10)


@pytest.fixture(scope="module")
def climb() -> Climb:
    return plan_climb(np.random.default_rng(3), duration_s=7.0)


@pytest.fixture(scope="module")
def motion(climb: Climb) -> Motion:
    return animate(climb, builtin_body(), betas=BETAS, times_s=np.arange(7 * FPS) / FPS)


@pytest.fixture(scope="module")
def joints(motion: Motion) -> NDArray[np.float64]:
    return builtin_body().joints(BETAS, motion.pose, transl=motion.transl)


def test_the_same_seed_plans_the_same_climb_and_another_seed_another() -> None:
    one, same, other = (plan_climb(np.random.default_rng(seed), duration_s=5.0).holds for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, same)
    assert one.shape != other.shape or not np.allclose(one, other)


def test_one_limb_moves_at_a_time_and_every_move_ends_on_a_hold_or_is_shaken_out(climb: Climb) -> None:
    for before, after in zip(climb.moves, climb.moves[1:], strict=False):
        assert before.landing_s <= after.takeoff_s
    for move in climb.moves:
        if move.target.holds:
            assert np.linalg.norm(climb.holds - move.target.end, axis=1).min() < 0.15
        else:
            assert move.limb.is_hand


def test_a_long_climb_comes_down_again_and_stays_in_the_picture() -> None:
    long = plan_climb(np.random.default_rng(5), duration_s=60.0)
    short = plan_climb(np.random.default_rng(5), duration_s=10.0)
    assert len(long.moves) > 5 * len(short.moves)
    assert long.holds[:, 1].max() < short.holds[:, 1].max() + 0.2


def test_hands_stay_above_the_feet_and_to_their_side(climb: Climb) -> None:
    for time in np.linspace(0, 7, 50):
        grips = climb.grips_at(float(time))
        holding = [limb for limb in Limb if grips[limb].holds]
        hands = [grips[limb].end[1] for limb in holding if limb.is_hand]
        feet = [grips[limb].end[1] for limb in holding if not limb.is_hand]
        assert np.mean(hands) - np.mean(feet) > 1.45
        assert all(limb.side * grips[limb].end[0] > 0.15 for limb in holding)


def test_what_holds_on_does_not_move(motion: Motion, joints: NDArray[np.float64]) -> None:
    for limb, joint in enumerate(END_JOINTS):
        still = motion.contacts[1:, limb] & motion.contacts[:-1, limb]
        step = np.linalg.norm(np.diff(joints[:, joint], axis=0), axis=1)
        assert still.sum() > len(still) / 2
        assert step[still].max() < 0.001, Limb(limb)


def test_at_least_two_limbs_hold_on_in_every_frame(motion: Motion) -> None:
    assert motion.contacts.sum(axis=1).min() >= 2
    assert (~motion.contacts).any(axis=0).sum() >= 3


def test_the_body_stays_before_the_wall(joints: NDArray[np.float64]) -> None:
    assert joints[..., 2].max() < -0.03
    assert joints[:, 0, 2].max() < -0.12


def test_knees_and_elbows_bend_one_way_and_not_too_far(motion: Motion) -> None:
    knees = motion.pose[:, [SMPL_JOINTS.index("left_knee"), SMPL_JOINTS.index("right_knee")], 0]
    left, right = (motion.pose[:, SMPL_JOINTS.index(name), 1] for name in ("left_elbow", "right_elbow"))
    for bend in (knees, -left, right):
        assert np.degrees(bend.min()) > -5
        assert np.degrees(bend.max()) < 150


def test_the_motion_is_smooth(joints: NDArray[np.float64]) -> None:
    acceleration = np.linalg.norm(np.diff(joints, n=2, axis=0), axis=-1) * FPS**2
    assert acceleration[:, 0].max() < 40  # metres per second squared
    assert acceleration.max() < 120
    assert np.linalg.norm(np.diff(joints, axis=0), axis=-1).max() * FPS < 8


def test_levenberg_marquardt_solves_many_problems_at_once() -> None:
    targets = np.array([[1.0, 2.0], [-0.5, 0.3], [3.0, -1.0]])

    def residuals(x: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Rosenbrock's valley: a = 0 and b = a^2 only at the target."""
        a, b = (x - targets).T
        ones, zeros = np.ones_like(a), np.zeros_like(a)
        derivatives = np.stack([np.stack([ones, zeros], axis=1), np.stack([-20 * a, 10 * ones], axis=1)], axis=1)
        return np.stack([a, 10 * (b - a**2)], axis=1), derivatives

    found = levenberg_marquardt(residuals, np.zeros((3, 2)), iterations=60, damping=1e-2)
    np.testing.assert_allclose(found, targets, atol=1e-5)
