"""The decoders of the clip on screen, each in a thread of its own: exact frames, and quick ones from the proxy.

`latest` is written by the GUI thread and only read here: a request that is not the latest any more is left out.
"""

import logging
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Qt, Signal, Slot

from annotation.body import Body
from annotation.clip import Clip
from annotation.errors import VideoError
from annotation.poses import MeshSequence
from annotation.proxy import ProxyReader, open_proxy
from annotation.video import VideoReader
from annotation.video_file import fingerprint
from app.frame_request import CacheFill, Look, PreparedFrames, Request, ShownFrame
from app.operations import is_there
from app.posed_body import PosedBody

_LOG = logging.getLogger(__name__)
_REPORT_EVERY = 16

_PREPARED = 4
"""How many frames are made ready for the screen ahead of time while it plays."""


class _Decoder(QObject):
    """Answers requests with the picture and the body of a frame."""

    ready = Signal(int, object)
    """Generation, `ShownFrame`."""

    def __init__(self) -> None:
        super().__init__()
        self.latest = 0
        self._body: PosedBody | None = None

    @Slot(object, object)
    def set_mesh(self, mesh: MeshSequence | None, body: Body | None) -> None:
        """Deliver the body of this motion with every frame from now on."""
        if mesh is None or body is None:
            self._body = None
        elif self._body is not None and self._body.body is body:
            self._body = self._body.moving(mesh)
        else:
            self._body = PosedBody(mesh, body)

    def _with_body(
        self, frame: int, picture: NDArray[np.uint8] | None, *, look: Look, problem: str | None, exact: bool
    ) -> ShownFrame:
        vertices = joints = overlay = None
        if self._body is not None:
            vertices, joints = self._body.at(frame)
            if look.overlay and vertices is not None:
                overlay = self._body.drawn(vertices, within=look.within)
        return ShownFrame(frame, picture, problem, vertices, joints, overlay, exact=exact)


class ExactDecoder(_Decoder):
    """Decodes the frames themselves; between requests it reads ahead, one small piece at a time, unless `resting`."""

    cache_filled = Signal(object)
    """`CacheFill`."""
    _idle = Signal(int)

    def __init__(self, *, cache_bytes: int | None) -> None:
        super().__init__()
        self.prepared = PreparedFrames()
        self.resting = False
        self._cache_bytes = cache_bytes
        self._clip: Clip | None = None
        self._reader: VideoReader | None = None
        self._problem: str | None = None
        self._last = Request(0, 0, Look())
        self._pieces = 0
        self._idle.connect(self._read_ahead, Qt.ConnectionType.QueuedConnection)

    def has(self, frame: int) -> bool:
        """Tell, from any thread, whether a frame can be answered at once."""
        reader = self._reader
        return reader is not None and reader.cached(frame)

    @Slot(object)
    def set_clip(self, clip: Clip | None) -> None:
        """Decode another clip from now on."""
        if self._reader is not None:
            self._reader.close()
        self._clip, self._reader, self._problem = clip, None, None
        if clip is None:
            return
        try:
            if not is_there(clip.path):
                raise VideoError(_gone(clip.path))
            self._reader = VideoReader(clip.path, clip.timeline, cache_bytes=self._cache_bytes)
            if fingerprint(clip.path) != clip.fingerprint:  # or part of it is missing: what is there can be looked at
                self._problem = _another(clip.path)
        except VideoError as error:
            self._problem = str(error)

    @Slot(object)
    def show(self, request: Request) -> None:
        """Answer with a frame, unless another one is wanted by now."""
        if request.generation != self.latest:
            return
        if not request.answered:
            picture, problem = self._decoded(request.frame, within=request.look.within)
            shown = self._with_body(request.frame, picture, look=request.look, problem=problem, exact=True)
            if picture is None and self._reader is not None:
                shown = replace(shown, damaged=self._reader.damaged | {request.frame})
            self.ready.emit(request.generation, shown)
        self._last = request
        self._idle.emit(request.generation)

    def _decoded(self, frame: int, *, within: tuple[int, int] | None) -> tuple[NDArray[np.uint8] | None, str | None]:
        if self._reader is None or self._clip is None:
            return None, self._problem
        try:
            return self._reader.bgrx(frame, within=within), self._problem
        except VideoError as error:
            return None, str(error) if is_there(self._clip.path) else _gone(self._clip.path)
        except Exception as error:
            _LOG.exception("Frame %d of %s", frame, self._clip.path)
            return None, f"Frame {frame} cannot be shown ({type(error).__name__}: {error}). Go on with other frames."

    @Slot(int)
    def _read_ahead(self, generation: int) -> None:
        """Do one piece; the next one waits behind the requests that came meanwhile."""
        reader = self._reader
        if generation != self.latest or reader is None or self.resting:
            return
        try:
            more = self._prepare(reader) or reader.read_ahead(self._last.frame, direction=self._last.direction)
        except VideoError:
            more = False  # said when the frame itself is asked for
        self._pieces += 1
        if not more or self._pieces % _REPORT_EVERY == 0:
            self.cache_filled.emit(CacheFill(reader.cache_bytes_used, reader.cache_bytes_limit))
        if more:
            self._idle.emit(generation)

    def _prepare(self, reader: VideoReader) -> bool:
        """Make the next frame that will be due ready for the screen, if there is one that is decoded."""
        last = self._last
        step = last.direction * last.step
        coming = range(last.frame + step, last.frame + (_PREPARED + 1) * step, step) if step else range(0)
        self.prepared.keep_only(coming, look=last.look)
        for frame in coming:
            if not self.prepared.has(frame, look=last.look):
                picture = reader.cached_bgrx(frame, within=last.look.within)
                if picture is None:
                    return False
                shown = self._with_body(frame, picture, look=last.look, problem=self._problem, exact=True)
                self.prepared.put(shown, look=last.look)
                return True
        return False


class QuickDecoder(_Decoder):
    """Answers with the picture of the proxy, within milliseconds whatever the codec."""

    opened = Signal(object, object)
    """Path of the proxy, and its size in bytes or None if it cannot be used."""

    def __init__(self) -> None:
        super().__init__()
        self._proxy: ProxyReader | None = None

    @Slot(object, object)
    def set_proxy(self, clip: Clip | None, path: Path | None) -> None:
        """Use the proxy of a clip from now on, or none."""
        if self._proxy is not None:
            self._proxy.close()
        self._proxy = None if clip is None or path is None else open_proxy(path, clip.timeline)
        self.opened.emit(path, None if self._proxy is None else self._proxy.n_bytes)

    @Slot(object)
    def show(self, request: Request) -> None:
        """Answer with the picture of the proxy; what is wrong with a frame says the exact decoder."""
        if request.generation != self.latest or self._proxy is None:
            return
        try:
            picture = self._proxy.bgrx(request.frame)
        except VideoError:
            return
        shown = self._with_body(request.frame, picture, look=request.look, problem=None, exact=False)
        self.ready.emit(request.generation, shown)


def _another(path: Path) -> str:
    return (
        f"{path.name} is not the video that was labelled any more: another video, or damaged. The labels may not fit. "
        "Put the original back, or choose Edit > Relink video."
    )


def _gone(path: Path) -> str:
    return f"The video {path} is not there any more. Move it back, or choose Edit > Relink video."
