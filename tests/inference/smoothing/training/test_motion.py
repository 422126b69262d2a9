"""Made-up climbs: human, varied, the same for the same seed, and quick to make."""

import numpy as np
import pytest

from annotation.body import builtin_body
from annotation.metrics import torso_length
from annotation.skeletons import load_skeleton
from inference.climb.choreography import Limb
from inference.climb.motion import animate
from inference.smoothing.training.falls import with_fall
from inference.smoothing.training.routes import plan_route
from inference.smoothing.training.synthesiser import FPS, MotionRecipe, synthesise

SKELETON = load_skeleton("climbalong25")
SMALL = MotionRecipe(2, 3, 4.0)


@pytest.fixture(scope="module")
def sequences() -> list:
    return list(synthesise(SMALL, seed=3))


def test_every_joint_of_every_frame_is_known_and_belongs_to_a_body(sequences: list) -> None:
    assert [sequence.name for sequence in sequences] == [f"climb-{c}-view-{v}" for c in (0, 1) for v in (0, 1, 2)]
    for sequence in sequences:
        assert np.isfinite(sequence.xy).all()
        assert 0.6 * 4 * FPS < len(sequence) <= 1.5 * 4 * FPS
        height = np.ptp(sequence.xy[..., 1], axis=1)
        torso = torso_length(sequence.xy, SKELETON)
        assert (torso < height).all() and np.median(torso / height) > 0.1


def test_the_same_seed_gives_the_same_climb_whatever_is_made_beside_it(sequences: list) -> None:
    alone = list(synthesise(MotionRecipe(1, 3, 4.0), seed=3, first=1))
    for one, other in zip(alone, sequences[3:], strict=True):
        np.testing.assert_array_equal(one.xy, other.xy)
    assert not np.array_equal(next(synthesise(SMALL, seed=4)).xy[:50], sequences[0].xy[:50])


def test_views_differ_and_motion_holds_rest_and_fast_moves(sequences: list) -> None:
    speeds = []
    for sequence in sequences:
        box = np.ptp(sequence.xy, axis=1).max(1).mean()
        speeds.append(np.linalg.norm(np.diff(sequence.xy, axis=0), axis=-1) / box)
    speed = np.concatenate(speeds)
    assert np.percentile(speed, 25) < 0.004
    assert np.percentile(speed, 99.8) > 5 * np.percentile(speed, 60)
    first = sequences[0].xy[0] - sequences[0].xy[0].mean(0)
    other = sequences[1].xy[0] - sequences[1].xy[0].mean(0)
    assert np.abs(first - other).max() > 20


def test_routes_use_all_limbs_and_hold_dynamic_moves_and_rests() -> None:
    routes = [plan_route(np.random.default_rng(seed), duration_s=12) for seed in range(20)]
    moves = [move for route in routes for move in route.moves]
    assert {move.limb for move in moves} == set(Limb)
    assert 0.03 < np.mean([move.is_dynamic for move in moves]) < 0.35
    rests = [b.start_s - a.end_s for route in routes for a, b in zip(route.moves, route.moves[1:], strict=False)]
    assert np.min(rests) > -1e-9 and np.max(rests) > 1
    ups = [move.target.end[1] for route in routes for move in route.moves if move.target.holds]
    assert np.ptp(ups) > 1
    assert len({tuple(move.limb for move in route.moves) for route in routes}) > 15


def test_who_comes_off_falls_freely_and_ends_up_standing() -> None:
    body = builtin_body()
    betas = np.zeros(body.n_betas)
    route = plan_route(np.random.default_rng(1), duration_s=4)
    motion = animate(route, body, betas=betas, times_s=np.arange(120) / FPS, iterations=2)
    start = 30
    fallen = with_fall(np.random.default_rng(0), motion, start=start, fps=FPS)
    np.testing.assert_array_equal(fallen.pose[:start], motion.pose[:start])
    height = fallen.transl[start:, 1]
    acceleration = np.diff(height[:4], 2) * FPS**2
    np.testing.assert_allclose(acceleration, -9.81, atol=0.01)
    assert height[-1] == pytest.approx(0.9, abs=0.02)
    assert not fallen.contacts[start:].any()
    assert np.isfinite(fallen.pose).all()
