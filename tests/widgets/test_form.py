"""Forms in panels: no word is cut, whatever the width, and whether or not the form scrolls."""

import pytest
from PySide6.QtWidgets import QLabel, QScrollArea
from pytestqt.qtbot import QtBot

from widgets.smoothing_panel import SmootherRow, SmoothingPanel

ROW = SmootherRow(
    "conv",
    "3DConv",
    "One convolution over heatmaps of 5 frames. Good for a detector's points, in seconds. On the default detector over "
    "made-up climbs: 57 to 62 % within 0.05 torsos, acceleration error -76 %, error in the fastest moves -48 %.",
    "78,150 parameters; windows of 5 frames at 30 fps; trained on synthesised motion only: 1440 sequences",
    learned=True,
    takes="Takes about 4 s.",
)


def cut(panel: SmoothingPanel) -> list[str]:
    """The words that need more height than they have."""
    labels = [label for label in panel.findChildren(QLabel) if label.isVisible() and label.wordWrap()]
    return [label.text() for label in labels if label.height() < label.heightForWidth(label.width())]


@pytest.mark.parametrize("width", [240, 290, 306, 325, 363, 401])
def test_no_line_is_cut_once_the_form_has_to_scroll(qtbot: QtBot, width: int) -> None:
    panel = SmoothingPanel()
    qtbot.addWidget(panel)
    panel.resize(width, 330)
    with qtbot.waitExposed(panel):
        panel.show()
    panel.set_smoothers([ROW])
    panel.set_state("Shown: mediapipe-pose-full, not smoothed.", smoothed=False, possible=True)
    qtbot.waitUntil(lambda: not cut(panel))
    panel.set_state("Shown: mediapipe-pose-full + 3DConv, steadied. Labels stay.", smoothed=True, possible=True)
    panel.set_change("Joints were moved by 4.8 px on average, by 18.1 px in frame 160.", possible=True)
    page = panel.findChild(QScrollArea)
    assert page is not None
    qtbot.waitUntil(lambda: page.verticalScrollBar().maximum() > 0)
    qtbot.waitUntil(lambda: not cut(panel))
