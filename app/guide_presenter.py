"""Shows what is next, the numbers of the inspector and the counts of the status bar."""

from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtWidgets import QLabel

from app import guide
from app.actions import Act
from app.document import Document
from app.frame_presenter import FramePresenter
from app.jobs_presenter import JobsPresenter
from app.playback import Playback
from app.pose_presenter import PosePresenter
from app.presence import Presence
from app.shown_fit import ShownFit
from app.view_state import ViewState
from app.window_actions import Actions
from app.wording import counted
from inference.jobs import TaskName
from widgets.inspector import Inspector, Section
from widgets.next_step_bar import NextStepBar

SOON_MS = 150
"""Words and numbers can wait so long after an edit: points and body on screen come first."""


class GuidePresenter(QObject):
    """Derives words and numbers from the document and the view whenever one of them changes."""

    act_requested = Signal(object)
    """`Act`: the button of the next step was pressed."""

    def __init__(
        self,
        document: Document,
        view: ViewState,
        *,
        frames: FramePresenter,
        poses: PosePresenter,
        jobs: JobsPresenter,
        playback: Playback,
        actions: Actions,
        presence: Presence,
        fit: ShownFit,
        step: NextStepBar,
        inspector: Inspector,
        counts: QLabel,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._document, self._view = document, view
        self._frames, self._poses, self._jobs, self._playback = frames, poses, jobs, playback
        self._actions, self._step, self._inspector, self._counts = actions, step, inspector, counts
        self._presence, self._fit = presence, fit
        self._act: Act | None = None
        self._is_refitted: Callable[[], bool] = lambda: False
        self._also: list[Section] = []
        self._soon = QTimer(self, singleShot=True, interval=SOON_MS)
        self._soon.timeout.connect(self.refresh)
        for signal in (document.opened, view.track_changed, jobs.running_changed, presence.changed):
            signal.connect(self.refresh)
        document.changed.connect(self._name_undo)
        document.changed.connect(self.refresh_soon)
        for signal in (view.joint_changed, frames.shown, fit.changed, playback.playing_changed):
            signal.connect(self._refresh_inspector)
        for signal in (document.opened, document.changed, view.frame_changed):
            signal.connect(lambda: step.set_remark(""))
        actions.keys_changed.connect(self.refresh)
        step.activated.connect(self._request)

    def follow_body(self, is_refitted: Callable[[], bool]) -> None:
        """Ask this whether the body on screen is about to follow by itself, so that nobody is asked to fit it."""
        self._is_refitted = is_refitted

    def refresh_soon(self) -> None:
        """Show everything anew once nothing has happened for a moment."""
        self._soon.start()

    def refresh(self) -> None:
        """Show everything anew."""
        self._soon.stop()
        self._name_undo()
        project, track = self._document.project, self._view.track
        if project is None or track is None:
            self._counts.setText("")
            self._step.set_step("")
            self._inspector.set_sections([])
            return
        running = any(self._jobs.is_running(task, track.id) for task in (TaskName.DETECT, TaskName.FIT))
        present = self._presence.is_there(project.clip(track.clip_id).path)
        followed = self._frames.follows(track.id) or self._is_refitted()
        step = guide.next_step(
            project, track, self._poses.resolved, running=running, present=present, followed=followed
        )
        self._act = step.act
        self._step.set_step(self._actions.with_keys(step.text), button=step.button, detail=step.detail)
        saved = "saved" if project.writable else "to look only"
        keyframes, labels = len(track.table.keyframes()), len(track.labels)
        self._counts.setText(f"{counted(keyframes, 'keyframe')}, {counted(labels, 'label')}   {saved}")
        self._refresh_inspector()

    def show_remark(self, text: str, answers: dict[Act, str]) -> None:
        """Say in place of the next step what there is about the frame on screen, and which keys answer it."""
        keys = {self._actions.first_key(act): what for act, what in answers.items()}
        self._step.set_remark(text, detail=", ".join(f"{key} {what}" for key, what in keys.items() if key))

    def show_also(self, sections: list[Section]) -> None:
        """Show further numbers at the end of the inspector."""
        self._also = sections
        self.refresh_soon()

    def _refresh_inspector(self) -> None:
        project, track, resolved = self._document.project, self._view.track, self._poses.resolved
        if self._playback.playing or project is None or track is None or resolved is None:
            return
        sections = guide.inspector_sections(
            project,
            track,
            resolved=resolved,
            frame=min(self._view.frame, len(resolved) - 1),
            joint=self._view.joint,
            body=self._fit.body_rows(min(self._view.frame, len(resolved) - 1)),
        )
        shape = self._fit.shape_rows()
        shapes = [("Shape, beside the average body", shape)] if shape else []
        self._inspector.set_sections([*sections, *self._also, *shapes])

    def _name_undo(self) -> None:
        project = self._document.project
        for act, word, title in (
            (Act.UNDO, "Undo", project.undo_title() if project else None),
            (Act.REDO, "Redo", project.redo_title() if project else None),
        ):
            self._actions[act].setText(f"{word} {title[0].lower()}{title[1:]}" if title else word)
            self._actions[act].setEnabled(title is not None and project is not None and project.writable)

    def _request(self) -> None:
        if self._act is not None:
            self.act_requested.emit(self._act)
