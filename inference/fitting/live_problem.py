"""The given side of a fit that goes on while it is edited: points and facts as they are now."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from annotation.body import Body
from annotation.known_facts import Contact, DepthStatement, Facts, Limb, Order
from annotation.labels import Source
from annotation.poses import Camera
from inference.fitting.agreement import without_strays
from inference.fitting.clip_fit import FitOptions, frame_rate, prepare
from inference.fitting.depths import depth_pairs, depths_of
from inference.fitting.figures import reprojection_px
from inference.fitting.kinematics import Rig, State, pose
from inference.fitting.points import ClipPoints, torso_px
from inference.fitting.problem import Problem
from inference.fitting.reach import LEFT_OUT_WEIGHT, within_reach
from inference.fitting.rotations import Array
from inference.fitting.stages import with_contacts
from inference.fitting.swaps import SwapRepair, repair_swaps

EDIT_REACH_PX = 400.0
"""A point that was just placed is meant: it keeps its influence however far off the body is, while it can be reached.

This and the next are at a picture 1080 wide.
"""
OBEYED_PX = 8.0
"""A point farther off the body than this is none it can reach."""
DISTRUST = 0.2
"""What is left of the detector's 3D guess of what hangs on a corrected joint."""
_HIPS = ("left_hip", "right_hip")
LONGEST_TURN_FRAMES = 25
"""A body turns around no farther than this from the frame in which it was said to face the other way."""
MANY = 4
"""So many joints elsewhere at once are a limb or more: its pose may have to be looked for again."""


class LiveProblem:
    """Points and facts of a clip, and the problem they pose to the solver, kept up to date with edits.

    Attributes
    ----------
    problem : Problem
        Its arrays over frames are written in place.
    first_guess : State
        The motion the points alone suggest.
    rig : Rig
    """

    def __init__(
        self,
        points: ClipPoints,
        *,
        body: Body,
        camera: Camera,
        times_s: NDArray[np.floating],
        facts: Facts,
        view_turns: Array | None,
    ) -> None:
        world = None if points.world is None else points.world.copy()
        self._points = replace(
            points, xy=points.xy.copy(), confidence=points.confidence.copy(), source=points.source.copy(), world=world
        )
        self._body, self._camera, self._times_s, self._facts = body, camera, times_s, facts
        self._options = FitOptions(view_turns=view_turns)
        self._edited = np.zeros(points.source.shape, bool)
        self._unreached = np.zeros(points.source.shape, bool)
        self._contacts: tuple[Contact, ...] = ()
        self._repair, self.problem, self.first_guess = self._posed()
        self._note_scales()
        self._state_rows(np.arange(len(points)))

    @property
    def rig(self) -> Rig:
        """The body as the solver sees it."""
        return self.problem.rig

    @property
    def valid(self) -> NDArray[np.bool_]:
        """Which frames have enough points to fit a body to (T,)."""
        return self._points.valid

    def find_contacts(self, state: State) -> None:
        """Let hands and feet rest where a person said so, or else where the motion shows it."""
        self.problem, _, self._contacts = with_contacts(self.problem, state, self._repair.points, self._facts)

    def set_point(self, frame: int, joint: int, xy: tuple[float, float], confidence: float, *, source: Source) -> None:
        """Take in what a joint of a frame amounts to now; `refresh` or `look_again` has it obeyed."""
        place = frame, joint
        there = source is not Source.MISSING and bool(np.isfinite(xy).all())
        self._points.xy[place] = xy if there else np.nan
        self._points.confidence[place] = np.clip(confidence, 0, 1) if there else 0.0
        self._points.source[place] = source if there else Source.MISSING
        self._edited[place] = there and source >= Source.INTERPOLATED
        self._unreached[frame] = False

    def is_exchanged(self, frames: Iterable[int]) -> bool:
        """Tell whether sides of the points are exchanged in some of the frames, or next to them."""
        swapped = np.pad(self._repair.swapped_arms | self._repair.swapped_legs, 1)
        return any(swapped[frame : frame + 3].any() for frame in frames)

    def unreached(self, state: State, frames: slice) -> NDArray[np.bool_]:
        """Return the edited labels (N, K) that a motion of some frames does not reach and that are still believed."""
        index = np.arange(frames.start, frames.stop)
        points = self._points.at(index)
        meant = self._edited[frames] & ~self._unreached[frames] & (points.source == Source.LABELLED)
        if not meant.any():
            return np.zeros_like(meant, bool)
        off_px = reprojection_px(self.problem.at(index), state, points)
        return np.asarray(meant & (np.nan_to_num(off_px) > OBEYED_PX * min(self._camera.size_px) / 1080))

    def give_up(self, points: NDArray[np.bool_], frames: slice) -> None:
        """Believe points (N, K) of some frames no more than those that were there when the whole clip was fitted."""
        self._unreached[frames] |= points
        self._state_rows(np.arange(frames.start, frames.stop))

    def believe(self, points: NDArray[np.bool_], frames: slice) -> None:
        """Believe points (N, K) of some frames again that were given up."""
        self._unreached[frames] &= ~points
        self._state_rows(np.arange(frames.start, frames.stop))

    def refresh(self, frames: Iterable[int]) -> None:
        """Have the problem say of some frames, in which nothing is exchanged, what their points are now."""
        rows = np.array(sorted(frames), np.intp)
        repaired = self._repair.points
        for name in ("xy", "confidence", "source"):
            getattr(repaired, name)[rows] = getattr(self._points, name)[rows]
        repaired.confidence[rows] *= np.where(self._strays[rows] & ~repaired.stated[rows], LEFT_OUT_WEIGHT, 1.0)
        self._state_rows(rows)

    def look_again(self) -> tuple[set[int], set[int]]:
        """Look at everything anew; return the frames whose points are others then, and those where many are."""
        if not self._points.valid.any():
            return set(), set()
        before = self.problem
        self._repair, self.problem, self.first_guess = self._posed()
        self.problem = replace(self.problem, contacts=before.contacts, rests=before.rests)
        self._note_scales()
        self._state_rows(np.arange(len(self._points)))
        moved = np.abs(self.problem.xy - before.xy).max(axis=-1) > 1e-3
        counted = (self.problem.confidence > 0) | (before.confidence > 0)
        moved = (moved | ((self.problem.confidence > 0) != (before.confidence > 0))) & counted
        many = moved.sum(axis=1) >= MANY
        return set(np.flatnonzero(moved.any(axis=1)).tolist()), set(np.flatnonzero(many).tolist())

    def learn(self, facts: Facts, state: State) -> tuple[set[int], set[int]]:
        """Take in what is said of depths, contacts and sides; return frames as `look_again` does.

        The size of the climber and the wall stay what they were: they are about the whole clip.

        Raises
        ------
        JobError
            If a fact is about something there is not.
        """
        before = self._facts
        depths = depths_of(facts.depths, self._points.skeleton, len(self._points))
        self._facts = replace(before, depths=facts.depths, contacts=facts.contacts, sides=facts.sides)
        told = {statement.frame for statement in set(facts.depths) ^ set(before.depths)}
        self.problem = replace(self.problem, depths=depths)
        many = self._turned_away(set(facts.depths) - set(before.depths), state)
        if facts.sides != before.sides:
            moved, exchanged = self.look_again()
            told, many = told | moved, many | exchanged
        if facts.contacts != before.contacts:
            held = _held(self._contacts)
            self.find_contacts(state)
            told |= {frame for _, frame in held ^ _held(self._contacts)}
        return {frame for frame in told if frame < len(self._points)}, many

    def _turned_away(self, said: set[DepthStatement], state: State) -> set[int]:
        """Return the frames in which the hips are the other way round than a person says: the body must turn around."""
        result: set[int] = set()
        joints, difference = depth_pairs(self._points.skeleton)
        for statement in said:
            if statement.joint in _HIPS:
                points = pose(self.rig, state).points
                farther = (difference[joints.index(statement.joint)] @ points[..., 2:])[:, 0]
                nearer = statement.depth is Order.NEARER or (isinstance(statement.depth, float) and statement.depth < 0)
                right = farther < 0 if nearer else farther > 0
                if not right[statement.frame]:
                    first = max(0, statement.frame - LONGEST_TURN_FRAMES)
                    before, after = right[first : statement.frame][::-1], right[statement.frame :][:LONGEST_TURN_FRAMES]
                    back, on = (int(side.argmax()) if side.any() else len(side) for side in (before, after))
                    result |= set(range(statement.frame - back, statement.frame + on))
        return result

    def see(self, world: Mapping[int, NDArray[np.floating]]) -> tuple[set[int], set[int]]:
        """Take in the detector's own 3D (K, 3) of some frames; return frames as `look_again` does."""
        if self._points.world is None:
            self._points = replace(self._points, world=np.full((*self._points.source.shape, 3), np.nan))
        assert self._points.world is not None
        for frame, places in world.items():
            self._points.world[frame] = places
        moved, many = self.look_again()
        return moved | set(world), many

    def _posed(self) -> tuple[SwapRepair, Problem, State]:
        repair = repair_swaps(self._points, self._facts)
        reached, self._strays = within_reach(repair.points, fps=frame_rate(self._times_s))
        repair = replace(repair, points=reached)
        problem, guess = prepare(
            without_strays(repair.points), self._body, self._camera, self._times_s, self._facts, self._options
        )
        return repair, problem, guess

    def _note_scales(self) -> None:
        """Note how far predicted points are believed in each frame (T,), and the detector's hints as they came."""
        problem, points = self.problem, self._repair.points
        scale = np.where(points.stated, np.nan, problem.sigma_px)
        scale[~np.isfinite(scale).any(axis=1)] = np.median(problem.sigma_px)
        self._predicted_px = np.nanmedian(scale, axis=1)
        self._hinted = problem.hint_confidence.copy()
        self._torso_px = torso_px(points)

    def _state_rows(self, rows: NDArray[np.intp]) -> None:
        """Write the points of some frames into the problem: those a person stands behind are obeyed."""
        problem, weights, edited = self.problem, self.problem.weights, self._edited[rows]
        points = without_strays(self._repair.points.at(rows), unit_px=self._torso_px)
        stated, unit = points.stated, min(self._camera.size_px) / 1080
        obey_px = unit * np.where(points.source == Source.LABELLED, weights.obey_px, weights.obey_between_px)
        problem.xy[rows] = np.nan_to_num(points.xy)
        problem.confidence[rows] = np.where(points.found & problem.rig.known, points.confidence, 0)
        problem.sigma_px[rows] = np.where(stated, obey_px, self._predicted_px[rows, None])
        meant = edited & ~self._unreached[rows]
        reach = unit * np.where(meant, EDIT_REACH_PX, weights.obey_reach_px) / obey_px
        problem.cauchy[rows] = np.where(stated, reach, weights.reach_predicted / weights.sigma_predicted)
        wrong = (edited[:, None] & (problem.difference != 0)).any(axis=-1)
        problem.hint_confidence[rows] = self._hinted[rows] * np.where(wrong, DISTRUST, 1.0)


def _held(contacts: tuple[Contact, ...]) -> set[tuple[Limb, int]]:
    return {(contact.limb, frame) for contact in contacts for frame in range(contact.start, contact.end + 1)}
