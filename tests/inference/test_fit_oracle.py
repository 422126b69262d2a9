"""The solver against a first-order one on the same objective, and its uncertainty against brute force."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.optimize import minimize

from annotation.body import builtin_body
from annotation.poses import Camera
from annotation.skeletons import load_skeleton
from inference.fitting.banded import Band, Factor
from inference.fitting.depths import depth_pairs
from inference.fitting.kinematics import N_UNKNOWNS, Rig, State, pose
from inference.fitting.normal import Normal, linearise
from inference.fitting.problem import Anchor, Depths, Problem, Rests, WallContacts
from inference.fitting.residuals import evaluate
from inference.fitting.rotations import exp
from inference.fitting.segments import segment_table
from inference.fitting.settings import FitWeights
from inference.fitting.solver import Schedule, Shape, solve
from inference.fitting.uncertainty import frame_covariances

N_FRAMES = 9
SKELETON = load_skeleton("climbalong25")


def moving(rng: np.random.Generator, rig: Rig) -> State:
    vectors = np.cumsum(rng.normal(size=(N_FRAMES, 24, 3)) * 0.05, axis=0) + rng.normal(size=(24, 3)) * 0.25
    transl = np.array([0, 0, 4.0]) + np.cumsum(rng.normal(size=(N_FRAMES, 3)) * 0.02, axis=0)
    return State(exp(vectors), transl, rng.normal(size=rig.n_shape) * 0.2)


def problem_with_everything(rng: np.random.Generator, truth: State, rig: Rig) -> Problem:
    """Return a problem in which every term has a say."""
    camera, figure, table = Camera.guess((1080, 1440)), pose(rig, truth), segment_table(SKELETON)
    shape = figure.points.shape[:2]
    vectors = table.difference @ figure.points + rng.normal(size=(N_FRAMES, len(table.trust), 3)) * 0.02
    _, difference = depth_pairs(SKELETON)
    sign = np.zeros((N_FRAMES, len(difference)), np.int8)
    depth_m = np.full(sign.shape, np.nan)
    sign[4, 2], sign[6, 3], depth_m[6, 3] = 1, -1, -0.15
    still = np.zeros((N_FRAMES, 2), bool)
    still[2:6, 0] = still[4:, 1] = True
    return Problem(
        rig=rig,
        camera=camera,
        weights=replace(FitWeights(), known_height_m=1.75, span_m=1.8, mass_kg=70.0),
        xy=camera.project(figure.points) + rng.normal(size=(*shape, 2)) * 4,
        confidence=rng.uniform(0.5, 1, shape),
        sigma_px=np.full(shape, 8.0),
        cauchy=np.full(shape, 5.0),
        difference=table.difference,
        hints=vectors / np.linalg.norm(vectors, axis=-1, keepdims=True),
        hint_confidence=rng.uniform(0.3, 1, vectors.shape[:2]),
        fps=25.0,
        frozen=np.zeros(N_FRAMES, bool),
        contacts=WallContacts(
            np.array([11, 12, 17]),
            np.tile([True, True, False], (N_FRAMES, 1)),
            np.tile([0.1, 0.2, -0.97], (N_FRAMES, 3, 1)),
            np.full((N_FRAMES, 3), -4.1),
            depth_m=0.1,
            trusted=True,
        ),
        rests=Rests(np.array([11, 23]), still),
        depths=Depths(difference, sign, depth_m),
        anchor=replace(
            Anchor.even(truth, turn=2.0, move_depth=3.0),
            move=np.linspace(1.0, 4.0, N_FRAMES)[:, None] * np.array([1.0, 0.5, 2.0]),
            depth_m=np.full((N_FRAMES, len(vectors[0])), 0.1),
            depth=2.5,
            pull=np.sin(np.arange(N_FRAMES * N_UNKNOWNS)).reshape(N_FRAMES, -1),
        ),
        view_turns=exp(np.linspace(0, 0.1, N_FRAMES)[:, None] * np.array([0.3, 1.0, 0.1])),
        limbs_apart=True,
        refine_focal=True,
    )


@pytest.fixture(scope="module")
def rig() -> Rig:
    return Rig.of(builtin_body(), SKELETON)


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(3)


def unpacked(start: State, values: NDArray[np.float64], n_clip: int) -> State:
    return start.stepped(values[:-n_clip].reshape(N_FRAMES, N_UNKNOWNS), values[-n_clip:])


def test_gradient_of_every_term_is_that_of_the_cost(rng: np.random.Generator, rig: Rig) -> None:
    truth = moving(rng, rig)
    problem = problem_with_everything(rng, truth, rig)
    huge = {"cauchy_hint": 1e4, "cauchy_motion": 1e6, "cauchy_contact_m": 1e4}
    problem = replace(problem, cauchy=np.full(problem.cauchy.shape, 1e5), weights=replace(problem.weights, **huge))
    state = unpacked(truth, rng.normal(size=N_FRAMES * N_UNKNOWNS + rig.n_shape + 1) * 0.03, rig.n_shape + 1)
    normal = linearise(problem, state, evaluate(problem, state))
    found = np.concatenate([normal.gradient.reshape(-1), normal.corner_gradient])
    for _ in range(12):
        direction = rng.normal(size=len(found))
        step = 1e-6
        above, below = (
            evaluate(problem, unpacked(state, sign * step * direction, rig.n_shape + 1)).cost for sign in (1, -1)
        )
        assert (above - below) / (4 * step) == pytest.approx(float(found @ direction), rel=5e-3, abs=0.5)


def test_a_first_order_solver_run_much_longer_finds_nothing_better(rng: np.random.Generator, rig: Rig) -> None:
    truth = moving(rng, rig)
    problem = replace(problem_with_everything(rng, truth, rig), anchor=None)
    n_clip = rig.n_shape + 1
    start = unpacked(truth, rng.normal(size=N_FRAMES * N_UNKNOWNS + n_clip) * 0.05, n_clip)
    ours = solve(problem, start, shape=Shape.FREE, schedule=Schedule(40, 1e-6))

    def cost_and_slope(values: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        state = unpacked(start, values, n_clip)
        now = evaluate(problem, state)
        normal = linearise(problem, state, now)
        # The slope in the tangent space at the state; near the start it is that by the values, which will do.
        return now.cost, 2 * np.concatenate([normal.gradient.reshape(-1), normal.corner_gradient])

    zero = np.zeros(N_FRAMES * N_UNKNOWNS + n_clip)
    reference = minimize(
        cost_and_slope, zero, jac=True, method="L-BFGS-B", options={"maxiter": 10 * ours.iterations, "maxcor": 20}
    )
    assert ours.cost <= reference.fun * (1 + 1e-3)
    assert ours.cost < evaluate(problem, start).cost


def normal_matrix(problem: Problem, normal: Normal) -> NDArray[np.float64]:
    """Return the whole normal matrix (T N, T N), undamped."""
    band = Band(N_FRAMES, N_UNKNOWNS, stiffness=np.inf).fill(normal, np.zeros(N_FRAMES), problem.frozen)
    n = N_FRAMES * N_UNKNOWNS
    whole = np.zeros((n, n))
    for offset, row in enumerate(band):
        place = np.arange(n - offset)
        whole[place + offset, place] = whole[place, place + offset] = row[: n - offset]
    return whole


def test_frozen_frames_have_nothing_to_do_with_others(rng: np.random.Generator, rig: Rig) -> None:
    truth = moving(rng, rig)
    problem = replace(problem_with_everything(rng, truth, rig), refine_focal=False)
    normal = linearise(problem, truth, evaluate(problem, truth), with_shape=False)
    frozen = np.isin(np.arange(N_FRAMES), [0, 1, 4, N_FRAMES - 1])
    expected, held = normal_matrix(problem, normal), np.repeat(frozen, N_UNKNOWNS)
    expected[held], expected[:, held] = 0, 0
    expected[held, held] = 1
    assert np.array_equal(normal_matrix(replace(problem, frozen=frozen), normal), expected)


def test_a_factor_solves_for_many_columns_as_for_one(rng: np.random.Generator, rig: Rig) -> None:
    truth = moving(rng, rig)
    problem = replace(problem_with_everything(rng, truth, rig), refine_focal=False)
    normal = linearise(problem, truth, evaluate(problem, truth), with_shape=False)
    right = rng.normal(size=(N_FRAMES * N_UNKNOWNS, 4))
    for stiffness, tolerance in ((np.inf, 1e-9), (0.0, 1e-3)):
        band = Band(N_FRAMES, N_UNKNOWNS, stiffness=stiffness)
        factor = Factor(band.fill(normal, np.zeros(N_FRAMES), problem.frozen))
        half = factor.forward(right)
        for column in range(4):
            assert np.allclose(
                half[:, [column]], factor.forward(right[:, [column]]), rtol=tolerance, atol=1e-4 * tolerance
            )
        solved = np.concatenate([factor.backward(half[:, [column]]) for column in range(4)], axis=1)
        assert np.allclose(normal_matrix(problem, normal) @ solved, right, atol=tolerance * 10)


def test_covariances_are_those_of_the_whole_inverse(rng: np.random.Generator, rig: Rig) -> None:
    truth = moving(rng, rig)
    problem = replace(problem_with_everything(rng, truth, rig), refine_focal=False)
    normal = linearise(problem, truth, evaluate(problem, truth), with_shape=False)
    whole = normal_matrix(problem, normal)
    inverse = np.linalg.inv(whole)
    for frame, found in enumerate(frame_covariances(normal)):
        place = slice(frame * N_UNKNOWNS, (frame + 1) * N_UNKNOWNS)
        assert np.allclose(found, inverse[place, place], rtol=1e-4, atol=1e-9)
