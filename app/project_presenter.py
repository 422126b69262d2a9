"""Opening, closing, relinking and exporting projects, and the lists of clips and climbers."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QFileDialog, QWidget

from annotation.clip import Clip
from annotation.edits import Change, ChangeKind, Edit
from annotation.errors import BetascopeError, ProjectBusyError, VideoError
from annotation.glance import glance
from annotation.project import Project
from annotation.store import SUFFIX, Access
from annotation.video import VideoReader
from annotation.video_file import Report
from app import operations
from app.actions import Act
from app.background import Background
from app.document import Document
from app.opening import Opening
from app.preferences import Preferences
from app.presence import Presence
from app.proxies import proxy_bytes
from app.view_state import ViewState
from app.window_actions import Handlers
from widgets.entry_list import Entry
from widgets.side_panel import SidePanel
from widgets.start_page import RecentProject, StartPage

VIDEO_FILTER = "Videos (*.mp4 *.mov *.m4v *.mkv *.webm *.avi *.ts *.mts *.3gp *.gif);;All files (*)"
_THUMBNAIL_PX = 160


class ProjectPresenter(QObject):
    """Turns files a person chose into an open project."""

    message = Signal(str)
    failed = Signal(str)
    busy = Signal(str, Path)
    """Another window edits the project: the reason, and the folder, which can still be looked at."""
    reading = Signal(str)
    """How far reading a file is; empty when it is over."""

    def __init__(
        self,
        document: Document,
        view: ViewState,
        *,
        background: Background,
        presence: Presence,
        side: SidePanel,
        start: StartPage,
        preferences: Preferences,
        window: QWidget,
    ) -> None:
        super().__init__(window)
        self._document, self._view, self._background = document, view, background
        self._side, self._start, self._preferences, self._window = side, start, preferences, window
        self._presence, self._opening = presence, Opening(background, parent=self)
        self._opening.opened.connect(self._opened)
        self._opening.failed.connect(self.failed)
        self._opening.busy.connect(self.busy)
        self._opening.said.connect(self.reading)
        presence.changed.connect(self._list)
        self._to_add: list[Path] = []
        document.opened.connect(self._list)
        document.changed.connect(self._changed)
        view.track_changed.connect(self._list)
        side.clip_selected.connect(view.show_clip)
        side.add_clip_requested.connect(self.ask_to_add)
        start.open_video_requested.connect(self.ask_video)
        start.open_project_requested.connect(self.ask_project)
        start.recent_activated.connect(self.open)
        start.files_dropped.connect(self.open_dropped)

    def handlers(self) -> Handlers:
        """Return what the actions about files do."""
        return {
            Act.OPEN_VIDEO: self.ask_video,
            Act.OPEN_PROJECT: self.ask_project,
            Act.ADD_VIDEO: self.ask_to_add,
            Act.CLOSE_PROJECT: self.close,
            Act.RELINK: self.relink,
            Act.RELOAD: self.reload,
        }

    # --- opening ---------------------------------------------------------------------------------------------

    def open(self, path: Path) -> None:
        """Open a project folder, or the project of a video, in the background."""
        path = path.absolute()
        if self._document.folder not in (path, operations.project_for_video(path)):
            self._opening.open(
                lambda report: (
                    Project.open(path, access=Access.WRITE)
                    if path.is_dir()
                    else operations.open_for_video(path, report=report)
                ),
                path=path,
            )

    def look_at(self, folder: Path) -> None:
        """Open a project that another window edits, to look only."""
        self._opening.open(lambda _report: Project.open(folder, access=Access.READ), path=folder)

    def reload(self) -> None:
        """Show what another window has done; edit here if it is closed by now."""
        project, folder = self._document.project, self._document.folder
        if project is None or folder is None:
            return
        if project.writable:
            self.message.emit("This window edits the project, so it shows everything already.")
            return
        clip, track, frame = self._view.clip, self._view.track, self._view.frame

        def work(_report: Report) -> Project:
            try:
                return Project.open(folder, access=Access.WRITE)
            except ProjectBusyError:
                return Project.open(folder, access=Access.READ)

        def show_place() -> None:
            if clip is not None and track is not None:
                self._view.show_clip(clip.id)
                self._view.show_track(track.id)
                self._view.show_frame(frame)

        self._opening.open(work, path=folder, then=show_place)

    def open_dropped(self, paths: list[Path]) -> None:
        """Open what was dropped; further videos are added to the same project."""
        if paths and self._document.project is None:
            self._to_add = paths[1:]
            self.open(paths[0])
            return
        for path in paths:
            self.add_video(path)

    def add_video(self, path: Path) -> None:
        """Add a video to the open project."""
        project = self._document.project
        if project is not None:
            report = self._opening.begin(path.name)
            self._change_in_background(project, lambda: operations.add_video(project, path, report=report))

    def _change_in_background(self, project: Project, work: Callable[[], Edit]) -> None:
        """Work an edit out in the background; it is made only if the same project is still open then."""

        def done(edit: Edit) -> None:
            self._opening.end()
            if self._document.project is project and self._document.push(edit):
                change = edit.change(project)
                if change.clip_id is not None:
                    self._view.show_clip(change.clip_id)

        def failed(reason: str) -> None:
            self._opening.end()
            self.failed.emit(reason)

        self._background.run(work, done=done, failed=failed)

    def ask_video(self) -> None:
        """Let a person choose a video to open."""
        path = self._ask_file("Open video")
        if path is not None:
            self.open(path)

    def ask_project(self) -> None:
        """Let a person choose a project folder to open."""
        chosen = QFileDialog.getExistingDirectory(self._window, f"Open project (a folder *{SUFFIX})")
        if chosen:
            self.open(Path(chosen))

    def ask_to_add(self) -> None:
        """Let a person choose a video to add."""
        path = self._ask_file("Add video to project")
        if path is not None:
            self.add_video(path)

    def close(self) -> None:
        """Close the project and show the first screen."""
        self._document.set_project(None)
        self.show_recent()

    def _opened(self, project: Project) -> None:
        self._preferences.replace(self._preferences.settings.with_recent(project.folder))
        self._document.set_project(project)
        to_add, self._to_add = self._to_add, []
        for path in to_add:
            self.add_video(path)

    # --- relinking and exporting -----------------------------------------------------------------------------

    def relink(self) -> None:
        """Let a person say where the video of the clip on screen lies now."""
        path = self._ask_file("Where is the video now?")
        if path is not None:
            self.relink_to(path)

    def relink_to(self, path: Path) -> None:
        """Use a file as the video of the clip on screen, if it is the same video."""
        project, clip = self._document.project, self._view.clip
        if project is not None and clip is not None:
            self._change_in_background(project, lambda: operations.relink(project, clip.id, video=path))

    def ask_render_target(self) -> Path | None:
        """Let a person say where the review video goes."""
        project = self._document.project
        if project is None:
            return None
        proposal = str(project.folder.parent / f"{project.name}-review.mp4")
        chosen, _ = QFileDialog.getSaveFileName(self._window, "Render review video", proposal, "Video (*.mp4)")
        return Path(chosen) if chosen else None

    # --- lists -----------------------------------------------------------------------------------------------

    def show_recent(self) -> None:
        """Fill the first screen; thumbnails follow from the background."""
        recent = self._preferences.settings.recent
        self._background.run(
            lambda: [recent_project(Path(folder)) for folder in recent],
            done=self._start.set_recent,
            failed=self.failed.emit,
        )

    def refresh(self) -> None:
        """Show the lists anew, for instance after a proxy was made."""
        self._list()

    def _changed(self, change: Change) -> None:
        if change.kind is ChangeKind.CLIPS:
            self._list()

    def _list(self) -> None:
        project = self._document.project
        if project is None:
            return
        self._side.set_clips(
            [
                Entry(
                    clip.id,
                    clip.path.name,
                    _clip_words(project, clip),
                    "" if self._presence.is_there(clip.path) else "The video is not where it was",
                )
                for clip in project.clips.values()
            ]
        )
        clip = self._view.clip
        self._side.set_selected_clip(None if clip is None else clip.id)

    def _ask_file(self, title: str) -> Path | None:
        chosen, _ = QFileDialog.getOpenFileName(self._window, title, "", VIDEO_FILTER)
        return Path(chosen) if chosen else None


def _clip_words(project: Project, clip: Clip) -> str:
    n_bytes = proxy_bytes(project, clip.id)
    proxy = "" if n_bytes is None else f", proxy {n_bytes / (1 << 20):.1f} MB"
    return f"{clip.size[0]} × {clip.size[1]}, {clip.timeline.duration_s:.1f} s{proxy}"


def recent_project(folder: Path) -> RecentProject:
    """Return the card of a project, with the first frame of its first video if that is there."""
    try:
        seen = glance(folder)
    except BetascopeError:
        return RecentProject(folder, folder.stem, "not found", None, missing=True)
    subtitle = f"{seen.n_labels} labels" if seen.n_labels else "no labels yet"
    try:
        return RecentProject(folder, folder.stem, subtitle, None if seen.clip is None else _thumbnail(seen.clip))
    except VideoError:
        return RecentProject(folder, folder.stem, f"{subtitle}, video not found", None)


def _thumbnail(clip: Clip) -> NDArray[np.uint8]:
    with VideoReader(clip.path, clip.timeline) as reader:
        picture = reader.rgb(0)
    step = max(1, max(picture.shape[:2]) // _THUMBNAIL_PX)
    return picture[::step, ::step].copy()
