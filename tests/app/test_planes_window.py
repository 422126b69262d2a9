"""A wall of several planes, stated in the real window."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from pytestqt.qtbot import QtBot

from annotation.body import rotation_matrices
from annotation.known_facts import Contact, Limb, overhang_deg
from annotation.known_facts_json import wall_to_json
from annotation.project import Project
from annotation.store import Access
from annotation.walls import turned_plane
from app.actions import Act
from app.main_window import MainWindow
from tests.app.body_project import add_body, rising
from tests.app.conftest import OpenWindow
from tests.app.test_facts_window import facts, rectangle, said, showing, write
from widgets.corner_picker import CornerPicker


@pytest.fixture
def window(qtbot: QtBot, bodied_window: MainWindow) -> MainWindow:
    window = bodied_window
    window.actions_[Act.CLIMBER_AND_WALL].trigger()
    qtbot.waitUntil(lambda: window.layout_.facts.isVisible())
    return window


def click(qtbot: QtBot, window: MainWindow, act: Act, points: np.ndarray) -> None:
    """Show points in the video, frame pixels, as an action asks for."""
    window.actions_[act].trigger()
    video = window.layout_.video
    picker = showing(qtbot, window)
    for x, y in points:
        at = video.viewportTransform().map(float(x), float(y))
        qtbot.mouseClick(picker, Qt.MouseButton.LeftButton, pos=QPoint(round(at[0]), round(at[1])))
    assert not picker.isVisible()


def two_planes(qtbot: QtBot, window: MainWindow) -> None:
    """Click a vertical plane and an overhang above it."""
    panel, mesh = window.layout_.facts, window.frames.mesh
    assert mesh is not None
    write(qtbot, panel.width_m, "2")
    write(qtbot, panel.tall_m, "1")
    corners = rectangle(mesh.camera, angle_deg=0.0, distance_m=5.0)
    click(qtbot, window, Act.CLICK_WALL, corners)
    write(qtbot, panel.planes.bend_deg, "40")
    (left, y), (right, _) = corners[:2]
    click(qtbot, window, Act.BEND_PLANE, np.array([(left, y), (right, y), ((left + right) / 2, y - 25)]))


def test_a_plane_is_clicked_where_it_meets_another(qtbot: QtBot, window: MainWindow) -> None:
    two_planes(qtbot, window)
    vertical, overhang = facts(window).walls
    assert (vertical.name, overhang.name) == ("Vertical", "Overhang")
    assert overhang_deg(overhang) - overhang_deg(vertical) == pytest.approx(40, abs=1e-6)
    panel = window.layout_.facts
    assert panel.planes.planes.count() == 2 and "2 planes" in panel._wall.text()
    assert window.presenters.bodies.planes._outlines.names == ["Vertical", "Overhang"]
    window.document.undo()
    assert len(facts(window).walls) == 1


def test_a_plane_is_named_and_taken_back(qtbot: QtBot, window: MainWindow) -> None:
    two_planes(qtbot, window)
    form = window.layout_.facts.planes
    form.planes.set_selected("Overhang")
    form.planes.entry_selected.emit("Overhang")
    write(qtbot, form.name, "Vertical")
    assert "already" in said(window)
    write(qtbot, form.name, "Bulge")
    assert [plane.name for plane in facts(window).walls] == ["Vertical", "Bulge"]
    form.planes.set_selected("Bulge")
    qtbot.mouseClick(form.remove, Qt.MouseButton.LeftButton)
    assert [plane.name for plane in facts(window).walls] == ["Vertical"]
    window.document.undo()
    assert len(facts(window).walls) == 2


def test_corners_of_another_plane_keep_the_first(qtbot: QtBot, window: MainWindow) -> None:
    mesh = window.frames.mesh
    assert mesh is not None
    write(qtbot, window.layout_.facts.tall_m, "1")
    click(qtbot, window, Act.CLICK_WALL, rectangle(mesh.camera, angle_deg=0.0, distance_m=6.0))
    click(qtbot, window, Act.CLICK_PLANE, rectangle(mesh.camera, angle_deg=30.0, distance_m=5.0))
    assert len(facts(window).walls) == 2 and len({plane.name for plane in facts(window).walls}) == 2


def test_a_person_says_on_which_plane_a_hand_is(qtbot: QtBot, window: MainWindow) -> None:
    two_planes(qtbot, window)
    window.view.show_frame(0)
    window.actions_[Act.LEFT_HAND_HOLDS].trigger()
    form = window.layout_.facts.planes
    qtbot.waitUntil(lambda: form.holds["left_hand"].isVisibleTo(window.layout_.facts))
    assert not form.holds["right_hand"].isVisibleTo(window.layout_.facts)
    box = form.holds["left_hand"]
    assert [box.itemText(n) for n in range(box.count())] == ["nearest", "Vertical", "Overhang"]
    box.setCurrentIndex(2)
    box.activated.emit(2)
    assert facts(window).contacts == (Contact(Limb.LEFT_HAND, 0, 0, "Overhang"),)
    write(qtbot, form.name, "Face")
    assert [plane.name for plane in facts(window).walls] == ["Face", "Overhang"]


def turn_of_wall(window: MainWindow) -> float:
    """Return by how much the wall in the 3D view is turned from the one that is stated, radians."""
    stated, shown = (np.array(walls[0].normal) for walls in (facts(window).walls, window.layout_.body._eye.walls))
    return float(np.arccos(np.clip(stated @ shown, -1, 1)))


def test_with_a_panning_camera_planes_stay_where_they_are_in_the_picture(
    qtbot: QtBot, open_window: OpenWindow, predicted: Path
) -> None:
    """They are clicked in a frame in which the camera has turned, and seen through its turns in every other."""
    with Project.open(predicted, access=Access.WRITE) as project:
        (clip,) = project.clips.values()
        turns = np.stack([rotation_matrices(np.array([0.0, -0.01 * n, 0.0])) for n in range(clip.n_frames)])
        add_body(project, mesh=replace(rising(clip.n_frames, clip.size), view_turns=turns.astype(np.float32)))
    window = open_window(predicted)
    window.actions_[Act.BODY_FOLLOWS].setChecked(False)
    window.actions_[Act.CLIMBER_AND_WALL].trigger()
    qtbot.waitUntil(lambda: window.layout_.facts.isVisible() and window.frames.mesh is not None)
    outlines, mesh = window.presenters.bodies.planes._outlines, window.frames.mesh
    assert mesh is not None

    def left_at(frame: int) -> float:
        window.view.show_frame(frame)
        qtbot.waitUntil(lambda: window.presenters.bodies.planes._frame == frame)
        (_, polygon) = outlines._outlines[0]
        return float(polygon.boundingRect().left())

    window.view.show_frame(6)
    qtbot.waitUntil(lambda: window.presenters.bodies.planes._frame == 6)
    write(qtbot, window.layout_.facts.width_m, "2")
    write(qtbot, window.layout_.facts.tall_m, "1")
    corners = rectangle(mesh.camera, angle_deg=0.0, distance_m=6.0)
    click(qtbot, window, Act.CLICK_WALL, corners)
    assert left_at(6) == pytest.approx(corners[:, 0].min(), abs=1.5), "where it was clicked"
    assert turn_of_wall(window) == pytest.approx(0.06, abs=1e-4), "in 3D the wall is turned as the body is"
    hips = window.frames.joints_at(6)[0]
    away_m = turned_plane(mesh.wall, turns[6]).distance(hips)
    assert dict(window.presenters.bodies.fit.body_rows(6))["hips to wall"] == f"{100 * away_m:.0f} cm"
    panned_px = 0.06 * mesh.camera.focal_px
    assert left_at(0) - left_at(6) == pytest.approx(panned_px, abs=0.2 * panned_px)


def test_outlines_are_over_the_video_only_beside_the_panel(qtbot: QtBot, window: MainWindow) -> None:
    two_planes(qtbot, window)
    outlines = window.presenters.bodies.planes._outlines
    window.layout_.bring_up(window.layout_.smoothing)
    qtbot.waitUntil(lambda: outlines.names == [])
    window.document.project.note_film(window.view.clip.id, 26.0)  # of an earlier project, some time after it opens
    window.layout_.bring_up(window.layout_.facts)
    qtbot.waitUntil(lambda: outlines.names == ["Vertical", "Overhang"])
    window.layout_.facts.parentWidget().hide()
    qtbot.waitUntil(lambda: outlines.names == [])


def test_a_plane_bent_too_far_is_refused(qtbot: QtBot, window: MainWindow) -> None:
    two_planes(qtbot, window)
    panel, mesh, before = window.layout_.facts, window.frames.mesh, facts(window).walls
    assert mesh is not None
    (left, y), (right, _) = rectangle(mesh.camera, angle_deg=0.0, distance_m=5.0)[:2]
    write(qtbot, panel.planes.bend_deg, "-140")
    click(qtbot, window, Act.BEND_PLANE, np.array([(left, y), (right, y), ((left + right) / 2, y - 25)]))
    assert "face away from the camera" in said(window)
    assert facts(window).walls == before


def test_a_bend_that_cannot_be_is_refused_before_anything_is_clicked(qtbot: QtBot, window: MainWindow) -> None:
    two_planes(qtbot, window)
    write(qtbot, window.layout_.facts.planes.bend_deg, "400")
    window.actions_[Act.BEND_PLANE].trigger()
    assert "400 degrees" in said(window)
    pickers = window.layout_.video.viewport().findChildren(CornerPicker)
    assert not any(picker.isVisible() for picker in pickers)


def test_what_the_fit_suggests_is_to_be_looked_at_first(qtbot: QtBot, window: MainWindow) -> None:
    two_planes(qtbot, window)
    planes, form = facts(window).walls, window.layout_.facts.planes
    window.document.undo()
    window.document.undo()
    assert not form.take.isVisibleTo(window.layout_.facts)
    presenter = window.presenters.bodies.planes
    presenter._fit.summary["suggested_walls"] = [wall_to_json(plane) for plane in planes]
    presenter._show()
    assert form.suggested.text().startswith("The holds may not lie in one plane: two, ")
    assert form.suggested.text().endswith(" and overhangs 40°, come closer. Look at them before you use them.")
    qtbot.mouseClick(form.take, Qt.MouseButton.LeftButton)
    assert len(facts(window).walls) == 2
