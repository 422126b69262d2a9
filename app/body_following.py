"""The body follows the corrections: after an edit the frames around it are fitted again by a warm worker.

What follows is shown at once and lives in memory; it becomes a run of its own when the hand has rested for a while,
at the latest after a minute, when another climber or project is gone to, and when the window closes. It takes the place
of the run that followed before. It is no step of undo: undoing the edit has the body follow back. With the run lie the
points it followed: what was corrected since then, because the program was killed or following was off, is followed when
the project is opened.
"""

import shutil
from dataclasses import replace
from enum import Enum
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from PySide6.QtCore import QObject, QTimer, Signal

from annotation.edits import Change, ChangeKind
from annotation.errors import BetascopeError
from annotation.fitted_points import load_points
from annotation.labels import RunKind, Track
from annotation.poses import MeshSequence
from annotation.project import Project
from app import followed_body, job_preparation, operations
from app.actions import Act
from app.document import Document
from app.followed_body import FollowedPoints
from app.frame_presenter import FramePresenter
from app.guide_presenter import SOON_MS
from app.preferences import Preferences
from app.refit_worker import RefitWorker
from app.settings import bodies_path
from app.shown_fit import ShownFit
from app.view_state import ViewState
from app.window_actions import Actions, Handlers
from inference.refit_messages import RefitRequest, Refitted
from widgets.body_view import BodyView

MOST_FRAMES = 720
"""What changes in more frames than this at once is left to a whole fit."""
REST_MS, LATEST_MS = 20_000, 60_000
_MOST_RESTARTS = 3
_FROM_THE_FIT = ("focal_px", "method")
_GONE = "The program that fits the body to corrections ended again and again. Fit the body ({FIT}) to go on."
_BEGUN_AGAIN = "The program that fits the body to corrections ended and was started again: the body follows soon."


class Following(Enum):
    """How the body stands to the labels; the value is for people."""

    NOTHING = ""
    FOLLOWS = "body follows"
    REFITTING = "body is being refitted"
    OLDER = "body is older than your changes"
    IMPORTED = "body is imported"
    OFF = "body does not follow"


class BodyFollowing(QObject):
    """Watches the points of the track on screen and has its body follow them."""

    failed = Signal(str)
    state_changed = Signal(object)
    """`Following`."""
    settled = Signal()
    """The body follows all corrections again."""
    asked = Signal()
    """Somebody waits for the body to follow."""
    refitted = Signal(object)
    """`Refitted`: an answer of the worker, before it is shown."""

    def __init__(
        self,
        document: Document,
        view: ViewState,
        frames: FramePresenter,
        *,
        body_view: BodyView,
        actions: Actions,
        fit: ShownFit,
        preferences: Preferences,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._document, self._view, self._frames, self._body_view = document, view, frames, body_view
        self._action, self._preferences = actions[Act.BODY_FOLLOWS], preferences
        self._action.setChecked(preferences.settings.body_follows)
        self._fit = fit
        self._track_id, self._run_id = "", ""
        self._points: FollowedPoints | None = None
        self._mesh: MeshSequence | None = None
        self._old, self._skipped = False, False
        self._attaching = self._keeping = False
        self._answered = self._restarts = 0
        self._owed: RefitRequest | None = None
        self._state = Following.NOTHING
        self._job: Path | None = None
        self._worker = RefitWorker(parent=self)
        self._rest = QTimer(self, singleShot=True, interval=REST_MS)
        self._latest = QTimer(self, singleShot=True, interval=LATEST_MS)
        self._saying = QTimer(self, singleShot=True, interval=SOON_MS)
        self._saying.timeout.connect(lambda: body_view.set_state(self._state.value))
        for timer in (self._rest, self._latest):
            timer.timeout.connect(self.keep)
        self._worker.ready.connect(self._drop_job)
        self._worker.refitted.connect(self.refitted)
        self._worker.refitted.connect(self._take)
        self._worker.sure.connect(fit.take)
        self._worker.failed.connect(self._lost)
        for signal in (frames.body_changed, view.track_changed, document.opened):
            signal.connect(self._attach)
        document.opened.connect(self.drop_awaited)
        document.edited.connect(self._follow)
        document.closing.connect(self._leave)
        view.joints_changed.connect(self._warm_up)

    @property
    def state(self) -> Following:
        """How the body on screen stands to the labels."""
        return self._state

    @property
    def followed(self) -> MeshSequence | None:
        """The body on screen, where it has followed all corrections and is no run yet."""
        return self._mesh if self._state is Following.FOLLOWS else None

    @property
    def is_warm(self) -> bool:
        """Whether the worker can answer at once."""
        return self._worker.is_ready

    @property
    def worker_id(self) -> int:
        """The process that fits; 0 where there is none."""
        return self._worker.process_id

    def handlers(self) -> Handlers:
        """Return what the actions do."""
        return {Act.BODY_FOLLOWS: self._toggle}

    def keep(self) -> None:
        """Make a run of the body that followed, if it did since the last time."""
        self._rest.stop()
        self._latest.stop()
        project, mesh, before, track = self._document.project, self._mesh, self._run_id, self._track
        if track is not None and track.locked:  # it is kept once it may be changed again
            return
        self._mesh = None
        if project is None or mesh is None or track is None or self._points is None or not self._shows(project):
            return
        self._fit.catch_up()
        current = not (self._behind or self._pending or self._points.differs(project, track))
        followed = None if self._old else self._points.without(self._owed)
        try:
            edit = followed_body.keep(project, self._track_id, mesh, followed=followed, details=self._fit.details)
        except BetascopeError as error:
            self.failed.emit(str(error))
            return
        assert edit.run_id is not None
        self._run_id = edit.run_id
        self._frames.keep_followed(self._track_id, edit.run_id, mesh, current=current)
        self._keeping = True  # nothing moved
        try:
            if self._document.follow(edit):
                followed_body.drop_older(project, before)
                followed_body.drop_awaited(project)
            else:
                self._run_id = before
                self._frames.keep_followed(self._track_id, before, mesh, current=False)
                project.drop_run(edit.run_id)
        except BetascopeError as error:
            self.failed.emit(str(error))
        finally:
            self._keeping = False

    def drop_awaited(self) -> None:
        """Remove the bodies that stayed because a job needed them, where it has ended."""
        project = self._document.project
        if project is None or not project.writable:
            return
        try:
            followed_body.drop_awaited(project)
        except BetascopeError as error:
            self.failed.emit(str(error))

    # --- whom to follow

    @property
    def _pending(self) -> bool:
        """Whether the worker still owes an answer."""
        return self._worker.running and self._worker.last_asked > self._answered

    @property
    def _behind(self) -> bool:
        """Whether there are points the body was never fitted to."""
        track = self._track
        whole = track is not None and not self._fit.knows(track.facts)
        return self._old or self._skipped or whole

    @property
    def _track(self) -> Track | None:
        project = self._document.project
        return None if project is None else project.tracks.get(self._track_id)

    def _attach(self) -> None:
        """Follow the body on screen, if it is another one than before."""
        if self._attaching:  # keeping the one before is a change, too
            return
        self._attaching = True
        try:
            self._attach_once()
        finally:
            self._attaching = False

    def _attach_once(self) -> None:
        track = self._view.track
        run_id = "" if track is None else track.active_runs.get(RunKind.BODY, "")
        track_id = "" if track is None or not run_id else track.id
        if (track_id, run_id) == (self._track_id, self._run_id):
            return
        self._leave()
        project = self._document.project
        if project is None or track is None or not track_id or not project.writable:
            return
        self._track_id, self._run_id = track_id, run_id
        resolved = project.resolved(track_id)
        self._points = FollowedPoints.of(project, track)
        if not operations.body_is_current(project, track_id, resolved=resolved):
            fitted = load_points(project.run_folder(run_id), shape=resolved.source.shape)
            self._old = fitted is None
            if fitted is not None:
                facts = operations.followed_facts(project, run_id)
                self._points = replace(self._points, points=fitted, facts=facts)
        self._follow(Change(ChangeKind.LABELS))

    def _leave(self) -> None:
        self.keep()
        self._stop_worker()
        self._track_id = self._run_id = ""
        self._points, self._owed, self._old, self._skipped = None, None, False, False
        self._tell(Following.NOTHING)

    def _stop_worker(self) -> None:
        """End the worker; what it has not answered yet, the body was never fitted to."""
        if self._points is not None:
            self._points = self._points.without(self._owed)
        self._worker.stop()
        self._owed = None
        self._answered = self._worker.last_asked
        self._drop_job()

    def _shows(self, project: Project) -> bool:
        """Tell whether the track still shows the body that is followed."""
        track = project.tracks.get(self._track_id)
        return track is not None and track.active_runs.get(RunKind.BODY) == self._run_id

    def _toggle(self) -> None:
        on = self._action.isChecked()
        self._preferences.change(body_follows=on)
        if not on:
            self._stop_worker()
        self._warm_up()
        self._follow(Change(ChangeKind.LABELS))

    # --- following

    def _warm_up(self) -> None:
        """Start the worker when somebody takes up joints: it is ready by the time they are moved."""
        project, track = self._document.project, self._view.track
        if project is None or track is None or track.id != self._track_id or not self._action.isChecked():
            return
        if not self._view.joints or self._worker.running or track.locked:
            return
        self._start(project)

    def _start(self, project: Project) -> None:
        parameters = operations.run_summary(project, self._run_id).get("parameters", {})
        wishes: dict[str, Any] = {name: parameters[name] for name in _FROM_THE_FIT if name in parameters}
        mesh = project.mesh(self._track_id)
        if mesh is None or wishes.get("method", "betascope") != "betascope":
            return
        self.keep()  # the worker reads the body from a run
        body = mesh.body if self._frames.body is None else self._frames.body.name  # it may be kept under another name
        try:
            prepare = partial(job_preparation.prepare_fit, body=body, bodies_dir=bodies_path())
            self._job = prepare(project, self._track_id, wishes=wishes).folder
        except BetascopeError as error:
            self.failed.emit(str(error))
            return
        self._worker.start(self._job, project.run_folder(self._run_id))

    def _follow(self, change: Change) -> None:
        """Ask for the frames round all that is other than what the body followed last."""
        project, points, track = self._document.project, self._points, self._track
        if project is None or points is None or track is None or self._keeping:
            return
        if change.track_id not in (None, track.id):
            return
        if self._shows(project) and self._action.isChecked():
            self._skipped = False
            if points.differs(project, track):
                self._follow_all(project, points, track)
        self._settle()

    def _follow_all(self, project: Project, points: FollowedPoints, track: Track) -> None:
        changed = points.points.changed(project.resolved(track.id))
        much = len(np.unique(changed[:, 0])) > MOST_FRAMES
        if not much and not self._worker.running:
            self._start(project)
        self._skipped = much or not self._worker.running
        if not self._skipped:
            self._ask(points.request(project, track, changed, frame=self._view.frame))

    def _ask(self, request: RefitRequest | None) -> None:
        if request is not None and self._worker.running:
            self._owed = request if self._owed is None else self._owed.followed_by(request)
            self._worker.ask(request)
            self.asked.emit()

    def _take(self, answer: Refitted) -> None:
        """Show what the worker found; answers to what was overtaken do not come."""
        project, base = self._document.project, self._frames.mesh
        track = self._view.track
        if project is None or base is None or track is None or track.id != self._track_id or not self._shows(project):
            return
        if answer.done:
            self._answered, self._restarts = answer.number, 0
        if not self._pending:
            self._owed = None
        if answer.pose:
            frames = slice(answer.start, answer.start + len(answer.pose))
            self._mesh = followed_body.followed(base, answer)
            self._frames.show_followed(
                self._track_id, self._run_id, self._mesh, frames=frames, current=not self._behind
            )
            self._rest.start()
            if not self._latest.isActive():
                self._latest.start()
        self._settle()

    def _lost(self, reason: str) -> None:
        """Say that the worker is gone; one that ended in the middle of its work is started again."""
        self._drop_job()
        project, owed = self._document.project, self._owed
        if reason or self._restarts >= _MOST_RESTARTS or project is None or not self._shows(project):
            self._stop_worker()
            self._skipped = True
            self._settle()
            self.failed.emit(reason or _GONE)
            return
        self._restarts += 1
        self._stop_worker()
        if owed is None:
            self._start(project)
        self._follow(Change(ChangeKind.LABELS))
        self.failed.emit(_BEGUN_AGAIN)

    def _drop_job(self) -> None:
        if self._job is not None:
            shutil.rmtree(self._job, ignore_errors=True)
            self._job = None

    # --- saying so

    def _settle(self) -> None:
        project = self._document.project
        if project is None or self._points is None:
            self._tell(Following.NOTHING)
        elif self._behind:
            imported = operations.body_is_imported(project, self._track_id)
            self._tell(Following.IMPORTED if imported else Following.OLDER)
        elif not self._action.isChecked():
            track = self._track
            stale = track is not None and self._points.differs(project, track)
            self._tell(Following.OLDER if stale else Following.OFF)
        elif self._pending:
            self._tell(Following.REFITTING)
        else:
            self._tell(Following.FOLLOWS)

    def _tell(self, state: Following) -> None:
        if state is not self._state:
            self._state = state
            self._frames.mark_current(current=state in (Following.FOLLOWS, Following.REFITTING))
            self._saying.start()
            self.state_changed.emit(state)
            if state is Following.FOLLOWS:
                self.settled.emit()
