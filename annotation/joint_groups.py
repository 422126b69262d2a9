"""Groups of joints a person thinks in: head, torso, arms and legs."""

from enum import Enum

from annotation.skeletons import Skeleton

_ARM = {"elbow", "wrist", "hand", "palm", "thumb", "index", "middle", "ring", "pinky", "finger"}
_LEG = {"knee", "ankle", "heel", "foot", "toe"}
_HEAD = {"nose", "eye", "ear", "head", "mouth", "chin", "face", "forehead"}


class JointGroup(Enum):
    """Parts of a body, from top to bottom; the value is the name for people."""

    HEAD = "head"
    TORSO = "torso"
    LEFT_ARM = "left arm"
    RIGHT_ARM = "right arm"
    LEFT_LEG = "left leg"
    RIGHT_LEG = "right leg"


def group_of(joint: str) -> JointGroup:
    """Return the group a joint belongs to by its name; shoulders, hips and what is unknown count to the torso."""
    words = set(joint.split("_"))
    if words & _HEAD:
        return JointGroup.HEAD
    left, right = "left" in words, "right" in words
    if (left or right) and words & _ARM:
        return JointGroup.LEFT_ARM if left else JointGroup.RIGHT_ARM
    if (left or right) and words & _LEG:
        return JointGroup.LEFT_LEG if left else JointGroup.RIGHT_LEG
    return JointGroup.TORSO


def joint_groups(skeleton: Skeleton) -> dict[JointGroup, tuple[int, ...]]:
    """Return the joints of each group, in the order of `JointGroup`; each joint is in exactly one, none is empty."""
    members: dict[JointGroup, list[int]] = {group: [] for group in JointGroup}
    for index, joint in enumerate(skeleton.joints):
        members[group_of(joint)].append(index)
    return {group: tuple(joints) for group, joints in members.items() if joints}
