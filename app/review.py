"""Review state and events as edits, and how far a review has come. Pure: a track in, an edit or words out."""

import numpy as np

from annotation.edits import Edit
from annotation.labels import Event, Track
from annotation.track_edits import SetEvents, SetReviewed


def mark_reviewed(track: Track, *, first: int, last: int, reviewed: bool) -> Edit | None:
    """State that a person has looked through frames, both ends included, or has not; None if that is so already."""
    frames = tuple(frame for frame in range(first, last + 1) if (frame in track.reviewed) is not reviewed)
    if not frames:
        return None
    what = f"frame {first}" if first == last else f"frames {first} to {last}"
    return SetReviewed(track.id, frames, reviewed, f"Mark {what} as {'' if reviewed else 'not '}reviewed")


def next_unreviewed(track: Track, frame: int, *, direction: int, n_frames: int) -> int | None:
    """Return the nearest frame after (1) or before (-1) a frame that nobody has looked through, going round the end."""
    open_ = np.ones(n_frames, bool)
    reviewed = np.fromiter(track.reviewed, np.intp, len(track.reviewed))
    open_[reviewed[reviewed < n_frames]] = False
    frames = np.flatnonzero(open_)
    frames = frames[frames != frame]
    if not len(frames):
        return None
    at = int(np.searchsorted(frames, frame))
    return int(frames[at % len(frames)] if direction > 0 else frames[at - 1])


def progress_words(track: Track, *, n_frames: int) -> str:
    """Return how many frames of a clip a person has confirmed: "412 of 1,800 frames confirmed"."""
    return f"{len(track.reviewed):,} of {n_frames:,} frames confirmed"


def add_event(track: Track, *, frame: int, end: int | None, text: str) -> Edit:
    """Add an event, or with an end (included) a chapter; by their first frame, longer ones first."""
    what = "event" if end is None else "chapter"
    return SetEvents(track.id, _in_order((*track.events, Event(frame, end, text))), f"Add {what} {text}")


def rename_event(track: Track, event: Event, *, text: str) -> Edit | None:
    """Give an event another name; None if it has that one, or is gone."""
    if event not in track.events or text == event.text:
        return None
    renamed = tuple(Event(old.frame, old.end, text) if old == event else old for old in track.events)
    return SetEvents(track.id, renamed, f"Rename event to {text}")


def remove_event(track: Track, event: Event) -> Edit:
    """Remove an event."""
    return SetEvents(track.id, tuple(old for old in track.events if old != event), f"Remove event {event.text}")


def event_here(track: Track, frame: int) -> Event | None:
    """Return the event at a frame, else the shortest chapter around it."""
    around = [event for event in track.events if event.covers(frame)]
    return min(around, key=lambda event: event.last - event.frame, default=None)


def _in_order(events: tuple[Event, ...]) -> tuple[Event, ...]:
    return tuple(sorted(events, key=lambda event: (event.frame, -event.last, event.text)))
