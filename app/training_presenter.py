"""The training panel: starts trainings, draws their figures as they come, and keeps or discards the weights."""

import importlib
import shutil
from collections import defaultdict
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np
from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from annotation.errors import BetascopeError
from annotation.model_cards import SMOOTHERS, find_weights
from annotation.skeletons import joint_title
from app import trained_models
from app.actions import Act
from app.background import Background
from app.document import Document
from app.evaluation_rows import figure_row
from app.job_preparation import PreparedJob
from app.jobs_presenter import JobsPresenter
from app.latest import Latest
from app.settings import models_path
from app.smoothing import weights_title
from app.smoothing_jobs import model_folders
from app.trained_models import TrainedModel
from app.training_jobs import correction_counts, prepare_fine_tuning, prepare_training, scored_words, training_folder
from app.view_state import ViewState
from app.window_actions import Handlers
from app.window_layout import Layout
from inference.jobs import Finished, Measured, TaskName
from widgets.curve_plot import CurveLook, PlotCurve
from widgets.figure_table import FigureRow
from widgets.in_sight import is_in_sight
from widgets.training_panel import Lesson

_TASKS = {Lesson.CORRECTIONS: TaskName.FINETUNE_SMOOTHER, Lesson.SYNTHETIC: TaskName.TRAIN_SMOOTHER}
_LOOKS = (CurveLook.MAIN, CurveLook.THIRD, CurveLook.OTHER)
_STAGES = {"identity": "detected", "before": "before", "after": "after"}
_WORDS = {"pck": "PCK", "oks": "OKS", "acc-err": "ACC-ERR"}
_LESS_IS_BETTER = ("loss", "acc", "distance")
_WAIT_MS = 300


class TrainingPresenter(QObject):
    """Keeps the panel up to date, and takes what a training made."""

    message = Signal(str)
    failed = Signal(str)

    def __init__(
        self,
        document: Document,
        view: ViewState,
        *,
        background: Background,
        jobs: JobsPresenter,
        layout: Layout,
        parent: QWidget,
    ) -> None:
        super().__init__(parent)
        self._document, self._view, self._jobs, self._layout = document, view, jobs, layout
        self._background = background
        self._panel = panel = layout.training
        self._trained: TrainedModel | None = None
        self._figures: dict[str, dict[int, float]] = defaultdict(dict)
        self._of = ""
        self._counts = Latest(
            background,
            self._prepare_counts,
            take=self._show_material,
            failed=lambda reason: panel.set_material(reason, possible=False),
            wait_ms=_WAIT_MS,
            parent=self,
        )
        panel.train_requested.connect(self._train)
        panel.stop_requested.connect(self._stop)
        panel.cancel_requested.connect(self._cancel)
        panel.use_requested.connect(self._use)
        panel.discard_requested.connect(self._discard)
        panel.changed.connect(self._follow)
        panel.shown.connect(self._start_to_show)
        jobs.measured.connect(self._take_figures)
        jobs.told.connect(self._show_progress)
        jobs.running_changed.connect(self._show_running)
        jobs.came_to_nothing.connect(self._show_why)
        document.opened.connect(self._follow)
        document.changed.connect(self._follow)

    def handlers(self) -> Handlers:
        """Return what the action does."""
        return {Act.FINE_TUNE: lambda: self._layout.bring_up(self._panel)}

    # --- what can be trained -----------------------------------------------------------------------------------

    def _start_to_show(self) -> None:
        self._load_curves()
        if self._trained is None:
            self._trained = trained_models.undecided(models_path())
            self._show_outcome()
        self._follow()

    def _load_curves(self) -> None:
        """Have what draws curves loaded before the first figures come, where it holds nobody up."""
        self._background.run(
            lambda: importlib.import_module("pyqtgraph"), done=lambda _module: None, failed=self.failed.emit
        )

    def _follow(self) -> None:
        if not is_in_sight(self._panel):
            return
        if self._panel.lesson is Lesson.CORRECTIONS:
            weights = find_weights(model_folders())
            models = [(found.name, weights_title(found.name, found.card)) for found in weights if found.card]
            self._panel.set_models(models)
            if not models:
                text = "There are no weights to start from. Train a model on synthetic climbs first."
                self._panel.set_material(text, possible=False)
                return
            self._counts.ask()
        else:
            self._panel.set_models([(entry.key, entry.title) for entry in SMOOTHERS if entry.learned])
            text = "Synthetic climbs seen by synthetic cameras, as many as are needed. This takes long without a GPU."
            self._panel.set_material(text, possible=self._document.project is not None)

    def _prepare_counts(self) -> Callable[[], tuple[int, int]] | None:
        project = self._document.project
        if project is None or not is_in_sight(self._panel) or self._panel.lesson is not Lesson.CORRECTIONS:
            return None
        return correction_counts(project)

    def _show_material(self, counts: tuple[int, int]) -> None:
        frames, climbers = counts
        if not frames:
            text = "There are no corrections to learn from yet: put joints right in some stretches, confirm frames."
        else:
            whose = "one climber" if climbers == 1 else f"{climbers} climbers"
            text = f"{frames:,} corrected or confirmed frames of {whose}; the last of them check what was learned."
            text += " What lies between them is learned from as well. Predictions that were accepted or confirmed teach"
            text += " a model to leave the detector's points alone."
            if frames == 1:
                text = f"One corrected or confirmed frame of {whose}. That is too little: correct a stretch of frames."
        self._panel.set_material(text, possible=frames > 1)

    # --- training ----------------------------------------------------------------------------------------------

    def fine_tune(self, model: str, *, name: str = "", epochs: int | None = None) -> None:
        """Let weights learn from the corrections in the project, for at most so many epochs."""
        project, wishes = self._document.project, {"epochs": epochs}
        if project is not None:
            prepare = partial(prepare_fine_tuning, project, model=model, name=name, wishes=wishes)
            self._start(Lesson.CORRECTIONS, prepare)

    def train_anew(self, model: str, *, name: str = "") -> None:
        """Let a model learn from synthetic climbs."""
        project = self._document.project
        if project is not None:
            kept = {"folder": str(training_folder(name or model))}  # an interrupted one goes on
            self._start(
                Lesson.SYNTHETIC,
                lambda: prepare_training(project.new_job_folder(), model=model, name=name, wishes=kept),
            )

    def _train(self, model: str, lesson: Lesson) -> None:
        if lesson is Lesson.CORRECTIONS:
            self.fine_tune(model)
        else:
            self.train_anew(model)

    def _start(self, lesson: Lesson, prepare: Callable[[], PreparedJob]) -> None:
        self._figures.clear()
        self._panel.set_curves([], [])
        self._jobs.only_one(_TASKS[lesson], prepare, deliver=self._deliver)

    def _stop(self) -> None:
        for task in _TASKS.values():
            self._jobs.stop(task)

    def _cancel(self) -> None:
        for task in _TASKS.values():
            self._jobs.cancel(task)

    def _take_figures(self, task: TaskName, measured: Measured) -> None:
        if task not in _TASKS.values():
            return
        if measured.of != self._of:
            self._of = measured.of
            self._figures.clear()
        for name, value in measured.values.items():
            self._figures[name][measured.step] = value
        losses = {name: values for name, values in self._figures.items() if "loss" in name}
        shares = {name: values for name, values in self._figures.items() if "pck" in name.lower()}
        self._panel.set_curves(_curves(losses), _curves(shares, factor=100))

    def _show_progress(self, task: TaskName, fraction: float, text: str) -> None:
        if task in _TASKS.values():
            self._panel.set_running(fraction=fraction, text=text)

    def _show_running(self) -> None:
        running = any(self._jobs.runs(task) for task in _TASKS.values())
        if not running:
            self._panel.set_running(fraction=None)
        elif not self._panel.is_running:
            self._panel.set_running(fraction=0.0, text="Starting")

    def _show_why(self, task: TaskName, reason: str) -> None:
        if task in _TASKS.values():
            self._panel.set_running(fraction=None, text=reason)

    def _deliver(self, _job: PreparedJob, finished: Finished) -> None:
        self._trained = trained_models.keep_aside(finished.output, finished.summary, models=models_path())
        shutil.rmtree(training_folder(self._trained.name), ignore_errors=True)  # what it would have gone on from
        self._show_outcome()
        self.message.emit("The training has ended: see before and after, then use or discard the weights.")

    # --- what it came to ---------------------------------------------------------------------------------------

    def _show_outcome(self) -> None:
        trained = self._trained
        if trained is None:
            self._panel.set_outcome("", [], rows=[])
            return
        stages, rows = outcome_rows(trained.summary)
        scored = scored_words(trained.summary)
        self._panel.set_outcome(f"{trained.name}{', ' * bool(scored)}{scored}:", stages, rows=rows)

    def _use(self) -> None:
        if self._trained is None:
            return
        try:
            name = trained_models.use(self._trained, models=models_path())
        except BetascopeError as error:
            self.failed.emit(str(error))
            return
        self._trained = None
        self._show_outcome()
        self._follow()
        self._layout.smoothing.shown.emit()
        track = self._view.track
        if track is not None and track.active_runs:
            self._jobs.smooth(name, strength=1.0)
        self.message.emit(f"{name} can be chosen for smoothing now.")

    def _discard(self) -> None:
        if self._trained is not None:
            trained_models.discard(self._trained)
            self.message.emit(f"{self._trained.name} was discarded; everything is as it was.")
            self._trained = None
            self._show_outcome()


def outcome_rows(summary: Mapping[str, Any]) -> tuple[list[str], list[FigureRow]]:
    """Return the stages that a training compared, and its figures as rows: of all joints, then of each."""
    stages = [stage for stage in _STAGES if isinstance(summary.get(stage), dict)]
    names = dict.fromkeys(name for stage in stages for name in summary[stage])
    rows = [_row(_words(name), [summary[stage].get(name) for stage in stages], name=name) for name in names]
    per_joint = summary.get("per_joint")
    if isinstance(per_joint, dict):
        joints = dict.fromkeys(joint for stage in stages for joint in per_joint.get(stage, {}))
        rows.append(FigureRow("", "PCK@0.1 of each joint", heading=True))
        rows += [
            _row(joint_title(joint), [per_joint.get(stage, {}).get(joint) for stage in stages], name="pck")
            for joint in joints
        ]
    return [_STAGES[stage] for stage in stages], rows


def _row(title: str, values: list[Any], *, name: str) -> FigureRow:
    known = [float(value) if isinstance(value, int | float) else float("nan") for value in values]
    more = not any(word in name for word in _LESS_IS_BETTER)
    return figure_row("", title, values=known, more_is_better=more, share=name.startswith("pck"))


def _words(name: str) -> str:
    for key, words in _WORDS.items():
        if name.startswith(key):
            return words + name.removeprefix(key)
    return name


def _curves(figures: Mapping[str, Mapping[int, float]], *, factor: float = 1) -> list[PlotCurve]:
    """Return one curve for each name, its values times a factor; the loss on held-out data is what is looked at."""
    names = sorted(figures, key=lambda name: ("valid" not in name, name))
    return [
        PlotCurve(_words(name), *_arrays(figures[name], factor=factor), _LOOKS[number % len(_LOOKS)])
        for number, name in enumerate(names)
    ]


def _arrays(values: Mapping[int, float], *, factor: float) -> tuple[np.ndarray, np.ndarray]:
    steps = sorted(values)
    return np.array(steps, np.float64), factor * np.array([values[step] for step in steps])
