"""How good the predictions are: against what, by which measure, as a table and as curves over frames."""

from collections.abc import Sequence
from enum import Enum

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QDoubleSpinBox, QPushButton, QSplitter, QWidget

from annotation.evaluation2d import Metric, Normaliser
from annotation.evaluation3d import CURVES
from widgets.curve_plot import CurvePlot, PlotCurve
from widgets.figure_table import FigureRow, FigureTable
from widgets.form import FormPanel, beside, choice_box, choose, said_below

_METRICS = {
    Metric.PCK: "Correct points (PCK)",
    Metric.OKS: "Similarity (OKS, square crop)",
    Metric.OKS_COCO: "Similarity (OKS, as COCO)",
    Metric.ACCELERATION: "Acceleration error (ACC-ERR)",
    Metric.DISTANCE: "Distance",
}
_NORMALISERS = {
    Normaliser.TORSO: "The torso",
    Normaliser.BOX: "Longest side of the person's box",
    Normaliser.CROP: "Side of the square crop",
    Normaliser.PIXEL: "Nothing: pixels",
}
_SHARE, _PIXELS = 0.1, 10.0
_POINT_ROWS, _BODY_ROW = (2, 4), 3
"""Rows of the form that are about points, and about the body."""


class Subject(Enum):
    """What is evaluated."""

    POINTS = "points"
    BODY = "body"


class TruthChoice(Enum):
    """What predictions are held against."""

    LABELS = "labels"
    BETWEEN = "between"
    FILE = "file"


_SUBJECTS = {Subject.POINTS: "The 2D points", Subject.BODY: "The 3D body"}
_TRUTHS = {
    TruthChoice.LABELS: "The labels of this climber",
    TruthChoice.BETWEEN: "Its labels, and points between them",
    TruthChoice.FILE: "A file…",
}


class EvaluationPanel(FormPanel):
    """Figures of the predictions as a table and as curves.

    Signals
    -------
    changed
        The user chose otherwise.
    joint_chosen : str
        The user wants the curves of one joint; empty: of all.
    file_requested
        The user wants to choose a file with the truth.
    save_requested
        The user wants the figures as CSV.
    frame_requested : int
        The user clicked a frame in the curves.
    """

    changed = Signal()
    joint_chosen = Signal(str)
    file_requested = Signal()
    save_requested = Signal()
    frame_requested = Signal(int)

    def __init__(self, *, parent: QWidget | None = None) -> None:
        super().__init__("Evaluation", parent=parent)
        self._subject = choice_box("What", _SUBJECTS.items())
        self._truth = choice_box("Against", _TRUTHS.items())
        self._browse = QPushButton("File…")
        self._browse.setToolTip(
            "Choose a synthetic climb's truth (.npz), COCO keypoints, or for the body motion capture"
        )
        self._metric = choice_box("Measure", _METRICS.items())
        self._body_metric = choice_box("Measure of the body", [(name, name) for name in CURVES])
        self._threshold = QDoubleSpinBox(decimals=2, singleStep=0.05)
        self._threshold.setAccessibleName("Threshold of PCK")
        self._normaliser = choice_box("Relative to", _NORMALISERS.items())
        self._about = said_below()
        self._about.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        self._table = FigureTable("Figures")
        self._plot = CurvePlot("Curves over frames")
        self._save = QPushButton("CSV…")
        self._save.setToolTip("Save the figures of all joints and frames as CSV")
        self._save.setAccessibleName("Save as CSV")
        self._lay_out()
        self._set_threshold_range()
        self._connect()
        self._follow()
        self.set_nothing("Detect the climber, then label some frames or choose a file with the truth.")

    # --- setters ---------------------------------------------------------------------------------------------

    def set_nothing(self, text: str) -> None:
        """Say why there are no figures."""
        self._about.setText(text)
        self._table.set_figures([], [])
        self._table.hide()
        self._plot.set_message("")
        self._plot.hide()
        self._save.setEnabled(False)

    def set_figures(
        self, columns: Sequence[str], rows: Sequence[FigureRow], *, about: str, units: str, tips: Sequence[str] = ()
    ) -> None:
        """Show figures, from which frames they come, and their units, as a tip."""
        self._about.setText(about)
        self._about.setToolTip(units)
        self._table.setToolTip(units)
        self._table.set_figures(columns, rows, tips=tips)
        for widget in (self._table, self._plot):
            widget.show()
        self._save.setEnabled(True)

    def set_curves(self, curves: Sequence[PlotCurve], *, words: str, borders: Sequence[int]) -> None:
        """Show curves over frames, and where windows meet."""
        self._plot.set_curves(curves, about=words)
        self._plot.set_borders([border - 0.5 for border in borders])

    def set_frame(self, frame: int) -> None:
        """Mark the frame on screen."""
        self._plot.set_marker(frame)

    def set_file(self, name: str, *, path: str = "") -> None:
        """Name the file with the truth, and hold predictions against it."""
        place = self._truth.findData(TruthChoice.FILE)
        self._truth.setItemText(place, name)
        self._truth.setItemData(place, path or name, Qt.ItemDataRole.ToolTipRole)
        choose(self._truth, TruthChoice.FILE)

    # --- what is chosen --------------------------------------------------------------------------------------

    @property
    def subject(self) -> Subject:
        """What to evaluate."""
        chosen: Subject = self._subject.currentData()
        return chosen

    @property
    def body_measure(self) -> str:
        """Which figure of the body is drawn over frames."""
        return str(self._body_metric.currentData())

    @property
    def truth(self) -> TruthChoice:
        """What to hold predictions against; a body only ever against a file."""
        chosen: TruthChoice = self._truth.currentData()
        return chosen

    @property
    def measure(self) -> Metric:
        """By which measure joints and frames are told apart."""
        chosen: Metric = self._metric.currentData()
        return chosen

    @property
    def normaliser(self) -> Normaliser:
        """What distances are shares of."""
        chosen: Normaliser = self._normaliser.currentData()
        return chosen

    @property
    def threshold(self) -> float:
        """Of PCK, in units of the normaliser."""
        return round(self._threshold.value(), 2)

    @property
    def joint(self) -> str:
        """Whose curves are wanted; empty for all joints."""
        return self._table.key

    def choose_truth(self, truth: TruthChoice) -> None:
        """Hold predictions against something else."""
        choose(self._truth, truth)

    # --- building --------------------------------------------------------------------------------------------

    def _lay_out(self) -> None:
        body = QSplitter(Qt.Orientation.Vertical)
        body.setChildrenCollapsible(False)
        for widget in (self._table, self._plot):
            body.addWidget(widget)
        form = self.form
        form.addRow("What", beside(self._subject, self._save))
        form.addRow("Against", beside(self._truth, self._browse))
        form.addRow("Measure", beside(self._metric, self._threshold))
        form.addRow("Measure", self._body_metric)
        form.addRow("Relative to", self._normaliser)
        form.addRow(self._about)
        form.addRow(body)

    def _connect(self) -> None:
        self._truth.activated.connect(self._truth_chosen)
        for box in (self._subject, self._truth, self._metric, self._body_metric, self._normaliser):
            box.currentIndexChanged.connect(self._user_changed)
        self._threshold.valueChanged.connect(self._user_changed)
        self._browse.clicked.connect(self.file_requested)
        self._save.clicked.connect(self.save_requested)
        self._table.row_chosen.connect(self.joint_chosen)
        self._plot.x_chosen.connect(lambda x: self.frame_requested.emit(round(x)))

    def _truth_chosen(self) -> None:
        if self.truth is TruthChoice.FILE:
            self.file_requested.emit()

    def _user_changed(self) -> None:
        self._follow()
        self.changed.emit()

    def _set_threshold_range(self) -> None:
        """Shares of something, or pixels; each begins where it is useful."""
        pixels = self.normaliser is Normaliser.PIXEL
        if (self._threshold.suffix() == " px") is pixels and self._threshold.value() > 0.01:
            return
        self._threshold.blockSignals(True)
        self._threshold.setSuffix(" px" if pixels else "")
        self._threshold.setRange(0.5 if pixels else 0.01, 500.0 if pixels else 1.0)
        self._threshold.setSingleStep(1.0 if pixels else 0.05)
        self._threshold.setValue(_PIXELS if pixels else _SHARE)
        self._threshold.blockSignals(False)

    def _follow(self) -> None:
        """Offer only what goes with what is chosen."""
        self._set_threshold_range()
        points = self.subject is Subject.POINTS
        for row in _POINT_ROWS:
            self.form.setRowVisible(row, points)
        self.form.setRowVisible(_BODY_ROW, not points)
        self._truth.setEnabled(points)
        if not points:
            choose(self._truth, TruthChoice.FILE)
        self._threshold.setVisible(points and self.measure is Metric.PCK)
        self._normaliser.setEnabled(self.measure in (Metric.PCK, Metric.DISTANCE))
