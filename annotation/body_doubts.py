"""Doubts about a fitted body: where the fit exchanged left and right, and where front and back may be exchanged."""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from annotation.body import rotation_matrices
from annotation.doubt import Doubt, DoubtKind
from annotation.fit_details import FitDetails
from annotation.poses import MeshSequence
from annotation.side_swaps import side_groups
from annotation.skeletons import Skeleton

_JOIN_FRAMES = 2
_LONGEST_FLIP_S = 2.0
"""A climber may turn around to rest, but not for a moment."""
_FACES, _TURNED = 0.2, -0.2
"""Cosines of the angle between chest and wall: facing it, and turned away from it."""


def find_body_doubts(mesh: MeshSequence, details: FitDetails | None, skeleton: Skeleton, *, fps: float) -> list[Doubt]:
    """Return what deserves a look about a fitted body, in the order of time."""
    doubts = [] if details is None else list(_repairs(details, skeleton))
    doubts += _flips(mesh, skeleton, fps=fps)
    return sorted(doubts, key=lambda doubt: doubt.start)


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
    chest = rotation_matrices(mesh.global_orient.astype(np.float64))[..., 2]
    if mesh.view_turns is not None and mesh.wall is not None:
        return np.asarray(np.einsum("ti,tij,j->t", chest, mesh.view_turns.astype(np.float64), into))
    return np.asarray(chest @ into)


def _stretches(frames: NDArray[np.intp]) -> Iterator[tuple[int, int]]:
    """Yield first and last of the runs of frames that are next to each other, or nearly."""
    if len(frames):
        for run in np.split(frames, np.flatnonzero(np.diff(frames) > _JOIN_FRAMES) + 1):
            yield int(run[0]), int(run[-1])
