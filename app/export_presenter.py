"""The export panel: the choices of the command line, what would go out, and the job that writes it."""

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QFileDialog, QWidget

from annotation.errors import BetascopeError
from annotation.exporting import SPLITTING, Amount, ExportOrder, amount, ordered_items
from annotation.exporting_motion import motion_amount
from annotation.formats.motion_registry import MOTION_FORMATS, MotionFormat, find_motion_format
from annotation.formats.registry import FORMATS, Format, find_format
from annotation.project import Project
from annotation.skeletons import load_skeleton, skeleton_names
from app.actions import Act
from app.background import Background
from app.document import Document
from app.job_preparation import PreparedJob
from app.jobs_presenter import JobsPresenter
from app.latest import Latest
from app.settings import bodies_path
from app.view_state import ViewState
from app.window_actions import Handlers
from app.window_layout import Layout
from app.wording import counted
from inference.jobs import Finished, JobSpec, TaskName, write_job
from widgets.export_panel import FormatRow
from widgets.in_sight import is_in_sight

_WAIT_MS = 200


def prepare_export(project: Project, order: ExportOrder) -> PreparedJob:
    """Ask for an export; also of a project that is open to look only.

    Raises
    ------
    JobError
        If the job cannot be written.
    """
    folder = project.new_job_folder() if project.writable else Path(tempfile.mkdtemp(prefix="betascope-")) / "export"
    title = f"Export {any_format(order.format).title}"
    job = PreparedJob(folder, title, TaskName.EXPORT, "", "", None, folder / "output", subject=order.out.name)
    parameters: dict[str, Any] = {
        "project": str(project.folder),
        "order": order.to_json(),
        "bodies": str(bodies_path()),
    }
    write_job(folder, JobSpec(TaskName.EXPORT, parameters, job.output))
    return job


def any_format(key: str) -> Format | MotionFormat:
    """Return a format of points or motion by key.

    Raises
    ------
    BetascopeError
        If there is none.
    """
    return find_motion_format(key) or find_format(key)


class ExportPresenter(QObject):
    """Keeps the panel up to date while it can be seen, and starts the job."""

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
        self._document, self._view, self._jobs, self._layout, self._window = document, view, jobs, layout, parent
        self._proposed = ""
        panel = self._panel = layout.exports
        points = [FormatRow(item.key, item.title, item.loses, item.key in SPLITTING) for item in FORMATS if item.write]
        motions = [FormatRow(item.key, item.title, item.loses, motion=True) for item in MOTION_FORMATS if item.write]
        panel.set_formats([*points, *motions])
        panel.set_skeletons([(name, load_skeleton(name).title) for name in skeleton_names()])
        self._latest = Latest(
            background, self._prepare, take=self._show_amount, failed=self._show_why, wait_ms=_WAIT_MS, parent=self
        )
        panel.changed.connect(self._follow)
        panel.shown.connect(self._follow)
        panel.browse_requested.connect(self._browse)
        panel.export_requested.connect(self._export)
        panel.cancel_requested.connect(lambda: jobs.cancel(TaskName.EXPORT))
        jobs.progressed.connect(self._show_progress)
        jobs.running_changed.connect(self._show_running)
        document.opened.connect(self._start_anew)
        document.changed.connect(self._follow)
        view.range_changed.connect(self._follow)

    def handlers(self) -> Handlers:
        """Return what the actions do: all of them lead to the panel, some choose a format first."""
        return {
            Act.EXPORT: self._bring_up,
            Act.EXPORT_COCO: lambda: self._bring_up("coco"),
            Act.EXPORT_COCO17: lambda: self._bring_up("coco", skeleton="coco17"),
            Act.EXPORT_RESULTS: lambda: self._bring_up("coco-results"),
        }

    def _bring_up(self, key: str = "", *, skeleton: str = "") -> None:
        if self._document.project is not None:
            self._layout.bring_up(self._panel)
            if key:
                self._panel.choose(key, skeleton=skeleton)

    def _order(self, project: Project) -> ExportOrder:
        panel = self._panel
        out = Path(panel.target).expanduser()
        return ExportOrder(
            panel.format,
            out if out.is_absolute() else project.folder.parent / out,
            panel.choice,
            panel.climbers,
            panel.images,
        )

    def _start_anew(self) -> None:
        self._proposed = ""
        self._panel.set_target("")
        self._follow()

    def _follow(self) -> None:
        project = self._document.project
        if project is None or not is_in_sight(self._panel):
            return
        self._panel.set_range(self._view.range)
        several = len(project.clips) > 1
        self._panel.set_climbers(
            [
                (track.id, f"{track.name}, {project.clip(track.clip_id).path.name}" if several else track.name)
                for track in project.tracks.values()
            ]
        )
        self._propose_target(project)
        self._latest.ask()

    def _propose_target(self, project: Project) -> None:
        """Name a target beside the project, unless a person chose one."""
        if self._panel.target in ("", self._proposed):
            item = any_format(self._panel.format)
            self._proposed = str(project.folder.parent / f"{project.name}-{item.key}{item.suffix}")
            if self._panel.target != self._proposed:
                self._panel.set_target(self._proposed)

    def _prepare(self) -> Callable[[], Amount] | None:
        project = self._document.project
        if project is None or not is_in_sight(self._panel):
            return None
        order = self._order(project)
        if not order.tracks:
            self._panel.set_amount("No climber is chosen.", possible=False)
            return None
        if find_motion_format(order.format) is not None:
            return lambda: motion_amount(project, order)
        items = [item.copied() for item in ordered_items(project, order)]
        return lambda: amount(items, order)

    def _show_amount(self, found: Amount) -> None:
        if not found.n_poses:
            text = "Nothing goes out: nothing is known in these frames. Choose other frames or points."
            self._panel.set_amount(text, possible=False)
            return
        images = f", {counted(found.n_images, 'image')}" if found.n_images else ""
        text = f"{counted(found.n_poses, 'pose')} in {counted(found.n_frames, 'frame')}{images} go out."
        if find_motion_format(self._panel.format) is not None:
            text = f"A body in {counted(found.n_frames, 'frame')} goes out."
        if found.replaces:
            text += " The file that is there is replaced."
        self._panel.set_amount(text, possible=True)

    def _show_why(self, reason: str) -> None:
        self._panel.set_amount(reason, possible=False)

    def _browse(self) -> None:
        item = any_format(self._panel.format)
        title = f"Export {item.title}"
        if item.suffix:
            chosen, _ = QFileDialog.getSaveFileName(
                self._window, title, self._panel.target, f"{item.title} (*{item.suffix})"
            )
        else:
            parent = QFileDialog.getExistingDirectory(self._window, f"{title}: where the folder is made")
            chosen = str(Path(parent) / Path(self._panel.target).name) if parent else ""
        if chosen:
            self._panel.set_target(chosen)

    def _export(self) -> None:
        project = self._document.project
        if project is not None and self._panel.target:
            order = self._order(project)
            self._jobs.only_one(TaskName.EXPORT, lambda: prepare_export(project, order), deliver=self._deliver)

    def _deliver(self, job: PreparedJob, finished: Finished) -> None:
        summary = finished.summary
        if not summary.get("poses"):
            raise BetascopeError("Nothing was exported: nothing is known in these frames. Choose other frames.")
        what = "frame" if summary.get("motion") else "pose"
        text = f"Wrote {counted(summary['poses'], what)} to {', '.join(summary['files'])}"
        if summary.get("images"):
            text += f", with {counted(summary['images'], 'image')}"
        if summary.get("damaged"):
            text += f". {counted(summary['damaged'], 'frame')} cannot be decoded and have no image"
        self.message.emit(text)

    def _show_progress(self, task: TaskName, fraction: float) -> None:
        if task is TaskName.EXPORT:
            self._panel.set_running(fraction=fraction)

    def _show_running(self) -> None:
        if not self._jobs.runs(TaskName.EXPORT):
            self._panel.set_running(fraction=None)
