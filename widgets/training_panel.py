"""Training a smoother: on what, how it goes, what it came to, and whether it is used."""

from collections.abc import Sequence
from enum import Enum

from PySide6.QtCore import Signal
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QPushButton, QSizePolicy, QWidget

from widgets.curve_plot import CurvePlot, PlotCurve
from widgets.figure_table import FigureRow, FigureTable
from widgets.form import FormPanel, beside, choice_box, choose, fill, said_below, show_instead
from widgets.progress_line import ProgressLine


class Lesson(Enum):
    """What a smoother learns from."""

    CORRECTIONS = "corrections"
    SYNTHETIC = "synthetic"


_LESSONS = {
    Lesson.CORRECTIONS: "My corrections",
    Lesson.SYNTHETIC: "Synthetic climbs, from the beginning",
}
_BUTTONS = {Lesson.CORRECTIONS: "Fine-tune on my corrections", Lesson.SYNTHETIC: "Train"}
_TABLE_LINES, _PLOT_LINES = 9, 9


class TrainingPanel(FormPanel):
    """Trains a smoother and shows how it goes.

    Signals
    -------
    train_requested : str, Lesson
        The user wants this model to learn from that.
    stop_requested
        The user wants no further epochs, and the best weights so far.
    cancel_requested
    use_requested, discard_requested
        The user wants the trained weights, or does not.
    changed
        The user chose otherwise.
    """

    train_requested = Signal(str, Lesson)
    stop_requested = Signal()
    cancel_requested = Signal()
    use_requested = Signal()
    discard_requested = Signal()
    changed = Signal()

    def __init__(self, *, parent: QWidget | None = None) -> None:
        super().__init__("Training", parent=parent)
        self._running, self._possible = False, False
        self._model = choice_box("Model")
        self._lesson = choice_box("Learns from", _LESSONS.items())
        self._material = said_below()
        self._material.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        self._train = QPushButton()
        self._train.setProperty("primary", True)
        self._stop, self._cancel = QPushButton("Stop, keep the best"), QPushButton("Cancel")
        self._stop.setToolTip("No further epochs; the best weights so far count")
        self._progress = ProgressLine("Progress of the training")
        self._state = said_below()
        self._outcome = said_below()
        self._table = FigureTable("Before and after, held-out frames")
        self._table.setFixedHeight(_TABLE_LINES * self._table.fontMetrics().height())
        self._use, self._discard = QPushButton("Use"), QPushButton("Discard")
        self._use.setProperty("primary", True)
        self._use.setToolTip("Keep the weights and smooth this climber with them; smoothing can be undone")
        self._loss, self._pck = CurvePlot("Loss over epochs", whole_x=True), CurvePlot("PCK over epochs", whole_x=True)
        for plot in (self._loss, self._pck):
            plot.setMinimumHeight(_PLOT_LINES * plot.fontMetrics().height())
            plot.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._lay_out()
        self._connect()
        self.set_running(fraction=None)
        self.set_outcome("", [], rows=[])
        self.set_curves([], [])
        self._follow()

    # --- setters ---------------------------------------------------------------------------------------------

    def set_models(self, models: Sequence[tuple[str, str]]) -> None:
        """Offer models, (name, words); what was chosen stays chosen."""
        fill(self._model, models)
        self._follow()

    def set_material(self, text: str, *, possible: bool) -> None:
        """Say what there is to learn from, and whether that is enough to begin."""
        self._material.setText(text)
        self._possible = possible
        self._follow()

    def set_running(self, *, fraction: float | None, text: str = "") -> None:
        """Show that a training is at work, how far it is and what it does; None when none is."""
        self._running = fraction is not None
        self._progress.set_fraction(fraction or 0.0)
        self._state.setText(text)
        self._state.setVisible(bool(text))
        busy, idle = (self._progress, self._cancel, self._stop), (self._train,)
        show_instead(busy if self._running else idle, of=idle if self._running else busy)

    def set_curves(self, loss: Sequence[PlotCurve], pck: Sequence[PlotCurve]) -> None:
        """Show losses and shares of correct points by epoch; nothing where there is nothing yet."""
        for plot, curves, about in (
            (self._loss, loss, "Loss by epoch"),
            (self._pck, pck, "Correct points by epoch, %"),
        ):
            plot.setVisible(bool(curves))
            if curves:
                plot.set_curves(curves, about=about)

    def set_outcome(self, text: str, columns: Sequence[str], *, rows: Sequence[FigureRow]) -> None:
        """Show what a training came to, to be used or discarded; an empty text for none."""
        self._outcome.setText(text)
        self._table.set_figures(columns, rows)
        for widget in (self._outcome, self._use, self._discard):
            widget.setVisible(bool(text))
        self._table.setVisible(bool(rows))

    def choose(self, model: str, lesson: Lesson) -> None:
        """Choose a model and what it learns from."""
        choose(self._model, model)
        choose(self._lesson, lesson)

    # --- what is chosen --------------------------------------------------------------------------------------

    @property
    def is_running(self) -> bool:
        """Whether a training is shown to be at work."""
        return self._running

    @property
    def model(self) -> str:
        """The name of the chosen model; empty before there are any."""
        return str(self._model.currentData() or "")

    @property
    def lesson(self) -> Lesson:
        """What it learns from."""
        chosen: Lesson = self._lesson.currentData()
        return chosen

    # --- building --------------------------------------------------------------------------------------------

    def _lay_out(self) -> None:
        form = self.form
        form.addRow("Model", self._model)
        form.addRow("Learns from", self._lesson)
        form.addRow(self._material)
        form.addRow(self._state)
        form.addRow(self._outcome)
        form.addRow(self._table)
        form.addRow(self._loss)
        form.addRow(self._pck)
        training = beside(None, self._cancel, self._stop, self._train)
        self.set_footer(self._progress, beside(None, self._discard, self._use), training)

    def _connect(self) -> None:
        for box in (self._model, self._lesson):
            box.currentIndexChanged.connect(self._user_changed)
        self._train.clicked.connect(lambda: self.train_requested.emit(self.model, self.lesson))
        self._stop.clicked.connect(self.stop_requested)
        self._cancel.clicked.connect(self.cancel_requested)
        self._use.clicked.connect(self.use_requested)
        self._discard.clicked.connect(self.discard_requested)

    def _user_changed(self) -> None:
        self._follow()
        self.changed.emit()

    def _follow(self) -> None:
        self._train.setText(_BUTTONS[self.lesson])
        self._train.setEnabled(self._possible and bool(self.model))
