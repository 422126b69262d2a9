"""Levenberg-Marquardt over all frames at once: block-banded in time, the shape as a border.

Every frame meets only its two neighbours on either side, so the normal matrix is banded and one factorisation costs
time linear in the frames; the shape coefficients, shared by all, are eliminated by their Schur complement.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

import numpy as np
from scipy.linalg import LinAlgError, solveh_banded

from inference.fitting.kinematics import N_UNKNOWNS, State
from inference.fitting.residuals import Normal, Problem, evaluate, linearise
from inference.fitting.rotations import Array

Report = Callable[[int, float], None]
"""Called after every iteration with its number and the cost; may raise to stop."""

LARGEST_TURN = 0.7
"""Longest step of a joint in one iteration, radians: beyond it the linearisation says nothing."""


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
    damping = 1e-3
    now = evaluate(problem, state)
    normal = linearise(problem, state, now)
    iteration = 0
    while iteration < schedule.iterations and damping < 1e5:
        iteration += 1
        tried = _step(problem, normal, state, shape=shape, damping=damping)
        then = None if tried is None else evaluate(problem, tried)
        if tried is None or then is None or not then.cost < now.cost:
            damping = max(damping, 1e-5) * 8
        else:
            gain = (now.cost - then.cost) / now.cost
            state, now, damping = tried, then, max(damping / 4, 1e-7)
            if gain < schedule.tolerance:
                break
            normal = linearise(problem, state, now)
        if report is not None:
            report(iteration, now.cost)
    return Solution(state, now.cost, iteration)


def _step(problem: Problem, normal: Normal, state: State, *, shape: Shape, damping: float) -> State | None:
    """Return the damped Newton step's end; None if the matrix is not positive definite."""
    n_frames, n_shape = len(normal.gradient), len(normal.corner)
    border = np.where(problem.frozen[:, None, None], 0, normal.border).reshape(-1, n_shape)
    gradient = np.where(problem.frozen[:, None], 0, normal.gradient).reshape(-1, 1)
    right = np.concatenate([gradient, border], axis=1) if shape is Shape.FREE else gradient
    try:
        solved = solveh_banded(
            _banded(problem, normal, damping), right, lower=True, overwrite_ab=True, check_finite=False
        )
        shape_step = np.zeros(n_shape)
        step = -solved[:, 0]
        if shape is Shape.FREE:
            schur = normal.corner + np.diag(np.diag(normal.corner)) * damping - border.T @ solved[:, 1:]
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


def _banded(problem: Problem, normal: Normal, damping: float) -> Array:
    """Return the lower band (2 N + 1, T N) of the damped normal matrix."""
    n_frames, n = normal.gradient.shape
    diagonal, first, second = _motion_bands(normal.motion, n_frames)
    blocks = normal.blocks.copy()
    entries = np.arange(n)
    blocks[:, entries, entries] += diagonal
    blocks[:, entries, entries] *= 1 + damping
    blocks[:, entries, entries] += np.where(problem.frozen, 1e12, 1e-6)[:, None]
    band = np.zeros((2 * N_UNKNOWNS + 1, n_frames * n))
    for below in range(n):
        columns = np.arange(n - below)
        band[below].reshape(n_frames, n)[:, : n - below] = blocks[:, columns + below, columns]
    band[n], band[2 * n] = first.reshape(-1), second.reshape(-1)
    return band


def _motion_bands(motion: Array, n_frames: int) -> tuple[Array, Array, Array]:
    """Return the diagonal and the couplings to the next and next but one frame (T, N) of second differences."""
    diagonal, first, second = (np.zeros((n_frames, motion.shape[1])) for _ in range(3))
    if len(motion):
        diagonal[:-2] += motion
        diagonal[1:-1] += 4 * motion
        diagonal[2:] += motion
        first[:-2] -= 2 * motion
        first[1:-1] -= 2 * motion
        second[:-2] += motion
    return diagonal, first, second
