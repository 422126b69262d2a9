"""The video view with real mouse, wheel and key events."""

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QColor, QContextMenuEvent, QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication

from annotation.labels import Source, Visibility
from tests.widgets.on_video import (
    GREY,
    HEIGHT,
    LEFT_HIP,
    LEFT_WRIST,
    RIGHT_WRIST,
    WIDTH,
    at,
    close,
    color_at,
    drag,
    frame_position,
    heard,
    hover,
    pose_of,
    show_pose,
    video_view,
    wheel,
)
from widgets.theme import Theme, colors


@pytest.fixture
def view(qtbot):
    return video_view(qtbot)


# --- clicking and hovering


def test_a_click_selects_and_shows_the_halo(view, qtbot):
    selected, moved = heard(view.joints_selected), heard(view.joints_moved)
    qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=at(view, 300, 80))
    assert selected == [({RIGHT_WRIST}, RIGHT_WRIST)]
    assert view.selected == {RIGHT_WRIST}
    assert moved == []
    image, halo = view.viewport().grab().toImage(), colors(Theme.DARK).halo
    around = [image.pixelColor(at(view, 300, 80) + QPoint(dx, 0)) for dx in range(8, 15)]
    assert any(close(color, halo) for color in around)


def test_a_click_on_empty_picture_selects_nothing(view, qtbot):
    view.set_selected([LEFT_WRIST])
    selected = heard(view.joints_selected)
    qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=at(view, 50, 250))
    assert selected == [(frozenset(), -1)]
    assert view.selected == frozenset()


@pytest.mark.parametrize("zoom", [0.3, 1.0, 8.0])
def test_the_hit_area_is_at_least_ten_pixels_at_any_zoom(view, qtbot, zoom):
    view.zoom_by(zoom, about=QPointF(at(view, 100, 80)))
    selected = heard(view.joints_selected)
    qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=at(view, 100, 80) + QPoint(10, 0))
    assert selected == [({LEFT_WRIST}, LEFT_WRIST)]


def test_markers_keep_their_size_when_zooming(view):
    def blue_width() -> int:
        image, middle = view.viewport().grab().toImage(), at(view, 100, 80)
        row = [image.pixelColor(x, middle.y()) for x in range(middle.x() - 40, middle.x() + 40)]
        return sum(close(color, colors(Theme.DARK).left, tolerance=60) for color in row)

    show_pose(view, pose_of({LEFT_WRIST: (100, 80)}))
    before = blue_width()
    view.zoom_by(5, about=QPointF(at(view, 100, 80)))
    assert before > 4
    assert abs(blue_width() - before) <= 1


def test_hovering_names_the_joint_and_leaving_forgets_it(view):
    hover(view, at(view, 50, 250))
    hovered = heard(view.joint_hovered)
    plain = view.viewport().grab().toImage()
    hover(view, at(view, 200, 200))
    assert view.viewport().grab().toImage() != plain
    hover(view, at(view, 50, 250))
    assert hovered == [(LEFT_HIP,), (-1,)]


def test_a_right_click_asks_for_the_menu_of_the_joint(view):
    asked = heard(view.context_requested)
    for place in (at(view, 300, 80), at(view, 50, 250)):
        event = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, place, view.viewport().mapToGlobal(place))
        QApplication.sendEvent(view.viewport(), event)
    assert [joint for joint, _ in asked] == [RIGHT_WRIST, -1]
    assert asked[0][1] == view.viewport().mapToGlobal(at(view, 300, 80))


# --- placing


def test_clicks_place_the_chosen_joint_even_over_another_one(view, qtbot):
    placed, selected = heard(view.placed), heard(view.joints_selected)
    view.set_placing("Click: left hip")
    qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=at(view, 301, 81))
    assert placed[0] == pytest.approx((301, 81), abs=1.0)
    view.set_placing(None)
    qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=at(view, 301, 81))
    assert len(placed) == 1
    assert selected == [({RIGHT_WRIST}, RIGHT_WRIST)]


def test_a_double_click_places_on_empty_picture_only(view, qtbot):
    placed = heard(view.placed)
    for place in (at(view, 50, 250), at(view, 100, 80), at(view, -60, 20)):
        qtbot.mouseDClick(view.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert len(placed) == 1
    assert placed[0] == pytest.approx((50, 250), abs=1.0)


# --- what is drawn


@pytest.mark.parametrize("gone", ["absent", "missing", "hidden"])
def test_what_is_not_there_is_neither_drawn_nor_hit(view, qtbot, gone):
    xy = pose_of({LEFT_WRIST: (100, 80)})
    if gone == "absent":
        show_pose(view, xy, visibility=Visibility.ABSENT)
    elif gone == "missing":
        show_pose(view, xy, source=Source.MISSING)
    else:
        view.set_points_visible(visible=False)
    assert close(color_at(view, 100, 80), QColor(GREY, GREY, GREY))
    selected = heard(view.joints_selected)
    qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=at(view, 100, 80))
    assert selected == [(frozenset(), -1)]


def test_each_source_has_a_shape_of_its_own(view):
    xy = pose_of({LEFT_WRIST: (100, 80)})
    looks = []
    for source, visibility in (
        (Source.LABELLED, Visibility.VISIBLE),
        (Source.INTERPOLATED, Visibility.VISIBLE),
        (Source.PREDICTED, Visibility.VISIBLE),
        (Source.LABELLED, Visibility.OCCLUDED),
        (Source.INTERPOLATED, Visibility.OCCLUDED),
    ):
        show_pose(view, xy, source=source, visibility=visibility)
        looks.append(view.viewport().grab().toImage())
    assert all(a != b for i, a in enumerate(looks) for b in looks[:i])


def test_doubtful_predictions_are_fainter_but_never_gone(view):
    def strength(confidence: float) -> float:
        show_pose(view, pose_of({LEFT_WRIST: (100, 80)}), source=Source.PREDICTED, confidence=confidence)
        color = color_at(view, 100, 80)
        return abs(color.blue() - GREY) / abs(colors(Theme.DARK).left.blue() - GREY)

    assert strength(1.0) == pytest.approx(1.0, abs=0.05)
    assert strength(0.5) == pytest.approx(0.5, abs=0.05)
    assert strength(0.0) == pytest.approx(0.25, abs=0.05)


def test_the_mesh_is_stretched_over_the_frame_with_its_opacity(view):
    show_pose(view, pose_of({}))
    rgba = np.zeros((HEIGHT // 4, WIDTH // 4, 4), np.uint8)
    rgba[:, WIDTH // 8 :] = (250, 0, 0, 255)
    view.set_mesh_overlay(rgba)
    view.set_mesh_opacity(0.5)
    assert close(color_at(view, 100, 150), QColor(GREY, GREY, GREY))
    assert close(color_at(view, 300, 150), QColor((250 + GREY) // 2, GREY // 2, GREY // 2))
    view.set_mesh_overlay(None)
    assert close(color_at(view, 300, 150), QColor(GREY, GREY, GREY))


def test_the_frame_is_copied(view):
    show_pose(view, pose_of({}))
    frame = np.full((HEIGHT, WIDTH, 3), 200, np.uint8)
    view.set_frame(frame)
    frame[:] = 0
    assert close(color_at(view, 200, 150), QColor(200, 200, 200))


def test_frame_coordinates_begin_at_the_corner_of_the_first_pixel(view):
    show_pose(view, pose_of({}))
    frame = np.zeros((4, 4, 3), np.uint8)
    frame[0, 0] = 255
    view.set_frame(frame)
    assert color_at(view, 0.5, 0.5).red() > 200
    assert color_at(view, 1.5, 0.5).red() < 60
    assert view.zoom > 20


def test_a_message_lies_over_the_picture_until_it_is_taken_away(view):
    plain = view.grab().toImage()
    view.set_message("The clip cannot be decoded here.")
    assert view.grab().toImage() != plain
    view.set_message(None)
    assert view.grab().toImage() == plain


# --- zoom and pan


def test_the_wheel_zooms_about_the_cursor(view):
    changed = heard(view.zoom_changed)
    cursor = at(view, 300, 80)
    before, zoom = frame_position(view, cursor), view.zoom
    wheel(view, cursor, 480)
    after = frame_position(view, cursor)
    assert view.zoom > 1.5 * zoom
    assert changed[-1] == (pytest.approx(view.zoom),)
    assert (after.x(), after.y()) == pytest.approx((before.x(), before.y()), abs=1.0)


def test_zoom_has_ends(view):
    for _ in range(60):
        wheel(view, at(view, 200, 150), 1200)
    assert view.zoom == pytest.approx(40)
    for _ in range(60):
        wheel(view, QPoint(400, 300), -1200)
    assert 0.05 < view.zoom < 1


@pytest.mark.parametrize("button", [Qt.MouseButton.MiddleButton, Qt.MouseButton.LeftButton])
def test_dragging_empty_picture_pans(view, qtbot, button):
    view.zoom_by(4)
    moved, selected = heard(view.joints_moved), heard(view.joints_selected)
    start = QPoint(420, 320)
    held = frame_position(view, start)
    drag(qtbot, view, start, start + QPoint(60, 40), button=button)
    now = frame_position(view, start + QPoint(60, 40))
    assert (now.x(), now.y()) == pytest.approx((held.x(), held.y()), abs=1.0)
    assert moved == selected == []


def test_a_fitted_frame_stays_fitted_and_a_zoomed_one_stays_zoomed(view):
    view.resize(400, 300)
    assert view.zoom == pytest.approx(view.viewport().width() / WIDTH, rel=0.02)
    view.zoom_by(3)
    zoomed = view.zoom
    view.resize(800, 600)
    assert view.zoom == zoomed
    view.set_frame(np.zeros((HEIGHT, WIDTH, 3), np.uint8))
    assert view.zoom == zoomed, "the next frame of the same clip keeps the view"
    view.fit_view()
    assert view.zoom == pytest.approx(view.viewport().width() / WIDTH, rel=0.02)


# --- files


def test_dropped_videos_are_handed_on_and_other_files_are_not(view, tmp_path):
    dropped = heard(view.files_dropped)
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(tmp_path / name)) for name in ("climb.mp4", "notes.txt", "IMG_1.MOV")])
    how = (Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier)
    entered = QDragEnterEvent(QPoint(10, 10), *how)
    QApplication.sendEvent(view.viewport(), entered)
    assert entered.isAccepted()
    QApplication.sendEvent(view.viewport(), QDropEvent(QPointF(10, 10), *how))
    assert dropped == [([Path(tmp_path / "climb.mp4"), Path(tmp_path / "IMG_1.MOV")],)]


def test_it_has_a_name_for_screen_readers(view):
    assert view.accessibleName()
    assert view.focusPolicy() & Qt.FocusPolicy.TabFocus
