"""Moving, marking and placing joints of a pose, as edits. Pure: a track and what it amounts to in, an edit out."""

import math
from collections.abc import Collection

import numpy as np

from annotation.edits import Edit, SetLabels
from annotation.labels import ABSENT, Label, LabelKey, ResolvedTrack, Source, Track, Visibility
from annotation.pose_moves import Point, Positions
from annotation.skeleton_tree import tree_of
from annotation.skeletons import joint_title, load_skeleton

_SAME_PLACE_PX = 1e-3
_WORDS = {Visibility.VISIBLE: "visible", Visibility.OCCLUDED: "occluded", Visibility.ABSENT: "absent"}


def joints_words(track: Track, joints: Collection[int]) -> str:
    """Return what some joints are called together: "left elbow", "4 joints", "whole pose"."""
    skeleton = load_skeleton(track.skeleton)
    if len(joints) == 1:
        return joint_title(skeleton.joints[next(iter(joints))])
    return "whole pose" if len(joints) == len(skeleton) else f"{len(joints)} joints"


def move_joints(
    track: Track, resolved: ResolvedTrack, *, frame: int, positions: Positions, verb: str = "Move"
) -> Edit | None:
    """Put joints somewhere; occluded ones stay occluded. None if none of them moves.

    A joint that stays where it is, such as the one a limb is turned about, is no statement of a person.
    """
    occluded = resolved.visibility[frame] == Visibility.OCCLUDED
    before = resolved.xy[frame].tolist()
    labels: dict[LabelKey, Label | None] = {
        (frame, joint): Label(xy, Visibility.OCCLUDED if occluded[joint] else Visibility.VISIBLE)
        for joint, xy in positions.items()
        if not math.dist(before[joint], xy) < _SAME_PLACE_PX
    }
    return SetLabels(track.id, labels, f"{verb} {joints_words(track, positions)}") if labels else None


def mark_joints(
    track: Track, resolved: ResolvedTrack, *, frame: int, joints: Collection[int], visibility: Visibility
) -> Edit | None:
    """State the visibility of joints where they are now.

    A joint without a position can only be absent; None if that leaves nothing to state.
    """
    labels: dict[LabelKey, Label | None] = {}
    for joint in sorted(joints):
        point = position(resolved, frame=frame, joint=joint)
        if visibility is Visibility.ABSENT:
            labels[frame, joint] = ABSENT
        elif point is not None:
            labels[frame, joint] = Label(point, visibility)
    marked = [joint for _, joint in labels]
    title = f"{joints_words(track, marked).capitalize()} {_WORDS[visibility]}"
    return SetLabels(track.id, labels, title) if labels else None


def place_joint(track: Track, *, frame: int, joint: int, xy: Point, occluded: bool) -> Edit:
    """Put a joint where it was not."""
    label = Label(xy, Visibility.OCCLUDED if occluded else Visibility.VISIBLE)
    return SetLabels(track.id, {(frame, joint): label}, f"Place {joints_words(track, [joint])}")


def joints_to_place(resolved: ResolvedTrack, *, frame: int, selected: Collection[int]) -> list[int]:
    """Return which joints a person places next, in the order of the skeleton's tree.

    First the selected ones that are nowhere, absent ones too, then all others nobody knows anything about. Where
    nothing is missing, the selected ones once more.
    """
    order = tree_of(resolved.skeleton).order
    nowhere = np.isnan(resolved.xy[frame]).any(axis=1)
    unknown = resolved.source[frame] == Source.MISSING
    first = [joint for joint in order if joint in selected and nowhere[joint]]
    then = [joint for joint in order if unknown[joint] and joint not in first]
    return [*first, *then] or [joint for joint in order if joint in selected]


def guess(resolved: ResolvedTrack, *, frame: int, joint: int) -> Point | None:
    """Return where a joint may be: as it lies to the one it hangs on in the nearest frame that has both."""
    parent = tree_of(resolved.skeleton).parents[joint]
    xy, here = resolved.xy[:, joint], None if parent < 0 else position(resolved, frame=frame, joint=parent)
    if here is not None:
        there = _nearest(resolved.xy[:, [joint, parent]], frame=frame)
        if there is None:
            return here
        dx, dy = (resolved.xy[there, joint] - resolved.xy[there, parent]).tolist()
        return here[0] + dx, here[1] + dy
    there = _nearest(xy[:, None], frame=frame)
    return None if there is None else position(resolved, frame=there, joint=joint)


def position(resolved: ResolvedTrack, *, frame: int, joint: int) -> Point | None:
    """Return where a joint is, None if it is nowhere."""
    x, y = resolved.xy[frame, joint].tolist()
    return None if np.isnan(x) or np.isnan(y) else (x, y)


def drawn_joints(resolved: ResolvedTrack, *, frame: int) -> frozenset[int]:
    """Return the joints that have a position."""
    return frozenset(np.flatnonzero(np.isfinite(resolved.xy[frame]).all(axis=1)).tolist())


def _nearest(xy: np.ndarray, *, frame: int) -> int | None:
    """Return the frame nearest to one in which all joints (T, n, 2) have a position."""
    frames = np.flatnonzero(np.isfinite(xy).all(axis=(1, 2)))
    return int(frames[np.argmin(np.abs(frames - frame))]) if len(frames) else None
