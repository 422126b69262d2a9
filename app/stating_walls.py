"""What a person states about the planes of a wall, as edits. Pure."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from annotation.errors import BetascopeError
from annotation.known_facts import Contact, Limb, overhang_deg, wall_from_corners
from annotation.labels import Track
from annotation.poses import Camera, Plane
from annotation.track_edits import SetFacts
from annotation.walls import bent, free_name, joined, kind_of, renamed_plane, with_plane, without_plane

Corners = NDArray[np.floating]


def named(planes: Sequence[Plane]) -> tuple[Plane, ...]:
    """Return planes all of which have a name, to tell them apart."""
    result: list[Plane] = []
    for plane in planes:
        name = plane.name or free_name([*planes, *result], kind_of(overhang_deg(plane)))
        result.append(replace(plane, name=name))
    return tuple(result)


def state_corners(
    track: Track, xy: Corners, *, size_m: tuple[float, float], camera: Camera, name: str | None = None
) -> SetFacts | None:
    """Say where a plane stands by the corners (4, 2) px of a rectangle on it; None where that is known.

    Parameters
    ----------
    name : str, optional
        The plane, replaced if there is one of that name; empty for a further one that is called after how it stands.
        Without, it is all of the wall.

    Raises
    ------
    BetascopeError
        If those are no such corners.
    """
    plane = wall_from_corners(xy, width_m=size_m[0], height_m=size_m[1], camera=camera)
    if name is None:
        return _with_walls(track, (plane,), title="State where the wall stands")
    others = named(track.facts.walls)
    plane = replace(plane, name=name or free_name(others, kind_of(overhang_deg(plane))))
    plane = joined(plane, [other for other in others if other.name != plane.name], camera=camera)
    walls = with_plane(others, plane, camera=camera)
    return _with_walls(track, walls, title=f"State plane {plane.name}")


def state_bend(
    track: Track,
    xy: Corners,
    *,
    bend_deg: float,
    camera: Camera,
    on: str = "",
    name: str = "",
    found: Sequence[Plane] = (),
) -> SetFacts | None:
    """Say that a plane hangs on another along a line, bent by an angle; see `annotation.walls.bent`.

    Parameters
    ----------
    on : str
        The other plane; the first without.
    name : str
        The plane, replaced if there is one of that name; without, it is called after how it stands.
    found : sequence of Plane
        What a fit found, in the place of planes that are not stated.

    Raises
    ------
    BetascopeError
        If there is no plane to hang on, or none is like that.
    """
    walls = named(track.facts.walls or found)
    if not walls:
        raise BetascopeError(
            "A plane hangs on another: click the corners of the first one, or fit the body so that the wall is found."
        )
    base = _plane_called(walls, on) if on else walls[0]
    if base.name == name:
        raise BetascopeError(f"{name} cannot hang on itself. Say on which plane it hangs, or give another name.")
    plane = bent(base, xy, bend_deg=bend_deg, name=name, camera=camera)
    plane = plane if name else replace(plane, name=free_name(walls, kind_of(overhang_deg(plane))))
    return _with_walls(track, with_plane(walls, plane, camera=camera), title=f"State plane {plane.name}")


def state_planes(track: Track, planes: Sequence[Plane]) -> SetFacts | None:
    """Say that the wall consists of these planes; None where that is known."""
    return _with_walls(track, named(planes), title="State planes of the wall")


def remove_plane(track: Track, name: str) -> SetFacts:
    """Take a plane of the wall back.

    Raises
    ------
    BetascopeError
        If there is none of that name.
    """
    walls = named(track.facts.walls)
    _plane_called(walls, name)
    contacts = _contacts_on(track, name, "")
    facts = replace(track.facts, walls=without_plane(walls, name), contacts=contacts)
    return SetFacts(track.id, facts, title=f"Remove plane {name}")


def rename_plane(track: Track, name: str, new: str) -> SetFacts | None:
    """Call a plane of the wall otherwise; None where it is called so.

    Raises
    ------
    BetascopeError
        If there is none, or another is called so.
    """
    walls = named(track.facts.walls)
    _plane_called(walls, name)
    renamed = renamed_plane(walls, name, new=new.strip())
    facts = replace(track.facts, walls=renamed, contacts=_contacts_on(track, name, new.strip()))
    return None if facts == track.facts else SetFacts(track.id, facts, title=f"Rename plane {name}")


def state_plane_of_contact(
    track: Track, limb: Limb, frame: int, wall: str, *, found: tuple[Contact, ...] = ()
) -> SetFacts | None:
    """Say on which plane of the wall a hand or foot is that holds in a frame; empty for the nearest one.

    None where that is stated. What a fit `found` is taken over by the first statement.

    Raises
    ------
    BetascopeError
        If it holds nothing there, or there is no such plane.
    """
    contacts = track.facts.contacts
    if contacts is None:
        contacts = tuple(replace(contact, wall="") for contact in found)
    name = limb.value.replace("_", " ")
    there = [c for c in contacts if c.limb is limb and c.start <= frame <= c.end]
    if not there:
        raise BetascopeError(f"The {name} holds nothing in frame {frame}. State first that it holds.")
    if wall:
        _plane_called(named(track.facts.walls), wall)
    if all(contact.wall == wall for contact in there):
        return None
    contacts = tuple(replace(contact, wall=wall) if contact in there else contact for contact in contacts)
    frames = tuple(range(there[0].start, there[0].end + 1))
    return SetFacts(track.id, replace(track.facts, contacts=contacts), frames, f"State plane the {name} is on")


def _with_walls(track: Track, walls: tuple[Plane, ...], *, title: str) -> SetFacts | None:
    facts = replace(track.facts, walls=walls, wall_angle_deg=None)
    return None if facts == track.facts else SetFacts(track.id, facts, title=title)


def _contacts_on(track: Track, name: str, new: str) -> tuple[Contact, ...] | None:
    contacts = track.facts.contacts
    if contacts is None:
        return None
    return tuple(replace(c, wall=new) if c.wall == name else c for c in contacts)


def _plane_called(walls: Sequence[Plane], name: str) -> Plane:
    for plane in walls:
        if plane.name == name:
            return plane
    known = ", ".join(plane.name for plane in walls) or "none yet"
    raise BetascopeError(f"The wall has no plane {name}. There is: {known}.")
