"""Who gets the room in a window of 1366x768: the video most of it, and no name is cut."""

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QLabel, QTabBar, QToolButton
from pytestqt.qtbot import QtBot

from annotation.fit_details import FitDetails
from annotation.skeletons import load_skeleton
from app.actions import Act
from app.main_window import MainWindow
from widgets.body_tips import MarkTips
from widgets.timeline_data import MarkKind

OPTIONAL = (
    Act.EXPORT,
    Act.IMPORT,
    Act.SMOOTH,
    Act.EVALUATE,
    Act.FINE_TUNE,
    Act.CLIMBER_AND_WALL,
    Act.HISTORY,
    Act.EDIT_KEYS,
)
SKELETON = load_skeleton("climbalong25")


def area(widget) -> int:
    return widget.width() * widget.height()


def test_with_a_body_and_all_its_lanes_the_video_stays_the_largest_part(
    qtbot: QtBot, bodied_window: MainWindow
) -> None:
    layout = bodied_window.layout_
    time = layout.dock_of(layout.time)
    qtbot.waitUntil(lambda: abs(time.height() - 0.27 * bodied_window.height()) <= 2)
    height = time.height()
    for name in ("left hand holds", "right hand holds", "left foot holds", "right foot holds", "depth stated"):
        layout.timeline.set_marks(name, [3, 4, 5], kind=MarkKind.STATE)
    bodied_window.actions_[Act.TIMELINE_GROUPS].trigger()
    bodied_window.actions_[Act.LABEL_ALL].trigger()
    bodied_window.actions_[Act.UNDO].trigger()
    qtbot.waitUntil(lambda: layout.timeline.lanes.hidden > 0)
    assert time.height() == height, "how high it is, is up to who works with it"
    others = [dock for dock in layout.docks if not dock.visibleRegion().isEmpty()]
    assert all(area(layout.video) > area(dock) for dock in others)
    assert layout.video.height() > 1.5 * time.height()


def test_whatever_panels_were_asked_for_the_names_of_all_tabs_can_be_read(
    qtbot: QtBot, bodied_window: MainWindow
) -> None:
    for act in OPTIONAL:
        bodied_window.actions_[act].trigger()
        bars = bodied_window.findChildren(QTabBar, options=Qt.FindChildOption.FindDirectChildrenOnly)
        for bar in (bar for bar in bars if bar.isVisible()):
            qtbot.waitUntil(lambda bar=bar: bar.width() >= bar.sizeHint().width() or bar.count() == 0)
            names = [bar.tabText(n) for n in range(bar.count())]
            scrolls = [button for button in bar.findChildren(QToolButton) if button.isVisible()]
            assert not scrolls, f"{names} have no room"


@pytest.mark.parametrize("act", [Act.FINE_TUNE, Act.SMOOTH, Act.EXPORT])
def test_what_begins_does_not_widen_the_column(qtbot: QtBot, bodied_window: MainWindow, act: Act) -> None:
    layout = bodied_window.layout_
    panel = {Act.FINE_TUNE: layout.training, Act.SMOOTH: layout.smoothing, Act.EXPORT: layout.exports}[act]
    bodied_window.actions_[act].trigger()
    dock = layout.dock_of(panel)
    bodied_window.resizeDocks([dock], [1], Qt.Orientation.Horizontal)
    qtbot.waitUntil(panel.isVisible)
    width = dock.width()
    panel.set_running(fraction=0.1)
    assert dock.width() == width
    panel.set_running(fraction=None)
    assert dock.width() == width


def test_a_ring_says_what_it_is_and_which_keys_state_the_depth(qtbot: QtBot, bodied_window: MainWindow) -> None:
    body = bodied_window.layout_.body
    legend = next(label for label in body.findChildren(QLabel) if label.accessibleName() == "Rings in the picture")
    tips = body.findChild(MarkTips)
    if not body.has_opengl:
        pytest.skip("there is nothing to see without OpenGL")
    clip, fit = bodied_window.view.clip, bodied_window.presenters.bodies.fit
    assert clip is not None
    is_open = np.zeros((clip.n_frames, 25), bool)
    is_open[:, SKELETON.index("left_elbow")] = True
    sure = np.full(is_open.shape, 0.1, np.float32)
    fit.details = FitDetails(SKELETON.joints, np.zeros(clip.n_frames, np.float32), sure, sure, is_open)
    fit.changed.emit()
    assert legend.isVisible() and "PgUp" in legend.toolTip()
    words = [tips.tip_at(QPoint(x, y)) for x in range(0, body.width(), 6) for y in range(0, body.height(), 6)]
    said = next(text for text in words if "Left elbow" in text)
    assert "nearer or farther than the left shoulder" in said and "PgDown" in said
    assert "" in words, "beside it nothing is said"
