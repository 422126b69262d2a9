"""The climber's size and the wall, stated in the real window."""

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from annotation.known_facts import Climber, overhang_deg
from annotation.poses import Camera
from app.actions import Act
from app.main_window import MainWindow
from widgets.corner_picker import CornerPicker


@pytest.fixture
def window(qtbot: QtBot, bodied_window: MainWindow) -> MainWindow:
    window = bodied_window
    window.actions_[Act.CLIMBER_AND_WALL].trigger()
    qtbot.waitUntil(lambda: window.focusWidget() is window.layout_.facts.height_cm)
    return window


def facts(window: MainWindow):
    track = window.view.track
    assert track is not None
    return track.facts


def write(qtbot: QtBot, field, text: str) -> None:
    field.setFocus()
    field.selectAll()
    qtbot.keyClicks(field, text)
    qtbot.keyClick(field, Qt.Key.Key_Return)


def said(window: MainWindow) -> str:
    return window.layout_.facts._said.text()


def showing(qtbot: QtBot, window: MainWindow) -> CornerPicker:
    """The picker that lies over the video."""
    pickers = window.layout_.video.viewport().findChildren(CornerPicker)
    qtbot.waitUntil(lambda: any(picker.isVisible() for picker in pickers))
    return next(picker for picker in pickers if picker.isVisible())


def test_height_span_and_mass_are_stated_and_undone(qtbot: QtBot, window: MainWindow) -> None:
    panel = window.layout_.facts
    assert panel.height_cm.placeholderText().startswith("fitted: 1")
    write(qtbot, panel.height_cm, "172")
    write(qtbot, panel.span_cm, "+6")
    write(qtbot, panel.mass_kg, "63,5")
    assert facts(window).climber == Climber(1.72, 1.78, 63.5)
    assert panel._ape.text() == "ape index +6 cm (1.03)"
    assert "fitted with another size" in said(window) and panel._fit.isVisibleTo(panel)
    for _ in range(3):
        window.document.undo()
    assert facts(window).climber == Climber() and panel.height_cm.text() == ""


@pytest.mark.parametrize(("text", "reason"), [("30", "30 cm"), ("1.78", "1.78 cm"), ("tall", "no number")])
def test_what_cannot_be_is_said_beside_the_field(qtbot: QtBot, window: MainWindow, text: str, reason: str) -> None:
    write(qtbot, window.layout_.facts.height_cm, text)
    assert reason in said(window)
    assert facts(window).climber == Climber()
    panel = window.layout_.facts
    qtbot.waitUntil(lambda: not panel._said.visibleRegion().isEmpty())


def test_an_inclination_is_stated_and_given_back(qtbot: QtBot, window: MainWindow) -> None:
    panel = window.layout_.facts
    write(qtbot, panel.angle_deg, "25")
    assert facts(window).wall_angle_deg == 25
    window.actions_[Act.FIND_WALL].trigger()
    assert facts(window).wall_angle_deg is None and "Found from hands and feet" in panel._wall.text()


def test_four_clicks_in_the_video_place_the_wall(qtbot: QtBot, window: MainWindow) -> None:
    panel, video = window.layout_.facts, window.layout_.video
    write(qtbot, panel.width_m, "2")
    write(qtbot, panel.tall_m, "1")
    window.actions_[Act.CLICK_WALL].trigger()
    picker = showing(qtbot, window)
    mesh = window.frames.mesh
    assert mesh is not None
    corners = rectangle(mesh.camera, angle_deg=20.0, distance_m=5.0)
    for x, y in corners:
        at = video.viewportTransform().map(float(x), float(y))
        qtbot.mouseClick(picker, Qt.MouseButton.LeftButton, pos=QPoint(round(at[0]), round(at[1])))
    (wall,) = facts(window).walls
    assert not picker.isVisible()
    assert overhang_deg(wall) == pytest.approx(20, abs=4), "as exact as whole pixels of the screen are"
    assert abs(wall.offset_m) == pytest.approx(5 * np.cos(np.radians(20)), rel=0.05)
    assert "From four points" in panel._wall.text()
    window.document.undo()
    assert facts(window).walls == ()


def test_corners_are_placed_with_the_keys_too(qtbot: QtBot, window: MainWindow) -> None:
    window.actions_[Act.CLICK_WALL].trigger()
    picker = showing(qtbot, window)
    qtbot.keyClick(picker, Qt.Key.Key_Return)
    assert len(picker.corners) == 1
    qtbot.keyClick(picker, Qt.Key.Key_Right)
    qtbot.keyClick(picker, Qt.Key.Key_Return)
    assert picker.corners[1].x() > picker.corners[0].x()
    qtbot.keyClick(picker, Qt.Key.Key_Backspace)
    assert len(picker.corners) == 1
    qtbot.keyClick(picker, Qt.Key.Key_Escape)
    assert not picker.isVisible() and facts(window).walls == ()


def rectangle(camera: Camera, *, angle_deg: float, distance_m: float) -> np.ndarray:
    """Pixels of the corners of a rectangle of 2 x 1 m on a wall that overhangs, straight ahead."""
    angle = np.radians(angle_deg)
    down = np.array([0, np.cos(angle), np.sin(angle)])
    middle, across = np.array([0, 0, distance_m]), np.array([1.0, 0, 0])
    return camera.project(
        np.array(
            [
                middle - across - down / 2,
                middle + across - down / 2,
                middle + across + down / 2,
                middle - across + down / 2,
            ]
        )
    )


def test_the_next_step_names_what_changed_since_the_body_was_fitted(qtbot: QtBot, window: MainWindow) -> None:
    write(qtbot, window.layout_.facts.angle_deg, "20")
    qtbot.waitUntil(lambda: "The wall changed" in next_step(window))
    write(qtbot, window.layout_.facts.height_cm, "172")
    qtbot.waitUntil(lambda: "The climber's size changed" in next_step(window))


def next_step(window: MainWindow) -> str:
    return " ".join(label.text() for label in window.layout_.step.findChildren(QLabel))


def place_wall(qtbot: QtBot, window: MainWindow) -> None:
    """Click a rectangle of 2 x 1 m."""
    panel, video = window.layout_.facts, window.layout_.video
    write(qtbot, panel.width_m, "2")
    write(qtbot, panel.tall_m, "1")
    window.actions_[Act.CLICK_WALL].trigger()
    picker, mesh = showing(qtbot, window), window.frames.mesh
    assert mesh is not None
    for x, y in rectangle(mesh.camera, angle_deg=20.0, distance_m=5.0):
        at = video.viewportTransform().map(float(x), float(y))
        qtbot.mouseClick(picker, Qt.MouseButton.LeftButton, pos=QPoint(round(at[0]), round(at[1])))
    assert facts(window).walls


def test_another_size_of_the_rectangle_asks_for_its_corners(qtbot: QtBot, window: MainWindow) -> None:
    write(qtbot, window.layout_.facts.width_m, "3")
    assert "as it was clicked" not in said(window), "there is no wall yet"
    place_wall(qtbot, window)
    before = facts(window).walls
    write(qtbot, window.layout_.facts.width_m, "1.5")
    assert "as it was clicked" in said(window)
    assert facts(window).walls == before


def test_a_wall_that_no_hand_reaches_is_told_once_the_body_was_fitted_with_it(
    qtbot: QtBot, window: MainWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    place_wall(qtbot, window)
    presenter = window.presenters.bodies.facts
    presenter._show()
    assert "another size or wall" in said(window)
    monkeypatch.setattr(presenter._fit, "_facts", facts(window))
    presenter._fit.summary["contacts"] = 0
    presenter._show()
    assert said(window).startswith("No hand or foot")
