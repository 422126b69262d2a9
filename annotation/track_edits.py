"""Edits of what is said about a track beside its labels: interpolation, review state, events, looks, doubts."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from annotation.edits import Change, ChangeKind
from annotation.known_facts import Facts
from annotation.labels import Doubt, Event, Interpolation

if TYPE_CHECKING:
    from annotation.contents import Contents


@dataclass(frozen=True)
class SetInterpolation:
    """Change how a track is interpolated where no span says otherwise."""

    track_id: str
    interpolation: Interpolation
    title: str = "Change interpolation"

    def apply(self, project: "Contents") -> "SetInterpolation":
        """Change the interpolation."""
        before = project.unlocked_track(self.track_id).interpolation
        project.store_interpolation(self.track_id, self.interpolation)
        return SetInterpolation(self.track_id, before, self.title)

    def change(self, project: "Contents") -> Change:
        """Say which track is touched."""
        return Change(ChangeKind.LABELS, project.track(self.track_id).clip_id, self.track_id)


@dataclass(frozen=True)
class SetReviewed:
    """Mark frames of a track as reviewed, or as not."""

    track_id: str
    frames: tuple[int, ...]
    reviewed: bool = True
    title: str = "Mark as reviewed"

    def apply(self, project: "Contents") -> "SetReviewed":
        """Change the state of those frames that have the other one."""
        before = project.track(self.track_id).reviewed
        changed = tuple(frame for frame in self.frames if (frame in before) is not self.reviewed)
        project.store_reviewed(self.track_id, changed, reviewed=self.reviewed)
        return SetReviewed(self.track_id, changed, not self.reviewed, self.title)

    def change(self, project: "Contents") -> Change:
        """Say which frames are touched."""
        return Change(ChangeKind.REVIEW, project.track(self.track_id).clip_id, self.track_id, self.frames)


@dataclass(frozen=True)
class SetEvents:
    """Replace the events of a track."""

    track_id: str
    events: tuple[Event, ...]
    title: str = "Change events"

    def apply(self, project: "Contents") -> "SetEvents":
        """Change the events."""
        before = project.track(self.track_id).events
        project.store_events(self.track_id, self.events)
        return SetEvents(self.track_id, before, self.title)

    def change(self, project: "Contents") -> Change:
        """Say which track is touched."""
        return Change(ChangeKind.REVIEW, project.track(self.track_id).clip_id, self.track_id)


@dataclass(frozen=True)
class SetFacts:
    """Replace what is known of a climb besides its points; `frames` are those it is about."""

    track_id: str
    facts: Facts
    frames: tuple[int, ...] = ()
    title: str = "State facts"

    def apply(self, project: "Contents") -> "SetFacts":
        """Change the facts."""
        before = project.unlocked_track(self.track_id).facts
        project.store_facts(self.track_id, self.facts)
        return SetFacts(self.track_id, before, self.frames, self.title)

    def change(self, project: "Contents") -> Change:
        """Say which frames are touched."""
        return Change(ChangeKind.FACTS, project.track(self.track_id).clip_id, self.track_id, self.frames)


@dataclass(frozen=True)
class SetTrackLook:
    """Change the colour of a track, and whether it is locked or hidden."""

    track_id: str
    color: str | None
    locked: bool
    hidden: bool
    title: str = "Change climber"

    def apply(self, project: "Contents") -> "SetTrackLook":
        """Change the look."""
        track = project.track(self.track_id)
        before = SetTrackLook(self.track_id, track.color, track.locked, track.hidden, self.title)
        project.store_look(self.track_id, color=self.color, locked=self.locked, hidden=self.hidden)
        return before

    def change(self, project: "Contents") -> Change:
        """Say which track is touched."""
        return Change(ChangeKind.TRACKS, project.track(self.track_id).clip_id, self.track_id)


@dataclass(frozen=True)
class DismissDoubts:
    """Put doubts aside, or take them up again."""

    track_id: str
    doubts: frozenset[Doubt]
    dismissed: bool = True
    title: str = "Dismiss doubt"

    def apply(self, project: "Contents") -> "DismissDoubts":
        """Change the state of those doubts that have the other one."""
        before = project.track(self.track_id).dismissed
        changed = frozenset(doubt for doubt in self.doubts if (doubt in before) is not self.dismissed)
        project.store_dismissed(self.track_id, changed, dismissed=self.dismissed)
        return DismissDoubts(self.track_id, changed, not self.dismissed, self.title)

    def change(self, project: "Contents") -> Change:
        """Say which frames are touched."""
        frames = tuple(sorted({frame for _, frame, _ in self.doubts}))
        return Change(ChangeKind.REVIEW, project.track(self.track_id).clip_id, self.track_id, frames)
