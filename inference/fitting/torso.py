"""Which way a torso faces when nothing but 2D points is known.

How wide shoulders and hips and how long the torso appear leaves four orientations a frame: turned to either side,
leaning to or from the camera. Knees and elbows bend one way only, so what the limbs would have to do tells which of
them it is; the Viterbi algorithm finds the likeliest series.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from annotation.poses import Plane
from annotation.walls import WallShape
from inference.fitting.initialise import LIMBS, place
from inference.fitting.kinematics import Figure, State, pose
from inference.fitting.limb_depths import easiest
from inference.fitting.points import ClipPoints, torso_px
from inference.fitting.problem import Problem
from inference.fitting.rotations import Array, frame_from_axes

TURN = 30.0
"""Cost of turning by a radian from frame to frame, 1/15 s apart."""
LARGEST_TURN_COST = 100.0
SAID = 200.0
FACING = 1.5
"""Cost of facing along the wall instead of facing it."""
FEET, FREE_FEET, FOOT_TORSOS = 8.0, 0.2, 0.4
"""Cost of a foot that points backwards, as a share of its length, beyond what comes easily; its length in torsos."""
_TORSO = ("left_shoulder", "right_shoulder", "left_hip", "right_hip")


def choose_torso(problem: Problem, state: State, points: ClipPoints, *, walls: tuple[Plane, ...] = ()) -> State:
    """Return the start of a motion whose torso faces the likeliest way; unchanged where the torso is not seen."""
    found = [points.skeleton.find(name) for name in _TORSO]
    if None in found:
        return state
    columns = np.array(found, np.intp)
    known = np.asarray(points.found[:, columns].all(axis=1))
    if not known.any():
        return state
    candidates = _candidates(problem, points, columns, known)
    states = [_posed(problem, state, points, candidates[:, index]) for index in range(candidates.shape[1])]
    figures = [pose(problem.rig, each) for each in states]
    cost = np.stack([_strain(problem, each, figure) for each, figure in zip(states, figures, strict=True)], axis=1)
    cost = np.where(known[:, None], cost + _against_feet(points, candidates), 0)
    cost += np.stack([_off_statements(problem, figure) for figure in figures], axis=1)
    if walls:
        cost += FACING * (1 - _facing(candidates[..., 2], state, walls))
    series = _cheapest(candidates, cost, fps=problem.fps)
    rows = np.arange(len(series))
    return _posed(problem, state, points, _calmed(candidates[rows, series], problem.fps))


def _facing(chest: Array, state: State, walls: tuple[Plane, ...]) -> Array:
    """Return the cosine (T, 4) of directions (T, 4, 3) with the way into the plane of the wall that is nearest."""
    into = -np.array([wall.normal for wall in walls])
    if len(walls) == 1:
        return np.asarray(chest @ into[0])
    nearest = WallShape(walls).costs_in_sight(state.transl).argmin(axis=0)
    return np.asarray((chest * into[nearest][:, None]).sum(axis=-1))


def _candidates(problem: Problem, points: ClipPoints, columns: NDArray[np.intp], known: NDArray[np.bool_]) -> Array:
    """Return rotations of the torso (T, 4, 3, 3)."""
    rest = problem.rig.points[columns]
    length = float(np.linalg.norm(rest[:2].mean(axis=0) - rest[2:].mean(axis=0)))
    width = float(np.linalg.norm(rest[0] - rest[1]) + np.linalg.norm(rest[2] - rest[3]))
    frames = np.arange(len(points))
    xy = np.stack(
        [[np.interp(frames, frames[known], points.xy[known, k, axis]) for axis in (0, 1)] for k in columns]
    ).transpose(2, 0, 1)
    up = xy[:, :2].mean(axis=1) - xy[:, 2:].mean(axis=1)
    across = xy[:, 0] - xy[:, 1] + xy[:, 2] - xy[:, 3]
    scale = _px_per_m(up, across, length=length, width=width, fps=problem.fps)
    up, across = up / (scale[:, None] * length), across / (scale[:, None] * width)
    lean, turn = (np.sqrt(np.maximum(1 - (v**2).sum(-1), 0)) for v in (up, across))
    rotations = []
    for toward in (-1.0, 1.0):
        for side in (-1.0, 1.0):
            y = np.concatenate([up, toward * lean[:, None]], axis=1)
            x = np.concatenate([across, side * turn[:, None]], axis=1)
            frame = frame_from_axes(y, x)
            rotations.append(np.stack([frame[..., 1], frame[..., 0], -frame[..., 2]], axis=-1))
    return np.stack(rotations, axis=1)


def _px_per_m(up: Array, across: Array, *, length: float, width: float, fps: float) -> Array:
    """Return the scale (T,) at which the torso looks as large as it is where it is seen unforeshortened, calmed."""
    seen = np.maximum(np.linalg.norm(up, axis=-1) / length, np.linalg.norm(across, axis=-1) / width)
    overall = float(np.percentile(seen, 85))
    slow = gaussian_filter1d(np.maximum(seen, 0.8 * overall), fps, mode="nearest")
    return np.asarray(np.maximum(slow, 0.9 * overall))


def _posed(problem: Problem, state: State, points: ClipPoints, torso: Array) -> State:
    """Return the motion with the torso turned as a whole; limbs keep what they do relative to it."""
    rotations = state.rotations.copy()
    rotations[:, 0] = torso
    rotations[:, [3, 6, 9]] = np.eye(3)
    turned = State(rotations, state.transl, state.betas, state.log_focal)
    turned.transl = place(points, problem.rig, turned, problem.camera, fps=problem.fps)
    return turned


def _strain(problem: Problem, state: State, figure: Figure) -> Array:
    """Return how hard a torso makes it for the limbs (T,)."""
    result = np.zeros(len(figure.points))
    for limb in LIMBS:
        columns = [problem.rig.skeleton.find(name) for name in limb.landmarks]
        if None not in columns:
            found = np.array([column for column in columns if column is not None])
            result += easiest(problem, state, figure, limb, found)
    return result


def _against_feet(points: ClipPoints, candidates: Array) -> Array:
    """Return what it costs torsos (T, 4) to face where feet do not point: feet turn aside, but not backwards."""
    result = np.zeros(candidates.shape[:2])
    unit_px = torso_px(points)
    for side in ("left", "right"):
        toe = points.skeleton.find(f"{side}_big_toe")
        heels = (points.skeleton.find(f"{side}_{part}") for part in ("heel", "ankle"))
        heel = next((column for column in heels if column is not None and points.found[:, column].any()), None)
        if toe is None or heel is None:
            continue
        foot = (points.xy[:, toe] - points.xy[:, heel]) / (FOOT_TORSOS * unit_px)
        along = (foot[:, None] * candidates[..., :2, 2]).sum(axis=-1)
        seen = (points.found[:, toe] & points.found[:, heel])[:, None]
        result += np.where(seen, FEET * np.clip(-along - FREE_FEET, 0, 1), 0)
    return result


def _off_statements(problem: Problem, figure: Figure) -> Array:
    """Return how far the torso contradicts what was said about its depth (T,)."""
    if problem.depths is None:
        return np.zeros(len(figure.points))
    torso = [problem.rig.skeleton.index(name) for name in _TORSO]
    rows = np.flatnonzero(~np.delete(problem.depths.difference != 0, torso, axis=1).any(axis=1))
    farther = (problem.depths.difference[rows] @ figure.points[..., 2:])[..., 0]
    return np.asarray(SAID * np.maximum(-farther * problem.depths.sign[:, rows], 0).sum(-1))


def _cheapest(candidates: Array, cost: Array, *, fps: float) -> NDArray[np.intp]:
    """Return which orientation to take in every frame (T,) (Viterbi)."""
    n = cost.shape[1]
    total, origin = cost[0], np.zeros((len(cost), n), np.intp)
    flat = candidates.reshape(len(cost), n, 9)
    angles = np.arccos(np.clip((flat[:-1] @ np.swapaxes(flat[1:], 1, 2) - 1) / 2, -1, 1))
    for frame, turn in enumerate(np.minimum(TURN * angles * fps / 15, LARGEST_TURN_COST), start=1):
        reached = total[:, None] + turn
        origin[frame] = reached.argmin(axis=0)
        total = reached.min(axis=0) + cost[frame]
    series = np.zeros(len(cost), np.intp)
    series[-1] = total.argmin()
    for frame in range(len(cost) - 1, 0, -1):
        series[frame - 1] = origin[frame, series[frame]]
    return series


def _calmed(rotations: Array, fps: float) -> Array:
    """Return rotations (T, 3, 3) smoothed over about a third of a second."""
    mean = gaussian_filter1d(rotations, 0.15 * fps, axis=0, mode="nearest")
    u, _, vt = np.linalg.svd(mean)
    u[..., -1] *= np.linalg.det(u @ vt)[:, None]
    return np.asarray(u @ vt)
