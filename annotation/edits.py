"""Edits: the only way a project changes. Each is a value with ids only, and applying it returns its inverse."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from annotation.clip import Clip
from annotation.errors import ProjectError
from annotation.labels import Label, LabelKey, LabelPatch, RunKind, Span, Track, frames_of

if TYPE_CHECKING:
    from annotation.contents import Contents


class ChangeKind(Enum):
    """What part of the project an edit touched."""

    CLIPS = "clips"
    TRACKS = "tracks"
    LABELS = "labels"
    RUN = "run"
    REVIEW = "review"
    """Review state, events, dismissed doubts: nothing that moves a point."""
    FACTS = "facts"
    """Size, wall, contacts, depths: what moves the body and no point."""


@dataclass(frozen=True)
class Change:
    """Says what an edit touched, so that views refresh only that and undo can show it."""

    kind: ChangeKind
    clip_id: str | None = None
    track_id: str | None = None
    frames: tuple[int, ...] = ()


class Edit(Protocol):
    """A change of the project as a value."""

    @property
    def title(self) -> str:
        """What a person did, for the Edit menu and the history."""

    def apply(self, project: "Contents") -> "Edit":
        """Change the project and return the edit that undoes it."""

    def change(self, project: "Contents") -> Change:
        """Say what the edit touches."""


@dataclass(frozen=True)
class SetLabels:
    """Set or remove (None) labels of a track; covers moving, marking, deleting, keyframing and pasting."""

    track_id: str
    labels: Mapping[LabelKey, Label | None]
    title: str = "Label"

    def apply(self, project: "Contents") -> "SetLabels":
        """Change the labels."""
        patch = LabelPatch.of(self.labels)
        before = project.unlocked_track(self.track_id).table.take(patch.frames, patch.joints)
        project.store_labels(self.track_id, patch)
        return SetLabels(self.track_id, before, self.title)

    def change(self, project: "Contents") -> Change:
        """Say which frames are touched."""
        clip_id = project.track(self.track_id).clip_id
        return Change(ChangeKind.LABELS, clip_id, self.track_id, frames_of(self.labels))


@dataclass(frozen=True)
class SetSpans:
    """Replace the spans of a track."""

    track_id: str
    spans: tuple[Span, ...]
    title: str = "Interpolate range"

    def apply(self, project: "Contents") -> "SetSpans":
        """Change the spans."""
        before = project.unlocked_track(self.track_id).spans
        project.store_spans(self.track_id, self.spans)
        return SetSpans(self.track_id, before, self.title)

    def change(self, project: "Contents") -> Change:
        """Say where the new spans begin."""
        clip_id = project.track(self.track_id).clip_id
        return Change(ChangeKind.LABELS, clip_id, self.track_id, tuple(span.start for span in self.spans[:1]))


@dataclass(frozen=True)
class SetStride:
    """Change how far apart a track's keyframes are meant to be."""

    track_id: str
    stride: int
    title: str = "Change stride"

    def apply(self, project: "Contents") -> "SetStride":
        """Change the stride."""
        before = project.unlocked_track(self.track_id).stride
        project.store_stride(self.track_id, self.stride)
        return SetStride(self.track_id, before, self.title)

    def change(self, project: "Contents") -> Change:
        """Say which track is touched."""
        return Change(ChangeKind.LABELS, project.track(self.track_id).clip_id, self.track_id)


@dataclass(frozen=True)
class UseRun:
    """Let a track show another run, or none; what people labelled stays as it is."""

    track_id: str
    kind: RunKind
    run_id: str | None
    title: str = "Use run"

    def apply(self, project: "Contents") -> "UseRun":
        """Change the active run."""
        before = project.unlocked_track(self.track_id).active_runs.get(self.kind)
        if self.run_id is not None:
            project.run(self.run_id)
        project.store_active_run(self.track_id, kind=self.kind, run_id=self.run_id)
        return UseRun(self.track_id, self.kind, before, self.title)

    def change(self, project: "Contents") -> Change:
        """Say which track is touched."""
        return Change(ChangeKind.RUN, project.track(self.track_id).clip_id, self.track_id)


@dataclass(frozen=True)
class AddTrack:
    """Add a climber to a clip, with everything the track holds."""

    track: Track
    title: str = "Add climber"

    def apply(self, project: "Contents") -> "RemoveTrack":
        """Add the track."""
        project.clip(self.track.clip_id)
        project.store_track(self.track)
        return RemoveTrack(self.track.id, self.title)

    def change(self, project: "Contents") -> Change:
        """Say which track appears."""
        return Change(ChangeKind.TRACKS, self.track.clip_id, self.track.id)


@dataclass(frozen=True)
class RemoveTrack:
    """Remove a climber with all labels."""

    track_id: str
    title: str = "Remove climber"

    def apply(self, project: "Contents") -> AddTrack:
        """Remove the track."""
        track = project.unlocked_track(self.track_id)
        project.remove_track(self.track_id)
        return AddTrack(track, self.title)

    def change(self, project: "Contents") -> Change:
        """Say which clip loses a track."""
        track = project.tracks.get(self.track_id)
        return Change(ChangeKind.TRACKS, track.clip_id if track else None)


@dataclass(frozen=True)
class RenameTrack:
    """Give a climber another name."""

    track_id: str
    name: str
    title: str = "Rename climber"

    def apply(self, project: "Contents") -> "RenameTrack":
        """Change the name."""
        before = project.unlocked_track(self.track_id).name
        project.store_track_name(self.track_id, self.name)
        return RenameTrack(self.track_id, before, self.title)

    def change(self, project: "Contents") -> Change:
        """Say which track is touched."""
        return Change(ChangeKind.TRACKS, project.track(self.track_id).clip_id, self.track_id)


@dataclass(frozen=True)
class AddClip:
    """Add a video to the project."""

    clip: Clip
    title: str = "Add clip"

    def apply(self, project: "Contents") -> "RemoveClip":
        """Add the clip."""
        project.store_clip(self.clip)
        return RemoveClip(self.clip.id, self.title)

    def change(self, project: "Contents") -> Change:
        """Say which clip appears."""
        return Change(ChangeKind.CLIPS, self.clip.id)


@dataclass(frozen=True)
class RemoveClip:
    """Remove a video that has no tracks left; the file itself stays."""

    clip_id: str
    title: str = "Remove clip"

    def apply(self, project: "Contents") -> AddClip:
        """Remove the clip."""
        clip = project.clip(self.clip_id)
        if any(track.clip_id == self.clip_id for track in project.tracks.values()):
            raise ProjectError(f"{clip.path.name} still has climbers. Remove them first.")
        project.remove_clip(self.clip_id)
        return AddClip(clip, self.title)

    def change(self, project: "Contents") -> Change:
        """Say that the clips changed."""
        return Change(ChangeKind.CLIPS)


@dataclass(frozen=True)
class RelinkClip:
    """Point a clip at the place its video moved to."""

    clip_id: str
    path: Path
    title: str = "Relink video"

    def apply(self, project: "Contents") -> "RelinkClip":
        """Change the path."""
        before = project.clip(self.clip_id).path
        project.store_clip_path(self.clip_id, self.path)
        return RelinkClip(self.clip_id, before, self.title)

    def change(self, project: "Contents") -> Change:
        """Say which clip is touched."""
        return Change(ChangeKind.CLIPS, self.clip_id)


@dataclass(frozen=True)
class Several:
    """Several edits as one step of undo."""

    edits: tuple[Edit, ...]
    title: str

    def apply(self, project: "Contents") -> "Several":
        """Apply all in order; the inverse undoes them backwards."""
        return Several(tuple(edit.apply(project) for edit in self.edits)[::-1], self.title)

    def change(self, project: "Contents") -> Change:
        """Say what the last edit touches: that is where a person looks; no track alone if several are touched."""
        last = self.edits[-1].change(project)
        tracks = {getattr(edit, "track_id", last.track_id) for edit in self.edits}
        return last if tracks <= {last.track_id} else replace(last, track_id=None)
