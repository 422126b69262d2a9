"""Anny's 104 bones: their sum to SMPL's 24 joints, and the way from Anny's rest pose to a T-pose."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from annotation.body import SMPL_JOINTS

Array = NDArray[np.float64]

COLLAR_SHARE = 0.5  # of shoulder01, whose bone lies between SMPL's collar and shoulder
FINGER_CURL = 0.25  # radians per phalanx: looks like gripping
SHOULDER01_SWING, CLAVICLE_SWING = 0.45, 0.12  # shares of the arm's swing
UPPER_ARM_TWIST = {"upperarm01": 0.35, "upperarm02": 0.8}  # shares of the twist, growing along the arm
FOREARM_TWIST = 0.55  # share of the hand's twist that the second half of the forearm takes

_TRUNK = {"root": "pelvis", "pelvis": "pelvis", "spine05": "pelvis", "spine04": "spine1", "spine03": "spine1"} | {
    "spine02": "spine2",
    "spine01": "spine3",
    "head": "head",
}
_SIDED = {"upperleg": "hip", "lowerleg": "knee", "foot": "ankle", "toe": "foot", "clavicle": "collar"} | {
    "upperarm": "shoulder",
    "lowerarm": "elbow",
    "wrist": "wrist",
    "metacarpal": "wrist",
    "finger1-1": "wrist",
    "finger": "hand",
}
_HEADS = {"hip": "upperleg01", "knee": "lowerleg01", "ankle": "foot", "foot": "toe3-1", "shoulder": "upperarm01"} | {
    "elbow": "lowerarm01",
    "wrist": "wrist",
    "hand": "finger3-1",
}
SIDES = {".L": "left_", ".R": "right_"}


def joint_shares(bones: tuple[str, ...]) -> Array:
    """Return the share (M, 24) of each bone's weight that goes to each SMPL joint; rows sum to 1."""
    shares = np.zeros((len(bones), len(SMPL_JOINTS)))
    for row, bone in zip(shares, bones, strict=True):
        stem, side = (bone[:-2], SIDES[bone[-2:]]) if bone[-2:] in SIDES else (bone, "")
        if stem == "shoulder01":
            row[SMPL_JOINTS.index(side + "collar")] = COLLAR_SHARE
            row[SMPL_JOINTS.index(side + "shoulder")] = 1 - COLLAR_SHARE
        else:
            row[SMPL_JOINTS.index(_joint_of(stem, side))] = 1
    return shares


def smpl_joints(bones: tuple[str, ...], heads: Array) -> Array:
    """Return SMPL's joints (24, 3) from the heads (M, 3) of Anny's bones."""

    def head(bone: str) -> Array:
        return np.asarray(heads[bones.index(bone)])

    joints = {
        "pelvis": (head("root") + head("spine04")) / 2,  # the root alone sits at hip height
        "spine1": head("spine04"),
        "spine2": head("spine02"),
        "spine3": head("spine01"),
        "neck": head("neck01"),
        "head": head("head"),
    }
    for side, prefix in SIDES.items():
        joints |= {prefix + joint: head(bone + side) for joint, bone in _HEADS.items()}
        joints[prefix + "collar"] = (head("clavicle" + side) + head("shoulder01" + side)) / 2
    return np.stack([joints[joint] for joint in SMPL_JOINTS])


def t_pose(
    vertices: Array, heads: Array, *, weights: Array, bones: tuple[str, ...], parents: tuple[int, ...]
) -> tuple[Array, Array]:
    """Skin one body (V, 3) with bone heads (M, 3) from Anny's bent A-pose to a T-pose.

    Arms along x with the elbows straight and the palms down, legs down, feet as they were (soles stay flat).

    Returns
    -------
    vertices : (V, 3) array
    heads : (M, 3) array
    """
    rotations = {bone: np.eye(3) for bone in bones}
    for side, sign in ((".L", 1.0), (".R", -1.0)):

        def head(stem: str, side: str = side) -> Array:
            return np.asarray(heads[bones.index(stem + side)])

        fingers = [bone[:-2] for bone in bones if bone.startswith("finger") and bone.endswith(side)]
        turned = _arm(head, sign=sign) | _leg(head, sign=sign)
        turned |= {finger: _curl(finger, sign=sign) @ turned["wrist"] for finger in fingers}
        rotations |= {stem + side: rotation for stem, rotation in turned.items()}
    R = np.stack([rotations[bone] for bone in bones])
    moved = heads.copy()
    for bone, parent in enumerate(parents):
        if parent >= 0:
            moved[bone] = moved[parent] + R[parent] @ (heads[bone] - heads[parent])
    offsets = moved - np.einsum("mij,mj->mi", R, heads)
    blended = (weights @ R.reshape(-1, 9)).reshape(-1, 3, 3)
    return np.einsum("vij,vj->vi", blended, vertices) + weights @ offsets, moved


def _joint_of(stem: str, side: str) -> str:
    if stem in _TRUNK:
        return _TRUNK[stem]
    if stem == "eye":
        return "head"
    if stem.startswith("neck"):
        return "neck"
    prefix = max((prefix for prefix in _SIDED if stem.startswith(prefix)), key=len)
    return side + _SIDED[prefix]


def _arm(head: Callable[[str], Array], *, sign: float) -> dict[str, Array]:
    """Return world rotations of one arm; its elbow then bends about y and its palm looks down."""
    along, down, front = np.array([sign, 0, 0]), np.array([0, -1.0, 0]), np.array([0, 0, 1.0])
    upper, fore = head("lowerarm01") - head("upperarm01"), head("wrist") - head("lowerarm01")
    hand, across = head("finger3-1") - head("wrist"), head("finger2-1") - head("finger5-1")
    hinge = np.cross(upper, fore) * sign
    R_upper = _frame(along, down) @ _frame(upper, hinge).T
    R_fore = _frame(along, down) @ _frame(fore, hinge).T
    R_hand = _frame(along, front) @ _frame(hand, across).T
    swing = _shortest(upper, along)
    twist = R_upper @ swing.T
    pronation = Rotation.from_matrix(R_hand @ R_fore.T).as_rotvec() * [FOREARM_TWIST, 0, 0]
    rotations = {
        "clavicle": _part(swing, CLAVICLE_SWING),
        "shoulder01": _part(swing, SHOULDER01_SWING),
        "lowerarm01": R_fore,
        "lowerarm02": Rotation.from_rotvec(pronation).as_matrix() @ R_fore,
        "wrist": R_hand,
    }
    rotations |= {bone: _part(twist, share) @ swing for bone, share in UPPER_ARM_TWIST.items()}
    return rotations | {f"metacarpal{i}": R_hand for i in range(1, 5)}


def _leg(head: Callable[[str], Array], *, sign: float) -> dict[str, Array]:
    R_thigh = _shortest(head("lowerleg01") - head("upperleg01"), np.array([sign * 0.07, -1, 0]))
    R_shin = _shortest(head("foot") - head("lowerleg01"), np.array([0, -1, -0.05]))
    return {"upperleg01": R_thigh, "upperleg02": R_thigh, "lowerleg01": R_shin, "lowerleg02": R_shin}


def _curl(finger: str, *, sign: float) -> Array:
    phalanx = 0 if finger.startswith("finger1") else int(finger[-1])  # the thumb stays
    return np.asarray(Rotation.from_rotvec([0, 0, -sign * FINGER_CURL * phalanx]).as_matrix())


def _frame(x: Array, up: Array) -> Array:
    """Return the rotation with columns x, the part of `up` across it, and their cross product."""
    first = x / np.linalg.norm(x)
    second = up - (up @ first) * first
    second /= np.linalg.norm(second)
    return np.stack([first, second, np.cross(first, second)], axis=1)


def _shortest(a: Array, b: Array) -> Array:
    """Return the shortest rotation from the direction a to the direction b."""
    a, b = a / np.linalg.norm(a), b / np.linalg.norm(b)
    axis = np.cross(a, b)
    sine = np.linalg.norm(axis)
    return np.asarray(Rotation.from_rotvec(axis / sine * np.arctan2(sine, a @ b)).as_matrix())


def _part(R: Array, share: float) -> Array:
    return np.asarray(Rotation.from_rotvec(Rotation.from_matrix(R).as_rotvec() * share).as_matrix())
