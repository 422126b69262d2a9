"""Lanes of joint groups, doubts, suggestions, review and events: what is drawn, and what the mouse does to them."""

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QRectF, Qt
from PySide6.QtGui import QColor, QImage
from PySide6.QtWidgets import QScrollBar

from annotation.doubt import DoubtKind
from annotation.labels import Event
from tests.widgets.timeline_mouse import at, drag, heard, move, wheel
from widgets.theme import Theme, colors, colors_of, palette
from widgets.timeline import Timeline
from widgets.timeline_data import FILL_NAMES, GAPS, Fill, KeyframeMove, Lane, MarkKind

N_FRAMES = 400
GROUPS = ("head", "torso", "left arm", "right arm", "left leg", "right leg")
CONTROL, NONE = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.NoModifier


def lane(name: str, keyframes: list[int], *, fill: np.ndarray | None = None) -> Lane:
    return Lane(name, np.array(keyframes, np.intp), fill=fill)


@pytest.fixture
def timeline(qtbot) -> Timeline:
    widget = Timeline()
    qtbot.addWidget(widget)
    widget.resize(1200, 320)
    with qtbot.waitExposed(widget):
        widget.show()
    widget.set_length(N_FRAMES, fps=25.0)
    widget.set_summary(lane("keyframes", [50, 100, 200, 300]))
    widget.set_groups([lane(name, [50, 100 + 10 * number]) for number, name in enumerate(GROUPS)])
    widget.set_frame(399)
    return widget


def picture(timeline: Timeline) -> QImage:
    return timeline.grab().toImage()


def colors_in(image: QImage, area: QRectF) -> set[str]:
    box = area.toRect()
    return {
        image.pixelColor(x, y).name() for x in range(box.left(), box.right()) for y in range(box.top(), box.bottom())
    }


def around(timeline: Timeline, frame: int, area: QRectF, *, half: float = 6) -> QRectF:
    return QRectF(timeline.x_of(frame) - half, area.top() + 1, 2 * half, area.height() - 2)


def seen(timeline: Timeline, frame: int, area: QRectF, *, half: float = 6) -> set[str]:
    return colors_in(picture(timeline), around(timeline, frame, area, half=half))


# --- joint groups


def test_a_click_on_the_name_opens_and_closes_the_joint_groups(timeline: Timeline, qtbot) -> None:
    told = heard(timeline.expanded_changed)
    assert timeline.lanes.groups == ()
    height = timeline.minimumSizeHint().height()
    header = timeline.lanes.header.center().toPoint()
    qtbot.mouseClick(timeline, Qt.MouseButton.LeftButton, pos=header)
    assert len(timeline.lanes.groups) == len(GROUPS)
    assert timeline.minimumSizeHint().height() == height, "how high it is, is up to who works with it"
    names = [name for name, _ in timeline.lanes.names(timeline.data)]
    assert names == ["keyframes", *GROUPS, "confidence"]
    qtbot.mouseClick(timeline, Qt.MouseButton.LeftButton, pos=header)
    assert timeline.lanes.groups == ()
    assert told == [(True,), (False,)]


def test_lanes_without_room_scroll_below_ruler_and_keyframes(timeline: Timeline, qtbot) -> None:
    timeline.set_marks("left hand holds", [10, 11], kind=MarkKind.STATE)
    bar = timeline.findChild(QScrollBar)
    assert bar is not None and not bar.isVisible(), "all lanes have room"
    timeline.resize(1200, timeline.minimumSizeHint().height())
    timeline.set_expanded(expanded=True)
    assert bar.isVisible()
    keyframes, overview = timeline.lanes.keyframes, timeline.lanes.overview
    names = QPoint(20, round(timeline.lanes.rolling.center().y()))
    assert not timeline.lanes.rolling.contains(timeline.lanes.marks["left hand holds"].center())
    assert timeline.lanes.keyframe_lane_at(timeline.lanes.groups[-1].center()) is None, "it is out of sight"
    wheel(timeline, names, -1200)
    assert timeline.lanes.rolling.contains(timeline.lanes.marks["left hand holds"])
    assert (timeline.lanes.keyframes, timeline.lanes.overview) == (keyframes, overview)
    assert timeline.visible_frames == (0, N_FRAMES), "the wheel over the names does not zoom"
    wheel(timeline, names, 1200)
    assert timeline.lanes.groups[0].top() == pytest.approx(keyframes.bottom())
    timeline.resize(1200, 500)
    assert not bar.isVisible()


@pytest.mark.parametrize("theme", Theme)
def test_marks_of_a_side_have_its_colour(timeline: Timeline, theme: Theme) -> None:
    timeline.setPalette(palette(theme))
    timeline.set_expanded(expanded=True)
    left, right = colors(theme).left.name(), colors(theme).right.name()
    arm = dict(zip(GROUPS, timeline.lanes.groups, strict=True))
    assert left in seen(timeline, 120, arm["left arm"])
    assert right in seen(timeline, 130, arm["right arm"])
    assert left not in seen(timeline, 120, arm["right arm"])
    assert colors(theme).text.name() in seen(timeline, 100, arm["head"])


def test_where_only_some_joints_are_labelled_the_mark_is_hollow(timeline: Timeline) -> None:
    frames = np.array([100, 200], np.intp)
    timeline.set_summary(Lane("keyframes", frames, np.array([True, False])))
    image = picture(timeline)
    y = round(timeline.lanes.keyframes.center().y())
    middle = [image.pixelColor(round(timeline.x_of(frame)), y).name() for frame in (100, 200)]
    assert middle == [colors_of(timeline).text.name(), colors_of(timeline).surface.name()]


def test_every_interpolation_has_a_pattern_of_its_own(timeline: Timeline) -> None:
    looks = []
    for kind in (Fill.LABELLED, Fill.PREDICTED, *GAPS, Fill.NOTHING):
        timeline.set_summary(Lane("keyframes", fill=np.full(N_FRAMES, kind, np.uint8)))
        area = timeline.lanes.keyframes
        band = QRectF(timeline.x_of(200), area.center().y() - 3, 24, 6).toRect()
        looks.append(picture(timeline).copy(band))
    ground = QColor(colors_of(timeline).surface)
    shapes = []
    for look in looks:
        cells = [(x, y) for x in range(look.width()) for y in range(look.height())]
        shapes.append(tuple(look.pixelColor(x, y) == ground for x, y in cells))
    assert len(set(shapes)) == len(shapes), "told apart without colour"


def test_the_tip_names_how_a_frame_is_interpolated(timeline: Timeline) -> None:
    timeline.set_summary(Lane("keyframes", fill=np.full(N_FRAMES, Fill.PREDICTION, np.uint8)))
    assert FILL_NAMES[Fill.PREDICTION] in timeline.tip_at(at(timeline, 50))


def test_one_interpolated_frame_is_seen_in_a_very_long_clip(timeline: Timeline) -> None:
    timeline.set_length(100_000, fps=60.0)
    fill = np.full(100_000, Fill.PREDICTED, np.uint8)
    timeline.set_summary(Lane("keyframes", fill=fill))
    calm = picture(timeline)
    fill = fill.copy()
    fill[61_803] = Fill.LINEAR
    timeline.set_summary(Lane("keyframes", fill=fill))
    area = around(timeline, 61_803, timeline.lanes.keyframes, half=2).toRect()
    assert picture(timeline).copy(area) != calm.copy(area)


# --- dragging keyframes


def test_a_keyframe_is_dragged_to_another_frame(timeline: Timeline, qtbot) -> None:
    moved, asked = heard(timeline.keyframes_moved), heard(timeline.frame_requested)
    drag(qtbot, timeline, [at(timeline, frame, lane="keyframes") for frame in (100, 110, 130)])
    assert moved == [(KeyframeMove((100,), 30),)]
    assert asked == [(100,)], "pressing a keyframe goes to it; dragging it does not scrub"


def test_a_click_with_a_trembling_hand_moves_nothing(timeline: Timeline, qtbot) -> None:
    moved = heard(timeline.keyframes_moved)
    place = at(timeline, 100, lane="keyframes")
    drag(qtbot, timeline, [place, place + QPoint(3, 1), place + QPoint(-2, 0)])
    assert moved == []


def test_with_ctrl_it_is_copied(timeline: Timeline, qtbot) -> None:
    moved = heard(timeline.keyframes_moved)
    drag(qtbot, timeline, [at(timeline, frame, lane="keyframes") for frame in (100, 110, 120)], modifier=CONTROL)
    assert moved == [(KeyframeMove((100,), 20, copy=True),)]


def test_the_keyframes_of_the_range_move_together(timeline: Timeline, qtbot) -> None:
    moved = heard(timeline.keyframes_moved)
    timeline.set_range((90, 210))
    drag(qtbot, timeline, [at(timeline, frame, lane="keyframes") for frame in (200, 190, 180)])
    assert moved == [(KeyframeMove((100, 200), -20),)]


def test_keyframes_stay_in_the_clip(timeline: Timeline, qtbot) -> None:
    moved = heard(timeline.keyframes_moved)
    drag(qtbot, timeline, [at(timeline, 300, lane="keyframes"), at(timeline, 350, lane="keyframes"), QPoint(5000, 60)])
    assert moved == [(KeyframeMove((300,), 99),)]


def test_a_keyframe_of_one_joint_group_is_dragged_alone(timeline: Timeline, qtbot) -> None:
    timeline.set_expanded(expanded=True)
    moved = heard(timeline.keyframes_moved)
    y = round(timeline.lanes.groups[2].center().y())
    drag(qtbot, timeline, [QPoint(round(timeline.x_of(frame)), y) for frame in (120, 130, 140)])
    assert moved == [(KeyframeMove((120,), 20, lane=2),)]


def test_esc_leaves_keyframes_where_they_are(timeline: Timeline, qtbot) -> None:
    moved = heard(timeline.keyframes_moved)
    before = picture(timeline)
    qtbot.mousePress(timeline, Qt.MouseButton.LeftButton, NONE, pos=at(timeline, 100, lane="keyframes"))
    timeline.set_frame(399)
    move(timeline, at(timeline, 140, lane="keyframes"))
    assert picture(timeline) != before, "where it would lie is shown"
    qtbot.keyClick(timeline, Qt.Key.Key_Escape)
    timeline.clearFocus()
    assert picture(timeline) == before
    qtbot.mouseRelease(timeline, Qt.MouseButton.LeftButton, NONE, pos=at(timeline, 140, lane="keyframes"))
    assert moved == []


def test_what_would_be_overwritten_is_shown_in_the_colour_of_warnings(timeline: Timeline, qtbot) -> None:
    qtbot.mousePress(timeline, Qt.MouseButton.LeftButton, NONE, pos=at(timeline, 100, lane="keyframes"))
    move(timeline, at(timeline, 150, lane="keyframes"))
    warning = colors_of(timeline).warning.name()
    assert warning not in seen(timeline, 150, timeline.lanes.keyframes)
    move(timeline, at(timeline, 200, lane="keyframes"))
    assert warning in seen(timeline, 200, timeline.lanes.keyframes)


def test_where_keyframes_lie_too_close_to_be_told_apart_a_drag_scrubs(timeline: Timeline, qtbot) -> None:
    timeline.set_summary(lane("keyframes", list(range(N_FRAMES))))
    moved, asked = heard(timeline.keyframes_moved), heard(timeline.frame_requested)
    drag(qtbot, timeline, [at(timeline, frame, lane="keyframes") for frame in (100, 110, 130)])
    assert moved == []
    assert asked == [(100,), (110,), (130,)]


def test_delete_asks_only_with_a_range(timeline: Timeline, qtbot) -> None:
    asked = heard(timeline.range_delete_requested)
    qtbot.keyClick(timeline, Qt.Key.Key_Delete)
    assert asked == []
    timeline.set_range((50, 100))
    qtbot.keyClick(timeline, Qt.Key.Key_Delete)
    assert asked == [()]


# --- the range


def test_an_end_of_the_range_is_dragged_on_the_ruler(timeline: Timeline, qtbot) -> None:
    timeline.set_range((100, 199))
    chosen = heard(timeline.range_selected)
    y = round(timeline.lanes.ruler.center().y())
    edge = QPoint(round(timeline.scale.edge(200)), y)
    drag(qtbot, timeline, [edge, QPoint(round(timeline.x_of(220)), y), QPoint(round(timeline.x_of(250)), y)])
    assert chosen == [(100, 250)]


def test_the_range_is_shown_whole(timeline: Timeline) -> None:
    timeline.set_range((100, 149))
    timeline.show_range()
    first, end = timeline.visible_frames
    assert 95 < first < 100
    assert 150 < end < 155


# --- doubts and suggestions


def test_a_click_on_a_doubt_goes_exactly_there_and_the_tip_says_why(timeline: Timeline, qtbot) -> None:
    timeline.set_doubts([203, 80, 203], ["jump", "low confidence", "limb length"])
    asked = heard(timeline.frame_requested)
    qtbot.mouseClick(timeline, Qt.MouseButton.LeftButton, pos=at(timeline, 203, lane="doubts") + QPoint(5, 0))
    assert asked == [(203,)]
    tip = timeline.tip_at(at(timeline, 203))
    assert "jump" in tip and "limb length" in tip and "low confidence" not in tip


def test_reasons_have_marks_of_different_shape(timeline: Timeline) -> None:
    kinds = [kind.value for kind in DoubtKind]
    timeline.set_doubts(range(20, 20 + 30 * len(kinds), 30), kinds)
    image, area = picture(timeline), timeline.lanes.doubts
    ground, warning = colors_of(timeline).surface, colors_of(timeline).warning

    def marked(color: QColor) -> bool:
        """Closer to the mark than to the ground: edges are smooth, and lie anywhere in a pixel."""
        near, far = (abs(color.blue() - other.blue()) + abs(color.red() - other.red()) for other in (warning, ground))
        return near < far

    shapes = set()
    for frame in range(20, 20 + 30 * len(kinds), 30):
        box = around(timeline, frame, area, half=8).toRect()
        cells = [(x, y) for x in range(box.left(), box.right()) for y in range(box.top(), box.bottom())]
        shape = tuple(marked(image.pixelColor(x, y)) for x, y in cells)
        assert any(shape)
        shapes.add(shape)
    assert len(shapes) == len(kinds)


def test_a_reason_looks_the_same_whatever_other_doubts_there_are(timeline: Timeline) -> None:
    timeline.set_doubts([200], ["jump"])
    alone = picture(timeline)
    timeline.set_doubts([200, 80, 300], ["jump", "limb length", "new run"])
    box = around(timeline, 200, timeline.lanes.doubts, half=8).toRect()
    assert picture(timeline).copy(box) == alone.copy(box)


def test_no_doubts_no_lane(timeline: Timeline) -> None:
    timeline.set_doubts([80], ["jump"])
    assert timeline.lanes.doubts.height() > 0
    timeline.set_doubts([], [])
    assert timeline.lanes.doubts.height() == 0


def test_a_suggestion_is_shown_in_the_colour_of_what_acts(timeline: Timeline) -> None:
    timeline.set_suggestions([250])
    accent = colors_of(timeline).accent.name()
    assert accent in seen(timeline, 250, timeline.lanes.keyframes)
    assert "keyframe" in timeline.tip_at(at(timeline, 250))
    timeline.set_suggestions([])
    assert accent not in seen(timeline, 250, timeline.lanes.keyframes)


# --- review


def test_reviewed_frames_are_a_band_and_one_that_is_missing_is_seen(timeline: Timeline) -> None:
    timeline.set_length(100_000, fps=60.0)
    reviewed = np.ones(100_000, bool)
    timeline.set_reviewed(reviewed)
    area = timeline.lanes.reviewed
    assert area.height() > 0
    image, y = picture(timeline), round(area.center().y())
    band = image.pixelColor(round(timeline.x_of(61_803)), y)
    assert band != colors_of(timeline).surface
    reviewed = reviewed.copy()
    reviewed[61_803] = False
    timeline.set_reviewed(reviewed)
    after = picture(timeline)
    assert any(after.pixelColor(round(timeline.x_of(61_803)) + dx, y) != band for dx in (-1, 0, 1))


# --- events


def test_a_click_on_an_event_goes_to_its_first_frame(timeline: Timeline, qtbot) -> None:
    timeline.set_events([Event(50, 150, "wall"), Event(100, None, "slip")])
    asked = heard(timeline.frame_requested)
    for frame in (140, 100):
        qtbot.mouseClick(timeline, Qt.MouseButton.LeftButton, pos=at(timeline, frame, lane="events"))
    assert asked == [(50,), (100,)]
    assert "wall" in timeline.tip_at(at(timeline, 100))


def test_a_double_click_renames_an_event(timeline: Timeline, qtbot) -> None:
    timeline.set_events([Event(50, 150, "wall")])
    renamed = heard(timeline.event_renamed)
    qtbot.mouseDClick(timeline, Qt.MouseButton.LeftButton, pos=at(timeline, 120, lane="events"))
    field = timeline._field
    assert field.isVisible() and field.text() == "wall"
    qtbot.keyClicks(field, "crux")
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert renamed == [(0, "crux")]


# --- the bar of the whole clip


def test_the_bar_at_the_bottom_moves_along_the_clip(timeline: Timeline, qtbot) -> None:
    wheel(timeline, at(timeline, 20), 2400)
    n_frames = timeline.visible_frames[1] - timeline.visible_frames[0]
    area = timeline.lanes.overview
    places = [QPoint(round(area.left() + area.width() * share), round(area.center().y())) for share in (0.5, 0.6, 0.8)]
    asked = heard(timeline.frame_requested)
    drag(qtbot, timeline, places)
    first, end = timeline.visible_frames
    assert (first + end) / 2 == pytest.approx(0.8 * N_FRAMES, abs=n_frames / 2)
    assert end - first == pytest.approx(n_frames)
    assert asked == []


def test_moving_the_playhead_paints_the_lanes_only_once(timeline: Timeline, qtbot) -> None:
    timeline.repaint()
    kept = timeline._picture
    for frame in (10, 20, 300):
        timeline.set_frame(frame)
        timeline.repaint()
    assert timeline._picture is kept
