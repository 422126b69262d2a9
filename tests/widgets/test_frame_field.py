"""Typing a frame or a time."""

import numpy as np
import pytest
from PySide6.QtCore import Qt

from widgets.frame_field import FrameField, frame_of_text

TIMES_S = np.concatenate([np.arange(100) / 25, 10 + np.arange(100) / 50])


@pytest.mark.parametrize(
    ("text", "frame"),
    [
        ("0", 0),
        ("412", 412),
        (" 7 ", 7),
        ("1:23.4", 2085),
        ("0:10", 250),
        ("12.5", 312),
        ("12s", 300),
        ("1:00:00", 2999),
        ("99999", 2999),
    ],
)
def test_numbers_are_frames_and_the_rest_are_times(text, frame):
    assert frame_of_text(text, n_frames=3000, fps=25.0) == frame


@pytest.mark.parametrize("text", ["", "abc", "1:2:3:4", "-3", ":"])
def test_anything_else_is_neither(text):
    assert frame_of_text(text, n_frames=3000, fps=25.0) is None


@pytest.mark.parametrize(("text", "frame"), [("3.96", 99), ("5.0", 99), ("10.0", 100), ("0:11", 150)])
def test_times_follow_the_timestamps_of_the_clip(text, frame):
    """Between 3.96 s and 10 s frame 99 is on screen."""
    assert frame_of_text(text, n_frames=200, fps=20.0, times_s=TIMES_S) == frame


def test_escape_gives_up_what_was_typed(qtbot):
    field = FrameField()
    qtbot.addWidget(field)
    with qtbot.waitExposed(field):
        field.show()
    field.set_clip(100, 25.0, times_s=None)
    field.setValue(12)
    asked: list[int] = []
    field.valueChanged.connect(asked.append)
    field.setFocus()
    field.selectAll()
    qtbot.keyClicks(field, "4")
    qtbot.keyClick(field, Qt.Key.Key_Escape)
    assert asked == []
    assert field.value() == 12
    assert field.lineEdit().text() == "12"
