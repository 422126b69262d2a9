"""What the camera sees of the wall: panels, paint, holds, chalk, mats, lamps and shadows."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from annotation.poses import Camera
from annotation.raster import Light, Raster, rasterise, render_mesh, shade
from inference.climb.choreography import Climb
from inference.climb.view import Facet, View, facets_of

Floats = NDArray[np.floating]
Image = NDArray[np.float32]

KEY_LIGHT = Light((0.5, 0.85, -0.75), 0.62)
FILL_LIGHT = Light((-0.8, 0.45, -0.7), 0.30)
LIGHTS = (KEY_LIGHT, FILL_LIGHT)
_AMBIENT = 0.30
_OVERSAMPLING = 2
_DISTANCE_M = 3.95
_EYE_HEIGHT_M = 1.25
_ROUTE_COLOR = (0.96, 0.76, 0.12)
_OTHER_COLORS = (
    *((0.85, 0.20, 0.17), (0.16, 0.55, 0.30), (0.45, 0.25, 0.62), (0.90, 0.90, 0.87), (0.12, 0.12, 0.14)),
    *((0.93, 0.45, 0.60), (0.20, 0.62, 0.70)),
)


def place_camera(climb: Climb, *, size_px: tuple[int, int]) -> View:
    """Stand a little below the middle of the climb, behind the climber, with all of it in the picture."""
    width, height = size_px
    grips = [*climb.start, *(move.target for move in climb.moves)]
    bottom, top = -0.12, max(float(grip.end[1]) for grip in grips) + 0.5
    reach = float(np.abs(climb.holds[:, 0]).max()) + 0.55
    focal = _DISTANCE_M * min(height / (top - bottom), width / (2 * reach))
    eye = np.array([0.12, _EYE_HEIGHT_M, -_DISTANCE_M])
    forward = np.array([0.0, 0.5 * (bottom + top), 0.0]) - eye
    forward /= np.linalg.norm(forward)
    right = np.cross(forward, [0.0, 1.0, 0.0])
    right /= np.linalg.norm(right)
    R = np.stack([right, np.cross(forward, right), forward])
    return View(Camera(focal, (width / 2, height / 2), size_px), R, -R @ eye)


@dataclass(frozen=True)
class Backdrop:
    """The scene without the climber, drawn once.

    Attributes
    ----------
    image : (h, w, 3) float32 array
        RGB in 0..255.
    depth : (h * s, w * s) float32 array
        Metres, s times finer than the image, to hide what is behind holds.
    facets : tuple of (Facet, (h, w) bool array)
        The planes of the wall, and where they are seen.
    """

    view: View
    image: Image
    depth: NDArray[np.float32]
    facets: "_Facets"

    def with_body(
        self, vertices: Floats, faces: NDArray[np.integer], *, albedo: Floats, noise: Image
    ) -> NDArray[np.uint8]:
        """Return the picture (h, w, 3) with a body: vertices (V, 3) in the WORLD frame of the climb, metres."""
        picture = self.image * body_shadow(self.facets, vertices, faces)[..., None]
        seen = self.view.to_camera(vertices)
        window = _window_around(self.view.camera.project(seen), size_px=self.view.camera.size_px)
        if window is not None:
            colors = shade_body(vertices, faces, albedo=albedo)
            self._put_body(picture, window, seen=seen, faces=faces, colors=colors)
        picture += noise
        pixels: NDArray[np.uint8] = np.clip(picture, 0, 255, out=picture).astype(np.uint8)
        return pixels

    def _put_body(
        self, picture: Image, window: "_Window", *, seen: Floats, faces: NDArray[np.integer], colors: Floats
    ) -> None:
        """Draw a body, CAMERA frame, onto the picture, smoothed by oversampling."""
        fine = (slice(side.start * _OVERSAMPLING, side.stop * _OVERSAMPLING) for side in window)
        rows, columns = window
        size = (columns.stop - columns.start, rows.stop - rows.start)
        x, y = self.view.camera.center_px
        camera = Camera(self.view.camera.focal_px, (x - columns.start, y - rows.start), size)
        body = render_mesh(seen, faces, camera=camera, colors=colors, scale=_OVERSAMPLING)
        in_front = (body.depth < self.depth[tuple(fine)]).astype(np.float32)
        alpha = cv2.resize(in_front, size, interpolation=cv2.INTER_AREA)[..., None]
        paint = cv2.resize(body.rgb * in_front[..., None], size, interpolation=cv2.INTER_AREA)
        picture[window] = picture[window] * (1 - alpha) + paint


_Window = tuple[slice, slice]
_Facets = tuple[tuple[Facet, NDArray[np.bool_]], ...]


def _window_around(points: Floats, *, size_px: tuple[int, int]) -> _Window | None:
    """Return the rows and columns of a picture that hold points (N, 2); None if there are none."""
    low = np.floor(np.nanmin(points, axis=0)).clip(0, size_px).astype(int)
    high = np.ceil(np.nanmax(points, axis=0)).clip(0, size_px).astype(int)
    if (high <= low).any():
        return None
    return slice(int(low[1]), int(high[1])), slice(int(low[0]), int(high[0]))


def paint_backdrop(rng: np.random.Generator, climb: Climb, view: View) -> Backdrop:
    """Draw wall, mats and holds."""
    scale = float(_OVERSAMPLING)
    on_floor = view.on_plane(axis=1, scale=scale)
    depth = view.to_camera(on_floor)[..., 2].astype(np.float32)
    on_wall, is_wall, facets = np.zeros_like(on_floor), np.zeros(depth.shape, bool), []
    for facet in facets_of(view, climb.fold):
        met = facet.view.on_plane(axis=2, scale=scale)
        there = facet.holds(met[..., 1])
        on_wall[there], is_wall = met[there], is_wall | there
        depth[there] = facet.view.to_camera(met[there])[..., 2]
        facets.append((facet, cv2.resize(there.astype(np.uint8), view.camera.size_px) > 0))
    on_wall[~is_wall] = met[~is_wall]
    holds = _flat_holds(climb)
    wall = paint_wall(rng, on_wall, hand_holds=holds[climb.is_hand_hold])
    image = np.where(is_wall[..., None], wall, paint_floor(on_floor))
    vertices, faces, colors = _all_holds(rng, climb, holds)
    image *= hold_shadows(tuple(facets), vertices, faces)[..., None]
    seen = render_mesh(view.to_camera(vertices), faces, camera=view.camera, colors=colors, scale=scale)
    image = np.where(seen.covered[..., None], seen.rgb.astype(np.float32), image * 255)
    small = cv2.resize(image, view.camera.size_px, interpolation=cv2.INTER_AREA)
    return Backdrop(view, np.asarray(small, np.float32), np.minimum(depth, seen.depth), tuple(facets))


def _flat_holds(climb: Climb) -> NDArray[np.float64]:
    """Return where the holds (H, 3) would be on a flat wall."""
    fold = climb.fold
    if fold is None:
        return climb.holds
    return np.array([fold.unfolded(hold, above=bool(hold[1] > fold.height_m)) for hold in climb.holds])


def paint_wall(rng: np.random.Generator, points: Image, *, hand_holds: Floats) -> Image:
    """Return the colours (h, w, 3), 0..1, of points (h, w, 3) on the wall: painted, gritty, screwed, chalked."""
    x, y = points[..., 0], points[..., 1]
    color = np.full_like(points, 0.0) + np.array((0.70, 0.69, 0.66), np.float32)
    stripe = (y - 0.75 * x > 1.25) & (y - 0.75 * x < 2.35)
    color[stripe] = (0.40, 0.52, 0.56)
    color[(y - 0.75 * x > 2.35) & (y - 0.75 * x < 2.47)] = (0.86, 0.85, 0.82)
    corner = y + 1.6 * x < -0.55
    color[corner] = (0.33, 0.37, 0.42)
    grit = 1 + 0.045 * _noise(rng, x, y, size_m=0.6, octaves=4) + 0.05 * _noise(rng, x, y, size_m=0.02, octaves=2)
    seam = np.minimum(_to_grid(x - 0.61, 1.22), _to_grid(y - 0.3, 1.22)) < 0.004
    nut = np.hypot(_to_grid(x, 0.2), _to_grid(y, 0.2)) < 0.0085
    grit = np.where(seam, grit * 0.55, np.where(nut, grit * 0.42, grit))
    color *= grit[..., None]
    for hold in hand_holds:
        away = np.hypot(x - hold[0], (y - hold[1] + 0.02) * 0.9)
        chalk = 0.35 * np.exp(-((away / 0.13) ** 2)) * np.clip(1 + 0.5 * (grit - 1) * 10, 0.3, 1.5)
        color += (0.93 - color) * np.clip(chalk, 0, 1)[..., None]
    lamp = 0.80 + 0.26 * np.exp(-((x - 0.3) ** 2) / 4.0 - (y - 2.3) ** 2 / 5.0)
    return np.asarray(np.clip(color * lamp[..., None], 0, 1), np.float32)


def paint_floor(points: Image) -> Image:
    """Return the colours (h, w, 3), 0..1, of points (h, w, 3) on the mats; mid-grey where there are none."""
    x, z = points[..., 0], points[..., 2]
    seam = _to_grid(x - 0.4, 1.5) < 0.012
    fall_off = np.clip(1.05 + 0.25 * z, 0.3, 1) * np.where(seam, 0.6, 1) * (0.55 + 0.45 * np.clip(-z / 0.35, 0, 1))
    color = np.nan_to_num(fall_off, nan=0.5)[..., None] * np.array((0.24, 0.30, 0.42), np.float32)
    return np.asarray(color, np.float32)


def _to_grid(values: Image, spacing: float) -> Image:
    """Return the distance to the nearest multiple of `spacing`."""
    distance: Image = np.abs((values + spacing / 2) % spacing - spacing / 2)
    return distance


def _noise(rng: np.random.Generator, x: Image, y: Image, *, size_m: float, octaves: int) -> Image:
    """Return smooth random values of unit variance at points of the wall, with features down from `size_m`."""
    total = np.zeros_like(x)
    for octave in range(octaves):
        cells = size_m / 2**octave
        field = rng.normal(size=(256, 256)).astype(np.float32)
        u, v = (x / cells) % 256, (y / cells) % 256
        total += cv2.remap(field, u, v, cv2.INTER_LINEAR, borderMode=cv2.BORDER_WRAP) / 1.4**octave
    return np.asarray(total / total.std(), np.float32)


def _all_holds(rng: np.random.Generator, climb: Climb, flat: Floats) -> tuple[Floats, NDArray[np.integer], Floats]:
    """Return vertices, faces and shaded colours of the route's holds and of others around.

    `flat` (H, 3) is where the route's would be on a flat wall.
    """
    parts = []
    for point, is_hand in zip(flat, climb.is_hand_hold, strict=True):
        size = np.array([0.085, 0.042, 0.075]) if is_hand else np.array([0.060, 0.030, 0.075])
        size = size * rng.uniform(0.9, 1.15, 3)
        center = point - np.array([0, size[1] * 0.75, 0])
        parts.append((*_blob(rng, center, size), _ROUTE_COLOR, 0.75 if is_hand else 0.0))
    for center, size, color in _other_holds(rng, flat):
        parts.append((*_blob(rng, center, size), color, 0.25))
    vertices, faces, colors = [], [], []
    n = 0
    for points, triangles, color, chalk in parts:
        albedo = np.tile(np.array(color), (len(points), 1))
        top = np.clip((points[:, 1] - points[:, 1].mean()) / np.ptp(points[:, 1]) * 2.5, 0, 1)[:, None]
        albedo += (0.92 - albedo) * top * chalk * rng.uniform(0.5, 1, (len(points), 1))
        if climb.fold is not None:
            points = climb.fold.placed(points, above=bool(points[:, 1].mean() > climb.fold.height_m))
        vertices.append(points)
        faces.append(triangles + n)
        colors.append(shade(points, triangles, albedo=albedo, lights=LIGHTS, ambient=0.38))
        n += len(points)
    return np.concatenate(vertices), np.concatenate(faces), np.concatenate(colors)


def _other_holds(
    rng: np.random.Generator, route: Floats
) -> list[tuple[NDArray[np.float64], NDArray[np.float64], tuple[float, float, float]]]:
    """Return centre, size and colour of holds of other routes, none too close to the route's."""
    taken = [point[:2] for point in route]
    found = []
    for _ in range(260):
        at = np.array([rng.uniform(-1.6, 1.6), rng.uniform(0.15, 5.0)])
        if min(np.linalg.norm(at - other) for other in taken) < 0.27:
            continue
        taken.append(at)
        size = rng.uniform(0.03, 0.085) * rng.uniform((0.8, 0.6, 0.5), (1.6, 1.0, 0.8))
        color = _OTHER_COLORS[rng.integers(len(_OTHER_COLORS))]
        found.append((np.array([*at, 0.0]), size, color))
    return found


def _blob(
    rng: np.random.Generator, center: NDArray[np.float64], size: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return a lumpy closed ellipsoid."""
    n = 14
    polar, around = np.meshgrid(np.linspace(0, np.pi, n + 1), np.linspace(0, 2 * np.pi, 2 * n + 1)[:-1], indexing="ij")
    points = np.stack([np.sin(polar) * np.cos(around), np.sin(polar) * np.sin(around), np.cos(polar)], axis=-1)
    points = points.reshape(-1, 3)
    lumps = 1 + 0.10 * np.sin(points @ rng.normal(0, 2.2, 3) + rng.uniform(0, 6))
    lumps += 0.05 * np.sin(points @ rng.normal(0, 5.0, 3))
    row, column = (index.ravel() for index in np.mgrid[0:n, 0 : 2 * n])
    a, b = row * 2 * n + column, row * 2 * n + (column + 1) % (2 * n)
    faces = np.concatenate([np.stack([a, a + 2 * n, b], axis=1), np.stack([b, a + 2 * n, b + 2 * n], axis=1)])
    return points * size * lumps[:, None] + center, faces


def shade_body(vertices: Floats, faces: NDArray[np.integer], *, albedo: Floats) -> NDArray[np.float32]:
    """Return the colours (V, 3) of a body under the lamps of the gym, its own shadow on it."""
    lit = visible_from(KEY_LIGHT, vertices, faces)
    without_key = shade(vertices, faces, albedo=albedo, lights=(FILL_LIGHT,), ambient=_AMBIENT)
    with_key = shade(vertices, faces, albedo=albedo, lights=LIGHTS, ambient=_AMBIENT)
    colors: NDArray[np.float32] = without_key + (with_key - without_key) * lit[:, None]
    return colors


def visible_from(light: Light, vertices: Floats, faces: NDArray[np.integer]) -> NDArray[np.float32]:
    """Return how much of each vertex (V,) a distant lamp reaches, 0..1 (shadow map with soft edges)."""
    resolution_m, bias_m, reach_px = 0.012, 0.03, 1
    toward = np.array(light.direction) / np.linalg.norm(light.direction)
    right = np.cross([0.0, 1.0, 0.0], toward)
    right /= np.linalg.norm(right)
    seen = vertices @ np.stack([right, np.cross(toward, right), -toward]).T
    seen -= seen.min(axis=0) - np.array([4 * resolution_m, 4 * resolution_m, 1.0])
    points = seen / np.array([resolution_m, resolution_m, 1.0])
    width, height = (int(side) + 5 for side in points[:, :2].max(axis=0))
    depth = rasterise(points, faces, colors=np.zeros_like(points), size_px=(width, height), cull_back=True).depth
    column, row = points[:, 0].astype(int), points[:, 1].astype(int)
    offsets = range(-reach_px, reach_px + 1)
    taps = [
        depth[(row + dy).clip(0, height - 1), (column + dx).clip(0, width - 1)] > points[:, 2] - bias_m
        for dy in offsets
        for dx in offsets
    ]
    lit: NDArray[np.float32] = np.mean(taps, axis=0, dtype=np.float32)
    return lit


def body_shadow(facets: _Facets, vertices: Floats, faces: NDArray[np.integer]) -> Image:
    """Return by how much a body darkens the wall (h, w), 0..1."""
    shadow = np.ones(facets[0][1].shape, np.float32)
    for light, depth, blur_m in ((KEY_LIGHT, 0.42, 0.022), (FILL_LIGHT, 0.20, 0.04)):
        shadow *= 1 - depth * _cast(facets, vertices, faces, light=light, scale=0.25, blur_m=blur_m)
    return shadow


def hold_shadows(facets: _Facets, vertices: Floats, faces: NDArray[np.integer]) -> Image:
    """Return by how much the holds darken the wall, 0..1, oversampled."""
    dark = [
        strength * _cast(facets, vertices, faces, light=light, scale=1.0, blur_m=0.006)
        for light, strength in ((KEY_LIGHT, 0.45), (FILL_LIGHT, 0.22))
    ]
    size = tuple(side * _OVERSAMPLING for side in facets[0][1].shape[::-1])
    return np.asarray(cv2.resize((1 - dark[0]) * (1 - dark[1]), size, interpolation=cv2.INTER_LINEAR), np.float32)


def _cast(
    facets: _Facets, vertices: Floats, faces: NDArray[np.integer], *, light: Light, scale: float, blur_m: float
) -> Image:
    """Return the blurred picture (h, w), 0..1, of a mesh flattened onto the wall along the light."""
    result: Image | None = None
    for facet, seen in facets:
        flat = facet.to_flat(vertices)
        cast = _cast_flat(facet.view, flat, faces, light=facet.light(light), scale=scale, blur_m=blur_m)
        result = cast if result is None else np.where(seen, cast, result)
    assert result is not None
    return result


def _cast_flat(
    view: View, vertices: Floats, faces: NDArray[np.integer], *, light: Light, scale: float, blur_m: float
) -> Image:
    """Return the same for a flat wall, where z is 0."""
    toward = np.array(light.direction)
    flat = vertices - toward * (vertices[:, 2:] / toward[2])
    flat[:, 1] = np.maximum(flat[:, 1], 0)
    camera = view.camera
    width, height = (round(side * scale) for side in camera.size_px)
    seen = view.to_camera(flat)
    points = np.column_stack([camera.project(seen) * scale, seen[:, 2]])
    picture: Raster = rasterise(points, faces, colors=np.zeros_like(points), size_px=(width, height), cull_back=True)
    mask = picture.covered.astype(np.float32)
    sigma = blur_m * camera.focal_px * scale / _DISTANCE_M
    mask = cv2.GaussianBlur(mask, (0, 0), sigma)
    if scale != 1:
        mask = cv2.resize(mask, camera.size_px, interpolation=cv2.INTER_LINEAR)
    return np.asarray(mask, np.float32)


def sensor_noise(rng: np.random.Generator, *, size_px: tuple[int, int], n: int = 4) -> Sequence[Image]:
    """Return pictures (h, w, 1) of the camera's noise, brightness only, to be used in turn."""
    height, width = size_px[::-1]
    return [rng.normal(0, 1.8, (height, width, 1)).astype(np.float32) for _ in range(n)]
