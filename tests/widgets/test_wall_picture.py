"""What is drawn of a wall: each plane as far as it reaches, level lines at the same heights on all of them."""

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from annotation.poses import Plane
from tests.annotation.test_walls import VERTICAL, overhang
from widgets.body_view import BodyView, ViewPreset
from widgets.wall_picture import wall_picture

CENTER = np.array([0.0, 0.5, 3.5])
FLOOR_M = -1.2


def shown(qtbot: QtBot) -> BodyView:
    """Return a view on screen with a stick before where the walls stand."""
    view = BodyView()
    qtbot.addWidget(view)
    if not view.has_opengl:
        pytest.skip("no OpenGL here")
    view.resize(400, 400)
    view.show()
    view.set_joints(np.array([[0.0, 0.0, 3.5], [0.0, 1.0, 3.5]]), parents=[-1, 0])
    view.screenshot()
    return view


def test_no_wall_is_no_picture() -> None:
    assert wall_picture([], CENTER, floor_m=FLOOR_M) is None


def test_a_plane_alone_has_lines_every_metre_along_it() -> None:
    picture = wall_picture([Plane((0.0, 0.0, -1.0), -4.0)], CENTER, floor_m=FLOOR_M)
    assert picture is not None
    assert picture.metres[:3].tolist() == [0, 1, 2]
    np.testing.assert_allclose(picture.rungs[:, :, 1], 4.0)


def test_planes_are_drawn_as_far_as_they_reach_with_heights_above_the_floor() -> None:
    picture = wall_picture([VERTICAL, overhang()], CENTER, floor_m=FLOOR_M)
    assert picture is not None
    assert np.abs(picture.vertices[:, 0]).max() == pytest.approx(1.0)
    assert picture.vertices[:, 2].max() == pytest.approx(0.5 + np.cos(np.radians(30)))
    np.testing.assert_allclose(picture.rungs[:, :, 2] - FLOOR_M, picture.metres[:, None] * np.ones(2), atol=1e-6)
    assert picture.metres.tolist() == [0, 1, 2]
    on_overhang = picture.rungs[picture.metres == 2][0]
    assert on_overhang[:, 1] == pytest.approx(4 - np.tan(np.radians(30)) * (FLOOR_M + 2 - 0.5), abs=1e-6)


def test_a_roof_has_no_heights() -> None:
    picture = wall_picture([VERTICAL, overhang(85.0)], CENTER, floor_m=FLOOR_M)
    assert picture is not None
    assert picture.metres.max() == 1


def test_a_second_plane_is_seen(qtbot: QtBot) -> None:
    view = shown(qtbot)
    view.set_walls([VERTICAL], center=CENTER)
    before = view.screenshot().astype(int)
    view.set_walls([VERTICAL, overhang()], center=CENTER)
    assert (np.abs(view.screenshot().astype(int) - before).max(axis=-1) > 8).sum() > 500


def test_a_wall_has_an_edge_where_it_does_not_go_on() -> None:
    alone = wall_picture([VERTICAL], CENTER, floor_m=FLOOR_M)
    assert alone is not None
    assert len(alone.rims) == 4
    np.testing.assert_allclose(np.ptp(alone.rims[..., 1], axis=1), 0.07, err_msg="it lies behind the wall")
    assert alone.rims[..., 1].min() == pytest.approx(4.0)
    folded = wall_picture([VERTICAL, overhang()], CENTER, floor_m=FLOOR_M)
    assert folded is not None
    assert len(folded.rims) == 6, "none where the two planes meet"


def test_a_wall_is_seen_from_the_side_and_does_not_hide_what_is_behind_it(qtbot: QtBot) -> None:
    view = shown(qtbot)

    def seen_of(preset: ViewPreset) -> np.ndarray:
        view.show_view(preset)
        return view.screenshot().astype(int)

    def changed(before: np.ndarray, after: np.ndarray) -> int:
        return int((np.abs(after - before).max(axis=-1) > 8).sum())

    presets = (ViewPreset.FRONT, ViewPreset.SIDE, ViewPreset.BACK)
    view.set_walls([Plane((0.0, 0.0, -1.0), -4.0)], center=CENTER)
    walled = {preset: seen_of(preset) for preset in presets}
    view.set_joints(np.array([[0.4, 0.0, 3.5], [0.4, 1.0, 3.5]]), parents=[-1, 0])
    assert changed(walled[ViewPreset.BACK], seen_of(ViewPreset.BACK)) > 200, "the body shines through"
    view.set_joints(np.array([[0.0, 0.0, 3.5], [0.0, 1.0, 3.5]]), parents=[-1, 0])
    view.set_walls(())
    seen = {preset: changed(walled[preset], seen_of(preset)) for preset in presets}
    assert min(seen[ViewPreset.FRONT], seen[ViewPreset.BACK]) > 100_000, "it fills the view"
    assert seen[ViewPreset.SIDE] > 4000, "and has a thickness"


def test_from_the_side_the_metres_stand_behind_the_wall(qtbot: QtBot) -> None:
    view = shown(qtbot)
    view.set_walls([Plane((0.0, 0.0, -1.0), -4.0)], center=CENTER)
    view.show_view(ViewPreset.SIDE)
    body_x = view.width() / 2
    assert len(view._over.metres.shown) > 1
    assert all(place.x() > body_x + 30 for _, place in view._over.metres.shown)
    view.show_view(ViewPreset.FRONT)
    assert all(place.x() < body_x for _, place in view._over.metres.shown)


def test_planes_that_end_far_from_the_climber_are_not_drawn() -> None:
    outline = ((20.0, 1.0, 5.0), (21.0, 1.0, 5.0), (21.0, 2.0, 5.0), (20.0, 2.0, 5.0))
    far = [Plane((0.0, 0.0, -1.0), -5.0, name, outline) for name in ("one", "other")]
    assert wall_picture(far, np.array([0.0, 0.0, 4.5]), floor_m=0.0) is None
