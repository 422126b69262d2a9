"""Levenberg-Marquardt over all frames at once: block-banded in time, the shape as a border.

Every frame meets only its two neighbours on either side, so the normal matrix is banded and one factorisation costs
time linear in the frames; the shape coefficients, shared by all, are eliminated by their Schur complement.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

import numpy as np
from scipy.linalg import LinAlgError
from scipy.ndimage import uniform_filter1d

from inference.fitting.banded import Band, Factor
from inference.fitting.kinematics import N_UNKNOWNS, State
from inference.fitting.normal import Normal, linearise
from inference.fitting.problem import Problem
from inference.fitting.residuals import Evaluation, evaluate
from inference.fitting.rotations import Array, lengths
from inference.fitting.rows import Scratch

Report = Callable[[int, float], None]
"""Called after every iteration with its number and the cost; may raise to stop."""

LARGEST_TURN = 0.7
"""Longest step of a joint in one iteration, radians: beyond it the linearisation says nothing."""


FIRST_DAMPING, LEAST_DAMPING, LARGEST_DAMPING = 1e-3, 1e-6, 1e5
RAISE, LOWER = 10.0, 3.0
LOCAL_FRAMES = 11
"""Frames over which a step is judged: beyond them the motion hardly couples."""


class Shape(Enum):
    """Whether the shape of the body is solved for."""

    FREE = "free"
    FIXED = "fixed"


@dataclass(frozen=True)
class Schedule:
    """When to stop: after `iterations`, or when an accepted step lowers the cost by less than `tolerance` of it."""

    iterations: int
    tolerance: float = 1e-4


@dataclass(frozen=True)
class Solution:
    """Where the solver came to rest."""

    state: State
    cost: float
    iterations: int


def solve(
    problem: Problem, state: State, *, shape: Shape, schedule: Schedule, report: Report | None = None
) -> Solution:
    """Minimise the cost of a problem from a start.

    Parameters
    ----------
    problem : Problem
        A clip, or a window of one with frozen frames round it.
    state : State
        The start; not changed.
    """
    damping = np.full(len(state.transl), FIRST_DAMPING)
    with_shape = shape is Shape.FREE
    band = Band(len(state.transl), N_UNKNOWNS, stiffness=float(problem.motion_weights().max()))
    scratch, now = Scratch(), evaluate(problem, state)
    normal = linearise(problem, state, now, with_shape=with_shape, scratch=scratch)
    iteration = 0
    while iteration < schedule.iterations and damping.min() < LARGEST_DAMPING:
        iteration += 1
        tried = _step(problem, normal, state, damping=damping, band=band)
        then = None if tried is None else evaluate(problem, tried)
        if tried is None or then is None:
            damping = damping * RAISE
        else:
            damping = _adapted(damping, now, then)
            gain = now.cost - then.cost
            if gain > 0:
                finished = gain < schedule.tolerance * now.cost
                state, now = tried, then
                if finished:
                    break
                normal = linearise(problem, state, now, with_shape=with_shape, scratch=scratch)
        if report is not None:
            report(iteration, now.cost)
    return Solution(state, now.cost, iteration)


def slope_of(problem: Problem, state: State) -> Array:
    """Return the slope (T, N) of half the cost at a motion."""
    return linearise(problem, state, evaluate(problem, state), with_shape=False).gradient


def _adapted(damping: Array, before: Evaluation, after: Evaluation) -> Array:
    """Return the damping (T,) for the next step: raised where a step made things worse, lowered where it helped.

    Every stretch of a clip has its own damping: one that resists, such as a limb pointing at the camera, would
    otherwise hold up all others.
    """
    change = uniform_filter1d(after.cost_by_frame - before.cost_by_frame, LOCAL_FRAMES, mode="nearest")
    level = uniform_filter1d(np.maximum(before.cost_by_frame, 0), LOCAL_FRAMES, mode="nearest")
    worse = change > 1e-4 * level
    if after.cost >= before.cost and not worse.any():
        worse = np.ones(len(damping), bool)
    return np.clip(np.where(worse, damping * RAISE, damping / LOWER), LEAST_DAMPING, LARGEST_DAMPING)


def _step(problem: Problem, normal: Normal, state: State, *, damping: Array, band: Band) -> State | None:
    """Return the damped Gauss-Newton step's end; None if the matrix is not positive definite."""
    n_frames, n_clip = len(normal.gradient), len(normal.corner)
    gradient = np.where(problem.frozen[:, None], 0, normal.gradient).reshape(-1, 1)
    border = np.where(problem.frozen[:, None, None], 0, normal.border).reshape(gradient.size, n_clip)
    try:
        factor = Factor(band.fill(normal, damping, problem.frozen))
        half = factor.forward(np.concatenate([gradient, border], axis=1))
        stiffened = normal.corner + np.diag(np.diag(normal.corner)) * float(damping.mean())
        bent = half[:, 1:].T
        clip_step = np.linalg.solve(stiffened - bent @ bent.T, bent @ half[:, 0] - normal.corner_gradient)
    except LinAlgError:
        return None
    step = -factor.backward(half[:, :1] + half[:, 1:] @ clip_step[:, None])
    if not n_clip:
        clip_step = np.zeros(problem.rig.n_shape)
    return state.stepped(_bounded(step.reshape(n_frames, -1)), np.asarray(clip_step, np.float64))


def _bounded(step: Array) -> Array:
    """Shorten turns (in a step (T, N)) to `LARGEST_TURN`."""
    turns = step[:, 3:].reshape(len(step), -1, 3)
    shortened = turns * np.minimum(1, LARGEST_TURN / np.maximum(lengths(turns), 1e-9))[..., None]
    return np.concatenate([step[:, :3], shortened.reshape(len(step), -1)], axis=1)
