"""A learned model over evenly spaced frames: windows in, points of all windows that cover a frame blended."""

import os
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from annotation.errors import BetascopeError
from annotation.model_cards import ModelCard, SmootherKind
from inference.smoothing.checkpoints import Checkpoint
from inference.smoothing.conv3d import Conv3DSmoother
from inference.smoothing.device import device_named
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
from inference.smoothing.threads import in_threads
from inference.smoothing.windows import Windows, batches, windows_of

Floats = NDArray[np.float64]
Report = Callable[[int, int], None]

_PICTURE = 2
"""Picture units run from 0 to 1: map coordinates of a map of two pixels."""
_MAP_WINDOWS, _POINT_WINDOWS = 8, 64
"""Windows that go through a model at once: so few maps stay in the cache of a processor."""
_AT_ONCE_ON_GPU = 8


@dataclass(frozen=True)
class Numerics:
    """How a model is computed.

    Attributes
    ----------
    device : str
    half : bool
        Whether convolutions over maps run in bfloat16: several times as fast where the processor knows it, and within
        a tenth of a pixel.
    threads : int
        How many batches are computed at once, each in a thread of its own: unlike threads within a sum, these never
        wait for each other, which on a busy machine takes many times as long as the sums.
    batches : int
        How many batches go through the model as one: a GPU wants much to do at a time.
    """

    device: str = "cpu"
    half: bool = False
    threads: int = 1
    batches: int = 1


def best_numerics() -> Numerics:
    """Return the fastest way there is on this machine."""
    return numerics_on(device_named())


def numerics_on(device: torch.device) -> Numerics:
    """Return the fastest way to compute on a device."""
    if device.type != "cpu":
        return Numerics(str(device), batches=_AT_ONCE_ON_GPU)
    known = torch.cpu.get_capabilities()
    half = bool(known.get("amx_bf16") or known.get("avx512_bf16"))
    return Numerics(half=half, threads=os.cpu_count() or 1)


def model_over_frames(checkpoint: Checkpoint, numerics: Numerics, size_px: tuple[int, int] | None) -> "ModelOverFrames":
    """Return a model ready for the frames of a clip whose pictures have a size.

    Raises
    ------
    BetascopeError
        If the model has to know the size and it is None.
    """
    picture = None
    if checkpoint.card.options.get("units") == "picture":
        if size_px is None:
            raise BetascopeError(f"{checkpoint.card.title} wants to know the size of the picture.")
        picture = np.array([0.0, 0.0, *size_px])
    return ModelOverFrames(checkpoint.model.to(numerics.device), checkpoint.card, numerics, picture)


@dataclass(frozen=True)
class ModelOverFrames:
    """A model that is given evenly spaced frames.

    Attributes
    ----------
    model : nn.Module
        In eval mode, on the device.
    card : ModelCard
    numerics : Numerics
    picture : (4,) array or None
        The box points are seen in, for models that see them in the picture.
    """

    model: nn.Module
    card: ModelCard
    numerics: Numerics
    picture: Floats | None = None

    def over(self, points: Floats, seen: NDArray[np.bool_], sure: Floats, *, report: Report) -> Floats:
        """Smooth the points of frames.

        Parameters
        ----------
        points : (N, K, 2) array
            Pixels; the missing ones filled, NaN only where a joint is never seen.
        seen : (N, K, 1) or (N, K, 2) array
            Which of them were seen.
        sure : (N, K) array
            Confidences.
        report : callable
            ``report(done, total)`` hears of the progress, in windows.

        Returns
        -------
        (N, K, 2) array
            NaN where nothing was seen or the model sees nothing.
        """
        windows = windows_of(self.card, len(points))
        given = _Given(windows, points, seen, sure)
        answers = np.full_like(given.points, np.nan)
        maps = self.card.entry.kind is SmootherKind.HEATMAPS
        some = np.flatnonzero(np.isfinite(given.boxes).all(-1))
        each = list(batches(len(some), (_MAP_WINDOWS if maps else _POINT_WINDOWS) * self.numerics.batches))

        def answered(batch: slice) -> Floats:
            return self._answers(given, some[batch], middles=windows.middles)

        for batch, found in zip(each, in_threads(answered, each, n_threads=self.numerics.threads), strict=True):
            report(batch.start, len(some))
            answers[some[batch]] = found
        if windows.middles:
            for end in {0, len(answers) - 1} & set(some.tolist()):
                answers[end] = self._answers(given, np.array([end]), middles=False)[0]
        report(len(some), len(some))
        return windows.blend(np.where(given.seen, answers, np.nan))

    def _answers(self, given: "_Given", which: NDArray[np.intp], *, middles: bool) -> Floats:
        with torch.inference_mode(), self._precision():
            return self._answers_of(given, which, middles=middles)

    def _answers_of(self, given: "_Given", which: NDArray[np.intp], *, middles: bool) -> Floats:
        if self.card.entry.kind is SmootherKind.COORDINATES:
            return self._of_points(given.points[which], given.boxes[which])
        model: Callable[[Tensor], Tensor] = self.model
        part = slice(None)
        if middles:
            assert isinstance(self.model, Conv3DSmoother)
            middle = self.card.window // 2
            model, part = self.model.middle, slice(middle, middle + 1)
        known = np.where(given.seen[which], given.points[which], np.nan)
        answers = np.full_like(known, np.nan)
        answers[:, part] = self._of_maps(known, given.sure[which], given.boxes[which], model=model, part=part)
        return answers

    def _of_maps(
        self, known: Floats, sure: Floats, boxes: Floats, *, model: Callable[[Tensor], Tensor], part: slice
    ) -> Floats:
        on_map = to_map(known, boxes)
        inside: NDArray[np.bool_] = np.asarray(((on_map >= 0) & (on_map <= MAP_SIZE - 1)).all(-1, keepdims=True))
        narrowest, widest = self.card.options.get("spread", (NARROWEST, WIDEST))
        spread = torch.from_numpy(spread_of(sure, narrowest=narrowest, widest=widest)).to(self.numerics.device)
        dtype = torch.bfloat16 if self.numerics.half else torch.float32
        points = torch.from_numpy(np.where(inside, on_map, np.nan)).to(self.numerics.device)
        read, _ = read_maps(model(make_maps(points, spread, dtype=dtype)))
        found = from_map(read.cpu().numpy().astype(np.float64), boxes)
        return np.where(inside[:, part], found, np.nan)

    def _of_points(self, filled: Floats, boxes: Floats) -> Floats:
        picture = self.picture
        units = to_unit(filled, boxes) if picture is None else to_map(filled, picture, size=_PICTURE)
        answer = self.model(torch.from_numpy(np.nan_to_num(units)).float().to(self.numerics.device))
        recovered = (answer[0] if isinstance(answer, tuple) else answer).cpu().numpy().astype(np.float64)
        found = from_unit(recovered, boxes) if picture is None else from_map(recovered, picture, size=_PICTURE)
        return np.asarray(found, np.float64)

    def _precision(self) -> AbstractContextManager[object]:
        maps = self.card.entry.kind is SmootherKind.HEATMAPS
        return torch.autocast("cpu", torch.bfloat16) if maps and self.numerics.half else nullcontext()


class _Given:
    """Points in windows: ``points (B, T, K, 2)``, ``seen`` and ``sure`` likewise, ``boxes (B, 4)``."""

    def __init__(self, windows: Windows, points: Floats, seen: NDArray[np.bool_], sure: Floats) -> None:
        frames = windows.frames()
        self.points, self.seen, self.sure = points[frames], seen[frames], sure[frames]
        self.boxes = box_around(np.where(self.seen, self.points, np.nan), self.sure)
