"""The import panel: a file is read in the background, a preview says what would come in, and one edit brings it."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QFileDialog, QWidget

from annotation.formats.guessing import READABLE, Guess
from annotation.formats.pose_table import ImportedPoses
from annotation.project import Project
from annotation.skeletons import joint_title, load_skeleton
from app import incoming
from app.actions import Act
from app.background import Background
from app.document import Document
from app.importing import ImportPlan
from app.incoming import Plan, Wishes
from app.latest import Latest
from app.prepared_import import PreparedImport
from app.settings import bodies_path
from app.view_state import ViewState
from app.window_actions import Handlers
from app.window_layout import Layout
from widgets.import_panel import JointRow
from widgets.in_sight import is_in_sight

_AUTO, _NEW = "", "new"


class ImportPresenter(QObject):
    """Reads what is chosen or dropped, and shows what would come of it."""

    message = Signal(str)
    failed = Signal(str)

    def __init__(
        self, document: Document, view: ViewState, *, background: Background, layout: Layout, parent: QWidget
    ) -> None:
        super().__init__(parent)
        self._document, self._view, self._background = document, view, background
        self._layout, self._window = layout, parent
        self._path: Path | None = None
        self._guess: Guess | None = None
        self._plan: Plan | None = None
        self._asked = self._state = 0
        self._latest = Latest(
            background, self._prepare_plan, take=self._show_plan, failed=self._refuse_plan, wait_ms=0, parent=self
        )
        panel = self._panel = layout.imports
        panel.set_formats([("", "Found by content"), *((item.key, item.title) for item in READABLE)])
        panel.file_changed.connect(self._typed)
        panel.format_changed.connect(self._read)
        panel.changed.connect(self._plan_again)
        panel.shown.connect(self._plan_again)
        panel.truth_changed.connect(lambda: self._read(incoming.RESULTS))
        panel.truth_requested.connect(self._browse_truth)
        panel.browse_requested.connect(self._browse)
        panel.folder_requested.connect(self._browse_folder)
        panel.import_requested.connect(self._import)
        document.opened.connect(self._forget)
        document.changed.connect(self._follow)

    def handlers(self) -> Handlers:
        """Return what the action does."""
        return {Act.IMPORT: self._bring_up}

    def open(self, path: Path) -> None:
        """Show what a file or folder would bring in."""
        if self._document.project is None:
            self.failed.emit(f"Open the video that {path.name} is about first, then import it.")
            return
        self._layout.bring_up(self._panel)
        self._take(path)

    def _take(self, path: Path) -> None:
        self._panel.set_file(str(path))
        self._panel.set_format("")
        self._path = path
        self._read("")

    def open_dropped(self, paths: list[Path]) -> None:
        """Show what a dropped file would bring in; several are imported one by one."""
        self.open(paths[0])
        if len(paths) > 1:
            self.message.emit(f"One file at a time: {paths[0].name} is shown.")

    def _bring_up(self) -> None:
        if self._document.project is not None:
            self._layout.bring_up(self._panel)

    def _typed(self, text: str) -> None:
        path = Path(text).expanduser() if text else None
        if path is not None and path != self._path and self._document.project is not None:
            self._take(path)  # the focus stays in the field: what is typed next must not reach keys of the video

    def _browse(self) -> None:
        chosen, _ = QFileDialog.getOpenFileName(self._window, "Import labels or a motion", self._start_folder())
        if chosen:
            self.open(Path(chosen))

    def _browse_folder(self) -> None:
        chosen = QFileDialog.getExistingDirectory(
            self._window, "Import labels (a folder of YOLO or OpenPose)", self._start_folder()
        )
        if chosen:
            self.open(Path(chosen))

    def _browse_truth(self) -> None:
        chosen, _ = QFileDialog.getOpenFileName(
            self._window, "The COCO file the results belong to", self._start_folder(), "COCO keypoints (*.json)"
        )
        if chosen:
            self._panel.set_truth(chosen)
            self._read(incoming.RESULTS)

    def _start_folder(self) -> str:
        project = self._document.project
        return "" if project is None else str(project.folder.parent)

    # --- reading and planning --------------------------------------------------------------------------------

    def _read(self, key: str) -> None:
        path = self._path
        if path is None:
            return
        self._guess = self._plan = None
        self._asked += 1
        asked = self._asked
        self._panel.forget_joints()
        self._show_joints(None)
        self._panel.set_preview(f"Reading {path.name}…", possible=False)
        self._panel.show_truth(shown=key == incoming.RESULTS)
        truth = Path(self._panel.truth).expanduser() if self._panel.truth else None

        def take(guess: Guess) -> None:
            if asked == self._asked:
                self._guess = guess
                self._panel.set_format(guess.format.key)
                self._panel.show_truth(shown=guess.format.key == incoming.RESULTS)
                self._panel.offer_replacing(offered=isinstance(guess.imported, ImportedPoses))
                self._latest.ask()

        def refuse(reason: str) -> None:
            if asked == self._asked:
                self._panel.set_preview(reason, possible=False)

        self._background.run(lambda: incoming.read(path, key, truth=truth), done=take, failed=refuse)

    def _prepare_plan(self) -> Callable[[], Plan] | None:
        project, guess = self._document.project, self._guess
        if project is None or not is_in_sight(self._panel):
            return None
        self._offer(project)
        if guess is None:
            return None
        wishes = self._wishes()
        return lambda: incoming.plan(guess, project, wishes, bodies_dir=bodies_path())

    def _offer(self, project: Project) -> None:
        """Show what there is to choose from."""
        panel = self._panel
        panel.set_videos([(None, "Found by name"), *((clip.id, clip.path.name) for clip in project.clips.values())])
        panel.set_climbers(
            [
                (_AUTO, "Found by name, else a new one"),
                (_NEW, "A new climber"),
                *((track.id, track.name) for track in project.tracks.values()),
            ]
        )

    def _wishes(self) -> Wishes:
        panel, climber = self._panel, self._panel.climber
        track_id = None if climber in (_AUTO, _NEW) else climber
        return Wishes(panel.video, track_id, climber == _NEW, panel.joints, panel.replaces)

    def _show_plan(self, found: Plan) -> None:
        project = self._document.project
        if project is None or self._guess is None:
            return
        self._plan = found
        self._show_joints(found.poses)
        text = incoming.words(found, project, replaces=self._panel.replaces)
        self._panel.set_preview(text, possible=project.writable)

    def _refuse_plan(self, reason: str) -> None:
        self._plan = None
        if self._guess is not None:
            self._panel.set_preview("\n".join([reason, *self._guess.imported.notes]), possible=False)

    def _show_joints(self, poses: ImportPlan | None) -> None:
        """Show the joints of the first climber; those of the others have the same names."""
        if poses is None:
            self._panel.set_joints([], choices=[])
            return
        first = poses.tracks[0]
        skeleton = load_skeleton(first.match.skeleton)
        rows = [
            JointRow(theirs, None if target is None else skeleton.joints[target])
            for theirs, target in zip(first.table.joints, first.match.targets, strict=True)
        ]
        self._panel.set_joints(rows, choices=[(joint, joint_title(joint)) for joint in skeleton.joints])

    # --- importing -------------------------------------------------------------------------------------------

    def _import(self) -> None:
        project, chosen, path = self._document.project, self._plan, self._path
        if project is None or chosen is None or path is None:
            return
        self._guess = self._plan = None  # it cannot be asked for twice
        self._panel.set_preview(f"Bringing {path.name} in…", possible=False)
        self._prepare_edit(project, chosen, path=path)

    def _prepare_edit(self, project: Project, chosen: Plan, *, path: Path) -> None:
        replaces, state = self._panel.replaces, self._state

        def take(prepared: PreparedImport) -> None:
            if project is not self._document.project:
                prepared.discard()
            elif state != self._state:  # edited meanwhile: what is there may be something else now
                prepared.discard()
                self._prepare_edit(project, chosen, path=path)
            else:
                self._push(project, chosen, prepared=prepared, path=path)

        def refuse(reason: str) -> None:
            if project is self._document.project:
                self.failed.emit(reason)
                self._panel.set_preview(reason, possible=False)

        work = partial(incoming.prepare, project, chosen, replaces=replaces, file=path.name)
        self._background.run(work, done=take, failed=refuse)

    def _push(self, project: Project, chosen: Plan, *, prepared: PreparedImport, path: Path) -> None:
        first = prepared.track_ids[0]

        def show() -> None:
            self._view.show_track(first)
            self.message.emit(f"Imported {path.name}: {chosen.brings}. {{UNDO}} takes it back.")
            self._show_joints(None)
            self._panel.set_preview(f"{path.name} is imported.", possible=False)

        self._document.push_large(prepared.registered(project), track_id=first, then=show)

    def _follow(self) -> None:
        self._state += 1
        self._plan_again()

    def _plan_again(self) -> None:
        self._plan = None
        self._panel.set_outdated()
        self._latest.ask()

    def _forget(self) -> None:
        self._path = self._guess = self._plan = None
        self._asked += 1
        self._panel.set_file("")
        self._panel.set_truth("")
        self._panel.show_truth(shown=False)
        self._panel.set_joints([], choices=[])
        self._panel.set_preview("", possible=False)
