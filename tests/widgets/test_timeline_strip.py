"""Small pictures along the timeline: which frames have room, and the one above the cursor."""

import itertools

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QImage, QMouseEvent
from PySide6.QtWidgets import QApplication

from widgets.timeline import Timeline

N_FRAMES = 400


@pytest.fixture
def timeline(qtbot):
    widget = Timeline()
    qtbot.addWidget(widget)
    widget.resize(1000, 220)
    with qtbot.waitExposed(widget):
        widget.show()
    return widget


def colored(color: str) -> QImage:
    image = QImage(120, 160, QImage.Format.Format_RGB888)
    image.fill(QColor(color))
    return image


def show_clip(qtbot, timeline) -> list[int]:
    with qtbot.waitSignal(timeline.thumbnails_wanted) as asked:
        timeline.set_length(N_FRAMES, fps=25.0, aspect=0.75)
    return asked.args[0]


def hover(timeline, frame: int) -> None:
    place = QPoint(round(timeline.x_of(frame)), round(timeline._lanes.confidence.center().y()))
    none, modifiers = Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier
    where = timeline.mapToGlobal(QPointF(place))
    QApplication.sendEvent(
        timeline, QMouseEvent(QMouseEvent.Type.MouseMove, QPointF(place), where, none, none, modifiers)
    )


def test_as_many_frames_as_fit_are_wanted(timeline, qtbot):
    frames = show_clip(qtbot, timeline)
    area = timeline._lanes.pictures
    width = 0.75 * area.height()
    assert area.height() > 20
    assert len(frames) > 5
    middles = [timeline.x_of(frame) for frame in frames]
    assert min(b - a for a, b in itertools.pairwise(middles)) >= width, "pictures do not overlap"


def test_zooming_asks_once_for_what_is_new(timeline, qtbot):
    frames = show_clip(qtbot, timeline)
    for frame in frames:
        timeline.set_thumbnail(frame, colored("red"))
    asked: list[list[int]] = []
    timeline.thumbnails_wanted.connect(asked.append)
    with qtbot.waitSignal(timeline.thumbnails_wanted):
        for _ in range(4):
            timeline.zoom_by(1.5, about=500)
    assert len(asked) == 1
    assert not set(asked[0]) & set(frames), "what is there already is not asked for"
    first, end = timeline.visible_frames
    assert all(first - 50 <= frame < end for frame in asked[0])


def test_a_picture_is_painted_at_its_frame(timeline, qtbot):
    frame = show_clip(qtbot, timeline)[3]
    timeline.set_thumbnail(frame, colored("#ff0000"))
    picture = timeline.grab().toImage()
    y = round(timeline._lanes.pictures.center().y())
    ratio = picture.devicePixelRatio()
    assert picture.pixelColor(round(timeline.x_of(frame) * ratio), round(y * ratio)) == QColor("#ff0000")
    other = timeline.x_of(frame) + 0.75 * timeline._lanes.pictures.height()
    assert picture.pixelColor(round(other * ratio), round(y * ratio)) != QColor("#ff0000")


def test_pictures_without_room_are_not_kept(timeline, qtbot):
    frames = show_clip(qtbot, timeline)
    for frame in range(N_FRAMES):  # as hovering over the whole timeline brings them
        timeline.set_thumbnail(frame, colored("red"))
    assert set(timeline._strip.pictures) == set(frames)


def test_hovering_shows_the_frame_below_the_cursor_and_no_other(timeline, qtbot):
    show_clip(qtbot, timeline)
    asked: list[int] = []
    timeline.preview_wanted.connect(asked.append)
    hover(timeline, 200)
    assert asked == [200]
    preview = timeline._preview
    assert preview.isVisible()
    timeline.set_preview(199, colored("red"))
    assert preview.picture().isNull(), "a picture that comes too late is left out"
    timeline.set_preview(200, colored("red"))
    assert preview.picture().toImage().pixelColor(10, 10) == QColor("red")
    hover(timeline, 300)
    assert preview.picture().isNull()
    qtbot.mousePress(timeline, Qt.MouseButton.LeftButton, pos=QPoint(500, 100))
    assert not preview.isVisible()


def test_without_pictures_there_is_no_lane(timeline):
    timeline.set_length(N_FRAMES, fps=25.0)
    assert timeline._lanes.pictures.height() == 0
    assert timeline._lanes.confidence.height() > 0


def test_a_low_timeline_leaves_the_pictures_out(timeline, qtbot):
    show_clip(qtbot, timeline)
    timeline.resize(1000, 90)
    assert timeline._lanes.pictures.height() == 0
