"""The body follows the choreography: inverse kinematics for key poses, splines between them, and again inverse
kinematics so that what holds on does not move.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import PchipInterpolator

from annotation.body import SMPL_JOINTS, Body
from inference.climb.choreography import Climb, Fold, Grip, Limb, Move
from inference.climb.kinematics import LEAN_M, N_POSE, Floats, Goals, Weights, by_joint, solve

_KEY_WEIGHTS = Weights(ends=40, bases=(25, 6), palms=2.0, pose=0.5, root=10)
_FRAME_WEIGHTS = Weights(ends=400, bases=(60, 4), palms=0.0, pose=0.6, root=6)


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


_REST_S = 0.3
"""Who waits longer than this for the next move stands still meanwhile."""


def animate(climb: Climb, body: Body, *, betas: Floats, times_s: Floats, iterations: int = 8) -> Motion:
    """Let the body climb.

    Parameters
    ----------
    betas : (B,) array
    times_s : (T,) array
        Seconds of the frames.
    iterations : int
        How long to work on what holds on staying where it is.
    """
    key_times, hints = _keys(climb)
    key_goals = _below_overhang(_goals([climb.grips_at(time) for time in key_times], hints), climb.fold)
    keys = solve(body, betas, key_goals, weights=_KEY_WEIGHTS, iterations=40, damping=0.1)
    with np.errstate(over="ignore"):  # where a coordinate hardly changes, scipy's harmonic mean is 1 / infinity
        between = PchipInterpolator(key_times, keys, axis=0)(times_s)
    between[:, N_POSE:] += _sway(times_s)
    grips = [climb.grips_at(time) for time in times_s]
    goals = Goals.of(grips, pose=between[:, :N_POSE].reshape(-1, 24, 3), root=between[:, N_POSE:])
    goals = replace(goals, fold=climb.fold, lean_m=_lean_m(goals, climb.fold))
    solved = solve(body, betas, goals, weights=_FRAME_WEIGHTS, iterations=iterations, damping=1e-3)
    return Motion(
        solved[:, :N_POSE].reshape(-1, 24, 3),
        solved[:, N_POSE:] - body.rest_joints(betas)[0],
        goals.holds,
    )


@dataclass(frozen=True)
class _Hint:
    """How the body should be at a key pose: pelvis (3,) in metres, its turn and the gaze in radians."""

    root: Floats
    turn: float
    gaze: tuple[float, float]


def _keys(climb: Climb) -> tuple[Floats, list[_Hint]]:
    """Return the times (N,) of the key poses, ascending, and what they should look like.

    Each move has three: weight shifted, limb half-way, limb placed; and one before it where there is a rest.
    """
    rest = _rest_hint(climb.start)
    times, hints = [0.0], [rest]
    for number, move in enumerate(climb.moves):
        if number > 0 and move.start_s > times[-1] + _REST_S:
            times.append(move.start_s)
            hints.append(_rest_hint(climb.grips_at(move.start_s)))
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


def _below_overhang(goals: Goals, fold: Fold | None) -> Goals:
    """Return goals with the body as far out as the hands on an overhang ask for, and leaning back."""
    if fold is None:
        return goals
    root = goals.root - np.outer(_HANGS_OUT * _hands_out_m(goals, fold), [0, 0, 1.0])
    return replace(goals, root=root, fold=fold, lean_m=_lean_m(goals, fold))


_HANGS_OUT, _LEANS_BACK = 0.5, 0.35
"""How far the hips hang out, and how much farther the neck does, for every metre that the hands are out."""


def _lean_m(goals: Goals, fold: Fold | None) -> Floats | float:
    return LEAN_M if fold is None else LEAN_M + _LEANS_BACK * _hands_out_m(goals, fold)


def _hands_out_m(goals: Goals, fold: Fold) -> Floats:
    """Return how far the wall has come out where the hands are (B,)."""
    return np.array([fold.out_m(height) for height in goals.ends[:, :2, 1].mean(axis=1)])


def _balanced(grips: tuple[Grip, ...]) -> Floats:
    """Return where the pelvis (3,) rests between hands and feet."""
    hands = [grip.end for grip in grips[:2] if grip.holds] or [grip.end for grip in grips[:2]]
    feet = [grip.end for grip in grips[2:]]
    foot, hand = np.mean(feet, axis=0), np.mean(hands, axis=0)
    height = 0.5 * (foot[1] + 0.84) + 0.5 * (hand[1] - 0.98)
    return np.array([0.65 * foot[0] + 0.35 * hand[0], height, -0.26])


def _gaze(root: Floats, target: Floats) -> tuple[float, float]:
    """Return yaw (to the left) and pitch (up) of a look from the head at a target, radians."""
    x, y, z = target - (root + np.array([0, 0.66, 0.0]))
    yaw = np.arctan2(x, max(z, 0.25))
    pitch = np.arctan2(y, np.hypot(x, max(z, 0.25)))
    return float(np.clip(yaw, -0.6, 0.6)), float(np.clip(pitch, -0.6, 0.6))


def _goals(grips: list[tuple[Grip, ...]], hints: list[_Hint]) -> Goals:
    pose = np.tile(_resting_pose(), (len(hints), 1, 1))
    for row, hint, at in zip(pose, hints, grips, strict=True):
        row[SMPL_JOINTS.index("pelvis"), 1] = hint.turn
        for name in ("spine1", "spine2", "spine3"):
            row[SMPL_JOINTS.index(name), 1] = -0.15 * hint.turn
        for name, share in (("neck", 0.4), ("head", 0.6)):
            row[SMPL_JOINTS.index(name)] = (-hint.gaze[1] * share, hint.gaze[0] * share, 0)
        for limb in (Limb.LEFT_HAND, Limb.RIGHT_HAND):
            _raise_arm(row, limb, towards=at[limb].base - hint.root)
    return Goals.of(grips, pose=pose, root=np.array([hint.root for hint in hints]))


def _raise_arm(pose: Floats, limb: Limb, *, towards: Floats) -> None:
    """Lift an arm of a pose (24, 3), in place, to where the wrist is to be, (3,) in metres from the pelvis."""
    side = "left" if limb is Limb.LEFT_HAND else "right"
    aside, up = limb.side * towards[0] - 0.19, towards[1] - 0.46
    elevation = np.arctan2(up, max(aside, 0.0) + 0.2)
    collar = float(np.clip(0.3 * elevation, -0.1, 0.5))
    pose[SMPL_JOINTS.index(f"{side}_collar"), 2] = limb.side * collar
    pose[SMPL_JOINTS.index(f"{side}_shoulder"), 2] = limb.side * (elevation - collar)


def _resting_pose() -> Floats:
    """Return a loose climbing pose (24, 3): arms up and in front, knees bent and open."""
    left = {
        "hip": (-0.65, 0.70, 0.80),
        "knee": (0.9, 0, 0),
        "ankle": (0.15, 0, 0),
        "collar": (0, -0.08, 0.3),
        "shoulder": (0.5, -0.45, 0.8),
        "elbow": (0.25, -0.7, 0),
        "wrist": (0.25, 0, 0),
    }
    sides = {f"left_{name}": value for name, value in left.items()}
    sides |= {f"right_{name}": (x, -y, -z) for name, (x, y, z) in left.items()}
    return by_joint(0, **sides)


def _sway(times_s: Floats) -> Floats:
    """Return the small restlessness (T, 3) of a body that balances, metres."""
    phase = 2 * np.pi * times_s[:, None] * np.array([0.43, 0.29, 0.37]) + np.array([0.3, 1.7, 4.0])
    sway: Floats = np.sin(phase) * np.array([0.008, 0.006, 0.006])
    return sway
