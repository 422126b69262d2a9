"""The geometry behind the 3D view, without GL: viewpoints, vertex normals, the stick figure, grids.

"Show" coordinates are metres with x right, y away from the video camera and z up: ``(x, z, -y)`` of the CAMERA frame.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from annotation.poses import Camera, Plane

Floats = NDArray[np.floating]
UP = np.array([0.0, 0.0, 1.0])
LENS = Camera(1500.0, (500.0, 500.0), (1000, 1000))
"""A lens of 37 degrees for every view that is not the video's."""
_NEAREST_M, _FARTHEST_M = 0.3, 60.0
_BONE_SIDES = 8


class ViewPreset(Enum):
    """Where the body is looked at from; front, back and side are those of the wall if there is one."""

    CAMERA = "camera"
    FRONT = "front"
    BACK = "back"
    SIDE = "side"
    TOP = "top"
    ORBIT = "orbit"


def camera_to_show(points: Floats) -> Floats:
    """Turn points (..., 3) of the CAMERA frame (y down, z forward) into show coordinates (z up)."""
    return np.stack([points[..., 0], points[..., 2], -points[..., 1]], axis=-1)


@dataclass(frozen=True)
class Viewpoint:
    """An eye in show coordinates, and the point it turns around.

    Attributes
    ----------
    eye : (3,) array
        Metres.
    axes : (3, 3) array
        Rows: the unit vectors to the right, down and forward of the picture.
    pivot : (3,) array
        Metres.
    lens : Camera
        Its picture is fitted whole into the view.
    """

    eye: Floats
    axes: Floats
    pivot: Floats
    lens: Camera = LENS

    @property
    def distance_m(self) -> float:
        """Distance from the eye to the pivot."""
        return float(np.linalg.norm(self.eye - self.pivot))

    @property
    def elevation(self) -> float:
        """Angle from which the scene is looked down upon, radians."""
        return float(np.arcsin(np.clip(-self.axes[2, 2], -1, 1)))

    def orbited(self, yaw: float, pitch: float) -> "Viewpoint":
        """Return the eye turned around the pivot, radians; it never goes over the top."""
        pitch = float(np.clip(pitch, -np.pi / 2 - self.elevation, np.pi / 2 - self.elevation))
        turn = rotation(UP, yaw) @ rotation(self.axes[0], -pitch)
        return replace(self, eye=self.pivot + turn @ (self.eye - self.pivot), axes=self.axes @ turn.T)

    def panned(self, dx_px: float, dy_px: float, *, size: tuple[float, float]) -> "Viewpoint":
        """Return the eye moved so that what lies at the pivot's depth follows a drag in a view of `size` pixels."""
        depth = float(self.axes[2] @ (self.pivot - self.eye))
        metres = max(depth, _NEAREST_M) / (self.lens.focal_px * fit(self.lens, size)[0])
        return self.moved(-metres * (dx_px * self.axes[0] + dy_px * self.axes[1]))

    def zoomed(self, factor: float) -> "Viewpoint":
        """Return the eye at `factor` times its distance from the pivot, within what makes sense."""
        factor = float(np.clip(factor, _NEAREST_M / self.distance_m, _FARTHEST_M / self.distance_m))
        return replace(self, eye=self.pivot + (self.eye - self.pivot) * factor)

    def moved(self, step: Floats) -> "Viewpoint":
        """Return eye and pivot moved by `step` (3,) metres."""
        return replace(self, eye=self.eye + step, pivot=self.pivot + step)

    def matrix(self, size: tuple[float, float], *, depth_ratio: float = 1e3) -> Floats:
        """Return the projection (4, 4) from show coordinates to pixels of a view of `size`.

        ``(x, y, z, 1)`` becomes ``(u w, v w, depth w, w)`` with u right and v down in pixels and depth in [-1, 1]
        between the planes nearest and farthest; `depth_ratio` is the ratio of their distances.
        """
        scale, (left, top) = fit(self.lens, size)
        focal = self.lens.focal_px * scale
        u, v = self.lens.center_px[0] * scale + left, self.lens.center_px[1] * scale + top
        near = float(np.clip(self.distance_m / 20, 0.02, 0.5))
        far = near * depth_ratio
        lens = np.array(
            [
                [focal, 0, u, 0],
                [0, focal, v, 0],
                [0, 0, (far + near) / (far - near), -2 * far * near / (far - near)],
                [0, 0, 1, 0],
            ]
        )
        pose = np.eye(4)
        pose[:3, :3] = self.axes
        pose[:3, 3] = -self.axes @ self.eye
        result: Floats = lens @ pose
        return result


def fit(lens: Camera, size: tuple[float, float]) -> tuple[float, tuple[float, float]]:
    """Return scale and top-left corner in pixels of a lens's picture shown whole in a view of `size`."""
    width, height = lens.size_px
    scale = max(min(size[0] / width, size[1] / height), 1e-6)
    return scale, ((size[0] - width * scale) / 2, (size[1] - height * scale) / 2)


def rotation(axis: Floats, angle: float) -> Floats:
    """Return the rotation (3, 3) about a unit axis (Rodrigues' formula)."""
    x, y, z = axis
    K = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    result: Floats = np.eye(3) + np.sin(angle) * K + (1 - np.cos(angle)) * K @ K
    return result


def camera_viewpoint(camera: Camera, pivot: Floats) -> Viewpoint:
    """Return the video camera's own viewpoint: the origin, looking along y."""
    return Viewpoint(np.zeros(3), np.array([[1.0, 0, 0], [0, 0, -1], [0, 1, 0]]), pivot, camera)


def preset_viewpoint(preset: ViewPreset, center: Floats, *, radius_m: float, outward: Floats) -> Viewpoint:
    """Return a viewpoint that shows a sphere of `radius_m` around `center` whole.

    Parameters
    ----------
    outward : (3,) array
        Horizontal unit vector from which the scene is seen in front: out of the wall, or towards the video camera.
    """
    yaw, elevation = {
        ViewPreset.FRONT: (0.0, 0.0),
        ViewPreset.BACK: (180.0, 0.0),
        ViewPreset.SIDE: (90.0, 0.0),
        ViewPreset.TOP: (0.0, 90.0),
    }.get(preset, (35.0, 15.0))
    back = rotation(UP, np.radians(yaw)) @ outward
    forward = -back
    right = np.cross(forward, UP)
    axes = np.stack([right, -UP, forward])
    half_view = np.arctan(min(LENS.size_px) / 2 / LENS.focal_px)
    level = Viewpoint(center + back * radius_m / np.sin(half_view), axes, center)
    return level.orbited(0.0, np.radians(elevation))


def outward_of(wall: Plane | None) -> Floats:
    """Return the horizontal unit vector out of the wall in show coordinates; towards the camera without a wall."""
    if wall is not None:
        normal = camera_to_show(np.array(wall.normal, float)) * [1, 1, 0]
        length = float(np.linalg.norm(normal))
        if length > 0.2:  # flatter than that the wall is a roof, and has no front
            return np.asarray(normal / length)
    return np.array([0.0, -1.0, 0.0])


def vertex_normals(faces: NDArray[np.integer], n_vertices: int) -> Callable[[Floats], NDArray[np.float32]]:
    """Return a function from vertices (V, 3) to unit normals (V, 3), averaged over the faces by area."""
    n_faces = len(faces)
    rows, columns = faces.ravel(), np.repeat(np.arange(n_faces), 3)
    from scipy.sparse import csr_array  # scipy takes longer to import than the window to open

    spread = csr_array((np.ones(3 * n_faces, np.float32), (rows, columns)), shape=(n_vertices, n_faces))
    a, b, c = np.ascontiguousarray(faces.T)

    def normals(vertices: Floats) -> NDArray[np.float32]:
        x, y, z = np.ascontiguousarray(vertices.T, dtype=np.float32)
        ux, uy, uz = x[b] - x[a], y[b] - y[a], z[b] - z[a]
        vx, vy, vz = x[c] - x[a], y[c] - y[a], z[c] - z[a]
        crossed = np.stack([uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx], axis=-1)
        summed = spread @ crossed
        length = np.sqrt(np.einsum("ij,ij->i", summed, summed))
        result: NDArray[np.float32] = summed / np.maximum(length, 1e-12)[:, None]
        return result

    return normals


class StickFigure:
    """A skeleton as one mesh: a ball per joint, a tapered rod per bone; its topology depends on the parents only.

    Parameters
    ----------
    parents : sequence of K int
        Parent of every joint, negative for the root.
    joint_colors : (K, 3) array
        In [0, 1]; a rod has the colour of its outer joint.
    """

    def __init__(self, parents: Sequence[int], joint_colors: Floats) -> None:
        self.parents = tuple(int(parent) for parent in parents)
        self._ends = np.array([k for k, parent in enumerate(self.parents) if 0 <= parent < len(self.parents)], np.intp)
        self._starts = np.array([self.parents[k] for k in self._ends], np.intp)
        self._ball, ball_faces = _ball()
        rod_faces = _rod_faces()
        n_joints, n_bones, n_ball = len(self.parents), len(self._ends), len(self._ball)
        balls = ball_faces[None] + (np.arange(n_joints) * n_ball)[:, None, None]
        rods = rod_faces[None] + (n_joints * n_ball + np.arange(n_bones) * 2 * _BONE_SIDES)[:, None, None]
        self.faces = np.concatenate([balls.reshape(-1, 3), rods.reshape(-1, 3)]).astype(np.uint32)
        self.colors = np.concatenate(
            [np.repeat(joint_colors, n_ball, axis=0), np.repeat(joint_colors[self._ends], 2 * _BONE_SIDES, axis=0)]
        ).astype(np.float32)

    def vertices(self, joints: Floats, *, radius_m: float = 0.024) -> NDArray[np.float32]:
        """Return the vertices for joints (K, 3) m; what has no position shrinks to nothing."""
        known = np.asarray(np.isfinite(joints).all(axis=-1))
        joints = np.array(np.where(known[:, None], joints, 0.0))
        balls = joints[:, None] + self._ball[None] * (radius_m * known)[:, None, None]
        start, end = joints[self._starts], joints[self._ends]
        drawn = (known[self._starts] & known[self._ends])[:, None, None]
        axis = _unit(end - start, fallback=UP)
        side = _unit(np.cross(axis, np.where(np.abs(axis[:, :1]) < 0.9, [[1.0, 0, 0]], [[0, 1.0, 0]])), fallback=UP)
        other = np.cross(axis, side)
        angle = np.arange(_BONE_SIDES) * (2 * np.pi / _BONE_SIDES)
        ring = np.cos(angle)[None, :, None] * side[:, None] + np.sin(angle)[None, :, None] * other[:, None]
        base = start[:, None] + np.where(drawn, ring * radius_m * 0.75, 0.0)
        tip = np.where(drawn, end[:, None] + ring * radius_m * 0.4, start[:, None])
        rods = np.concatenate([base, tip], axis=1)
        return np.concatenate([balls.reshape(-1, 3), rods.reshape(-1, 3)]).astype(np.float32)


def grid_lines(corner: Floats, u: Floats, v: Floats, *, size_m: tuple[int, int]) -> NDArray[np.float32]:
    """Return line segments (2 N, 3), end to end in pairs, of a metre grid from a corner along the unit vectors u, v."""
    width, height = size_m
    lines = [corner + a * u + b * v for a in range(width + 1) for b in (0, height)]
    lines += [corner + a * u + b * v for b in range(height + 1) for a in (0, width)]
    return np.array(lines, np.float32)


def wall_frame(wall: Plane, center: Floats) -> tuple[Floats, Floats, Floats]:
    """Return the foot of `center` on the wall and the unit vectors along it (level) and up it, in show coordinates.

    Parameters
    ----------
    center : (3,) array
        Metres in the CAMERA frame of `wall`.
    """
    normal = np.array(wall.normal, float)
    foot = camera_to_show(center - wall.distance(center) * normal)
    out = camera_to_show(normal)
    level = np.cross(UP, out)
    level = np.array([1.0, 0, 0]) if np.linalg.norm(level) < 1e-6 else level / np.linalg.norm(level)
    return foot, level, np.cross(out, level)


_WALL_HALF_WIDTH_M = 2
_WALL_ABOVE_M = 3.0


def _wall_below(foot: Floats, up: Floats, floor_m: float | None) -> float:
    below = -_WALL_ABOVE_M if floor_m is None or up[2] < 0.3 else (floor_m - foot[2]) / up[2]
    return float(np.clip(below, -8.0, -0.5))


def wall_corner(wall: Plane, center: Floats, *, floor_m: float | None) -> tuple[Floats, Floats, Floats]:
    """Return the lower left corner of what is drawn of a wall, and the unit vectors along it and up it.

    All in show coordinates; it begins at the floor, `floor_m` being its height. See `wall_frame`.
    """
    foot, level, up = wall_frame(wall, center)
    return foot + _wall_below(foot, up, floor_m) * up - _WALL_HALF_WIDTH_M * level, level, up


def wall_size(wall: Plane, center: Floats, *, floor_m: float | None) -> tuple[int, int]:
    """Return width and height in metres of what is drawn of a wall."""
    foot, _, up = wall_frame(wall, center)
    return 2 * _WALL_HALF_WIDTH_M, int(np.ceil(_WALL_ABOVE_M - _wall_below(foot, up, floor_m)))


def seen_at(viewpoint: Viewpoint, shown: Floats, *, size: tuple[float, float]) -> Floats:
    """Return where points (N, 3) in show coordinates are in a view of `size` (N, 2) pixels; NaN behind the eye."""
    seen = np.c_[shown, np.ones(len(shown))] @ viewpoint.matrix(size).T
    result: Floats = seen[:, :2] / np.where(seen[:, 3:] > 0, seen[:, 3:], np.nan)
    return result


def _unit(vectors: Floats, *, fallback: Floats) -> Floats:
    length = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return np.where(length > 1e-9, vectors / np.maximum(length, 1e-9), fallback)


def _ball() -> tuple[Floats, NDArray[np.integer]]:
    """Return a sphere of radius 1: an icosahedron with every face split in four."""
    t = (1 + 5**0.5) / 2
    square = [(-1, t), (1, t), (-1, -t), (1, -t)]
    points = np.array([p for a, b in square for p in ((a, b, 0), (0, a, b), (b, 0, a))], float)
    from scipy.spatial import ConvexHull

    faces = _outward(ConvexHull(points).simplices, points)
    edges = np.sort(faces[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2), axis=1)
    unique, where = np.unique(edges, axis=0, return_inverse=True)
    ab, bc, ca = (where.reshape(-1, 3) + len(points)).T
    points = np.concatenate([points, points[unique].mean(axis=1)])
    a, b, c = faces.T
    split = [np.stack(corner, axis=-1) for corner in ((a, ab, ca), (ab, b, bc), (ca, bc, c), (ab, bc, ca))]
    return _unit(points, fallback=UP), np.concatenate(split)


def _outward(faces: NDArray[np.integer], points: Floats) -> NDArray[np.integer]:
    """Return the triangles of a convex body around the origin, wound so that they face outward."""
    a, b, c = (points[corner] for corner in faces.T)
    inward = np.einsum("ij,ij->i", np.cross(b - a, c - a), a) < 0
    return np.where(inward[:, None], faces[:, ::-1], faces)


def _rod_faces() -> NDArray[np.intp]:
    i = np.arange(_BONE_SIDES)
    j = (i + 1) % _BONE_SIDES
    n = _BONE_SIDES
    return np.concatenate([np.stack([i, j, n + j], axis=-1), np.stack([i, n + j, n + i], axis=-1)])
