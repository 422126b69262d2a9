"""Two planes are suggested where hands and feet do not rest on one, and only there."""

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from annotation.known_facts import overhang_deg
from annotation.poses import Plane
from annotation.walls import WallShape
from inference.fitting.two_planes import parted, two_planes
from inference.fitting.wall import fit_wall

Floats = NDArray[np.float64]

FPS, HELD, N_HOLDS = 25.0, 15, 5
"""Each of four limbs goes from hold to hold, and is on each for so many frames."""
MOVING = 5
WALL_Z = 4.0


def held(depth: Callable[[Floats, Floats], Floats], *, noise_m: float = 0.03) -> tuple[Floats, NDArray[np.bool_]]:
    """Return hands and feet (T, 4, 3), two below the middle of the picture and two above, and when they rest (T, 4)."""
    rng = np.random.default_rng(3)
    side = rng.uniform(-1, 1, (N_HOLDS, 4))
    along = rng.uniform(0.1, 1.5, (N_HOLDS, 4)) * np.array([-1, -1, 1, 1])
    holds = np.stack([side, -along, depth(side, along)], axis=-1)
    points = np.repeat(holds, HELD, axis=0)
    rest = np.tile(np.arange(HELD) >= MOVING, N_HOLDS)[:, None].repeat(4, axis=1)
    return points + rng.normal(0, noise_m, points.shape), rest


def folded(angle_deg: float) -> Callable[[Floats, Floats], Floats]:
    """Return how far away a wall is that overhangs above the middle."""
    return lambda side, along: WALL_Z - np.tan(np.radians(angle_deg)) * np.maximum(along, 0)


def suggested(positions: Floats, rest: NDArray[np.bool_]) -> tuple[Plane, ...]:
    pelvis = np.tile([0.0, 0.2, 2.0], (len(positions), 1))
    wall = fit_wall(positions, rest, pelvis=pelvis)
    assert wall is not None
    return two_planes(positions, rest, wall=wall, pelvis=pelvis, hold_depth_m=0.12, fps=FPS)


@pytest.mark.parametrize("angle_deg", [40.0, 60.0])
def test_an_overhang_above_a_vertical_wall_is_found(angle_deg: float) -> None:
    positions, rest = held(folded(angle_deg))
    below, above = suggested(positions, rest)
    assert overhang_deg(below) == pytest.approx(0, abs=6)
    assert overhang_deg(above) == pytest.approx(angle_deg, abs=8)
    assert (below.name, above.name) == ("Vertical", "Overhang")
    nearest = WallShape([below, above]).nearest(positions)
    assert (nearest[:, :2] == 0).mean() > 0.9 and (nearest[:, 2:] == 1).mean() > 0.9


@pytest.mark.parametrize("depth_noise_m", [0.0, 0.2])
def test_one_plane_is_enough_for_a_flat_wall(depth_noise_m: float) -> None:
    rng = np.random.default_rng(4)
    positions, rest = held(lambda side, _: WALL_Z + rng.normal(0, depth_noise_m, side.shape))
    assert suggested(positions, rest) == ()


def test_holds_of_both_planes_all_over_the_picture_are_no_fold() -> None:
    turn = np.array([1, -1, 1, -1])  # the limbs of one side are taken to be on another plane, wherever they are
    positions, rest = held(lambda side, _: WALL_Z + 0.6 * turn * side)
    assert suggested(positions, rest) == ()


def test_a_fold_is_found_among_splits_that_come_as_close() -> None:
    """Where depths of holds are off by 10 cm, some split is as close as the fold, but parts no holds in the picture."""
    rng = np.random.default_rng(2)
    positions, rest = held(lambda side, along: folded(35.0)(side, along) + rng.normal(0, 0.1, side.shape))
    below, above = suggested(positions, rest)
    assert overhang_deg(below) == pytest.approx(0, abs=8)
    assert overhang_deg(above) == pytest.approx(35, abs=10)


def test_a_plane_that_is_hardly_held_is_none() -> None:
    positions, rest = held(folded(40.0))
    once = rest.copy()
    once[HELD:, 2:] = False
    assert len(suggested(np.repeat(positions, 3, axis=0), np.repeat(rest, 3, axis=0))) == 2
    assert suggested(np.repeat(positions, 3, axis=0), np.repeat(once, 3, axis=0)) == ()


def test_planes_must_meet_where_their_holds_part() -> None:
    below = np.array([(x, y, WALL_Z) for x in (-0.8, 0.0, 0.8) for y in (0.3, 1.0)])
    slope = np.radians(40)
    above = np.array([(x, -y, WALL_Z - np.tan(slope) * y) for x in (-0.8, 0.0, 0.8) for y in (0.3, 1.0)])
    vertical = Plane((0.0, 0.0, -1.0), -WALL_Z)
    overhang = Plane((0.0, float(np.sin(slope)), -float(np.cos(slope))), -WALL_Z * float(np.cos(slope)))
    assert parted((vertical, overhang), np.concatenate([below, above]))
    assert parted((overhang, vertical), np.concatenate([below, above]))
    behind = below + np.tan(slope) * below[:, 1:2] * [0, 0, 1]  # on the overhang, had it gone on below
    assert not parted((vertical, overhang), np.concatenate([below, above, behind]))
    assert not parted((vertical, overhang), below)
    assert not parted((vertical, overhang), np.concatenate([below, above[[0, 0, 0, 1, 1]]]))
