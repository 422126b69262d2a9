"""What a person's wishes about joints mean as edits. Pure: a track and what it amounts to in, an edit out."""

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from annotation.edits import Edit, SetLabels, SetSpans
from annotation.labels import ABSENT, Label, LabelKey, ResolvedTrack, Source, Span, Track, Visibility
from app.posing import joints_words, position


def accept_pose(track: Track, resolved: ResolvedTrack, *, frame: int) -> Edit | None:
    """Make a keyframe of what is shown: every joint that is not labelled yet becomes a label where it is."""
    labels: dict[LabelKey, Label | None] = {}
    for joint in range(len(resolved.skeleton)):
        if resolved.source[frame, joint] == Source.LABELLED:
            continue
        point = position(resolved, frame=frame, joint=joint)
        visibility = Visibility(int(resolved.visibility[frame, joint]))
        if point is not None:
            labels[frame, joint] = Label(point, visibility)
        elif resolved.source[frame, joint] == Source.INTERPOLATED:
            labels[frame, joint] = ABSENT
    return SetLabels(track.id, labels, f"Keyframe at frame {frame}") if labels else None


def remove_labels(track: Track, *, frame: int, joints: Iterable[int] | None = None) -> Edit | None:
    """Take labels of a frame back, so that prediction or interpolation shows again; all joints without `joints`."""
    wanted = None if joints is None else set(joints)
    here = track.table.patch(start=frame, stop=frame + 1)
    keys = [key for key in here if wanted is None or key[1] in wanted]
    if not keys:
        return None
    what = f"keyframe {frame}" if wanted is None else f"label of {joints_words(track, {joint for _, joint in keys})}"
    return SetLabels(track.id, dict.fromkeys(keys), f"Remove {what}")


def interpolate_here(track: Track, *, frame: int) -> Edit | None:
    """Interpolate between the keyframes around a frame, however far apart; a second time takes it back."""
    keyframes = track.table.keyframes()
    after = int(np.searchsorted(keyframes, frame, side="right"))
    if not 0 < after < len(keyframes):
        return None
    span = Span(int(keyframes[after - 1]), int(keyframes[after]))
    if span in track.spans:
        return SetSpans(track.id, tuple(other for other in track.spans if other != span), "Do not interpolate here")
    return SetSpans(track.id, (*track.spans, span), "Interpolate between keyframes")


def neighbour(frames: Sequence[int] | NDArray[np.intp], frame: int, *, direction: int) -> int | None:
    """Return the nearest of some ascending frames before (-1) or after (1) a frame."""
    if direction < 0:
        place = int(np.searchsorted(frames, frame)) - 1
        return int(frames[place]) if place >= 0 else None
    place = int(np.searchsorted(frames, frame, side="right"))
    return int(frames[place]) if place < len(frames) else None
