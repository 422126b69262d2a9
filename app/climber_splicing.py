"""Merging, splitting and swapping climbers: labels move as edits, predictions into derived runs."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from annotation.climber_colors import free_color
from annotation.edits import AddTrack, Edit, RemoveTrack, SetLabels, SetSpans, Several, UseRun
from annotation.errors import ProjectError
from annotation.labels import LabelTable, RunKind, Track
from annotation.project import Project, new_id
from annotation.splicing import (
    FrameRange,
    events_inside,
    found_frames,
    labelled_frames,
    labels_in,
    labels_missing_in,
    spans_inside,
    spans_outside,
    spliced,
    union_of,
)
from annotation.track_edits import DismissDoubts, SetEvents, SetReviewed
from app.derived_runs import save_derived


def merge(project: Project, track_id: str, *, other_id: str) -> Edit:
    """Make one climber of two: the other is added to the first and goes.

    Where both have a label, that of the first stays. Predictions are taken frame by frame: from whom has labels
    there, the first before the other, else from whom was found there.

    Raises
    ------
    ProjectError
        If they are of different clips or skeletons, the same, or locked.
    """
    track, other = _pair(project, track_id, other_id=other_id)
    n_frames = project.clip(track.clip_id).n_frames
    labels = labels_missing_in(track.table, other.table.patch())
    edits: list[Edit] = [RemoveTrack(other.id)]
    reviewed, doubts = other.reviewed - track.reviewed, other.dismissed - track.dismissed
    if reviewed:
        edits.append(SetReviewed(track.id, tuple(sorted(reviewed))))
    if doubts:
        edits.append(DismissDoubts(track.id, frozenset(doubts)))
    if other.events:
        edits.append(SetEvents(track.id, track.events + other.events))
    edits.append(SetSpans(track.id, union_of(track.spans, other.spans)))
    ours, theirs = labelled_frames(track, n_frames=n_frames), labelled_frames(other, n_frames=n_frames)
    found = found_frames(project.keypoints(track.id), n_frames=n_frames)
    take_other = ~ours & (theirs | ~found)
    edits += _splice(project, track, other=other, take_second=take_other, how={"operation": "merge"})
    edits.append(SetLabels(track.id, labels))
    return Several(tuple(edits), f"Merge {other.name} into {track.name}")


def split(project: Project, track_id: str, frames: FrameRange, *, name: str) -> tuple[Edit, str]:
    """Make another climber of some frames of one; return the edit and the id of the new one.

    Raises
    ------
    ProjectError
        If there is nothing in these frames, or the climber is locked.
    """
    track = project.unlocked_track(track_id)
    n_frames = project.clip(track.clip_id).n_frames
    labels, keypoints = labels_in(track, frames), project.keypoints(track_id)
    inside = frames.mask(n_frames)
    if not len(labels) and not (found_frames(keypoints, n_frames=n_frames) & inside).any():
        raise ProjectError(f"There is nothing of {track.name} from frame {frames.start} to {frames.end} to split off.")
    table = LabelTable(track.table.n_joints)
    table.apply(labels)
    part = replace(
        track,
        id=new_id(),
        name=name,
        labels=table,
        spans=spans_inside(track.spans, frames),
        active_runs={},
        reviewed={frame for frame in track.reviewed if frame in frames},
        events=events_inside(track.events, frames),
        dismissed={doubt for doubt in track.dismissed if doubt[1] in frames},
        color=free_color(project.tracks_of(track.clip_id)),
    )
    how = {"operation": "split", "frames": [frames.start, frames.end]}
    edits: list[Edit] = []
    if keypoints is not None:
        edits += _splice(project, track, other=None, take_second=inside, how=how)
        rest = save_derived(
            project,
            track.clip_id,
            keypoints=spliced(None, keypoints, take_second=inside),
            parents=[track.active_runs[RunKind.KEYPOINTS]],
            how=how,
        )
        part.active_runs[RunKind.KEYPOINTS] = rest
    edits += [
        SetLabels(track.id, labels.removing()),
        SetSpans(track.id, spans_outside(track.spans, frames)),
        SetReviewed(track.id, tuple(sorted(part.reviewed)), reviewed=False),
        SetEvents(track.id, tuple(event for event in track.events if event.frame not in frames)),
        DismissDoubts(track.id, frozenset(part.dismissed), dismissed=False),
        AddTrack(part),
    ]
    return Several(tuple(edits), f"Split {name} off {track.name}"), part.id


def swap(project: Project, track_id: str, other_id: str, frames: FrameRange) -> Edit:
    """Exchange two climbers in some frames: labels, spans, what was reviewed, and predictions.

    Raises
    ------
    ProjectError
        If they are of different clips or skeletons, the same, or locked.
    """
    track, other = _pair(project, track_id, other_id=other_id)
    inside = frames.mask(project.clip(track.clip_id).n_frames)
    how = {"operation": "swap", "frames": [frames.start, frames.end]}
    ours, theirs = labels_in(track, frames), labels_in(other, frames)
    edits = [
        *_splice(project, track, other=other, take_second=inside, how=how),
        *_splice(project, other, other=track, take_second=inside, how=how),
        SetLabels(track.id, ours.removing()),
        SetLabels(other.id, theirs.removing()),
        *_exchange(track, other, frames=frames),
        *_exchange(other, track, frames=frames),
        SetLabels(other.id, ours),
        SetLabels(track.id, theirs),
    ]
    return Several(tuple(edits), f"Swap {track.name} and {other.name}")


def _exchange(track: Track, other: Track, *, frames: FrameRange) -> list[Edit]:
    """Return the edits that give a track the spans and the review state another has in some frames."""
    spans = spans_outside(track.spans, frames) + spans_inside(other.spans, frames)
    mine, theirs = ({frame for frame in who.reviewed if frame in frames} for who in (track, other))
    doubts, others = ({doubt for doubt in who.dismissed if doubt[1] in frames} for who in (track, other))
    return [
        SetSpans(track.id, spans),
        SetReviewed(track.id, tuple(sorted(mine - theirs)), reviewed=False),
        SetReviewed(track.id, tuple(sorted(theirs - mine))),
        DismissDoubts(track.id, frozenset(doubts - others), dismissed=False),
        DismissDoubts(track.id, frozenset(others - doubts)),
    ]


def _splice(
    project: Project, track: Track, *, other: Track | None, take_second: NDArray[np.bool_], how: Mapping[str, object]
) -> list[Edit]:
    """Return the edit that lets a track show the predictions of another in some frames; of nobody without one."""
    runs = [None if who is None else who.active_runs.get(RunKind.KEYPOINTS) for who in (track, other)]
    parents = [run for run in runs if run is not None]
    if not parents or not take_second.any():
        return []
    first = project.keypoints(track.id)
    second = None if other is None else project.keypoints(other.id)
    if first is None and second is None:
        return []
    run_id = save_derived(
        project, track.clip_id, keypoints=spliced(first, second, take_second=take_second), parents=parents, how=how
    )
    return [UseRun(track.id, RunKind.KEYPOINTS, run_id)]


def _pair(project: Project, track_id: str, *, other_id: str) -> tuple[Track, Track]:
    track, other = project.unlocked_track(track_id), project.unlocked_track(other_id)
    if track is other:
        raise ProjectError("Choose two climbers; this is the same one twice.")
    if track.clip_id != other.clip_id:
        raise ProjectError(f"{track.name} and {other.name} are in different videos. Choose two of one video.")
    if track.skeleton != other.skeleton:
        raise ProjectError(
            f"{track.name} and {other.name} have different joints ({track.skeleton}, {other.skeleton}). Choose two "
            "with the same."
        )
    return track, other
