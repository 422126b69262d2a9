"""Every skeleton falls into the same parts of a body."""

import pytest

from annotation.joint_groups import JointGroup, group_of, joint_groups
from annotation.skeletons import load_skeleton, skeleton_names

OTHER_SIDE = {
    JointGroup.LEFT_ARM: JointGroup.RIGHT_ARM,
    JointGroup.RIGHT_ARM: JointGroup.LEFT_ARM,
    JointGroup.LEFT_LEG: JointGroup.RIGHT_LEG,
    JointGroup.RIGHT_LEG: JointGroup.LEFT_LEG,
}


@pytest.mark.parametrize("name", skeleton_names())
def test_each_joint_is_in_exactly_one_group_and_mirrors_into_the_other_side(name: str) -> None:
    skeleton = load_skeleton(name)
    groups = joint_groups(skeleton)
    assert list(groups) == list(JointGroup), "every skeleton we know has all parts, in this order"
    assert sorted(joint for joints in groups.values() for joint in joints) == list(range(len(skeleton)))
    for group, joints in groups.items():
        mirrored = {int(skeleton.mirror[joint]) for joint in joints}
        assert mirrored == set(groups[OTHER_SIDE.get(group, group)])


@pytest.mark.parametrize(
    ("joint", "group"),
    [
        ("nose", JointGroup.HEAD),
        ("left_shoulder", JointGroup.TORSO),
        ("right_hip", JointGroup.TORSO),
        ("left_pinky", JointGroup.LEFT_ARM),
        ("right_elbow", JointGroup.RIGHT_ARM),
        ("left_big_toe", JointGroup.LEFT_LEG),
        ("right_heel", JointGroup.RIGHT_LEG),
        ("spine", JointGroup.TORSO),
    ],
)
def test_a_joint_is_where_a_climber_would_look_for_it(joint: str, group: JointGroup) -> None:
    assert group_of(joint) is group
