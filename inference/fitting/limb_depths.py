"""Which way limbs point in depth: of every joint's two places on its line of sight, the likeliest series over frames.

A segment of known length whose ends are seen leaves two depths for its far end. Per limb that makes four poses a
frame; the Viterbi algorithm finds the series that moves least, bends like a limb, agrees with the detector's directions
and with what a person said.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from annotation.body import SMPL_PARENTS
from annotation.poses import Plane
from annotation.walls import WallShape
from inference.fitting.initialise import LIMBS, LimbModel, bend, chain
from inference.fitting.kinematics import Figure, State, pose
from inference.fitting.limbs import TORSO_ENDS, distance_of_lines
from inference.fitting.points import ClipPoints, joint_columns, torso_px
from inference.fitting.problem import Problem
from inference.fitting.residuals import in_view
from inference.fitting.rotations import Array, cross, lengths, unit

STEP_M = 0.06
"""A joint that moves so far between frames, 1/15 s apart, costs 1."""
LARGEST_STEP = 12.0
STICKINESS, EASE = 4.0, 0.2
"""Where a person spoke of a limb, a jump costs so many times as much, so that what was said holds until the limb lies
across the view; and what comes easily counts for so much less."""
HINT, KEEP, SAID = 6.0, 0.6, 60.0
TWIST, FREE_TWIST = 3.0, {True: (-1.4, 0.7), False: (-1.5, 1.5)}
"""Cost of turning a thigh (True) or upper arm about itself beyond what comes easily: outwards, inwards, radians."""
BEHIND_WALL, OFF_WALL, ON_WALL_M, WALL_SLACK_M, MOST_OFF_WALL = 30.0, 1.5, (0.0, 0.22), 0.1, 6.0
"""Cost of a joint behind a known wall, and of a resting wrist or ankle farther from it than hands and feet are thick;
per square of so many metres; and the most the latter costs."""
LIMB_MOST = 4.0
"""What a limb at most says about the torso: one alone may do what comes hard."""
THROUGH, THROUGH_M, TORSO_M = 4.0, 0.05, 0.12
"""Cost of a forearm or shin so deep in the torso, and how thick that is."""
SLOW_TORSOS_PER_S = 0.35
"""What moves slower than this in the picture rests."""
BACKWARDS, FREE_BACKWARDS = 12.0, {True: 0.35, False: 0.75}
"""Cost of a thigh or upper arm that points behind the body, as a share of its length."""


@dataclass(frozen=True)
class _Choices:
    """Four poses of a limb in every frame: middle and end joints (T, 4, 3) in metres, and which frames show them."""

    middle: Array
    end: Array
    known: NDArray[np.bool_]


def choose_depths(problem: Problem, state: State, points: ClipPoints, *, walls: tuple[Plane, ...] = ()) -> State:
    """Return the motion with limbs that point the likeliest way in depth; `walls` are those that are known."""
    figure = pose(problem.rig, state)
    rotations = state.rotations.copy()
    seen = _seen_limbs(problem, figure, state, points)
    for limb, found, choices, rests in seen:
        cost = _own_cost(problem, figure, state, limb, found, choices)
        # Where the body is before the wall is not known well yet: what a detector says of the limb counts first.
        unsaid = 1 - _hint_trust(problem, found)[:, None]
        cost = cost + np.where(choices.known[:, None], unsaid * _off_walls(walls, choices, rests), 0)
        stickiness = STICKINESS if _is_spoken_of(problem, found) else 1.0
        series = _cheapest(choices, figure.points[:, found[0]], cost, fps=problem.fps, stickiness=stickiness)
        rows = np.arange(len(series))
        joints = np.stack([figure.points[:, found[0]], choices.middle[rows, series], choices.end[rows, series]], axis=1)
        changed = choices.known & (np.linalg.norm(joints - figure.points[:, found], axis=-1).max(axis=1) > 0.08)
        turned = bend(rotations, joints, limb, choices.known)
        rotations[:, [limb.upper, limb.hinge]] = np.where(
            changed[:, None, None, None], turned, rotations[:, [limb.upper, limb.hinge]]
        )
    return State(rotations, state.transl, state.betas, state.log_focal)


def _seen_limbs(
    problem: Problem, figure: Figure, state: State, points: ClipPoints
) -> list[tuple[LimbModel, NDArray[np.intp], _Choices, NDArray[np.bool_]]]:
    """Return the limbs that are seen: their columns, what they may do, and when their ends rest."""
    result = []
    for limb in LIMBS:
        columns = [points.skeleton.find(name) for name in limb.landmarks]
        if None in columns:
            continue
        found = np.array([column for column in columns if column is not None])
        choices = _choices(problem, figure, state, found)
        if choices.known.any():
            result.append((limb, found, choices, _rests(points, found[2], problem.fps) & choices.known))
    return result


def _choices(problem: Problem, figure: Figure, state: State, columns: NDArray[np.intp]) -> _Choices:
    """Return where the joints of a limb may be (metres, frame of the motion)."""
    focal = problem.camera.focal_px * np.exp(state.log_focal)
    ray = np.concatenate(
        [(problem.xy[:, columns] - np.array(problem.camera.center_px)) / focal, np.ones((len(problem.xy), 3, 1))], -1
    )
    seen = in_view(problem, figure.points[:, columns])
    upper, lower = (float(np.median(np.linalg.norm(seen[:, i + 1] - seen[:, i], axis=-1))) for i in (0, 1))
    middle = _on_ray(seen[:, 0], ray[:, 1], upper)[:, [0, 0, 1, 1]]
    ends = np.concatenate([_on_ray(middle[:, 0], ray[:, 2], lower), _on_ray(middle[:, 2], ray[:, 2], lower)], axis=1)
    known = np.asarray((problem.confidence[:, columns[1:]] > 0.3).all(axis=1))
    middle = np.where(known[:, None, None], middle, seen[:, None, 1])
    ends = np.where(known[:, None, None], ends, seen[:, None, 2])
    if problem.view_turns is not None:
        middle, ends = middle @ problem.view_turns, ends @ problem.view_turns
    return _Choices(middle, ends, known)


def _on_ray(start: Array, ray: Array, length: float) -> Array:
    """Return the two points (T, 2, 3) on rays from the camera at a distance from starts (T, 3), the nearer first."""
    square = (ray**2).sum(-1)
    along = (start * ray).sum(-1)
    root = np.sqrt(np.maximum(along**2 - square * ((start**2).sum(-1) - length**2), 0))
    depth = np.stack([along - root, along + root], axis=1) / square[:, None]
    reached: Array = depth[..., None] * ray[:, None]
    # Where the ray misses the sphere, the segment points towards it.
    away = reached - start[:, None]
    return start[:, None] + unit(away) * length


def _own_cost(
    problem: Problem, figure: Figure, state: State, limb: LimbModel, columns: NDArray[np.intp], choices: _Choices
) -> Array:
    """Return what each pose of a limb costs by itself (T, 4)."""
    root = figure.points[:, columns[0]][:, None]
    upper, lower = unit(choices.middle - root), unit(choices.end - choices.middle)
    cost = _strain(state, limb, upper, lower) * (EASE if _is_spoken_of(problem, columns) else 1.0)
    cost = cost + _through_torso(problem, figure, choices)
    now = figure.points[:, columns]
    for direction, start, end in ((upper, 0, 1), (lower, 1, 2)):
        current = unit(now[:, end] - now[:, start])[:, None]
        cost = cost + KEEP * (1 - (direction * current).sum(-1))
        cost = cost + _off_hints(problem, columns[start], columns[end], direction)
        cost = cost + _off_statements(problem, columns[start], columns[end], direction)
    return np.where(choices.known[:, None], cost, 0.0)


def _through_torso(problem: Problem, figure: Figure, choices: _Choices) -> Array:
    """Return what it costs limbs (T, 4) to pass through the torso."""
    ends = [joint_columns(problem.rig.skeleton, pair) for pair in TORSO_ENDS]
    if ends[0] is None or ends[1] is None:
        return np.zeros(choices.end.shape[:2])
    hips, shoulders = (figure.points[:, columns].mean(axis=1)[:, None] for columns in ends)
    deep = np.maximum(TORSO_M - distance_of_lines(choices.middle, choices.end, hips, shoulders), 0)
    return np.asarray(THROUGH * (deep / THROUGH_M) ** 2)


def easiest(
    problem: Problem, state: State, figure: Figure, limb: LimbModel, columns: NDArray[np.intp]
) -> NDArray[np.float64]:
    """Return how far a limb is at least from what comes easily, given the torso (T,)."""
    choices = _choices(problem, figure, state, columns)
    root = figure.points[:, columns[0]][:, None]
    strain = _strain(state, limb, unit(choices.middle - root), unit(choices.end - choices.middle))
    return np.where(choices.known, np.minimum(strain.min(axis=1), LIMB_MOST), 0.0)


def _strain(state: State, limb: LimbModel, upper: Array, lower: Array) -> Array:
    """Return how far limbs are from what comes easily (T, 4)."""
    parent = chain(state.rotations, SMPL_PARENTS[limb.upper])
    upper, lower = upper @ parent, lower @ parent
    hinge = cross(upper, lower)
    flexed = lengths(hinge)
    carried = _carried(np.array(limb.direction), upper, np.array(limb.axis))
    hinge = unit(hinge)
    twist = np.arctan2((cross(carried, hinge) * upper).sum(-1), (carried * hinge).sum(-1))
    outwards, inwards = FREE_TWIST[limb.is_leg]
    twist = -twist if limb.landmarks[0].startswith("right") else twist
    beyond = np.maximum(twist - inwards, 0) + np.maximum(outwards - twist, 0)
    behind = np.maximum(-upper[..., 2] - FREE_BACKWARDS[limb.is_leg], 0)
    return np.asarray(TWIST * beyond**2 * np.minimum(flexed / 0.5, 1) + BACKWARDS * behind**2)


def _off_walls(walls: tuple[Plane, ...], choices: _Choices, rests: NDArray[np.bool_]) -> Array:
    """Return what it costs limbs (T, 4) to be behind known walls, or, while they rest, off them."""
    if not walls:
        return np.zeros(choices.middle.shape[:2])
    shape = WallShape(walls)
    behind = shape.sunk_m(choices.middle) ** 2 + shape.sunk_m(choices.end) ** 2
    off = np.maximum(shape.distances(choices.end).min(axis=0) - ON_WALL_M[1], 0)
    resting = np.minimum(OFF_WALL * (off / WALL_SLACK_M) ** 2, MOST_OFF_WALL) * rests[:, None]
    return np.asarray(np.minimum(BEHIND_WALL * behind / WALL_SLACK_M**2, 2 * BEHIND_WALL) + resting)


def _rests(points: ClipPoints, column: np.intp, fps: float) -> NDArray[np.bool_]:
    """Return when a joint hardly moves in the picture (T,)."""
    if len(points) < 3:
        return np.ones(len(points), bool)
    speed = np.linalg.norm(np.gradient(points.xy[:, column], axis=0), axis=-1) * fps / torso_px(points)
    return np.asarray(np.nan_to_num(speed, nan=np.inf) < SLOW_TORSOS_PER_S)


def _carried(rest: Array, direction: Array, axis: Array) -> Array:
    """Return an axis turned by the shortest turn from a rest direction to others (..., 3)."""
    across, cosine = cross(rest, direction), (direction @ rest)[..., None]
    return np.asarray(axis + cross(across, axis) + cross(across, cross(across, axis)) / np.maximum(1 + cosine, 1e-3))


def _off_hints(problem: Problem, start: np.intp, end: np.intp, direction: Array) -> Array:
    row = _hint_row(problem, start, end)
    if row is None:
        return np.zeros(direction.shape[:2])
    hint, trust = problem.hints[:, row], problem.hint_confidence[:, row]
    return np.asarray(HINT * trust[:, None] * (1 - (direction * hint[:, None]).sum(-1)))


def _hint_trust(problem: Problem, columns: NDArray[np.intp]) -> Array:
    """Return how far a detector is believed in the directions of both parts of a limb (T,), 0..1."""
    rows = [_hint_row(problem, start, end) for start, end in pairwise(columns)]
    trust = [np.zeros(len(problem.hints)) if row is None else problem.hint_confidence[:, row] for row in rows]
    return np.asarray(np.clip(np.min(trust, axis=0), 0, 1))


def _hint_row(problem: Problem, start: np.intp, end: np.intp) -> int | None:
    pair = np.zeros(problem.difference.shape[1])
    pair[end], pair[start] = 1, -1
    rows = np.flatnonzero((problem.difference == pair).all(axis=1))
    return int(rows[0]) if len(rows) else None


def _is_spoken_of(problem: Problem, columns: NDArray[np.intp]) -> bool:
    if problem.depths is None:
        return False
    rows = (problem.depths.difference[:, columns[1:]] > 0).any(axis=1)
    return bool(problem.depths.sign[:, rows].any())


def _off_statements(problem: Problem, start: np.intp, end: np.intp, direction: Array) -> Array:
    depths = problem.depths
    if depths is None:
        return np.zeros(direction.shape[:2])
    pair = np.zeros(depths.difference.shape[1])
    pair[end], pair[start] = 1, -1
    rows = np.flatnonzero((depths.difference == pair).all(axis=1))
    if len(rows) == 0:
        return np.zeros(direction.shape[:2])
    forward = np.array([0, 0, 1.0]) if problem.view_turns is None else problem.view_turns[:, None, 2]
    farther = (direction * forward).sum(-1) * depths.sign[:, rows[0], None]
    return np.asarray(SAID * np.maximum(-farther, 0))


def _cheapest(choices: _Choices, root: Array, cost: Array, *, fps: float, stickiness: float) -> NDArray[np.intp]:
    """Return which of the four poses to take in every frame (T,) (Viterbi)."""
    places = np.concatenate([choices.middle, choices.end], axis=-1) - np.tile(root, 2)[:, None]
    moved = lengths((places[1:, None] - places[:-1, :, None]).reshape(-1, 4, 4, 2, 3)).sum(-1)
    jumps = stickiness * np.minimum(moved / STEP_M * fps / 15, LARGEST_STEP)
    total, origin = cost[0], np.zeros((len(cost), 4), np.intp)
    for frame, jump in enumerate(jumps, start=1):
        reached = total[:, None] + jump
        origin[frame] = reached.argmin(axis=0)
        total = reached.min(axis=0) + cost[frame]
    series = np.zeros(len(cost), np.intp)
    series[-1] = total.argmin()
    for frame in range(len(cost) - 1, 0, -1):
        series[frame - 1] = origin[frame, series[frame]]
    return series
