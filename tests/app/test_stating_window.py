"""Depths and contacts by key in the real window."""

import numpy as np
import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent
from pytestqt.qtbot import QtBot

from annotation.body import SMPL_JOINTS
from annotation.fit_details import FitDetails
from annotation.known_facts import DepthStatement, Limb, Order
from annotation.skeletons import load_skeleton
from app.actions import Act
from app.focus_keys import needs
from app.main_window import MainWindow
from app.stating_presenter import ASKED, DEPTHS
from widgets.timeline_data import words_at

SKELETON = load_skeleton("climbalong25")


@pytest.fixture
def window(bodied_window: MainWindow) -> MainWindow:
    return bodied_window


def press(window: MainWindow, act: Act) -> None:
    window.actions_[act].trigger()


def depths(window: MainWindow) -> tuple[DepthStatement, ...]:
    track = window.view.track
    assert track is not None
    return track.facts.depths


def test_keys_state_the_depth_of_the_selected_joint(window: MainWindow) -> None:
    window.view.show_frame(4)
    window.view.show_joint(SKELETON.index("left_wrist"))
    press(window, Act.JOINT_NEARER)
    assert depths(window) == (DepthStatement(4, "left_wrist", Order.NEARER),)
    marks = window.layout_.timeline._data.marks
    assert marks[DEPTHS].frames.tolist() == [4]
    assert "left wrist nearer than left elbow" in dict(window.presenters.stating.sections()[0][1])["left wrist"]
    press(window, Act.JOINT_FARTHER)
    assert depths(window) == (DepthStatement(4, "left_wrist", Order.FARTHER),)
    press(window, Act.FORGET_DEPTH)
    assert depths(window) == () and DEPTHS not in marks
    press(window, Act.UNDO)
    assert depths(window) == (DepthStatement(4, "left_wrist", Order.FARTHER),)


def test_the_joint_list_says_who_said_it(window: MainWindow) -> None:
    window.document.set_author("Ana")
    window.view.show_joint(SKELETON.index("left_wrist"))
    press(window, Act.JOINT_NEARER)
    said = depths(window)[0]
    assert said.author == "Ana" and said.time_s is not None
    item = window.layout_.side._joints.item(SKELETON.index("left_wrist"))
    assert "left wrist nearer than left elbow, said by Ana on" in item.toolTip()
    press(window, Act.FORGET_DEPTH)
    assert "said by" not in item.toolTip()


def test_what_would_help_most_is_marked_and_one_key_away(qtbot: QtBot, window: MainWindow) -> None:
    asked = [{"frame": 7, "joint": "right_knee", "gain_m": 1.0}, {"frame": 3, "joint": "nose", "gain_m": 0.5}]
    window.presenters.bodies.fit._summary = {"questions": asked}
    window.presenters.bodies.fit.changed.emit()
    marks = window.layout_.timeline._data.marks
    assert marks[ASKED].frames.tolist() == [3, 7]
    rows = dict(window.presenters.stating.sections()[0][1])
    assert rows["would help most"] == "depth of the right knee in frame 7"
    press(window, Act.NEXT_QUESTION)
    assert window.view.frame == 7 and window.view.joint == SKELETON.index("right_knee")
    knee = window.layout_.side._joints.item(SKELETON.index("right_knee"))
    qtbot.waitUntil(lambda: "nearer or farther than the" in knee.toolTip(), timeout=10_000)
    press(window, Act.JOINT_FARTHER)
    assert marks[ASKED].frames.tolist() == [3]


def test_the_timeline_shows_how_far_the_body_is_off_and_how_unsure(window: MainWindow) -> None:
    n_frames = window.view.clip.n_frames
    fit = window.presenters.bodies.fit
    off, sure = np.linspace(2, 30, n_frames, dtype=np.float32), np.full((n_frames, 25), 0.04, np.float32)
    fit.details = FitDetails(SKELETON.joints, off, sure, sure, np.zeros((n_frames, 25), bool))
    fit.changed.emit()
    words = words_at(window.layout_.timeline._data, n_frames - 1)
    assert "off the points 30 px" in words and "unsure by 4 cm" in words
    fit.details = None
    fit.changed.emit()
    assert not window.layout_.timeline._data.measures


def test_without_a_joint_the_keys_say_what_to_do(qtbot: QtBot, window: MainWindow) -> None:
    with qtbot.waitSignal(window.presenters.stating.failed) as said:
        press(window, Act.JOINT_NEARER)
    assert "Select a joint" in said.args[0]


def test_a_joint_pulled_in_the_view_has_its_depth(window: MainWindow) -> None:
    window.view.show_frame(4)
    joints = window.frames.joints_at(4)
    assert joints is not None
    wrist, elbow = SMPL_JOINTS.index("left_wrist"), SMPL_JOINTS.index("left_elbow")
    window.layout_.body.joint_pulled.emit(wrist, -0.1)
    (said,) = depths(window)
    assert (said.frame, said.joint) == (4, "left_wrist")
    assert said.depth == pytest.approx(joints[wrist, 2] - joints[elbow, 2] - 0.1, abs=1e-3)


def test_a_hand_holds_over_the_range_and_is_marked(qtbot: QtBot, window: MainWindow) -> None:
    window.view.select_range(3, 9)
    window.view.show_frame(5)
    qtbot.waitUntil(lambda: window.source.exact)
    press(window, Act.LEFT_HAND_HOLDS)
    track = window.view.track
    assert track is not None and track.facts.contacts is not None
    assert [(c.limb, c.start, c.end) for c in track.facts.contacts] == [(Limb.LEFT_HAND, 3, 9)]
    assert window.layout_.timeline._data.marks["left hand holds"].frames.tolist() == list(range(3, 10))
    marked = window.layout_.body._marks
    assert marked._contacts is not None and len(marked._contacts) == 1
    press(window, Act.LEFT_HAND_HOLDS)
    assert track.facts.contacts == ()
    assert marked._contacts is None


def test_a_joint_chosen_in_the_list_takes_the_keys_for_depth(window: MainWindow) -> None:
    """The list has no use for them, so they reach the action."""
    joints = window.layout_.side._joints
    for key, needed in ((Qt.Key.Key_PageUp, False), (Qt.Key.Key_PageDown, False), (Qt.Key.Key_Down, True)):
        event = QKeyEvent(QEvent.Type.ShortcutOverride, key, Qt.KeyboardModifier.NoModifier)
        assert needs(joints, event) is needed
