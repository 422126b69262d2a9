"""What an annotator who sees a clip would say of it, made from the truth: contacts and depth."""

import numpy as np
from numpy.typing import NDArray

from annotation.evaluation3d import Truth3d
from annotation.known_facts import Contact, DepthStatement, Limb, Order, depth_joints, depth_parent
from annotation.skeletons import Skeleton
from inference.fitting.contacts import find_contacts

HOLDS_M_PER_S = 0.15
"""A hand or foot slower than this holds on."""
UNDECIDED_M = 0.05
"""A joint less than this nearer or farther than its parent is not spoken of."""
_PARTS = {"hand": ("wrist",), "foot": ("foot", "big_toe")}


def contacts(truth: Truth3d) -> tuple[Contact, ...]:
    """Return when hands and feet hold on."""
    rest = {}
    for limb in Limb:
        side, part = limb.value.split("_")
        name = next(f"{side}_{name}" for name in _PARTS[part] if f"{side}_{name}" in truth.names)
        speed = np.linalg.norm(np.gradient(truth.of((name,))[:, 0], axis=0), axis=-1) * truth.fps
        rest[limb] = speed < HOLDS_M_PER_S
    return find_contacts(rest, fps=truth.fps)


def depth_orders(truth: Truth3d, skeleton: Skeleton, *, every: int) -> tuple[DepthStatement, ...]:
    """Return which joints are nearer or farther than their parents in every so many frames."""
    return tuple(
        DepthStatement(frame, joint, Order.FARTHER if farther > 0 else Order.NEARER)
        for frame, joint, farther in _farther(truth, skeleton, every)
        if abs(farther) > UNDECIDED_M
    )


def depths(truth: Truth3d, skeleton: Skeleton, *, every: int, error_m: float, seed: int) -> tuple[DepthStatement, ...]:
    """Return by how much joints are farther than their parents, as somebody would set it in the 3D view."""
    rng = np.random.default_rng(seed)
    return tuple(
        DepthStatement(frame, joint, float(np.clip(farther + rng.normal() * error_m, -0.9, 0.9)))
        for frame, joint, farther in _farther(truth, skeleton, every)
    )


def _farther(truth: Truth3d, skeleton: Skeleton, every: int) -> list[tuple[int, str, float]]:
    result = []
    for joint in depth_joints(skeleton):
        parents = depth_parent(skeleton, joint)
        if joint not in truth.names or any(parent not in truth.names for parent in parents):
            continue
        depth: NDArray[np.float64] = truth.of((joint,))[:, 0, 2] - truth.of(parents)[..., 2].mean(axis=1)
        result += [(frame, joint, float(depth[frame])) for frame in range(0, len(truth), every)]
    return [entry for entry in result if np.isfinite(entry[2])]
