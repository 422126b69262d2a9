"""Smoothing the keypoints of a whole clip."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from math import gcd

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from annotation.errors import BetascopeError
from annotation.labels import Keypoints2D
from annotation.model_cards import ModelCard, SmootherKind, check_joints
from annotation.skeletons import load_skeleton
from inference.smoothing.checkpoints import Checkpoint
from inference.smoothing.classical import OneEuro
from inference.smoothing.deciwatch import SAMPLE_EVERY
from inference.smoothing.heatmaps import (
    MAP_SIZE,
    NARROWEST,
    WIDEST,
    box_around,
    from_map,
    from_unit,
    make_maps,
    read_maps,
    spread_of,
    to_map,
    to_unit,
)
from inference.smoothing.resampling import fill_missing, grid_at
from inference.smoothing.smoothers import Smoother, classical_smoother
from inference.smoothing.windows import Windows, batches

Floats = NDArray[np.float64]
Report = Callable[[int, int], None]

_PICTURE = 2
"""Picture units run from 0 to 1: map coordinates of a map of two pixels."""
_MAP_WINDOWS, _POINT_WINDOWS = 8, 256
"""Windows that go through a model at once: so few maps stay in the cache of a processor."""


@dataclass(frozen=True)
class Numerics:
    """How a model is computed.

    Attributes
    ----------
    device : str
    half : bool
        Whether convolutions over maps run in bfloat16: several times as fast where the processor knows it, and within
        a tenth of a pixel.
    """

    device: str = "cpu"
    half: bool = False


def best_numerics() -> Numerics:
    """Return the fastest way there is on this machine."""
    if torch.cuda.is_available():
        return Numerics("cuda")
    known = torch.cpu.get_capabilities()
    return Numerics(half=bool(known.get("amx_bf16") or known.get("avx512_bf16")))


def no_report(_done: int, _total: int) -> None:
    """Tell nobody."""


def smooth_clip(
    keypoints: Keypoints2D,
    *,
    smoother: Smoother,
    times_s: NDArray[np.floating],
    strength: float | None = None,
    size_px: tuple[int, int] | None = None,
    numerics: Numerics | None = None,
    report: Report = no_report,
) -> Keypoints2D:
    """Smooth the points of a clip over time.

    Points that are missing stay missing; confidences and the detector's 3D guess stay as they are.

    Parameters
    ----------
    times_s : (T,) array
        When the frames are shown, ascending.
    strength : float, optional
        From 0 (nothing happens) to 1; learned smoothers go so far towards what they found (default: the smoother's).
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
        If strength or times make no sense, or there is nothing to smooth.
    """
    strength = smoother.entry.strength if strength is None else strength
    points, times = _checked(keypoints, times_s, strength)
    if smoother.checkpoint is None:
        smoothed = _classical(points, times, key=smoother.entry.key, strength=strength)
    else:
        check_joints(smoother.checkpoint.card, load_skeleton(keypoints.skeleton).joints, name=smoother.name)
        sure = keypoints.confidence.astype(np.float64)
        model = _model(smoother.checkpoint, numerics or best_numerics(), size_px)
        found = _learned(points, sure, times, model, report)
        smoothed = points + strength * (found - points)
    xy = np.where(np.isfinite(points) & np.isfinite(smoothed), smoothed, points)
    return replace(keypoints, xy=xy.astype(np.float32))


def window_borders(card: ModelCard, times_s: NDArray[np.floating]) -> list[int]:
    """Return the frames of a clip at which windows of a model begin or have just ended."""
    grid = grid_at(np.asarray(times_s, np.float64), card.fps)
    borders = grid.times_s[_windows(len(grid.times_s), card).borders()]
    frames = np.searchsorted(grid.frames_s, borders - 1e-9)
    return [int(frame) for frame in np.unique(np.clip(frames, 0, len(grid.frames_s) - 1))]


def _windows(n_frames: int, card: ModelCard) -> Windows:
    """Return the windows of a model over evenly spaced frames; they overlap less over maps, which cost more.

    Where a model samples frames, windows begin in turn at every place between two sampled ones, so that every frame is
    looked at.
    """
    part = 2 if card.entry.kind is SmootherKind.HEATMAPS else 10
    stride = max(1, int(card.options.get("stride", card.window // part)))
    while gcd(stride, int(card.options.get("sample_every", SAMPLE_EVERY))) > 1 and card.model == "deciwatch":
        stride += 1
    return Windows(n_frames, card.window, stride)


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
    grid = grid_at(times, None)
    if grid.own or isinstance(smooth, OneEuro):
        return smooth(points, times)
    seen = grid.there(np.isfinite(points).astype(np.float64)) > 0.5
    even = np.where(seen, grid.there(np.nan_to_num(fill_missing(points, times))), np.nan)
    return grid.back(np.nan_to_num(fill_missing(smooth(even, grid.times_s), grid.times_s)))


def _learned(points: Floats, sure: Floats, times: Floats, model: "_Model", report: Report) -> Floats:
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


def _model(checkpoint: Checkpoint, numerics: Numerics, size_px: tuple[int, int] | None) -> "_Model":
    picture = None
    if checkpoint.card.options.get("units") == "picture":
        if size_px is None:
            raise BetascopeError(f"{checkpoint.card.title} wants to know the size of the picture.")
        picture = np.array([0.0, 0.0, *size_px])
    return _Model(checkpoint.model.to(numerics.device), checkpoint.card, numerics, picture)


@dataclass(frozen=True)
class _Model:
    """A model that is given evenly spaced frames."""

    model: nn.Module
    card: ModelCard
    numerics: Numerics
    picture: Floats | None = None

    def over(self, points: Floats, seen: NDArray[np.bool_], sure: Floats, *, report: Report) -> Floats:
        """Return smoothed points (N, K, 2) of filled points (N, K, 2), which of them were seen, and how sure (N, K)."""
        maps = self.card.entry.kind is SmootherKind.HEATMAPS
        windows = _windows(len(points), self.card)
        frames = windows.frames()
        in_windows, seen_there, sure_there = points[frames], seen[frames], sure[frames]
        known = np.where(seen_there, in_windows, np.nan)
        boxes = box_around(known, sure_there)
        answers = np.full_like(in_windows, np.nan)
        some = np.flatnonzero(np.isfinite(boxes).all(-1))
        answer = self._of_maps if maps else self._of_points
        with torch.inference_mode(), self._precision():
            for batch in batches(len(some), _MAP_WINDOWS if maps else _POINT_WINDOWS):
                report(batch.start, len(some))
                which = some[batch]
                given = known[which] if maps else in_windows[which]
                answers[which] = answer(given, sure_there[which], boxes[which])
        report(len(some), len(some))
        return windows.blend(np.where(seen_there, answers, np.nan))

    def _of_maps(self, known: Floats, sure: Floats, boxes: Floats) -> Floats:
        on_map = to_map(known, boxes)
        inside = ((on_map >= 0) & (on_map <= MAP_SIZE - 1)).all(-1, keepdims=True)
        narrowest, widest = self.card.options.get("spread", (NARROWEST, WIDEST))
        spread = torch.from_numpy(spread_of(sure, narrowest=narrowest, widest=widest))
        dtype = torch.bfloat16 if self.numerics.half else torch.float32
        given = torch.from_numpy(np.where(inside, on_map, np.nan)).to(self.numerics.device)
        read, _ = read_maps(self.model(make_maps(given, spread.to(given.device), dtype=dtype)))
        return np.where(inside, from_map(read.cpu().numpy().astype(np.float64), boxes), np.nan)

    def _of_points(self, filled: Floats, sure: Floats, boxes: Floats) -> Floats:
        units = to_unit(filled, boxes) if self.picture is None else to_map(filled, self.picture, size=_PICTURE)
        answer = self.model(torch.from_numpy(np.nan_to_num(units)).float().to(self.numerics.device))
        recovered = (answer[0] if isinstance(answer, tuple) else answer).cpu().numpy().astype(np.float64)
        picture = self.picture
        found = from_unit(recovered, boxes) if picture is None else from_map(recovered, picture, size=_PICTURE)
        return np.asarray(found, np.float64)

    def _precision(self) -> AbstractContextManager[object]:
        maps = self.card.entry.kind is SmootherKind.HEATMAPS
        return torch.autocast("cpu", torch.bfloat16) if maps and self.numerics.half else nullcontext()
