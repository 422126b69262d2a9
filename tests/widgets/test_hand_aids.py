"""What accompanies a dragging hand: loupe, words, snapping; and the neighbouring keyframes."""

import numpy as np
import pytest
from PySide6.QtCore import QPointF
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QLabel

from annotation.skeletons import load_skeleton
from widgets.loupe import Loupe
from widgets.theme import Theme, colors

NOSE, LEFT_WRIST = 0, load_skeleton("coco17").index("left_wrist")


def loupe_of(view) -> Loupe:
    (loupe,) = view.findChildren(Loupe)
    return loupe


def said(view) -> str:
    (tag,) = [each for each in view.findChildren(QLabel) if each.accessibleName() == "Beside the cursor"]
    return "" if tag.isHidden() else tag.text()


def show_target(view, x: int, y: int) -> None:
    """Show a black picture with one white pixel."""
    picture = np.zeros((300, 400, 3), np.uint8)
    picture[y, x] = 255
    view.set_frame(picture)


def test_the_loupe_shows_the_pixel_below_the_dragged_joint_not_below_the_cursor(view17, mouse):
    show_target(view17, 150, 100)
    view17.set_loupe(shown=True)
    hand = mouse(view17)
    hand.press((201, 62))  # one pixel right of the nose, two below
    hand.move((151.5, 102.5))  # so the nose is in the middle of the white pixel
    loupe = loupe_of(view17)
    assert loupe.isVisible()
    image = loupe.grab().toImage()
    middle = image.width() // 2
    assert image.pixelColor(middle - 2, middle - 2) == QColor(255, 255, 255)
    assert image.pixelColor(middle - 4, middle - 4) == QColor(0, 0, 0), "a pixel is 5 wide"
    hand.release((151.5, 102.5))
    assert not loupe.isVisible()


def test_a_smaller_picture_of_the_frame_is_magnified_at_the_right_place(view17, mouse):
    picture = np.zeros((150, 200, 3), np.uint8)
    picture[50, 75] = 255
    view17.set_frame(picture, size=(400, 300))
    view17.set_loupe(shown=True)
    hand = mouse(view17)
    hand.press((200, 60))
    hand.move((151, 101))
    image = loupe_of(view17).grab().toImage()
    middle = image.width() // 2
    assert image.pixelColor(middle - 4, middle - 4) == QColor(255, 255, 255)
    assert image.pixelColor(middle - 7, middle - 7) == QColor(0, 0, 0)


def test_no_loupe_where_it_is_off_or_no_joint_is_held(view17, mouse):
    hand = mouse(view17)
    hand.press((200, 60))
    hand.move((150, 100))
    assert not loupe_of(view17).isVisible()
    hand.release((150, 100))
    view17.set_loupe(shown=True)
    hand.press((20, 20))
    hand.move((60, 60))
    assert not loupe_of(view17).isVisible(), "panning needs none"


def test_loupe_and_words_stay_inside_the_view(view17, mouse):
    view17.set_loupe(shown=True)
    view17.set_placing("Click: left wrist (1 of 3)")
    for corner in ((1, 1), (399, 1), (1, 299), (399, 299)):
        mouse(view17).move(corner)
        for widget in (loupe_of(view17), *view17.viewport().findChildren(QLabel)):
            assert view17.viewport().rect().contains(widget.geometry())


def test_the_cursor_says_what_a_click_places_and_how_far_a_drag_is(view17, mouse):
    hand = mouse(view17)
    hand.move((50, 50))
    assert said(view17) == ""
    view17.set_placing("Click: left elbow (3 of 17)")
    assert said(view17) == "Click: left elbow (3 of 17)"
    view17.set_placing(None)
    assert said(view17) == ""
    hand.press((200, 60))
    hand.move((190, 80))
    assert said(view17) == "−10.0, +20.0 px"
    hand.release((190, 80))
    assert said(view17) == ""


def test_nothing_snaps_unless_there_is_a_target_close_by(view17, mouse):
    moved: list[dict] = []
    view17.joints_moved.connect(lambda positions, _: moved.append(positions))
    targets = np.full((17, 2), np.nan, np.float32)
    targets[NOSE] = (250, 100)
    mouse(view17).drag((200, 60), (248, 100))
    assert moved[-1][NOSE] == pytest.approx((248, 100), abs=1e-3)
    view17.set_snap_targets(targets)
    mouse(view17).drag((248, 100), (240, 90))
    assert moved[-1][NOSE] == pytest.approx((240, 90), abs=1e-3), "too far away"
    mouse(view17).drag((240, 90), (248, 99))
    assert moved[-1][NOSE] == (250, 100)
    mouse(view17).drag((280, 90), (252, 99))
    assert moved[-1][LEFT_WRIST] == pytest.approx((252, 99), abs=1e-3), "another joint has no target there"


def test_keyframes_around_are_seen_and_differ_from_each_other_and_from_the_pose(view17, show17, pose17):
    show17(view17, np.full((17, 2), np.nan))
    plain = view17.viewport().grab().toImage()
    looks = [plain]
    for before, after in ((pose17, None), (None, pose17), (pose17, pose17 + 30)):
        view17.set_onion_skin(before, after)
        looks.append(view17.viewport().grab().toImage())
    assert all(a != b for n, a in enumerate(looks) for b in looks[:n])
    view17.set_points_visible(visible=False)
    assert view17.viewport().grab().toImage() == plain
    view17.set_points_visible(visible=True)
    view17.set_onion_skin(None, None)
    assert view17.viewport().grab().toImage() == plain


def test_an_onion_skin_is_fainter_than_the_pose(view17, show17, pose17):
    def blueness() -> float:
        image = view17.viewport().grab().toImage()
        blue = colors(Theme.DARK).left
        pixels = [image.pixelColor(x, y) for x in range(0, image.width(), 2) for y in range(0, image.height(), 2)]
        return sum(abs(p.red() - blue.red()) + abs(p.blue() - blue.blue()) < 60 for p in pixels)

    solid = blueness()
    show17(view17, np.full((17, 2), np.nan))
    view17.set_onion_skin(pose17, None)
    assert 0 < blueness() < solid / 2


def test_the_loupe_goes_with_a_joint_moved_by_keys_until_the_mouse_moves(view17, mouse):
    show_target(view17, 200, 60)
    view17.point_out(NOSE)
    assert not loupe_of(view17).isVisible(), "it is off"
    view17.set_loupe(shown=True)
    view17.point_out(NOSE)
    loupe = loupe_of(view17)
    assert loupe.isVisible()
    image = loupe.grab().toImage()
    assert image.pixelColor(image.width() // 2 + 3, image.width() // 2 + 3) == QColor(255, 255, 255)
    mouse(view17).move((30, 30))
    assert not loupe.isVisible()


def test_zooming_with_keys_keeps_the_selected_joint_where_it_is(view17, pose17):
    place = view17.viewportTransform().map(QPointF(*pose17[LEFT_WRIST]))
    view17.set_selected([LEFT_WRIST])
    view17.zoom_by(3)
    after = view17.viewportTransform().map(QPointF(*pose17[LEFT_WRIST]))
    assert (after - place).manhattanLength() < 3
    left_ankle = 15
    assert not view17.viewport().rect().contains(view17.viewportTransform().map(QPointF(*pose17[left_ankle])).toPoint())
    view17.reveal(left_ankle)
    assert view17.viewport().rect().contains(view17.viewportTransform().map(QPointF(*pose17[left_ankle])).toPoint())
