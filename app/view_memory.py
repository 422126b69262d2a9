"""What was looked at in each project: clip, climber, frame and zoom. Kept beside the settings, never in a project."""

import math
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, QPointF, QTimer

from app.document import Document
from app.frame_presenter import FramePresenter
from app.kept_file import read_kept, write_kept
from app.view_state import ViewState
from widgets.timeline import Timeline
from widgets.video_view import VideoView

MAX_PROJECTS = 200
_REST_MS = 3000


class ViewMemory(QObject):
    """Goes back to what was looked at when a project is opened again, and keeps what is looked at.

    Parameters
    ----------
    file : Path
        Where it is kept; a project that can only be looked at stays untouched.
    """

    def __init__(
        self,
        document: Document,
        view: ViewState,
        *,
        frames: FramePresenter,
        video: VideoView,
        timeline: Timeline,
        file: Path,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._document, self._view, self._video, self._timeline = document, view, video, timeline
        self._file = file
        self._zoom: dict[str, Any] | None = None
        self._rest = QTimer(self, singleShot=True, interval=_REST_MS)
        self._rest.timeout.connect(self.keep)
        document.opened.connect(self._go_back)
        document.closing.connect(self.keep)
        view.frame_changed.connect(lambda: self._rest.start())
        frames.shown.connect(self._zoom_back)

    def keep(self) -> None:
        """Keep what is looked at now."""
        self._rest.stop()
        project, clip, track = self._document.project, self._view.clip, self._view.track
        if project is None or clip is None:
            return
        name = str(project.folder.absolute())
        seen: dict[str, Any] = {
            "clip": clip.id,
            "frame": self._view.frame,
            "frames": list(self._timeline.visible_frames),
        }
        if track is not None:
            seen["track"] = track.id
        if self._zoom is not None:
            seen["zoom"] = self._zoom  # there was no picture yet to be zoomed
        elif not self._video.part.fitted:
            center = self._video.part.center
            seen["zoom"] = {"factor": self._video.zoom, "x": center.x(), "y": center.y()}
        others = [entry for entry in read_kept(self._file).items() if entry[0] != name]
        write_kept(dict([*others, (name, seen)][-MAX_PROJECTS:]), path=self._file)

    def _go_back(self) -> None:
        """Look at what was looked at last, as far as it is still there."""
        project = self._document.project
        seen = None if project is None else read_kept(self._file).get(str(project.folder.absolute()))
        self._zoom = None
        if project is None or not isinstance(seen, dict):
            return
        track, clip = seen.get("track"), seen.get("clip")
        if isinstance(track, str) and track in project.tracks:
            self._view.show_track(track)
        elif isinstance(clip, str) and clip in project.clips and self._view.clip is not project.clips[clip]:
            self._view.show_clip(clip)
        if self._view.clip is None or self._view.clip.id != clip:
            return
        if isinstance(seen.get("frame"), int):
            self._view.show_frame(seen["frame"])
        if _are_numbers(seen.get("frames"), 2):
            self._timeline.show_frames(*seen["frames"])
        zoom = seen.get("zoom")
        if isinstance(zoom, dict) and _are_numbers([zoom.get(name) for name in ("factor", "x", "y")], 3):
            self._zoom = zoom

    def _zoom_back(self) -> None:
        """Zoom the first picture as the last one was."""
        if self._zoom is not None and self._video.frame_size != (0, 0):
            zoom, self._zoom = self._zoom, None
            self._video.part.show(QPointF(zoom["x"], zoom["y"]), factor=zoom["factor"])


def _are_numbers(values: object, count: int) -> bool:
    return (
        isinstance(values, list)
        and len(values) == count
        and all(isinstance(value, int | float) and math.isfinite(value) for value in values)
    )
