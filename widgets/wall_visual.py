"""How the 3D view draws a wall: filled, shaded by how it leans, clearer from before than from behind, with an edge."""

from typing import Any

import numpy as np
from vispy.gloo import VertexBuffer
from vispy.scene.visuals import create_visual_node
from vispy.visuals import Visual

from widgets.body_geometry import Floats
from widgets.wall_picture import WallPicture

Rgb = tuple[float, float, float]

_VERTEX = """
uniform vec3 u_eye;
uniform vec3 u_face;
uniform vec3 u_rim;
attribute vec3 a_position;
attribute vec3 a_normal;
attribute float a_rim;
varying vec4 v_color;

void main() {
    float before = step(0.0, dot(a_normal, u_eye - a_position));
    // An overhang lies in its own shade, a slab in the light; so planes that meet are told apart from everywhere.
    float light = 0.86 + 0.24 * a_normal.z + 0.10 * a_normal.x;
    vec4 face = vec4(u_face * light, mix(0.38, 0.85, before));
    v_color = mix(face, vec4(u_rim, 1.0), a_rim);
    gl_Position = $transform(vec4(a_position, 1.0));
}
"""
_FRAGMENT = """
varying vec4 v_color;
void main() { gl_FragColor = v_color; }
"""


class WallVisual(Visual):  # type: ignore[misc]
    """The planes of a wall with the edges around them, in one draw; what is behind them shines through from behind."""

    def __init__(self) -> None:
        super().__init__(_VERTEX, _FRAGMENT)
        self._draw_mode = "triangles"
        self._buffers = {"position": VertexBuffer(), "normal": VertexBuffer(), "rim": VertexBuffer()}
        self._n_points = 0
        # Set back a little: the grid lies in the same plane and is seen.
        self.set_gl_state("translucent", depth_test=True, cull_face=False, polygon_offset=(1.0, 1.0))
        self.update_gl_state(polygon_offset_fill=True)
        self.set_eye(np.zeros(3))
        self.set_colors(face=(0.5, 0.5, 0.5), rim=(0.5, 0.5, 0.5))
        self.freeze()

    def set_picture(self, picture: WallPicture) -> None:
        """Set what is drawn: planes first, so that from before they hide their edges behind them."""
        faces = picture.faces.ravel()
        rims = picture.rims[:, [0, 1, 2, 0, 2, 3]].reshape(-1, 3)
        # Edges have a colour of their own, whichever way they face.
        normals = np.concatenate([picture.normals[faces], np.zeros_like(rims)])
        points = np.concatenate([picture.vertices[faces], rims])
        rim = np.repeat([0.0, 1.0], [len(faces), len(rims)])
        self._n_points = len(points)
        for name, values in (("position", points), ("normal", normals), ("rim", rim[:, None])):
            self._buffers[name].set_data(np.ascontiguousarray(values, np.float32))
            self.shared_program[f"a_{name}"] = self._buffers[name]
        self.update()

    def set_eye(self, eye: Floats) -> None:
        """Set the eye (3,) in show coordinates."""
        self.shared_program["u_eye"] = tuple(float(x) for x in eye)

    def set_colors(self, *, face: Rgb, rim: Rgb) -> None:
        """Set the colours of the planes and of their edges."""
        self.shared_program["u_face"], self.shared_program["u_rim"] = face, rim

    def _prepare_transforms(self, view: Any) -> None:
        view.view_program.vert["transform"] = view.get_transform()

    def _prepare_draw(self, view: Any) -> bool | None:
        return None if self._n_points else False

    def _compute_bounds(self, axis: int, view: Any) -> None:
        return None


ShadedWall = create_visual_node(WallVisual)
