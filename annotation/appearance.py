"""What the body wears: colours by region, so that left and right, skin and clothes are told apart."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from annotation.body import SMPL_JOINTS, Body

Rgb = tuple[float, float, float]


@dataclass(frozen=True)
class Outfit:
    """Colours (RGB in 0..1) of the regions of a body."""

    shirt: Rgb = (0.13, 0.36, 0.78)
    trousers: Rgb = (0.23, 0.23, 0.27)
    shoes: Rgb = (0.87, 0.36, 0.10)
    skin: Rgb = (0.87, 0.65, 0.52)
    hair: Rgb = (0.18, 0.11, 0.07)
    long_trousers: bool = True


def clothes(body: Body, outfit: Outfit | None = None) -> NDArray[np.float32]:
    """Return the colours (V, 3), RGB in 0..1, of a dressed body: region by the strongest joint and the rest position.

    Lengths are measured from the joints, so it works for any body with SMPL's joints.
    """
    outfit = outfit or Outfit()
    owner = body.weights.argmax(axis=1)
    rest = body.template - body.joint_template[0]
    joints = dict(zip(SMPL_JOINTS, body.joint_template - body.joint_template[0], strict=True))
    colors = np.tile(np.array(outfit.skin, np.float32), (len(rest), 1))
    colors[_shirt(owner, rest, joints=joints)] = outfit.shirt
    colors[_trousers(owner, rest, joints=joints, is_long=outfit.long_trousers)] = outfit.trousers
    colors[_shoes(owner, rest, joints=joints)] = outfit.shoes
    colors[_hair(owner, rest, joints=joints)] = outfit.hair
    return colors


_Mask = NDArray[np.bool_]
_Joints = dict[str, NDArray[np.float64]]


def _owned(owner: NDArray[np.intp], *joints: str) -> _Mask:
    """Return which vertices (V,) follow a joint of these, or its twin on the other side, the most."""
    names = {name for joint in joints for name in (joint, f"left_{joint}", f"right_{joint}")}
    owned: _Mask = np.isin(owner, [index for index, name in enumerate(SMPL_JOINTS) if name in names])
    return owned


def _shirt(owner: NDArray[np.intp], rest: NDArray[np.floating], *, joints: _Joints) -> _Mask:
    x, y, z = rest.T
    shoulder, elbow, neck = joints["left_shoulder"][0], joints["left_elbow"][0], joints["neck"]
    sleeve = np.abs(x) < shoulder + 0.52 * (elbow - shoulder)
    neckline = y < neck[1] + 0.01 - 0.45 * (z - neck[2])
    trunk = _owned(owner, "pelvis", "hip", "spine1", "spine2", "spine3", "collar", "neck") & (y > _hem(joints))
    dressed: _Mask = (trunk & neckline) | (_owned(owner, "shoulder", "elbow") & sleeve)
    return dressed


def _trousers(owner: NDArray[np.intp], rest: NDArray[np.floating], *, joints: _Joints, is_long: bool) -> _Mask:
    y = rest[:, 1]
    end = joints["left_ankle"][1] + 0.04 if is_long else joints["left_knee"][1] + 0.06
    dressed: _Mask = _owned(owner, "pelvis", "hip", "knee", "spine1") & (y > end) & (y <= _hem(joints))
    return dressed


def _hem(joints: _Joints) -> float:
    """Return the height at which the shirt ends."""
    return float(joints["pelvis"][1])


def _shoes(owner: NDArray[np.intp], rest: NDArray[np.floating], *, joints: _Joints) -> _Mask:
    dressed: _Mask = _owned(owner, "ankle", "foot") & (rest[:, 1] < joints["left_ankle"][1] + 0.03)
    return dressed


def _hair(owner: NDArray[np.intp], rest: NDArray[np.floating], *, joints: _Joints) -> _Mask:
    x, y, z = (rest - joints["head"]).T
    ears = (np.abs(x) > 0.07) & (y < 0.05)
    back = (y > -0.02) & (z < 0) & ~ears
    grown: _Mask = _owned(owner, "head") & ((y > 0.105) | back)
    return grown
