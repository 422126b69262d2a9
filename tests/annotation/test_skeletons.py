"""Skeletons: consistent in themselves, and converted by joint name."""

import numpy as np
import pytest

from annotation.errors import BetascopeError
from annotation.skeletons import DEFAULT_SKELETON, convert, load_skeleton, mirrored_name, skeleton_names

ALL = pytest.mark.parametrize("name", skeleton_names())

COCO_SIGMAS = [
    *(0.026, 0.025, 0.025, 0.035, 0.035),  # nose, eyes, ears
    *(0.079, 0.079, 0.072, 0.072, 0.062, 0.062),  # shoulders, elbows, wrists
    *(0.107, 0.107, 0.087, 0.087, 0.089, 0.089),  # hips, knees, ankles
]


def test_the_skeletons_people_expect_are_there() -> None:
    sizes = {name: len(load_skeleton(name)) for name in skeleton_names()}
    assert sizes.items() >= {"coco17": 17, "halpe26": 26, "climb19": 19, "climbalong25": 25}.items()
    assert DEFAULT_SKELETON in sizes


@ALL
def test_every_joint_has_a_name_a_constant_and_a_bone(name: str) -> None:
    skeleton = load_skeleton(name)
    assert len(set(skeleton.joints)) == len(skeleton.joints) == len(skeleton.sigmas)
    assert min(skeleton.sigmas) > 0
    assert all(a != b for a, b in skeleton.bones)
    assert {joint for bone in skeleton.bones for joint in bone} == set(range(len(skeleton)))


@ALL
def test_left_and_right_are_the_same_but_for_the_side(name: str) -> None:
    skeleton = load_skeleton(name)
    mirror = skeleton.mirror
    assert (mirror[mirror] == np.arange(len(skeleton))).all()
    for k, joint in enumerate(skeleton.joints):
        assert (mirror[k] != k) == joint.startswith(("left_", "right_"))
        assert skeleton.sigmas[mirror[k]] == skeleton.sigmas[k]
    bones = {frozenset(bone) for bone in skeleton.bones}
    assert {frozenset(int(mirror[k]) for k in bone) for bone in bones} == bones


def test_sigmas_of_coco_are_the_published_ones() -> None:
    assert list(load_skeleton("coco17").sigmas) == COCO_SIGMAS
    assert list(load_skeleton("halpe26").sigmas[:17]) == COCO_SIGMAS


@ALL
def test_joints_of_the_same_name_have_the_sigma_of_coco(name: str) -> None:
    coco = load_skeleton("coco17")
    skeleton = load_skeleton(name)
    for joint in set(coco.joints) & set(skeleton.joints):
        assert skeleton.sigmas[skeleton.index(joint)] == coco.sigmas[coco.index(joint)]


def test_mirrored_names() -> None:
    assert mirrored_name("left_wrist") == "right_wrist"
    assert mirrored_name("right_big_toe") == "left_big_toe"
    assert mirrored_name("nose") == "nose"


@pytest.mark.parametrize("target", skeleton_names())
@pytest.mark.parametrize("source", skeleton_names())
def test_conversion_keeps_every_shared_joint_and_invents_none(source: str, target: str) -> None:
    a, b = load_skeleton(source), load_skeleton(target)
    values = np.random.default_rng(0).uniform(0, 100, (3, len(a), 2))
    converted = convert(values, a, b)
    assert converted.shape == (3, len(b), 2)
    for k, joint in enumerate(b.joints):
        if joint in a.joints:
            np.testing.assert_array_equal(converted[:, k], values[:, a.index(joint)])
        elif not any(other in a.joints for other in b.same_as.get(joint, ())):
            assert np.isnan(converted[:, k]).all()


def test_a_hand_is_the_base_of_the_index_finger() -> None:
    a, b = load_skeleton("climbalong25"), load_skeleton("climb19")
    values = np.arange(25.0)[:, None]
    assert convert(values, a, b)[b.index("left_hand"), 0] == a.index("left_index")
    assert convert(np.arange(19.0)[:, None], b, a)[a.index("right_index"), 0] == b.index("right_hand")


def test_what_is_missing_can_be_filled() -> None:
    a, b = load_skeleton("climbalong25"), load_skeleton("coco17")
    assert convert(np.ones((25, 1)), a, b, fill=0.0)[b.index("left_eye"), 0] == 0


def test_an_unknown_skeleton_is_answered_with_those_there_are() -> None:
    with pytest.raises(BetascopeError, match="climbalong25"):
        load_skeleton("spider8")
