"""Statements about depth as arrays over frames."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from annotation.errors import JobError
from annotation.known_facts import DepthStatement, Order, depth_joints, depth_parent
from annotation.skeletons import Skeleton
from inference.fitting.problem import Depths


def depth_pairs(skeleton: Skeleton) -> tuple[tuple[str, ...], NDArray[np.float64]]:
    """Return the joints that have a depth to speak of, and their differences (P, K) from what they hang on."""
    joints = depth_joints(skeleton)
    difference = np.zeros((len(joints), len(skeleton)))
    for row, joint in enumerate(joints):
        parents = depth_parent(skeleton, joint)
        difference[row, skeleton.index(joint)] += 1
        for parent in parents:
            difference[row, skeleton.index(parent)] -= 1 / len(parents)
    return joints, difference


def depths_of(statements: Iterable[DepthStatement], skeleton: Skeleton, n_frames: int) -> Depths | None:
    """Return statements as arrays; the last one about a joint and frame counts.

    Raises
    ------
    JobError
        If one is about a frame or joint there is not.
    """
    joints, difference = depth_pairs(skeleton)
    sign = np.zeros((n_frames, len(joints)), np.int8)
    depth_m = np.full((n_frames, len(joints)), np.nan)
    for statement in statements:
        if statement.joint not in joints or not 0 <= statement.frame < n_frames:
            raise JobError(
                f"Nothing can be said about the depth of {statement.joint} in frame {statement.frame}. "
                f"Joints: {', '.join(joints)}; frames: 0 to {n_frames - 1}."
            )
        place = statement.frame, joints.index(statement.joint)
        if isinstance(statement.depth, Order):
            sign[place] = 1 if statement.depth is Order.FARTHER else -1
            depth_m[place] = np.nan
        else:
            sign[place] = 1 if statement.depth >= 0 else -1
            depth_m[place] = statement.depth
    return Depths(difference, sign, depth_m) if sign.any() else None
