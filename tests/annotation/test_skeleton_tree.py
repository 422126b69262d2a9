"""Which joints a limb carries, in which order a body is placed, and what it turns about."""

import numpy as np
import pytest

from annotation.pose_moves import scaled, shifted, turned
from annotation.skeleton_tree import tree_of
from annotation.skeletons import load_skeleton, mirrored_name, skeleton_names


def names(skeleton: str, joints) -> set[str]:
    return {load_skeleton(skeleton).joints[joint] for joint in joints}


def limb(skeleton: str, joint: str) -> set[str]:
    loaded = load_skeleton(skeleton)
    return names(skeleton, tree_of(loaded).limb(loaded.index(joint)))


@pytest.mark.parametrize(
    ("skeleton", "joint", "expected"),
    [
        ("climb19", "left_shoulder", {"left_shoulder", "left_elbow", "left_wrist", "left_hand"}),
        ("climb19", "right_knee", {"right_knee", "right_ankle", "right_foot"}),
        ("climb19", "nose", {"nose", "left_ear", "right_ear"}),
        ("coco17", "left_hip", {"left_hip", "left_knee", "left_ankle"}),
        ("coco17", "nose", {"nose", "left_eye", "right_eye", "left_ear", "right_ear"}),
        ("climbalong25", "right_wrist", {"right_wrist", "right_pinky", "right_index", "right_thumb"}),
        ("climbalong25", "left_ankle", {"left_ankle", "left_heel", "left_big_toe"}),
        ("climbalong25", "left_index", {"left_index"}),
        ("halpe26", "right_ankle", {"right_ankle", "right_big_toe", "right_small_toe", "right_heel"}),
        ("halpe26", "head", {"head", "nose", "left_eye", "right_eye", "left_ear", "right_ear"}),
    ],
)
def test_a_limb_is_what_hangs_on_a_joint(skeleton: str, joint: str, expected: set[str]) -> None:
    assert limb(skeleton, joint) == expected


def test_a_limb_grows_from_its_end_to_its_root_and_no_further() -> None:
    skeleton = load_skeleton("climbalong25")
    tree = tree_of(skeleton)
    joints, sizes = frozenset({skeleton.index("left_heel")}), [1]
    while (wider := tree.wider(joints)) != joints:
        assert joints < wider
        joints = wider
        sizes.append(len(joints))
    assert len(sizes) == 4, "foot, leg from the knee, leg from the hip"
    assert joints == tree.limb(skeleton.index("left_hip"))


def test_the_hip_of_halpe_carries_the_whole_body() -> None:
    assert limb("halpe26", "hip") == set(load_skeleton("halpe26").joints)


@pytest.mark.parametrize("skeleton", skeleton_names())
def test_both_sides_are_alike(skeleton: str) -> None:
    for joint in load_skeleton(skeleton).joints:
        assert {mirrored_name(other) for other in limb(skeleton, joint)} == limb(skeleton, mirrored_name(joint))


@pytest.mark.parametrize("skeleton", skeleton_names())
def test_the_order_names_every_joint_once_and_never_before_what_it_hangs_on(skeleton: str) -> None:
    tree = tree_of(load_skeleton(skeleton))
    assert sorted(tree.order) == list(range(len(load_skeleton(skeleton))))
    for joint, parent in enumerate(tree.parents):
        assert parent == -1 or tree.order.index(parent) < tree.order.index(joint)


def test_a_pose_turns_about_the_pelvis_a_limb_about_its_root_and_others_about_their_middle() -> None:
    skeleton = load_skeleton("coco17")
    tree, xy = tree_of(skeleton), np.arange(34, dtype=np.float32).reshape(17, 2)
    at = lambda *joints: tuple(xy[[skeleton.index(joint) for joint in joints]].mean(axis=0))  # noqa: E731
    assert tree.pivot(xy, range(17)) == at("left_hip", "right_hip")
    arm = tree.limb(skeleton.index("left_shoulder"))
    assert tree.pivot(xy, arm) == at("left_shoulder")
    wrists = [skeleton.index("left_wrist"), skeleton.index("right_wrist")]
    assert tree.pivot(xy, wrists) == at("left_wrist", "right_wrist")


def test_what_has_no_position_does_not_decide_what_is_turned_about() -> None:
    skeleton = load_skeleton("coco17")
    xy = np.full((17, 2), np.nan, np.float32)
    assert tree_of(skeleton).pivot(xy, range(17)) is None
    xy[0], xy[1] = (10, 20), (30, 40)
    assert tree_of(skeleton).pivot(xy, range(17)) == (20, 30)


def test_moves_are_what_they_say_and_leave_out_what_is_nowhere() -> None:
    xy = np.array([[10, 10], [20, 10], [np.nan, np.nan]], np.float32)
    assert shifted(xy, [0, 2], step=(1.5, -2)) == {0: (11.5, 8)}
    right_turn = turned(xy, [0, 1, 2], about=(10, 10), degrees=90)
    assert right_turn[0] == pytest.approx((10, 10))
    assert right_turn[1] == pytest.approx((10, 20)), "y points down: clockwise on the screen"
    assert scaled(xy, [0, 1], about=(0, 10), factor=2) == {0: (20, 10), 1: (40, 10)}
