"""Skeletons as trees rooted at the pelvis: which joints a limb carries, and in which order a body is placed.

A skeleton's bones are lines to look at and form rings: two shoulders and two hips, ears and shoulders. So the tree
is that of dominators: a joint hangs on another if every way from the pelvis to it leads through the other. That is
what a hand expects that moves a limb, and it is the same on both sides.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from annotation.skeletons import Skeleton

_PELVIS, _HIPS = "hip", ("left_hip", "right_hip")
_NECK, _SHOULDERS = "neck", ("left_shoulder", "right_shoulder")
_HEAD = {"head", "nose", "left_eye", "right_eye", "left_ear", "right_ear"}
_ROOT = -1


@dataclass(frozen=True)
class SkeletonTree:
    """A skeleton's joints by what they hang on.

    Attributes
    ----------
    parents : tuple of int
        For each joint the joint it hangs on, -1 for those of the trunk: they hang on the pelvis itself.
    order : tuple of int
        All joints, each after the one it hangs on: the trunk first, then limb by limb.
    hips : tuple of int
        The joints whose middle is the pelvis.
    """

    parents: tuple[int, ...]
    order: tuple[int, ...]
    hips: tuple[int, ...]

    def limb(self, joint: int) -> frozenset[int]:
        """Return a joint and all that hangs on it."""
        limb = {joint}
        for other in self.order:
            if self.parents[other] in limb:
                limb.add(other)
        return frozenset(limb)

    def wider(self, joints: Collection[int]) -> frozenset[int]:
        """Return some joints and all that hangs on them; if that is what they are, what they hang on too."""
        hanging = frozenset[int]().union(*(self.limb(joint) for joint in joints))
        if hanging != frozenset(joints):
            return hanging
        above = {self.parents[joint] for joint in joints} - {_ROOT}
        return hanging.union(*(self.limb(joint) for joint in above))

    def pivot_joints(self, joints: Collection[int]) -> tuple[int, ...]:
        """Return the joints in whose middle some joints are turned.

        The pelvis where both hips are among them, the joint all the others hang on where there is one, else all.
        """
        if set(self.hips) <= set(joints):
            return self.hips
        for joint in joints:
            if set(joints) <= self.limb(joint):
                return (joint,)
        return tuple(sorted(joints))

    def pivot(self, xy: NDArray[np.floating], joints: Collection[int]) -> tuple[float, float] | None:
        """Return where some joints of a pose (K, 2) are turned about, or None if none of them has a position.

        Where one of the joints meant for it has no position, it is the middle of all that have one.
        """
        points = xy[list(self.pivot_joints(joints))]
        if not len(points) or not np.isfinite(points).all():
            points = xy[list(joints)]
            points = points[np.isfinite(points).all(axis=1)]
        if not len(points):
            return None
        x, y = points.mean(axis=0).tolist()
        return x, y


@lru_cache
def tree_of(skeleton: Skeleton) -> SkeletonTree:
    """Return the tree of a skeleton."""
    hips = _indices(skeleton, (_PELVIS,)) or _indices(skeleton, _HIPS)
    neighbours = _neighbours(skeleton, hips)
    reached = _reached(neighbours, without=None)
    carried = {joint: set(reached) - set(_reached(neighbours, without=joint)) for joint in reached if joint != _ROOT}
    parents = [_ROOT] * len(skeleton)
    for joint in sorted(carried, key=lambda each: -len(carried[each])):
        for other in carried[joint] - {joint}:
            parents[other] = joint
    order = [joint for joint in reached if joint != _ROOT and parents[joint] == _ROOT]
    order += [joint for joint in range(len(skeleton)) if joint not in reached]
    for trunk in tuple(order):
        order += _below(trunk, parents, reached=reached)
    return SkeletonTree(tuple(parents), tuple(order), hips)


def _indices(skeleton: Skeleton, names: Iterable[str]) -> tuple[int, ...]:
    return tuple(skeleton.index(name) for name in names if name in skeleton.joints)


def _neighbours(skeleton: Skeleton, hips: tuple[int, ...]) -> dict[int, list[int]]:
    """Bones as neighbours, with the pelvis as the root, and the head on the neck or the middle of the shoulders."""
    head = {k for k, name in enumerate(skeleton.joints) if name in _HEAD}
    neck = _indices(skeleton, (_NECK,)) or _indices(skeleton, _SHOULDERS)
    bones = [(a, b) for a, b in skeleton.bones if (a in head) == (b in head)]
    bones += [(_ROOT, hip) for hip in hips]
    bones += [(joint, crown) for crown in _indices(skeleton, ("head", "nose"))[:1] for joint in neck]
    if {"head", "nose"} <= set(skeleton.joints):
        bones.append((skeleton.index("head"), skeleton.index("nose")))
    neighbours: dict[int, list[int]] = {}
    for a, b in bones:
        neighbours.setdefault(a, []).append(b)
        neighbours.setdefault(b, []).append(a)
    return neighbours


def _reached(neighbours: dict[int, list[int]], *, without: int | None) -> list[int]:
    """Return what can be reached from the root, nearest first."""
    reached = [_ROOT]
    for joint in reached:
        reached += [other for other in neighbours.get(joint, ()) if other not in reached and other != without]
    return reached


def _below(joint: int, parents: list[int], *, reached: list[int]) -> list[int]:
    result: list[int] = []
    for other in reached:
        if other != _ROOT and parents[other] == joint:
            result += [other, *_below(other, parents, reached=reached)]
    return result
