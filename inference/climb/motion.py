"""The body follows the choreography: inverse kinematics for key poses, splines between them, and again inverse
kinematics so that what holds on does not move.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import PchipInterpolator

from annotation.body import SMPL_JOINTS, Body
from inference.climb.choreography import Climb, Grip, Move

Floats = NDArray[np.float64]

_END_JOINTS = [SMPL_JOINTS.index(name) for name in ("left_hand", "right_hand", "left_foot", "right_foot")]
_BASE_JOINTS = [SMPL_JOINTS.index(name) for name in ("left_wrist", "right_wrist", "left_ankle", "right_ankle")]
_N_POSE = 72


def _by_joint(default: float, **values: tuple[float, float, float]) -> Floats:
    """Return (24, 3) from values by joint or by joint without its side."""
    rows = [values.get(name, values.get(name.split("_")[-1], (default,) * 3)) for name in SMPL_JOINTS]
    return np.array(rows, dtype=np.float64)


_EASE = _by_joint(
    0.12,
    pelvis=(0.2, 0.4, 0.15),
    hip=(0.7, 0.5, 0.5),
    knee=(0.8, 0.06, 0.06),
    ankle=(0.3, 0.2, 0.15),
    spine1=(0.15, 0.15, 0.15),
    spine2=(0.15, 0.15, 0.15),
    spine3=(0.15, 0.15, 0.15),
    collar=(0.12, 0.2, 0.25),
    shoulder=(0.45, 0.6, 0.6),
    elbow=(0.3, 0.9, 0.08),
    wrist=(0.35, 0.3, 0.3),
)
"""How far rotation vectors stray from the resting pose at equal cost, radians."""

_WALL_MARGIN_M = _by_joint(0.05, pelvis=(0.16,) * 3, hip=(0.13,) * 3, knee=(0.09,) * 3, head=(0.2,) * 3)[:, 0]


@dataclass(frozen=True)
class Goals:
    """What inverse kinematics is asked for, for B poses at once.

    Attributes
    ----------
    ends, bases : (B, 4, 3) float64 arrays
        Where the last and the last but one joint of each `Limb` should be, metres.
    pose : (B, 24, 3) float64 array
        Rotation vectors to stay close to.
    root : (B, 3) float64 array
        Where the pelvis should be, metres.
    """

    ends: Floats
    bases: Floats
    pose: Floats
    root: Floats


@dataclass(frozen=True)
class _Weights:
    """Inverse tolerances of the goals: metres, except `pose`, which multiplies ``difference / _EASE``."""

    ends: float
    bases: tuple[float, float]
    pose: float
    root: float


_KEY_WEIGHTS = _Weights(ends=40, bases=(25, 6), pose=0.5, root=4)
_FRAME_WEIGHTS = _Weights(ends=400, bases=(60, 4), pose=0.6, root=6)


@dataclass(frozen=True)
class Motion:
    """The body over T frames in the WORLD frame of the climb.

    Attributes
    ----------
    pose : (T, 24, 3) float64 array
        Rotation vectors, radians.
    transl : (T, 3) float64 array
        Metres, added after posing.
    contacts : (T, 4) bool array
        Which `Limb` holds on.
    """

    pose: Floats
    transl: Floats
    contacts: NDArray[np.bool_]


def animate(climb: Climb, body: Body, *, betas: Floats, times_s: Floats) -> Motion:
    """Let the body climb.

    Parameters
    ----------
    betas : (B,) array
    times_s : (T,) array
        Seconds of the frames.
    """
    key_times, hints = _keys(climb)
    key_goals = _goals([climb.grips_at(time) for time in key_times], hints)
    keys = _solve(body, betas, key_goals, weights=_KEY_WEIGHTS, iterations=40)
    between = PchipInterpolator(key_times, keys, axis=0)(times_s)
    between[:, _N_POSE:] += _sway(times_s)
    grips = [climb.grips_at(time) for time in times_s]
    goals = Goals(
        np.array([[grip.end for grip in at] for at in grips]),
        np.array([[grip.base for grip in at] for at in grips]),
        between[:, :_N_POSE].reshape(-1, 24, 3),
        between[:, _N_POSE:],
    )
    solved = _solve(body, betas, goals, weights=_FRAME_WEIGHTS, iterations=8)
    return Motion(
        solved[:, :_N_POSE].reshape(-1, 24, 3),
        solved[:, _N_POSE:] - body.rest_joints(betas)[0],
        np.array([[grip.holds for grip in at] for at in grips]),
    )


@dataclass(frozen=True)
class _Hint:
    """How the body should be at a key pose: pelvis (3,) in metres, its turn and the gaze in radians."""

    root: Floats
    turn: float
    gaze: tuple[float, float]


def _keys(climb: Climb) -> tuple[Floats, list[_Hint]]:
    """Return the times (N,) of the key poses, ascending, and what they should look like.

    Each move has three: weight shifted, limb half-way, limb placed.
    """
    rest = _rest_hint(climb.start)
    times, hints = [0.0], [rest]
    for move in climb.moves:
        before, after = climb.grips_at(move.takeoff_s), climb.grips_at(move.landing_s)
        times += [move.takeoff_s, 0.45 * move.takeoff_s + 0.55 * move.landing_s, move.end_s]
        hints += [_shift_hint(move, before), _reach_hint(move, before, after), _rest_hint(after)]
    if climb.duration_s > times[-1] + 0.05:
        times.append(climb.duration_s)
        hints.append(_rest_hint(climb.grips_at(climb.duration_s)))
    return np.array(times), hints


def _rest_hint(grips: tuple[Grip, ...]) -> _Hint:
    """The weight is over the feet, the arms are long, the gaze is up the wall."""
    return _Hint(_balanced(grips) + np.array([0, -0.04, -0.03]), 0.0, (0.0, 0.25))


def _shift_hint(move: Move, grips: tuple[Grip, ...]) -> _Hint:
    """Before a limb leaves, the weight goes over what stays and the gaze to where the limb goes."""
    others = tuple(grip for limb, grip in enumerate(grips) if limb != move.limb)
    root = _balanced(grips)
    root[0] = 0.55 * root[0] + 0.45 * float(np.mean([grip.end[0] for grip in others]))
    if move.limb.is_hand:
        root += np.array([0, -0.16, -0.06]) if move.is_dynamic else np.array([0, 0.0, 0.03])
        return _Hint(root, -0.12 * move.limb.side, _gaze(root, move.target.end))
    root += np.array([-0.05 * move.limb.side, 0.0, -0.07])
    return _Hint(root, 0.18 * move.limb.side, _gaze(root, move.target.end))


def _reach_hint(move: Move, before: tuple[Grip, ...], after: tuple[Grip, ...]) -> _Hint:
    """A reaching hand is helped by the hip turning in and up; a foot by the hip making room."""
    root = 0.5 * (_balanced(before) + _balanced(after))
    if move.limb.is_hand:
        root += np.array([0.05 * move.limb.side, 0.10 if move.is_dynamic else 0.05, 0.05])
        turn = -0.30 * move.limb.side if move.target.holds else 0.1 * move.limb.side
        return _Hint(root, turn, _gaze(root, move.target.end))
    root += np.array([-0.07 * move.limb.side, 0.02, -0.06])
    return _Hint(root, 0.12 * move.limb.side, _gaze(root, move.target.end))


def _balanced(grips: tuple[Grip, ...]) -> Floats:
    """Return where the pelvis (3,) rests between hands and feet."""
    hands = [grip.end for grip in grips[:2] if grip.holds] or [grip.end for grip in grips[:2]]
    feet = [grip.end for grip in grips[2:]]
    foot, hand = np.mean(feet, axis=0), np.mean(hands, axis=0)
    height = 0.5 * (foot[1] + 0.84) + 0.5 * (hand[1] - 0.98)
    return np.array([0.65 * foot[0] + 0.35 * hand[0], height, -0.36])


def _gaze(root: Floats, target: Floats) -> tuple[float, float]:
    """Return yaw (to the left) and pitch (up) of a look from the head at a target, radians."""
    x, y, z = target - (root + np.array([0, 0.66, 0.0]))
    yaw = np.arctan2(x, max(z, 0.25))
    pitch = np.arctan2(y, np.hypot(x, max(z, 0.25)))
    return float(np.clip(yaw, -0.8, 0.8)), float(np.clip(pitch, -0.6, 0.6))


def _goals(grips: list[tuple[Grip, ...]], hints: list[_Hint]) -> Goals:
    pose = np.tile(_resting_pose(), (len(hints), 1, 1))
    for row, hint in zip(pose, hints, strict=True):
        row[SMPL_JOINTS.index("pelvis"), 1] = hint.turn
        for name in ("spine1", "spine2", "spine3"):
            row[SMPL_JOINTS.index(name), 1] = -0.15 * hint.turn
        for name, share in (("neck", 0.4), ("head", 0.6)):
            row[SMPL_JOINTS.index(name)] = (-hint.gaze[1] * share, hint.gaze[0] * share, 0)
    return Goals(
        np.array([[grip.end for grip in at] for at in grips]),
        np.array([[grip.base for grip in at] for at in grips]),
        pose,
        np.array([hint.root for hint in hints]),
    )


def _resting_pose() -> Floats:
    """Return a loose climbing pose (24, 3): arms up and in front, knees bent and open."""
    left = {
        "hip": (-0.75, 0.45, 0.45),
        "knee": (0.9, 0, 0),
        "ankle": (0.15, 0, 0),
        "collar": (0, -0.08, 0.3),
        "shoulder": (0.5, -0.45, 0.8),
        "elbow": (0.25, -0.7, 0),
        "wrist": (0.25, 0, 0),
    }
    sides = {f"left_{name}": value for name, value in left.items()}
    sides |= {f"right_{name}": (x, -y, -z) for name, (x, y, z) in left.items()}
    return _by_joint(0, **sides)


def _sway(times_s: Floats) -> Floats:
    """Return the small restlessness (T, 3) of a body that balances, metres."""
    phase = 2 * np.pi * times_s[:, None] * np.array([0.43, 0.29, 0.37]) + np.array([0.3, 1.7, 4.0])
    sway: Floats = np.sin(phase) * np.array([0.008, 0.006, 0.006])
    return sway


def _solve(body: Body, betas: Floats, goals: Goals, *, weights: _Weights, iterations: int) -> Floats:
    """Return B solutions (B, 75): rotation vectors and the position of the pelvis."""
    start = np.concatenate([goals.pose.reshape(len(goals.pose), -1), goals.root], axis=1)
    rest = body.rest_joints(betas)
    joints_of = _joint_function(body, betas, rest[0])

    def residuals(x: Floats, which: NDArray[np.intp]) -> Floats:
        return _residuals(x, joints_of(x), goals, which, weights=weights)

    return levenberg_marquardt(residuals, start, iterations=iterations)


def _joint_function(body: Body, betas: Floats, pelvis: Floats) -> Callable[[Floats], Floats]:
    def joints_of(x: Floats) -> Floats:
        return body.joints(betas, x[:, :_N_POSE].reshape(-1, 24, 3), transl=x[:, _N_POSE:] - pelvis)

    return joints_of


def _residuals(x: Floats, joints: Floats, goals: Goals, which: NDArray[np.intp], *, weights: _Weights) -> Floats:
    """Return residuals (N, R) of unknowns (N, 75) with joints (N, 24, 3); `which` (N,) names the goal of each."""
    pose = x[:, :_N_POSE].reshape(-1, 24, 3)
    base_weights = np.repeat(weights.bases, 2)[:, None]
    knees = pose[:, [SMPL_JOINTS.index("left_knee"), SMPL_JOINTS.index("right_knee")], 0]
    elbows = pose[:, [SMPL_JOINTS.index("left_elbow"), SMPL_JOINTS.index("right_elbow")], 1] * np.array([-1, 1])
    parts = [
        (joints[:, _END_JOINTS] - goals.ends[which]) * weights.ends,
        (joints[:, _BASE_JOINTS] - goals.bases[which]) * base_weights,
        (pose - goals.pose[which]) / _EASE * weights.pose,
        (x[:, _N_POSE:] - goals.root[which]) * weights.root,
        np.maximum(joints[:, :, 2] + _WALL_MARGIN_M, 0) * 20,
        np.maximum(0.05 - np.concatenate([knees, elbows], axis=1), 0) * 15,
    ]
    return np.concatenate([part.reshape(len(x), -1) for part in parts], axis=1)


def levenberg_marquardt(
    residuals: Callable[[Floats, NDArray[np.intp]], Floats], start: Floats, *, iterations: int
) -> Floats:
    """Minimise B sums of squares at once (Levenberg 1944, Marquardt 1963), with derivatives by differences.

    Parameters
    ----------
    residuals : callable
        ``residuals(x (N, P), which (N,)) -> (N, R)``; `which` says which of the B problems each row belongs to.
    start : (B, P) array
    """
    x = start.copy()
    n, n_unknowns = x.shape
    every = np.arange(n)
    value = residuals(x, every)
    damping = np.full(n, 1e-2)
    nudges = np.eye(n_unknowns) * 1e-6
    for _ in range(iterations):
        nudged = residuals((x[:, None] + nudges).reshape(-1, n_unknowns), np.repeat(every, n_unknowns))
        J = (nudged.reshape(n, n_unknowns, -1) - value[:, None]) / 1e-6
        normal = J @ J.transpose(0, 2, 1)
        diagonal = np.einsum("npp->np", normal)
        system = normal + damping[:, None, None] * np.eye(n_unknowns) * (1 + diagonal)[:, None, :]
        tried = x - np.linalg.solve(system, np.einsum("npr,nr->np", J, value)[..., None])[..., 0]
        tried_value = residuals(tried, every)
        better = (tried_value**2).sum(1) < (value**2).sum(1)
        x[better], value[better] = tried[better], tried_value[better]
        damping = np.clip(np.where(better, damping / 5, damping * 8), 1e-9, 1e4)
    return x
