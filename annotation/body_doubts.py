"""Doubts about a fitted body: sides the fit exchanged, front and back exchanged, labels it cannot reach."""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from annotation.body import Body, rotation_matrices
from annotation.doubt import Doubt, DoubtKind
from annotation.fit_details import FitDetails
from annotation.labels import Keypoints2D, ResolvedTrack, Source
from annotation.poses import MeshSequence
from annotation.side_swaps import side_groups
from annotation.skeletons import Skeleton, joint_title

REACH_PX = 4.0
"""A label farther off the body than this, at a picture 1080 wide, is one it cannot obey."""
_JOIN_FRAMES = 2
_SAME_PX = 0.01
_LONGEST_FLIP_S = 2.0
"""A climber may turn around to rest, but not for a moment."""
_FACES, _TURNED = 0.2, -0.2
"""Cosines of the angle between chest and wall: facing it, and turned away from it."""


def find_body_doubts(
    mesh: MeshSequence,
    details: FitDetails | None,
    *,
    skeleton: Skeleton,
    fps: float,
    off_px: NDArray[np.floating] | None = None,
) -> list[Doubt]:
    """Return what deserves a look about a fitted body, in the order of time.

    `off_px` (T, K) is how far it stays off what was labelled (`off_labels_px`), where it was fitted to that.
    """
    doubts = [] if details is None else list(_repairs(details, skeleton))
    doubts += _flips(mesh, skeleton, fps=fps)
    if off_px is not None:
        doubts += _out_of_reach(off_px, skeleton, limit_px=REACH_PX * min(mesh.camera.size_px) / 1080)
    return sorted(doubts, key=lambda doubt: doubt.start)


def off_labels_px(
    mesh: MeshSequence, body: Body, *, resolved: ResolvedTrack, predictions: Keypoints2D | None = None
) -> NDArray[np.float32]:
    """Return how far a body is off the labels (T, K), pixels; NaN where there are none.

    Labels that are the `predictions` beneath them, accepted as they were, are left out: nobody placed them.
    """
    result = np.full(resolved.source.shape, np.nan, np.float32)
    labelled = (resolved.source == Source.LABELLED) & mesh.valid[:, None]
    if predictions is not None:
        labelled &= ~_accepted(resolved, predictions.converted(resolved.skeleton.name))
    frames = np.flatnonzero(labelled.any(axis=1))
    if len(frames):
        rig = body.keypoint_rig(resolved.skeleton.name)
        points = body.keypoints(rig, mesh.betas, mesh.pose[frames], transl=mesh.transl[frames])
        off = np.linalg.norm(mesh.camera.project(points) - resolved.xy[frames], axis=-1)
        result[frames] = np.where(labelled[frames], off, np.nan)
    return result


def _accepted(resolved: ResolvedTrack, predictions: Keypoints2D) -> NDArray[np.bool_]:
    """Return which points (T, K) lie on their predictions to a hair, as no hand places them."""
    result, n = np.zeros(resolved.source.shape, bool), min(len(resolved), len(predictions.xy))
    result[:n] = np.abs(resolved.xy[:n] - predictions.xy[:n]).max(axis=-1) < _SAME_PX
    return result


def _out_of_reach(off_px: NDArray[np.floating], skeleton: Skeleton, *, limit_px: float) -> Iterator[Doubt]:
    off_px = np.nan_to_num(off_px)
    for joint, column in enumerate(off_px.T):
        for start, end in _stretches(np.flatnonzero(column > limit_px)):
            worst = start + int(np.argmax(column[start : end + 1]))
            title = joint_title(skeleton.joints[joint])
            text = f"{title}: body {column[worst]:.0f} px off its label"
            yield Doubt(DoubtKind.OUT_OF_REACH, start, end, worst, (joint,), float(column[worst] / limit_px), text)


def without_twins(doubts: Sequence[Doubt]) -> list[Doubt]:
    """Return doubts in which a swap that the fit repaired does not come a second time, as one of the points."""
    repaired = [doubt for doubt in doubts if doubt.kind is DoubtKind.FIT_SWAP]

    def is_twin(doubt: Doubt) -> bool:
        return doubt.kind is DoubtKind.SWAP and any(
            doubt.start <= other.end and other.start <= doubt.end and set(doubt.joints) & set(other.joints)
            for other in repaired
        )

    return [doubt for doubt in doubts if not is_twin(doubt)]


def _repairs(details: FitDetails, skeleton: Skeleton) -> Iterator[Doubt]:
    arms, legs = side_groups(skeleton)
    for swapped, group, what in (
        (details.swapped_arms, arms, "arms and torso"),
        (details.swapped_legs, legs, "legs"),
    ):
        for start, end in _stretches(np.flatnonzero(swapped)):
            count = end - start + 1
            frames = "1 frame" if count == 1 else f"{count} frames"
            text = f"the fit exchanged left and right of {what} for {frames}"
            joints = tuple(int(joint) for joint in group)
            yield Doubt(DoubtKind.FIT_SWAP, start, end, start, joints, 1.0 + min(count / 10, 2.0), text)


def _flips(mesh: MeshSequence, skeleton: Skeleton, *, fps: float) -> Iterator[Doubt]:
    """Yield short stretches in which the chest is turned away from the wall, though mostly it faces it."""
    hips = tuple(joint for name in ("left_hip", "right_hip") if (joint := skeleton.find(name)) is not None)
    if len(mesh) < 3 or not mesh.valid.any() or len(hips) < 2:
        return
    facing = _facing(mesh)
    if np.median(facing[mesh.valid]) < _FACES:
        return
    for start, end in _stretches(np.flatnonzero(mesh.valid & (facing < _TURNED))):
        if end - start + 1 <= _LONGEST_FLIP_S * fps:
            worst = start + int(np.argmin(facing[start : end + 1]))
            text = "the chest is turned away from the wall: front and back may be exchanged"
            yield Doubt(DoubtKind.FLIP, start, end, worst, hips, 1.0 - float(facing[worst]), text)


def _facing(mesh: MeshSequence) -> NDArray[np.float64]:
    """Return the cosine (T,) of the angle between the chest and the way to the wall, or away from the camera."""
    into = np.array([0.0, 0.0, 1.0]) if mesh.wall is None else -np.array(mesh.wall.normal)
    if len(mesh.walls) > 1:  # on the way from one plane to another the chest may look between them
        into = -np.array([wall.normal for wall in mesh.walls]).sum(axis=0)
        into /= max(float(np.linalg.norm(into)), 1e-9)
    chest = rotation_matrices(mesh.global_orient.astype(np.float64))[..., 2]
    if mesh.view_turns is not None and mesh.wall is not None:
        return np.asarray(np.einsum("ti,tij,j->t", chest, mesh.view_turns.astype(np.float64), into))
    return np.asarray(chest @ into)


def _stretches(frames: NDArray[np.intp]) -> Iterator[tuple[int, int]]:
    """Yield first and last of the runs of frames that are next to each other, or nearly."""
    if len(frames):
        for run in np.split(frames, np.flatnonzero(np.diff(frames) > _JOIN_FRAMES) + 1):
            yield int(run[0]), int(run[-1])
