"""Where sequences to learn from come from: made up and kept beside the training, or files and folders of others."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

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


def synthesised(
    folder: Path, *, n_climbs: int, n_views: int, seed: int, report: Callable[[int, int], None]
) -> list[PointSequence]:
    """Return made-up motion; it is kept in a folder, where the next training finds it."""
    kept = folder / f"motion-{seed}-{n_climbs}x{n_views}.npz"
    if kept.exists():
        return [PointSequence(name, xy, SKELETON, FPS) for name, xy in read_arrays(kept).items()]
    recipe = MotionRecipe(n_climbs, n_views)
    sequences = list(synthesise(recipe, seed=seed, report=report))
    folder.mkdir(parents=True, exist_ok=True)
    draft = kept.with_name(f"{kept.stem}.new.npz")
    arrays: dict[str, Any] = {sequence.name: sequence.xy for sequence in sequences}
    np.savez(draft, **arrays)
    draft.replace(kept)
    return sequences


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
