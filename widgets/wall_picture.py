"""What is drawn of a wall in the 3D view: its planes as far as they reach, with a metre grid. Without GL."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from annotation.poses import Plane
from annotation.walls import WallShape
from widgets.body_geometry import UP, Floats, camera_to_show, grid_lines, wall_corner, wall_frame, wall_size

_REACH_M = 4.0
"""So far from the middle of the climb a plane is drawn, unless it ends before."""
_STEEP = 0.3
"""Planes that rise less than this along themselves have no heights: their grid begins where they do."""


@dataclass(frozen=True)
class WallPicture:
    """A wall in show coordinates.

    Attributes
    ----------
    vertices : (V, 3) array
    faces : (F, 3) int array
    lines : (2 N, 3) array
        The grid, end to end in pairs.
    metres : (M,) int array
        Heights of the grid's level lines above the floor.
    rungs : (M, 2, 3) array
        Their ends.
    """

    vertices: Floats
    faces: NDArray[np.integer]
    lines: Floats
    metres: NDArray[np.integer]
    rungs: Floats


def wall_picture(walls: Sequence[Plane], center: Floats, *, floor_m: float | None) -> WallPicture | None:
    """Return what is drawn around a point (3,) of the CAMERA frame; None where no wall reaches there.

    A plane alone begins at the floor, `floor_m` being its height z in show coordinates, and its lines are metres along
    it; where there are several, those of all of them are at the same heights.
    """
    if not walls:
        return None
    if len(walls) == 1:
        return _flat(walls[0], center, floor_m=floor_m)
    shape = WallShape(walls)
    parts = [
        _part(camera_to_show(polygon), plane, center, floor_m=floor_m or 0.0)
        for index, plane in enumerate(walls)
        if len(polygon := shape.polygon(index, around=center, reach_m=_REACH_M)) > 2
    ]
    if not parts:
        return None
    starts = np.cumsum([0, *(len(part.vertices) for part in parts)])
    return WallPicture(
        np.concatenate([part.vertices for part in parts]),
        np.concatenate([part.faces + start for part, start in zip(parts, starts[:-1], strict=True)]),
        np.concatenate([part.lines for part in parts]),
        np.concatenate([part.metres for part in parts]),
        np.concatenate([part.rungs for part in parts]),
    )


def _flat(wall: Plane, center: Floats, *, floor_m: float | None) -> WallPicture:
    corner, level, up = wall_corner(wall, center, floor_m=floor_m)
    width, height = wall_size(wall, center, floor_m=floor_m)
    corners = np.array([corner, corner + width * level, corner + width * level + height * up, corner + height * up])
    left = corner + np.arange(height + 1)[:, None] * up
    rungs = np.stack([left, left + width * level], axis=1)
    metres = np.arange(height + 1) if floor_m is not None else np.zeros(0, int)
    faces = np.array([[0, 1, 2], [0, 2, 3]])
    return WallPicture(corners, faces, grid_lines(corner, level, up, size_m=(width, height)), metres, rungs)


def _part(polygon: Floats, plane: Plane, center: Floats, *, floor_m: float) -> WallPicture:
    """Return one plane of several with corners (N, 3)."""
    foot, level, up = wall_frame(plane, center)
    steep = up[2] > _STEEP
    rise = UP if steep else up
    rungs = _chords(polygon, rise, start=floor_m if steep else float((polygon @ up).min()))
    uprights = _chords(polygon, level, start=float(foot @ level))
    edges = np.stack([polygon, np.roll(polygon, -1, axis=0)], axis=1)
    metres = np.round((rungs[:, 0] @ UP - floor_m) if steep else np.full(len(rungs), -1)).astype(int)
    order = np.arange(1, len(polygon) - 1)
    faces = np.stack([np.zeros(len(order), int), order, order + 1], axis=1)
    lines = np.concatenate([rungs, uprights, edges]).reshape(-1, 3)
    return WallPicture(polygon, faces, lines, metres[metres >= 0], rungs[metres >= 0])


def _chords(polygon: Floats, axis: Floats, *, start: float) -> Floats:
    """Return the lines (N, 2, 3) at whole metres from `start` along an axis (3,) across a convex polygon (N, 3)."""
    along = polygon @ axis - start
    result = []
    for metre in range(int(np.ceil(along.min() - 1e-9)), int(np.floor(along.max() + 1e-9)) + 1):
        ends = []
        for a, b, p, q in zip(along, np.roll(along, -1), polygon, np.roll(polygon, -1, axis=0), strict=True):
            if (a - metre) * (b - metre) <= 0 and abs(a - b) > 1e-9:
                ends.append(p + (metre - a) / (b - a) * (q - p))
        if len(ends) > 1:
            far = int(np.argmax([np.linalg.norm(end - ends[0]) for end in ends]))
            if np.linalg.norm(ends[far] - ends[0]) > 1e-6:
                result.append((ends[0], ends[far]))
    return np.array(result).reshape(-1, 2, 3)
