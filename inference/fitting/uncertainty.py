"""How sure a fit is: standard deviations from the solver's Hessian, depth that nothing tells, and where to ask.

The covariance of every frame is the diagonal of the inverse of a block-tridiagonal matrix (two frames a block, for
second differences reach two frames), found by one sweep forwards and one backwards.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from annotation.fit_details import FitDetails
from annotation.known_facts import Contact
from inference.fitting.depths import depth_pairs
from inference.fitting.figures import reprojection_px
from inference.fitting.kinematics import Figure, State, pose
from inference.fitting.normal import Normal, linearise
from inference.fitting.points import ClipPoints
from inference.fitting.problem import Problem
from inference.fitting.residuals import evaluate, in_view
from inference.fitting.rotations import Array
from inference.fitting.rows import Rows

COARSE_FPS = 8.0
OPEN_M, OPEN_SD_M = 0.08, 0.10
"""A joint at least so far before or behind its parent, without evidence which, or so unsure, has an open depth."""
CARRY_S = 0.7
"""How long what is known of a depth holds: limbs may cross the view unseen."""
NEXT_S = 0.8


def details_of(
    problem: Problem, state: State, points: ClipPoints, contacts: tuple[Contact, ...], valid: NDArray[np.bool_]
) -> FitDetails:
    """Return how sure a fit is in every frame and joint."""
    joint_sd, depth_sd, depth_open = sureness_of(problem, state, valid)
    off = reprojection_px(problem, state, points)
    residual = _medians(off)
    return FitDetails(points.skeleton.joints, residual.astype(np.float32), joint_sd, depth_sd, depth_open, contacts)


def _medians(values: Array) -> Array:
    """Return the median of every row (T,) of what is known in it (T, K); NaN where nothing is."""
    ordered, known = np.sort(values, axis=1), np.isfinite(values).sum(axis=1)
    rows, last = np.arange(len(values)), np.maximum(known - 1, 0)
    return np.asarray((ordered[rows, last // 2] + ordered[rows, (last + 1) // 2]) / 2)


def sureness_of(
    problem: Problem, state: State, valid: NDArray[np.bool_]
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.bool_]]:
    """Return `joint_sd_m`, `depth_sd_m` and `depth_open` (T, K) as in `FitDetails`."""
    n_frames, skeleton = len(valid), problem.rig.skeleton
    step = max(1, round(problem.fps / COARSE_FPS)) if n_frames > 2 * problem.fps / COARSE_FPS else 1
    index = np.arange(0, n_frames, step)
    joint_sd, pair_sd = _deviations(_condensed(problem, step), state.at(index))
    joint_sd, pair_sd = (_spread(values, index, n_frames) for values in (joint_sd, pair_sd))
    joints, difference = depth_pairs(skeleton)
    farther, trust = _farther(problem, state, difference), _evidence(problem, difference)
    open_pairs = (np.abs(farther) > OPEN_M) & (trust < 0.3) | (pair_sd > OPEN_SD_M)
    depth_sd, depth_open = np.full(joint_sd.shape, np.nan), np.zeros(joint_sd.shape, bool)
    columns = [skeleton.index(joint) for joint in joints]
    depth_sd[:, columns], depth_open[:, columns] = pair_sd, open_pairs
    joint_sd[~valid], depth_sd[~valid], depth_open[~valid] = np.nan, np.nan, False
    return joint_sd.astype(np.float32), depth_sd.astype(np.float32), depth_open


@dataclass(frozen=True)
class Question:
    """Where one statement about depth would change most.

    Attributes
    ----------
    frame : int
    joint : str
    gain_m : float
        Expected change of the places of joints, summed over the body.
    """

    frame: int
    joint: str
    gain_m: float


def questions(problem: Problem, state: State, points: ClipPoints, *, most: int = 10) -> tuple[Question, ...]:
    """Return where statements about depth would change most, the best first, well apart from each other.

    A statement is worth the more, the deeper the joint is off its parent without evidence on which side, the more
    joints hang on it, and the longer the stretch it would decide.
    """
    joints, difference = depth_pairs(points.skeleton)
    farther, trust = _farther(problem, state, difference), _evidence(problem, difference)
    doubt = np.abs(farther) * (1 - trust) * points.valid[:, None]
    gain = gaussian_filter1d(doubt, 0.3 * problem.fps, axis=0, mode="nearest") * _dependents(joints)
    result: list[Question] = []
    apart = max(1, round(NEXT_S * problem.fps))
    while len(result) < most and gain.max(initial=0) > OPEN_M / 2:
        frame, pair = np.unravel_index(int(gain.argmax()), gain.shape)
        result.append(Question(int(frame), joints[int(pair)], round(float(gain[frame, pair]), 3)))
        gain[max(0, int(frame) - apart) : int(frame) + apart + 1, pair] = 0
    return tuple(result)


def _dependents(joints: tuple[str, ...]) -> Array:
    """Return how many of the limbs' joints move with each joint."""
    moved = {"shoulder": 5.0, "hip": 6.0, "neck": 3.0, "elbow": 2.0, "knee": 2.0}
    return np.array([moved.get(joint.split("_")[-1], 1.0) for joint in joints])


def _farther(problem: Problem, state: State, difference: Array) -> Array:
    """Return by how many metres joints are farther than what they hang on (T, P)."""
    seen = in_view(problem, pose(problem.rig, state).points)
    return np.asarray((difference @ seen[..., 2:])[..., 0])


def _evidence(problem: Problem, difference: Array) -> Array:
    """Return how far a person or the detector tells on which side joints are (T, P), in [0, 1]."""
    trust = np.zeros((len(problem.xy), len(difference)))
    for row, pair in enumerate(difference):
        segments = np.flatnonzero((problem.difference == pair).all(axis=1))
        if len(segments):
            trust[:, row] = 0.8 * np.clip(problem.hint_confidence[:, segments[0]], 0, 1)
    if problem.depths is not None:
        told = (problem.depths.sign != 0).astype(float)
        sigma = CARRY_S * problem.fps
        held = gaussian_filter1d(told, sigma, axis=0, mode="constant") * sigma * np.sqrt(2 * np.pi)
        trust = np.maximum(trust, np.clip(held, 0, 1))
    return trust


def _condensed(problem: Problem, step: int) -> Problem:
    """Return every `step`-th frame, each with the say of all it stands for."""
    coarse = problem.every(step)
    return replace(coarse, confidence=coarse.confidence * step, hint_confidence=coarse.hint_confidence * step)


def _spread(values: Array, index: NDArray[np.intp], n_frames: int) -> Array:
    frames = np.arange(n_frames)
    return np.stack([np.interp(frames, index, column) for column in values.T], axis=1)


def _deviations(problem: Problem, state: State) -> tuple[Array, Array]:
    """Return standard deviations in metres of keypoints relative to the hips (T, K) and of depths (T, P)."""
    now = evaluate(problem, state)
    normal = linearise(problem, state, now, with_shape=False)
    covariance = frame_covariances(normal)
    skeleton = problem.rig.skeleton
    hips = [skeleton.index(f"{side}_hip") for side in ("left", "right")]
    from_hips = np.eye(len(skeleton))
    from_hips[:, hips] -= 0.5
    _, difference = depth_pairs(skeleton)
    square = sum(_variance(now.figure, covariance, from_hips, axis) for axis in np.eye(3))
    depth = _variance(now.figure, covariance, difference, np.array([0, 0, 1.0]))
    return np.sqrt(np.asarray(square)), np.sqrt(depth)


def _variance(figure: Figure, covariance: Array, combination: Array, axis: Array) -> Array:
    shape = (len(covariance), len(combination), 3)
    rows = Rows(figure)
    rows.add(combination, [np.broadcast_to(axis, shape)], [np.zeros(shape[:2])])
    by_frame = rows.stacked().astype(np.float64)
    return np.asarray(np.maximum((by_frame * (covariance @ by_frame)).sum(axis=1), 0))


def frame_covariances(normal: Normal) -> Array:
    """Return the covariance (T, N, N) of every frame's unknowns: diagonal blocks of the inverse normal matrix."""
    diagonal, below = _paired(normal)
    n_blocks = len(diagonal)
    inverse = np.empty_like(diagonal)
    inverse[0] = np.linalg.inv(diagonal[0])
    for block in range(1, n_blocks):
        inverse[block] = np.linalg.inv(diagonal[block] - below[block - 1] @ inverse[block - 1] @ below[block - 1].T)
    result = np.empty_like(diagonal)
    result[-1] = inverse[-1]
    for block in range(n_blocks - 2, -1, -1):
        gain = inverse[block] @ below[block].T
        result[block] = inverse[block] + gain @ result[block + 1] @ gain.T
    n_frames, n = normal.gradient.shape
    halves = np.stack([result[:, :n, :n], result[:, n:, n:]], axis=1)
    return halves.reshape(-1, n, n)[:n_frames]


def _paired(normal: Normal) -> tuple[Array, Array]:
    """Return the normal matrix as diagonal blocks of two frames (M, 2 N, 2 N) and those below them (M - 1, ...)."""
    n_frames, n = normal.gradient.shape
    after_one, after_two = (_dense(part) for part in (normal.motion.after_one, normal.motion.after_two))
    if normal.after_one is not None:
        after_one = after_one + normal.after_one
    m = (n_frames + 1) // 2
    diagonal = np.tile(np.eye(2 * n), (m, 1, 1))
    below = np.zeros((max(m - 1, 0), 2 * n, 2 * n))
    blocks = normal.blocks + _dense(normal.motion.own) + 1e-6 * np.eye(n)
    diagonal[:, :n, :n] = blocks[::2]
    odd = n_frames // 2
    diagonal[:odd, n:, n:] = blocks[1::2]
    diagonal[:odd, n:, :n] = after_one[0 : 2 * odd : 2]
    diagonal[:odd, :n, n:] = np.swapaxes(after_one[0 : 2 * odd : 2], 1, 2)
    for block in range(m - 1):
        first = 2 * block
        below[block, :n, :n] = after_two[first]
        below[block, :n, n:] = after_one[first + 1]
        if first + 3 < n_frames:
            below[block, n:, n:] = after_two[first + 1]
    return diagonal, below


def _dense(groups: Array) -> Array:
    """Return matrices (T, 3 G, 3 G) of their diagonal blocks (T, G, 3, 3)."""
    n_frames, n_groups = groups.shape[:2]
    result = np.zeros((n_frames, 3 * n_groups, 3 * n_groups))
    for group in range(n_groups):
        place = slice(3 * group, 3 * group + 3)
        result[:, place, place] = groups[:, group]
    return result
