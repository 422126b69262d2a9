"""Where the camera of a synthetic climb stands, and how it sees the facets of a wall that is folded."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from annotation.poses import Camera, Plane
from annotation.raster import Light
from inference.climb.choreography import Fold
from inference.climb.folding import planes_of

Floats = NDArray[np.floating]
Image = NDArray[np.float32]


@dataclass(frozen=True)
class View:
    """Where the camera stands: ``x_camera = R x_world + t``."""

    camera: Camera
    R: NDArray[np.float64]
    t: NDArray[np.float64]

    def to_camera(self, points: Floats) -> NDArray[np.float64]:
        """Return points (..., 3) of the WORLD frame of the climb in the CAMERA frame."""
        moved: NDArray[np.float64] = points @ self.R.T + self.t
        return moved

    @property
    def wall(self) -> Plane:
        """The wall in the CAMERA frame, normal towards the camera."""
        normal = self.R @ np.array([0.0, 0.0, -1.0])
        return Plane((float(normal[0]), float(normal[1]), float(normal[2])), float(normal @ self.t))

    def walls(self, fold: Fold | None) -> tuple[Plane, ...]:
        """The planes of a wall in the CAMERA frame, normals out of it; a flat one has neither name nor ends."""
        if fold is None:
            return (self.wall,)
        result = []
        for name, plane in zip(("Vertical", "Overhang"), planes_of(fold), strict=True):
            normal, corners = self.R @ plane.normal, self.to_camera(plane.corners).tolist()
            x, y, z = normal.tolist()
            outline = tuple((float(a), float(b), float(c)) for a, b, c in corners)
            result.append(Plane((x, y, z), float(normal @ np.array(corners[0])), name, outline))
        return tuple(result)

    def on_plane(self, *, axis: int, scale: float) -> Image:
        """Return where the rays of the pixels meet the plane where coordinate `axis` is 0 (h, w, 3), WORLD frame.

        NaN where they do not.
        """
        width, height = (round(side * scale) for side in self.camera.size_px)
        x = ((np.arange(width) + 0.5) / scale - self.camera.center_px[0]) / self.camera.focal_px
        y = ((np.arange(height) + 0.5) / scale - self.camera.center_px[1]) / self.camera.focal_px
        rays = np.stack([*np.meshgrid(x, y), np.ones((height, width))], axis=-1) @ self.R
        eye = -self.R.T @ self.t
        along = -eye[axis] / rays[..., axis]
        hit = eye + rays * np.where(along > 0, along, np.nan)[..., None]
        return hit.astype(np.float32)


@dataclass(frozen=True)
class Facet:
    """A plane of the wall, seen as if it were the flat wall, where z is 0.

    Attributes
    ----------
    view : View
        From coordinates on and before the flat wall to what the camera sees.
    turn : (3, 3) array
        From the axes of the flat wall to those of the climb.
    fold : Fold or None
        Where there are several planes.
    above : bool
        Whether it is the one above the fold.
    """

    view: View
    turn: NDArray[np.float64]
    fold: Fold | None = None
    above: bool = False

    def to_flat(self, points: Floats) -> Floats:
        """Return where points (..., 3) of the climb would be on and before the flat wall."""
        return points if self.fold is None else self.fold.unfolded(points, above=self.above)

    def light(self, light: Light) -> Light:
        """Return a lamp as it shines on the flat wall."""
        x, y, z = (np.array(light.direction) @ self.turn).tolist()
        return replace(light, direction=(x, y, z))

    def holds(self, height_m: Floats) -> NDArray[np.bool_]:
        """Return whether points of the flat wall so high (...,) are on this plane."""
        reached: NDArray[np.bool_] = height_m > 0
        if self.fold is None:
            return reached
        return np.asarray(reached & ((height_m > self.fold.height_m) == self.above))


def facets_of(view: View, fold: Fold | None) -> tuple[Facet, ...]:
    """Return the planes of a wall, the lower one first."""
    if fold is None:
        return (Facet(view, np.eye(3)),)
    edge = np.array([0.0, fold.height_m, 0.0])
    turn = fold.placed(np.eye(3) + edge, above=True) - edge
    tilted = View(view.camera, view.R @ turn.T, view.t + view.R @ (edge - edge @ turn))
    return Facet(view, np.eye(3), fold), Facet(tilted, turn.T, fold, above=True)
