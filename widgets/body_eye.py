"""Where the 3D view looks from: the presets, what the mouse makes of them, and how the eye follows the body."""

import numpy as np

from annotation.poses import Camera, Plane
from annotation.walls import turned_plane
from widgets.body_geometry import (
    Floats,
    Viewpoint,
    ViewPreset,
    camera_to_show,
    camera_viewpoint,
    outward_of,
    preset_viewpoint,
)

_RADIUS_M = 1.3
_RADIANS_PER_PX = 0.008
_SUNK_M = 0.02


class BodyEye:
    """The viewpoint, and what it depends on: preset, video camera, planes of the wall, and where the body is.

    Attributes
    ----------
    preset : ViewPreset
    viewpoint : Viewpoint
    center : (3,) array or None
        Middle of the body in show coordinates.
    first_walls : tuple of Plane
        The planes as the video camera has them in the first frame.
    view_turn : (3, 3) array or None
        How it has turned since, if it pans.
    floor_m : float or None
        Height of the floor in show coordinates: given, or below the lowest point seen so far.
    """

    def __init__(self) -> None:
        self.preset = ViewPreset.ORBIT
        self.camera: Camera | None = None
        self.first_walls: tuple[Plane, ...] = ()
        self.view_turn: Floats | None = None
        self.center: Floats | None = None
        self.floor_m: float | None = None
        self._floor_given = False
        self.viewpoint = self._of(ViewPreset.ORBIT)

    @property
    def walls(self) -> tuple[Plane, ...]:
        """The planes of the wall as the video camera has them now."""
        turn = self.view_turn
        return self.first_walls if turn is None else tuple(turned_plane(wall, turn) for wall in self.first_walls)

    def turn_camera(self, turn: Floats | None) -> bool:
        """Take how the video camera (3, 3) has turned since the first frame; tell whether that is news."""
        before, self.view_turn = self.view_turn, turn
        if turn is None or before is None:
            return turn is not before
        return not np.array_equal(turn, before)

    def look(self, preset: ViewPreset) -> None:
        """Look from a preset; from around where there is no video camera to look through."""
        if preset is ViewPreset.CAMERA and self.camera is None:
            preset = ViewPreset.ORBIT
        self.preset, self.viewpoint = preset, self._of(preset)

    def turn(self, dx_px: float, dy_px: float) -> None:
        """Turn around the body as a drag asks for."""
        self._to(self.viewpoint.orbited(-dx_px * _RADIANS_PER_PX, dy_px * _RADIANS_PER_PX))

    def spin(self, angle: float) -> None:
        """Turn around the body, level, by radians."""
        self._to(self.viewpoint.orbited(angle, 0.0))

    def pan(self, dx_px: float, dy_px: float, *, size: tuple[float, float]) -> None:
        """Move with a drag in a view of `size` pixels."""
        self._to(self.viewpoint.panned(dx_px, dy_px, size=size))

    def zoom(self, factor: float) -> None:
        """Come to `factor` times the distance."""
        self._to(self.viewpoint.zoomed(factor))

    def set_floor(self, floor_m: float | None) -> None:
        """Say where the floor is; None has it found."""
        self._floor_given, self.floor_m = floor_m is not None, floor_m

    def follow(self, seen: Floats) -> bool:
        """Keep the body (N, 3) in m, CAMERA frame, in the middle; tell whether the floor sank.

        Through the video camera, which stands still, nothing is followed.
        """
        center = camera_to_show(seen.mean(axis=0, dtype=float))
        before, self.center = self.center, center
        if before is None or self.preset is ViewPreset.CAMERA:
            self.viewpoint = self._of(self.preset)
        else:
            self.viewpoint = self.viewpoint.moved(center - before)
        lowest = float(-seen[:, 1].max())
        if self._floor_given or (self.floor_m is not None and lowest >= self.floor_m - _SUNK_M):
            return False
        self.floor_m = lowest
        return True

    def _to(self, viewpoint: Viewpoint) -> None:
        self.preset, self.viewpoint = ViewPreset.ORBIT, viewpoint

    def _of(self, preset: ViewPreset) -> Viewpoint:
        center = np.array([0.0, 3.0, 0.0]) if self.center is None else self.center
        if preset is ViewPreset.CAMERA and self.camera is not None:
            return camera_viewpoint(self.camera, center)
        return preset_viewpoint(
            preset, center, radius_m=_RADIUS_M, outward=outward_of(self.walls[0] if self.walls else None)
        )
