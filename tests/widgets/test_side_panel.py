"""Clips, tracks, joints; the bar with the next step; the inspector."""

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QListWidget, QPushButton, QToolButton

from annotation.labels import Source, Visibility
from annotation.skeletons import joint_title, load_skeleton
from widgets.inspector import Inspector
from widgets.joint_list import row_words, state_words
from widgets.next_step_bar import NextStepBar
from widgets.side_panel import Entry, SidePanel

SKELETON = load_skeleton("climbalong25")
CLIPS = [Entry("a", "boulder.mp4", "377 frames"), Entry("b", "slab.mov", "1,800 frames", warning="video not found")]
TRACKS = [Entry("1", "Ana", "climbalong25"), Entry("2", "Ben", "coco17")]


@pytest.fixture
def panel(qtbot):
    panel = SidePanel()
    qtbot.addWidget(panel)
    panel.resize(240, 700)
    panel.show()
    panel.set_clips(CLIPS)
    panel.set_tracks(TRACKS)
    panel.set_joints(SKELETON)
    return panel


def the_list(panel, name: str) -> QListWidget:
    (found,) = [each for each in panel.findChildren(QListWidget) if each.accessibleName() == name]
    return found


def click(qtbot, rows: QListWidget, row: int) -> None:
    rows.scrollToItem(rows.item(row))
    where = rows.visualItemRect(rows.item(row)).center()
    qtbot.mouseClick(rows.viewport(), Qt.MouseButton.LeftButton, pos=where)


def spoken(rows: QListWidget, row: int) -> str:
    return rows.item(row).data(Qt.ItemDataRole.AccessibleTextRole)


def test_clicks_select_and_setters_are_silent(qtbot, panel):
    with qtbot.waitSignal(panel.clip_selected) as seen:
        click(qtbot, the_list(panel, "Clips"), 1)
    assert seen.args == ["b"]
    with qtbot.waitSignal(panel.track_selected) as seen:
        click(qtbot, the_list(panel, "Climbers"), 1)
    assert seen.args == ["2"]
    with qtbot.waitSignal(panel.joints_selected) as seen:
        click(qtbot, the_list(panel, "Joints"), 20)
    assert seen.args == [frozenset({20}), 20]
    with (
        qtbot.assertNotEmitted(panel.clip_selected),
        qtbot.assertNotEmitted(panel.track_selected),
        qtbot.assertNotEmitted(panel.joints_selected),
    ):
        panel.set_selected_clip("a")
        panel.set_selected_track("1")
        panel.set_selected_joints([3], current=3)
        panel.set_clips(CLIPS[::-1])
        panel.set_tracks([])
    assert the_list(panel, "Joints").currentRow() == 3
    assert the_list(panel, "Clips").currentRow() == 1, "the selected clip stays selected when the list changes"


def test_the_arrow_keys_walk_through_the_joints(qtbot, panel):
    panel.set_selected_joints([4], current=4)
    with qtbot.waitSignal(panel.joints_selected) as seen:
        qtbot.keyClick(the_list(panel, "Joints"), Qt.Key.Key_Down)
    assert seen.args == [frozenset({5}), 5]


def test_a_right_click_names_its_joint(qtbot, panel):
    rows = the_list(panel, "Joints")
    where = rows.visualItemRect(rows.item(2)).center()
    with qtbot.waitSignal(panel.joint_menu_requested) as seen:
        rows.customContextMenuRequested.emit(where)
    assert seen.args == [2, rows.viewport().mapToGlobal(where)]


def test_a_missing_video_is_said(panel):
    assert "video not found" in spoken(the_list(panel, "Clips"), 1)


def test_all_joints_are_listed_with_their_state(panel):
    rows = the_list(panel, "Joints")
    assert rows.count() == 25
    source = np.full(25, Source.PREDICTED, np.uint8)
    visibility = np.full(25, Visibility.VISIBLE, np.uint8)
    confidence = np.full(25, 0.83, np.float32)
    source[1], visibility[1] = Source.LABELLED, Visibility.OCCLUDED
    source[2], visibility[2] = Source.LABELLED, Visibility.ABSENT
    source[3], visibility[3] = Source.MISSING, Visibility.ABSENT
    panel.set_joint_states(source, visibility, confidence=confidence)
    names = [joint_title(joint) for joint in SKELETON.joints]
    assert spoken(rows, 0) == f"{names[0]}, predicted, 83 % sure"
    assert spoken(rows, 1) == f"{names[1]}, labelled, occluded"
    assert spoken(rows, 2) == f"{names[2]}, absent"
    assert spoken(rows, 3) == f"{names[3]}, missing"
    panel.set_joints(None)
    assert rows.count() == 0


def test_sides_are_told_by_colour_and_sources_by_shape(qtbot, panel):
    rows = the_list(panel, "Joints")
    joints = [SKELETON.index("left_wrist"), SKELETON.index("right_wrist")]
    pictures = {}
    for source in (Source.LABELLED, Source.INTERPOLATED, Source.PREDICTED, Source.MISSING):
        visible = Visibility.ABSENT if source is Source.MISSING else Visibility.VISIBLE
        panel.set_joint_states([source] * 25, [visible] * 25, confidence=[1.0] * 25)
        image = rows.viewport().grab().toImage()
        for joint in joints:
            rows.scrollToTop()
            area = rows.visualItemRect(rows.item(joint))
            area.setRight(area.left() + area.height() + 8)
            patch = image.copy(area)
            pictures[source, joint] = np.array(
                [[patch.pixelColor(x, y).getRgb()[:3] for x in range(patch.width())] for y in range(patch.height())]
            )
    for (_source, joint), picture in pictures.items():
        redder = (picture[..., 0] - picture[..., 2] > 80).sum()
        bluer = (picture[..., 2] - picture[..., 0] > 80).sum()
        assert (bluer > redder) == (joint == joints[0])
    shapes = [pictures[source, joints[0]] for source in Source]
    for n, a in enumerate(shapes):
        for b in shapes[n + 1 :]:
            assert (np.abs(a - b).max(axis=-1) > 60).sum() > 8


def test_at_its_narrowest_the_longest_name_and_its_state_fit(panel):
    rows = the_list(panel, "Joints")
    longest = max(map(joint_title, SKELETON.joints), key=rows.fontMetrics().horizontalAdvance)
    free = panel.minimumSizeHint().width() - rows.fontMetrics().horizontalAdvance(longest)
    assert free > rows.fontMetrics().horizontalAdvance("100 %") + rows.verticalScrollBar().sizeHint().width()


def test_words_for_states():
    assert state_words((Source.PREDICTED, Visibility.VISIBLE, 0.4)) == "40 %"
    assert state_words((Source.INTERPOLATED, Visibility.OCCLUDED, 1.0)) == "interpolated, occluded"
    assert row_words((Source.LABELLED, Visibility.OCCLUDED, 1.0)) == "occluded", "the mark says that it is labelled"
    assert state_words((Source.INTERPOLATED, Visibility.ABSENT, 0.0)) == "absent"


def test_things_can_be_added(qtbot, panel):
    buttons = {b.accessibleName(): b for b in panel.findChildren(QToolButton)}
    with qtbot.waitSignal(panel.add_clip_requested):
        qtbot.mouseClick(buttons["Add a video to the project"], Qt.MouseButton.LeftButton)
    with qtbot.waitSignal(panel.add_track_requested):
        qtbot.mouseClick(buttons["Detect another climber: drag a box around them"], Qt.MouseButton.LeftButton)


def test_the_next_step_is_one_button(qtbot):
    bar = NextStepBar()
    qtbot.addWidget(bar)
    assert bar.isHidden()
    bar.set_step("377 frames are ready.", button="Detect climber", detail="Takes about 10 s.")
    assert bar.isVisible()
    with qtbot.waitSignal(bar.activated):
        qtbot.mouseClick(bar.findChild(QPushButton), Qt.MouseButton.LeftButton)
    bar.set_step("Detecting. You can play the video meanwhile.")
    assert not bar.findChild(QPushButton).isVisible()
    bar.set_step("")
    assert bar.isHidden()


def test_the_inspector_shows_names_and_values(qtbot):
    inspector = Inspector()
    qtbot.addWidget(inspector)
    inspector.show()

    def shown() -> list[str]:
        return [label.text() for label in inspector.widget().findChildren(QLabel)]

    assert "Select a joint" in shown()[0]
    inspector.set_sections([("Body", [("Height", "1.74 m")]), ("Frame 3", [("Error", "4.2 px"), ("Labels", "2")])])
    assert shown() == ["Body", "Height", "1.74 m", "Frame 3", "Error", "4.2 px", "Labels", "2"]
    page = inspector.widget()
    inspector.set_sections([("Body", [("Height", "1.80 m")]), ("Frame 3", [("Error", "4.2 px"), ("Labels", "2")])])
    assert "1.80 m" in shown() and inspector.widget() is page
    inspector.set_sections([("Body", [("Weight", "60 kg")])])
    assert shown() == ["Body", "Weight", "60 kg"]
