"""Smoothing the climber on screen: the panel, the job, before and after, and what changed where."""

from collections.abc import Callable

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from annotation.errors import BetascopeError
from annotation.labels import ResolvedTrack, RunKind, Track
from annotation.project import Project
from annotation.resolving import resolve_frame
from annotation.skeletons import DEFAULT_SKELETON
from app.actions import Act
from app.background import Background
from app.document import Document
from app.job_preparation import PreparedJob
from app.jobs_presenter import JobsPresenter
from app.latest import Latest
from app.pose_presenter import PosePresenter
from app.preferences import Preferences
from app.smoother_times import note_run
from app.smoothing import SmoothingDifference, difference_work, left_words, smoother_rows, without_smoothing
from app.smoothing_jobs import model_folders, unsmoothed
from app.view_state import ViewState
from app.window_actions import Actions, Handlers
from app.window_layout import Layout
from inference.jobs import TaskName

_WAIT_MS = 200
_NOT_SMOOTHED = "The predictions of this climber are not smoothed. {SMOOTH} chooses a smoother."


def _why_not(project: Project | None, track: Track | None) -> str:
    """Say why there is nothing to smooth, and what to do."""
    if project is None:
        return "No video is open: open one first ({OPEN_VIDEO}), then detect the climber ({DETECT})."
    if track is None:
        return "There is no climber yet: detect one first ({DETECT})."
    return "Nothing is predicted yet: detect the climber first ({DETECT})."


class SmoothingPresenter(QObject):
    """Keeps panel and timeline up to date with what smoothing did, and starts the job."""

    message = Signal(str)
    failed = Signal(str)

    def __init__(
        self,
        document: Document,
        view: ViewState,
        poses: PosePresenter,
        background: Background,
        *,
        jobs: JobsPresenter,
        layout: Layout,
        actions: Actions,
        preferences: Preferences,
        parent: QWidget,
    ) -> None:
        super().__init__(parent)
        self._preferences = preferences
        self._document, self._view, self._poses, self._jobs = document, view, poses, jobs
        self._layout, self._actions = layout, actions
        self._panel = panel = layout.smoothing
        self._difference: SmoothingDifference | None = None
        self._of: tuple[str | None, str | None] = (None, None)
        self._below: str | None = None
        self._latest = Latest(
            background, self._prepare, take=self._take, failed=self.failed.emit, wait_ms=_WAIT_MS, parent=self
        )
        panel.smooth_requested.connect(self._smooth)
        panel.cancel_requested.connect(lambda: jobs.cancel(TaskName.SMOOTH))
        panel.remove_requested.connect(self._remove)
        panel.before_toggled.connect(lambda before: self._show_before(before=before))
        panel.largest_requested.connect(self._go_to_largest)
        panel.shown.connect(self._list_smoothers)
        actions.keys_changed.connect(self._show_after)
        jobs.progressed.connect(self._show_progress)
        jobs.running_changed.connect(self._show_running)
        jobs.finished.connect(self._note_time)
        poses.track_shown.connect(self._follow)
        document.opened.connect(self._start_anew)

    def handlers(self) -> Handlers:
        """Return what the actions about smoothing do."""
        before = self._actions[Act.BEFORE_SMOOTHING]
        return {
            Act.SMOOTH: self._bring_up,
            Act.SMOOTH_AGAIN: self._smooth_as_chosen,
            Act.BEFORE_SMOOTHING: lambda: self._show_before(before=before.isChecked()),
            Act.LARGEST_SMOOTHING: self._go_to_largest,
        }

    # --- what is shown -----------------------------------------------------------------------------------------

    def _start_anew(self) -> None:
        self._of = (None, "")
        self._follow()

    def _follow(self) -> None:
        """The track is another one, or changed: it is shown as it is now, and looked at anew."""
        of = (None if self._view.track is None else self._view.track.id, self._run_id)
        if of != self._of:
            project, track = self._document.project, self._view.track
            self._of, self._difference = of, None
            self._below = None if project is None or track is None else unsmoothed(project, track)
            self._layout.timeline.set_difference(None)
            self._show_state()
        self._show_after()
        if self._below is not None:
            self._latest.ask()

    @property
    def _run_id(self) -> str | None:
        track = self._view.track
        return None if track is None else track.active_runs.get(RunKind.KEYPOINTS)

    def _prepare(self) -> Callable[[], SmoothingDifference] | None:
        project, track = self._document.project, self._view.track
        if project is None or track is None or self._below is None:
            return None
        known = None if self._difference is None else self._difference.before
        try:
            return difference_work(project, track, below=self._below, known=known)
        except BetascopeError as error:
            self.failed.emit(str(error))
            return None

    def _take(self, difference: SmoothingDifference) -> None:
        if self._below is None:
            return
        self._difference = difference
        self._layout.timeline.set_difference(difference.moved_px)
        self._panel.set_change(difference.words, possible=difference.largest >= 0)

    def _show_state(self) -> None:
        project, run_id = self._document.project, self._run_id
        if project is None or run_id is None:
            self._panel.set_state(self._actions.with_keys(_why_not(project, self._view.track)), smoothed=False)
            return
        model = project.run(run_id).model
        if self._below is None:
            self._panel.set_state(f"Shown: {model}, not smoothed.", smoothed=False, possible=project.writable)
        else:
            text = f"Shown: {model}. Labels stay where they are.{left_words(project, run_id)}"
            self._panel.set_state(text, smoothed=True, possible=project.writable)

    def _list_smoothers(self) -> None:
        track, settings = self._view.track, self._preferences.settings
        skeleton = DEFAULT_SKELETON if track is None else track.skeleton
        first = not self._panel.smoother
        self._panel.set_smoothers(smoother_rows(model_folders(), skeleton=skeleton, clip=self._view.clip))
        if first and settings.smoother:
            self._panel.choose(settings.smoother, strength=settings.smoothing_strength, steady=settings.steady)
        self._show_state()

    # --- before and after --------------------------------------------------------------------------------------

    def _show_after(self) -> None:
        self._actions[Act.BEFORE_SMOOTHING].setChecked(False)
        self._panel.set_before(before=False, key=self._actions.first_key(Act.BEFORE_SMOOTHING))
        self._layout.video.set_look(None)

    def _show_before(self, *, before: bool) -> None:
        """Show the predictions as they were before smoothing, or as they are."""
        track, clip, difference = self._view.track, self._view.clip, self._difference
        if not before or track is None or clip is None or difference is None:
            self._poses.look_at(None)
            self._show_after()
            if before:
                self.failed.emit(_NOT_SMOOTHED if self._below is None else "One moment: this is being compared.")
            return
        n_frames = clip.n_frames

        def look(frame: int) -> ResolvedTrack:
            return resolve_frame(track, difference.before, frame=frame, n_frames=n_frames)

        self._actions[Act.BEFORE_SMOOTHING].setChecked(True)
        key = self._actions.first_key(Act.BEFORE_SMOOTHING)
        self._panel.set_before(before=True, key=key)
        self._layout.video.set_look(f"Before smoothing{f' ({key}: after)' if key else ''}")
        self._poses.look_at(look)

    def _go_to_largest(self) -> None:
        if self._difference is None or self._difference.largest < 0:
            self.failed.emit(_NOT_SMOOTHED if self._below is None else "Smoothing moved nothing here.")
        else:
            self._view.show_frame(self._difference.largest)

    # --- wishes ------------------------------------------------------------------------------------------------

    def _bring_up(self) -> None:
        if self._document.project is None:
            self.failed.emit(_why_not(None, None))
        else:
            self._layout.bring_up(self._panel)

    def _smooth_as_chosen(self) -> None:
        if not self._panel.smoother and self._document.project is not None:
            self._list_smoothers()
        self._smooth(self._panel.smoother, self._panel.strength, self._panel.steady)

    def _smooth(self, smoother: str, strength: float, steady: bool) -> None:  # noqa: FBT001 - a signal's
        if self._run_id is None:
            self.failed.emit(_why_not(self._document.project, self._view.track))
        elif smoother:
            self._preferences.change(smoother=smoother, smoothing_strength=strength, steady=steady)
            self._jobs.smooth(smoother, strength=strength, steady=steady)

    def _remove(self) -> None:
        project, track = self._document.project, self._view.track
        edit = None if project is None or track is None else without_smoothing(project, track)
        if edit is not None:
            self._document.push(edit)

    def _show_progress(self, task: TaskName, fraction: float) -> None:
        if task is TaskName.SMOOTH:
            self._panel.set_running(fraction=fraction)

    def _show_running(self) -> None:
        self._panel.set_running(fraction=0.0 if self._jobs.runs(TaskName.SMOOTH) else None)

    def _note_time(self, job: PreparedJob) -> None:
        """Remember how long smoothing took, and say anew how long it takes."""
        project = self._document.project
        if job.task is TaskName.SMOOTH and project is not None and self._run_id == job.output.name:
            note_run(project, job.output.name)
            self._list_smoothers()
