"""The shapes of the climber in the 3D view, as mesh or as skeleton: what of them is handed to the scene."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from widgets.body_geometry import Floats, StickFigure, camera_to_show, vertex_normals
from widgets.body_looks import DisplayMode, side_colors
from widgets.body_scene import BodyScene

_BODY_COLOR = (0.72, 0.75, 0.80)


class BodyShapes:
    """The body of the frame and the ghost of another one; only the newest is handed over, when it is drawn.

    Attributes
    ----------
    vertices : (V, 3) array or None
        m, CAMERA frame.
    joints : (K, 3) array or None
        m, CAMERA frame.
    asked : DisplayMode
    """

    def __init__(self) -> None:
        self.vertices: Floats | None = None
        self.joints: Floats | None = None
        self.asked = DisplayMode.MESH
        self.faces: NDArray[np.uint32] | None = None
        self._colors: Floats | None = None
        self._normals = vertex_normals(np.zeros((0, 3), np.int64), 0)
        self._figure: StickFigure | None = None
        self._figure_normals = self._normals
        self._ghost: tuple[Floats | None, Floats | None] | None = None
        self._drawn: object = None
        self._stale = False

    @property
    def mode(self) -> DisplayMode:
        """What is drawn: what was asked for if it is there, otherwise what is there."""
        if self.asked is DisplayMode.SKELETON:
            return DisplayMode.SKELETON if self.joints is not None else DisplayMode.MESH
        return DisplayMode.MESH if self.vertices is not None else DisplayMode.SKELETON

    @property
    def seen(self) -> Floats | None:
        """The finite points (N, 3) of the body, None where there is none."""
        points = self.vertices if self.vertices is not None else self.joints
        if points is not None and not np.isfinite(points.sum()):
            points = points[np.isfinite(points).all(axis=-1)]
        return points if points is not None and len(points) else None

    def set_topology(self, faces: NDArray[np.integer], *, colors: Floats | None) -> None:
        """Set the triangles (F, 3) and colours (V, 3) of the mesh; its vertices come later."""
        self.faces = np.ascontiguousarray(faces, np.uint32)
        self._colors = colors
        self._normals = vertex_normals(faces, int(faces.max()) + 1 if len(faces) else 0)
        self.vertices, self._drawn = None, None
        self._stale = True

    def set_joints(self, joints: Floats | None, *, parents: Sequence[int], names: Sequence[str] | None) -> None:
        """Set joints (K, 3), or none, with rods to their parents."""
        self.joints = joints
        if joints is not None and (self._figure is None or self._figure.parents != tuple(parents)):
            self._figure = StickFigure(parents, side_colors(names, len(parents)))
            self._figure_normals = vertex_normals(self._figure.faces, len(self._figure.colors))
        self._stale = True

    def set_ghost(self, vertices: Floats | None, joints: Floats | None) -> None:
        """Set the body of another frame, None for none."""
        self._ghost = None if vertices is None and joints is None else (vertices, joints)
        self._stale = True

    def redraw(self, *, anew: bool = False) -> None:
        """Have everything handed over again; `anew` to a scene that knows nothing yet."""
        self._stale = True
        if anew:
            self._drawn = None

    def upload(self, scene: BodyScene) -> None:
        """Hand the newest shapes to the scene."""
        if not self._stale:
            return
        self._stale = False
        self._upload_ghost(scene)
        scene.mesh.visible = self.vertices is not None or self.joints is not None
        if self.mode is DisplayMode.MESH and self.vertices is not None and self.faces is not None:
            shown = camera_to_show(np.asarray(self.vertices, np.float32))
            self._topology(scene, self.faces, _plain(len(shown)) if self._colors is None else self._colors)
            scene.mesh.set_shape(shown, self._normals(shown))
        elif self.joints is not None and self._figure is not None:
            shown = self._figure.vertices(camera_to_show(self.joints))
            self._topology(scene, self._figure.faces, self._figure.colors)
            scene.mesh.set_shape(shown, self._figure_normals(shown))

    def _upload_ghost(self, scene: BodyScene) -> None:
        vertices, joints = self._ghost or (None, None)
        ghost, mesh = scene.ghost, self.mode is DisplayMode.MESH
        ghost.visible = (vertices is not None and self.faces is not None) if mesh else joints is not None
        if not ghost.visible:
            return
        if mesh and vertices is not None and self.faces is not None:
            shown, faces = camera_to_show(np.asarray(vertices, np.float32)), self.faces
            normals = self._normals(shown)
        elif joints is not None and self._figure is not None:
            shown, faces = self._figure.vertices(camera_to_show(joints)), self._figure.faces
            normals = self._figure_normals(shown)
        ghost.set_topology(faces, _plain(len(shown)))
        ghost.set_shape(shown, normals)

    def _topology(self, scene: BodyScene, faces: NDArray[np.uint32], colors: Floats) -> None:
        if self._drawn is not faces:
            self._drawn = faces
            scene.mesh.set_topology(faces, colors)


def _plain(n_vertices: int) -> NDArray[np.float32]:
    return np.tile(np.array(_BODY_COLOR, np.float32), (n_vertices, 1))
