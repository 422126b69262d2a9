"""Tables of figures and curves: what is told, what is kept, and how it looks in both themes."""

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from tests.widgets.timeline_mouse import wheel
from widgets.curve_canvas import CurveCanvas, round_ticks, thinned, tick_words
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
    canvas = plot.findChild(CurveCanvas)
    place = QPoint(round(canvas.x_of(30)), canvas.height() // 2)
    with qtbot.waitSignal(plot.x_chosen, timeout=10_000) as told:
        qtbot.mouseClick(canvas, Qt.MouseButton.LeftButton, pos=place)
    assert told.args[0] == pytest.approx(30, abs=0.5)


def test_values_without_neighbours_are_seen_as_dots(plot: CurvePlot, qtbot: QtBot) -> None:
    plot.setPalette(palette(Theme.DARK))
    y = np.full(200, np.nan)
    y[::50] = 0.5
    plot.set_curves([PlotCurve("one", np.arange(200.0), y)], about="few")
    qtbot.waitUntil(lambda: is_seen(plot, colors(Theme.DARK).accent), timeout=10_000)


def test_the_wheel_zooms_about_the_mouse_and_a_double_click_shows_all(plot: CurvePlot, qtbot: QtBot) -> None:
    x = np.arange(1001.0)
    plot.set_curves([PlotCurve("one", x, np.sin(x))], about="sine")
    canvas = plot.findChild(CurveCanvas)
    assert canvas.places == (0, 1000)
    spot = QPoint(round(canvas.x_of(300)), 40)
    wheel(canvas, spot, 600)
    low, high = canvas.places
    assert high - low < 500 and canvas.place_at(spot.x()) == pytest.approx(300, abs=5)
    plot.set_curves([PlotCurve("one", x, np.cos(x))], about="sine")
    assert canvas.places == (low, high), "new figures of the same kind stay in view"
    wheel(canvas, spot, -6000)
    assert canvas.places == (0, 1000)
    wheel(canvas, spot, 600)
    qtbot.mouseDClick(canvas, Qt.MouseButton.LeftButton, pos=spot)
    assert canvas.places == (0, 1000)


def test_ticks_are_round_and_told_apart() -> None:
    assert round_ticks(0, 250, at_most=6) == [0, 50, 100, 150, 200, 250]
    ticks = round_ticks(0.8412, 1.003, at_most=4)
    assert tick_words(ticks) == ["0.85", "0.90", "0.95", "1.00"]
    assert tick_words(round_ticks(-0.00012, 0.00031, at_most=3)) == ["0.0000", "0.0002"]
    assert len(round_ticks(7.0, 7.00001, at_most=0)) >= 1


def test_a_long_line_looks_the_same_with_fewer_points() -> None:
    rng = np.random.default_rng(1)
    x, y = np.linspace(0, 300, 100_000), rng.normal(size=100_000)
    fewer_x, fewer_y = thinned(x, y)
    assert len(fewer_x) <= 2 * 301
    for column in (0, 57, 299):
        there = (x >= column) & (x < column + 1)
        now = fewer_y[np.floor(fewer_x) == column]
        assert (now.min(), now.max()) == (y[there].min(), y[there].max())
    short = thinned(x[::5000], y[::5000])
    np.testing.assert_array_equal(short[1], y[::5000])


@pytest.mark.parametrize("values", [[], [3.0], [2.0, 2.0], [float("nan"), float("nan")], [0.0, 0.0]])
def test_little_or_nothing_is_painted_all_the_same(plot: CurvePlot, values: list[float]) -> None:
    plot.set_curves([PlotCurve("one", np.arange(float(len(values))), np.array(values))], about="little")
    assert not plot.grab().isNull()
