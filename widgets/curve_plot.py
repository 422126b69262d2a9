"""Curves over frames or epochs, drawn by pyqtgraph, which is loaded only when there is a curve."""

import html
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QPen
from PySide6.QtWidgets import QLabel, QSizePolicy, QStackedLayout, QVBoxLayout, QWidget

from widgets.theme import ThemeColors, colors_of

_DOTS_BELOW = 600
"""So many values stand as dots where they have no neighbours to be joined with."""
_FAINT = 0.45
_LEAST_LINES = 7
_LINE, _DASHES = "\u2501\u2501", "\u2505\u2505"


class CurveLook(Enum):
    """What a curve stands for: what is looked at, what it is held against, or a third thing."""

    MAIN = "main"
    OTHER = "other"
    THIRD = "third"


_LINES = {CurveLook.MAIN: _LINE, CurveLook.OTHER: _LINE, CurveLook.THIRD: _DASHES}
"""Pieces of the lines, for the caption."""


@dataclass(frozen=True, eq=False)
class PlotCurve:
    """One curve.

    Attributes
    ----------
    name : str
        For the legend; empty leaves it out.
    x, y : (N,) arrays
        NaN in `y` is a gap.
    faint : bool
        Whether it is drawn thin, as the ground of another one.
    """

    name: str
    x: NDArray[np.floating]
    y: NDArray[np.floating]
    look: CurveLook = CurveLook.MAIN
    faint: bool = False


class CurvePlot(QWidget):
    """Shows curves; a click tells where.

    Parameters
    ----------
    whole_x : bool
        Whether there is nothing between whole numbers on the horizontal axis, such as epochs.

    Signals
    -------
    x_chosen : float
        The user clicked at this place of the horizontal axis.
    """

    x_chosen = Signal(float)

    def __init__(self, name: str, *, whole_x: bool = False, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._whole_x = whole_x
        self.setAccessibleName(name)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self._message = QLabel()
        self._message.setWordWrap(True)
        self._message.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._message.setForegroundRole(self._message.palette().ColorRole.PlaceholderText)
        self._caption = QLabel()
        self._caption.setWordWrap(True)
        self._caption.setTextFormat(Qt.TextFormat.RichText)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addWidget(self._caption)
        self._stack = QStackedLayout()
        column.addLayout(self._stack, 1)
        self._stack.addWidget(self._message)
        self._plot: Any = None
        self._marker: Any = None
        self._curves: tuple[PlotCurve, ...] = ()
        self._borders: tuple[float, ...] = ()
        self._about = ""
        self._place: float | None = None

    # --- setters ---------------------------------------------------------------------------------------------

    def set_message(self, text: str) -> None:
        """Say something in the place of curves."""
        self._curves = ()
        self._message.setText(text)
        self._caption.hide()
        self._stack.setCurrentWidget(self._message)
        self.setAccessibleDescription(text)

    def set_curves(self, curves: Sequence[PlotCurve], *, about: str) -> None:
        """Show curves and say what they are; the whole of them, if that is something else than before."""
        anew = about != self._about or not self._curves
        self._curves, self._about = tuple(curves), about
        if self._plot is None:
            self._make_plot()
            QTimer.singleShot(0, self, lambda: self._show(anew=True))  # to make one takes as long as to draw in it
        else:
            self._show(anew=anew)
        names = ", ".join(dict.fromkeys(curve.name for curve in curves if curve.name))
        self.setAccessibleDescription(f"{about}: {names}.")

    def set_borders(self, places: Sequence[float]) -> None:
        """Mark places with thin lines, such as the borders of windows."""
        self._borders = tuple(places)
        if self._stack.currentWidget() is self._plot:
            self._draw()

    def set_marker(self, place: float | None) -> None:
        """Mark the place that is on screen."""
        self._place = place
        if self._marker is not None:
            self._marker.setVisible(place is not None)
            if place is not None:
                self._marker.setValue(place)

    @property
    def curves(self) -> tuple[PlotCurve, ...]:
        """What is shown."""
        return self._curves

    @property
    def borders(self) -> tuple[float, ...]:
        """The marked borders."""
        return self._borders

    # --- looks -----------------------------------------------------------------------------------------------

    def sizeHint(self) -> QSize:
        """Room to read a curve; where there is more, it grows."""
        return QSize(240, 10 * self.fontMetrics().height())

    def minimumSizeHint(self) -> QSize:
        """Room to see that there is one."""
        return QSize(120, _LEAST_LINES * self.fontMetrics().height())

    def changeEvent(self, event: QEvent) -> None:
        """Follow the theme and the font."""
        super().changeEvent(event)
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.FontChange) and self._plot is not None:
            self._draw()

    def _make_plot(self) -> None:
        import pyqtgraph  # takes half a second, which only those wait for who look at curves

        axes = {"bottom": _whole_axis()} if self._whole_x else None
        self._plot = pyqtgraph.PlotWidget(parent=self, axisItems=axes)
        self._plot.setFrameShape(self._plot.Shape.NoFrame)
        self._plot.setMenuEnabled(False)
        self._plot.hideButtons()
        self._plot.setMouseEnabled(x=True, y=False)
        self._plot.setAccessibleName(self.accessibleName())
        self._plot.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self._plot.scene().sigMouseClicked.connect(self._clicked)
        self._stack.addWidget(self._plot)

    def _show(self, *, anew: bool) -> None:
        if self._curves:
            self._stack.setCurrentWidget(self._plot)
            self._draw()
            if anew:
                self._plot.enableAutoRange()

    def _draw(self) -> None:
        """Draw everything in the colours of the theme."""
        import pyqtgraph

        c, item = colors_of(self), self._plot.getPlotItem()
        item.clear()
        self._plot.setBackground(c.surface)
        for name in ("bottom", "left"):
            axis = item.getAxis(name)
            axis.setPen(QPen(c.border))
            axis.setTextPen(QPen(c.muted))
            axis.setTickFont(self.font())
            axis.enableAutoSIPrefix(False)
        for place in self._borders:
            item.addItem(pyqtgraph.InfiniteLine(place, pen=QPen(c.grid, 0)), ignoreBounds=True)
        self._caption.setText(self._caption_text(c))
        self._caption.show()
        for curve in sorted(self._curves, key=lambda curve: not curve.faint):
            item.addItem(self._drawn(curve, c))
        self._marker = pyqtgraph.InfiniteLine(pen=QPen(c.text, 0, Qt.PenStyle.DashLine))
        item.addItem(self._marker, ignoreBounds=True)
        self.set_marker(self._place)

    def _caption_text(self, c: ThemeColors) -> str:
        """Say what the curves are, each name behind a piece of its line."""
        names = {curve.name: curve.look for curve in self._curves if curve.name}
        lines = [
            f'<span style="color:{_color(look, c).name()}">{_LINES[look]}</span>&nbsp;{html.escape(name)}'
            for name, look in names.items()
        ]
        return " &nbsp; ".join([html.escape(self._about), *lines])

    def _drawn(self, curve: PlotCurve, c: ThemeColors) -> Any:
        import pyqtgraph

        color = QColor(_color(curve.look, c))
        if curve.faint:
            color.setAlphaF(_FAINT)
        style = Qt.PenStyle.DashLine if curve.look is CurveLook.THIRD else Qt.PenStyle.SolidLine
        pen = QPen(color, 1.0 if curve.faint else 2.0, style)
        pen.setCosmetic(True)
        dots: dict[str, Any] = {}
        if np.isfinite(curve.y).sum() < _DOTS_BELOW and _stands_alone(curve.y).any():
            dots = {"symbol": "o", "symbolSize": 4, "symbolBrush": color, "symbolPen": None}
        drawn = pyqtgraph.PlotDataItem(curve.x, curve.y, pen=pen, connect="finite", antialias=True, **dots)
        drawn.setDownsampling(auto=True, method="peak")
        return drawn

    def _clicked(self, event: Any) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            place: QPointF = self._plot.getPlotItem().getViewBox().mapSceneToView(event.scenePos())
            self.x_chosen.emit(place.x())


def _whole_axis() -> Any:
    """Return a horizontal axis with ticks at whole numbers only."""
    import pyqtgraph

    class WholeAxis(pyqtgraph.AxisItem):  # type: ignore[misc]
        def tickSpacing(self, least: float, most: float, size: float) -> list[tuple[float, float]]:
            spacing = super().tickSpacing(least, most, size)
            return [(step, offset) for step, offset in spacing if step >= 1] or [(1.0, 0.0)]

    return WholeAxis("bottom")


def _color(look: CurveLook, c: ThemeColors) -> QColor:
    return {CurveLook.MAIN: c.accent, CurveLook.OTHER: c.muted, CurveLook.THIRD: c.text}[look]


def _stands_alone(values: NDArray[np.floating]) -> NDArray[np.bool_]:
    """Return which values (N,) have no neighbour to be joined with."""
    known = np.isfinite(values)
    result: NDArray[np.bool_] = known & ~np.r_[False, known[:-1]] & ~np.r_[known[1:], False]
    return result
