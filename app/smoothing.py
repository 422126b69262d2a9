"""What smoothing did to a track, and the smoothers there are, as the window shows them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from annotation.clip import Clip
from annotation.edits import UseRun
from annotation.labels import Keypoints2D, RunKind, Source, Track
from annotation.model_cards import SMOOTHERS, FoundWeights, ModelCard, SmootherEntry, find_weights, smoother_entry
from annotation.project import Project
from annotation.runs import load_keypoints
from app.operations import run_summary
from app.smoother_advice import advice
from app.smoother_times import seconds_for, takes
from app.smoothing_jobs import smoothing_of, unsmoothed
from widgets.smoothing_panel import SmootherRow


@dataclass(frozen=True, eq=False)
class SmoothingDifference:
    """What smoothing changed.

    Attributes
    ----------
    before : Keypoints2D
        The predictions without smoothing, in the skeleton of the track.
    moved_px : (T,) float32 array
        By how much the joints that are still predicted were moved on average, NaN where there are none.
    largest : int
        The frame in which that is most, -1 if nothing was moved.
    """

    before: Keypoints2D
    moved_px: NDArray[np.float32]
    largest: int

    @property
    def words(self) -> str:
        """What changed, for people."""
        if self.largest < 0:
            return "Smoothing moved nothing that is not labelled."
        mean = float(np.nanmean(self.moved_px))
        most = float(self.moved_px[self.largest])
        return f"Joints were moved by {mean:.1f} px on average, by {most:.1f} px in frame {self.largest}."


def difference_work(
    project: Project, track: Track, *, below: str, known: Keypoints2D | None = None
) -> Callable[[], SmoothingDifference] | None:
    """Return what finds out what smoothing changed, which a thread may do; None where nothing is predicted.

    The points are not copied before: what was worked out while an edit wrote them is worth nothing.

    Parameters
    ----------
    below : str
        The run without smoothing (`app.smoothing_jobs.unsmoothed`).
    known : Keypoints2D, optional
        Its predictions in the skeleton of the track, where they were read before.
    """
    after = project.keypoints(track.id)
    if after is None:
        return None
    folder, source, skeleton = project.run_folder(below), project.resolved(track.id).source, track.skeleton

    def work() -> SmoothingDifference:
        before, now = known or load_keypoints(folder).converted(skeleton), after.converted(skeleton)
        n = min(len(before.xy), len(now.xy), len(source))
        apart = np.linalg.norm(now.xy[:n] - before.xy[:n], axis=-1)
        counted = np.isfinite(apart) & (source[:n] == Source.PREDICTED)
        count = counted.sum(axis=1)
        moved = np.full(len(source), np.nan, np.float32)
        moved[:n] = np.where(count > 0, np.where(counted, apart, 0).sum(axis=1) / np.maximum(count, 1), np.nan)
        any_moved = bool(np.nan_to_num(moved).any())
        return SmoothingDifference(before, moved, int(np.nanargmax(moved)) if any_moved else -1)

    return work


def without_smoothing(project: Project, track: Track) -> UseRun | None:
    """Return the edit that shows the predictions without smoothing again; None where nothing was smoothed."""
    below = unsmoothed(project, track)
    return None if below is None else UseRun(track.id, RunKind.KEYPOINTS, below, "Without smoothing")


def left_words(project: Project, run_id: str) -> str:
    """Say how many frames a model left as they were, their stretches being too short for it; nothing if none."""
    smoothed = smoothing_of(project, run_id)
    left = 0 if smoothed is None else run_summary(project, smoothed).get("summary", {}).get("left_frames", 0)
    if not isinstance(left, int) or left <= 0:
        return ""
    return f" {left:,} frames are as before: they are in stretches shorter than the frames it looks at."


def smoother_rows(folders: Sequence[Path], *, skeleton: str, clip: Clip | None = None) -> list[SmootherRow]:
    """Return what can be chosen for tracks of a skeleton: weights that were found, and what needs none.

    Parameters
    ----------
    clip : Clip, optional
        The video, by whose length it is said how long a smoother takes.
    """
    found = find_weights(folders)
    usable = [_of_weights(weights, skeleton=skeleton, clip=clip) for weights in found]
    names = {weights.card.model for weights in found if weights.card is not None}
    for entry in SMOOTHERS:
        if not entry.learned and entry.key != "identity":
            usable.append(SmootherRow(entry.key, entry.title, _summary(entry), _source(entry), entry.strength))
        elif entry.learned and entry.key not in names:
            how = "train it first (Model > Fine-tune or train a smoother)"
            problem = f"{_sentence(entry.summary)} It has no weights yet: {how}."
            usable.append(SmootherRow(entry.key, entry.title, problem=problem))
    return sorted(usable, key=lambda row: bool(row.problem))


def _of_weights(found: FoundWeights, *, skeleton: str, clip: Clip | None) -> SmootherRow:
    card = found.card
    if card is None:
        return SmootherRow(found.name, found.name, problem=found.problem)
    entry = smoother_entry(card.model)
    problem = found.problem
    if card.joints and card.skeleton != skeleton and not problem:
        problem = f"It was trained for the skeleton {card.skeleton}; this climber has {skeleton}."
    parts = [f"{card.n_parameters:,} parameters", f"windows of {card.window} frames at {card.fps:g} fps"]
    data = card.recipe.get("data")
    parts += [f"trained on {data}" if data else "", card.source, card.licence]
    details = "; ".join(part for part in parts if part)
    return SmootherRow(
        found.name,
        weights_title(found.name, card),
        _summary(entry, card),
        details,
        entry.strength,
        entry.adjustable,
        learned=True,
        takes="" if clip is None else takes(seconds_for(card, clip.timeline.times_s)),
        problem=problem,
    )


def weights_title(name: str, card: ModelCard) -> str:
    """Return what people call weights that were found under a name."""
    entry = smoother_entry(card.model)
    return entry.title if name == entry.key else f"{card.title or entry.title} ({name})"


def _source(entry: SmootherEntry) -> str:
    return "; ".join(part for part in ("Needs no training", entry.source) if part)


def _summary(entry: SmootherEntry, card: ModelCard | None = None) -> str:
    return f"{_sentence(entry.summary)} {advice(entry, card)}".strip()


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."
