"""What a person wishes about keyframes over a stretch of frames, as edits. Pure: a track and what it amounts to in.

Each function returns None where there is nothing to do. Frames are a `FrameRange`, both ends included; ``joints`` None
means the whole body. What is shown (resolved) becomes a label where it is; joints that are nowhere are left alone.
"""

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from annotation.edits import Edit, SetLabels, SetSpans
from annotation.interpolation import Interpolation
from annotation.labels import LabelPatch, ResolvedTrack, Source, Span, Track, Visibility
from annotation.skeletons import Skeleton, conversion, load_skeleton, mirrored_name
from annotation.splicing import FrameRange, labels_in

SURE = 0.8
"""Confidence from which a prediction is taken as a label unless a person says otherwise."""
Indices = NDArray[np.intp]
Joints = Collection[int] | None
_WAYS = {
    Interpolation.LINEAR: "straight",
    Interpolation.CUBIC: "smoothly",
    Interpolation.PREDICTION: "along the prediction",
    Interpolation.HOLD: "by holding",
}


def accept_sure(
    track: Track, resolved: ResolvedTrack, frames: FrameRange, *, confidence: float = SURE, joints: Joints = None
) -> Edit | None:
    """Make labels of the predictions that are at least as sure as asked."""
    part = slice(frames.start, frames.end + 1)
    sure = (resolved.source[part] == Source.PREDICTED) & (resolved.confidence[part] >= confidence)
    rows, columns = np.nonzero(sure & _mask(joints, len(resolved.skeleton)))
    title = f"Accept predictions, {100 * confidence:.0f} % or surer, {words_of(frames)}"
    return _set(track, _shown(resolved, rows + frames.start, joints=columns), title=title)


def delete_labels(track: Track, frames: FrameRange, *, joints: Joints = None) -> Edit | None:
    """Take labels back, so that prediction or interpolation shows again."""
    there = _labels_in(track, frames, joints=joints)
    return _set(track, there.removing(), title=f"Remove labels, {words_of(frames)}")


# --- poses -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class CopiedPose:
    """A pose to paste: the joints that were somewhere, or said to be absent, in one frame.

    Attributes
    ----------
    skeleton : str
    joints : (N,) intp array
    xy : (N, 2) float32 array
        Pixels; 0 where absent.
    codes : (N,) uint8 array
        Visibility plus one.
    """

    skeleton: str
    joints: Indices
    xy: NDArray[np.float32]
    codes: NDArray[np.uint8]

    def converted(self, target: str) -> "CopiedPose":
        """Return the same pose in another skeleton, by joint name."""
        if target == self.skeleton:
            return self
        index = conversion(load_skeleton(self.skeleton), load_skeleton(target))
        pairs = [(new, np.flatnonzero(self.joints == old)) for new, old in enumerate(index) if old >= 0]
        found = [(new, int(at[0])) for new, at in pairs if len(at)]
        joints, rows = (np.array(column, np.intp) for column in zip(*found, strict=True)) if found else (_NONE, _NONE)
        return CopiedPose(target, joints, self.xy[rows], self.codes[rows])

    def mirrored(self) -> "CopiedPose":
        """Return the pose as in a mirror: left and right exchanged, flipped about the vertical through the pelvis."""
        skeleton = load_skeleton(self.skeleton)
        there = self.codes != Visibility.ABSENT + 1
        xy = self.xy.copy()
        if there.any():
            xy[there, 0] = 2 * self._pelvis_x(skeleton, there) - xy[there, 0]
        return CopiedPose(self.skeleton, skeleton.mirror[self.joints], xy, self.codes)

    def _pelvis_x(self, skeleton: Skeleton, there: NDArray[np.bool_]) -> float:
        """Return the middle of the hips; without them, that of the pose."""
        hips = [skeleton.find(name) for name in ("left_hip", "right_hip")]
        at = there & np.isin(self.joints, [hip for hip in hips if hip is not None])
        if at.sum() == 2:
            return float(self.xy[at, 0].mean())
        return float((self.xy[there, 0].min() + self.xy[there, 0].max()) / 2)


_NONE = np.zeros(0, np.intp)


def copy_pose(resolved: ResolvedTrack, *, frame: int, joints: Joints = None) -> CopiedPose | None:
    """Remember what is shown in a frame."""
    columns = np.flatnonzero(_mask(joints, len(resolved.skeleton)))
    patch = _shown(resolved, np.full(len(columns), frame), joints=columns)
    return CopiedPose(resolved.skeleton.name, patch.joints, patch.xy, patch.codes) if len(patch) else None


def paste_pose(track: Track, pose: CopiedPose, *, frame: int, title: str = "Paste pose") -> Edit | None:
    """Label a frame with a pose."""
    return _set(track, _posed(track, pose, frames=np.array([frame])), title=f"{title} at frame {frame}")


def propagate_pose(
    track: Track, resolved: ResolvedTrack, *, frames: FrameRange, frame: int, joints: Joints = None
) -> Edit | None:
    """Label a range with the pose of one frame, a stride apart, and its last frame."""
    pose = copy_pose(resolved, frame=frame, joints=joints)
    if pose is None:
        return None
    targets = _strided(frames, track.stride)
    return _set(
        track, _posed(track, pose, frames=targets), title=f"Propagate pose of frame {frame}, {words_of(frames)}"
    )


def hold(track: Track, resolved: ResolvedTrack, frames: FrameRange, *, joints: Joints = None) -> Edit | None:
    """Let joints stay from the first to the last frame of a range where they are in its first one.

    What was labelled in between goes. The labels are a stride apart, or in every frame where what lies between would
    follow the prediction.
    """
    pose = copy_pose(resolved, frame=frames.start, joints=joints)
    if pose is None:
        return None
    step = 1 if _along_prediction(track, frames) else track.stride
    held = _posed(track, pose, frames=_strided(frames, step))
    gone = _labels_in(track, frames, joints=pose.joints.tolist()).removing()
    return _set(track, gone.then(held), title=f"Hold, {words_of(frames)}")


# --- sides and ways ----------------------------------------------------------------------------------------------


def swap_sides(track: Track, resolved: ResolvedTrack, frames: FrameRange, *, joints: Joints = None) -> Edit | None:
    """Exchange left and right over a range: of the whole body, or of the pairs that some joints belong to.

    Labels and predictions change sides as labels; what was interpolated follows them.
    """
    mirror = resolved.skeleton.mirror
    paired = mirror != np.arange(len(mirror))
    if joints is not None:
        paired &= _mask({*joints, *mirror[[*joints]].tolist()}, len(mirror))
    columns = np.flatnonzero(paired)
    source = resolved.source[frames.start : frames.end + 1, columns]
    follows = _between_labels(source) & (source == Source.INTERPOLATED)
    follows &= follows[:, np.searchsorted(columns, mirror[columns])]
    if _along_prediction(track, frames):
        follows[:] = False
    rows, at = np.nonzero((source != Source.MISSING) & ~follows)
    swapped = _shown(resolved, rows + frames.start, joints=columns[at])
    swapped = swapped.with_joints(mirror[swapped.joints])
    gone = _labels_in(track, frames, joints=columns.tolist()).removing()
    names = {mirrored_name(resolved.skeleton.joints[j]).split("_", 1)[1].replace("_", " ") for j in columns.tolist()}
    what = "left and right" if joints is None or len(names) != 1 else f"left and right {names.pop()}"
    return _set(track, gone.then(swapped), title=f"Swap {what}, {words_of(frames)}")


def set_interpolation(track: Track, frames: FrameRange, *, kind: Interpolation | None) -> Edit | None:
    """Interpolate in one way between all labels of a range; None: only where labels are a stride apart."""
    kept: list[Span] = []
    for span in track.spans:
        if span.end <= frames.start or frames.end <= span.start:
            kept.append(span)
            continue
        ends = [(span.start, min(span.end, frames.start)), (max(span.start, frames.end), span.end)]
        kept += [Span(start, end, span.interpolation) for start, end in ends if start < end]
    spans = (*kept, *([] if kind is None else [Span(frames.start, frames.end, kind)]))
    if spans == track.spans or frames.start == frames.end:
        return None
    how = "Do not interpolate across large gaps" if kind is None else f"Interpolate {_WAYS[kind]}"
    return SetSpans(track.id, spans, f"{how}, {words_of(frames)}")


def words_of(frames: FrameRange) -> str:
    """Return a range for people."""
    if frames.start == frames.end:
        return f"frame {frames.start}"
    return f"frames {frames.start} to {frames.end}"


# --- arrays ------------------------------------------------------------------------------------------------------


def _mask(joints: Joints, n_joints: int) -> NDArray[np.bool_]:
    mask = np.full(n_joints, joints is None)
    if joints is not None:
        mask[[*joints]] = True
    return mask


def _along_prediction(track: Track, frames: FrameRange) -> bool:
    """Tell whether what lies between labels may follow the prediction somewhere in a range."""
    return track.interpolation is Interpolation.PREDICTION or any(
        span.interpolation is Interpolation.PREDICTION and span.start <= frames.end and frames.start <= span.end
        for span in track.spans
    )


def _strided(frames: FrameRange, step: int) -> Indices:
    return np.unique([*range(frames.start, frames.end + 1, step), frames.end])


def _shown(resolved: ResolvedTrack, frames: Indices, *, joints: Indices) -> LabelPatch:
    """Return what is shown as labels: where it is, or absent where a person or what lies between says so."""
    xy, source = resolved.xy[frames, joints], resolved.source[frames, joints]
    there: NDArray[np.bool_] = ~np.isnan(xy[:, 0])
    said = there | (source >= Source.INTERPOLATED)
    visibility = np.where(there, resolved.visibility[frames, joints], np.uint8(Visibility.ABSENT))
    patch = LabelPatch(
        frames.astype(np.intp),
        joints.astype(np.intp),
        np.where(there[:, None], xy, 0).astype(np.float32),
        (visibility + 1).astype(np.uint8),
        np.zeros(len(frames), np.int32),
    )
    return patch.only(said)


def _posed(track: Track, pose: CopiedPose, *, frames: Indices) -> LabelPatch:
    pose = pose.converted(track.skeleton)
    n, k = len(frames), len(pose.joints)
    return LabelPatch(
        np.repeat(frames, k).astype(np.intp),
        np.tile(pose.joints, n),
        np.tile(pose.xy, (n, 1)),
        np.tile(pose.codes, n),
        np.zeros(n * k, np.int32),
    )


def _labels_in(track: Track, frames: FrameRange, *, joints: Joints) -> LabelPatch:
    patch = labels_in(track, frames)
    return patch.only(_mask(joints, track.table.n_joints)[patch.joints])


def _between_labels(source: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Return where a label of the same joint stands before and one after, within these frames (T, K)."""
    labelled = np.asarray(source == Source.LABELLED, bool)
    before = np.maximum.accumulate(labelled, axis=0)
    after = np.maximum.accumulate(labelled[::-1], axis=0)[::-1]
    return np.asarray(before & after, bool)


def _set(track: Track, patch: LabelPatch, *, title: str) -> Edit | None:
    """Return the edit for a patch; None where it would change nothing."""
    before = track.table.take(patch.frames, patch.joints)
    changed = (before.codes != patch.codes) | (before.xy != patch.xy).any(axis=-1)
    return SetLabels(track.id, patch.only(changed), title) if changed.any() else None
