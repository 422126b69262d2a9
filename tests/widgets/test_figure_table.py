"""Tables of figures and curves: what is told, what is kept, and how it looks in both themes."""

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from widgets.curve_plot import CurveLook, CurvePlot, PlotCurve
from widgets.figure_table import FigureRow, FigureTable
from widgets.theme import Theme, colors, palette

ROWS = [
    FigureRow("", "PCK@0.1", ("0.9", "0.8"), best=0),
    FigureRow("", "of each joint", heading=True),
    FigureRow("nose", "nose", ("0.5", "0.6"), best=1),
    FigureRow("left_wrist", "left wrist", ("0.7", "0.7")),
]


@pytest.fixture
def table(qtbot: QtBot) -> FigureTable:
    widget = FigureTable("Figures")
    qtbot.addWidget(widget)
    widget.resize(340, 200)
    with qtbot.waitExposed(widget):
        widget.show()
    widget.set_figures(["smoothed", "before"], ROWS, tips=["DeciWatch", "MediaPipe"])
    return widget


def test_the_best_figure_of_a_row_is_bold(table: FigureTable) -> None:
    weights = [[table.item(row, column).font().weight() for column in (1, 2)] for row in (0, 2, 3)]
    assert [w[0] > w[1] for w in weights] == [True, False, False] and weights[1][1] > weights[1][0]
    assert weights[2][0] == weights[2][1]
    assert table.horizontalHeaderItem(1).toolTip() == "DeciWatch"


def test_a_row_is_chosen_by_key_or_mouse_and_stays_chosen(table: FigureTable, qtbot: QtBot) -> None:
    table.setFocus()
    with qtbot.waitSignal(table.row_chosen) as chosen:
        place = table.visualItemRect(table.item(2, 1)).center()
        qtbot.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert chosen.args == ["nose"]
    with qtbot.waitSignal(table.row_chosen) as chosen:
        qtbot.keyClick(table, Qt.Key.Key_Down)
    assert chosen.args == ["left_wrist"]
    with qtbot.assertNotEmitted(table.row_chosen):
        table.set_figures(["smoothed"], [ROWS[3], ROWS[2]])
    assert table.key == "left_wrist"
    table.set_figures(["smoothed"], [ROWS[0]])
    assert table.key == ""


def test_names_have_room_in_a_narrow_column(table: FigureTable) -> None:
    for row in (0, 2, 3):
        text = table.item(row, 0).text()
        assert table.columnWidth(0) >= table.fontMetrics().horizontalAdvance(text) + 8
    assert not table.horizontalScrollBar().isVisible()


@pytest.fixture
def plot(qtbot: QtBot) -> CurvePlot:
    widget = CurvePlot("Curves")
    qtbot.addWidget(widget)
    widget.resize(360, 200)
    with qtbot.waitExposed(widget):
        widget.show()
    return widget


def is_seen(widget: CurvePlot, *wanted: QColor) -> bool:
    """Whether colours are there, or nearly: lines are softened at their edges."""
    image = widget.grab().toImage()
    found = {image.pixelColor(x, y).rgb() for x in range(image.width()) for y in range(image.height())}
    parts = np.array([QColor(rgb).getRgb()[:3] for rgb in found])
    return all(np.abs(parts - color.getRgb()[:3]).max(axis=1).min() < 30 for color in wanted)


def test_a_plot_without_curves_says_why(plot: CurvePlot) -> None:
    plot.set_message("Nothing yet.")
    assert [label.text() for label in plot.findChildren(QLabel) if label.isVisible()] == ["Nothing yet."]


@pytest.mark.parametrize("theme", Theme)
def test_curves_have_the_colours_of_the_theme(plot: CurvePlot, theme: Theme, qtbot: QtBot) -> None:
    plot.setPalette(palette(theme))
    x = np.arange(100.0)
    level = np.repeat([0.2, 0.8], 50)
    plot.set_curves([PlotCurve("smoothed", x, level), PlotCurve("before", x, 1 - level, CurveLook.OTHER)], about="PCK")
    now = colors(theme)
    qtbot.waitUntil(lambda: is_seen(plot, now.surface, now.accent), timeout=10_000)
    other = Theme.LIGHT if theme is Theme.DARK else Theme.DARK
    plot.setPalette(palette(other))
    then = colors(other)
    qtbot.waitUntil(lambda: is_seen(plot, then.surface, then.accent), timeout=10_000)
    caption = next(label.text() for label in plot.findChildren(QLabel) if label.isVisible())
    assert caption.startswith("PCK") and "smoothed" in caption and "before" in caption
    assert plot.accessibleDescription() == "PCK: smoothed, before."


def test_a_click_tells_the_place(plot: CurvePlot, qtbot: QtBot) -> None:
    x = np.arange(101.0)
    plot.set_curves([PlotCurve("one", x, np.sin(x))], about="sine")
    plot.set_borders([20.0])
    plot.set_marker(50)
    assert plot.borders == (20.0,)
    canvas = next(child for child in plot.children() if child.metaObject().className() == "PlotWidget")
    qtbot.waitUntil(lambda: canvas.getPlotItem().getViewBox().viewRange()[0][1] > 90, timeout=10_000)
    with qtbot.waitSignal(plot.x_chosen, timeout=10_000) as told:
        qtbot.mouseClick(canvas.viewport(), Qt.MouseButton.LeftButton, pos=canvas.viewport().rect().center())
    assert 20 < told.args[0] < 80


def test_values_without_neighbours_are_seen_as_dots(plot: CurvePlot, qtbot: QtBot) -> None:
    plot.setPalette(palette(Theme.DARK))
    y = np.full(200, np.nan)
    y[::50] = 0.5
    plot.set_curves([PlotCurve("one", np.arange(200.0), y)], about="few")
    qtbot.waitUntil(lambda: is_seen(plot, colors(Theme.DARK).accent), timeout=10_000)
