"""Colours that tell climbers apart: none of those that mean left, right, doubt or "acts"."""

from collections.abc import Iterable

from annotation.labels import Track

CLIMBER_COLORS = {
    "green": "#4dbd5b",
    "magenta": "#d255c9",
    "yellow": "#e3c939",
    "teal": "#23b5a7",
    "red": "#e5565b",
    "violet": "#8f7be8",
    "lime": "#9bcb3c",
    "pink": "#f291b2",
}
"""Name to ``#rrggbb``, in the order in which climbers get them."""


def color_of(track: Track, tracks: Iterable[Track]) -> str:
    """Return the colour of a climber: the chosen one, else that of their place among the `tracks` of the clip."""
    if track.color is not None:
        return track.color
    place = [other.id for other in tracks].index(track.id)
    return list(CLIMBER_COLORS.values())[place % len(CLIMBER_COLORS)]


def free_color(tracks: Iterable[Track]) -> str:
    """Return a colour that none of the `tracks` of a clip has; the first again where all are taken."""
    tracks = list(tracks)
    taken = {color_of(track, tracks) for track in tracks}
    return next((color for color in CLIMBER_COLORS.values() if color not in taken), CLIMBER_COLORS["green"])
