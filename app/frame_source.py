"""The decoder thread: frame N with the body that belongs to it, the latest request wins."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Qt, QThread, Signal, Slot

from annotation.appearance import clothes
from annotation.body import Body
from annotation.clip import Clip
from annotation.errors import VideoError
from annotation.poses import MeshSequence
from annotation.raster import Raster, render_mesh, shade
from annotation.video import VideoReader

OVERLAY_SCALE = 0.5


@dataclass(frozen=True)
class ShownFrame:
    """Everything that belongs on screen together.

    Attributes
    ----------
    frame : int
    rgb : (h, w, 3) uint8 array or None
        None where the clip cannot be decoded; `problem` says why.
    vertices : (V, 3) float32 array or None
        The body, metres in the CAMERA frame.
    joints : (24, 3) float32 array or None
    overlay : (h', w', 4) uint8 array or None
        The body drawn as the camera sees it, smaller than the frame.
    """

    frame: int
    rgb: NDArray[np.uint8] | None
    problem: str | None
    vertices: NDArray[np.float32] | None = None
    joints: NDArray[np.float32] | None = None
    overlay: NDArray[np.uint8] | None = None


class FrameSource(QObject):
    """Asks the decoder thread for frames and emits what it answers, in step: picture, body and overlay together."""

    ready = Signal(object)
    """`ShownFrame`."""

    _wanted = Signal(int, int, bool)
    _clip_wanted = Signal(object)
    _mesh_wanted = Signal(object, object)

    def __init__(self, *, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._thread = QThread(self)
        self._worker = _Decoder()
        self._worker.moveToThread(self._thread)
        self._wanted.connect(self._worker.show, Qt.ConnectionType.QueuedConnection)
        self._clip_wanted.connect(self._worker.set_clip, Qt.ConnectionType.QueuedConnection)
        self._mesh_wanted.connect(self._worker.set_mesh, Qt.ConnectionType.QueuedConnection)
        self._worker.ready.connect(self._answer, Qt.ConnectionType.QueuedConnection)
        self._thread.start()
        self._answered = 0

    @property
    def busy(self) -> bool:
        """Whether the latest request is still unanswered; playback skips then instead of queueing."""
        return self._answered != self._worker.latest

    def set_clip(self, clip: Clip | None) -> None:
        """Decode another clip from now on; answers for the one before are dropped."""
        self._worker.latest += 1
        self._answered = self._worker.latest
        self._clip_wanted.emit(clip)

    def set_mesh(self, mesh: MeshSequence | None, body: Body | None) -> None:
        """Deliver the body of this motion with every frame from now on."""
        self._mesh_wanted.emit(mesh, body)

    def request(self, frame: int, *, overlay: bool) -> None:
        """Ask for a frame, with the body drawn over it or not."""
        self._worker.latest += 1
        self._wanted.emit(self._worker.latest, frame, overlay)

    def close(self) -> None:
        """End the thread."""
        self._worker.latest += 1
        self._thread.quit()
        self._thread.wait()

    def _answer(self, generation: int, shown: ShownFrame) -> None:
        if generation == self._worker.latest:
            self._answered = generation
            self.ready.emit(shown)


class _Decoder(QObject):
    """Lives in the decoder thread; `latest` is written by the GUI thread and only read here."""

    ready = Signal(int, object)

    def __init__(self) -> None:
        super().__init__()
        self.latest = 0
        self._reader: VideoReader | None = None
        self._problem: str | None = None
        self._body: _PosedBody | None = None

    @Slot(object)
    def set_clip(self, clip: Clip | None) -> None:
        if self._reader is not None:
            self._reader.close()
        self._reader, self._problem = None, None
        if clip is None:
            return
        try:
            self._reader = _open(clip.path, clip)
        except VideoError as error:
            self._problem = str(error)

    @Slot(object, object)
    def set_mesh(self, mesh: MeshSequence | None, body: Body | None) -> None:
        self._body = None if mesh is None or body is None else _PosedBody(mesh, body)

    @Slot(int, int, bool)
    def show(self, generation: int, frame: int, overlay: bool) -> None:  # noqa: FBT001 - a slot of a signal
        if generation != self.latest:
            return
        rgb, problem = None, self._problem
        if self._reader is not None:
            try:
                rgb = self._reader.rgb(frame)
            except VideoError as error:
                problem = str(error)
        vertices = joints = picture = None
        if self._body is not None and generation == self.latest:
            vertices, joints = self._body.at(frame)
            if overlay and vertices is not None:
                picture = self._body.drawn(vertices)
        self.ready.emit(generation, ShownFrame(frame, rgb, problem, vertices, joints, picture))


class _PosedBody:
    """A body in motion: vertices of one frame at a time, and the picture the camera has of them."""

    def __init__(self, mesh: MeshSequence, body: Body) -> None:
        self._mesh, self._body = mesh, body
        self._albedo = clothes(body)
        self._pose = mesh.pose

    def at(self, frame: int) -> tuple[NDArray[np.float32] | None, NDArray[np.float32] | None]:
        if frame >= len(self._mesh) or not self._mesh.valid[frame]:
            return None, None
        one = slice(frame, frame + 1)
        vertices, joints = self._body.forward(self._mesh.betas, self._pose[one], transl=self._mesh.transl[one])
        return vertices[0], joints[0]

    def drawn(self, vertices: NDArray[np.float32]) -> NDArray[np.uint8]:
        faces = self._body.faces
        colors = shade(vertices, faces, albedo=self._albedo)
        picture: Raster = render_mesh(vertices, faces, camera=self._mesh.camera, colors=colors, scale=OVERLAY_SCALE)
        alpha = np.where(picture.covered, 255, 0).astype(np.uint8)
        return np.ascontiguousarray(np.dstack([picture.rgb, alpha]))


def _open(path: Path, clip: Clip) -> VideoReader:
    if not path.is_file():
        raise VideoError(f"The video {path} is not there any more. Move it back, or choose Edit > Relink video.")
    return VideoReader(path, clip.timeline)
