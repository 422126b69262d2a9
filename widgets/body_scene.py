"""What the 3D view draws: the shaded body, wall, floor, trail and contacts, in show coordinates (`body_geometry`)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtWidgets import QWidget
from vispy import scene
from vispy.app import use_app
from vispy.gloo import IndexBuffer, VertexBuffer
from vispy.scene.visuals import create_visual_node
from vispy.visuals import Visual
from vispy.visuals.transforms import MatrixTransform

from widgets.body_geometry import UP, Floats, Viewpoint, camera_to_show, fit, grid_lines
from widgets.wall_picture import WallPicture
from widgets.wall_visual import ShadedWall

Rgb = tuple[float, float, float]
_FLOOR_M = 6
_GHOST_ALPHA = 0.35
_FLOOR_GRID_ALPHA, _WALL_GRID_ALPHA = 0.35, 0.55
_NO_LINES = np.zeros((0, 3), np.float32)


@dataclass(frozen=True)
class Trail:
    """The path of a point of the body up to now.

    Attributes
    ----------
    points : (N, 3) array
        m, CAMERA frame; NaN where it breaks.
    color : (float, float, float) or None
        In [0, 1]; None for the accent.
    """

    points: Floats
    color: Rgb | None = None


_VERTEX = """
uniform vec3 u_eye;
uniform vec3 u_light;
attribute vec3 a_position;
attribute vec3 a_normal;
attribute vec3 a_color;
varying vec3 v_color;

void main() {
    vec3 to_eye = normalize(u_eye - a_position);
    float key = max(dot(a_normal, u_light), 0.0);
    float facing = max(dot(a_normal, to_eye), 0.0);
    float shine = pow(max(dot(a_normal, normalize(u_light + to_eye)), 0.0), 32.0);
    float sky = 0.5 + 0.5 * a_normal.z;
    v_color = a_color * (0.18 + 0.16 * sky + 0.58 * key + 0.22 * facing) + 0.10 * shine;
    gl_Position = $transform(vec4(a_position, 1.0));
}
"""
_FRAGMENT = """
uniform float u_alpha;
varying vec3 v_color;
void main() { gl_FragColor = vec4(v_color, u_alpha); }
"""


class ShadedMeshVisual(Visual):  # type: ignore[misc]
    """A mesh lit per vertex: at 13 700 vertices as smooth as per pixel, and half the work for a software renderer."""

    def __init__(self, *, alpha: float = 1.0) -> None:
        super().__init__(_VERTEX, _FRAGMENT)
        self.shared_program["u_alpha"] = alpha
        self._faces = IndexBuffer()
        self._buffers = {name: VertexBuffer(np.zeros((1, 3), np.float32)) for name in ("position", "normal", "color")}
        for name, buffer in self._buffers.items():
            self.shared_program[f"a_{name}"] = buffer
        self._draw_mode, self._index_buffer = "triangles", self._faces
        self._n_faces = 0
        # Bodies are closed: their insides are half the work, and a muddle where a body is see-through.
        self.set_gl_state("opaque" if alpha == 1 else "translucent", depth_test=True, cull_face="back")
        self.set_light(np.zeros(3), UP)
        self.freeze()

    def set_topology(self, faces: NDArray[np.integer], colors: Floats) -> None:
        """Set the triangles (F, 3) and the colours (V, 3) in [0, 1]."""
        self._n_faces = len(faces)
        self._faces.set_data(np.ascontiguousarray(faces, np.uint32))
        self._buffers["color"].set_data(np.ascontiguousarray(colors, np.float32))

    def set_shape(self, vertices: NDArray[np.float32], normals: NDArray[np.float32]) -> None:
        """Set vertices and normals (V, 3) in show coordinates."""
        self._buffers["position"].set_data(np.ascontiguousarray(vertices, np.float32))
        self._buffers["normal"].set_data(normals)

    def set_light(self, eye: Floats, towards_light: Floats) -> None:
        """Set the eye (3,) and the unit vector (3,) towards the light in show coordinates."""
        self.shared_program["u_eye"] = tuple(float(x) for x in eye)
        self.shared_program["u_light"] = tuple(float(x) for x in towards_light)

    def _prepare_transforms(self, view: Any) -> None:
        view.view_program.vert["transform"] = view.get_transform()

    def _prepare_draw(self, view: Any) -> bool | None:
        return None if self._n_faces else False

    def _compute_bounds(self, axis: int, view: Any) -> None:
        return None


ShadedMesh = create_visual_node(ShadedMeshVisual)


def new_canvas(parent: QWidget | None, *, samples: int) -> Any:
    """Return a `vispy.scene.SceneCanvas` with `samples` per pixel (0: plain); its `native` widget lies in `parent`."""
    use_app("pyside6")  # once per process, before the first canvas
    # Qt puts what was drawn on the screen: swapping buffers besides would be a wait for nothing.
    return scene.SceneCanvas(
        keys=None, config={"samples": samples, "depth_size": 24}, parent=parent, show=False, autoswap=False
    )


class BodyScene:
    """The scene on one canvas; everything is given in the CAMERA frame and shown with z up.

    Parameters
    ----------
    canvas : vispy.scene.SceneCanvas
    """

    def __init__(self, canvas: Any) -> None:
        self._root = scene.Node(parent=canvas.scene)
        self._root.transform = self._transform = MatrixTransform()
        self._line_color: Rgb = (0.6, 0.6, 0.6)
        self._accent: Rgb = (0.24, 0.49, 1.0)
        self._doubt: Rgb = (1.0, 0.7, 0.2)
        self.mesh = ShadedMesh(parent=self._root)
        self.mesh.order = 1
        self.trail = self._lines(order=2, width=2)
        self.ghost = ShadedMesh(alpha=_GHOST_ALPHA, parent=self._root)
        self.ghost.order = 3
        self.wall_fill = ShadedWall(parent=self._root)
        self.wall_fill.order = 4  # translucent, so after everything that may stand behind it
        self.grid = self._lines(order=5)  # of floor and wall: every draw costs a software renderer
        self._floor_lines, self._wall_lines = _NO_LINES, _NO_LINES
        self.open_reach = self._lines(order=6, width=3)
        self.open_reach.set_gl_state("translucent", depth_test=False)
        self.contacts, self.open_joints, self.pulled = (self._markers(order=order) for order in (7, 8, 9))
        self.frame = self._lines(order=10, parent=canvas.scene)
        self.frame.set_gl_state("translucent", depth_test=False)
        markers = (self.contacts, self.open_joints, self.open_reach, self.pulled)
        for visual in (self.wall_fill, self.grid, self.trail, self.frame, self.ghost, *markers):
            visual.visible = False

    def _markers(self, *, order: int) -> Any:
        markers = scene.visuals.Markers(parent=self._root)
        markers.order = order
        markers.set_gl_state("translucent", depth_test=False)  # a hand covers what it holds
        return markers

    def _lines(self, *, order: int, width: float = 1, parent: Any = None) -> Any:
        lines = scene.visuals.Line(
            pos=np.zeros((2, 3), np.float32), connect="segments", width=width, parent=parent or self._root
        )
        lines.order = order
        lines.set_gl_state("translucent", depth_test=True)
        return lines

    def set_viewpoint(self, viewpoint: Viewpoint, size: tuple[float, float]) -> None:
        """Look from a viewpoint in a view of `size` pixels; the light stands to the upper left of the eye."""
        self._transform.matrix = viewpoint.matrix(size).T
        right, down, forward = viewpoint.axes
        light = -0.45 * right - 0.55 * down - 0.7 * forward
        for mesh in (self.mesh, self.ghost):
            mesh.set_light(viewpoint.eye, light / np.linalg.norm(light))
        self.wall_fill.set_eye(viewpoint.eye)

    def set_frame_outline(self, viewpoint: Viewpoint | None, size: tuple[float, float]) -> None:
        """Draw the edge of the video picture in a view of `size` pixels, or nothing."""
        self.frame.visible = viewpoint is not None
        if viewpoint is None:
            return
        scale, (left, top) = fit(viewpoint.lens, size)
        right, bottom = left + viewpoint.lens.size_px[0] * scale, top + viewpoint.lens.size_px[1] * scale
        corners = np.array([(left, top), (right, top), (right, bottom), (left, bottom)], np.float32)
        corners = np.clip(corners, 0.5, np.array(size, np.float32) - 0.5)
        self.frame.set_data(pos=np.repeat(corners, 2, axis=0)[[1, 2, 3, 4, 5, 6, 7, 0]], color=(*self._line_color, 0.6))

    def set_colors(self, *, lines: Rgb, wall: Rgb, accent: Rgb, doubt: Rgb) -> None:
        """Set the colours of grids, wall, trail and of what is open, for whatever is drawn from now on."""
        self._line_color, self._accent, self._doubt = lines, accent, doubt
        self.wall_fill.set_colors(face=wall, rim=lines)

    def set_floor(self, center: Floats | None) -> None:
        """Draw a metre grid on the floor around a point (3,) in show coordinates, or none."""
        self._floor_lines = _NO_LINES
        if center is not None:
            corner = center - [_FLOOR_M / 2, _FLOOR_M / 2, 0]
            along, across = np.array([1.0, 0, 0]), np.array([0, 1.0, 0])
            self._floor_lines = grid_lines(corner, along, across, size_m=(_FLOOR_M, _FLOOR_M))
        self._set_grid()

    def set_wall(self, wall: WallPicture | None) -> None:
        """Draw the wall with a metre grid, or none."""
        self.wall_fill.visible = wall is not None
        self._wall_lines = _NO_LINES if wall is None else wall.lines.astype(np.float32)
        if wall is not None:
            self.wall_fill.set_picture(wall)
        self._set_grid()

    def _set_grid(self) -> None:
        lines = np.concatenate([self._floor_lines, self._wall_lines])
        self.grid.visible = bool(len(lines))
        if len(lines):
            colors = np.tile(np.array([*self._line_color, _WALL_GRID_ALPHA], np.float32), (len(lines), 1))
            colors[: len(self._floor_lines), 3] = _FLOOR_GRID_ALPHA
            self.grid.set_data(pos=lines, color=colors)

    def set_trails(self, trails: Sequence[Trail]) -> None:
        """Draw paths that grow stronger towards their ends."""
        parts = [_strokes(trail, self._accent) for trail in trails]
        pairs = np.concatenate([part[0] for part in parts]) if parts else np.zeros((0, 3))
        self.trail.visible = bool(len(pairs))
        if len(pairs):
            self.trail.set_data(pos=pairs, color=np.concatenate([part[1] for part in parts]))

    def set_contacts(self, points: Floats | None) -> None:
        """Mark the points (N, 3) in the CAMERA frame where the body holds the wall."""
        _mark(self.contacts, points, size=11, face_color=(*self._accent, 0.9), edge_color="white", edge_width=1)

    def set_open(self, points: Floats, reach_m: Floats) -> None:
        """Ring the joints (N, 3) in the CAMERA frame whose depth is open; a bar along their sight is as long as that.

        From the video camera the bars are seen end on: there is nothing to be seen of what it cannot tell.
        """
        _mark(self.open_joints, points, size=13, face_color=(0, 0, 0, 0), edge_color=(*self._doubt, 1.0), edge_width=2)
        self.open_reach.visible = bool(len(points))
        if len(points):
            sight = points / np.linalg.norm(points, axis=1, keepdims=True)
            ends = np.stack([points - reach_m[:, None] * sight, points + reach_m[:, None] * sight], axis=1)
            shown = camera_to_show(ends.reshape(-1, 3)).astype(np.float32)
            self.open_reach.set_data(pos=shown, color=(*self._doubt, 0.85))

    def set_pulled(self, point: Floats | None) -> None:
        """Mark where a joint (3,) in the CAMERA frame is being pulled to."""
        points = None if point is None else point[None]
        _mark(self.pulled, points, size=13, face_color=(*self._accent, 1.0), edge_color="white", edge_width=2)


def _strokes(trail: Trail, accent: Rgb) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return a path as pairs of ends (2 N, 3) in show coordinates with their colours (2 N, 4)."""
    shown = camera_to_show(trail.points)
    pairs = np.stack([shown[:-1], shown[1:]], axis=1)
    whole = np.isfinite(pairs).all(axis=(1, 2))
    color = np.tile(np.array([*(trail.color or accent), 1.0], np.float32), (2 * int(whole.sum()), 1))
    color[:, 3] = np.repeat(np.linspace(0.15, 1.0, len(pairs))[whole], 2)
    return pairs[whole].reshape(-1, 3).astype(np.float32), color


def _mark(markers: Any, points: Floats | None, **look: Any) -> None:
    shown = np.zeros((0, 3)) if points is None else camera_to_show(points)
    shown = shown[np.isfinite(shown).all(axis=1)]
    markers.visible = len(shown) > 0
    if len(shown):
        markers.set_data(pos=shown.astype(np.float32), **look)
