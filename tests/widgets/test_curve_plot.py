"""Curves: epochs have whole numbers on their axis."""

import numpy as np
import pytest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from widgets.curve_plot import CurvePlot, PlotCurve


@pytest.mark.parametrize("n_epochs", [1, 2, 3, 40])
def test_epochs_are_whole(n_epochs: int, qtbot: QtBot) -> None:
    plot = CurvePlot("Loss over epochs", whole_x=True)
    qtbot.addWidget(plot)
    plot.resize(500, 200)
    plot.show()
    epochs = np.arange(1.0, n_epochs + 1)
    plot.set_curves([PlotCurve("loss", epochs, 1 / epochs)], about="Loss by epoch")
    qtbot.waitUntil(lambda: bool(plot.curves) and plot.findChild(QWidget) is not None)
    import pyqtgraph

    def axis() -> pyqtgraph.AxisItem:
        return plot.findChild(pyqtgraph.PlotWidget).getPlotItem().getAxis("bottom")

    qtbot.waitUntil(lambda: axis().range[1] > axis().range[0])
    ticks = [value for _, values in axis().tickValues(*axis().range, 400) for value in values]
    assert ticks and all(value == round(value) for value in ticks)
