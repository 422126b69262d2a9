"""What is drawn of a wall in the 3D view: its planes as far as they reach, with a metre grid. Without GL."""

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from annotation.poses import Plane
from annotation.walls import WallShape
from widgets.body_geometry import UP, Floats, camera_to_show, grid_lines, wall_corner, wall_frame, wall_size

_REACH_M = 4.0
"""So far from the middle of the climb a plane is drawn, unless it ends before."""
_THICK_M = 0.07
"""So thick a wall is drawn: enough to be seen from the side."""
_MEETS_M = 0.02
_STEEP = 0.3
"""Planes that rise less than this along themselves have no heights: their grid begins where they do."""


@dataclass(frozen=True)
class WallPicture:
    """A wall in show coordinates.

    Attributes
    ----------
    vertices : (V, 3) array
    faces : (F, 3) int array
    normals : (V, 3) array
        Out of the plane a vertex belongs to, towards the climber.
    rims : (R, 4, 3) array
        The edges around the planes, four corners each: what is seen of them from the side.
    lines : (2 N, 3) array
        The grid, end to end in pairs; its level lines go on over the edges.
    metres : (M,) int array
        Heights of the grid's level lines above the floor.
    rungs : (M, 2, 3) array
        Their ends.
    backward : (M, 3) array
        From a level line to the back of the wall.
    """

    vertices: Floats
    faces: NDArray[np.integer]
    normals: Floats
    rims: Floats
    lines: Floats
    metres: NDArray[np.integer]
    rungs: Floats
    backward: Floats


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
        _part(camera_to_show(polygon), plane, [other for other in walls if other is not plane], center, floor_m=floor_m)
        for index, plane in enumerate(walls)
        if len(polygon := shape.polygon(index, around=center, reach_m=_REACH_M)) > 2
    ]
    if not parts:
        return None
    starts = np.cumsum([0, *(len(part.vertices) for part in parts)])
    faces = np.concatenate([part.faces + start for part, start in zip(parts, starts[:-1], strict=True)])
    joined = {
        each.name: np.concatenate([getattr(part, each.name) for part in parts])
        for each in fields(WallPicture)
        if each.name != "faces"
    }
    return WallPicture(faces=faces, **joined)


def _flat(wall: Plane, center: Floats, *, floor_m: float | None) -> WallPicture:
    corner, level, up = wall_corner(wall, center, floor_m=floor_m)
    width, height = wall_size(wall, center, floor_m=floor_m)
    corners = np.array([corner, corner + width * level, corner + width * level + height * up, corner + height * up])
    left = corner + np.arange(height + 1)[:, None] * up
    rungs = np.stack([left, left + width * level], axis=1)
    metres = np.arange(height + 1) if floor_m is not None else np.full(len(rungs), -1)
    lines = grid_lines(corner, level, up, size_m=(width, height)).reshape(-1, 2, 3)
    return _solid(wall, corners, others=(), lines=lines, rungs=rungs, metres=metres)


def _part(
    polygon: Floats, plane: Plane, others: Sequence[Plane], center: Floats, *, floor_m: float | None
) -> WallPicture:
    """Return one plane of several with corners (N, 3)."""
    ground = floor_m or 0.0
    foot, level, up = wall_frame(plane, center)
    steep = up[2] > _STEEP
    rise = UP if steep else up
    rungs = _chords(polygon, rise, start=ground if steep else float((polygon @ up).min()))
    uprights = _chords(polygon, level, start=float(foot @ level))
    edges = np.stack([polygon, np.roll(polygon, -1, axis=0)], axis=1)
    metres = np.round((rungs[:, 0] @ UP - ground) if steep else np.full(len(rungs), -1)).astype(int)
    lines = np.concatenate([rungs, uprights, edges])
    return _solid(plane, polygon, others=others, lines=lines, rungs=rungs, metres=metres)


def _solid(
    plane: Plane,
    polygon: Floats,
    *,
    others: Sequence[Plane],
    lines: Floats,
    rungs: Floats,
    metres: NDArray[np.integer],
) -> WallPicture:
    """Return a plane with corners (N, 3) and the edges around it, where it does not go on in another plane."""
    out = camera_to_show(np.array(plane.normal, float))
    back = -_THICK_M * out
    ends, backs = np.stack([polygon, np.roll(polygon, -1, axis=0)], axis=1), np.tile(back, (len(polygon), 1))
    goes_on = np.zeros(len(polygon), bool)
    for other in others:
        meets = np.abs(_distance(polygon, other)) < _MEETS_M
        goes_on |= meets & np.roll(meets, -1)
        # Where planes meet, so do their edges.
        both = out + camera_to_show(np.array(other.normal, float))
        backs[meets] = -_THICK_M * both / max(float(both @ out), 0.2)
    behind = ends + np.stack([backs, np.roll(backs, -1, axis=0)], axis=1)
    ticks = np.stack([rungs, rungs + back], axis=2).reshape(-1, 2, 3)
    order = np.arange(1, len(polygon) - 1)
    high = metres >= 0
    return WallPicture(
        vertices=polygon,
        faces=np.stack([np.zeros(len(order), int), order, order + 1], axis=1),
        normals=np.tile(out, (len(polygon), 1)),
        rims=np.concatenate([ends, behind[:, ::-1]], axis=1)[~goes_on],
        lines=np.concatenate([lines, ticks]).reshape(-1, 3),
        metres=metres[high],
        rungs=rungs[high],
        backward=np.tile(back, (int(high.sum()), 1)),
    )


def _distance(shown: Floats, plane: Plane) -> Floats:
    """Return how far before a plane points (N, 3) in show coordinates are, m."""
    return plane.distance(np.stack([shown[:, 0], -shown[:, 2], shown[:, 1]], axis=-1))


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
