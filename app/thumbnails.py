"""Pictures along the timeline and above the cursor, from a thread with a reader of its own."""

from collections import OrderedDict
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Qt, Signal, Slot
from PySide6.QtGui import QImage

from annotation.clip import Clip
from annotation.errors import VideoError
from annotation.proxy import ProxyReader, open_proxy
from annotation.video import VideoReader
from app.threads import begin_thread, end_thread, stand_back
from app.view_state import ViewState
from widgets.timeline import Timeline

_SIDE_PX = 240
_CACHE_BYTES = 64 << 20
_KEPT = 256
_CLOSE_MS = 1000


class Thumbnails(QObject):
    """Gives the timeline the pictures it asks for; the one below the cursor first."""

    _clip_wanted = Signal(object)
    _proxy_wanted = Signal(object)
    _strip_wanted = Signal(list)
    _work_wanted = Signal()

    def __init__(self, view: ViewState, *, timeline: Timeline, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._view, self._timeline = view, timeline
        self._maker = _Maker()
        self._thread = begin_thread(self._maker, owner=self)
        self._thread.started.connect(self._maker.begin, Qt.ConnectionType.QueuedConnection)
        queued = Qt.ConnectionType.QueuedConnection
        self._clip_wanted.connect(self._maker.set_clip, queued)
        self._proxy_wanted.connect(self._maker.set_proxy, queued)
        self._strip_wanted.connect(self._maker.set_strip, queued)
        self._work_wanted.connect(self._maker.work, queued)
        self._maker.ready.connect(self._take, queued)
        timeline.thumbnails_wanted.connect(self._strip_wanted)
        timeline.preview_wanted.connect(self._preview)
        view.clip_changed.connect(self.refresh_clip)
        self._thread.start()

    def refresh_clip(self) -> None:
        """Read from the clip on screen, for instance after it was relinked."""
        self._maker.hovered = None
        self._clip_wanted.emit(self._view.clip)

    def set_proxy(self, path: Path | None) -> None:
        """Take the pictures from a proxy, which is quicker."""
        self._proxy_wanted.emit(path)

    def set_paused(self, *, paused: bool) -> None:
        """Leave the processor to what is on screen, for instance while playing."""
        self._maker.paused = paused
        self._work_wanted.emit()

    def close(self) -> bool:
        """End the thread; tell whether it did, for it may hang in a network drive."""
        self._maker.paused, self._maker.hovered = True, None
        return end_thread(self._thread, self._maker, wait_ms=_CLOSE_MS)

    def _preview(self, frame: int) -> None:
        self._maker.hovered = frame
        self._work_wanted.emit()

    def _take(self, clip: Clip, frame: int, image: QImage) -> None:
        now = self._view.clip
        if now is not None and clip.id == now.id:  # of which more may be known by now
            self._timeline.set_thumbnail(frame, image)
            self._timeline.set_preview(frame, image)


class _Maker(QObject):
    """Lives in its thread; `hovered` and `paused` are written by the GUI thread."""

    ready = Signal(object, int, QImage)
    _more = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.hovered: int | None = None
        self.paused = False
        self._clip: Clip | None = None
        self._reader: VideoReader | None = None
        self._proxy: ProxyReader | None = None
        self._strip: list[int] = []
        self._made: OrderedDict[int, QImage] = OrderedDict()
        self._more.connect(self.work, Qt.ConnectionType.QueuedConnection)

    @Slot()
    def begin(self) -> None:
        stand_back()

    @Slot(object)
    def set_clip(self, clip: Clip | None) -> None:
        self.set_proxy(None)
        if self._reader is not None:
            self._reader.close()
        self._clip, self._reader = clip, None
        self._strip.clear()
        self._made.clear()

    @Slot(object)
    def set_proxy(self, path: Path | None) -> None:
        if self._proxy is not None:
            self._proxy.close()
        self._proxy = None if path is None or self._clip is None else open_proxy(path, self._clip.timeline)

    @Slot(list)
    def set_strip(self, frames: list[int]) -> None:
        self._strip = list(frames)
        self._more.emit()

    @Slot()
    def work(self) -> None:
        """Make one picture; the next one waits behind what was asked for meanwhile."""
        if self.hovered is not None:
            frame, self.hovered = self.hovered, None
        elif self._strip and not self.paused:
            frame = self._strip.pop(0)
        else:
            return
        image = self._image(frame)
        if image is not None:
            self.ready.emit(self._clip, frame, image)
        self._more.emit()

    def _image(self, frame: int) -> QImage | None:
        if frame in self._made:
            self._made.move_to_end(frame)
            return self._made[frame]
        try:
            rgb = self._rgb(frame)
        except (VideoError, IndexError):
            return None  # the gap stays empty; the frame itself says why when it is shown
        if rgb is None:
            return None
        self._made[frame] = _small(rgb)
        if len(self._made) > _KEPT:
            self._made.popitem(last=False)
        return self._made[frame]

    def _rgb(self, frame: int) -> NDArray[np.uint8] | None:
        if self._clip is None:
            return None
        if self._proxy is not None:
            return self._proxy.rgb(frame)
        if self._reader is None:
            self._reader = VideoReader(self._clip.path, self._clip.timeline, cache_bytes=_CACHE_BYTES)
        return self._reader.rgb(frame)


def _small(rgb: NDArray[np.uint8]) -> QImage:
    height, width = rgb.shape[:2]
    image = QImage(rgb.data, width, height, rgb.strides[0], QImage.Format.Format_RGB888)
    ratio, smooth = Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation
    return image.scaled(_SIDE_PX, _SIDE_PX, ratio, smooth).copy()  # of the same size, it would borrow the pixels
