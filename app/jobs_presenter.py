"""Jobs of the window: starting, progress, cancel, retry, and taking results as edits."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal

from annotation.clip import Clip
from annotation.errors import BetascopeError
from annotation.labels import Track
from annotation.project import Project
from app import job_preparation, operations
from app.background import Background
from app.document import Document
from app.job_preparation import PersonBox, PreparedJob
from app.job_runner import JobRunner
from app.smoothing_jobs import prepare_smooth
from app.view_state import ViewState
from inference.jobs import Finished, Measured, TaskName
from widgets.jobs_panel import JobsPanel, JobsStatus, JobState

_DEMO_S = 10.0
_LATE_MS = 2000
_CAN_STOP = (TaskName.PROPAGATE, TaskName.TRAIN_SMOOTHER, TaskName.FINETUNE_SMOOTHER)
_NEED_NO_VIDEO = (TaskName.FIT, TaskName.SMOOTH)


@dataclass(frozen=True)
class _Running:
    job: PreparedJob
    again: Callable[[], object]
    target: Path | None = None
    deliver: Callable[[PreparedJob, Finished], object] | None = None


class JobsPresenter(QObject):
    """Starts workers and shows how they fare; the same operations as the command line."""

    finished = Signal(object)
    """`PreparedJob` whose result is in use."""
    message = Signal(str)
    failed = Signal(str, str)
    """Reason and details."""
    running_changed = Signal()
    video_ready = Signal(Path)
    """A video a job made, to be opened."""
    progressed = Signal(object, float)
    """`TaskName` and how far it is, in [0, 1]."""
    measured = Signal(object, object)
    """`TaskName` and `Measured`: figures a job found on the way."""
    told = Signal(object, float, str)
    """`TaskName`, how far it is, in [0, 1], and what it says about that."""
    came_to_nothing = Signal(object, str)
    """`TaskName` of a job that failed or was cancelled, and why."""
    proxy_made = Signal(str)
    """Id of the clip that has a proxy now."""

    def __init__(
        self,
        document: Document,
        view: ViewState,
        *,
        panel: JobsPanel,
        status: JobsStatus,
        runner: JobRunner,
        background: Background,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._document, self._view = document, view
        self._panel, self._status, self._runner = panel, status, runner
        self._background = background
        self._looking: set[tuple[TaskName, str]] = set()
        self._running: dict[str, _Running] = {}
        self._ended: dict[str, _Running] = {}
        runner.progressed.connect(self._progress)
        runner.measured.connect(self._measure)
        runner.finished.connect(self._finish)
        runner.failed.connect(self._fail)
        runner.cancelled.connect(self._cancelled)
        panel.cancel_requested.connect(runner.cancel)
        panel.stop_requested.connect(runner.stop)
        panel.retry_requested.connect(self._retry)
        status.cancel_requested.connect(runner.cancel)
        document.opened.connect(self._forget)

    def is_running(self, task: TaskName, track_id: str) -> bool:
        """Tell whether a task is at work for a track."""
        running = ((item.job.task, item.job.track_id) for item in self._running.values())
        return (task, track_id) in (*running, *self._looking)

    def detect(self, *, box: PersonBox | None = None) -> None:
        """Predict keypoints of the climber on screen: of the person in the box, if there is one."""
        self._start_for_track(TaskName.DETECT, partial(job_preparation.prepare_detect, box=box))

    def detect_another(self, track: Track, *, box: PersonBox) -> None:
        """Predict keypoints of the person in a box, who comes into the project with them."""
        project = self._document.project
        if project is not None:
            again = partial(self.detect_another, track, box=box)
            prepare = partial(job_preparation.prepare_detect_another, project, track, box=box)
            start = partial(self._start, prepare, again=again)
            self._look_first(project.clip(track.clip_id), (TaskName.DETECT, track.id), start=start)

    def propagate(self, start: int, end: int) -> None:
        """Follow the joints labelled in a frame to another one."""
        self._start_for_track(TaskName.PROPAGATE, partial(job_preparation.prepare_propagate, start=start, end=end))

    def stop(self, task: TaskName) -> bool:
        """End the jobs of a task early, keeping what is done; tell whether there was one."""
        job_ids = [job_id for job_id, item in self._running.items() if item.job.task is task]
        for job_id in job_ids:
            self._runner.stop(job_id)
        return bool(job_ids)

    def fit(self, *, body: str, bodies_dir: Path) -> None:
        """Fit the body to the track on screen."""
        self._start_for_track(TaskName.FIT, partial(job_preparation.prepare_fit, body=body, bodies_dir=bodies_dir))

    def smooth(self, model: str, *, strength: float, steady: bool = True) -> None:
        """Smooth the predictions of the track on screen."""
        prepare = partial(prepare_smooth, model=model, strength=strength, steady=steady)
        self._start_for_track(TaskName.SMOOTH, prepare)

    def render(self, out: Path, *, bodies_dir: Path) -> None:
        """Render the review video of the track on screen to a file."""
        prepare = partial(job_preparation.prepare_render, out=out, bodies_dir=bodies_dir)
        self._start_for_track(TaskName.RENDER, prepare, target=out)

    def make_demo(self, out: Path) -> None:
        """Make the synthetic climb in a folder, unless it is there, and say when its video can be opened."""
        video = out / job_preparation.CLIMB_VIDEO
        if operations.is_there(video):
            self.video_ready.emit(video)
        elif not any(item.job.task is TaskName.SYNTHESISE for item in self._running.values()):
            prepare = partial(job_preparation.prepare_climb, seed=1, duration_s=_DEMO_S)
            self._start(lambda: prepare(out), again=lambda: self.make_demo(out), target=out)

    def make_proxy(
        self,
        clip: Clip,
        prepare: Callable[[], PreparedJob],
        *,
        deliver: Callable[[PreparedJob, Finished], object],
    ) -> None:
        """Make the proxy of a clip, unless that is being done, and deliver it."""
        made = {item.job.clip_id for item in self._running.values() if item.job.task is TaskName.PROXY}
        if clip.id not in made and (TaskName.PROXY, clip.id) not in self._looking:
            again = partial(self.make_proxy, clip, prepare, deliver=deliver)
            start = partial(self._start, prepare, again=again, deliver=deliver)
            self._look_first(clip, (TaskName.PROXY, clip.id), start=start)

    def only_one(
        self,
        task: TaskName,
        prepare: Callable[[], PreparedJob],
        *,
        deliver: Callable[[PreparedJob, Finished], object],
    ) -> None:
        """Do what is no one climber's, such as an export or a training, and deliver it; one of a task at a time."""
        if not self.runs(task):
            self._start(prepare, again=lambda: self.only_one(task, prepare, deliver=deliver), deliver=deliver)

    def runs(self, task: TaskName) -> bool:
        """Tell whether a task is at work for anything."""
        return any(item.job.task is task for item in self._running.values())

    def cancel(self, task: TaskName) -> None:
        """Cancel the jobs of a task."""
        for job_id in [job_id for job_id, item in self._running.items() if item.job.task is task]:
            self._runner.cancel(job_id)

    def waited_for(self) -> list[str]:
        """Return the names of the jobs somebody asked for; what is made unasked is made again when it is needed."""
        return [item.job.name for item in self._running.values() if item.job.task is not TaskName.PROXY]

    def close(self) -> None:
        """End all workers; for closing the window."""
        self._runner.close()

    def stop_all(self) -> None:
        """Cancel whatever runs; for closing."""
        for job_id in list(self._running):
            self._runner.cancel(job_id)

    def _start_for_track(
        self, task: TaskName, prepare: Callable[[Project, str], PreparedJob], *, target: Path | None = None
    ) -> None:
        project, track = self._document.project, self._view.track
        if project is None or track is None:
            return
        track_id = track.id

        def start() -> None:
            """Start for this climber, also when it is tried again with another one on screen."""
            if self._document.project is not project or self.is_running(task, track_id):
                return
            begin = partial(self._start, lambda: prepare(project, track_id), again=start, target=target)
            if task in _NEED_NO_VIDEO:
                begin()
            else:
                self._look_first(project.clip(track.clip_id), (task, track_id), start=begin)

        start()

    def _look_first(self, clip: Clip, key: tuple[TaskName, str], *, start: Callable[[], object]) -> None:
        """Start when the video is known to be there; asked in the background, for its drive may never answer."""
        project = self._document.project
        self._looking.add(key)
        self.running_changed.emit()

        def end(then: Callable[[], object]) -> None:
            if self._document.project is project:
                self._looking.discard(key)
                then()
                self.running_changed.emit()

        def say_late() -> None:
            if self._document.project is project and key in self._looking:
                late = f"Waiting for {clip.path.name}: its drive does not answer. The job starts when it does."
                self.message.emit(late)

        QTimer.singleShot(_LATE_MS, self, say_late)
        self._background.run(
            lambda: operations.check_present(clip),
            done=lambda _there: end(start),
            failed=lambda reason: end(lambda: self.failed.emit(reason, "")),
        )

    def _start(
        self,
        prepare: Callable[[], PreparedJob],
        *,
        again: Callable[[], object],
        target: Path | None = None,
        deliver: Callable[[PreparedJob, Finished], object] | None = None,
    ) -> None:
        try:
            job = prepare()
        except BetascopeError as error:
            self.failed.emit(str(error), "")
            return
        job_id = job.folder.name
        self._running[job_id] = _Running(job, again, target, deliver)
        self._panel.add_job(job_id, job.name, can_stop=job.task in _CAN_STOP)
        self._show_status(job_id, None)
        self._runner.start(job_id, job.folder, background=job.task is TaskName.PROXY)
        self.running_changed.emit()

    def _progress(self, job_id: str, done: int, total: int, message: str) -> None:
        self._panel.set_progress(job_id, done, total=total, message=message)
        if job_id in self._running:
            self._show_status(job_id, done / total if total else None)
            self.progressed.emit(self._running[job_id].job.task, done / total if total else 0.0)
            self.told.emit(self._running[job_id].job.task, done / total if total else 0.0, message)

    def _measure(self, job_id: str, measured: Measured) -> None:
        if job_id in self._running:
            self.measured.emit(self._running[job_id].job.task, measured)

    def _show_status(self, job_id: str, fraction: float | None) -> None:
        title = self._running[job_id].job.title
        self._status.set_job(job_id, title, fraction=fraction, more=len(self._running) - 1)

    def _finish(self, job_id: str, finished: Finished) -> None:
        item = self._end(job_id, JobState.FINISHED, detail="")
        if item is None:
            return
        if item.deliver is not None:
            self._hand_over(item, item.deliver, finished=finished)
        elif item.target is not None:
            self._deliver(item, finished)
        elif self._document.take_result(item.job, finished):
            self.finished.emit(item.job)

    def _hand_over(
        self, item: _Running, deliver: Callable[[PreparedJob, Finished], object], *, finished: Finished
    ) -> None:
        try:
            deliver(item.job, finished)
        except BetascopeError as error:
            self.failed.emit(str(error), "")
            return
        if item.job.task is TaskName.PROXY:
            self.proxy_made.emit(item.job.clip_id)
        else:
            shutil.rmtree(item.job.folder, ignore_errors=True)

    def _deliver(self, item: _Running, finished: Finished) -> None:
        target = item.target
        assert target is not None
        try:
            if item.job.task is TaskName.SYNTHESISE:
                self.video_ready.emit(job_preparation.deliver_climb(item.job, target))
                return
            shutil.move(finished.output / target.name, target)
            shutil.rmtree(item.job.folder, ignore_errors=True)
        except BetascopeError as error:
            self.failed.emit(str(error), "")
        except OSError as error:
            self.failed.emit(f"{target} cannot be written ({error.strerror}). Choose another place.", "")
        else:
            self.message.emit(f"Wrote {target}")

    def _fail(self, job_id: str, reason: str, details: str) -> None:
        item = self._end(job_id, JobState.FAILED, detail=reason)
        if item is not None:
            self.failed.emit(f"{item.job.name}: {reason}", details)
            self.came_to_nothing.emit(item.job.task, reason)

    def _cancelled(self, job_id: str) -> None:
        item = self._end(job_id, JobState.CANCELLED, detail="Cancelled; nothing was changed.")
        if item is not None:
            self.came_to_nothing.emit(item.job.task, "Cancelled; nothing was changed.")

    def _retry(self, job_id: str) -> None:
        item = self._ended.pop(job_id, None)
        if item is not None:
            self._panel.remove_job(job_id)
            item.again()

    def _end(self, job_id: str, state: JobState, *, detail: str) -> _Running | None:
        item = self._running.pop(job_id, None)
        if item is not None:
            self._ended[job_id] = item
            self._panel.set_state(job_id, state, detail=detail)
            self._status.clear()
            for other in self._running:
                self._show_status(other, None)
            self.running_changed.emit()
        return item

    def _forget(self) -> None:
        """Jobs belong to the project that was open; their workers end with it."""
        self.stop_all()
        for job_id in (*self._running, *self._ended):
            self._panel.remove_job(job_id)
        self._running.clear()
        self._ended.clear()
        self._looking.clear()
        self._status.clear()
        self.running_changed.emit()
