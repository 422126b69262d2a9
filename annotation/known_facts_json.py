"""Known facts of a climb as JSON, for jobs and files."""

from typing import Any

from annotation.errors import BetascopeError
from annotation.known_facts import Climber, Contact, DepthStatement, Facts, Limb, Order, RightSides
from annotation.poses import Hinge, Plane


def facts_to_json(facts: Facts) -> dict[str, Any]:
    """Return facts as JSON values."""
    climber = facts.climber
    return {
        "height_m": climber.height_m,
        "span_m": climber.span_m,
        "mass_kg": climber.mass_kg,
        "walls": [wall_to_json(plane) for plane in facts.walls],
        "wall_angle_deg": facts.wall_angle_deg,
        "contacts": None if facts.contacts is None else [contact_to_json(contact) for contact in facts.contacts],
        "depths": [depth_to_json(statement) for statement in facts.depths],
        "hold_depth_m": facts.hold_depth_m,
        "sides": [[side.start, side.end, side.arms, side.legs] for side in facts.sides],
    }


def wall_to_json(wall: Plane) -> list[float] | dict[str, Any]:
    """Return a plane of a wall as JSON values: normal and offset, and what else is known of it."""
    if not wall.name and not wall.outline:
        return [*wall.normal, wall.offset_m]
    hinge = None if wall.hinge is None else {"on": wall.hinge.on, "bend_deg": wall.hinge.bend_deg}
    outline = [list(corner) for corner in wall.outline]
    return {"name": wall.name, "plane": [*wall.normal, wall.offset_m], "outline": outline, "hinge": hinge}


def wall_from_json(entry: Any) -> Plane:
    """Read what `wall_to_json` wrote; raises what Python raises where it is something else."""
    if not isinstance(entry, dict):
        x, y, z, offset = (float(value) for value in entry)
        return Plane((x, y, z), offset)
    x, y, z, offset = (float(value) for value in entry["plane"])
    outline = tuple((float(a), float(b), float(c)) for a, b, c in entry.get("outline", ()))
    hinge = entry.get("hinge")
    hung = None if hinge is None else Hinge(str(hinge["on"]), float(hinge["bend_deg"]))
    return Plane((x, y, z), offset, str(entry.get("name", "")), outline, hung)


def suggested_in(summary: dict[str, Any]) -> tuple[Plane, ...]:
    """Return the planes that the summary of a fit suggests for the wall; none where one is enough.

    Raises
    ------
    BetascopeError
        If it cannot be read.
    """
    try:
        return tuple(wall_from_json(entry) for entry in summary.get("suggested_walls", ()))
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise BetascopeError(f"What the fit says of the wall cannot be read ({error!r}). Fit again.") from error


def contact_to_json(contact: Contact) -> dict[str, Any]:
    """Return a contact as JSON values."""
    wall = {"wall": contact.wall} if contact.wall else {}
    return {"limb": contact.limb.value, "start": contact.start, "end": contact.end, **wall}


def depth_to_json(statement: DepthStatement) -> dict[str, Any]:
    """Return a statement about depth as JSON values."""
    depth = statement.depth.value if isinstance(statement.depth, Order) else statement.depth
    said: dict[str, Any] = {"frame": statement.frame, "joint": statement.joint, "depth": depth}
    if statement.author:
        said["author"] = statement.author
    if statement.time_s is not None:
        said["time_s"] = statement.time_s
    return said


def facts_from_json(content: Any) -> Facts:
    """Read what `facts_to_json` wrote; what is missing is not known.

    Raises
    ------
    BetascopeError
        If it is something else, or says what cannot be.
    """
    try:
        contacts = content.get("contacts")
        return Facts(
            climber=Climber(*(_number(content.get(name)) for name in ("height_m", "span_m", "mass_kg"))),
            walls=tuple(wall_from_json(entry) for entry in content.get("walls", ())),
            wall_angle_deg=_number(content.get("wall_angle_deg")),
            contacts=None if contacts is None else tuple(_contact(entry) for entry in contacts),
            depths=tuple(_depth(entry) for entry in content.get("depths", ())),
            hold_depth_m=float(content.get("hold_depth_m", Facts.hold_depth_m)),
            sides=tuple(RightSides(int(a), int(b), bool(x), bool(y)) for a, b, x, y in content.get("sides", ())),
        )
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise BetascopeError(f"What is known of the climb cannot be read ({error!r}). State it again.") from error


def _number(value: Any) -> float | None:
    return None if value is None else float(value)


def _contact(entry: Any) -> Contact:
    return Contact(Limb(entry["limb"]), int(entry["start"]), int(entry["end"]), str(entry.get("wall", "")))


def _depth(entry: Any) -> DepthStatement:
    depth = entry["depth"]
    return DepthStatement(
        int(entry["frame"]),
        str(entry["joint"]),
        Order(depth) if isinstance(depth, str) else float(depth),
        str(entry.get("author", "")),
        _number(entry.get("time_s")),
    )
