"""The wall of a climb beside what a file is about: its planes as JSON values, in the files that have room for them.

Every plane has a ``name``, a ``normal`` of unit length out of the wall, an ``offset_m`` (points x of it have
``normal . x = offset_m``), an ``outline`` (corners, may be empty) and a ``hinge`` (``on`` which plane it hangs and by
how much, ``bend_deg``) or null; all of it in metres in the CAMERA frame (x right, y down, z forward), of a panning
camera that of its first frame. ``stated`` says whether a person said so or a fit found it; the ``camera`` (focal length
and centre in pixels, size of the picture) is the one the planes lie on the pictures with.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from annotation.camera_tags import camera_of
from annotation.clip import Clip
from annotation.labels import Track
from annotation.poses import Camera, Hinge, MeshSequence, Plane, Point3

_MOST_PLANES, _MOST_CORNERS = 100, 100
_FARTHEST_M = 1e4
_MOST_BENT_DEG = 180.0


@dataclass(frozen=True)
class KnownWall:
    """The planes of a wall, whether a person stated them, and the camera they are seen by (None: not told)."""

    planes: tuple[Plane, ...]
    stated: bool
    camera: Camera | None

    @property
    def words(self) -> str:
        """What it is, for people."""
        names = ", ".join(plane.name for plane in self.planes if plane.name)
        count = "one plane" if len(self.planes) == 1 else f"{len(self.planes)} planes"
        return f"{count} ({names})" if names else count


def known_wall(track: Track, clip: Clip, mesh: MeshSequence | None) -> KnownWall | None:
    """Return what is known of the wall of a climber: what was stated, else what the fit of their body found."""
    planes = track.facts.walls or (() if mesh is None else mesh.walls)
    return KnownWall(planes, bool(track.facts.walls), camera_of(clip, mesh)) if planes else None


def fitted_wall(track: Track, mesh: MeshSequence) -> KnownWall | None:
    """Return the wall a body was fitted before."""
    if not mesh.walls:
        return None
    stated = [(plane.name, *plane.normal, plane.offset_m) for plane in track.facts.walls]
    fitted = [(plane.name, *plane.normal, plane.offset_m) for plane in mesh.walls]
    same = len(stated) == len(fitted) and all(
        a[0] == b[0] and np.allclose(a[1:], b[1:], atol=1e-3) for a, b in zip(stated, fitted, strict=True)
    )
    return KnownWall(mesh.walls, same, mesh.camera)


def known_wall_to_json(wall: KnownWall) -> dict[str, Any]:
    """Return a wall as JSON values."""
    camera = wall.camera
    seen = None
    if camera is not None:
        seen = {"focal_px": camera.focal_px, "center_px": list(camera.center_px), "size_px": list(camera.size_px)}
    return {"stated": wall.stated, "camera": seen, "planes": [_plane_to_json(plane) for plane in wall.planes]}


def known_wall_from_json(entry: Any) -> KnownWall:
    """Read what `known_wall_to_json` wrote, of anybody; the camera is not read.

    Raises
    ------
    ValueError, TypeError, KeyError, AttributeError
        If it is something else.
    """
    planes = entry["planes"]
    if not isinstance(planes, list) or not 0 < len(planes) <= _MOST_PLANES:
        raise ValueError("the wall has no planes, or too many")
    return KnownWall(tuple(map(_plane_from_json, planes)), bool(entry.get("stated")), None)


def _plane_to_json(plane: Plane) -> dict[str, Any]:
    hinge = None if plane.hinge is None else {"on": plane.hinge.on, "bend_deg": plane.hinge.bend_deg}
    return {
        "name": plane.name,
        "normal": list(plane.normal),
        "offset_m": plane.offset_m,
        "outline": [list(corner) for corner in plane.outline],
        "hinge": hinge,
    }


def _plane_from_json(entry: Mapping[str, Any]) -> Plane:
    normal, offset = _point(entry["normal"]), float(entry["offset_m"])
    length = float(np.linalg.norm(normal))
    corners = entry.get("outline") or []
    if not 0.99 < length < 1.01 or not abs(offset) < _FARTHEST_M or len(corners) > _MOST_CORNERS:
        raise ValueError("a plane of the wall is none")
    x, y, z = (value / length for value in normal)
    hinge = entry.get("hinge")
    hung = None if hinge is None else Hinge(str(hinge["on"]), float(hinge["bend_deg"]))
    if hung is not None and not abs(hung.bend_deg) <= _MOST_BENT_DEG:
        raise ValueError("a plane of the wall is bent by no angle")
    return Plane((x, y, z), offset / length, str(entry.get("name", "")), tuple(map(_point, corners)), hung)


def _point(values: Any) -> Point3:
    x, y, z = (float(value) for value in values)
    if not max(abs(x), abs(y), abs(z)) < _FARTHEST_M:
        raise ValueError(f"{values} is no point of a wall")
    return x, y, z
