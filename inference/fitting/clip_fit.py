"""Fits a body to a whole clip: repair, start, the stages, and what they came to."""

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from annotation.body import Body
from annotation.body_identity import body_digest
from annotation.errors import JobError
from annotation.fit_details import FitDetails
from annotation.known_facts import Facts
from annotation.known_facts_json import wall_to_json
from annotation.poses import Camera, MeshSequence, Plane
from inference.fitting.agreement import trust_in_hints, without_strays
from inference.fitting.depths import depths_of
from inference.fitting.figures import describe
from inference.fitting.initialise import flat_world, initial_state, towards_camera_axes
from inference.fitting.kinematics import Rig, State
from inference.fitting.points import ClipPoints, torso_px
from inference.fitting.problem import Problem
from inference.fitting.reach import within_reach
from inference.fitting.rotations import Array, continuous_vectors, fill_gaps, transposed
from inference.fitting.segments import directions, segment_table
from inference.fitting.settings import FitWeights
from inference.fitting.stages import MESSAGES, SCHEDULES, run_stages
from inference.fitting.swaps import SwapRepair, repair_swaps
from inference.fitting.uncertainty import details_of, questions

ProgressReport = Callable[[int, int, str], None]
"""Called with steps done, steps in all and what is being done; may raise to stop."""


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
    details : FitDetails
        How sure it is, and the contacts, given or found.
    summary : dict
        Figures of the fit; JSON values.
    """

    mesh: MeshSequence
    repair: SwapRepair
    state: State
    problem: Problem
    details: FitDetails
    summary: dict[str, Any]


@dataclass(frozen=True)
class FitOptions:
    """How to fit.

    Attributes
    ----------
    weights : FitWeights
    refine_focal : bool
        Whether the camera's focal length is a guess to be improved.
    limbs_apart : bool
        Whether limbs keep out of each other and of the torso.
    view_turns : (T, 3, 3) array or None
        For a panning camera: what turns the CAMERA frame of the first frame into that of each frame.
    """

    weights: FitWeights = field(default_factory=FitWeights)
    refine_focal: bool = False
    limbs_apart: bool = True
    view_turns: Array | None = None


def fit_clip(
    points: ClipPoints,
    *,
    body: Body,
    camera: Camera,
    times_s: NDArray[np.floating],
    facts: Facts | None = None,
    options: FitOptions | None = None,
    report: ProgressReport | None = None,
) -> FitResult:
    """Fit a body to the 2D points of a clip.

    Parameters
    ----------
    points : ClipPoints
        Points a person stands behind are followed closely, predicted ones by their confidence.
    body : Body
    camera : Camera
    times_s : (T,) array
        Seconds of the frames.
    facts : Facts, optional
        What is known besides: the climber's size, the wall, contacts, depth.
    report : callable, optional
        Told about every iteration; may raise to stop.

    Raises
    ------
    JobError
        If no frame has enough points, or a fact is about something there is not.
    """
    started = time.perf_counter()
    if not points.valid.any():
        reason = "There are no points to fit the body to. Detect the climber or label a few frames, then fit again."
        raise JobError(reason)
    facts, options = facts or Facts(), options or FitOptions()
    steps = _Steps(report)
    steps.start(0)
    repair = repair_swaps(points, facts)
    reached, left_out = within_reach(repair.points, fps=frame_rate(times_s))
    repair = replace(repair, points=without_strays(reached))
    problem, state = prepare(repair.points, body, camera, times_s, facts, options)
    done = run_stages(problem, state, repair.points, facts=facts, announce=steps.start, report=steps.iterated)
    state = _bridge(done.state, points.valid)
    camera = replace(camera, focal_px=camera.focal_px * float(np.exp(state.log_focal)))
    shown = state if options.view_turns is None else turned(state, done.problem.rig, options.view_turns)
    mesh = _mesh(shown, body=body, camera=camera, valid=points.valid, walls=done.walls, view_turns=options.view_turns)
    details = details_of(done.problem, state, repair.points, done.contacts, points.valid)
    summary = {
        "seconds": round(time.perf_counter() - started, 2),
        "iterations": steps.done,
        "cost": round(done.cost, 1),
        **describe(repair, done.problem, state, done.walls, done.contacts),
        "points_left_out": int(left_out.sum()),
        "suggested_walls": [wall_to_json(plane) for plane in done.suggested],
        **_doubts(done.problem, state, repair.points, details),
    }
    return FitResult(mesh, repair, state, done.problem, details, summary)


def _doubts(problem: Problem, state: State, points: ClipPoints, details: FitDetails) -> dict[str, Any]:
    """Return how sure the fit is, and where a statement about depth would help most; JSON values."""
    known = details.joint_sd_m[np.isfinite(details.joint_sd_m)]
    return {
        "median_joint_sd_m": round(float(np.median(known)), 3) if len(known) else None,
        "open_depths": round(float(details.depth_open[points.valid].mean()), 3),
        "questions": [asdict(question) for question in questions(problem, state, points)],
    }


class _Steps:
    """Counts iterations over the stages for the progress report."""

    def __init__(self, report: ProgressReport | None) -> None:
        self._report = report
        self._before = 0
        self._message = ""
        self.done = 0

    def start(self, stage: int) -> None:
        """Announce a stage; the iterations an earlier one did not need count as done."""
        self._before = sum(schedule.iterations for schedule in SCHEDULES[:stage])
        self._message = MESSAGES[stage]
        self._tell(0)

    def iterated(self, iteration: int, cost: float) -> None:
        """Count an iteration of the solver."""
        self.done += 1
        self._tell(iteration)

    def _tell(self, iteration: int) -> None:
        if self._report is not None:
            total = sum(schedule.iterations for schedule in SCHEDULES)
            self._report(self._before + iteration, total, self._message)


def _known(weights: FitWeights, facts: Facts) -> FitWeights:
    """Return weights with what is known of the climber's size in the place of what people are like."""
    climber = facts.climber
    return replace(weights, known_height_m=climber.height_m, span_m=climber.span_m, mass_kg=climber.mass_kg)


def prepare(
    points: ClipPoints,
    body: Body,
    camera: Camera,
    times_s: NDArray[np.floating],
    facts: Facts,
    options: FitOptions,
) -> tuple[Problem, State]:
    """Return what to solve and where to start."""
    weights = _known(options.weights, facts)
    rig = Rig.of(body, points.skeleton)
    fps = frame_rate(times_s)
    has_world = points.world is not None
    seen = towards_camera_axes(points, camera) if has_world else flat_world(points)
    state, believed = initial_state(seen, rig, camera, fps=fps, height_m=weights.known_height_m)
    table = segment_table(points.skeleton)
    hints, hint_confidence = directions(seen, table)
    trust = trust_in_hints(points, table.difference, hints)
    if options.view_turns is not None:
        state, hints = turned(state, rig, transposed(options.view_turns)), hints @ options.view_turns
    sigma, nearness = _sigma(points, weights), np.median(state.transl[points.valid, 2]) / state.transl[:, 2]
    hint_confidence = hint_confidence * believed[:, None] * (1.0 if has_world else 0.0)
    hint_confidence = hint_confidence * trust
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
            depths=depths_of(facts.depths, points.skeleton, len(points)),
            view_turns=options.view_turns,
            limbs_apart=options.limbs_apart,
            refine_focal=options.refine_focal,
        ),
        state,
    )


def frame_rate(times_s: NDArray[np.floating]) -> float:
    """Return the frames per second of a clip."""
    return 1 / max(float(np.median(np.diff(times_s))), 1e-3) if len(times_s) > 1 else 25.0


def _sigma(points: ClipPoints, weights: FitWeights) -> Array:
    """Return the standard deviation of the points (T, K) in torso lengths."""
    stated_share = points.stated.sum(axis=1) / np.maximum(points.found.sum(axis=1), 1)
    stated = weights.sigma_correction + (weights.sigma_stated - weights.sigma_correction) * stated_share
    return np.where(points.stated, stated[:, None], weights.sigma_predicted)


def _bridge(state: State, valid: NDArray[np.bool_]) -> State:
    """Return a motion that moves steadily over frames without points and stands still before and after them."""
    frames = np.arange(len(valid))
    known = frames[valid]
    transl = np.stack([np.interp(frames, known, state.transl[valid, axis]) for axis in range(3)], axis=-1)
    return State(fill_gaps(state.rotations, valid), transl, state.betas, state.log_focal)


def turned(state: State, rig: Rig, turns: Array) -> State:
    """Return a motion seen by a camera that is turned (T, 3, 3)."""
    rotations = state.rotations.copy()
    rotations[:, 0] = turns @ rotations[:, 0]
    pelvis = (rig.joints + rig.joint_shape @ state.betas)[0]
    transl = (turns @ (state.transl + pelvis)[..., None])[..., 0] - pelvis
    return State(rotations, transl, state.betas, state.log_focal)


def _mesh(
    state: State,
    *,
    body: Body,
    camera: Camera,
    valid: NDArray[np.bool_],
    walls: tuple[Plane, ...],
    view_turns: Array | None,
) -> MeshSequence:
    vectors = continuous_vectors(state.rotations).astype(np.float32)
    return MeshSequence(
        body=body.name,
        betas=state.betas.astype(np.float32),
        global_orient=vectors[:, 0],
        body_pose=vectors[:, 1:],
        transl=state.transl.astype(np.float32),
        valid=valid,
        camera=camera,
        walls=walls,
        view_turns=None if view_turns is None else view_turns.astype(np.float32),
        body_digest=body_digest(body),
    )
