"""The timeline with real mouse, wheel and key events."""

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt

from tests.widgets.timeline_mouse import at, drag, heard, move, wheel
from widgets.theme import colors_of
from widgets.timeline import Timeline
from widgets.timeline_data import Fill, Lane, MarkKind, clock
from widgets.timeline_layout import KEYFRAMES
from widgets.timeline_view import runs_of

N_FRAMES, FPS = 400, 25.0


@pytest.fixture
def timeline(qtbot):
    widget = Timeline()
    qtbot.addWidget(widget)
    widget.resize(1000, 180)
    with qtbot.waitExposed(widget):
        widget.show()
    widget.set_length(N_FRAMES, fps=FPS)
    return widget


# --- going to frames


def test_a_click_asks_for_the_frame_below(timeline, qtbot):
    asked = heard(timeline.frame_requested)
    qtbot.mouseClick(timeline, Qt.MouseButton.LeftButton, pos=at(timeline, 203))
    assert asked == [(203,)]


def test_dragging_scrubs_and_asks_for_each_frame_once(timeline, qtbot):
    asked = heard(timeline.frame_requested)
    drag(qtbot, timeline, [at(timeline, frame) for frame in (100, 150, 150, 200, 120)])
    assert asked == [(100,), (150,), (200,), (120,)]


def test_scrubbing_stops_at_the_ends_of_the_clip(timeline, qtbot):
    asked = heard(timeline.frame_requested)
    drag(qtbot, timeline, [at(timeline, 200), QPoint(-50, 90), QPoint(2000, 90)])
    assert asked == [(200,), (0,), (N_FRAMES - 1,)]


def test_zoomed_scrubbing_reaches_every_frame(timeline, qtbot):
    wheel(timeline, at(timeline, 300), 1800)
    first, end = timeline.visible_frames
    assert first <= 300 < end
    assert end - first < 60
    asked = heard(timeline.frame_requested)
    frames = list(range(int(first) + 2, int(end) - 2))
    drag(qtbot, timeline, [at(timeline, frame) for frame in frames])
    assert asked == [(frame,) for frame in frames]


def labelled(*frames: int) -> Lane:
    """The lane of all joints, with labels in some frames."""
    return Lane(KEYFRAMES, np.array(frames, np.intp))


def test_arrow_keys_step(timeline, qtbot):
    timeline.set_frame(10)
    asked = heard(timeline.frame_requested)
    for key in (Qt.Key.Key_Right, Qt.Key.Key_Left, Qt.Key.Key_PageDown, Qt.Key.Key_Home, Qt.Key.Key_End):
        qtbot.keyClick(timeline, key)
    assert asked == [(11,), (10,), (15,), (0,), (N_FRAMES - 1,)]


def test_setters_are_silent(timeline):
    asked, chosen = heard(timeline.frame_requested), heard(timeline.range_selected)
    timeline.set_frame(7)
    timeline.set_range((3, 9))
    timeline.set_summary(labelled(1, 2))
    assert asked == chosen == []


# --- keyframes and ranges


def test_a_click_near_a_keyframe_goes_exactly_there(timeline, qtbot):
    timeline.set_summary(labelled(50, 200))
    asked = heard(timeline.frame_requested)
    qtbot.mouseClick(timeline, Qt.MouseButton.LeftButton, pos=at(timeline, 200, lane="keyframes") + QPoint(5, 0))
    qtbot.mouseClick(timeline, Qt.MouseButton.LeftButton, pos=at(timeline, 120, lane="keyframes"))
    assert asked == [(200,), (120,)]


def test_shift_drag_chooses_a_range_in_either_direction(timeline, qtbot):
    asked, chosen = heard(timeline.frame_requested), heard(timeline.range_selected)
    drag(
        qtbot,
        timeline,
        [at(timeline, 180), at(timeline, 90), at(timeline, 60)],
        modifier=Qt.KeyboardModifier.ShiftModifier,
    )
    assert chosen == [(60, 180)]
    assert asked == []


def test_esc_takes_a_range_back(timeline, qtbot):
    chosen = heard(timeline.range_selected)
    shift = Qt.KeyboardModifier.ShiftModifier
    qtbot.mousePress(timeline, Qt.MouseButton.LeftButton, shift, pos=at(timeline, 60))
    move(timeline, at(timeline, 180), modifier=shift)
    qtbot.keyClick(timeline, Qt.Key.Key_Escape)
    qtbot.mouseRelease(timeline, Qt.MouseButton.LeftButton, shift, pos=at(timeline, 180))
    assert chosen == []


# --- zoom and pan


def test_the_wheel_zooms_about_the_cursor_and_back_to_the_whole(timeline):
    place = at(timeline, 300)
    wheel(timeline, place, 600)
    assert timeline.frame_at(place.x()) == 300
    wheel(timeline, place, -6000)
    assert timeline.visible_frames == (0, N_FRAMES)


def test_dragging_the_ruler_pans_only_when_zoomed(timeline, qtbot):
    asked = heard(timeline.frame_requested)
    drag(qtbot, timeline, [at(timeline, 100, lane="ruler"), at(timeline, 140, lane="ruler")])
    assert asked == [(100,), (140,)]
    timeline.zoom_by(4, about=timeline.x_of(200))
    held = timeline.frame_at(500)
    drag(qtbot, timeline, [QPoint(500, 8), QPoint(560, 8), QPoint(620, 8)])
    assert abs(timeline.frame_at(620) - held) <= 1
    assert len(asked) == 2
    frame = timeline.frame_at(400)
    qtbot.mouseClick(timeline, Qt.MouseButton.LeftButton, pos=QPoint(400, 8))
    assert asked[2:] == [(frame,)]


def test_shift_wheel_pans_and_stays_inside(timeline):
    timeline.zoom_by(4, about=timeline.x_of(200))
    first, end = timeline.visible_frames
    wheel(timeline, at(timeline, 200), -240, modifier=Qt.KeyboardModifier.ShiftModifier)
    assert timeline.visible_frames[0] > first
    assert timeline.visible_frames[1] - timeline.visible_frames[0] == pytest.approx(end - first)
    for _ in range(40):
        wheel(timeline, at(timeline, 200), -1200, modifier=Qt.KeyboardModifier.ShiftModifier)
    assert timeline.visible_frames[1] == pytest.approx(N_FRAMES)


def test_the_view_follows_the_playhead_when_zoomed(timeline):
    timeline.zoom_by(8, about=timeline.x_of(0))
    for frame in (49, 200, 399, 0):
        timeline.set_frame(frame)
        first, end = timeline.visible_frames
        assert first <= frame < end


def test_a_new_clip_shows_nothing_of_the_old_one(timeline, qtbot):
    blank = timeline.grab().toImage()
    timeline.set_summary(labelled(1, 50))
    timeline.set_marks("doubt", [7])
    timeline.set_confidence(np.full(N_FRAMES, 0.9, np.float32))
    timeline.zoom_by(3)
    assert timeline.grab().toImage() != blank
    timeline.set_length(N_FRAMES, fps=FPS)
    assert timeline.grab().toImage() == blank


def test_an_empty_timeline_ignores_the_mouse(qtbot):
    widget = Timeline()
    qtbot.addWidget(widget)
    asked = heard(widget.frame_requested)
    qtbot.mouseClick(widget, Qt.MouseButton.LeftButton, pos=QPoint(200, 60))
    qtbot.keyClick(widget, Qt.Key.Key_Right)
    widget.grab()
    assert asked == []


# --- what is drawn


def pixel(timeline, place: QPoint):
    return timeline.grab().toImage().pixelColor(place).name()


def test_marks_are_drawn_where_they_are_and_gone_when_removed(timeline):
    timeline.set_frame(399)
    timeline.set_marks("doubt", range(100, 120))
    timeline.set_marks("left hand", range(200, 220), kind=MarkKind.STATE)
    rows = {name: round(area.center().y()) for name, area in timeline._lanes.marks.items()}

    def seen(name: str, frame: int) -> str:
        return pixel(timeline, QPoint(round(timeline.x_of(frame)), rows[name]))

    empty = seen("doubt", 55)
    assert seen("doubt", 110) == colors_of(timeline).warning.name()
    assert seen("left hand", 210) not in (empty, seen("doubt", 110))
    assert seen("doubt", 135) == empty
    timeline.set_marks("doubt", [])
    assert list(timeline._lanes.marks) == ["left hand"]


def test_a_single_doubt_shows_in_a_very_long_clip(timeline):
    n_frames = 100_000
    timeline.set_length(n_frames, fps=60.0)
    confidence = np.full(n_frames, 0.95, np.float32)
    calm = timeline.grab().toImage()
    timeline.set_confidence(confidence)
    calm = timeline.grab().toImage()
    confidence = confidence.copy()
    confidence[61_803] = 0.1
    timeline.set_confidence(confidence)
    doubtful = timeline.grab().toImage()
    area, x = timeline._lanes.confidence, round(timeline.x_of(61_803))
    y = round(area.bottom() - 0.3 * area.height())
    assert any(doubtful.pixelColor(x + dx, y) != calm.pixelColor(x + dx, y) for dx in (-2, -1, 0, 1, 2))


def test_the_tip_says_frame_time_confidence_and_marks(timeline):
    confidence = np.full(N_FRAMES, 0.9, np.float32)
    confidence[187] = 0.42
    timeline.set_confidence(confidence)
    timeline.set_summary(Lane("keyframes", fill=np.full(N_FRAMES, Fill.PREDICTED, np.uint8)))
    timeline.set_marks("swapped", [187])
    tip = timeline.tip_at(at(timeline, 187))
    for words in ("frame 187", "00:07.480", "0.42", "predicted", "swapped"):
        assert words in tip
    assert "swapped" not in timeline.tip_at(at(timeline, 20))


def test_times_of_a_clip_of_variable_rate_are_its_own(timeline):
    times = np.arange(10) ** 2 / 10
    timeline.set_length(10, fps=10 / 8.1, times_s=times)
    assert "00:04.900" in timeline.tip_at(at(timeline, 7))


def test_missing_confidence_leaves_no_number(timeline):
    timeline.set_confidence(np.full(N_FRAMES, np.nan, np.float32))
    assert "confidence" not in timeline.tip_at(at(timeline, 50))
    timeline.grab()


# --- numbers


def test_runs_cover_all_values_and_are_maximal():
    values = np.array([1, 1, 2, 2, 2, 1, 3])
    runs = runs_of(values)
    assert [value for start, end in runs for value in values[start:end]] == values.tolist()
    assert [int(values[start]) for start, _ in runs] == [1, 2, 1, 3]


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "00:00.000"), (7.48, "00:07.480"), (59.9996, "01:00.000"), (600, "10:00.000")]
)
def test_clock(seconds, text):
    assert clock(seconds) == text
