"""Curves over frames or epochs, under a line that says what they are."""

import html
from collections.abc import Sequence

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtWidgets import QLabel, QSizePolicy, QVBoxLayout, QWidget

from widgets.curve_canvas import CurveCanvas, CurveLook, PlotCurve, look_color
from widgets.theme import colors_of

__all__ = ["CurveLook", "CurvePlot", "PlotCurve"]

_LINES = {CurveLook.MAIN: "\u2501\u2501", CurveLook.OTHER: "\u2501\u2501", CurveLook.THIRD: "\u2505\u2505"}
"""Pieces of the lines, for the caption."""


class CurvePlot(QWidget):
    """Shows curves with their names; a click tells where.

    Signals
    -------
    x_chosen : float
        The user clicked at this place of the horizontal axis.
    """

    x_chosen = Signal(float)

    def __init__(self, name: str, *, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self._caption = QLabel()
        self._caption.setWordWrap(True)
        self._caption.setTextFormat(Qt.TextFormat.RichText)
        self._canvas = CurveCanvas()
        self._canvas.place_chosen.connect(self.x_chosen)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addWidget(self._caption)
        column.addWidget(self._canvas, 1)
        self._curves: tuple[PlotCurve, ...] = ()
        self._borders: tuple[float, ...] = ()
        self._about = ""

    # --- setters ---------------------------------------------------------------------------------------------

    def set_curves(self, curves: Sequence[PlotCurve], *, about: str) -> None:
        """Show curves and say what they are; the whole of them, if that is something else than before."""
        whole = about != self._about or not self._curves
        self._curves, self._about = tuple(curves), about
        self._canvas.set_curves(curves, whole=whole)
        self._name_curves()
        names = ", ".join(dict.fromkeys(curve.name for curve in curves if curve.name))
        self.setAccessibleDescription(f"{about}: {names}.")

    def set_borders(self, places: Sequence[float]) -> None:
        """Mark places with thin lines, such as the borders of windows."""
        self._borders = tuple(places)
        self._canvas.set_borders(places)

    def set_marker(self, place: float | None) -> None:
        """Mark the place that is on screen."""
        self._canvas.set_marker(place)

    @property
    def curves(self) -> tuple[PlotCurve, ...]:
        """What is shown."""
        return self._curves

    @property
    def borders(self) -> tuple[float, ...]:
        """The marked borders."""
        return self._borders

    # --- looks -----------------------------------------------------------------------------------------------

    def changeEvent(self, event: QEvent) -> None:
        """Follow the theme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._name_curves()

    def _name_curves(self) -> None:
        """Say what the curves are, each name behind a piece of its line."""
        c = colors_of(self)
        names = {curve.name: curve.look for curve in self._curves if curve.name}
        lines = [
            f'<span style="color:{look_color(look, c).name()}">{_LINES[look]}</span>&nbsp;{html.escape(name)}'
            for name, look in names.items()
        ]
        self._caption.setText(" &nbsp; ".join([html.escape(self._about), *lines]))
