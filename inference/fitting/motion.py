"""Calm motion: second differences over frames of the translation and of every turned joint.

With ``v_t = log(R_t^-1 R_(t+1))`` the second difference of a rotation is ``v_(t+1) - v_t``. The unknowns come in groups
of three, the translation first, so everything here is a series of 3 x 3 blocks.
"""

from dataclasses import dataclass

import numpy as np

from inference.fitting.kinematics import N_UNKNOWNS, TURNED, State
from inference.fitting.rotations import Array, inverse_right_jacobian, log, transposed

N_GROUPS = N_UNKNOWNS // 3
CHUNK = 64
"""Frames taken at a time, so that what is computed stays near the processor."""


@dataclass(frozen=True)
class MotionTerm:
    """The second differences of a motion.

    Attributes
    ----------
    residual : (T - 2, G, 3) array
        Weighed second differences.
    turns : (T - 1, G - 1, 3) array
        Rotation vectors from frame to frame.
    """

    residual: Array
    turns: Array


@dataclass(frozen=True)
class MotionBlocks:
    """What calm motion adds to the normal equations, in blocks per group.

    Attributes
    ----------
    gradient : (T, G, 3) array
    own : (T, G, 3, 3) array
    after_one, after_two : (T, G, 3, 3) array
        Rows of the next, and of the next but one frame; columns of this one.
    """

    gradient: Array
    own: Array
    after_one: Array
    after_two: Array


def second_differences(state: State, weights: Array) -> MotionTerm:
    """Return the second differences of a motion, times the weights (G, 3) of the groups' axes."""
    rotations = state.rotations[:, list(TURNED)]
    turns = log(transposed(rotations[:-1]) @ rotations[1:])
    if len(turns) < 2:
        return MotionTerm(np.zeros((0, N_GROUPS, 3)), turns)
    move = np.diff(state.transl, n=2, axis=0)[:, None]
    return MotionTerm(np.concatenate([move, np.diff(turns, axis=0)], axis=1) * weights, turns)


def motion_blocks(term: MotionTerm, weights: Array, robust: Array) -> MotionBlocks:
    """Return the Gauss-Newton blocks for weights (G, 3); `robust` (T - 2, G) scales the squared residuals."""
    n_frames = len(term.turns) + 1
    result = MotionBlocks(np.zeros((n_frames, N_GROUPS, 3)), *(np.zeros((n_frames, N_GROUPS, 3, 3)) for _ in range(3)))
    for start in range(0, len(term.residual), CHUNK):
        stop = min(start + CHUNK, len(term.residual))
        some = MotionTerm(term.residual[start:stop], term.turns[start : stop + 1])
        _add(result, start, some, weights, robust[start:stop])
    return result


def _add(result: MotionBlocks, start: int, term: MotionTerm, weights: Array, robust: Array) -> None:
    """Add the second differences of the frames from `start` on."""
    n = len(term.residual)
    right = np.empty((n + 1, N_GROUPS, 3, 3))
    right[:, 0], right[:, 1:] = np.eye(3), inverse_right_jacobian(term.turns)
    left, root = transposed(right), np.sqrt(robust)[..., None]
    by_frames = np.concatenate([left[:-1], -(left[1:] + right[:-1]), right[1:]], axis=-1) * (root * weights)[..., None]
    square = transposed(by_frames) @ by_frames
    pull = (transposed(by_frames) @ (root * term.residual)[..., None])[..., 0]
    for offset in range(3):
        frames, axes = slice(start + offset, start + offset + n), slice(3 * offset, 3 * offset + 3)
        result.gradient[frames] += pull[..., axes]
        result.own[frames] += square[..., axes, axes]
        if offset < 2:
            result.after_one[frames] += square[..., 3 * offset + 3 : 3 * offset + 6, axes]
    result.after_two[start : start + n] = square[..., 6:, :3]
