"""A fitted clip that follows single corrections: the frames round an edit are fitted again, the rest stays."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from annotation.body import Body
from annotation.known_facts import Facts
from annotation.labels import Source
from annotation.poses import MeshSequence
from inference.fitting.clip_fit import turned
from inference.fitting.kinematics import State, pose
from inference.fitting.limits import within_limits
from inference.fitting.live_problem import LiveProblem
from inference.fitting.points import ClipPoints
from inference.fitting.problem import Anchor, Problem
from inference.fitting.residuals import evaluate, in_view
from inference.fitting.rotations import Array, continuous_vectors, exp, frame_from_axes, transposed
from inference.fitting.solver import Schedule, Shape, slope_of, solve
from inference.fitting.uncertainty import sureness_of

REACH_FRAMES = 30
"""How far round an edit the motion may change."""
FIRST_REACH_FRAMES = 8
"""How far round the frame that is looked at it is fitted first."""
MOST_FRAMES = 121
FIRST_SCHEDULE, SCHEDULE = Schedule(3, 2e-3), Schedule(5, 2e-3)
LONGER, NEW_START = Schedule(15, 1e-3), Schedule(20, 1e-3)
ANCHOR_TURN, ANCHOR_DEPTH = 4.0, 30.0
"""Weight of staying where it was, per radian, and per metre along the view."""
KEPT_DEPTH = 20.0
"""Weight of the depth of a limb's end against its start, per metre."""
BLEND_FRAMES, END_TURN, END_MOVE = 10, 300.0, 1500.0
"""Over so many frames the motion goes over into what stays as it was; weights beside that."""
SURENESS_MARGIN = 30
"""Frames round those whose sureness is asked for: what is known there tells of them, too."""


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
    valid : (N,) bool array
        As in `MeshSequence`: where points were labelled or taken away, the body comes or goes.
    """

    start: int
    pose: NDArray[np.float32]
    transl: NDArray[np.float32]
    valid: NDArray[np.bool_]


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
        self._given = LiveProblem(points, body=body, camera=mesh.camera, times_s=times_s, facts=facts, view_turns=turns)
        betas = mesh.betas.astype(np.float64)[: self._given.rig.n_shape]
        state = State(exp(mesh.pose.astype(np.float64)), mesh.transl.astype(np.float64), betas)
        self._state = state if turns is None else turned(state, self._given.rig, transposed(turns))
        self._given.find_contacts(self._state)
        self._settled, self._home = _copied(self._state), _copied(self._state)
        self._slope = slope_of(self._given.problem, self._state)
        self._dirty: set[int] = set()
        self._anew: set[int] = set()
        self._told: set[int] = set()
        self._unsure: set[int] = set()

    def __len__(self) -> int:
        return len(self._state.transl)

    @property
    def is_done(self) -> bool:
        """Whether all that changed is fitted."""
        return not self._dirty

    @property
    def is_sure(self) -> bool:
        """Whether it was told how sure all is that was fitted."""
        return not self._unsure

    def change(self, points: Iterable[ChangedPoint]) -> None:
        """Take in what an edit changed; `refit` fits it."""
        points = list(points)
        for point in points:
            self._given.set_point(point.frame, point.joint, point.xy, point.confidence, source=point.source)
        frames = {point.frame for point in points}
        self._dirty |= frames
        if self._given.is_exchanged(frames):
            changed, anew = self._given.look_again()
            self._note(changed - frames, anew)
        else:
            self._given.refresh(frames)

    def learn(self, facts: Facts) -> None:
        """Take in what is said of depths, contacts and sides now; the size and the wall stay as they were fitted.

        Raises
        ------
        JobError
            If a fact is about something there is not.
        """
        self._note(*self._given.learn(facts, self._state))

    def see(self, world: Mapping[int, NDArray[np.floating]]) -> None:
        """Take in the detector's own 3D (K, 3) of some frames, in metres as in `ClipPoints`."""
        self._note(*self._given.see(world))

    def _note(self, changed: set[int], anew: set[int]) -> None:
        """Have frames fitted; some from a fresh start, too: so much is other there that what was may lead nowhere."""
        self._dirty |= changed | anew
        self._told |= changed | anew
        self._anew |= anew

    # --- fitting

    def refit_first(self, frame: int) -> Stretch | None:
        """Fit a frame and a few round it; None if nothing changed so near to it. `refit` does the rest."""
        near = [dirty for dirty in self._dirty if abs(dirty - frame) <= FIRST_REACH_FRAMES]
        if not near or self._anew.intersection(near):
            return None
        start, stop = max(0, frame - FIRST_REACH_FRAMES), min(len(self), frame + FIRST_REACH_FRAMES + 1)
        frames, before = slice(start, stop), _copied(self._state)
        stretch = self._fit(frames, FIRST_SCHEDULE)
        missed = self._given.unreached(self._state.window(frames), frames)
        if missed.any():  # which may have bent the body; whether all frames together reach them is seen by `refit`
            self._state = before
            self._given.give_up(missed, frames)
            stretch = self._fit(frames, FIRST_SCHEDULE)
            self._given.believe(missed, frames)
        return stretch

    def refit(self, *, near: int | None = None, goes_on: Callable[[], bool] = lambda: True) -> Stretch | None:
        """Fit frames that changed, as many of them as are close together, and those round them.

        Parameters
        ----------
        near : int, optional
            The frame that is looked at: what is nearest to it comes first.
        goes_on : callable
            Asked after every iteration; a refit that need not go on is given up and its edits wait for the next.

        Returns
        -------
        Stretch or None
            None if there is nothing to fit or it was given up.
        """
        if not self._dirty:
            return None
        middle = min(self._dirty) if near is None else min(self._dirty, key=lambda frame: (abs(frame - near), frame))
        half = MOST_FRAMES // 2 - REACH_FRAMES
        together = {frame for frame in self._dirty if abs(frame - middle) <= half}
        frames = slice(max(0, min(together) - REACH_FRAMES), min(len(self), max(together) + REACH_FRAMES + 1))
        try:
            anew = sorted(self._anew & together)
            if anew:
                self._start_again(frames, anew, goes_on)
            stretch = self._fit(frames, SCHEDULE, goes_on)
            if self._given.unreached(self._state.window(frames), frames).any():
                stretch = self._fit_reachable(frames, goes_on)
        except _GivenUpError:
            return None
        self._settle(frames)
        self._dirty -= together
        self._anew -= together
        self._told -= together
        self._unsure |= set(range(frames.start, frames.stop))
        return stretch

    def _fit(self, frames: slice, schedule: Schedule, goes_on: Callable[[], bool] = lambda: True) -> Stretch:
        window = self._window(frames, self._home)
        start = self._start(window, self._state.window(frames))
        after = solve(window, start, shape=Shape.FIXED, schedule=schedule, report=_asking(goes_on)).state
        self._take(window, after, frames)
        return self._stretch(frames)

    @staticmethod
    def _start(window: Problem, now: State) -> State:
        """Return where to start from: where a wild point led, the way back may be long once it is taken back."""
        assert window.anchor is not None
        home = _mixed(window.frozen, now, window.anchor.state)
        return home if evaluate(window, home).cost < evaluate(window, now).cost else now

    def _fit_reachable(self, frames: slice, goes_on: Callable[[], bool]) -> Stretch:
        """Go on towards edited points; those that cannot be reached then must not bend the body, and stay off."""
        stretch = self._fit(frames, LONGER, goes_on)
        missed = self._given.unreached(self._state.window(frames), frames)
        if missed.any():
            self._given.give_up(missed, frames)
            self._state.rotations[frames] = self._settled.rotations[frames]
            self._state.transl[frames] = self._settled.transl[frames]
            stretch = self._fit(frames, LONGER, goes_on)
        return stretch

    def _start_again(self, frames: slice, anew: list[int], goes_on: Callable[[], bool]) -> None:
        """Start some frames from what the points alone say, or turned around, if that leads to a better fit."""
        best = None
        fresh, mirrored = _copied(self._state), _copied(self._state)
        given = self._given.first_guess
        fresh.rotations[anew], fresh.transl[anew] = given.rotations[anew], given.transl[anew]
        mirrored.rotations[anew, 0] = _mirrored(self._state.rotations[anew, 0])
        for start in (self._state, fresh, mirrored):
            window = self._window(frames, start)
            tried = solve(window, start.window(frames), shape=Shape.FIXED, schedule=NEW_START, report=_asking(goes_on))
            if best is None or tried.cost < best[0].cost:
                best = tried, window
        assert best is not None
        self._take(best[1], best[0].state, frames)
        self._settle(frames)

    def _settle(self, frames: slice) -> None:
        """Take the motion of some frames for what it is now, and where something was said of it, for its home, too."""
        told = bool(self._told.intersection(range(frames.start, frames.stop)))
        for state in (self._settled, self._home) if told else (self._settled,):
            state.rotations[frames] = self._state.rotations[frames]
            state.transl[frames] = self._state.transl[frames]

    def _take(self, window: Problem, after: State, frames: slice) -> None:
        moved = np.arange(frames.start, frames.stop)[~window.frozen]
        self._state.rotations[moved] = within_limits(after.rotations[~window.frozen])
        self._state.transl[moved] = after.transl[~window.frozen]

    def _window(self, frames: slice, anchor: State) -> Problem:
        """Return the problem of some frames that stay close to a motion, and ever closer to what is near their ends.

        The motion is that of the whole fit, however many points were moved since: what is taken back leaves nothing.
        Nothing pulls at frames that nobody changed: what the whole fit left undone there is no answer to an edit. A
        picture says nothing of depth, so it stays what it was as far as it can, unless something was said of it.
        """
        around = {frame + beside for frame in self._anew for beside in range(-2, 3)}.intersection(range(len(self)))
        self._slope[sorted(self._dirty | around)] = 0
        window, state = self._given.problem.window(frames), anchor.window(frames)
        held, index = np.flatnonzero(window.frozen), np.arange(len(window.frozen))
        away = np.abs(index[:, None] - held).min(axis=1) if len(held) else np.full(len(index), BLEND_FRAMES)
        near_end = np.maximum(1 - away / BLEND_FRAMES, 0) ** 2 * (len(index) > 2 * FIRST_REACH_FRAMES + 1)
        state = _mixed(near_end > 0, self._settled.window(frames), state)
        turn = ANCHOR_TURN + (END_TURN - ANCHOR_TURN) * near_end
        move = np.array([0, 0, ANCHOR_DEPTH]) + (END_MOVE - np.array([0, 0, ANCHOR_DEPTH])) * near_end[:, None]
        result = Anchor(state, turn, move, pull=self._slope[frames])
        if not self._told.intersection(range(frames.start, frames.stop)):
            seen = in_view(window, pose(window.rig, state).points)
            result = replace(result, depth_m=(window.difference @ seen[..., 2:])[..., 0], depth=KEPT_DEPTH)
        return replace(window, anchor=result)

    def _stretch(self, frames: slice) -> Stretch:
        problem, state = self._given.problem, self._state.window(frames)
        shown = state if problem.view_turns is None else turned(state, problem.rig, problem.view_turns[frames])
        vectors = continuous_vectors(shown.rotations).astype(np.float32)
        return Stretch(frames.start, vectors, shown.transl.astype(np.float32), self._given.valid[frames])

    # --- how sure it is

    def sureness(self) -> tuple[int, NDArray[np.float32], NDArray[np.float32], NDArray[np.bool_]] | None:
        """Return the first of some frames fitted since the last time, and how sure the fit is of them.

        The arrays (N, K) are `joint_sd_m`, `depth_sd_m` and `depth_open` of `FitDetails`. None if there are none.
        """
        if not self._unsure:
            return None
        start = min(self._unsure)
        stop = min(len(self), max(frame for frame in self._unsure if frame < start + MOST_FRAMES) + 1)
        first, last = max(0, start - SURENESS_MARGIN), min(len(self), stop + SURENESS_MARGIN)
        index = np.arange(first, last)
        arrays = sureness_of(self._given.problem.at(index), self._state.at(index), self._given.valid[first:last])
        self._unsure -= set(range(start, stop))
        joint_sd, depth_sd, depth_open = arrays
        asked = slice(start - first, stop - first)
        return start, joint_sd[asked], depth_sd[asked], depth_open[asked]


def _mirrored(torso: Array) -> Array:
    """Return torsos (N, 3, 3) that look the same, with the nearer side farther away."""
    x = torso[..., 0] * np.array([1.0, 1.0, -1.0])
    frame = frame_from_axes(torso[..., 1], x)
    return np.stack([frame[..., 1], frame[..., 0], -frame[..., 2]], axis=-1)


def _mixed(rows: NDArray[np.bool_], one: State, other: State) -> State:
    """Return a motion that is `one` in some frames (T,) and `other` elsewhere."""
    rotations = np.where(rows[:, None, None, None], one.rotations, other.rotations)
    return replace(other, rotations=rotations, transl=np.where(rows[:, None], one.transl, other.transl))


def _copied(state: State) -> State:
    return replace(state, rotations=state.rotations.copy(), transl=state.transl.copy())


def _asking(goes_on: Callable[[], bool]) -> Callable[[int, float], None]:
    def check(iteration: int, cost: float) -> None:
        if not goes_on():
            raise _GivenUpError

    return check


class _GivenUpError(Exception):
    """Something newer is to be fitted."""
