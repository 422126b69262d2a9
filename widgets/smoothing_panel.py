"""The smoothers there are, how strongly to smooth, and what smoothing changed."""

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QCheckBox, QLabel, QPushButton, QSlider, QWidget

from widgets.form import FormPanel, beside, choice_box, choose, fill, said_below, show_instead
from widgets.progress_line import ProgressLine

_FULL = 100


@dataclass(frozen=True)
class SmootherRow:
    """A smoother to choose.

    Attributes
    ----------
    name : str
        What the signals name.
    title, summary : str
        For people.
    details : str
        Parameters, what it was trained for, source and licence.
    strength : float
        What suits it, in [0, 1].
    adjustable : bool
        Whether its strength makes a difference.
    learned : bool
        Whether it is a model, whose path can be steadied as well.
    takes : str
        How long it will take, for people; empty where that is no time.
    problem : str
        Why it cannot be used; empty if it can.
    """

    name: str
    title: str
    summary: str = ""
    details: str = ""
    strength: float = 1.0
    adjustable: bool = True
    learned: bool = False
    takes: str = ""
    problem: str = ""


class SmoothingPanel(FormPanel):
    """Chooses a smoother for the climber on screen, and shows before and after.

    Signals
    -------
    smooth_requested : str, float, bool
        The user wants this smoother at this strength, in [0, 1], and the path steadied or not.
    cancel_requested
    remove_requested
        The user wants the predictions without smoothing back.
    before_toggled : bool
        The user wants to see how it was before smoothing, or how it is.
    largest_requested
        The user wants to go where smoothing changed most.
    """

    smooth_requested = Signal(str, float, bool)
    cancel_requested = Signal()
    remove_requested = Signal()
    before_toggled = Signal(bool)
    largest_requested = Signal()

    def __init__(self, *, parent: QWidget | None = None) -> None:
        super().__init__("Smoothing", parent=parent)
        self._rows: dict[str, SmootherRow] = {}
        self._possible = False
        self._smoother = choice_box("Smoother")
        self._summary, self._details = said_below(), said_below()
        self._details.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        self._strength = QSlider(Qt.Orientation.Horizontal)
        self._strength.setRange(0, _FULL)
        self._strength.setPageStep(10)
        self._strength.setAccessibleName("Strength of smoothing, percent")
        self._percent = QLabel()
        self._steady = QCheckBox("Steady the path as well")
        self._steady.setToolTip(
            "At rest the path stands still, and jumps of a few frames are dropped; moves stay quick"
        )
        self._steady.setChecked(True)
        self._takes = said_below()
        self._smooth, self._cancel = QPushButton("Smooth"), QPushButton("Cancel")
        self._smooth.setProperty("primary", True)
        self._progress = ProgressLine("Progress of smoothing")
        self._state, self._change = said_below(), said_below()
        self._before = QCheckBox("As it was before smoothing")
        self._largest, self._remove = QPushButton("Largest change"), QPushButton("Without smoothing")
        self._largest.setToolTip("Go to the frame in which smoothing moved the joints most")
        self._remove.setToolTip("Show the detector's own predictions again; can be undone")
        self._lay_out()
        self._connect()
        self.set_running(fraction=None)
        self.set_state("", smoothed=False)

    # --- setters ---------------------------------------------------------------------------------------------

    def set_smoothers(self, rows: Sequence[SmootherRow]) -> None:
        """Offer smoothers; what was chosen stays chosen."""
        before = self.smoother
        self._rows = {row.name: row for row in rows}
        fill(self._smoother, [(row.name, row.title) for row in rows])
        if self.smoother != before:
            self._take_usual_strength()
        self._follow()

    def set_state(self, text: str, *, smoothed: bool, possible: bool = False) -> None:
        """Say what is shown now, whether that is smoothed, and whether it can be."""
        self._possible = possible
        self._state.setText(text)
        for widget in (self._before, self._remove):
            widget.setVisible(smoothed)
        if not smoothed:
            self.set_change("", possible=False)
        self._follow()

    def set_change(self, text: str, *, possible: bool) -> None:
        """Say what smoothing changed, and whether there is a largest change to go to."""
        self._change.setText(text)
        self._change.setVisible(bool(text))
        self._largest.setVisible(possible)

    def set_before(self, *, before: bool, key: str = "") -> None:
        """Show whether the picture shows how it was before smoothing, and the key for that."""
        self._before.blockSignals(True)
        self._before.setChecked(before)
        self._before.blockSignals(False)
        self._before.setText(f"As it was before smoothing ({key})" if key else "As it was before smoothing")

    def set_running(self, *, fraction: float | None) -> None:
        """Show that smoothing is at work, and how far it is; None when it is not."""
        running = fraction is not None
        self._progress.set_fraction(fraction or 0.0)
        busy, idle = (self._progress, self._cancel), (self._smooth,)
        show_instead(busy if running else idle, of=idle if running else busy)

    # --- what is chosen --------------------------------------------------------------------------------------

    @property
    def smoother(self) -> str:
        """The name of the chosen smoother; empty before there are any."""
        return str(self._smoother.currentData() or "")

    @property
    def strength(self) -> float:
        """How strongly to smooth, in [0, 1]."""
        return float(self._strength.value()) / _FULL

    @property
    def steady(self) -> bool:
        """Whether the path is to be steadied after a model."""
        return self._steady.isChecked()

    def choose(self, name: str, *, strength: float | None = None, steady: bool | None = None) -> None:
        """Choose a smoother, at the strength that suits it or at another one, and whether the path is steadied."""
        choose(self._smoother, name)
        if strength is not None:
            self._strength.setValue(round(_FULL * strength))
        if steady is not None:
            self._steady.setChecked(steady)

    # --- building --------------------------------------------------------------------------------------------

    def _lay_out(self) -> None:
        form = self.form
        form.addRow("Smoother", self._smoother)
        form.addRow("", self._summary)
        form.addRow("", self._details)
        form.addRow("Strength", beside(self._strength, self._percent))
        form.addRow("", self._steady)
        form.addRow(self._takes)
        form.addRow(self._state)
        form.addRow(self._before)
        form.addRow(self._change)
        form.addRow(beside(None, self._largest, self._remove))
        self.set_footer(self._progress, beside(None, self._cancel, self._smooth))

    def _connect(self) -> None:
        self._smoother.currentIndexChanged.connect(self._chosen)
        self._strength.valueChanged.connect(self._follow)
        self._smooth.clicked.connect(lambda: self.smooth_requested.emit(self.smoother, self.strength, self.steady))
        self._cancel.clicked.connect(self.cancel_requested)
        self._before.toggled.connect(self.before_toggled)
        self._largest.clicked.connect(self.largest_requested)
        self._remove.clicked.connect(self.remove_requested)

    def _chosen(self) -> None:
        self._take_usual_strength()
        self._follow()

    def _take_usual_strength(self) -> None:
        row = self._rows.get(self.smoother)
        if row is not None:
            self._strength.setValue(round(_FULL * row.strength))

    def _follow(self) -> None:
        """Offer only what goes with what is chosen."""
        row = self._rows.get(self.smoother)
        self._summary.setText("" if row is None else row.problem or row.summary)
        self._details.setText("" if row is None else row.details)
        self._details.setVisible(bool(self._details.text()))
        self._percent.setText(f"{self._strength.value()} %")
        self._percent.setMinimumWidth(self._percent.fontMetrics().horizontalAdvance(f"{_FULL} %"))
        self._strength.setEnabled(row is not None and row.adjustable and not row.problem)
        self._steady.setVisible(row is not None and row.learned)
        self._takes.setText("" if row is None or row.problem else row.takes)
        self._takes.setVisible(bool(self._takes.text()))
        self._smooth.setEnabled(self._possible and row is not None and not row.problem)
