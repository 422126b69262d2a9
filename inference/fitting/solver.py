"""Levenberg-Marquardt over all frames at once: block-banded in time, the shape as a border.

Every frame meets only its two neighbours on either side, so the normal matrix is banded and one factorisation costs
time linear in the frames; the shape coefficients, shared by all, are eliminated by their Schur complement.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

import numpy as np
from scipy.linalg import LinAlgError, solveh_banded
from scipy.ndimage import uniform_filter1d

from inference.fitting.kinematics import State
from inference.fitting.residuals import Evaluation, Normal, Problem, evaluate, linearise
from inference.fitting.rotations import Array

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
    now = evaluate(problem, state)
    normal = linearise(problem, state, now)
    iteration = 0
    while iteration < schedule.iterations and damping.min() < LARGEST_DAMPING:
        iteration += 1
        tried = _step(problem, normal, state, shape=shape, damping=damping)
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
                normal = linearise(problem, state, now)
        if report is not None:
            report(iteration, now.cost)
    return Solution(state, now.cost, iteration)


def _adapted(damping: Array, before: Evaluation, after: Evaluation) -> Array:
    """Return the damping (T,) for the next step: raised where a step made things worse, lowered where it helped.

    Every stretch of a clip has its own damping: one that resists, such as a limb pointing at the camera, would
    otherwise hold up all others.
    """
    change = uniform_filter1d(after.cost_by_frame - before.cost_by_frame, LOCAL_FRAMES, mode="nearest")
    level = uniform_filter1d(before.cost_by_frame, LOCAL_FRAMES, mode="nearest")
    worse = change > 1e-4 * level
    if after.cost >= before.cost and not worse.any():
        worse = np.ones(len(damping), bool)
    return np.clip(np.where(worse, damping * RAISE, damping / LOWER), LEAST_DAMPING, None)


def _step(problem: Problem, normal: Normal, state: State, *, shape: Shape, damping: Array) -> State | None:
    """Return the damped Gauss-Newton step's end; None if the matrix is not positive definite."""
    n_frames, n_shape = len(normal.gradient), len(normal.corner)
    border = np.where(problem.frozen[:, None, None], 0, normal.border).reshape(-1, n_shape)
    gradient = np.where(problem.frozen[:, None], 0, normal.gradient).reshape(-1, 1)
    right = np.asfortranarray(np.concatenate([gradient, border], axis=1)) if shape is Shape.FREE else gradient
    try:
        solved = solveh_banded(
            _banded(problem, normal, damping), right, lower=True, overwrite_ab=True, check_finite=False
        )
        shape_step = np.zeros(n_shape)
        step = -solved[:, 0]
        if shape is Shape.FREE:
            stiffened = normal.corner + np.diag(np.diag(normal.corner)) * float(damping.mean())
            schur = stiffened - border.T @ solved[:, 1:]
            shape_step = -np.linalg.solve(schur, normal.corner_gradient - border.T @ solved[:, 0])
            step = step - solved[:, 1:] @ shape_step
    except LinAlgError:
        return None
    return state.stepped(_bounded(step.reshape(n_frames, -1)), shape_step)


def _bounded(step: Array) -> Array:
    """Shorten turns (in a step (T, N)) to `LARGEST_TURN`."""
    turns = step[:, 3:].reshape(len(step), -1, 3)
    length = np.linalg.norm(turns, axis=-1, keepdims=True)
    shortened = turns * np.minimum(1, LARGEST_TURN / np.maximum(length, 1e-9))
    return np.concatenate([step[:, :3], shortened.reshape(len(step), -1)], axis=1)


def _banded(problem: Problem, normal: Normal, damping: Array) -> Array:
    """Return the lower band (2 N + 3, T N) of the damped normal matrix."""
    n_frames, n = normal.gradient.shape
    blocks = normal.blocks.copy()
    entries = np.arange(n)
    blocks[:, entries, entries] *= 1 + damping[:, None]
    blocks[:, entries, entries] += np.where(problem.frozen, 1e12, 1e-6)[:, None]
    # LAPACK wants columns one after the other, so the band is filled transposed; the blocks are symmetric.
    band = np.zeros((n_frames, n, 2 * n + 3))
    for first in range(n):
        band[:, first, : n - first] = blocks[:, first, first:]
    for distance, coupling in ((n, normal.motion.after_one), (2 * n, normal.motion.after_two)):
        for row in range(3):
            for column in range(3):
                band[:, column::3, distance + row - column] += coupling[..., row, column]
    return band.reshape(-1, 2 * n + 3).T
