"""The evaluation panel: figures and curves of the climber on screen, worked out in the background."""

import importlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QFileDialog, QWidget

from annotation.errors import BetascopeError
from annotation.evaluation2d import (
    ROLLING_FRAMES,
    THRESHOLDS,
    Candidate,
    Evaluation,
    Metric,
    Normaliser,
    Scoring,
    rolling_mean,
)
from annotation.evaluation_tables import about, column_words, metric_words, row_values, units, write_tables
from annotation.skeletons import joint_title
from app.actions import Act
from app.background import Background
from app.document import Document
from app.evaluating import IDENTITY, PREDICTION, SHOWN, Against, evaluation_work
from app.latest import Latest
from app.view_state import ViewState
from app.window_actions import Handlers
from app.window_layout import Layout
from widgets.curve_plot import CurveLook, PlotCurve
from widgets.evaluation_panel import TruthChoice
from widgets.figure_table import FigureRow

_WAIT_MS = 300
_LOOKS = {PREDICTION: CurveLook.MAIN, IDENTITY: CurveLook.OTHER, SHOWN: CurveLook.THIRD}
_FOUND = "Truth (*.npz *.json);;Truth of a synthetic climb (*.npz);;COCO keypoints (*.json)"


class EvaluationPresenter(QObject):
    """Keeps the panel up to date while it can be seen."""

    message = Signal(str)
    failed = Signal(str)

    def __init__(
        self, document: Document, view: ViewState, background: Background, *, layout: Layout, parent: QWidget
    ) -> None:
        super().__init__(parent)
        self._document, self._view, self._background = document, view, background
        self._layout, self._window = layout, parent
        self._panel = panel = layout.evaluation
        self._file: Path | None = None
        self._evaluation: Evaluation | None = None
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
    def evaluation(self) -> Evaluation | None:
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
        if self._panel.isVisible():
            self._latest.ask()

    def _prepare(self) -> Callable[[], Evaluation] | None:
        project, track, panel = self._document.project, self._view.track, self._panel
        if project is None or track is None or not panel.isVisible():
            return None
        choice = panel.truth
        if choice is TruthChoice.FILE and self._file is None:
            self._show_why("Choose a file with the truth: the truth.npz of a synthetic climb, or COCO keypoints.")
            return None
        file = self._file if choice is TruthChoice.FILE else None
        against = Against(file, interpolated=choice is TruthChoice.BETWEEN)
        usual = () if panel.normaliser is Normaliser.PIXEL else THRESHOLDS
        scoring = Scoring(tuple(sorted({*usual, panel.threshold})), panel.normaliser)
        try:
            return evaluation_work(project, track, against, scoring=scoring)
        except BetascopeError as error:
            self._show_why(str(error))
            return None

    def _take(self, evaluation: Evaluation) -> None:
        self._evaluation = evaluation
        tips = [candidate.name for candidate in evaluation.candidates]
        self._panel.set_figures(
            list(_short_names(evaluation).values()),
            self._rows(evaluation),
            about=about(evaluation),
            units=units(evaluation),
            tips=tips,
        )
        self._curves.ask()

    def _rows(self, evaluation: Evaluation) -> list[FigureRow]:
        """Return the figures of all joints, then those of each by the chosen measure."""
        everything = [evaluation.overall[candidate.key] for candidate in evaluation.candidates]
        better = [metric.more_is_better for metric in (Metric.PCK,) * len(evaluation.scoring.thresholds)]
        better += [metric.more_is_better for metric in Metric if metric is not Metric.PCK] + [False, True]
        rows = [
            _row("", words, values, more_is_better=more)
            for words, more, *values in zip(column_words(evaluation), better, *map(row_values, everything), strict=True)
        ]
        metric, threshold = self._panel.measure, self._panel.threshold
        words = metric_words(metric, threshold=threshold, normaliser=evaluation.scoring.normaliser)
        rows.append(FigureRow("", f"{words} of each joint", heading=True))
        if metric is Metric.PCK and threshold not in evaluation.scoring.thresholds:
            return rows  # chosen anew meanwhile; the figures are coming
        for joint in evaluation.joints:
            values = [
                evaluation.per_joint[candidate.key][joint].of(metric, threshold=threshold)
                for candidate in evaluation.candidates
            ]
            rows.append(_row(joint, joint_title(joint), values, more_is_better=metric.more_is_better))
        return rows

    def _prepare_curves(self) -> Callable[[], list[PlotCurve]] | None:
        evaluation, panel = self._evaluation, self._panel
        if evaluation is None:
            return None
        metric, threshold, joint = panel.measure, panel.threshold, panel.joint or None

        def work() -> list[PlotCurve]:
            importlib.import_module("pyqtgraph")  # here, where it holds nobody up
            found = []
            for candidate in evaluation.candidates:
                found += _curves_of(evaluation, candidate, metric, threshold=threshold, joint=joint)
            return found

        return work

    def _show_curves(self, curves: list[PlotCurve]) -> None:
        evaluation, panel = self._evaluation, self._panel
        if evaluation is None:
            return
        normaliser = evaluation.scoring.normaliser
        words = metric_words(panel.measure, threshold=panel.threshold, normaliser=normaliser)
        of = f", {joint_title(panel.joint)}" if panel.joint else ""
        of += f", mean of {ROLLING_FRAMES} frames" if any(curve.faint for curve in curves) else ""
        borders = [border for candidate in evaluation.candidates for border in candidate.borders]
        panel.set_curves(curves, words=f"{words} by frame{of}", borders=borders)
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
        self._background.run(
            lambda: write_tables(evaluation, path, times_s=times_s),
            done=lambda written: self.message.emit(f"Wrote {' and '.join(file.name for file in written)}"),
            failed=self.failed.emit,
        )


def _short_names(evaluation: Evaluation) -> dict[str, str]:
    """Return key of a candidate -> a word for it."""
    keys = [candidate.key for candidate in evaluation.candidates]
    names = {PREDICTION: "smoothed" if IDENTITY in keys else "predicted", IDENTITY: "before", SHOWN: "labelled"}
    return {key: names[key] for key in keys}


def _row(key: str, title: str, values: list[float], *, more_is_better: bool) -> FigureRow:
    known = [value for value in values if np.isfinite(value)]
    best = -1
    if len(known) > 1 and max(known) > min(known):
        best = values.index(max(known) if more_is_better else min(known))
    texts = tuple("–" if np.isnan(value) else f"{value:.4f}" for value in values)
    return FigureRow(key, title, texts, best)


def _curves_of(
    evaluation: Evaluation, candidate: Candidate, metric: Metric, *, threshold: float, joint: str | None
) -> list[PlotCurve]:
    """Return the curve of a candidate, faint, and its rolling mean, where the clip is long enough for one."""
    values = evaluation.curve(candidate, metric, threshold=threshold, joint=joint)
    name = _short_names(evaluation)[candidate.key]
    frames, look = np.arange(len(values), dtype=np.float64), _LOOKS[candidate.key]
    if np.isfinite(values).sum() <= ROLLING_FRAMES // 2:
        return [PlotCurve(name, frames, values, look)]
    smooth = rolling_mean(values)
    smooth[~evaluation.truth.known.any(axis=1)] = np.nan
    return [PlotCurve("", frames, values, look, faint=True), PlotCurve(name, frames, smooth, look)]
