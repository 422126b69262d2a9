"""The main window: connects presenters with widgets and actions, nothing else."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QPoint, Qt, QTimer
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import QApplication, QLabel, QMainWindow, QMenu

from annotation.edits import Change, ChangeKind
from annotation.skeletons import DEFAULT_SKELETON
from app.actions import Act, Actions
from app.background import Background
from app.document import Document
from app.frame_presenter import FramePresenter
from app.frame_source import FrameSource
from app.guide_presenter import GuidePresenter
from app.job_runner import JobRunner
from app.jobs_presenter import JobsPresenter
from app.navigation import Navigation
from app.playback import Playback
from app.pose_presenter import PosePresenter
from app.project_presenter import ProjectPresenter
from app.settings import Settings, bodies_path, demo_path, save_settings
from app.video_presenter import VideoPresenter
from app.view_state import ViewState
from app.window_layout import Layout, first_size
from widgets.jobs_panel import JobsStatus
from widgets.theme import Theme, apply_theme, colors
from widgets.toast import Severity, ToastArea

_NEEDS_PROJECT = set(Act) - {Act.OPEN_VIDEO, Act.OPEN_PROJECT, Act.QUIT, Act.LIGHT_THEME, Act.SHORTCUTS, Act.AUTO_PROXY}
_JOINT_MENU = (Act.VISIBLE, Act.OCCLUDED, Act.ABSENT, Act.REMOVE_LABEL, Act.PLACE)
_FRAME_MENU = (Act.LABEL_ALL, Act.REMOVE_KEYFRAME, Act.INTERPOLATE, Act.SWAP_SIDES, Act.FIT_VIEW)
_OPACITY_STEP = 0.2


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
        self._settings, self._settings_file = settings, settings_file
        self.document = Document(parent=self)
        self.view = ViewState(self.document, parent=self)
        self.background = Background(parent=self)
        self.layout_ = Layout(self)
        self.source = FrameSource(cache_bytes=settings.cache_bytes, parent=self)
        self.playback = Playback(self.view, self.source, parent=self)
        self.actions_ = Actions(parent=self)
        self.toasts = ToastArea(parent=self)
        self._make_presenters()
        self._connect()
        self._set_up_actions()
        self.setWindowTitle("Betascope")
        self.resize(first_size(self))
        self._apply_theme()
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

    def _make_presenters(self) -> None:
        layout = self.layout_
        status, counts = JobsStatus(), QLabel()
        for permanent in (layout.video_status, counts):
            self.statusBar().addPermanentWidget(permanent)
        self.statusBar().addWidget(status, 1)
        status.details_requested.connect(layout.show_jobs)
        self.navigation = Navigation(
            self.view, self.playback, timeline=layout.timeline, transport=layout.transport, parent=self
        )
        self.frames = FramePresenter(
            self.document, self.view, self.source, video=layout.video, body_view=layout.body, parent=self
        )
        self.poses = PosePresenter(
            self.document,
            self.view,
            video=layout.video,
            timeline=layout.timeline,
            transport=layout.transport,
            side=layout.side,
            parent=self,
        )
        self.jobs = JobsPresenter(
            self.document, self.view, panel=layout.jobs, status=status, runner=JobRunner(parent=self), parent=self
        )
        self.video = VideoPresenter(
            self.document,
            self.view,
            source=self.source,
            frames=self.frames,
            playback=self.playback,
            jobs=self.jobs,
            layout=layout,
            auto_proxy=self._settings.auto_proxy,
            parent=self,
        )
        self.projects = ProjectPresenter(
            self.document,
            self.view,
            self.background,
            side=layout.side,
            start=layout.start,
            settings=self._settings,
            window=self,
        )
        self.guide = GuidePresenter(
            self.document,
            self.view,
            frames=self.frames,
            poses=self.poses,
            jobs=self.jobs,
            playback=self.playback,
            actions=self.actions_,
            step=layout.step,
            inspector=layout.inspector,
            counts=counts,
            parent=self,
        )

    def _connect(self) -> None:
        layout, view = self.layout_, self.view
        for presenter in (self.document, self.poses, self.frames, self.projects, self.video):
            presenter.failed.connect(self._warn)
        self.jobs.failed.connect(self.show_error)
        for message in (self.projects.message, self.jobs.message):
            message.connect(self._tell)
        self.projects.settings_changed.connect(self._save_settings)
        self.document.opened.connect(self._show_document)
        self.document.changed.connect(self._relinked)
        self.document.shown.connect(self._go_to)
        view.clip_changed.connect(layout.video.fit_view)
        self.frames.shown.connect(self.poses.show_frame)
        self.frames.damaged.connect(self.navigation.mark_damaged)
        self.jobs.video_ready.connect(self.projects.open)
        self.video.proxies_changed.connect(self.projects.refresh)
        layout.video.drag_started.connect(self.playback.pause)
        layout.video.context_requested.connect(self._show_joint_menu)
        layout.side.joint_menu_requested.connect(self._show_joint_menu)
        layout.video.files_dropped.connect(self.projects.open_dropped)
        layout.start.demo_requested.connect(lambda: self.jobs.make_demo(demo_path()))
        self.guide.act_requested.connect(lambda act: self.actions_[act].trigger())

    def _set_up_actions(self) -> None:
        actions, layout = self.actions_, self.layout_
        handlers: dict[Act, Callable[[], object]] = {
            Act.OPEN_VIDEO: self.projects.ask_video,
            Act.OPEN_PROJECT: self.projects.ask_project,
            Act.ADD_VIDEO: self.projects.ask_to_add,
            Act.EXPORT_COCO: lambda: self.projects.export_coco(skeleton=DEFAULT_SKELETON, results=False),
            Act.EXPORT_COCO17: lambda: self.projects.export_coco(skeleton="coco17", results=False),
            Act.EXPORT_RESULTS: lambda: self.projects.export_coco(skeleton=DEFAULT_SKELETON, results=True),
            Act.RENDER: self._render,
            Act.CLOSE_PROJECT: self.projects.close,
            Act.QUIT: self.close,
            Act.UNDO: self.document.undo,
            Act.REDO: self.document.redo,
            Act.RELINK: self.projects.relink,
            Act.LOOP: lambda: self.playback.set_loop(loop=actions[Act.LOOP].isChecked()),
            Act.DETECT: self.jobs.detect,
            Act.FIT: lambda: self.jobs.fit(body=self._settings.body, bodies_dir=bodies_path()),
            Act.FIT_VIEW: layout.video.fit_view,
            Act.ZOOM_IN: lambda: layout.video.zoom_by(1.25),
            Act.ZOOM_OUT: lambda: layout.video.zoom_by(0.8),
            Act.SHOW_POINTS: lambda: layout.video.set_points_visible(visible=actions[Act.SHOW_POINTS].isChecked()),
            Act.SHOW_MESH: lambda: self.frames.set_overlay(shown=actions[Act.SHOW_MESH].isChecked()),
            Act.MESH_OPAQUE: lambda: self._change_opacity(_OPACITY_STEP),
            Act.MESH_FAINT: lambda: self._change_opacity(-_OPACITY_STEP),
            Act.ANNOTATE: lambda: self._set_workspace(Act.ANNOTATE),
            Act.REVIEW: lambda: self._set_workspace(Act.REVIEW),
            Act.HIDE_PANELS: lambda: layout.set_panels_visible(visible=not actions[Act.HIDE_PANELS].isChecked()),
            Act.LIGHT_THEME: self._toggle_theme,
            Act.AUTO_PROXY: self._toggle_auto_proxy,
            Act.SHORTCUTS: layout.toggle_shortcuts,
            **self.video.handlers(),
            **self.poses.handlers(),
            **self.navigation.handlers(),
        }
        actions.connect_all(handlers)
        layout.set_actions(actions)
        actions[Act.SHOW_POINTS].setChecked(True)
        actions[Act.AUTO_PROXY].setChecked(self._settings.auto_proxy)
        actions[Act.LIGHT_THEME].setChecked(self._settings.theme == Theme.LIGHT.value)
        layout.video.set_mesh_opacity(self._settings.mesh_opacity)

    # --- following the document and the view -----------------------------------------------------------------

    def _show_document(self) -> None:
        project = self.document.project
        self.setWindowTitle("Betascope" if project is None else f"{project.name} – Betascope")
        if project is None:
            self.layout_.show_start()
        else:
            self.layout_.show_work()
            QTimer.singleShot(0, lambda: self._set_workspace(Act.ANNOTATE))
        self.actions_.enable(_NEEDS_PROJECT, enabled=project is not None)
        self.guide.refresh()

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

    # --- actions ---------------------------------------------------------------------------------------------

    def _change_opacity(self, step: float) -> None:
        opacity = min(max(self._settings.mesh_opacity + step, 0.0), 1.0)
        self.layout_.video.set_mesh_opacity(opacity)
        self._save_settings(replace(self._settings, mesh_opacity=opacity))

    def _show_joint_menu(self, joint: int, position: QPoint) -> None:
        """Show what can be done here, with its keys."""
        self.view.show_joint(joint)
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addActions([self.actions_[act] for act in (_JOINT_MENU if joint >= 0 else _FRAME_MENU)])
        menu.popup(position)

    def _set_workspace(self, act: Act) -> None:
        for other in (Act.ANNOTATE, Act.REVIEW):
            self.actions_[other].setChecked(other is act)
        if act is Act.ANNOTATE:
            self.layout_.annotate()
        else:
            self.layout_.review()

    def _toggle_theme(self) -> None:
        theme = Theme.LIGHT if self.actions_[Act.LIGHT_THEME].isChecked() else Theme.DARK
        self._save_settings(replace(self._settings, theme=theme.value))
        self._apply_theme()

    def _apply_theme(self) -> None:
        theme, application = Theme(self._settings.theme), QApplication.instance()
        assert isinstance(application, QApplication)
        apply_theme(application, theme)
        self.actions_.set_icons(colors(theme))
        self.layout_.body.set_theme(theme)

    def _toggle_auto_proxy(self) -> None:
        automatic = self.actions_[Act.AUTO_PROXY].isChecked()
        self.video.set_auto_proxy(automatic=automatic)
        self._save_settings(replace(self._settings, auto_proxy=automatic))

    def _render(self) -> None:
        out = self.projects.ask_render_target()
        if out is not None:
            self.jobs.render(out, bodies_dir=bodies_path())

    def _warn(self, text: str) -> None:
        self.toasts.show_message(text, severity=Severity.WARNING)

    def _tell(self, text: str) -> None:
        self.toasts.show_message(text, severity=Severity.INFO)

    def _save_settings(self, settings: Settings) -> None:
        self._settings = settings
        self.projects.take_settings(settings)
        try:
            save_settings(settings, path=self._settings_file)
        except OSError as error:
            self._warn(f"The settings cannot be written to {self._settings_file} ({error.strerror}).")

    def closeEvent(self, event: QCloseEvent) -> None:
        """End workers and threads; every edit is on the disk already."""
        self.playback.pause()
        self.jobs.close()
        self.background.wait()
        self.source.close()
        self.video.close()
        self.document.set_project(None)
        super().closeEvent(event)
