"""A climber who comes off: free fall, landing in a crouch, getting up."""

import numpy as np
from scipy.interpolate import PchipInterpolator

from annotation.body import SMPL_JOINTS
from inference.climb.kinematics import Floats, by_joint
from inference.climb.motion import Motion

_GRAVITY_M_PER_S2 = 9.81
_CROUCH_M, _STANDING_M = 0.45, 0.9
"""Height of the pelvis."""
_ON_THE_MAT_S, _UP_S = 0.35, 1.6


def with_fall(rng: np.random.Generator, motion: Motion, *, start: int, fps: float) -> Motion:
    """Let the climber of a motion come off at a frame; what follows is replaced.

    The root is in free fall until the pelvis is in a crouch over the floor (y = 0, the pelvis of the rest pose being
    at y = 0 too); arms and legs go out on the way.
    """
    n = len(motion.pose)
    times = np.arange(n - start) / fps
    before = (motion.transl[start] - motion.transl[max(start - 1, 0)]) * fps
    velocity = np.clip(before, -1.5, 1.5) + np.array([rng.normal(0, 0.15), 0.0, -abs(rng.normal(0.5, 0.25))])
    landing = _landing_s(motion.transl[start, 1], velocity[1])
    transl = motion.transl.copy()
    transl[start:] = _path(motion.transl[start], velocity, times, landing)
    keys = np.array([0.0, 0.45 * landing, landing, landing + _ON_THE_MAT_S, landing + _UP_S])
    poses = [_unfold(rng, kind) for kind in (_FALLING, _LANDING, _CROUCHING, _STANDING)]
    shown = np.array([motion.pose[start], *poses]).reshape(len(keys), -1)
    pose = motion.pose.copy()
    with np.errstate(over="ignore"):  # where a coordinate hardly changes, scipy's harmonic mean is 1 / infinity
        pose[start:] = PchipInterpolator(keys, shown, axis=0)(np.minimum(times, keys[-1])).reshape(-1, 24, 3)
    contacts = motion.contacts.copy()
    contacts[start:] = False
    return Motion(pose, transl, contacts)


def _landing_s(height_m: float, velocity: float) -> float:
    drop = max(height_m - _CROUCH_M, 0.05)
    return float((velocity + np.sqrt(velocity**2 + 2 * _GRAVITY_M_PER_S2 * drop)) / _GRAVITY_M_PER_S2)


def _path(origin: Floats, velocity: Floats, times: Floats, landing: float) -> Floats:
    """Return the root (N, 3): free fall, a short give in the knees, and up again."""
    falling = np.minimum(times, landing)[:, None]
    path = origin + velocity * falling
    path[:, 1] -= 0.5 * _GRAVITY_M_PER_S2 * falling[:, 0] ** 2
    after = np.maximum(times - landing, 0.0)
    sinking = _smooth(after / _ON_THE_MAT_S) * 0.1
    rising = _smooth((after - _ON_THE_MAT_S) / (_UP_S - _ON_THE_MAT_S)) * (_STANDING_M - _CROUCH_M + 0.1)
    path[:, 1] += rising - sinking
    return path


def _smooth(u: Floats) -> Floats:
    """Return a step from 0 to 1 without a jerk at either end."""
    u = np.clip(u, 0, 1)
    return u**2 * (3 - 2 * u)


_Joints = dict[str, tuple[float, float, float]]
_FALLING: _Joints = {"shoulder": (0.2, -0.3, 0.5), "elbow": (0, -0.6, 0), "hip": (-0.4, 0.2, 0.3), "knee": (0.5, 0, 0)}
_LANDING: _Joints = {"shoulder": (0.3, -0.6, 0.1), "elbow": (0, -0.7, 0), "hip": (-0.7, 0.1, 0.2), "knee": (0.9, 0, 0)}
_CROUCHING: _Joints = {
    "shoulder": (0.3, -0.9, -0.5),
    "elbow": (0, -0.8, 0),
    "hip": (-1.7, 0.2, 0.3),
    "knee": (2.0, 0, 0),
    "ankle": (-0.4, 0, 0),
}
_STANDING: _Joints = {"shoulder": (0, -0.2, -1.1), "elbow": (0, -0.2, 0), "hip": (-0.05, 0, 0.05), "knee": (0.1, 0, 0)}


def _unfold(rng: np.random.Generator, left: _Joints) -> Floats:
    """Return a pose (24, 3) of joints given for the left side, each side a little different."""
    sides = {f"left_{name}": value for name, value in left.items()}
    sides |= {f"right_{name}": (x, -y, -z) for name, (x, y, z) in left.items()}
    pose = by_joint(0, **sides)
    moved = [SMPL_JOINTS.index(name) for name in sides]
    pose[moved] += rng.normal(0, 0.15, (len(moved), 3))
    pose[SMPL_JOINTS.index("pelvis")] = rng.normal(0, 0.15, 3)
    return pose
