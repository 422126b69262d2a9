"""Limbs that turn the long way round: found by speed or by detour, laid on the short way and fitted again.

A thigh or upper arm may turn about itself far to either side but not all the way round. A fit that has got to one end
of that range in some frames and to the other end in the next cannot come back in small steps, since every step is
beyond the range: the limb spins about itself though the picture shows nothing of it.
"""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter1d

from inference.fitting.kinematics import TURNED, State
from inference.fitting.problem import Problem
from inference.fitting.rotations import Array, fill_gaps, log, transposed
from inference.fitting.solver import Schedule, Shape, solve

FASTEST_DEG_PER_S = 1000.0
"""Climbers' joints turn more slowly than this."""
DETOUR_DEG = 180.0
"""A limb that turns by so much more within `LONGEST_S` than straight from its first posture to its last went round."""
CALM_DEG_PER_S = 250.0
"""Where the turn is slower than this it has come to its end."""
REST_S = 0.1
"""If it is so for as long: a limb that swings there and back is slow for a moment where it turns round."""
LONGEST_S = 0.7
ROOM = 8
"""Frames fitted again on either side."""
SCHEDULE = Schedule(15, 1e-3)


def unwound(problem: Problem, state: State) -> State:
    """Return the motion with limbs that spin laid on the short way, where that fits no worse."""
    for found in (_spins, _detours):
        for joint in TURNED[1:]:
            for start, stop in found(state.rotations[:, joint], problem.fps):
                state = _better(problem, state, joint, start, stop)
    return state


def _degrees_between(one: Array, other: Array) -> Array:
    """Return (N,) by how much to turn from rotations (N, 3, 3) to others."""
    angles: Array = np.degrees(np.linalg.norm(log(transposed(one) @ other), axis=-1))
    return angles


def _detours(rotations: Array, fps: float) -> Iterator[tuple[int, int]]:
    """Yield the first and the last frame of each detour of a joint (T, 3, 3)."""
    turns, n_frames = _degrees_between(rotations[:-1], rotations[1:]), round(LONGEST_S * fps)
    if not 1 < n_frames <= len(turns):
        return
    gone = np.cumsum(np.pad(turns, (1, 0)))
    detour = gone[n_frames:] - gone[:-n_frames] - _degrees_between(rotations[:-n_frames], rotations[n_frames:])
    while detour.max() > DETOUR_DEG:
        first = int(detour.argmax())
        moving = first + np.flatnonzero(turns[first : first + n_frames] * fps > CALM_DEG_PER_S)
        yield int(moving[0]), int(moving[-1]) + 1
        detour[max(0, first - n_frames) : first + n_frames] = 0


def _spins(rotations: Array, fps: float) -> Iterator[tuple[int, int]]:
    """Yield the last frame before and the first frame after each spin of a joint (T, 3, 3)."""
    speed = _degrees_between(rotations[:-1], rotations[1:]) * fps
    done, ahead = 0, round(REST_S * fps / 2)
    lasting = maximum_filter1d(speed, 2 * ahead + 1)
    for peak in np.flatnonzero(speed > FASTEST_DEG_PER_S).tolist():
        if peak < done:
            continue
        start, stop = peak, peak + 1
        longest = max(2, round(LONGEST_S * fps / 2))
        while start > max(0, peak - longest) and lasting[start - 1] > CALM_DEG_PER_S:
            start -= 1
        while stop < min(len(speed), peak + longest) and lasting[stop] > CALM_DEG_PER_S:
            stop += 1
        done = stop
        yield start, stop


def _better(problem: Problem, state: State, joint: int, start: int, stop: int) -> State:
    """Return the motion with a joint turned the short way from one frame to another, if that costs less."""
    frames = slice(max(0, start - ROOM), min(len(state.transl), stop + 1 + ROOM))
    known: NDArray[np.bool_] = np.ones(len(state.transl), bool)
    known[start + 1 : stop] = False
    rotations = state.rotations.copy()
    rotations[:, [joint]] = fill_gaps(rotations[:, [joint]], known)
    window = problem.window(frames)
    as_is, short = (
        solve(window, each.window(frames), shape=Shape.FIXED, schedule=SCHEDULE)
        for each in (state, replace(state, rotations=rotations))
    )
    if short.cost >= as_is.cost:
        return state
    rotations, transl = state.rotations.copy(), state.transl.copy()
    rotations[frames], transl[frames] = short.state.rotations, short.state.transl
    return replace(state, rotations=rotations, transl=transl)
