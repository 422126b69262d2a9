"""Fits a body to a whole clip: repair, start, solve, find the wall, solve again with it."""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from annotation.body import Body
from annotation.errors import JobError
from annotation.poses import Camera, MeshSequence, Plane
from inference.fitting.initialise import flat_world, initial_state, towards_camera_axes
from inference.fitting.kinematics import Rig, State, pose
from inference.fitting.points import ClipPoints, box_sides, torso_px
from inference.fitting.residuals import Contacts, Problem
from inference.fitting.rotations import Array, continuous_vectors, fill_gaps, log, transposed
from inference.fitting.segments import directions, segment_table
from inference.fitting.settings import FitWeights
from inference.fitting.solver import Schedule, Shape, Solution, solve
from inference.fitting.swaps import SwapRepair, repair_swaps
from inference.fitting.wall import fit_wall, holding_columns, resting, solid_columns

ProgressReport = Callable[[int, int, str], None]
"""Called with steps done, steps in all and what is being done; may raise to stop."""

CONFIDENT = 0.5

STAGES = (Schedule(10, 2e-3), Schedule(25, 3e-4), Schedule(8, 3e-4))
"""Find the pose (shape fixed, hints strong, points forgiven); fit everything; with the wall."""

FIRST_HINT = 3.0
FIRST_CAUCHY = 30.0


@dataclass(frozen=True)
class FitResult:
    """A fitted clip.

    Attributes
    ----------
    mesh : MeshSequence
    repair : SwapRepair
        The points that were fitted.
    state : State
        What the solver came to, for refits of a window.
    problem : Problem
        The same as the solver saw it.
    summary : dict
        Figures of the fit; JSON values.
    """

    mesh: MeshSequence
    repair: SwapRepair
    state: State
    problem: Problem
    summary: dict[str, Any]


def fit_clip(
    points: ClipPoints,
    *,
    body: Body,
    camera: Camera,
    times_s: NDArray[np.floating],
    weights: FitWeights | None = None,
    report: ProgressReport | None = None,
) -> FitResult:
    """Fit a body to the 2D points of a clip.

    Parameters
    ----------
    points : ClipPoints
        Points a person stands behind are followed closely, predicted ones by their confidence.
    body : Body
    camera : Camera
        Static, of known focal length.
    times_s : (T,) array
        Seconds of the frames.
    report : callable, optional
        Told about every iteration; may raise to stop.

    Raises
    ------
    JobError
        If no frame has enough points.
    """
    started = time.perf_counter()
    if not points.valid.any():
        reason = "There are no points to fit the body to. Detect the climber or label a few frames, then fit again."
        raise JobError(reason)
    weights = weights or FitWeights()
    steps = _Steps(report)
    steps.start(0, "Repairing left and right")
    repair = repair_swaps(points)
    problem, state = _prepare(repair.points, body, camera, times_s, weights)
    solution, wall = _solve(problem, state, repair.points, steps)
    state = _bridge(solution.state, points.valid)
    mesh = _mesh(state, body=body, camera=camera, valid=points.valid, wall=wall)
    problem = replace(problem, contacts=_contacts(problem, state, repair.points, wall))
    summary = {
        "seconds": round(time.perf_counter() - started, 2),
        "iterations": steps.done,
        "cost": round(solution.cost, 1),
        **describe(repair, problem, state, wall),
    }
    return FitResult(mesh, repair, state, problem, summary)


class _Steps:
    """Counts iterations over the stages for the progress report."""

    def __init__(self, report: ProgressReport | None) -> None:
        self._report = report
        self._before = 0
        self._message = ""
        self.done = 0

    def start(self, stage: int, message: str) -> None:
        """Announce a stage; the iterations an earlier one did not need count as done."""
        self._before = sum(schedule.iterations for schedule in STAGES[:stage])
        self._message = message
        self._tell(0)

    def iterated(self, iteration: int, cost: float) -> None:
        """Count an iteration of the solver."""
        self.done += 1
        self._tell(iteration)

    def _tell(self, iteration: int) -> None:
        if self._report is not None:
            total = sum(schedule.iterations for schedule in STAGES)
            self._report(self._before + iteration, total, self._message)


def _prepare(
    points: ClipPoints, body: Body, camera: Camera, times_s: NDArray[np.floating], weights: FitWeights
) -> tuple[Problem, State]:
    """Return what to solve and where to start."""
    rig = Rig.of(body, points.skeleton)
    fps = 1 / max(float(np.median(np.diff(times_s))), 1e-3) if len(times_s) > 1 else 25.0
    has_world = points.world is not None
    seen = towards_camera_axes(points, camera) if has_world else flat_world(points)
    state, believed = initial_state(seen, rig, camera, fps=fps)
    table = segment_table(points.skeleton)
    hints, hint_confidence = directions(seen, table)
    sigma, nearness = _sigma(points, weights), np.median(state.transl[points.valid, 2]) / state.transl[:, 2]
    hint_confidence = hint_confidence * believed[:, None] * (1.0 if has_world else 0.0)
    return (
        Problem(
            rig=rig,
            camera=camera,
            weights=weights,
            xy=np.nan_to_num(points.xy),
            confidence=np.where(points.found & rig.known, points.confidence, 0),
            sigma_px=sigma * torso_px(points) * nearness[:, None],
            cauchy=np.where(points.stated, weights.reach_stated, weights.reach_predicted) / sigma,
            difference=table.difference,
            hints=hints,
            hint_confidence=hint_confidence,
            fps=fps,
            frozen=np.zeros(len(points), bool),
        ),
        state,
    )


def _sigma(points: ClipPoints, weights: FitWeights) -> Array:
    """Return the standard deviation of the points (T, K) in torso lengths."""
    stated_share = points.stated.sum(axis=1) / np.maximum(points.found.sum(axis=1), 1)
    stated = weights.sigma_correction + (weights.sigma_stated - weights.sigma_correction) * stated_share
    return np.where(points.stated, stated[:, None], weights.sigma_predicted)


def _solve(problem: Problem, state: State, points: ClipPoints, steps: _Steps) -> tuple[Solution, Plane | None]:
    weights = problem.weights
    steps.start(0, "Finding the pose")
    first = replace(
        problem,
        weights=replace(weights, hint=weights.hint * FIRST_HINT),
        cauchy=np.maximum(problem.cauchy, FIRST_CAUCHY),
    )
    state = solve(first, state, shape=Shape.FIXED, schedule=STAGES[0], report=steps.iterated).state
    steps.start(1, "Fitting the body")
    solution = solve(problem, state, shape=Shape.FREE, schedule=STAGES[1], report=steps.iterated)
    wall = _wall(problem, solution.state, points)
    if wall is not None:
        steps.start(2, "Fitting to the wall")
        problem = replace(problem, contacts=_contacts(problem, solution.state, points, wall))
        solution = solve(problem, solution.state, shape=Shape.FREE, schedule=STAGES[2], report=steps.iterated)
        wall = _wall(problem, solution.state, points)
    return solution, wall


def _holding(problem: Problem, state: State, points: ClipPoints) -> tuple[NDArray[np.intp], Array, NDArray[np.bool_]]:
    """Return the columns of hands and feet, where they are (T, C, 3), and when they rest (T, C)."""
    columns = holding_columns(points.skeleton)
    positions = pose(problem.rig, state).points[:, columns]
    seen = points.confidence[:, columns] > CONFIDENT
    return columns, positions, resting(positions, seen, fps=problem.fps)


def _wall(problem: Problem, state: State, points: ClipPoints) -> Plane | None:
    _, positions, rest = _holding(problem, state, points)
    return fit_wall(positions, rest, pelvis=pose(problem.rig, state).joints[:, 0])


def _contacts(problem: Problem, state: State, points: ClipPoints, wall: Plane | None) -> Contacts | None:
    if wall is None:
        return None
    holding, _, rest = _holding(problem, state, points)
    solid = solid_columns(points.skeleton)
    rest = np.concatenate([rest, np.zeros((len(rest), len(solid)), bool)], axis=1)
    return Contacts(np.concatenate([holding, solid]), rest, np.array(wall.normal), wall.offset_m)


def _bridge(state: State, valid: NDArray[np.bool_]) -> State:
    """Return a motion that moves steadily over frames without points and stands still before and after them."""
    frames = np.arange(len(valid))
    known = frames[valid]
    transl = np.stack([np.interp(frames, known, state.transl[valid, axis]) for axis in range(3)], axis=-1)
    return State(fill_gaps(state.rotations, valid), transl, state.betas)


def _mesh(state: State, *, body: Body, camera: Camera, valid: NDArray[np.bool_], wall: Plane | None) -> MeshSequence:
    vectors = continuous_vectors(state.rotations).astype(np.float32)
    return MeshSequence(
        body=body.name,
        betas=state.betas.astype(np.float32),
        global_orient=vectors[:, 0],
        body_pose=vectors[:, 1:],
        transl=state.transl.astype(np.float32),
        valid=valid,
        camera=camera,
        wall=wall,
    )


def describe(repair: SwapRepair, problem: Problem, state: State, wall: Plane | None) -> dict[str, Any]:
    """Return the figures of a fit: reprojection, swaps, size, calmness and reach of the wall."""
    points = repair.points
    figure = pose(problem.rig, state)
    off = np.linalg.norm(problem.camera.project(figure.points) - points.xy, axis=-1)
    confident = points.found & problem.rig.known & (points.confidence > CONFIDENT)
    share = off / np.maximum(box_sides(points.xy, confident), 1)[:, None]
    turn = np.linalg.norm(log(transposed(state.rotations[:-1, 0]) @ state.rotations[1:, 0]), axis=-1)
    betas = state.betas
    return {
        "frames": len(points),
        "frames_fitted": int(points.valid.sum()),
        "median_reprojection_px": _rounded(_median(off[confident]), 2),
        "median_reprojection_box_fraction": _rounded(_median(share[confident]), 4),
        "labelled_median_px": _rounded(_median(off[points.stated & problem.rig.known]), 2),
        "swapped_frames_arms": int(repair.swapped_arms.sum()),
        "swapped_frames_legs": int(repair.swapped_legs.sum()),
        "height_m": _rounded(float(problem.rig.height + problem.rig.height_shape @ betas), 3),
        "focal_px": _rounded(problem.camera.focal_px, 1),
        "largest_root_turn_deg": _rounded(float(np.degrees(turn.max(initial=0))), 1),
        "wall_distance_p90_m": _wall_distance(problem, state, points, wall),
    }


def _wall_distance(problem: Problem, state: State, points: ClipPoints, wall: Plane | None) -> float | None:
    if wall is None:
        return None
    _, positions, rest = _holding(problem, state, points)
    return _rounded(float(np.percentile(np.abs(wall.distance(positions[rest])), 90)), 3)


def _median(values: Array) -> float | None:
    return float(np.median(values)) if len(values) else None


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None else round(value, digits)
