"""The centre of mass lies where people have theirs, and moves with them."""

import numpy as np

from annotation.body import SMPL_JOINTS, builtin_body
from annotation.centre_of_mass import centre_of_mass

BODY = builtin_body()


def posed(**turns: tuple[float, float, float]) -> np.ndarray:
    pose = np.zeros((1, 24, 3))
    for joint, turn in turns.items():
        pose[0, SMPL_JOINTS.index(joint)] = turn
    return BODY.joints(np.zeros(10), pose, transl=np.zeros((1, 3)))[0]


def test_of_who_stands_it_is_at_the_height_of_the_hips_in_the_middle() -> None:
    joints = posed()
    center = centre_of_mass(joints)
    floor = BODY.template[:, 1].min()
    assert 0.53 < (center[1] - floor) / BODY.height_m(np.zeros(10)) < 0.60, "0.55 to 0.58 in people"
    assert abs(center[0]) < 0.01
    assert abs(center[2] - joints[0, 2]) < 0.06


def test_it_moves_towards_the_limbs_that_are_lifted() -> None:
    before, after = centre_of_mass(posed()), centre_of_mass(posed(left_hip=(-1.5, 0, 0)))
    assert after[1] - before[1] > 0.03
    assert np.linalg.norm(after - before) < 0.2


def test_a_body_moved_whole_takes_it_along() -> None:
    joints = posed(left_elbow=(0, 1, 0))
    moved = centre_of_mass(np.stack([joints, joints + [1, 2, 3]]))
    assert np.allclose(moved[1] - moved[0], [1, 2, 3])
