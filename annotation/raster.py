"""Software rasteriser: shaded triangle meshes as pictures, without a graphics card or a screen.

Scan conversion as in Pineda 1988, "A parallel algorithm for polygon rasterization", but vectorised over all triangles
at once: triangles become rows, rows become pixels, and only covered pixels are ever touched.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from annotation.poses import Camera

_NEAR_M = 1e-3
_FLAT_PX = 1e-4
_EMPTY = np.int64(np.iinfo(np.int64).max)


@dataclass(frozen=True)
class Raster:
    """A picture of a mesh.

    Attributes
    ----------
    rgb : (h, w, 3) uint8 array
        Black where there is nothing.
    depth : (h, w) float32 array
        Metres along the viewing axis, infinite where there is nothing.
    """

    rgb: NDArray[np.uint8]
    depth: NDArray[np.float32]

    @property
    def covered(self) -> NDArray[np.bool_]:
        """Where the mesh is (h, w)."""
        return np.isfinite(self.depth)


@dataclass(frozen=True)
class Light:
    """A distant lamp.

    Attributes
    ----------
    direction : (float, float, float)
        From the mesh towards the lamp, in the frame of the vertices; any length.
    strength : float
    """

    direction: tuple[float, float, float]
    strength: float


HEADLIGHTS = (Light((-0.5, -0.8, -1.0), 0.6), Light((0.9, -0.1, -0.7), 0.25))
"""Two lamps beside the viewer, for meshes in the CAMERA frame."""


def vertex_normals(vertices: NDArray[np.floating], faces: NDArray[np.integer]) -> NDArray[np.float32]:
    """Return outward unit normals (V, 3) of vertices (V, 3), area-weighted over faces (F, 3)."""
    a, b, c = (vertices[faces[:, corner]] for corner in range(3))
    face_normals = np.cross(b - a, c - a)
    corners = faces.ravel()
    per_corner = np.repeat(face_normals, 3, axis=0)
    sums = [np.bincount(corners, per_corner[:, axis], len(vertices)) for axis in range(3)]
    normals = np.stack(sums, axis=1)
    lengths = np.linalg.norm(normals, axis=1, keepdims=True)
    unit: NDArray[np.float32] = (normals / np.maximum(lengths, 1e-20)).astype(np.float32)
    return unit


def shade(
    vertices: NDArray[np.floating],
    faces: NDArray[np.integer],
    *,
    albedo: NDArray[np.floating],
    lights: Sequence[Light] = HEADLIGHTS,
    ambient: float = 0.3,
) -> NDArray[np.float32]:
    """Return vertex colours (V, 3) of a matt mesh (Lambert) under lamps; 0..1 if the albedo (V, 3) or (3,) is."""
    normals = vertex_normals(vertices, faces)
    brightness = np.full(len(vertices), ambient, np.float32)
    for light in lights:
        direction = np.array(light.direction, np.float32)
        brightness += light.strength * np.maximum(normals @ (direction / np.linalg.norm(direction)), 0)
    colors: NDArray[np.float32] = np.clip(np.asarray(albedo, np.float32) * brightness[:, None], 0, 1)
    return colors


def render_mesh(
    vertices: NDArray[np.floating],
    faces: NDArray[np.integer],
    *,
    camera: Camera,
    colors: NDArray[np.floating],
    scale: float = 1.0,
) -> Raster:
    """Draw a closed mesh as a camera sees it.

    Parameters
    ----------
    vertices : (V, 3) array
        Metres in the CAMERA frame (x right, y down, z forward).
    faces : (F, 3) integer array
        Counter-clockwise seen from outside.
    colors : (V, 3) array
        RGB in 0..1, shaded already (see `shade`).
    scale : float
        Size of the picture relative to the camera's; below 1 is faster.
    """
    width, height = (max(1, round(side * scale)) for side in camera.size_px)
    depth = np.asarray(vertices[:, 2], np.float32)
    xy = vertices[:, :2] / np.maximum(depth, _NEAR_M)[:, None] * camera.focal_px + np.array(camera.center_px)
    xy = xy * np.array([width / camera.size_px[0], height / camera.size_px[1]])
    return rasterise(np.column_stack([xy, depth]), faces, colors=colors, size_px=(width, height), cull_back=True)


def rasterise(
    vertices_px_z: NDArray[np.floating],
    faces: NDArray[np.integer],
    *,
    colors: NDArray[np.floating],
    size_px: tuple[int, int],
    cull_back: bool = False,
) -> Raster:
    """Draw triangles with a z-buffer; colours are interpolated linearly over the picture (Gouraud).

    Parameters
    ----------
    vertices_px_z : (V, 3) array
        x and y in pixels (the centre of the first pixel is at 0.5, 0.5), depth in metres. A triangle with a vertex
        behind the viewer is left out.
    faces : (F, 3) integer array
    colors : (V, 3) array
        RGB in 0..1.
    size_px : (int, int)
        Width and height of the picture.
    cull_back : bool
        Leave out triangles whose corners run clockwise in a y-up picture: the far side of a closed mesh.
    """
    picture = Raster(np.zeros((*size_px[::-1], 3), np.uint8), np.full(size_px[::-1], np.inf, np.float32))
    points = np.ascontiguousarray(np.asarray(vertices_px_z, np.float32).T)
    corners = _shown_faces(points, faces, size_px=size_px, cull_back=cull_back)
    if corners.shape[1] > 0:
        low = np.floor([axis[corners].min() for axis in points[:2]]).clip(0, size_px)
        high = np.ceil([axis[corners].max() for axis in points[:2]]).clip(0, size_px)
        (left, top), (right, bottom) = low.astype(int).tolist(), high.astype(int).tolist()
        points[:2] -= low.astype(np.float32)[:, None]
        window = Raster(picture.rgb[top:bottom, left:right], picture.depth[top:bottom, left:right])
        _draw(window, points, corners=corners, colors=np.asarray(colors, np.float32).T * 255)
    return picture


def _draw(
    picture: Raster, points: NDArray[np.float32], *, corners: NDArray[np.intp], colors: NDArray[np.float32]
) -> None:
    """Draw triangles with corners (3, F) into points (3, V) and colours (3, V), 0..255, onto an empty picture."""
    height, width = picture.depth.shape
    triangles = _Triangles.prepare(points, corners, colors=colors)
    runs = _Runs.of(triangles, size_px=(width, height))
    pixel, run = _nearest_runs(runs, triangles, size_px=(width, height))
    row, column = np.divmod(pixel, width)
    face = runs.face[run]
    x = (pixel - runs.first_pixel[run]).astype(np.float32) + runs.x[run]
    y = runs.y[run]
    for channel in range(3):
        color = triangles.value(channel, face, x, y)
        picture.rgb[row, column, channel] = np.clip(color + 0.5, 0, 255)
    picture.depth[row, column] = 1 / triangles.value(_INVERSE_DEPTH, face, x, y)


_INVERSE_DEPTH = 3


def _shown_faces(
    points: NDArray[np.float32], faces: NDArray[np.integer], *, size_px: tuple[int, int], cull_back: bool
) -> NDArray[np.intp]:
    """Return the corners (3, n) of the triangles that may be seen; points are (3, V)."""
    corners = np.ascontiguousarray(faces.T, dtype=np.intp)  # as numpy is slow on arrays lying the other way
    x, y, z = (axis[corners] for axis in points)
    double_area = (x[1] - x[0]) * (y[2] - y[0]) - (x[2] - x[0]) * (y[1] - y[0])
    shown = (double_area < 0) if cull_back else (double_area != 0)
    shown &= (z.min(0) > _NEAR_M) & (x.max(0) > 0) & (x.min(0) < size_px[0]) & (y.max(0) > 0) & (y.min(0) < size_px[1])
    return np.ascontiguousarray(corners[:, shown])


@dataclass(frozen=True)
class _Triangles:
    """Planes over F triangles, each in pixels relative to its own `origin`, as small numbers are exact in float32.

    Attributes
    ----------
    origin : (2, F) int32 array
        Column and row of a pixel at the triangle's top left.
    end_row : (F,) int32 array
        One behind the last row that may be covered.
    sides : (2, 2, 3, F) float32 array
        Left and right bounds ``sides[.., 0, k] * y + sides[.., 1, k]`` of the covered part of a row.
    planes : (4, 3, F) float32 array
        ``a x + b y + c`` for red, green, blue (0..255) and 1/depth.
    """

    origin: NDArray[np.int32]
    end_row: NDArray[np.int32]
    sides: NDArray[np.float32]
    planes: NDArray[np.float32]

    @classmethod
    def prepare(
        cls, points: NDArray[np.float32], corners: NDArray[np.integer], *, colors: NDArray[np.float32]
    ) -> "_Triangles":
        """Set up triangles with corners (3, F) into points (3, V) and colours (3, V)."""
        x, y = points[0][corners], points[1][corners]
        origin = np.floor(np.stack([x.min(0), np.maximum(y.min(0), 0)]))
        end_row = np.ceil(y.max(0)).clip(max=2**30).astype(np.int32)
        x, y = x - origin[0], y - origin[1]
        dx, dy = np.roll(x, -1, axis=0) - x, np.roll(y, -1, axis=0) - y
        double_area = dx[2] * dy[0] - dx[0] * dy[2]
        # Each side as the function of the opposite corner that is 1 there and 0 along the side: barycentric weights.
        a, b, c = -dy / double_area, dx / double_area, (x * dy - y * dx) / double_area
        values = np.stack([*(channel[corners] for channel in colors), 1 / points[2][corners]])
        opposite = np.roll(values, 1, axis=1)
        planes = np.stack([(opposite * coefficient).sum(1) for coefficient in (a, b, c)], axis=1)
        return cls(origin.astype(np.int32), end_row, _sides(x, y, dx=dx, dy=dy, inside=a), planes)

    def value(
        self, plane: int, face: NDArray[np.integer], x: NDArray[np.floating], y: NDArray[np.floating]
    ) -> NDArray[np.float32]:
        """Evaluate a plane on faces (n,) at x, y (n,) relative to their origins."""
        a, b, c = self.planes[plane]
        result: NDArray[np.float32] = a[face] * x + b[face] * y + c[face]
        return result


def _sides(
    x: NDArray[np.float32],
    y: NDArray[np.float32],
    *,
    dx: NDArray[np.float32],
    dy: NDArray[np.float32],
    inside: NDArray[np.float32],
) -> NDArray[np.float32]:
    """Return the bounds of rows; a side is a left one if the inside (x-slope of its weight) lies to its right."""
    level = np.abs(dy) < _FLAT_PX
    slope = dx / np.where(level, 1, dy)
    at_zero = x - slope * y
    left, right = (inside > 0) & ~level, (inside < 0) & ~level
    return np.stack(
        [
            [np.where(left, slope, 0), np.where(left, at_zero, -np.inf)],
            [np.where(right, slope, 0), np.where(right, at_zero, np.inf)],
        ]
    ).astype(np.float32)


@dataclass(frozen=True)
class _Runs:
    """Stretches of covered pixels in a row, all (n,): face, first pixel (counted row by row), length, and the centre
    of that pixel relative to the origin of the face.
    """

    face: NDArray[np.intp]
    first_pixel: NDArray[np.int32]
    length: NDArray[np.int32]
    x: NDArray[np.float32]
    y: NDArray[np.float32]

    @classmethod
    def of(cls, triangles: _Triangles, *, size_px: tuple[int, int]) -> "_Runs":
        """Cut the triangles into rows. A pixel is covered if its centre is; shared sides belong to one triangle."""
        width, height = size_px
        n_rows = np.minimum(triangles.end_row, height) - triangles.origin[1]
        face = np.repeat(np.arange(len(n_rows)), n_rows)
        row = _counts(n_rows)
        y = row.astype(np.float32) + np.float32(0.5)
        left, right = (
            [slope[face] * y + at_zero[face] for slope, at_zero in zip(*side, strict=True)] for side in triangles.sides
        )
        origin = triangles.origin[0][face].astype(np.float32)
        start = np.ceil(np.maximum(np.maximum(left[0], left[1]), left[2]) + origin - np.float32(0.5)).clip(0, width)
        end = np.ceil(np.minimum(np.minimum(right[0], right[1]), right[2]) + origin - np.float32(0.5)).clip(0, width)
        kept = np.flatnonzero(end > start)
        face, start = face[kept], start[kept]
        first_pixel = (row[kept] + triangles.origin[1][face]) * np.int32(width) + start.astype(np.int32)
        length = (end[kept] - start).astype(np.int32)
        return cls(face, first_pixel, length, start - origin[kept] + np.float32(0.5), y[kept])


def _nearest_runs(
    runs: _Runs, triangles: _Triangles, *, size_px: tuple[int, int]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the covered pixels (n,), counted row by row, and the run nearest to the viewer in each (n,)."""
    step = _counts(runs.length)
    pixel = np.repeat(runs.first_pixel, runs.length) + step
    inverse = np.repeat(triangles.value(_INVERSE_DEPTH, runs.face, runs.x, runs.y), runs.length)
    inverse += np.repeat(triangles.planes[_INVERSE_DEPTH, 0][runs.face], runs.length) * step.astype(np.float32)
    # Nearness above, run below, in one integer: the minimum per pixel is the nearest run. The bits of positive floats
    # order like the floats.
    nearness = np.maximum(inverse, 1e-6, out=inverse).view(np.int32).astype(np.int64)
    key = (np.int64(2**31 - 1) - nearness) << 32
    key |= np.repeat(np.arange(len(runs.length)), runs.length)
    nearest = np.full(size_px[0] * size_px[1], _EMPTY)
    np.minimum.at(nearest, pixel, key)
    covered = np.flatnonzero(nearest != _EMPTY)
    return covered, nearest[covered] & 0xFFFFFFFF


def _counts(lengths: NDArray[np.integer]) -> NDArray[np.int32]:
    """Return 0, 1, ..., length - 1 for every length, one after the other."""
    ends = np.cumsum(lengths)
    total = int(ends[-1]) if len(ends) else 0
    counts: NDArray[np.int32] = np.arange(total, dtype=np.int32) - np.repeat((ends - lengths).astype(np.int32), lengths)
    return counts
