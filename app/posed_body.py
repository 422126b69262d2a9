"""A body in motion: vertices of one frame at a time, and the picture the camera has of them."""

import numpy as np
from numpy.typing import NDArray

from annotation.appearance import clothes
from annotation.body import Body
from annotation.poses import MeshSequence
from annotation.raster import Raster, render_mesh, shade

OVERLAY_SCALE = 0.5


class PosedBody:
    """A motion and the body that makes it; nothing in here changes, so threads may share it."""

    def __init__(self, mesh: MeshSequence, body: Body) -> None:
        self._mesh, self._body = mesh, body
        self._albedo = clothes(body)
        self._pose = mesh.pose

    def at(self, frame: int) -> tuple[NDArray[np.float32] | None, NDArray[np.float32] | None]:
        """Return vertices (V, 3) and joints (24, 3) of a frame in metres, CAMERA frame; None where there are none."""
        if frame >= len(self._mesh) or not self._mesh.valid[frame]:
            return None, None
        one = slice(frame, frame + 1)
        vertices, joints = self._body.forward(self._mesh.betas, self._pose[one], transl=self._mesh.transl[one])
        return vertices[0], joints[0]

    def drawn(self, vertices: NDArray[np.float32]) -> NDArray[np.uint8]:
        """Draw the body as the camera sees it: (h', w', 4), transparent where it is not."""
        faces = self._body.faces
        colors = shade(vertices, faces, albedo=self._albedo)
        picture: Raster = render_mesh(vertices, faces, camera=self._mesh.camera, colors=colors, scale=OVERLAY_SCALE)
        alpha = np.where(picture.covered, 255, 0).astype(np.uint8)
        return np.ascontiguousarray(np.dstack([picture.rgb, alpha]))
