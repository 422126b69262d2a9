"""The evaluation panel: figures and curves of the climber on screen, worked out in the background."""

import importlib
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QFileDialog, QWidget

from annotation.errors import BetascopeError
from annotation.evaluation2d import ROLLING_FRAMES, THRESHOLDS, Evaluation, Metric, Normaliser, Scoring
from annotation.evaluation_tables import about, metric_words, units, write_body_tables, write_tables
from annotation.skeletons import joint_title
from app.actions import Act
from app.background import Background
from app.body_evaluation import BodyEvaluation, body_evaluation_work
from app.document import Document
from app.evaluating import Against, evaluation_work
from app.evaluation_rows import body_rows, point_curves, point_rows, short_names, with_mean
from app.latest import Latest
from app.settings import bodies_path
from app.view_state import ViewState
from app.window_actions import Handlers
from app.window_layout import Layout
from widgets.curve_plot import PlotCurve
from widgets.evaluation_panel import Subject, TruthChoice
from widgets.in_sight import is_in_sight

_WAIT_MS = 300
_FOUND = (
    "Truth (*.npz *.json *.trc *.bvh);;Synthetic climb (*.npz);;COCO keypoints (*.json);;Motion capture (*.trc *.bvh)"
)
_NO_FILE = {
    Subject.POINTS: "Choose a file with the truth: the truth.npz of a synthetic climb, or COCO keypoints.",
    Subject.BODY: "Choose a file with the 3D truth: a climb's truth.npz, or motion capture (.trc, .bvh).",
}
_BODY_UNITS = "MPJPE after moving the middle of the hips into the origin; PA-MPJPE after the best turn, move and scale."


class EvaluationPresenter(QObject):
    """Keeps the panel up to date while it can be seen."""

    message = Signal(str)
    failed = Signal(str)

    def __init__(
        self, document: Document, view: ViewState, *, background: Background, layout: Layout, parent: QWidget
    ) -> None:
        super().__init__(parent)
        self._document, self._view, self._background = document, view, background
        self._layout, self._window = layout, parent
        self._panel = panel = layout.evaluation
        self._file: Path | None = None
        self._evaluation: Evaluation | BodyEvaluation | None = None
        self._latest = Latest(
            background, self._prepare, take=self._take, failed=self._show_why, wait_ms=_WAIT_MS, parent=self
        )
        self._curves = Latest(
            background, self._prepare_curves, take=self._show_curves, failed=self._show_why, wait_ms=0, parent=self
        )
        panel.changed.connect(self._follow)
        panel.shown.connect(self._follow)
        panel.joint_chosen.connect(lambda _joint: self._curves.ask())
        panel.file_requested.connect(self._choose_file)
        panel.save_requested.connect(self._save)
        panel.frame_requested.connect(self._go_to)
        view.frame_changed.connect(panel.set_frame)
        view.track_changed.connect(self._follow)
        document.opened.connect(self._start_anew)
        document.changed.connect(self._follow)

    def handlers(self) -> Handlers:
        """Return what the action does."""
        return {Act.EVALUATE: lambda: self._layout.bring_up(self._panel)}

    @property
    def evaluation(self) -> Evaluation | BodyEvaluation | None:
        """What is shown; None while nothing is."""
        return self._evaluation

    def use_file(self, path: Path) -> None:
        """Hold predictions against the truth in a file."""
        self._file = path
        self._panel.set_file(path.name, path=str(path))
        self._follow()

    # --- working it out ----------------------------------------------------------------------------------------

    def _start_anew(self) -> None:
        self._evaluation, self._file = None, None
        self._panel.set_file("A file…")
        self._panel.choose_truth(TruthChoice.LABELS)
        self._follow()

    def _follow(self) -> None:
        if is_in_sight(self._panel):
            self._latest.ask()

    def _prepare(self) -> Callable[[], Evaluation | BodyEvaluation] | None:
        project, track, panel = self._document.project, self._view.track, self._panel
        if project is None or track is None or not is_in_sight(panel):
            return None
        file = self._file if panel.truth is TruthChoice.FILE else None
        if panel.truth is TruthChoice.FILE and file is None:
            self._show_why(_NO_FILE[panel.subject])
            return None
        try:
            if panel.subject is Subject.BODY and file is not None:
                return body_evaluation_work(project, track, truth_file=file, bodies_dir=bodies_path())
            return evaluation_work(project, track, against=self._against(file), scoring=self._scoring())
        except BetascopeError as error:
            self._show_why(str(error))
            return None

    def _against(self, file: Path | None) -> Against:
        return Against(file, interpolated=self._panel.truth is TruthChoice.BETWEEN)

    def _scoring(self) -> Scoring:
        panel = self._panel
        usual = () if panel.normaliser is Normaliser.PIXEL else THRESHOLDS
        return Scoring(tuple(sorted({*usual, panel.threshold})), panel.normaliser)

    def _take(self, evaluation: Evaluation | BodyEvaluation) -> None:
        self._evaluation = evaluation
        if isinstance(evaluation, BodyEvaluation):
            accuracy = evaluation.accuracy
            text = f"{accuracy.frames} frames, {len(accuracy.joints)} joints; against {evaluation.truth}."
            self._panel.set_figures(["body"], body_rows(evaluation), about=text, units=_BODY_UNITS)
        else:
            rows = point_rows(evaluation, self._panel.measure, threshold=self._panel.threshold)
            self._panel.set_figures(
                list(short_names(evaluation).values()),
                rows,
                about=about(evaluation),
                units=units(evaluation),
                tips=[candidate.name for candidate in evaluation.candidates],
            )
        self._curves.ask()

    def _prepare_curves(self) -> Callable[[], list[PlotCurve]] | None:
        evaluation, panel = self._evaluation, self._panel
        if evaluation is None:
            return None
        metric, threshold, joint = panel.measure, panel.threshold, panel.joint or None
        body_measure = panel.body_measure

        def work() -> list[PlotCurve]:
            importlib.import_module("pyqtgraph")  # here, where it holds nobody up
            if isinstance(evaluation, BodyEvaluation):
                return with_mean("body", evaluation.by_frame[body_measure])
            found = []
            for candidate in evaluation.candidates:
                found += point_curves(evaluation, candidate, metric=metric, threshold=threshold, joint=joint)
            return found

        return work

    def _show_curves(self, curves: list[PlotCurve]) -> None:
        evaluation, panel = self._evaluation, self._panel
        if evaluation is None:
            return
        borders: list[int] = []
        if isinstance(evaluation, BodyEvaluation):
            words = f"{panel.body_measure} by frame"
        else:
            normaliser = evaluation.scoring.normaliser
            words = f"{metric_words(panel.measure, threshold=panel.threshold, normaliser=normaliser)}"
            words += f"{', %,' if panel.measure is Metric.PCK else ''} by frame"
            words += f", {joint_title(panel.joint)}" if panel.joint else ""
            borders = [border for candidate in evaluation.candidates for border in candidate.borders]
        words += f", mean of {ROLLING_FRAMES} frames" if any(curve.faint for curve in curves) else ""
        panel.set_curves(curves, words=words, borders=borders)
        panel.set_frame(self._view.frame)

    def _show_why(self, reason: str) -> None:
        self._evaluation = None
        self._panel.set_nothing(reason)

    # --- wishes ------------------------------------------------------------------------------------------------

    def _go_to(self, frame: int) -> None:
        clip = self._view.clip
        if clip is not None:
            self._view.show_frame(min(max(frame, 0), clip.n_frames - 1))

    def _choose_file(self) -> None:
        folder = self._document.folder
        start = self._file or (folder.parent if folder is not None else Path())
        chosen, _ = QFileDialog.getOpenFileName(self._window, "Truth to hold predictions against", str(start), _FOUND)
        if chosen:
            self.use_file(Path(chosen))
        elif self._file is None:
            self._panel.choose_truth(TruthChoice.LABELS)

    def _save(self) -> None:
        project, clip = self._document.project, self._view.clip
        if project is None or clip is None:
            return
        start = project.folder.parent / f"{project.name}-evaluation.csv"
        chosen, _ = QFileDialog.getSaveFileName(self._window, "Save figures", str(start), "CSV (*.csv)")
        if chosen:
            self.save_to(Path(chosen))

    def save_to(self, path: Path) -> None:
        """Write the figures that are shown as CSV files."""
        evaluation, clip = self._evaluation, self._view.clip
        if evaluation is None or clip is None:
            return
        times_s = clip.timeline.times_s

        def write() -> list[Path]:
            if isinstance(evaluation, BodyEvaluation):
                return write_body_tables(evaluation.accuracy, evaluation.by_frame, out=path, times_s=times_s)
            return write_tables(evaluation, path, times_s=times_s)

        self._background.run(
            write,
            done=lambda written: self.message.emit(f"Wrote {' and '.join(file.name for file in written)}"),
            failed=self.failed.emit,
        )
