"""What the 3D view draws beside the body: wall, floor, trails, contacts, open depths, ghosts."""

import numpy as np
import pytest

from annotation.body import SMPL_JOINTS, SMPL_PARENTS
from tests.widgets.body.pictures import CAMERA, WALL, body_pixels, picture
from widgets.body_geometry import (
    ViewPreset,
)
from widgets.body_view import DisplayMode, OpenDepths, Trail


def test_wall_floor_trail_and_contacts_are_seen(qtbot, view, climber):
    view.set_vertices(climber[0])
    view.set_vertices(None)
    view.show_view(ViewPreset.FRONT)

    def difference(change) -> int:
        before = picture(qtbot, view).astype(int)
        change()
        return int((np.abs(picture(qtbot, view).astype(int) - before).max(axis=-1) > 8).sum())

    assert difference(lambda: view.set_walls([WALL], center=np.array([0.0, 0, 4]))) > 5000
    rise = np.c_[np.zeros(30), np.linspace(1, 0, 30), np.full(30, 4.0)]
    assert difference(lambda: view.set_trails([Trail(rise)])) > 50
    assert difference(lambda: view.set_trails([Trail(rise), Trail(rise + [0.5, 0, 0], (1.0, 0.5, 0.1))])) > 50
    assert difference(lambda: view.set_contacts(np.array([[0.3, -0.3, 4.5]]))) > 50
    assert difference(lambda: view.set_contacts(None)) > 50
    open_depth = OpenDepths(np.array([[-0.3, -0.3, 4.5]]), np.array([0.3]))
    assert difference(lambda: view.set_open_depths(open_depth)) > 30
    assert difference(lambda: view.set_open_depths(OpenDepths())) > 30
    assert difference(lambda: view.set_floor(0.5)) > 500


def test_an_open_depth_is_a_bar_along_the_line_of_sight(qtbot, view):
    """Seen from the side it is as long as it is open; the video camera, which cannot tell, sees none of it."""

    def width(preset: ViewPreset) -> int:
        view.show_view(preset)
        view.set_open_depths(OpenDepths())
        before = picture(qtbot, view).astype(int)
        view.set_open_depths(OpenDepths(np.array([[0.05, 0.05, 4.0]]), np.array([0.4])))
        changed = np.abs(picture(qtbot, view).astype(int) - before).max(axis=-1) > 30
        return int(np.ptp(np.flatnonzero(changed.any(axis=0))))

    view.set_camera(CAMERA)
    view.set_vertices(None)
    assert width(ViewPreset.SIDE) > 3 * width(ViewPreset.CAMERA)


def test_the_wall_says_how_high_its_lines_are(qtbot, view, climber):
    view.set_vertices(climber[0])
    view.set_walls([WALL], center=climber[1][0])
    view.show_view(ViewPreset.FRONT)
    metres = view._over.metres.shown
    assert [number for number, _ in metres[:3]] == [0, 1, 2]
    heights = [place.y() for _, place in metres]
    assert heights == sorted(heights, reverse=True), "what is higher on the wall is higher on the screen"
    view.set_walls([])
    view.show_view(ViewPreset.FRONT)
    assert view._over.metres.shown == []


@pytest.mark.parametrize("mode", list(DisplayMode))
def test_a_ghost_is_fainter_than_the_body(qtbot, view, climber, mode: DisplayMode):
    vertices, joints = climber
    view.show_pose(vertices, joints, parents=SMPL_PARENTS, names=SMPL_JOINTS)
    view.show_view(ViewPreset.CAMERA)
    qtbot.waitUntil(lambda: body_pixels(qtbot, view)[60:].sum() > 500)
    view.set_display_mode(mode)
    before = picture(qtbot, view).astype(int)
    aside = np.float32([0.6, 0, 0])
    view.set_ghost(vertices + aside, joints + aside)
    changed = np.abs(picture(qtbot, view).astype(int) - before).max(axis=-1) > 12
    assert changed.sum() > 300
    assert np.argwhere(changed)[:, 1].mean() > 290, "it stands where the other frame has it, to the right"
    assert picture(qtbot, view)[changed].max() < before.max(), "the ghost does not shine like the body"
    view.set_ghost(None, None)
    assert np.array_equal(picture(qtbot, view), before)
