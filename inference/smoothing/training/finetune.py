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
        Of the predictions, the smoother before and after, on held-out frames; of all clips together.
    kept_out : Evaluation or None
        The same on the longest clip, of which nothing was learned, where there are at least three.
    """

    made: Made
    card: ModelCard
    held_out: Evaluation
    kept_out: Evaluation | None

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
    held_out = _evaluated(clips, smoothers, [list(split.test) for _ in clips], numerics)
    kept_out = None if apart is None else _evaluated([clips[apart]], smoothers, None, numerics)
    tuned = FineTuned(made, new, held_out, kept_out)
    return replace(tuned, card=replace(new, figures={**new.figures, "held-out frames": tuned.figures()}))


def _evaluated(
    clips: Sequence[CorrectedClip],
    smoothers: dict[str, Checkpoint],
    windows: list[list[Window]] | None,
    numerics: Numerics,
) -> Evaluation:
    """Score the predictions and what smoothers make of them, in the frames of windows or in all."""
    truths: list[Floats] = []
    points: dict[str, list[Floats]] = {key: [] for key in (IDENTITY, *smoothers)}
    for number, clip in enumerate(clips):
        truth = np.asarray(clip.truth, np.float64)
        if windows is not None:
            fps = next(iter(smoothers.values())).card.fps
            mine = [window for window in windows[number] if window.sequence == number]
            truth = np.where(clip.frames_in(mine, fps=fps)[:, None, None], truth, np.nan)
        truths.append(with_gap(truth))
        points[IDENTITY].append(with_gap(clip.given.xy.astype(np.float64)))
        for key, checkpoint in smoothers.items():
            smoother = Smoother(checkpoint.card.entry, checkpoint, key)
            times = clip.times_s
            found = smooth_clip(clip.given, smoother=smoother, times_s=times, strength=1.0, numerics=numerics)
            points[key].append(with_gap(found.xy.astype(np.float64)))
    extent = np.concatenate([with_gap(clip.extent) for clip in clips])
    xy = np.concatenate(truths)
    skeleton = load_skeleton(clips[0].given.skeleton)
    all_of_them = Truth2d("corrections", skeleton, xy, extent, np.asarray(np.isfinite(xy).all(-1)))
    candidates = [Candidate(key, _NAMES[key], np.concatenate(arrays)) for key, arrays in points.items()]
    return evaluate(candidates, all_of_them)
