"""Training, validation and test: which frame goes where, with none in two of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from annotation.errors import ProjectError

N_BLOCKS = 12
WINDOW = 5
"""Frames of a window, as the networks that work on stretches take them."""
TRAINING_SHARE = 0.6
_FEWEST_CLIPS = 3


class Part(Enum):
    """Where a frame goes; the value stands in names of files and folders."""

    TRAIN = "train"
    VAL = "val"
    TEST = "test"
    HELD_OUT = "held-out"
    """The longest video, of which no frame is in any other part."""


class SplitRule(Enum):
    """How the parts are made."""

    CLIP = "clip"
    """Whole videos, drawn by lot: six tenths train, the rest is shared."""
    BLOCKS = "blocks"
    """The video with most frames that go out is cut into `N_BLOCKS` blocks of equal length, which go to test and
    validation in turn, the first to test; all other videos train."""
    RULE = "rule"
    """The longest video is held out; of the windows of `WINDOW` frames of the others the first six tenths train, the
    others go to validation and test in turn. The only video is not held out."""


@dataclass(frozen=True)
class Split:
    """A rule, and the seed of the lot (only `SplitRule.CLIP` draws one)."""

    rule: SplitRule
    seed: int = 0


Parts = Mapping[tuple[str, int], Part]
"""Clip id and frame -> where it goes."""


def split_frames(frames: Mapping[str, NDArray[np.int64]], n_frames: Mapping[str, int], *, split: Split) -> Parts:
    """Say where each frame goes.

    Parameters
    ----------
    frames : mapping
        Clip id -> frames that go out, ascending.
    n_frames : mapping
        Clip id -> length of the clip.

    Raises
    ------
    ProjectError
        If there are too few videos for the rule.
    """
    frames = {clip_id: chosen for clip_id, chosen in frames.items() if len(chosen)}
    if split.rule is SplitRule.CLIP:
        by_clip = _by_clip(list(frames), seed=split.seed)
        return {(clip_id, frame): by_clip[clip_id] for clip_id, chosen in frames.items() for frame in chosen.tolist()}
    if split.rule is SplitRule.BLOCKS:
        return _blocks(frames, n_frames)
    return _windows(frames, n_frames)


def _by_clip(clip_ids: list[str], *, seed: int) -> dict[str, Part]:
    if len(clip_ids) < _FEWEST_CLIPS:
        raise ProjectError(
            f"Splitting by video needs labels in at least {_FEWEST_CLIPS} videos, there are {len(clip_ids)}. "
            "Split by the rule for windows, which divides a video, or add videos."
        )
    drawn = [clip_ids[n] for n in np.random.default_rng(seed).permutation(len(clip_ids))]
    n_rest = max(2, round((1 - TRAINING_SHARE) * len(drawn)))
    rest, parts = drawn[:n_rest], dict.fromkeys(drawn, Part.TRAIN)
    return parts | {clip_id: (Part.VAL, Part.TEST)[n % 2] for n, clip_id in enumerate(rest)}


def _blocks(frames: Mapping[str, NDArray[np.int64]], n_frames: Mapping[str, int]) -> Parts:
    if len(frames) < 2:
        raise ProjectError(
            "Splitting by blocks takes one video for validation and test and trains on the others, so it needs labels "
            "in two. Split by the rule for windows, or add a video."
        )
    divided = max(frames, key=lambda clip_id: len(frames[clip_id]))
    parts: dict[tuple[str, int], Part] = {}
    for clip_id, chosen in frames.items():
        for frame in chosen.tolist():
            block = frame * N_BLOCKS // n_frames[clip_id]
            parts[clip_id, frame] = (Part.TEST, Part.VAL)[block % 2] if clip_id == divided else Part.TRAIN
    return parts


def _windows(frames: Mapping[str, NDArray[np.int64]], n_frames: Mapping[str, int]) -> Parts:
    held_out = max(frames, key=lambda clip_id: n_frames[clip_id]) if len(frames) > 1 else None
    windows = [
        (clip_id, start)
        for clip_id, chosen in frames.items()
        if clip_id != held_out
        for start in np.unique(chosen // WINDOW).tolist()
    ]
    n_training = int(TRAINING_SHARE * len(windows))
    by_window = {
        window: Part.TRAIN if n < n_training else (Part.VAL, Part.TEST)[(n - n_training) % 2]
        for n, window in enumerate(windows)
    }
    return {
        (clip_id, frame): Part.HELD_OUT if clip_id == held_out else by_window[clip_id, frame // WINDOW]
        for clip_id, chosen in frames.items()
        for frame in chosen.tolist()
    }
