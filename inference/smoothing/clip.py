"""Smoothing the keypoints of a whole clip."""

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from annotation.errors import BetascopeError
from annotation.labels import Keypoints2D
from annotation.model_cards import SMOOTHERS, ModelCard, check_joints
from annotation.skeletons import load_skeleton
from inference.smoothing.classical import OneEuro, body_size, stretches
from inference.smoothing.resampling import fill_missing, grid_at
from inference.smoothing.smoothers import Smoother, classical_smoother
from inference.smoothing.steadying import Steadiness
from inference.smoothing.windows import windows_of

if TYPE_CHECKING:
    from inference.smoothing.over_frames import ModelOverFrames, Numerics

Floats = NDArray[np.float64]
Report = Callable[[int, int], None]


def no_report(_done: int, _total: int) -> None:
    """Tell nobody."""


def smooth_clip(
    keypoints: Keypoints2D,
    *,
    smoother: Smoother,
    times_s: NDArray[np.floating],
    strength: float | None = None,
    steady: bool = False,
    size_px: tuple[int, int] | None = None,
    numerics: "Numerics | None" = None,
    report: Report = no_report,
) -> Keypoints2D:
    """Smooth the points of a clip over time.

    Points that are missing stay missing; confidences and the detector's 3D guess stay as they are. A learned smoother
    leaves stretches shorter than its window as they are.

    Parameters
    ----------
    times_s : (T,) array
        When the frames are shown, ascending.
    strength : float, optional
        From 0 (nothing happens) to 1; learned smoothers go so far towards what they found (default: the smoother's).
    steady : bool
        Whether the path is steadied where a learned smoother was at work (`steadying`): the given points', and what the
        smoother corrects of that.
    size_px : (int, int), optional
        Width and height of the picture, for models that see points in it rather than in the box round the climber.
    numerics : Numerics, optional
        Default: the fastest.
    report : callable
        ``report(done, total)`` hears of the progress, in windows; may raise to stop.

    Raises
    ------
    ModelFileError
        If the model was trained for other joints.
    BetascopeError
        If strength or times make no sense, there is nothing to smooth, or too little for the model's window.
    """
    strength = smoother.entry.strength if strength is None else strength
    points, times = _checked(keypoints, times_s, strength)
    if smoother.checkpoint is None:
        smoothed = _classical(points, times, key=smoother.entry.key, strength=strength)
    else:
        from inference.smoothing.over_frames import best_numerics, model_over_frames  # torch takes seconds to import

        card = smoother.checkpoint.card
        check_joints(card, load_skeleton(keypoints.skeleton).joints, name=smoother.name)
        short = too_short(keypoints.xy, times, card)
        sure = keypoints.confidence.astype(np.float64)
        model = model_over_frames(smoother.checkpoint, numerics or best_numerics(), size_px)
        found = _learned(points, sure, times, model, report)
        found = steadied(points, np.where(np.isfinite(found), found, points), times) if steady else found
        found[short] = points[short]
        smoothed = points + strength * (found - points)
    xy = np.where(np.isfinite(points) & np.isfinite(smoothed), smoothed, points)
    return replace(keypoints, xy=xy.astype(np.float32))


def too_short(xy: NDArray[np.floating], times_s: Floats, card: ModelCard) -> NDArray[np.bool_]:
    """Return the frames (T,) of points (T, K, 2) in stretches that are shorter than the window of a model.

    Raises
    ------
    BetascopeError
        If no stretch is long enough.
    """
    short = np.zeros(len(xy), bool)
    frames = np.flatnonzero(np.isfinite(xy).all(-1).any(1))
    own = grid_at(times_s, card.fps).own
    longest = 0
    for stretch in stretches(frames, times_s):
        first, last = int(stretch[0]), int(stretch[-1])
        count = last - first + 1 if own else int((times_s[last] - times_s[first]) * card.fps + 1e-6) + 1
        longest = max(longest, count)
        short[stretch] = count < card.window
    if longest < card.window:
        raise BetascopeError(_shorter(card, longest))
    return short


def _shorter(card: ModelCard, n_frames: int) -> str:
    """Say that a clip is too short for a model, and what to take instead."""
    any_length = [entry.title for entry in SMOOTHERS if not entry.learned and entry.adjustable]
    return (
        f"{card.entry.title} looks at {card.window} frames at once ({card.window / card.fps:.2g} s at "
        f"{card.fps:g} frames a second), but the climber is seen for only {n_frames} in a row. Choose a smoother that "
        f"takes any length: {', '.join(any_length[:-1])} or {any_length[-1]}."
    )


def window_borders(card: ModelCard, times_s: NDArray[np.floating]) -> list[int]:
    """Return the frames of a clip at which windows of a model begin or have just ended."""
    grid = grid_at(np.asarray(times_s, np.float64), card.fps)
    borders = grid.times_s[windows_of(card, len(grid.times_s)).borders()]
    frames = np.searchsorted(grid.frames_s, borders - 1e-9)
    return [int(frame) for frame in np.unique(np.clip(frames, 0, len(grid.frames_s) - 1))]


def _checked(keypoints: Keypoints2D, times_s: NDArray[np.floating], strength: float) -> tuple[Floats, Floats]:
    if not 0 <= strength <= 1:
        raise BetascopeError(f"The strength is {strength:g}; choose one from 0 (nothing) to 1 (most).")
    times = np.asarray(times_s, np.float64)
    if len(times) != len(keypoints.xy) or (np.diff(times) <= 0).any():
        raise BetascopeError(
            f"There are {len(keypoints.xy)} frames of points and {len(times)} times, which must be as many and ascend. "
            "Detect the climber again."
        )
    found = np.isfinite(keypoints.xy).all(-1, keepdims=True)
    if not found.any():
        raise BetascopeError("There are no points to smooth. Detect the climber first.")
    return np.where(found, keypoints.xy, np.nan).astype(np.float64), times


def _classical(points: Floats, times: Floats, *, key: str, strength: float) -> Floats:
    smooth = classical_smoother(key, strength)
    if isinstance(smooth, OneEuro):
        return smooth(points, times)
    return _evenly(points, times, smooth)


def steadied(points: Floats, found: Floats, times: Floats) -> Floats:
    """Return steadied points with the steadied corrections (found - steadied points), all (T, K, 2)."""
    steadiness, size = Steadiness(), body_size(points)

    def calmed(path: Floats) -> Floats:
        return _evenly(path, times, lambda even, even_s: steadiness.of_body(even, even_s, size=size))

    calm = calmed(points)
    return calm + calmed(found - calm)


def _evenly(points: Floats, times: Floats, smooth: Callable[[Floats, Floats], Floats]) -> Floats:
    """Return what smooths evenly spaced frames makes of points (T, K, 2) at any times."""
    grid = grid_at(times, None)
    if grid.own:
        return smooth(points, times)
    seen = grid.there(np.isfinite(points).astype(np.float64)) > 0.5
    even = np.where(seen, grid.there(np.nan_to_num(fill_missing(points, times))), np.nan)
    return grid.back(np.nan_to_num(fill_missing(smooth(even, grid.times_s), grid.times_s)))


def _learned(points: Floats, sure: Floats, times: Floats, model: "ModelOverFrames", report: Report) -> Floats:
    """Return points (T, K, 2) as a model sees them at its own frame rate; NaN where it sees none."""
    grid = grid_at(times, model.card.fps)
    filled = fill_missing(points, times)
    never = ~np.isfinite(filled)
    even = np.where(grid.there(never.astype(np.float64)) > 0, np.nan, grid.there(np.nan_to_num(filled)))
    seen = grid.there(np.isfinite(points).astype(np.float64)) > 0.5
    answers = model.over(even, seen, grid.there(np.nan_to_num(sure)), report=report)
    whole = np.nan_to_num(fill_missing(np.where(seen, answers, np.nan), grid.times_s))
    covered = grid.back(np.isfinite(np.where(seen, answers, np.nan)).astype(np.float64)) > 0.5
    return np.where(covered, grid.back(whole), np.nan)
