"""The task that makes the review video: the clip's frames with skeleton and body, and the body from the side."""

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from annotation.arrays import read_arrays
from annotation.body import Body
from annotation.body_identity import body_of
from annotation.errors import JobError
from annotation.labels import ResolvedTrack
from annotation.poses import MeshSequence
from annotation.runs import load_mesh
from annotation.skeletons import load_skeleton
from annotation.video import VideoReader
from inference.ahead import map_ahead
from inference.jobs import INPUTS_FILE, TaskContext

if TYPE_CHECKING:
    from inference.side_view import SideView

Picture = NDArray[np.uint8]


def run(context: TaskContext) -> dict[str, Any]:
    """Write the review video into the output folder.

    Parameters of the job: ``video``, ``size_px`` of the pixels the points are in, ``skeleton``, ``points``, ``mesh``,
    ``mesh_run`` (folder of a body run or null), ``side_view``, ``output_name``, ``body``, ``bodies_dir``. The
    job folder's ``inputs.npz`` holds the arrays of a `ResolvedTrack`. Frames keep their timestamps.

    Raises
    ------
    BetascopeError
        If something is missing or cannot be written; the message says what to do.
    """
    from inference.video_writer import VideoWriter

    parameters = context.parameters
    name = str(parameters.get("output_name", "render.mp4"))
    if Path(name).name != name or Path(name).suffix.lower() not in (".mp4", ".mov", ".mkv"):
        raise JobError(f"{name!r} is no name for a video. Choose one that ends in .mp4.")
    with VideoReader(Path(str(parameters.get("video", "")))) as reader:
        overlay = _overlay(context, reader)
        timeline = reader.timeline
        with VideoWriter(
            context.output / name,
            size_px=overlay.size_px,
            time_base=Fraction(*timeline.time_base),
            fps=timeline.fps,
        ) as writer:
            written = 0
            for n, picture in map_ahead(overlay.draw, reader.frames()):
                writer.add(picture, pts=int(timeline.pts[n] - timeline.pts[0]))
                written += 1
                context.report(n + 1, len(reader), "Drawing")
    return {"file": name, "frames": written, "size_px": list(overlay.size_px)}


@dataclass(frozen=True, eq=False)
class _Fit:
    """A fitted body and the view of it from the side, if wanted."""

    body: Body
    mesh: MeshSequence
    side: "SideView | None"
    on_video: bool

    def vertices(self, frame: int) -> NDArray[np.float32] | None:
        """Return the vertices (V, 3) in a frame, metres in the CAMERA frame; None where nothing was fitted."""
        mesh = self.mesh
        if frame >= len(mesh) or not mesh.valid[frame]:
            return None
        rows = slice(frame, frame + 1)
        vertices, _ = self.body.forward(mesh.betas, mesh.pose[rows], transl=mesh.transl[rows])
        found: NDArray[np.float32] = vertices[0]
        return found


@dataclass(frozen=True, eq=False)
class _Overlay:
    """What is drawn onto frames of `frame_size_px`."""

    frame_size_px: tuple[int, int]
    track: ResolvedTrack | None
    fit: _Fit | None

    @property
    def size_px(self) -> tuple[int, int]:
        """Width and height of the result."""
        width, height = self.frame_size_px
        side = self.fit.side if self.fit else None
        return (width + side.size_px[0] if side else width), height

    def draw(self, numbered: tuple[int, Picture]) -> tuple[int, Picture]:
        """Return a numbered frame drawn over."""
        from inference.drawing import draw_mesh, draw_skeleton

        n, picture = numbered
        picture = picture.copy()
        vertices = self.fit.vertices(n) if self.fit else None
        if self.fit and self.fit.on_video and vertices is not None:
            draw_mesh(picture, vertices, faces=self.fit.body.faces, camera=self.fit.mesh.camera)
        if self.track and n < len(self.track):
            draw_skeleton(picture, self.track, frame=n)
        if self.fit and self.fit.side:
            picture = np.hstack([picture, self.fit.side.draw(n, vertices)])
        return n, picture


def _overlay(context: TaskContext, reader: VideoReader) -> _Overlay:
    parameters = context.parameters
    track = _track(context, reader.size) if parameters.get("points", True) else None
    run_folder = parameters.get("mesh_run")
    wants_mesh, wants_side = bool(parameters.get("mesh", True)), bool(parameters.get("side_view", False))
    if run_folder is None or not (wants_mesh or wants_side):
        return _Overlay(reader.size, track, None)
    mesh = load_mesh(Path(str(run_folder)))
    bodies_dir = parameters.get("bodies_dir")
    body = body_of(mesh, bodies_dir=None if bodies_dir is None else Path(str(bodies_dir)))
    side = None
    if wants_side:
        from inference.side_view import SideView

        side = SideView.fitting(body, mesh, height_px=reader.size[1])
    return _Overlay(reader.size, track, _Fit(body, mesh, side, wants_mesh))


def _track(context: TaskContext, size_px: tuple[int, int]) -> ResolvedTrack:
    """Read the points of the snapshot, in pixels of the frames as decoded."""
    path = context.folder / INPUTS_FILE
    try:
        data = read_arrays(path)
        xy, confidence, source, visibility = (data[name] for name in ("xy", "confidence", "source", "visibility"))
        skeleton = load_skeleton(str(context.parameters["skeleton"]))
        width, height = (float(side) for side in context.parameters.get("size_px", size_px))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise JobError(f"The points of this job in {path} cannot be read ({error}). Start the job again.") from error
    scaled = xy * np.array([size_px[0] / width, size_px[1] / height], np.float32)
    return ResolvedTrack(scaled, confidence, source, visibility, skeleton)
