"""A fitted clip that follows single corrections: the frames round an edit are fitted again, the rest stays."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from annotation.body import Body
from annotation.known_facts import Facts
from annotation.labels import Source
from annotation.poses import MeshSequence
from inference.fitting.clip_fit import FitOptions, prepare, turned
from inference.fitting.kinematics import State
from inference.fitting.limits import within_limits
from inference.fitting.points import ClipPoints
from inference.fitting.problem import Anchor, Problem
from inference.fitting.rotations import continuous_vectors, exp, transposed
from inference.fitting.solver import Schedule, Shape, solve
from inference.fitting.stages import with_contacts
from inference.fitting.swaps import repair_swaps

REACH_FRAMES = 30
"""How far round an edit the motion may change."""
MOST_FRAMES = 121
SCHEDULE = Schedule(5, 2e-3)
ANCHOR_TURN, ANCHOR_DEPTH = 4.0, 30.0
EDIT_REACH_PX = 400.0
"""A point that was just placed is meant: it keeps its influence however far off the body is."""


@dataclass(frozen=True)
class ChangedPoint:
    """What a joint of a frame amounts to after an edit; `source` MISSING where it has no point any more."""

    frame: int
    joint: int
    xy: tuple[float, float]
    confidence: float
    source: Source


@dataclass(frozen=True)
class Stretch:
    """The new motion of the frames from `start` on; arrays as in `MeshSequence`.

    Attributes
    ----------
    pose : (N, 24, 3) float32 array
    transl : (N, 3) float32 array
    """

    start: int
    pose: NDArray[np.float32]
    transl: NDArray[np.float32]


class LiveFit:
    """Keeps what a fit needs, so that an edit costs a refit of its surroundings only.

    Parameters
    ----------
    points : ClipPoints
        What was fitted.
    mesh : MeshSequence
        What came of it.
    """

    def __init__(
        self, points: ClipPoints, mesh: MeshSequence, *, body: Body, times_s: NDArray[np.floating], facts: Facts
    ) -> None:
        turns = None if mesh.view_turns is None else mesh.view_turns.astype(np.float64)
        repaired = repair_swaps(points, facts).points
        options = FitOptions(view_turns=turns)
        problem, _ = prepare(repaired, body, mesh.camera, times_s, facts, options)
        betas = mesh.betas.astype(np.float64)[: problem.rig.n_shape]
        state = State(exp(mesh.pose.astype(np.float64)), mesh.transl.astype(np.float64), betas)
        self._state = state if turns is None else turned(state, problem.rig, transposed(turns))
        self._problem, _, _ = with_contacts(problem, self._state, repaired, facts)
        self._predicted_px = self._sigma_of_predicted(problem, repaired)
        self._obey_px = problem.weights.obey_px * min(mesh.camera.size_px) / 1080
        stated = repaired.stated
        self._problem.sigma_px[stated] = self._obey_px
        self._problem.cauchy[stated] = problem.weights.obey_reach_px / problem.weights.obey_px
        self._dirty: set[int] = set()

    def __len__(self) -> int:
        return len(self._problem.xy)

    def change(self, points: Iterable[ChangedPoint]) -> None:
        """Take in what an edit changed; `refit` fits it."""
        problem = self._problem
        for point in points:
            place = point.frame, point.joint
            there = point.source is not Source.MISSING and bool(np.isfinite(point.xy).all())
            there = there and bool(problem.rig.known[point.joint])
            problem.xy[place] = point.xy if there else 0.0
            problem.confidence[place] = point.confidence if there else 0.0
            stated = point.source >= Source.INTERPOLATED
            problem.sigma_px[place] = self._obey_px if stated else self._predicted_px[point.frame]
            reach = EDIT_REACH_PX / self._obey_px if stated else problem.weights.reach_predicted / 0.05
            problem.cauchy[place] = reach
            if stated:
                self._distrust_hints(point.frame, point.joint)
            self._dirty.add(point.frame)

    def refit(self, *, goes_on: Callable[[], bool] = lambda: True) -> Stretch | None:
        """Fit the frames round all edits since the last refit.

        Parameters
        ----------
        goes_on : callable
            Asked after every iteration; a refit that need not go on is given up and its edits wait for the next.

        Returns
        -------
        Stretch or None
            None if there is nothing to fit or it was given up.
        """
        if not self._dirty:
            return None
        start = max(0, min(self._dirty) - REACH_FRAMES)
        stop = min(len(self), max(self._dirty) + REACH_FRAMES + 1)
        if stop - start > MOST_FRAMES:
            start = max(0, min(max(self._dirty) - MOST_FRAMES // 2, stop - MOST_FRAMES))
            stop = min(len(self), start + MOST_FRAMES)
        frames = slice(start, stop)
        before = self._state.window(frames)
        anchor = Anchor(before, ANCHOR_TURN, ANCHOR_DEPTH)
        window = replace(self._problem.window(frames), anchor=anchor)

        def check(iteration: int, cost: float) -> None:
            if not goes_on():
                raise _GivenUpError

        try:
            after = solve(window, before, shape=Shape.FIXED, schedule=SCHEDULE, report=check).state
        except _GivenUpError:
            return None
        after = replace(after, rotations=within_limits(after.rotations))
        self._state.rotations[frames], self._state.transl[frames] = after.rotations, after.transl
        self._dirty.clear()
        return self._stretch(after, start, window)

    def _stretch(self, state: State, start: int, window: Problem) -> Stretch:
        shown = state if window.view_turns is None else turned(state, window.rig, window.view_turns)
        vectors = continuous_vectors(shown.rotations).astype(np.float32)
        return Stretch(start, vectors, shown.transl.astype(np.float32))

    def _distrust_hints(self, frame: int, joint: int) -> None:
        """Take the detector's 3D guess of what hangs on a corrected joint for what it was: wrong."""
        involved = self._problem.difference[:, joint] != 0
        self._problem.hint_confidence[frame, involved] *= 0.2

    @staticmethod
    def _sigma_of_predicted(problem: Problem, points: ClipPoints) -> NDArray[np.float64]:
        scale = np.where(points.stated, np.nan, problem.sigma_px)
        scale[~np.isfinite(scale).any(axis=1)] = np.median(problem.sigma_px)
        return np.asarray(np.nanmedian(scale, axis=1))


class _GivenUpError(Exception):
    """Something newer is to be fitted."""
