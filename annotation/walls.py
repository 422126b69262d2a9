"""Walls of several planes: where each ends, which one is nearest, and how they are placed in one metric frame.

A plane alone has no end. Of several, each reaches as far as its outline, or, where none is known, to where other
planes hang on it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from annotation.errors import BetascopeError
from annotation.poses import Camera, Hinge, Plane, Point3

Floats = NDArray[np.floating]

SLACK_M = 0.05
"""Outlines are clicked by hand: so far beyond them a plane still is there."""
THICK_M = 0.6
"""Deeper than this behind a plane, a point is on its other side rather than sunk into it."""
MOST_BEND_DEG = 150
_SIGHT_STEPS = np.linspace(-0.25, 0.25, 11)
_SIGHT_COST = 0.3
"""How far along its line of sight a point may be moved, as a share of its distance, and what a metre of that counts."""


class WallShape:
    """The planes of a wall as far as they reach.

    Parameters
    ----------
    planes : sequence of W Plane
    """

    def __init__(self, planes: Sequence[Plane]) -> None:
        self.planes = tuple(planes)
        self._edges = [_edges(plane, self.planes) for plane in self.planes]

    def heights(self, points: Floats) -> Floats:
        """Return how far before each plane, without ends, points (..., 3) are (W, ...) m; behind it is negative."""
        return np.stack([plane.distance(points) for plane in self.planes])

    def beyond(self, points: Floats) -> Floats:
        """Return how far beyond the end of each plane the feet of points (..., 3) on it are (W, ...) m; at least 0."""
        result = np.zeros((len(self.planes), *points.shape[:-1]))
        for row, (outward, offset) in enumerate(self._edges):
            if len(outward):
                result[row] = np.maximum((points @ outward.T - offset).max(axis=-1), 0)
        return result

    def distances(self, points: Floats) -> Floats:
        """Return the distances (W, ...) m of points (..., 3) from the planes as far as they reach."""
        heights = np.abs(self.heights(points))
        return heights if len(self.planes) == 1 else np.hypot(heights, self.beyond(points))

    def nearest(self, points: Floats) -> NDArray[np.intp]:
        """Return which plane is nearest to points (..., 3)."""
        return np.asarray(self.distances(points).argmin(axis=0))

    def distance(self, points: Floats) -> Floats:
        """Return how far before the nearest plane points (..., 3) are (...,) m; behind it is negative."""
        heights = self.heights(points)
        result: Floats = np.take_along_axis(heights, self.nearest(points)[None], axis=0)[0]
        return result

    def costs_in_sight(self, points: Floats) -> Floats:
        """Return how little each plane fits points (W, ...) whose depth is unsure: what the picture shows counts most.

        The distance, m, of the point on the line of sight, from the camera in the origin, that fits best, moving along
        it counting less than being off it.
        """
        if len(self.planes) == 1:
            return self.distances(points)
        moved = points[..., None, :] * (1 + _SIGHT_STEPS)[:, None]
        along = np.linalg.norm(points, axis=-1)[..., None] * _SIGHT_STEPS
        result: Floats = np.hypot(self.distances(moved), _SIGHT_COST * along).min(axis=-1)
        return result

    def polygon(self, index: int, *, around: Floats, reach_m: float) -> Floats:
        """Return the corners (N, 3) of a plane as far as it reaches, at most `reach_m` from a point (3,)."""
        plane = self.planes[index]
        normal = np.array(plane.normal)
        foot = around - plane.distance(around) * normal
        level = np.cross(normal, [0.0, 1.0, 0.0])
        level = level / np.linalg.norm(level) if np.linalg.norm(level) > 1e-6 else np.array([1.0, 0, 0])
        up = np.cross(level, normal)
        polygon = [foot + reach_m * (a * level + b * up) for a, b in ((-1, -1), (1, -1), (1, 1), (-1, 1))]
        for outward, offset in zip(*self._edges[index], strict=True):
            polygon = _clipped(polygon, outward, offset=float(offset))
        return np.array(polygon).reshape(-1, 3)

    def sinking(self, points: Floats) -> NDArray[np.bool_]:
        """Return into which planes (W, ...) points (..., 3) must not sink, or have sunk.

        A single plane has no end. Of several that a point is behind, as at an arete, it came through the nearest.
        """
        heights = self.heights(points)
        if len(self.planes) == 1:
            return np.ones(heights.shape, bool)
        there = (self.beyond(points) <= SLACK_M) & (heights > -THICK_M)
        sunk = there & (heights < 0)
        shallowest = np.where(sunk, heights, -np.inf).argmax(axis=0)
        others = np.arange(len(self.planes)).reshape(-1, *(1,) * (heights.ndim - 1)) != shallowest
        return np.asarray(there & ~(sunk & others))

    def sunk_m(self, points: Floats) -> Floats:
        """Return how far points (..., 3) have sunk into the wall (...,) m, negative; 0 where they have not."""
        result: Floats = np.where(self.sinking(points), np.minimum(self.heights(points), 0), 0).min(axis=0)
        return result


def _edges(plane: Plane, planes: Sequence[Plane]) -> tuple[Floats, Floats]:
    """Return unit vectors (E, 3) across the ends of a plane, in it and outwards, and their offsets (E,) m.

    Its outline reaches on to where other planes hang on it, and no plane reaches beyond that.
    """
    corners = np.array(plane.outline).reshape(-1, 3)
    hung = [np.array(p.outline) for p in planes if p.hinge is not None and p.name != plane.name == p.hinge.on]
    hinges = [line for line in hung if len(line) > 2]
    outward: list[Floats] = []
    offsets: list[float] = []
    if len(corners) > 2:
        known = np.concatenate([corners, *(line[:2] for line in hinges)])
        for start, end in zip(corners, np.roll(corners, -1, axis=0), strict=True):
            outward.append(_across(plane, start, end=end, inside=corners.mean(axis=0)))
            offsets.append(float((known @ outward[-1]).max()))
    for line in hinges:
        inside = corners.mean(axis=0) if len(corners) > 2 else 2 * line[:2].mean(axis=0) - line[2:].mean(axis=0)
        outward.append(_across(plane, line[0], end=line[1], inside=inside))
        offsets.append(float(line[0] @ outward[-1]))
    return np.array(outward).reshape(-1, 3), np.array(offsets)


def _across(plane: Plane, start: Floats, *, end: Floats, inside: Floats) -> Floats:
    """Return the unit vector (3,) in a plane, across a line in it, away from a point on one side of that."""
    across = np.cross(end - start, np.array(plane.normal))
    across = across / max(float(np.linalg.norm(across)), 1e-9)
    return across if across @ (inside - start) < 0 else -across


def _clipped(polygon: list[Floats], outward: Floats, *, offset: float) -> list[Floats]:
    """Return the corners of a convex polygon without what lies beyond an end (Sutherland and Hodgman 1974)."""
    result: list[Floats] = []
    for start, end in zip(polygon, [*polygon[1:], *polygon[:1]], strict=True):
        a, b = float(start @ outward) - offset, float(end @ outward) - offset
        if a <= 0:
            result.append(start)
        if a * b < 0:
            result.append(start + a / (a - b) * (end - start))
    return result


def on_plane(plane: Plane, xy: Floats, camera: Camera) -> NDArray[np.float64]:
    """Return where lines of sight through pixels (N, 2) meet a plane (N, 3), m.

    Raises
    ------
    BetascopeError
        If one does not.
    """
    sight = np.c_[(np.asarray(xy, float) - camera.center_px) / camera.focal_px, np.ones(len(xy))]
    slope = sight @ np.array(plane.normal)
    if (plane.offset_m / np.where(slope == 0, 1e-12, slope) < 0.1).any():
        raise BetascopeError(f"{_title(plane)} is not seen there. Click where it is in the picture.")
    result: NDArray[np.float64] = sight * (plane.offset_m / slope)[:, None]
    return result


def turned_plane(plane: Plane, turn: Floats) -> Plane:
    """Return a plane as it is in the CAMERA frame of a camera that has turned (3, 3)."""
    outline = tuple(_point(turn @ np.array(corner)) for corner in plane.outline)
    return replace(plane, normal=_point(turn @ np.array(plane.normal)), outline=outline)


def in_first_frame(xy: Floats, camera: Camera, *, turn: Floats | None) -> Floats:
    """Return where pixels (N, 2) of a frame would be in the first one, for a camera that has turned since (3, 3).

    Raises
    ------
    BetascopeError
        If the first frame looks the other way.
    """
    if turn is None:
        return xy
    sight = np.c_[(np.asarray(xy, float) - camera.center_px) / camera.focal_px, np.ones(len(xy))] @ turn
    if (sight[:, 2] < 0.1).any():
        raise BetascopeError("The camera has turned too far since the first frame. Click the wall in an earlier frame.")
    return camera.project(sight)


def check_bend(bend_deg: float) -> None:
    """Refuse an angle by which no plane hangs on another.

    Raises
    ------
    BetascopeError
        If it is beyond what can be climbed.
    """
    if not -MOST_BEND_DEG <= bend_deg <= MOST_BEND_DEG:
        least, most = -MOST_BEND_DEG, MOST_BEND_DEG
        raise BetascopeError(f"A plane cannot be bent by {bend_deg:g} degrees. Give between {least} and {most}.")


def bent(on: Plane, xy: Floats, *, bend_deg: float, name: str, camera: Camera) -> Plane:
    """Return a plane that hangs on another along a line, bent towards the climber by an angle.

    Parameters
    ----------
    xy : (3, 2) array
        Pixels: the ends of the line where both meet, and a point on the new plane, as far as it reaches.
    bend_deg : float
        Negative where it falls away.

    Raises
    ------
    BetascopeError
        If that is no plane, not before the camera, or faces away from it.
    """
    check_bend(bend_deg)
    start, end, beyond = on_plane(on, xy, camera)
    along, old = end - start, np.array(on.normal)
    length = float(np.linalg.norm(along))
    if length < 0.05:
        raise BetascopeError("The ends of the line where the planes meet are too close. Click both ends of it.")
    along = along / length
    away = np.cross(along, old)
    away = away if away @ (beyond - start) > 0 else -away
    angle = np.radians(bend_deg)
    outwards = np.cos(angle) * away + np.sin(angle) * old
    normal = np.cos(angle) * old - np.sin(angle) * away
    plane = Plane(_point(normal), float(normal @ start), name)
    if plane.offset_m >= 0:
        raise BetascopeError(
            f"Bent by {bend_deg:g} degrees there, {name or 'the new plane'} would face away from the camera. "
            "Check the angle and its sign: positive is towards the climber."
        )
    reach = on_plane(plane, np.asarray(xy)[2:], camera)[0]
    far = float((reach - start) @ outwards)
    if far < 0.05:
        raise BetascopeError("With that bend the third point is not on the new plane. Check the angle and its sign.")
    outline = (start, end, end + far * outwards, start + far * outwards)
    return replace(plane, outline=tuple(map(_point, outline)), hinge=Hinge(on.name, float(bend_deg)))


def meeting(one: Plane, other: Plane, *, middles: tuple[Floats, Floats]) -> tuple[Plane, Plane]:
    """Return two planes that end where they meet, each with the side on which its middle (3,) is.

    They reach `FOUND_REACH_M` from there to all other sides, for nothing is known of their ends.
    """
    normals = np.array([one.normal, other.normal])
    start = np.linalg.lstsq(normals, np.array([one.offset_m, other.offset_m]), rcond=None)[0]
    along = np.cross(normals[0], normals[1])
    result = []
    for plane, middle in zip((one, other), middles, strict=True):
        across = _across(plane, start, end=start + along, inside=middle)
        square = WallShape([plane]).polygon(0, around=middle, reach_m=FOUND_REACH_M)
        corners = _clipped(list(square), across, offset=float(start @ across))
        result.append(replace(plane, outline=tuple(map(_point, corners))))
    return result[0], result[1]


FOUND_REACH_M = 2.5
MEET_SHARE = 0.03
"""Corners that close to another plane's in the picture, as a share of its diagonal, are meant to be the same."""


def joined(plane: Plane, others: Iterable[Plane], *, camera: Camera) -> Plane:
    """Return a plane moved along the lines of sight until it meets the planes it touches in the picture.

    So the first plane says how large everything is; a size that is a little off opens no gap.
    """
    mine = camera.project(np.array(plane.outline).reshape(-1, 3))
    near, factors = MEET_SHARE * float(np.hypot(*camera.size_px)), []
    for other in others:
        theirs = np.array(other.outline).reshape(-1, 3)
        for corner, seen in zip(plane.outline, mine, strict=True):
            away = np.linalg.norm(camera.project(theirs) - seen, axis=-1) if len(theirs) else np.zeros(0)
            if len(away) and away.min() < near:
                factors.append(float(theirs[away.argmin()][2]) / corner[2])
    if not factors or not 0.7 < (factor := float(np.mean(factors))) < 1.4:
        return plane
    outline = tuple((factor * x, factor * y, factor * z) for x, y, z in plane.outline)
    return replace(plane, offset_m=factor * plane.offset_m, outline=outline)


def with_plane(planes: Sequence[Plane], plane: Plane, *, camera: Camera) -> tuple[Plane, ...]:
    """Return the planes of a wall with one more, or in the place of that of its name; what hangs on it goes along."""
    names = [each.name for each in planes]
    if plane.name not in names:
        return (*planes, plane)
    result = [plane if each.name == plane.name else each for each in planes]
    for index, each in enumerate(result):
        if each.hinge is not None and each.hinge.on == plane.name and each.name != plane.name:
            corners = np.array(each.outline)
            xy = camera.project(np.stack([corners[0], corners[1], corners[2:].mean(axis=0)]))
            result[index] = bent(plane, xy, bend_deg=each.hinge.bend_deg, name=each.name, camera=camera)
    return tuple(result)


def without_plane(planes: Sequence[Plane], name: str) -> tuple[Plane, ...]:
    """Return the planes of a wall without one; what hung on it stays where it is."""
    rest = (plane for plane in planes if plane.name != name)
    return tuple(replace(p, hinge=None) if p.hinge is not None and p.hinge.on == name else p for p in rest)


def renamed_plane(planes: Sequence[Plane], name: str, *, new: str) -> tuple[Plane, ...]:
    """Return the planes of a wall, one of which is called otherwise.

    Raises
    ------
    BetascopeError
        If another is called so, or that is no name.
    """
    if not new.strip():
        raise BetascopeError("A plane of the wall needs a name.")
    if new != name and any(plane.name == new for plane in planes):
        raise BetascopeError(f"There is a plane {new} already. Choose another name.")
    result = []
    for plane in planes:
        hinge = plane.hinge
        if hinge is not None and hinge.on == name:
            hinge = replace(hinge, on=new)
        result.append(replace(plane, name=new if plane.name == name else plane.name, hinge=hinge))
    return tuple(result)


def free_name(planes: Iterable[Plane], wanted: str) -> str:
    """Return a name no plane has: the wanted one, or that with a number."""
    taken = {plane.name for plane in planes}
    candidates = (wanted, *(f"{wanted} {number}" for number in range(2, len(taken) + 3)))
    return next(name for name in candidates if name not in taken)


def kind_of(overhang_deg: float) -> str:
    """Return what climbers call a plane that overhangs by an angle."""
    if overhang_deg < -3:
        return "Slab"
    if overhang_deg <= 3:
        return "Vertical"
    return "Overhang" if overhang_deg < 75 else "Roof"


def _title(plane: Plane) -> str:
    return plane.name or "The wall"


def _point(x: Floats) -> Point3:
    return float(x[0]), float(x[1]), float(x[2])
