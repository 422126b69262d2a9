"""The stages of a fit: find the pose, fit everything at a low frame rate, then all frames with the wall, then obey."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from annotation.known_facts import Contact, Facts, Limb, inclined
from annotation.labels import Source
from annotation.poses import Plane
from annotation.walls import WallShape
from inference.fitting.contacts import find_contacts, limb_columns, on_planes, rests_of, wall_contacts
from inference.fitting.holds import beside_holds
from inference.fitting.initialise import before_walls
from inference.fitting.kinematics import State, pose
from inference.fitting.limb_depths import choose_depths
from inference.fitting.limits import within_limits
from inference.fitting.points import ClipPoints
from inference.fitting.problem import Anchor, Problem
from inference.fitting.residuals import projected
from inference.fitting.rotations import Array, fill_gaps
from inference.fitting.solver import Schedule, Shape, solve
from inference.fitting.torso import choose_torso
from inference.fitting.two_planes import two_planes
from inference.fitting.unwinding import unwound
from inference.fitting.wall import fit_wall, resting

CONFIDENT = 0.5
COARSE_FPS = 14.0
"""Frame rate of the first stages: people move smoothly enough for it, and it takes half the time or less."""

FIND, FIT, REFINE, OBEY = Schedule(10, 2e-3), Schedule(25, 3e-4), Schedule(12, 5e-4), Schedule(6, 1e-3)
SCHEDULES = (FIND, FIT, REFINE, OBEY)
MESSAGES = ("Finding the pose", "Fitting the body", "Fitting all frames to the wall", "Following the labels")

LEAST_HANDS = 0.15
"""Share of hands among what rests; where only feet do, somebody stands or balances, and there is no wall."""

NEAR_M = 0.5
"""What rests farther from the wall than this does not hold it."""

MILD, OBEY_HUMAN = 0.3, 2.0
"""How strictly joints keep to their ranges and limbs out of each other while the pose is looked for, and in the end."""
FIRST_HINT = 3.0
FIRST_CAUCHY = 30.0

Announce = Callable[[int], None]
Report = Callable[[int, float], None]


@dataclass(frozen=True)
class Stages:
    """What the stages of a fit came to.

    Attributes
    ----------
    problem : Problem
        As the last stage saw it, for refits of a window.
    walls : tuple of Plane
        Given or found; empty if there is none.
    contacts : tuple of Contact
    suggested : tuple of Plane
        Two planes, where what rests does not lie in the one that was found.
    """

    state: State
    problem: Problem
    walls: tuple[Plane, ...]
    contacts: tuple[Contact, ...]
    cost: float
    suggested: tuple[Plane, ...] = ()


def run_stages(
    problem: Problem, start: State, points: ClipPoints, *, facts: Facts, announce: Announce, report: Report
) -> Stages:
    """Fit a motion to points and facts from a start."""
    step = max(1, round(problem.fps / COARSE_FPS)) if len(points) > 8 else 1
    announce(0)
    index = np.arange(0, len(points), step)
    coarse, state, some = problem.every(step), start.at(index), points.at(index)
    if points.world is None and problem.view_turns is None:
        state = choose_torso(coarse, state, some, walls=facts.walls)
    state = _before_walls(coarse, state, some, facts)
    state = choose_depths(coarse, state, some, walls=facts.walls)
    weights = problem.weights
    first = replace(
        coarse,
        weights=replace(weights, hint=weights.hint * FIRST_HINT, limit=MILD * weights.limit),
        cauchy=np.maximum(coarse.cauchy, FIRST_CAUCHY),
        limbs_apart=False,
        refine_focal=False,
    )
    state = solve(first, state, shape=Shape.FIXED, schedule=FIND, report=report).state
    state = before_walls(state, problem.rig, facts.walls, fps=coarse.fps) if len(facts.walls) < 2 else state
    state = choose_depths(coarse, state, some, walls=facts.walls)
    announce(1)
    if facts.walls or facts.contacts:
        coarse, _, _ = with_contacts(coarse, state, some, _thinned(facts, step))
    mild = replace(weights, limit=MILD * weights.limit, apart=MILD * weights.apart)
    coarse = replace(coarse, weights=mild)
    state = unwound(coarse, solve(coarse, state, shape=Shape.FREE, schedule=FIT, report=report).state)
    state = upsampled(state, step, n_frames=len(points))
    announce(2)
    problem, walls, contacts = with_contacts(problem, state, points, facts)
    suggested = () if facts.walls else _better_walls(problem, state, points, walls, facts)
    solution = solve(problem, state, shape=Shape.FREE, schedule=REFINE, report=report)
    problem, walls, contacts = with_contacts(problem, solution.state, points, facts)
    if points.stated.any():
        announce(3)
        # Only the labels in full tell a limb that spins from one that does not.
        state = unwound(replace(obeying(problem, solution.state, points), anchor=None), solution.state)
        problem = obeying(problem, state, points)
        solution = solve(problem, state, shape=Shape.FIXED, schedule=OBEY, report=report)
    state = replace(solution.state, rotations=within_limits(solution.state.rotations))
    return Stages(state, problem, walls, contacts, solution.cost, suggested)


def _before_walls(problem: Problem, state: State, points: ClipPoints, facts: Facts) -> State:
    """Return the motion as far away as known walls tell."""
    if len(facts.walls) < 2 or problem.view_turns is not None:
        return before_walls(state, problem.rig, facts.walls, fps=problem.fps)
    shape = WallShape(facts.walls)
    return beside_holds(state, problem.rig, points, shape, camera=problem.camera, fps=problem.fps)


def _thinned(facts: Facts, step: int) -> Facts:
    """Return facts for every `step`-th frame; contacts that are not given are not looked for."""
    contacts = tuple(
        replace(contact, start=first, end=last)
        for contact in facts.contacts or ()
        if (last := contact.end // step) >= (first := -(-contact.start // step))
    )
    return replace(facts, contacts=contacts)


def upsampled(state: State, step: int, *, n_frames: int) -> State:
    """Return the motion of every `step`-th frame with steady motion in between."""
    if step == 1:
        return state
    known = np.zeros(n_frames, bool)
    known[::step] = True
    rotations = np.tile(np.eye(3), (n_frames, 24, 1, 1))
    rotations[::step] = state.rotations
    frames, keys = np.arange(n_frames), np.arange(0, n_frames, step)
    transl = np.stack([np.interp(frames, keys, state.transl[:, axis]) for axis in range(3)], axis=-1)
    return State(fill_gaps(rotations, known), transl, state.betas, state.log_focal)


def obeying(problem: Problem, state: State, points: ClipPoints) -> Problem:
    """Return the problem of following stated points to the pixel while staying close to what was found.

    Points that no body of this size can reach lose influence and stay off; the fit tells them.
    """
    w, unit = problem.weights, min(problem.camera.size_px) / 1080
    labelled = points.source == Source.LABELLED
    sigma_px = np.where(labelled, w.obey_px, w.obey_between_px)
    xy = _carried(problem, state, points, labelled)
    sigma = np.where(points.stated, sigma_px * unit, problem.sigma_px)
    reach = np.where(points.stated, w.obey_reach_px / sigma_px, problem.cauchy)
    # What a label says must not bend a joint beyond its range or push a limb through another.
    weights = replace(w, limit=OBEY_HUMAN * w.limit, apart=OBEY_HUMAN * w.apart)
    anchor = Anchor.even(state, turn=w.obey_turn, move_depth=w.obey_depth)
    return replace(problem, xy=xy, weights=weights, sigma_px=sigma, cauchy=reach, anchor=anchor)


def _carried(problem: Problem, state: State, points: ClipPoints, labelled: NDArray[np.bool_]) -> Array:
    """Return the points to follow (T, K, 2), what is interpolated between labels moving as the motion does.

    What labels correct is carried over the frames between them: straight lines have corners that no motion has.
    """
    shown, xy, frames = projected(problem, state), problem.xy.copy(), np.arange(len(points))
    between = points.stated & ~labelled & labelled.any(axis=0)
    for column in np.flatnonzero(between.any(axis=0) & problem.rig.known):
        keys, mine = np.flatnonzero(labelled[:, column]), between[:, column]
        for axis in range(2):
            off = points.xy[keys, column, axis] - shown[keys, column, axis]
            xy[mine, column, axis] = (shown[:, column, axis] + np.interp(frames, keys, off))[mine]
    return xy


def with_contacts(
    problem: Problem, state: State, points: ClipPoints, facts: Facts
) -> tuple[Problem, tuple[Plane, ...], tuple[Contact, ...]]:
    """Return the problem with the wall and the contacts that are known or that the motion shows."""
    figure = pose(problem.rig, state)
    limbs = limb_columns(points.skeleton)
    columns = np.array(list(limbs.values()), np.intp)
    positions = figure.points[:, columns]
    rest = resting(positions, points.confidence[:, columns] > CONFIDENT, fps=problem.fps)
    holding = rest[:, [limb in (Limb.LEFT_HAND, Limb.RIGHT_HAND) for limb in limbs]].sum() / max(rest.sum(), 1)
    walls = facts.walls
    if not walls and (holding > LEAST_HANDS or facts.wall_angle_deg is not None):
        walls = _found_wall(positions, rest, figure.joints[:, 0], facts)
    contacts, shape = facts.contacts, WallShape(walls)
    if contacts is None:
        near = _near_wall(positions, shape)
        contacts = find_contacts({limb: rest[:, i] & near[:, i] for i, limb in enumerate(limbs)}, fps=problem.fps)
        rests = None
    else:
        rests = rests_of(contacts, points.skeleton, len(points))
    on_wall = None
    if walls:
        depth = facts.hold_depth_m if facts.walls else None
        contacts = on_planes(contacts, shape, figure.points, points.skeleton)
        on_wall = wall_contacts(shape, contacts, figure.points, points.skeleton, hold_depth_m=depth)
    return replace(problem, contacts=on_wall, rests=rests), walls, contacts


def _better_walls(
    problem: Problem, state: State, points: ClipPoints, walls: tuple[Plane, ...], facts: Facts
) -> tuple[Plane, ...]:
    """Return two planes where hands and feet of a motion do not rest on the one that was found."""
    if not walls:
        return ()
    figure = pose(problem.rig, state)
    columns = np.array(list(limb_columns(points.skeleton).values()), np.intp)
    positions = figure.points[:, columns]
    rest = resting(positions, points.confidence[:, columns] > CONFIDENT, fps=problem.fps)
    pelvis, depth = figure.joints[:, 0], facts.hold_depth_m
    return two_planes(positions, rest, wall=walls[0], pelvis=pelvis, hold_depth_m=depth, fps=problem.fps)


def _found_wall(positions: Array, rest: NDArray[np.bool_], pelvis: Array, facts: Facts) -> tuple[Plane, ...]:
    normal = None if facts.wall_angle_deg is None else inclined(facts.wall_angle_deg)
    wall = fit_wall(positions, rest, pelvis=pelvis, normal=normal)
    return () if wall is None else (wall,)


def _near_wall(positions: Array, shape: WallShape) -> NDArray[np.bool_]:
    if not shape.planes:
        return np.ones(positions.shape[:2], bool)
    return np.asarray(shape.distances(positions).min(axis=0) < NEAR_M)
