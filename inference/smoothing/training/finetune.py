"""Fine-tuning a smoother on clips a person corrected, and what it is worth on frames it has not seen."""

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from annotation.evaluation2d import Candidate, Evaluation, Figures, evaluate
from annotation.model_cards import ModelCard, SmootherKind
from annotation.skeletons import load_skeleton
from annotation.truth2d import Truth2d
from inference.smoothing.checkpoints import Checkpoint
from inference.smoothing.clip import smooth_clip
from inference.smoothing.device import device_named
from inference.smoothing.over_frames import Numerics, numerics_on
from inference.smoothing.smoothers import Smoother
from inference.smoothing.training.corrected import CorrectedClip, split_corrected
from inference.smoothing.training.data import Window, with_gap
from inference.smoothing.training.feeding import BoxOf
from inference.smoothing.training.noise import NoiseRecipe
from inference.smoothing.training.recipes import Made, Phase, Recipe, card_of, make
from inference.smoothing.training.scaling import unfold_scale
from inference.smoothing.training.schedule import FINE_TUNING, Schedule
from inference.smoothing.training.scoring import JOINT_THRESHOLD
from inference.smoothing.training.trainer import Listener

Floats = NDArray[np.float64]

_AS_FOUND_PX = 0.05
"""A label this near the prediction was accepted, not put right."""
IDENTITY, BEFORE, AFTER = "identity", "before", "after"
_NAMES = {IDENTITY: "no smoothing", BEFORE: "before fine-tuning", AFTER: "after fine-tuning"}


@dataclass(frozen=True)
class FineTuned:
    """What fine-tuning came to.

    Attributes
    ----------
    made : Made
    card : ModelCard
    held_out : Evaluation
        Of the predictions, the smoother before and after, on held-out frames; of all clips together. Only a person's
        labels count, unless there are none in these frames.
    labels, accepted : int
        A person's labels there, and how many of them are where the detector had put the joint.
    kept_out : Evaluation or None
        The same on the longest clip, of which nothing was learned, where there are at least three.
    """

    made: Made
    card: ModelCard
    held_out: Evaluation
    kept_out: Evaluation | None
    labels: int = 0
    accepted: int = 0

    def figures(self) -> dict[str, dict[str, float]]:
        """Return the figures on held-out frames: candidate -> name -> value."""
        return {key: _named(each) for key, each in self.held_out.overall.items()}

    def per_joint(self) -> dict[str, dict[str, float]]:
        """Return PCK at 0.1 on held-out frames: candidate -> joint -> value."""
        return {
            key: {joint: figures.pck[JOINT_THRESHOLD] for joint, figures in joints.items()}
            for key, joints in self.held_out.per_joint.items()
        }


def _named(figures: Figures) -> dict[str, float]:
    pck = {f"pck@{threshold:g}": value for threshold, value in figures.pck.items()}
    return {**pck, "oks": figures.oks, "acc-err": figures.acceleration}


def finetune(
    clips: Sequence[CorrectedClip],
    checkpoint: Checkpoint,
    *,
    folder: Path,
    schedule: Schedule = FINE_TUNING,
    seed: int = 0,
    command: str = "",
    listener: Listener | None = None,
    device: torch.device | None = None,
) -> FineTuned:
    """Go on training a smoother with corrected clips (Andersen 2023, chapter 6).

    Parameters
    ----------
    checkpoint : Checkpoint
        What to start from; stays as it is.
    folder : Path
        Where the training is kept from epoch to epoch.
    device : torch.device, optional
        Default: a GPU where there is one.

    Raises
    ------
    TrainingDataError
        If no frame is labelled, or too few are.
    TrainingFailed
        If the loss is no number any more.
    """
    card = checkpoint.card
    sequences = [clip.at_rate(card.fps) for clip in clips]
    split, apart = split_corrected(sequences, n_frames=card.window)
    squared = card.entry.kind is SmootherKind.HEATMAPS or schedule.squared
    phase = Phase(replace(schedule, squared=squared))
    told = {"preset": "fine-tuned", "from": card.title}
    recipe = Recipe(card.model, card.window, NoiseRecipe(), BoxOf.GIVEN, (phase,), seed=seed, told=told)
    start = deepcopy(checkpoint.model)
    unfold_scale(start)
    made = make(recipe, sequences, folder=folder, listener=listener, split=split, start=start, device=device)
    made.model.eval()
    skeleton = clips[0].given.skeleton
    new = card_of(recipe, made, skeleton=skeleton, fps=card.fps, data=f"{len(clips)} corrected clips", command=command)
    new = replace(new, options=card.options)
    smoothers = {BEFORE: checkpoint, AFTER: Checkpoint(made.model, new)}
    numerics = numerics_on(device or device_named())
    truths = [_in_windows(clip, number, split.test, fps=card.fps) for number, clip in enumerate(clips)]
    stated = [np.where(clip.stated[..., None], truth, np.nan) for clip, truth in zip(clips, truths, strict=True)]
    labels, accepted = _counted(clips, stated)
    held_out = _evaluated(clips, stated if labels else truths, smoothers, numerics)
    kept_out = None if apart is None else _evaluated([clips[apart]], [_own(clips[apart])], smoothers, numerics)
    tuned = FineTuned(made, new, held_out, kept_out, labels, accepted)
    figures = {**tuned.figures(), "labels": labels, "of them accepted as detected": accepted}
    return replace(tuned, card=replace(new, figures={**new.figures, "held-out frames": figures}))


def _in_windows(clip: CorrectedClip, number: int, windows: Sequence[Window], *, fps: float) -> Floats:
    """Return the truth of a clip (T, K, 2) in the frames of its windows, NaN in the others."""
    inside = clip.frames_in([window for window in windows if window.sequence == number], fps=fps)
    return np.where(inside[:, None, None], np.asarray(clip.truth, np.float64), np.nan)


def _own(clip: CorrectedClip) -> Floats:
    """Return a person's labels in a clip (T, K, 2); where there are none, all that is known of it."""
    truth = np.asarray(clip.truth, np.float64)
    own = np.where(clip.stated[..., None], truth, np.nan)
    return own if np.isfinite(own).any() else truth


def _counted(clips: Sequence[CorrectedClip], stated: Sequence[Floats]) -> tuple[int, int]:
    """Return how many labels there are in truths (T, K, 2), and how many are where the detector put the joint."""
    apart = [np.linalg.norm(truth - clip.given.xy, axis=-1) for clip, truth in zip(clips, stated, strict=True)]
    labels = sum(int(np.isfinite(truth).all(-1).sum()) for truth in stated)
    return labels, sum(int((each < _AS_FOUND_PX).sum()) for each in apart)


def _evaluated(
    clips: Sequence[CorrectedClip], truths: Sequence[Floats], smoothers: dict[str, Checkpoint], numerics: Numerics
) -> Evaluation:
    """Score the predictions and what smoothers make of them against truths (T, K, 2)."""
    points: dict[str, list[Floats]] = {key: [] for key in (IDENTITY, *smoothers)}
    for clip in clips:
        points[IDENTITY].append(with_gap(clip.given.xy.astype(np.float64)))
        for key, checkpoint in smoothers.items():
            smoother = Smoother(checkpoint.card.entry, checkpoint, key)
            times = clip.times_s
            found = smooth_clip(clip.given, smoother=smoother, times_s=times, strength=1.0, numerics=numerics)
            points[key].append(with_gap(found.xy.astype(np.float64)))
    extent = np.concatenate([with_gap(clip.extent) for clip in clips])
    xy = np.concatenate([with_gap(truth) for truth in truths])
    skeleton = load_skeleton(clips[0].given.skeleton)
    all_of_them = Truth2d("corrections", skeleton, xy, extent, np.asarray(np.isfinite(xy).all(-1)))
    candidates = [Candidate(key, _NAMES[key], np.concatenate(arrays)) for key, arrays in points.items()]
    return evaluate(candidates, all_of_them)
