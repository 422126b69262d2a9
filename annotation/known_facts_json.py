"""Known facts of a climb as JSON, for jobs and files."""

from typing import Any

from annotation.errors import BetascopeError
from annotation.known_facts import Climber, Contact, DepthStatement, Facts, Limb, Order, RightSides
from annotation.poses import Plane


def facts_to_json(facts: Facts) -> dict[str, Any]:
    """Return facts as JSON values."""
    climber = facts.climber
    return {
        "height_m": climber.height_m,
        "span_m": climber.span_m,
        "mass_kg": climber.mass_kg,
        "walls": [[*plane.normal, plane.offset_m] for plane in facts.walls],
        "wall_angle_deg": facts.wall_angle_deg,
        "contacts": None if facts.contacts is None else [contact_to_json(contact) for contact in facts.contacts],
        "depths": [depth_to_json(statement) for statement in facts.depths],
        "hold_depth_m": facts.hold_depth_m,
        "sides": [[side.start, side.end, side.arms, side.legs] for side in facts.sides],
    }


def contact_to_json(contact: Contact) -> dict[str, Any]:
    """Return a contact as JSON values."""
    return {"limb": contact.limb.value, "start": contact.start, "end": contact.end}


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
            walls=tuple(Plane((float(x), float(y), float(z)), float(o)) for x, y, z, o in content.get("walls", ())),
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
    return Contact(Limb(entry["limb"]), int(entry["start"]), int(entry["end"]))


def _depth(entry: Any) -> DepthStatement:
    depth = entry["depth"]
    return DepthStatement(
        int(entry["frame"]),
        str(entry["joint"]),
        Order(depth) if isinstance(depth, str) else float(depth),
        str(entry.get("author", "")),
        _number(entry.get("time_s")),
    )
