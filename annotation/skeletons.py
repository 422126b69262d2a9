"""Skeletons: named joints, bones, left/right pairs and OKS sigmas."""

import json
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray

import resources
from annotation.errors import BetascopeError

DEFAULT_SKELETON = "climbalong25"


@dataclass(frozen=True)
class Skeleton:
    """Named joints, immutable.

    Attributes
    ----------
    name : str
        Key of the skeleton, such as ``"coco17"``.
    title : str
        Name for people.
    joints : tuple of str
        K joint names; sides are the prefixes ``left_`` and ``right_``.
    bones : tuple of (int, int)
        Pairs of joint indices drawn as lines.
    sigmas : tuple of float
        K per-joint constants of OKS (COCO: ``k = 2 sigma``).
    same_as : dict
        Joint name -> names in other skeletons that mean the same point.
    """

    name: str
    title: str
    joints: tuple[str, ...]
    bones: tuple[tuple[int, int], ...]
    sigmas: tuple[float, ...]
    same_as: dict[str, tuple[str, ...]]

    def __len__(self) -> int:
        return len(self.joints)

    def __hash__(self) -> int:
        return hash(self.name)

    @cached_property
    def mirror(self) -> NDArray[np.intp]:
        """The permutation (K,) that swaps left and right."""
        return np.array([self.joints.index(mirrored_name(joint)) for joint in self.joints], dtype=np.intp)

    def index(self, joint: str) -> int:
        """Return the index of a joint by name."""
        return self.joints.index(joint)

    def find(self, joint: str, *, same_as: tuple[str, ...] = ()) -> int | None:
        """Return the index of a joint or of one that means the same point, or None."""
        for name in (joint, *same_as):
            if name in self.joints:
                return self.joints.index(name)
        return None


def joint_title(joint: str) -> str:
    """Return a joint's name for people: "left elbow"."""
    return joint.replace("_", " ")


def mirrored_name(joint: str) -> str:
    """Return the joint of the other side; a middle joint is its own mirror."""
    if joint.startswith("left_"):
        return "right_" + joint.removeprefix("left_")
    if joint.startswith("right_"):
        return "left_" + joint.removeprefix("right_")
    return joint


@lru_cache
def load_skeleton(name: str) -> Skeleton:
    """Load a skeleton from `resources` by its key.

    Raises
    ------
    BetascopeError
        If there is no such skeleton; the message names those there are.
    """
    if name not in skeleton_names():
        raise BetascopeError(f"There is no skeleton {name!r}. Known: {', '.join(skeleton_names())}.")
    raw = json.loads(resources.read_text("skeletons", f"{name}.json"))
    joints = tuple(raw["joints"])
    return Skeleton(
        name=raw["name"],
        title=raw["title"],
        joints=joints,
        bones=tuple((joints.index(a), joints.index(b)) for a, b in raw["bones"]),
        sigmas=tuple(raw["sigmas"]),
        same_as={joint: tuple(others) for joint, others in raw["same_as"].items()},
    )


def skeleton_names() -> list[str]:
    """Return the keys of all skeletons."""
    return resources.names("skeletons", suffix=".json")


def conversion(source: Skeleton, target: Skeleton) -> NDArray[np.intp]:
    """Return for each target joint the index of the source joint with that name, -1 where there is none."""
    found = (source.find(joint, same_as=target.same_as.get(joint, ())) for joint in target.joints)
    return np.array([-1 if index is None else index for index in found], dtype=np.intp)


def convert(
    values: NDArray[np.floating], source: Skeleton, target: Skeleton, *, fill: float = np.nan
) -> NDArray[np.floating]:
    """Convert per-joint values (..., K, D) by joint name; what the target has and the source lacks becomes `fill`."""
    if source.name == target.name:
        return values
    index = conversion(source, target)
    result = np.take(values, index, axis=-2)
    result[..., index < 0, :] = fill
    return result
