"""What a person's wishes about joints mean as edits. Pure: a track and what it amounts to in, an edit out."""

from collections.abc import Iterable, Sequence

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
    keys = [key for key in track.labels if key[0] == frame and (wanted is None or key[1] in wanted)]
    if not keys:
        return None
    what = f"keyframe {frame}" if wanted is None else f"label of {joints_words(track, {joint for _, joint in keys})}"
    return SetLabels(track.id, dict.fromkeys(keys), f"Remove {what}")


def swap_sides(track: Track, resolved: ResolvedTrack, *, frame: int) -> Edit | None:
    """Exchange left and right of the whole pose in a frame, as labels."""
    labels: dict[LabelKey, Label | None] = {}
    for joint, other in enumerate(resolved.skeleton.mirror):
        if joint == other:
            continue
        point = position(resolved, frame=frame, joint=int(other))
        visibility = Visibility(int(resolved.visibility[frame, other]))
        if point is not None:
            labels[frame, joint] = Label(point, visibility)
        elif resolved.source[frame, other] != Source.MISSING:
            labels[frame, joint] = ABSENT
    return SetLabels(track.id, labels, "Swap left and right") if labels else None


def interpolate_here(track: Track, *, frame: int) -> Edit | None:
    """Interpolate between the keyframes around a frame, however far apart; a second time takes it back."""
    keyframes = track.keyframes()
    before = [key for key in keyframes if key <= frame]
    after = [key for key in keyframes if key > frame]
    if not before or not after:
        return None
    span = Span(before[-1], after[0])
    if span in track.spans:
        return SetSpans(track.id, tuple(other for other in track.spans if other != span), "Do not interpolate here")
    return SetSpans(track.id, (*track.spans, span), "Interpolate between keyframes")


def neighbour(frames: Sequence[int], frame: int, *, direction: int) -> int | None:
    """Return the nearest of some ascending frames before (-1) or after (1) a frame."""
    others = [other for other in frames if (other - frame) * direction > 0]
    return min(others, key=lambda other: abs(other - frame)) if others else None
