"""The main window: makes the parts of it, shows the document and the messages, nothing else."""

from pathlib import Path

from PySide6.QtCore import QPoint, QTimer
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import QLabel, QMainWindow

from annotation.edits import Change, ChangeKind
from app.arrangement import Arrangement
from app.background import Background
from app.closing import Closing
from app.document import Document
from app.frame_source import FrameSource
from app.joint_menu import joint_menu
from app.playback import Playback
from app.posing import joints_words
from app.preferences import Preferences
from app.settings import Settings
from app.view_state import ViewState
from app.window_actions import Actions
from app.window_layout import Layout
from app.window_parts import Parts
from app.window_presenters import Presenters
from widgets.jobs_panel import JobsStatus
from widgets.toast import Severity, ToastArea

_BREATH_MS = 15
"""Between reading what was opened and arranging the panels, so that input in the meantime is not held up by both."""


class MainWindow(QMainWindow):
    """The window of the application.

    Parameters
    ----------
    settings : Settings
    settings_file : Path
        Where changed settings are written.
    """

    def __init__(self, settings: Settings, settings_file: Path) -> None:
        super().__init__()
        self.preferences = Preferences(settings, settings_file, parent=self)
        self.background = Background(parent=self)
        self.document = Document(background=self.background, author=settings.annotator, parent=self)
        self.view = ViewState(self.document, parent=self)
        self.layout_ = Layout(self)
        self.arrangement = Arrangement(self, self.layout_, file=settings_file.with_name("window.json"))
        self.source = FrameSource(cache_bytes=settings.cache_bytes, parent=self)
        self.playback = Playback(self.view, self.source, parent=self)
        self.actions_ = Actions(parent=self)
        self.toasts = ToastArea(over=self.centralWidget(), parent=self)
        self.presenters = Presenters(self._parts())
        self.poses, self.guide, self.jobs = self.presenters.poses, self.presenters.guide, self.presenters.jobs
        self.frames, self.video = self.presenters.frames, self.presenters.video
        self.projects, self.navigation = self.presenters.projects, self.presenters.navigation
        self.closing = Closing(self.jobs, parent=self)
        self._connect()
        self.actions_.connect_all(self.presenters.handlers())
        self.layout_.set_actions(self.actions_)
        self.setWindowTitle("Betascope")
        self.arrangement.restore_window()
        self.presenters.appearance.apply_theme()
        self._show_document()
        self.projects.show_recent()

    # --- for those who open it -------------------------------------------------------------------------------

    def open(self, path: Path) -> None:
        """Open a project or a video."""
        self.projects.open(path)

    def show_error(self, text: str, details: str = "") -> None:
        """Show what went wrong, until it is closed."""
        self.toasts.show_message(text, severity=Severity.ERROR, details=details or None)

    # --- building --------------------------------------------------------------------------------------------

    def _parts(self) -> Parts:
        status, counts, progress = JobsStatus(), QLabel(), QLabel()
        for permanent in (self.layout_.video_status, progress, counts):
            self.statusBar().addPermanentWidget(permanent)
        self.statusBar().addWidget(status, 1)
        self.statusBar().setContentsMargins(0, 0, 8, 0)
        self.statusBar().setMinimumHeight(status.sizeHint().height() + 8)  # a job that begins moves nothing
        return Parts(
            window=self,
            document=self.document,
            view=self.view,
            background=self.background,
            source=self.source,
            playback=self.playback,
            layout=self.layout_,
            arrangement=self.arrangement,
            actions=self.actions_,
            preferences=self.preferences,
            status=status,
            counts=counts,
            progress=progress,
        )

    def _connect(self) -> None:
        for warning in (self.document.failed, self.preferences.failed, self.closing.warned, *self.presenters.warning):
            warning.connect(self._warn)
        self.jobs.failed.connect(self.show_error)
        for message in self.presenters.telling:
            message.connect(self._tell)
        self.projects.busy.connect(self._offer_to_look)
        self.toasts.action_triggered.connect(lambda folder: self.projects.look_at(Path(folder)))
        self.document.opened.connect(self._show_document)
        self.document.changed.connect(self._relinked)
        self.document.shown.connect(self._go_to)
        self.layout_.video.context_requested.connect(self._show_joint_menu)
        self.layout_.side.joint_menu_requested.connect(self._show_joint_menu)

    # --- following the document and the view -----------------------------------------------------------------

    def _show_document(self) -> None:
        project = self.document.project
        only_looking = "" if project is None or project.writable else " (to look only)"
        self.setWindowTitle("Betascope" if project is None else f"{project.name}{only_looking} – Betascope")
        if project is None:
            self.arrangement.leave()
            self.layout_.show_start()
        else:
            QTimer.singleShot(_BREATH_MS, self, self._show_work)
        self.actions_.enable_for(project=project is not None)
        self.guide.refresh()

    def _show_work(self) -> None:
        if self.document.project is not None and not self.layout_.shows_work:
            self.layout_.show_work()
            self.presenters.appearance.set_workspace(self.arrangement.last_workspace)

    def _relinked(self, change: Change) -> None:
        if change.kind is ChangeKind.CLIPS:
            self.frames.refresh_clip()
            self.video.refresh_clip()

    def _go_to(self, change: Change) -> None:
        project = self.document.project
        if project is None:
            return
        if change.track_id is not None and change.track_id in project.tracks:
            self.view.show_track(change.track_id)
        if change.frames and self.view.frame not in change.frames:
            self.view.show_frame(change.frames[0])

    # --- saying things ---------------------------------------------------------------------------------------

    def _show_joint_menu(self, joint: int, position: QPoint) -> None:
        """Show what can be done here, with its keys; a joint outside the selection is selected first."""
        if joint >= 0 and joint not in self.view.joints:
            self.view.show_joint(joint)
        track = self.view.track
        words = None if joint < 0 or track is None else joints_words(track, self.view.joints)
        joint_menu(self.actions_, words=words, parent=self).popup(position)

    def _offer_to_look(self, text: str, folder: Path) -> None:
        actions = [("Look at it only", str(folder))]
        self.toasts.show_message(text, severity=Severity.WARNING, actions=actions)

    def _warn(self, text: str) -> None:
        self.toasts.show_message(self.actions_.with_keys(text), severity=Severity.WARNING)

    def _tell(self, text: str) -> None:
        self.toasts.show_message(self.actions_.with_keys(text), severity=Severity.INFO)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Name what still runs first; then end it. Every edit is on the disk already."""
        if not self.closing.may_close():
            event.ignore()
            return
        self.playback.pause()
        self.arrangement.write()
        self.closing.end(background=self.background, source=self.source, video=self.video)
        self.document.set_project(None)
        super().closeEvent(event)
