"""Where sequences to learn from come from: made up and kept beside the training, or files and folders of others."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from annotation.arrays import read_arrays
from annotation.formats.matching import match_joints
from annotation.formats.pose_table import PoseTable
from annotation.skeletons import load_skeleton
from inference.smoothing.training.data import PointSequence, TrainingDataError
from inference.smoothing.training.folders import read_motion
from inference.smoothing.training.synthesiser import FPS, SKELETON, MotionRecipe, synthesise

_SHORTEST = 5
"""Frames of a sequence that is of any use."""
_FINENESS = 32
"""Made-up motion is kept in fractions of a pixel, 1 / so many."""


def synthesised(
    folder: Path, recipe: MotionRecipe, *, seed: int, report: Callable[[int, int], None] | None = None
) -> list[PointSequence]:
    """Return made-up motion, to 1/32 pixel; it is kept in a folder, where the next training finds it."""
    kept = folder / f"motion-{seed}-{recipe.n_climbs}x{recipe.n_views}x{recipe.seconds:g}s.npz"
    if not kept.exists():
        folder.mkdir(parents=True, exist_ok=True)
        _keep(kept, list(synthesise(recipe, seed=seed, report=report)))
    arrays = read_arrays(kept)
    starts = np.cumsum(arrays["lengths"])[:-1]
    points = (np.cumsum(arrays["steps"], axis=0, dtype=np.int32) * np.float32(1 / _FINENESS)).astype(np.float32)
    parts = np.split(points, starts)
    return [PointSequence(str(name), xy, SKELETON, FPS) for name, xy in zip(arrays["names"], parts, strict=True)]


def _keep(file: Path, sequences: list[PointSequence]) -> None:
    """Write sequences as the steps from frame to frame, which are small numbers."""
    points = np.concatenate([sequence.xy for sequence in sequences]).astype(np.float64)
    steps = np.diff(np.round(points * _FINENESS).astype(np.int32), axis=0, prepend=np.int32(0))
    draft = file.with_name(f"{file.stem}.new.npz")
    names = np.array([sequence.name for sequence in sequences])
    np.savez_compressed(draft, names=names, lengths=np.array([len(each) for each in sequences]), steps=steps)
    draft.replace(file)


def read_sequences(
    files: Sequence[Path], *, skeleton: str = SKELETON, fps: float = FPS, shortest: int = _SHORTEST
) -> list[PointSequence]:
    """Read the people of files or folders (`folders`) as sequences, by video and person; gaps in the frames cut them.

    Joints the skeleton lacks are left out, those the files lack stay unknown: they are fed as missing and cost nothing.

    Parameters
    ----------
    fps : float
        The frame rate where the files do not tell it, as COCO does not.
    shortest : int
        Frames a sequence has to have to be of use; shorter ones are left out.

    Raises
    ------
    BetascopeError
        If a file cannot be read, or nothing in them is long enough.
    """
    sequences, longest = [], 0
    for file in files:
        for table in read_motion(file):
            for sequence in _stretches(table, file.stem, skeleton=skeleton, fps=fps):
                longest = max(longest, len(sequence))
                if len(sequence) >= shortest:
                    sequences.append(sequence)
    if not sequences:
        names = ", ".join(file.name for file in files)
        raise TrainingDataError(
            f"This training looks at {shortest} frames at once, but in {names} nobody is in more than {longest} frames "
            "in a row, so there is nothing to learn from. Give longer clips, labelled in every frame, or train a model "
            "that looks at fewer frames, such as conv3d (5)."
        )
    return sequences


def _stretches(table: PoseTable, stem: str, *, skeleton: str, fps: float) -> list[PointSequence]:
    target = load_skeleton(skeleton)
    match = match_joints(table.joints, target)
    xy = np.full((len(table), len(target), 2), np.nan, np.float32)
    for joint, place in enumerate(match.targets):
        if place is not None:
            xy[:, place] = table.xy[:, joint]
    starts = np.flatnonzero(np.diff(table.frames, prepend=table.frames[:1] - 2) != 1)
    ends = [*starts[1:], len(table)]
    name = f"{stem}-{table.video.name}-{table.track}"
    return [
        PointSequence(f"{name}-view-{start}", xy[start:end], skeleton, table.video.fps or fps)
        for start, end in zip(starts, ends, strict=True)
    ]
