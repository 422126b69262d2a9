"""What people may say about a climb, and what is refused."""

import numpy as np
import pytest

from annotation.errors import BetascopeError
from annotation.known_facts import (
    Climber,
    Contact,
    DepthStatement,
    Limb,
    contact_frames,
    depth_joints,
    depth_parent,
    inclined,
    wall_from_corners,
)
from annotation.poses import Camera
from annotation.skeletons import load_skeleton


@pytest.mark.parametrize("size", [{"height_m": 0.3}, {"height_m": 3.0}, {"mass_kg": 2.0}, {"mass_kg": 400.0}])
def test_nobody_is_so_small_or_large(size: dict[str, float]) -> None:
    with pytest.raises(BetascopeError, match="Give the"):
        Climber(**size)


def test_an_arm_span_must_go_with_the_height() -> None:
    assert Climber(height_m=1.70, span_m=1.78).span_m == 1.78
    with pytest.raises(BetascopeError, match="arm span"):
        Climber(height_m=1.70, span_m=2.4)
    with pytest.raises(BetascopeError, match="arm span"):
        Climber(span_m=17.8)


def test_a_contact_has_a_first_and_a_last_frame() -> None:
    contacts = (Contact(Limb.LEFT_HAND, 2, 4), Contact(Limb.RIGHT_FOOT, 0, 9), Contact(Limb.LEFT_HAND, 7, 8))
    assert contact_frames(contacts, Limb.LEFT_HAND, 10).tolist() == [0, 0, 1, 1, 1, 0, 0, 2, 2, 0]
    with pytest.raises(BetascopeError, match="first and last frame"):
        Contact(Limb.LEFT_HAND, 5, 4)


def test_every_skeleton_has_joints_whose_depth_can_be_stated() -> None:
    for name in ("climbalong25", "coco17", "halpe26", "climb19"):
        joints = depth_joints(load_skeleton(name))
        assert {"left_wrist", "right_elbow", "left_ankle", "right_shoulder", "nose"} <= set(joints)
    assert depth_parent(load_skeleton("coco17"), "left_wrist") == ("left_elbow",)
    assert depth_parent(load_skeleton("coco17"), "left_big_toe") == ()


def test_a_depth_of_metres_is_refused() -> None:
    assert DepthStatement(3, "left_wrist", -0.2).depth == -0.2
    with pytest.raises(BetascopeError, match="left_wrist"):
        DepthStatement(3, "left_wrist", 20.0)


def seen_rectangle(camera: Camera, *, tilt: float, turn: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the pixels of a 2 m x 3 m rectangle on a wall, the wall's normal and one of its points."""
    across = np.array([np.cos(turn), 0, np.sin(turn)])
    down = np.array([0, np.cos(tilt), 0]) + np.sin(tilt) * np.array([-np.sin(turn), 0, np.cos(turn)])
    corner = np.array([-0.8, -1.2, 4.5])
    corners = np.array([corner, corner + 2 * across, corner + 2 * across + 3 * down, corner + 3 * down])
    normal = np.cross(across, down)
    normal /= np.linalg.norm(normal)
    return camera.project(corners), normal if normal @ corner < 0 else -normal, corner


@pytest.mark.parametrize(("tilt", "turn"), [(0.0, 0.0), (0.4, -0.3), (-0.2, 0.5)])
def test_the_wall_is_found_from_four_corners_of_a_known_rectangle(tilt: float, turn: float) -> None:
    camera = Camera.guess((1080, 1440))
    xy, normal, point = seen_rectangle(camera, tilt=tilt, turn=turn)
    wall = wall_from_corners(xy, width_m=2.0, height_m=3.0, camera=camera)
    assert np.array(wall.normal) == pytest.approx(normal, abs=1e-6)
    assert wall.distance(point) == pytest.approx(0, abs=1e-6)
    assert wall.distance(np.zeros(3)) > 0


def test_four_points_that_are_no_rectangle_are_refused() -> None:
    camera = Camera.guess((1080, 1440))
    xy, _, _ = seen_rectangle(camera, tilt=0.1, turn=0.1)
    with pytest.raises(BetascopeError, match="corners"):
        wall_from_corners(xy, width_m=20.0, height_m=3.0, camera=camera)
    with pytest.raises(BetascopeError, match="corners"):
        wall_from_corners(xy[[0, 2, 1, 3]], width_m=2.0, height_m=3.0, camera=camera)


def test_an_inclination_says_where_the_wall_faces() -> None:
    assert inclined(0) == pytest.approx((0, 0, -1))
    assert inclined(90) == pytest.approx((0, 1, 0))
    assert inclined(-20)[1] < 0
    with pytest.raises(BetascopeError, match="overhang"):
        inclined(200)
