"""Two planes are suggested where hands and feet do not rest on one, and only there."""

import numpy as np
import pytest
from numpy.typing import NDArray

from annotation.known_facts import overhang_deg
from annotation.walls import WallShape
from inference.fitting.two_planes import two_planes
from inference.fitting.wall import fit_wall

N = 60


def resting_on(angle_deg: float) -> NDArray[np.float64]:
    """Return hands and feet (T, 4, 3), two limbs below and two above a fold in a wall 4 m away, with 3 cm of noise."""
    rng = np.random.default_rng(3)
    along, side = rng.uniform(0, 1.5, (N, 4)), rng.uniform(-1, 1, (N, 4))
    angle = np.radians(angle_deg) * np.array([0, 0, 1, 1])
    sign = np.array([1, 1, -1, -1])
    points = np.stack([side, sign * along * np.cos(angle), 4 - along * np.sin(angle)], axis=-1)
    return np.asarray(points + rng.normal(0, 0.03, points.shape))


@pytest.mark.parametrize("angle_deg", [40.0, 60.0])
def test_an_overhang_above_a_vertical_wall_is_found(angle_deg: float) -> None:
    positions, rest = resting_on(angle_deg), np.ones((N, 4), bool)
    pelvis = np.tile([0.0, 0.2, 3.2], (N, 1))
    wall = fit_wall(positions, rest, pelvis=pelvis)
    assert wall is not None
    below, above = two_planes(positions, rest, wall=wall, pelvis=pelvis, hold_depth_m=0.12)
    assert overhang_deg(below) == pytest.approx(0, abs=6)
    assert overhang_deg(above) == pytest.approx(angle_deg, abs=8)
    assert (below.name, above.name) == ("Vertical", "Overhang")
    nearest = WallShape([below, above]).nearest(positions)
    assert (nearest[:, :2] == 0).mean() > 0.9 and (nearest[:, 2:] == 1).mean() > 0.9


def test_one_plane_is_enough_for_a_flat_wall() -> None:
    positions, rest = resting_on(0.0), np.ones((N, 4), bool)
    pelvis = np.tile([0.0, 0.2, 3.2], (N, 1))
    wall = fit_wall(positions, rest, pelvis=pelvis)
    assert wall is not None
    assert two_planes(positions, rest, wall=wall, pelvis=pelvis, hold_depth_m=0.12) == ()
