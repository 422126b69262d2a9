"""Walls of several planes: where they end, which one is nearest, and how they are placed."""

from dataclasses import replace

import numpy as np
import pytest

from annotation.body import rotation_matrices
from annotation.errors import BetascopeError
from annotation.known_facts import Contact, Facts, Limb, overhang_deg, wall_from_corners
from annotation.known_facts_json import facts_from_json, facts_to_json
from annotation.poses import Camera, Plane
from annotation.walls import WallShape, bent, in_first_frame, joined, renamed_plane, with_plane, without_plane

CAMERA = Camera.guess((1080, 1440))
FOLD_Y, WALL_Z = -0.5, 4.0
VERTICAL = Plane(
    (0.0, 0.0, -1.0),
    -WALL_Z,
    "Vertical",
    ((-1.0, FOLD_Y, WALL_Z), (1.0, FOLD_Y, WALL_Z), (1.0, 1.5, WALL_Z), (-1.0, 1.5, WALL_Z)),
)


def pixels(*points: tuple[float, float, float]) -> np.ndarray:
    return CAMERA.project(np.array(points))


def overhang(angle_deg: float = 30.0, *, on: Plane = VERTICAL) -> Plane:
    """Return a plane that hangs on the vertical one at its top and reaches 1 m up."""
    angle = np.radians(angle_deg)
    top = (0.3, FOLD_Y - float(np.cos(angle)), WALL_Z - float(np.sin(angle)))
    xy = pixels((-1.0, FOLD_Y, WALL_Z), (1.0, FOLD_Y, WALL_Z), top)
    return bent(on, xy, bend_deg=angle_deg, name="Overhang", camera=CAMERA)


@pytest.mark.parametrize("angle_deg", [30.0, 85.0, -20.0])
def test_a_plane_hangs_where_it_was_shown_and_bends_as_far_as_was_said(angle_deg: float) -> None:
    plane = overhang(angle_deg)
    assert overhang_deg(plane) == pytest.approx(angle_deg, abs=1e-6)
    corners = np.array(plane.outline)
    np.testing.assert_allclose(plane.distance(corners), 0, atol=1e-9)
    np.testing.assert_allclose(corners[:2], [(-1, FOLD_Y, WALL_Z), (1, FOLD_Y, WALL_Z)], atol=1e-9)
    assert np.linalg.norm(corners[3] - corners[0]) == pytest.approx(1.0, abs=1e-6)


def test_an_arete_falls_away_to_the_side() -> None:
    xy = pixels((1.0, -0.5, WALL_Z), (1.0, 1.5, WALL_Z), (1.25, 0.5, WALL_Z + 0.433))
    plane = bent(VERTICAL, xy, bend_deg=-60, name="Side", camera=CAMERA)
    assert plane.normal == pytest.approx((np.sin(np.radians(60)), 0, -np.cos(np.radians(60))), abs=1e-9)


def test_points_belong_to_the_plane_they_are_before() -> None:
    shape = WallShape([VERTICAL, overhang()])
    foot, hand = np.array([0.0, 0.8, 3.95]), np.array([0.0, FOLD_Y - 0.6, WALL_Z - 0.45])
    assert shape.nearest(np.stack([foot, hand])).tolist() == [0, 1]
    assert shape.distance(foot) == pytest.approx(0.05)
    # Seen there, a hand is on the overhang, however far away it was taken to be.
    assert shape.costs_in_sight(hand * 1.15).argmin() == 1


def test_nothing_sinks_into_a_plane_but_only_where_it_is() -> None:
    shape = WallShape([VERTICAL, overhang()])
    in_overhang = np.array([0.0, FOLD_Y - 0.5, WALL_Z - 0.2])
    assert shape.sunk_m(in_overhang) < -0.05
    assert shape.sunk_m(np.array([0.0, 0.5, WALL_Z + 0.1])) == pytest.approx(-0.1)
    beside = np.array([1.4, 0.5, WALL_Z + 0.1])
    assert shape.sunk_m(beside) == 0
    assert WallShape([VERTICAL]).sunk_m(beside) == pytest.approx(-0.1)  # a plane alone has no end


def test_what_went_round_an_arete_came_through_the_nearer_side() -> None:
    side = Plane((1.0, 0.0, 0.0), 1.0, "Side", ((1.0, -0.5, 4.0), (1.0, -0.5, 6.0), (1.0, 1.5, 6.0), (1.0, 1.5, 4.0)))
    shape = WallShape([VERTICAL, side])
    assert shape.sinking(np.array([0.97, 0.5, 4.3])).tolist() == [False, True]
    assert shape.sunk_m(np.array([0.97, 0.5, 4.3])) == pytest.approx(-0.03)


def test_a_plane_ends_where_another_hangs_on_it_even_without_corners() -> None:
    endless = replace(VERTICAL, outline=())
    planes = [endless, overhang(on=endless)]
    corners = WallShape(planes).polygon(0, around=np.array([0.0, 0.5, 3.5]), reach_m=3.0)
    assert corners[:, 1].min() == pytest.approx(FOLD_Y)
    assert corners[:, 1].max() == pytest.approx(3.5)


def test_an_outline_reaches_on_to_what_hangs_on_it() -> None:
    small = replace(VERTICAL, outline=((-0.5, 0.5, 4.0), (0.5, 0.5, 4.0), (0.5, 1.5, 4.0), (-0.5, 1.5, 4.0)))
    shape = WallShape([small, overhang(on=small)])
    corners = shape.polygon(0, around=np.array([0.0, 0.5, 3.5]), reach_m=3.0)
    assert corners[:, 1].min() == pytest.approx(FOLD_Y)
    assert np.abs(corners[:, 0]).max() == pytest.approx(1.0)
    assert shape.nearest(np.array([0.0, 0.0, 3.95])) == 0


def test_a_size_that_is_a_little_off_opens_no_gap() -> None:
    true = np.array(overhang().outline)[[3, 2, 1, 0]]
    plane = wall_from_corners(CAMERA.project(true), width_m=2.2, height_m=1.1, camera=CAMERA)
    moved = joined(plane, [VERTICAL], camera=CAMERA)
    np.testing.assert_allclose(np.array(moved.outline), true, atol=1e-6)
    far = replace(VERTICAL, outline=tuple((x + 9.0, y, z) for x, y, z in VERTICAL.outline))
    assert joined(plane, [far], camera=CAMERA) == plane


def test_what_hangs_on_a_plane_goes_along_with_it() -> None:
    nearer = replace(VERTICAL, offset_m=-3.0, outline=tuple((x * 0.75, y * 0.75, 3.0) for x, y, _ in VERTICAL.outline))
    vertical, hung = with_plane([VERTICAL, overhang()], nearer, camera=CAMERA)
    assert vertical == nearer
    assert overhang_deg(hung) == pytest.approx(30)
    np.testing.assert_allclose(nearer.distance(np.array(hung.outline)[:2]), 0, atol=1e-9)
    assert without_plane([vertical, hung], "Vertical") == (replace(hung, hinge=None),)


def test_names_tell_planes_apart() -> None:
    planes = (VERTICAL, overhang())
    renamed = renamed_plane(planes, "Vertical", new="Slab")
    assert [plane.name for plane in renamed] == ["Slab", "Overhang"]
    assert renamed[1].hinge is not None and renamed[1].hinge.on == "Slab"
    with pytest.raises(BetascopeError, match="already"):
        renamed_plane(planes, "Vertical", new="Overhang")
    with pytest.raises(BetascopeError, match="name"):
        renamed_plane(planes, "Vertical", new=" ")


@pytest.mark.parametrize(
    ("third", "bend_deg", "reason"),
    [
        ((0.0, -1.0, 4.0), 200.0, "bent by 200"),
        ((0.0, FOLD_Y, 4.0), 30.0, "third point"),
        ((0.0, -1.0, 4.0), 120.0, "Bent by 120 degrees there, New would face away from the camera"),
        ((0.0, -1.0, 4.0), -100.0, "Bent by -100 degrees there, New would face away"),
    ],
)
def test_what_is_no_plane_is_said(third: tuple[float, float, float], bend_deg: float, reason: str) -> None:
    xy = pixels((-1.0, FOLD_Y, 4.0), (1.0, FOLD_Y, 4.0), third)
    with pytest.raises(BetascopeError, match=reason):
        bent(VERTICAL, xy, bend_deg=bend_deg, name="New", camera=CAMERA)


def test_planes_are_kept_and_old_ones_still_read() -> None:
    contacts = (Contact(Limb.LEFT_HAND, 3, 9, "Overhang"), Contact(Limb.LEFT_FOOT, 0, 9))
    facts = Facts(walls=(VERTICAL, overhang()), contacts=contacts)
    assert facts_from_json(facts_to_json(facts)) == facts
    old = {"walls": [[0.0, 0.0, -1.0, -4.0]], "contacts": [{"limb": "left_hand", "start": 1, "end": 2}]}
    assert facts_from_json(old) == Facts(walls=(Plane((0, 0, -1), -4),), contacts=(Contact(Limb.LEFT_HAND, 1, 2),))
    with pytest.raises(BetascopeError, match="cannot be read"):
        facts_from_json({"walls": [{"name": "x"}]})


def test_what_is_clicked_while_the_camera_is_turned_is_where_it_is_in_the_first_frame() -> None:
    turn = rotation_matrices(np.array([0.0, -0.1, 0.02]))
    points = np.array([(-0.5, 0.2, 4.0), (0.7, -0.4, 3.5)])
    seen = CAMERA.project(points @ turn.T)
    np.testing.assert_allclose(in_first_frame(seen, CAMERA, turn=turn), CAMERA.project(points), atol=1e-6)
    with pytest.raises(BetascopeError, match="turned too far"):
        in_first_frame(seen, CAMERA, turn=rotation_matrices(np.array([0.0, -1.8, 0.0])))
