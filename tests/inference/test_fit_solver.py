"""The mathematics under the fit: derivatives, rotations, the wall and window refits."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from annotation.body import builtin_body, rotation_matrices
from annotation.known_facts import Facts, RightSides
from annotation.poses import Camera
from annotation.skeletons import Skeleton, load_skeleton
from inference.fitting.kinematics import N_UNKNOWNS, Rig, State, pose
from inference.fitting.normal import linearise
from inference.fitting.points import ClipPoints
from inference.fitting.problem import Problem, WallContacts
from inference.fitting.residuals import evaluate
from inference.fitting.rotations import continuous_vectors, exp, fill_gaps, log
from inference.fitting.segments import segment_table
from inference.fitting.settings import FitWeights
from inference.fitting.solver import Schedule, Shape, solve
from inference.fitting.swaps import repair_swaps
from inference.fitting.wall import fit_wall

N_FRAMES = 7


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(0)


def some_state(rng: np.random.Generator, rig: Rig, n_frames: int = N_FRAMES) -> State:
    vectors = np.cumsum(rng.normal(size=(n_frames, 24, 3)) * 0.08, axis=0) + rng.normal(size=(24, 3)) * 0.3
    transl = np.array([0, 0, 4.0]) + rng.normal(size=(n_frames, 3)) * 0.05
    return State(exp(vectors), transl, rng.normal(size=rig.n_shape) * 0.3)


def some_problem(rng: np.random.Generator, state: State, rig: Rig) -> Problem:
    """Return a problem whose losses are nearly quadratic, so that Gauss-Newton's gradient is that of the cost."""
    skeleton, camera = rig.skeleton, Camera.guess((1080, 1440))
    keypoints = pose(rig, state).points
    shape = keypoints.shape[:2]
    table = segment_table(skeleton)
    hints = rng.normal(size=(shape[0], len(table.trust), 3))
    return Problem(
        rig=rig,
        camera=camera,
        weights=replace(FitWeights(), cauchy_hint=1e4, cauchy_motion=1e6, cauchy_contact_m=1e4),
        xy=camera.project(keypoints) + rng.normal(size=(*shape, 2)) * 20,
        confidence=rng.random(shape),
        sigma_px=np.full(shape, 10.0),
        cauchy=np.full(shape, 1e5),
        difference=table.difference,
        hints=hints / np.linalg.norm(hints, axis=-1, keepdims=True),
        hint_confidence=rng.random(hints.shape[:2]),
        fps=25.0,
        frozen=np.zeros(shape[0], bool),
        contacts=WallContacts(
            np.array([5, 8, 17]),
            np.tile([True, False, False], (shape[0], 1)),
            np.tile([0.1, 0.2, -0.97], (shape[0], 3, 1)),
            np.full((shape[0], 3), -4.1),
        ),
    )


@pytest.fixture
def rig() -> Rig:
    return Rig.of(builtin_body(), load_skeleton("climbalong25"))


def test_rig_poses_like_the_body(rng: np.random.Generator, rig: Rig) -> None:
    vectors = rng.normal(size=(4, 24, 3)) * 0.4
    transl, betas = rng.normal(size=(4, 3)), rng.normal(size=rig.n_shape)
    body = builtin_body()
    figure = pose(rig, State(rotation_matrices(vectors), transl, betas))
    assert np.allclose(figure.joints, body.joints(betas, vectors, transl=transl), atol=1e-5)
    keypoints = body.keypoints(body.keypoint_rig("climbalong25"), betas, vectors, transl=transl)
    assert np.allclose(figure.points, keypoints, atol=1e-5)


def test_gradient_is_that_of_the_cost(rng: np.random.Generator, rig: Rig) -> None:
    state = some_state(rng, rig)
    problem = some_problem(rng, state, rig)
    normal = linearise(problem, state, evaluate(problem, state))
    still, step = np.zeros((N_FRAMES, N_UNKNOWNS)), 1e-5

    def slope(frames: NDArray[np.float64], shape: NDArray[np.float64]) -> float:
        above = evaluate(problem, state.stepped(frames * step, shape * step)).cost
        below = evaluate(problem, state.stepped(-frames * step, -shape * step)).cost
        return (above - below) / (4 * step)  # The gradient is that of half the cost.

    for frame in (0, 3, N_FRAMES - 1):
        for unknown in range(N_UNKNOWNS):
            direction = still.copy()
            direction[frame, unknown] = 1
            found = slope(direction, np.zeros(rig.n_shape))
            assert normal.gradient[frame, unknown] == pytest.approx(found, rel=1e-3, abs=2e-2)
    for coefficient in range(rig.n_shape):
        found = slope(still, np.eye(rig.n_shape)[coefficient])
        assert normal.corner_gradient[coefficient] == pytest.approx(found, rel=1e-3, abs=2e-2)


def test_solver_lowers_the_cost_to_a_point_without_slope(rng: np.random.Generator, rig: Rig) -> None:
    state = some_state(rng, rig)
    problem = some_problem(rng, state, rig)
    solution = solve(problem, state, shape=Shape.FREE, schedule=Schedule(100, 1e-9))
    normal = linearise(problem, solution.state, evaluate(problem, solution.state))
    first = linearise(problem, state, evaluate(problem, state))
    assert solution.cost < evaluate(problem, state).cost
    assert np.abs(normal.gradient).max() < 1e-2 * np.abs(first.gradient).max()


def test_window_refit_finds_a_changed_point_and_leaves_its_surroundings(rng: np.random.Generator, rig: Rig) -> None:
    state = some_state(rng, rig, 20)
    whole = some_problem(rng, state, rig)
    fitted = solve(whole, state, shape=Shape.FREE, schedule=Schedule(40)).state
    frames = slice(5, 16)
    wrist = rig.skeleton.index("left_wrist")
    changed = whole.window(frames)
    changed.xy[5, wrist] += (60, -40)
    changed.confidence[5, wrist] = 20
    refitted = solve(changed, fitted.window(frames), shape=Shape.FIXED, schedule=Schedule(8)).state
    moved = np.abs(refitted.rotations - fitted.rotations[frames]).max(axis=(1, 2, 3))
    assert (moved[[0, 1, -2, -1]] < 1e-6).all()
    assert moved[5] > 1e-2
    assert np.array_equal(refitted.betas, fitted.betas)
    points = [whole.camera.project(pose(rig, each).points)[5, wrist] for each in (fitted.window(frames), refitted)]
    off = [np.linalg.norm(point - changed.xy[5, wrist]) for point in points]
    assert off[1] < 0.5 * off[0]


def test_rotation_vectors_stay_continuous_through_half_a_turn() -> None:
    angles = np.linspace(2.5, 4.5, 30)
    rotations = exp(angles[:, None, None] * np.array([0.0, 0.0, 1.0]))
    vectors = continuous_vectors(rotations)
    assert np.abs(np.diff(vectors[:, 0, 2])).max() < 0.1
    assert np.allclose(exp(vectors), rotations)


def test_logarithm_undoes_exponential(rng: np.random.Generator) -> None:
    vectors = rng.uniform(-1.8, 1.8, size=(100, 3))
    assert np.allclose(log(exp(vectors)), vectors)


def test_gaps_are_turned_through_steadily() -> None:
    rotations = exp(np.arange(7)[:, None, None] * np.array([0.1, 0.0, 0.0]))
    known = np.array([False, True, False, False, True, True, False])
    damaged = np.where(known[:, None, None, None], rotations, np.eye(3))
    filled = fill_gaps(damaged, known)
    assert np.allclose(filled[1:6], rotations[1:6])
    assert np.allclose(filled[0], rotations[1])
    assert np.allclose(filled[6], rotations[5])


def test_wall_is_found_among_hands_in_the_air(rng: np.random.Generator) -> None:
    normal = np.array([0.2, 0.3, -0.9])
    normal /= np.linalg.norm(normal)
    across, up = np.cross(normal, [0, 1, 0]), np.array([0, 1, 0])
    spots = rng.uniform(-1, 1, size=(200, 2))
    points = np.array([0, 0, 4.0]) + spots[:, :1] * across + spots[:, 1:] * np.cross(across, normal)
    points += rng.normal(size=points.shape) * 0.02 + up * 0
    points[:30] += normal * rng.uniform(0.3, 1.0, size=(30, 1))
    positions = points.reshape(50, 4, 3)
    pelvis = positions.mean(axis=1) + 0.4 * normal
    wall = fit_wall(positions, np.ones((50, 4), bool), pelvis=pelvis)
    assert wall is not None
    assert np.degrees(np.arccos(min(1.0, float(np.array(wall.normal) @ normal)))) < 5
    assert np.median(np.abs(wall.distance(points[30:]))) < 0.05


def test_there_is_no_wall_without_a_climber_in_front(rng: np.random.Generator) -> None:
    positions = np.array([0, 0, 4.0]) + rng.normal(size=(50, 4, 3)) * np.array([0.5, 0.5, 0.05])
    rest = np.ones((50, 4), bool)
    assert fit_wall(positions, rest, pelvis=positions.mean(axis=1)) is None
    assert fit_wall(positions[:3], rest[:3], pelvis=positions[:3, 0] - [0, 0, 0.5]) is None


def swapped_points(rng: np.random.Generator, skeleton: Skeleton) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Return points (20, K, 2) of somebody who stands, and in which frames (20,) left and right are exchanged."""
    layout = np.where([joint.startswith("left") for joint in skeleton.joints], -60.0, 60.0)
    xy = np.stack([layout, np.arange(len(layout)) * 25.0], axis=-1)[None] + rng.normal(size=(20, 17, 2)) + 500
    swapped = np.zeros(20, bool)
    swapped[8:12] = True
    xy[swapped] = xy[swapped][:, skeleton.mirror]
    return xy, swapped


def test_sides_a_person_calls_right_are_never_swapped(rng: np.random.Generator) -> None:
    """Otherwise a repair that was refused would come back with every fit."""
    skeleton = load_skeleton("coco17")
    xy, swapped = swapped_points(rng, skeleton)
    found = np.ones((20, 17))
    points = ClipPoints.from_arrays(skeleton, xy=xy, confidence=found, source=found.astype(np.uint8))
    kept = repair_swaps(points, Facts(sides=(RightSides(6, 14, arms=False, legs=True),)))
    assert not kept.swapped_legs.any()
    assert np.array_equal(kept.swapped_arms, swapped), "of the arms nobody said so"


def test_labelled_points_are_never_swapped(rng: np.random.Generator) -> None:
    skeleton = load_skeleton("coco17")
    xy, swapped = swapped_points(rng, skeleton)
    source = np.ones((20, 17), np.uint8)
    knee = skeleton.index("left_knee")
    other = skeleton.index("right_knee")
    xy[9, knee], source[9, knee] = xy[7, knee], 3
    points = ClipPoints.from_arrays(skeleton, xy=xy, confidence=np.ones((20, 17)), source=source)
    repaired = repair_swaps(points)
    assert np.array_equal(repaired.swapped_legs, swapped)
    assert np.array_equal(repaired.swapped_arms, swapped)
    assert np.allclose(repaired.points.xy[9, knee], xy[9, knee])
    assert repaired.points.confidence[9, knee] == 1
    assert not repaired.points.found[9, other], "the detector's left knee was replaced by the label"
    assert np.allclose(repaired.points.xy[10, knee], xy[10, other])
