"""The import panel: a file is read in the background, a preview says what would come in, and one edit brings it."""

from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QFileDialog, QWidget

from annotation.errors import BetascopeError
from annotation.formats.guessing import Guess, read_guessed
from annotation.formats.reading import FormatError
from annotation.formats.registry import FORMATS, find_format
from annotation.skeletons import joint_title, load_skeleton
from app.actions import Act
from app.background import Background
from app.document import Document
from app.importing import Existing, ImportPlan, import_edit, plan_import
from app.view_state import ViewState
from app.window_actions import Handlers
from app.window_layout import Layout
from widgets.import_panel import JointRow

_AUTO, _NEW = "", "new"


class ImportPresenter(QObject):
    """Reads what is chosen or dropped, and shows what would come of it."""

    message = Signal(str)
    failed = Signal(str)

    def __init__(
        self, document: Document, view: ViewState, background: Background, *, layout: Layout, parent: QWidget
    ) -> None:
        super().__init__(parent)
        self._document, self._view, self._background = document, view, background
        self._layout, self._window = layout, parent
        self._path: Path | None = None
        self._guess: Guess | None = None
        self._plan: ImportPlan | None = None
        self._asked = 0
        panel = self._panel = layout.imports
        panel.set_formats([("", "Found by content"), *((item.key, item.title) for item in FORMATS if item.read)])
        panel.file_changed.connect(self._typed)
        panel.format_changed.connect(self._read)
        panel.changed.connect(self._show_plan)
        panel.browse_requested.connect(self._browse)
        panel.folder_requested.connect(self._browse_folder)
        panel.import_requested.connect(self._import)
        document.opened.connect(self._forget)
        document.changed.connect(self._show_plan)

    def handlers(self) -> Handlers:
        """Return what the action does."""
        return {Act.IMPORT: self._bring_up}

    def open(self, path: Path) -> None:
        """Show what a file or folder would bring in."""
        if self._document.project is None:
            self.failed.emit(f"Open the video that {path.name} is about first, then import it.")
            return
        self._layout.bring_up(self._panel)
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
        if path is not None and path != self._path:
            self.open(path)

    def _browse(self) -> None:
        chosen, _ = QFileDialog.getOpenFileName(self._window, "Import labels", self._start_folder())
        if chosen:
            self.open(Path(chosen))

    def _browse_folder(self) -> None:
        chosen = QFileDialog.getExistingDirectory(
            self._window, "Import labels (a folder of YOLO or OpenPose)", self._start_folder()
        )
        if chosen:
            self.open(Path(chosen))

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
        self._panel.set_joints([], choices=[])
        self._panel.set_preview(f"Reading {path.name}…", possible=False)

        def take(guess: Guess) -> None:
            if asked == self._asked:
                self._guess = guess
                self._panel.set_format(guess.format.key)
                self._show_plan()

        def refuse(reason: str) -> None:
            if asked == self._asked:
                self._panel.set_preview(reason, possible=False)

        self._background.run(lambda: read(path, key), done=take, failed=refuse)

    def _show_plan(self) -> None:
        project, guess = self._document.project, self._guess
        if project is None or guess is None or not self._panel.isVisible():
            return
        panel = self._panel
        panel.set_videos([(None, "Found by name"), *((clip.id, clip.path.name) for clip in project.clips.values())])
        panel.set_climbers(
            [
                (_AUTO, "Found by name, else a new one"),
                (_NEW, "A new climber"),
                *((track.id, track.name) for track in project.tracks.values()),
            ]
        )
        climber = panel.climber
        try:
            self._plan = plan_import(
                guess.imported,
                project,
                clip_id=panel.video,
                track_id=None if climber in (_AUTO, _NEW) else climber,
                chosen=panel.joints,
                as_new=climber == _NEW,
            )
        except BetascopeError as error:
            self._plan = None
            panel.set_preview("\n".join([str(error), *guess.imported.notes]), possible=False)
            return
        self._show_joints(self._plan)
        names = {clip.id: clip.path.name for clip in project.clips.values()}
        climbers = {track.id: track.name for track in project.tracks.values()}
        text = preview_words(self._plan, videos=names, climbers=climbers, replaces=panel.replaces)
        panel.set_preview(text, possible=project.writable)

    def _show_joints(self, plan: ImportPlan) -> None:
        """Show the joints of the first climber; those of the others have the same names."""
        first = plan.tracks[0]
        skeleton = load_skeleton(first.match.skeleton)
        rows = [
            JointRow(theirs, None if target is None else skeleton.joints[target])
            for theirs, target in zip(first.table.joints, first.match.targets, strict=True)
        ]
        self._panel.set_joints(rows, choices=[(joint, joint_title(joint)) for joint in skeleton.joints])

    def _import(self) -> None:
        project, plan, path = self._document.project, self._plan, self._path
        if project is None or plan is None or path is None:
            return
        existing = Existing.REPLACE if self._panel.replaces else Existing.KEEP
        before = set(project.tracks)
        try:
            edit = import_edit(project, plan, existing=existing, title=f"Import {path.name}")
        except BetascopeError as error:
            self.failed.emit(str(error))
            return
        if self._document.push(edit):
            first = plan.tracks[0]
            self._view.show_clip(first.clip_id)
            new = [track_id for track_id in project.tracks if track_id not in before]
            self._view.show_track(first.track_id or new[0])
            n_labels = sum(item.n_labels for item in plan.tracks)
            n_predictions = sum(item.n_predictions for item in plan.tracks)
            self.message.emit(f"Imported {path.name}: {_brought(n_labels, n_predictions)}. Ctrl+Z takes it back.")
            self._guess = self._plan = None
            self._panel.set_joints([], choices=[])
            self._panel.set_preview(f"{path.name} is imported.", possible=False)

    def _forget(self) -> None:
        self._path = self._guess = self._plan = None
        self._asked += 1
        self._panel.set_file("")
        self._panel.set_joints([], choices=[])
        self._panel.set_preview("", possible=False)


def read(path: Path, key: str) -> Guess:
    """Read a file as a format, or as what it turns out to be.

    Raises
    ------
    FormatError
        If it is none.
    """
    if not key:
        return read_guessed(path)
    item = find_format(key)
    if item.read is None:
        raise FormatError(f"{item.title} can only be written. Choose another format.")
    return Guess(item, item.read(path))


def preview_words(plan: ImportPlan, *, videos: dict[str, str], climbers: dict[str, str], replaces: bool) -> str:
    """Return what a plan would do, a line for each thing."""
    lines = []
    for item in plan.tracks:
        who = f"{item.table.track or 'A climber'} (new)" if item.track_id is None else climbers[item.track_id]
        lines.append(f"{who}, {videos[item.clip_id]}: {_brought(item.n_labels, item.n_predictions)}, ")
        lines[-1] += f"{len(item.table):,} frames."
        if item.n_conflicts:
            what = "are replaced" if replaces else "stay as they are"
            lines.append(f"{item.n_conflicts:,} labels here say something else; they {what}.")
        lines += [f"{note[:1].upper()}{note[1:]}." for note in item.notes]
    return "\n".join([*lines, *(f"{note[:1].upper()}{note[1:]}." for note in plan.notes)])


def _brought(n_labels: int, n_predictions: int) -> str:
    parts = [f"{n:,} {word}" for n, word in ((n_labels, "labels"), (n_predictions, "predicted points")) if n]
    return " and ".join(parts) or "nothing"
