"""The decoders of the clip on screen, each in a thread of its own: exact frames, and quick ones from the proxy.

`latest` is written by the GUI thread and only read here: a request that is not the latest any more is left out.
"""

import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

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
from app.operations import is_there
from app.posed_body import PosedBody

_LOG = logging.getLogger(__name__)
_REPORT_EVERY = 16

Direction = Literal[-1, 1]


@dataclass(frozen=True)
class ShownFrame:
    """Everything that belongs on screen together.

    Attributes
    ----------
    frame : int
    rgb : (h, w, 3) uint8 array or None
        None where the clip cannot be decoded. Smaller than the clip if not `exact`.
    problem : str or None
        What is wrong with this frame or, where there is a picture all the same, with the file.
    vertices : (V, 3) float32 array or None
        The body, metres in the CAMERA frame.
    joints : (24, 3) float32 array or None
    overlay : (h', w', 4) uint8 array or None
        The body drawn as the camera sees it, smaller than the frame.
    exact : bool
        False for the picture of the proxy: the right frame, but coarser; the exact one follows.
    """

    frame: int
    rgb: NDArray[np.uint8] | None
    problem: str | None
    vertices: NDArray[np.float32] | None = None
    joints: NDArray[np.float32] | None = None
    overlay: NDArray[np.uint8] | None = None
    exact: bool = True


@dataclass(frozen=True)
class Request:
    """A frame that is wanted, and which way the playhead moves."""

    generation: int
    frame: int
    overlay: bool
    direction: Direction = 1


@dataclass(frozen=True)
class CacheFill:
    """How much of the cache for decoded frames is in use, in bytes."""

    used: int
    limit: int


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
        self._body = None if mesh is None or body is None else PosedBody(mesh, body)

    def _answer(self, request: Request, rgb: NDArray[np.uint8] | None, *, problem: str | None, exact: bool) -> None:
        vertices = joints = picture = None
        if self._body is not None:
            vertices, joints = self._body.at(request.frame)
            if request.overlay and vertices is not None:
                picture = self._body.drawn(vertices)
        self.ready.emit(
            request.generation, ShownFrame(request.frame, rgb, problem, vertices, joints, picture, exact=exact)
        )


class ExactDecoder(_Decoder):
    """Decodes the frames themselves; between requests it reads ahead, one small piece at a time."""

    cache_filled = Signal(object)
    """`CacheFill`."""
    _idle = Signal(int)

    def __init__(self, *, cache_bytes: int | None) -> None:
        super().__init__()
        self._cache_bytes = cache_bytes
        self._clip: Clip | None = None
        self._reader: VideoReader | None = None
        self._problem: str | None = None
        self._last = Request(0, 0, overlay=False)
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
        rgb, problem = self._decoded(request.frame)
        self._answer(request, rgb, problem=problem, exact=True)
        self._last = request
        self._idle.emit(request.generation)

    def _decoded(self, frame: int) -> tuple[NDArray[np.uint8] | None, str | None]:
        if self._reader is None or self._clip is None:
            return None, self._problem
        try:
            return self._reader.rgb(frame), self._problem
        except VideoError as error:
            return None, str(error) if is_there(self._clip.path) else _gone(self._clip.path)
        except Exception as error:
            _LOG.exception("Frame %d of %s", frame, self._clip.path)
            return None, f"Frame {frame} cannot be shown ({type(error).__name__}: {error}). Go on with other frames."

    @Slot(int)
    def _read_ahead(self, generation: int) -> None:
        """Do one piece; the next one waits behind the requests that came meanwhile."""
        reader = self._reader
        if generation != self.latest or reader is None:
            return
        try:
            more = reader.read_ahead(self._last.frame, direction=self._last.direction)
        except VideoError:
            more = False  # said when the frame itself is asked for
        self._pieces += 1
        if not more or self._pieces % _REPORT_EVERY == 0:
            self.cache_filled.emit(CacheFill(reader.cache_bytes_used, reader.cache_bytes_limit))
        if more:
            self._idle.emit(generation)


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
            rgb = self._proxy.rgb(request.frame)
        except VideoError:
            return
        self._answer(request, rgb, problem=None, exact=False)


def _another(path: Path) -> str:
    return (
        f"{path.name} is not the video that was labelled any more: another video, or damaged. The labels may not fit. "
        "Put the original back, or choose Edit > Relink video."
    )


def _gone(path: Path) -> str:
    return f"The video {path} is not there any more. Move it back, or choose Edit > Relink video."
