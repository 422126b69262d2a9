"""What becomes of the wall that a file tells of: stated if somebody stated it and nothing else is stated here."""

from dataclasses import replace

from annotation.edits import Edit
from annotation.formats.known_wall import KnownWall
from annotation.labels import Track
from annotation.track_edits import SetFacts


def wall_edits(track: Track, wall: KnownWall | None, *, replaces: bool = False) -> list[Edit]:
    """Return the edit that states a wall of a file for a climber, if it is to be; else none."""
    if wall is None or not wall.stated or (_is_stated(track) and not replaces) or track.facts.walls == wall.planes:
        return []
    facts = replace(track.facts, walls=wall.planes, wall_angle_deg=None)
    return [SetFacts(track.id, facts, title="Import wall")]


def wall_note(track: Track | None, wall: KnownWall) -> str:
    """Say what becomes of a wall, for people."""
    if not wall.stated:
        return f"the wall, {wall.words}, was found by a fit: it is found here when the body is fitted"
    if track is not None and _is_stated(track) and track.facts.walls != wall.planes:
        return f"the wall, {wall.words}, takes the place of the stated one only where replacing is asked for"
    return f"the wall: {wall.words}"


def _is_stated(track: Track) -> bool:
    return bool(track.facts.walls) or track.facts.wall_angle_deg is not None
