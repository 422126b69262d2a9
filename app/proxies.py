"""Proxies: coarse copies of clips whose frames take long to reach, made in the background, kept in the project."""

import shutil
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from annotation.clip import Clip
from annotation.errors import ProjectError
from annotation.project import Project
from annotation.proxy import PROXY_FILE, proxy_path, wants_proxy
from app.document import Document
from app.frame_presenter import FramePresenter
from app.frame_source import FrameSource
from app.job_preparation import PreparedJob
from app.jobs_presenter import JobsPresenter
from app.thumbnails import Thumbnails
from app.view_state import ViewState
from inference.jobs import Finished, JobSpec, TaskName, write_job


def prepare_proxy(project: Project, clip_id: str) -> PreparedJob:
    """Ask for the proxy of a clip.

    Raises
    ------
    JobError
        If the job cannot be written.
    """
    clip = project.clip(clip_id)
    folder = project.new_job_folder()
    job = PreparedJob(folder, f"Proxy of {clip.path.name}", TaskName.PROXY, clip_id, "", None, folder / "output")
    write_job(folder, JobSpec(job.task, {"video": str(clip.path), "size_px": list(clip.size)}, job.output))
    return job


def deliver_proxy(project: Project, job: PreparedJob, *, finished: Finished) -> Path:
    """Move a finished proxy into the project and return where it lies.

    Raises
    ------
    ProjectError
        If the project cannot be written.
    """
    path = proxy_path(project.folder, job.clip_id)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        (finished.output / PROXY_FILE).replace(path)
    except OSError as error:
        raise ProjectError(f"The proxy cannot be written to {path} ({error.strerror}). Free space.") from error
    shutil.rmtree(job.folder, ignore_errors=True)
    return path


def proxy_bytes(project: Project, clip_id: str) -> int | None:
    """Return the size of a clip's proxy, None if it has none."""
    try:
        return proxy_path(project.folder, clip_id).stat().st_size
    except OSError:
        return None


class ProxyPresenter(QObject):
    """Lets the clip on screen use its proxy, and has one made where it takes one to scrub smoothly."""

    changed = Signal()
    """A proxy came or went."""
    failed = Signal(str)

    def __init__(
        self,
        document: Document,
        view: ViewState,
        *,
        source: FrameSource,
        frames: FramePresenter,
        thumbnails: Thumbnails,
        jobs: JobsPresenter,
        automatic: bool,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._document, self._view = document, view
        self._source, self._thumbnails, self._jobs = source, thumbnails, jobs
        self._automatic = automatic
        self._unseen = False
        self._used: Path | None = None
        view.clip_changed.connect(self._expect)
        frames.shown.connect(self._begin)
        source.proxy_opened.connect(self._opened)
        jobs.proxy_made.connect(self._made)

    def set_automatic(self, *, automatic: bool) -> None:
        """Make proxies without being asked from now on, or not."""
        self._automatic = automatic
        if automatic:
            self._expect()
            self._begin()

    def refresh_clip(self) -> None:
        """Use the proxy again after the video was opened anew."""
        self._expect()

    def make(self) -> None:
        """Have the proxy of the clip on screen made, unless it is there."""
        project, clip = self._document.project, self._view.clip
        if project is not None and clip is not None and proxy_bytes(project, clip.id) is None:
            self._jobs.make_proxy(
                clip,
                lambda: prepare_proxy(project, clip.id),
                deliver=lambda job, finished: deliver_proxy(project, job, finished=finished),
            )

    def delete(self) -> None:
        """Delete the proxy of the clip on screen; it can be made again at any time."""
        project, clip = self._document.project, self._view.clip
        if project is None or clip is None:
            return
        try:
            project.require_writable()
            self._use(None)
            proxy_path(project.folder, clip.id).unlink(missing_ok=True)
        except ProjectError as error:
            self.failed.emit(str(error))
        except OSError as error:
            self.failed.emit(f"The proxy cannot be deleted ({error.strerror}).")
        self.changed.emit()

    def _expect(self) -> None:
        self._used = None
        self._unseen = self._view.clip is not None

    def _begin(self) -> None:
        """Look for the proxy as soon as the first frame is on screen; that one comes first."""
        project, clip = self._document.project, self._view.clip
        if not self._unseen or project is None or clip is None:
            return
        self._unseen = False
        if proxy_bytes(project, clip.id) is not None:
            self._use(proxy_path(project.folder, clip.id))
        elif self._automatic and project.writable and _slow(clip):
            self.make()

    def _use(self, path: Path | None) -> None:
        self._used = path
        self._source.set_proxy(path)
        self._thumbnails.set_proxy(path)

    def _opened(self, n_bytes: int | None) -> None:
        """One that is damaged, or of another video, is made again; one that was not opened yet is left alone."""
        project, clip = self._document.project, self._view.clip
        if n_bytes is not None or project is None or clip is None or self._used is None:
            return
        if self._used == proxy_path(project.folder, clip.id) and proxy_bytes(project, clip.id) is not None:
            if project.writable:
                self.delete()
                self.make()
            else:
                self._use(None)

    def _made(self, clip_id: str) -> None:
        project, clip = self._document.project, self._view.clip
        if project is not None and clip is not None and clip.id == clip_id:
            self._use(proxy_path(project.folder, clip_id))
        self.changed.emit()


def _slow(clip: Clip) -> bool:
    return wants_proxy(clip.timeline) and clip.path.is_file()
