"""A body in motion: vertices of one frame at a time, and the picture the camera has of them."""

from copy import copy
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from annotation.appearance import clothes
from annotation.body import SMPL_JOINTS, Body
from annotation.poses import MeshSequence
from annotation.raster import render_mesh, shade

OVERLAY_SCALE = 0.5
_CELL_M, _HEAD_CELL_M = 0.025, 0.008
"""Two pixels, or less than one, of a climber who fills a picture that is shown small."""


@dataclass(frozen=True)
class BodyPicture:
    """A body as a camera sees it, without the empty space around it.

    Attributes
    ----------
    rgba : (h, w, 4) uint8 array
        Transparent where the body is not.
    box : (float, float, float, float)
        Left, top, width and height of what the picture covers, in pixels of the camera's.
    """

    rgba: NDArray[np.uint8]
    box: tuple[float, float, float, float]


class PosedBody:
    """A motion and the body that makes it; nothing in here changes, so threads may share it."""

    def __init__(self, mesh: MeshSequence, body: Body) -> None:
        self._mesh, self._body = mesh, body
        self._albedo = clothes(body)
        self._coarse_faces = coarse_faces(body)

    @property
    def body(self) -> Body:
        """The body that moves."""
        return self._body

    def moving(self, mesh: MeshSequence) -> "PosedBody":
        """Return the same body in another motion; nothing about the body is worked out again."""
        other = copy(self)
        other._mesh = mesh
        return other

    def at(self, frame: int) -> tuple[NDArray[np.float32] | None, NDArray[np.float32] | None]:
        """Return vertices (V, 3) and joints (24, 3) of a frame in metres, CAMERA frame; None where there are none."""
        if frame >= len(self._mesh) or not self._mesh.valid[frame]:
            return None, None
        one = slice(frame, frame + 1)
        vertices, joints = self._body.forward(self._mesh.betas, self._mesh.pose_of(one), transl=self._mesh.transl[one])
        return vertices[0], joints[0]

    def drawn(self, vertices: NDArray[np.float32], *, within: tuple[int, int] | None = None) -> BodyPicture | None:
        """Draw the body as the camera sees it; None if out of sight.

        For the room `within`, with no more pixels than that and fewer triangles: it moves, and has little time.
        """
        camera, faces = self._mesh.camera, self._body.faces if within is None else self._coarse_faces
        scale = OVERLAY_SCALE if within is None else min(OVERLAY_SCALE, within[0] / camera.size_px[0])
        colors = shade(vertices, faces, albedo=self._albedo)
        picture = render_mesh(vertices, faces, camera=camera, colors=colors, scale=scale)
        covered = picture.covered
        rows, columns = np.flatnonzero(covered.any(axis=1)), np.flatnonzero(covered.any(axis=0))
        if not len(rows):
            return None
        part = slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)
        rgba = np.dstack([picture.rgb[part], covered[part].view(np.uint8) * np.uint8(255)])
        across, down = (side / drawn for side, drawn in zip(camera.size_px, covered.shape[::-1], strict=True))
        left, top = float(columns[0]) * across, float(rows[0]) * down
        return BodyPicture(rgba, (left, top, rgba.shape[1] * across, rgba.shape[0] * down))


def coarse_faces(body: Body) -> NDArray[np.int32]:
    """Return fewer triangles (F', 3) over some of the same vertices: all those of a small cube become one of them.

    Smaller cubes at the head, for one sees a face that is out of shape at once.
    """
    head = body.weights[:, SMPL_JOINTS.index("head")] > 0.5
    size = np.where(head, _HEAD_CELL_M, _CELL_M)[:, None]
    cells = np.column_stack([np.floor(body.template / size), head]).astype(np.int64)
    _, first, cell = np.unique(cells, axis=0, return_index=True, return_inverse=True)
    corners = first[cell.ravel()][body.faces]
    a, b, c = corners.T
    return np.ascontiguousarray(corners[(a != b) & (b != c) & (c != a)], np.int32)
