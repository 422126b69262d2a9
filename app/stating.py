"""What a person states about a climb besides its points, as edits: depths, contacts, sizes, the wall. Pure."""

from dataclasses import replace
from datetime import datetime

from annotation.errors import BetascopeError
from annotation.known_facts import (
    FARTHEST_M,
    Climber,
    Contact,
    DepthStatement,
    Limb,
    Order,
    RightSides,
    depth_joints,
    depth_parent,
    inclined,
)
from annotation.labels import Track
from annotation.skeletons import joint_title, load_skeleton
from annotation.track_edits import SetFacts


def state_depth(track: Track, frame: int, joint: str, depth: Order | float | None) -> SetFacts | None:
    """Say where a joint of a frame is in depth, compared to the one it hangs on; None takes it back.

    Returns None where that changes nothing.

    Raises
    ------
    BetascopeError
        If there is nothing to compare it to, or it would be too far away.
    """
    if joint not in depth_joints(load_skeleton(track.skeleton)):
        raise BetascopeError(f"The {joint_title(joint)} hangs on no other joint, so its depth cannot be compared.")
    if isinstance(depth, float):
        depth = round(min(max(depth, 0.01 - FARTHEST_M), FARTHEST_M - 0.01), 3)
    others = [s for s in track.facts.depths if (s.frame, s.joint) != (frame, joint)]
    said = [] if depth is None else [DepthStatement(frame, joint, depth)]
    depths = tuple(sorted([*others, *said], key=lambda s: (s.frame, s.joint)))
    if depths == track.facts.depths:
        return None
    title = "Take back depth of" if depth is None else "State depth of"
    facts = replace(track.facts, depths=depths)
    return SetFacts(track.id, facts, (frame,), f"{title} {joint_title(joint)}")


def depth_words(track: Track, statement: DepthStatement) -> str:
    """Return a statement for people: "left wrist nearer than left elbow"."""
    parents = depth_parent(load_skeleton(track.skeleton), statement.joint)
    parent = " and ".join(joint_title(name) for name in parents)
    if isinstance(statement.depth, Order):
        return f"{joint_title(statement.joint)} {statement.depth.value} than {parent}"
    side = Order.FARTHER if statement.depth >= 0 else Order.NEARER
    return f"{joint_title(statement.joint)} {100 * abs(statement.depth):.0f} cm {side.value} than {parent}"


def said_by(statement: DepthStatement) -> str:
    """Return who said it and when, as far as that is known."""
    who = f"said by {statement.author}" if statement.author else "said"
    if statement.time_s is None:
        return who if statement.author else ""
    when = datetime.fromtimestamp(statement.time_s)
    return f"{who} on {when.day} {when:%B %Y, %H:%M}"


def toggle_contact(
    track: Track, limb: Limb, first: int, last: int, *, found: tuple[Contact, ...] = ()
) -> SetFacts | None:
    """Let a hand or foot hold from frame `first` to `last`, or let it go there if it holds in all of them.

    What a fit `found` is taken over by the first statement, so that nothing vanishes that was right.
    """
    held = _held(_contacts(track, found), limb)
    holds = not set(range(first, last + 1)) <= held
    return state_contact(track, limb, first, last, holds=holds, found=found)


def state_contact(
    track: Track, limb: Limb, first: int, last: int, *, holds: bool, found: tuple[Contact, ...] = ()
) -> SetFacts | None:
    """Say that a hand or foot holds, or does not, from frame `first` to `last`; None where that is stated.

    What a fit `found` is taken over by the first statement.

    Raises
    ------
    BetascopeError
        If no contact can last like that.
    """
    said, contacts = Contact(limb, first, last), _contacts(track, found)
    before, frames = _held(contacts, limb), set(range(said.start, said.end + 1))
    held = before | frames if holds else before - frames
    if held == before and (track.facts.contacts is not None or not holds):
        return None
    others = [contact for contact in contacts if contact.limb is not limb]
    on = {frame: c.wall for c in contacts if c.limb is limb and c.wall for frame in (c.start, c.end)}
    mine = [Contact(limb, start, end, on.get(start, on.get(end, ""))) for start, end in _stretches(sorted(held))]
    name = limb.value.replace("_", " ")
    facts = replace(track.facts, contacts=(*others, *mine))
    title = f"{name[0].upper()}{name[1:]} {'holds' if holds else 'lets go'}"
    return SetFacts(track.id, facts, tuple(sorted(frames)), title)


def state_climber(track: Track, climber: Climber) -> SetFacts | None:
    """Say how tall, wide and heavy the climber is; None where that is known."""
    if climber == track.facts.climber:
        return None
    return SetFacts(track.id, replace(track.facts, climber=climber), title="State size of climber")


def state_wall_angle(track: Track, angle_deg: float | None) -> SetFacts | None:
    """Say by how much the wall overhangs, in the place of where it stands; None where that is known.

    Raises
    ------
    BetascopeError
        If no wall is like that.
    """
    if angle_deg is not None:
        inclined(angle_deg)
    facts = replace(track.facts, wall_angle_deg=angle_deg, walls=())
    if facts == track.facts or (angle_deg is None and track.facts.wall_angle_deg is None):
        return None
    return SetFacts(track.id, facts, title="State inclination of wall")


def forget_wall(track: Track) -> SetFacts | None:
    """Take back what was said about the wall, so that it is found; None where nothing was."""
    facts = replace(track.facts, walls=(), wall_angle_deg=None)
    return None if facts == track.facts else SetFacts(track.id, facts, title="Have the wall found")


def state_sides(track: Track, stretch: RightSides) -> SetFacts:
    """Say that left and right are right as predicted in a stretch, so that no fit exchanges them."""
    facts = replace(track.facts, sides=(*track.facts.sides, stretch))
    return SetFacts(track.id, facts, tuple(range(stretch.start, stretch.end + 1)), title="Left and right are right")


def turn_around(track: Track, frame: int, *, left_hip_farther: bool) -> SetFacts | None:
    """Say which hip is farther away, the other way round than the body has it: the fit turns it around."""
    return state_depth(track, frame, "left_hip", Order.NEARER if left_hip_farther else Order.FARTHER)


def _contacts(track: Track, found: tuple[Contact, ...]) -> tuple[Contact, ...]:
    """Return the contacts that are stated, else those that were found."""
    if track.facts.contacts is not None:
        return track.facts.contacts
    return tuple(replace(contact, wall="") for contact in found)  # that was the nearest plane, and stays so


def _held(contacts: tuple[Contact, ...], limb: Limb) -> set[int]:
    """Return the frames in which a hand or foot holds."""
    return {frame for c in contacts if c.limb is limb for frame in range(c.start, c.end + 1)}


def _stretches(frames: list[int]) -> list[tuple[int, int]]:
    """Return first and last of the runs of consecutive frames."""
    result: list[tuple[int, int]] = []
    for frame in frames:
        if result and frame == result[-1][1] + 1:
            result[-1] = result[-1][0], frame
        else:
            result.append((frame, frame))
    return result
