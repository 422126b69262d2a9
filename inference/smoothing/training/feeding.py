"""Windows of sequences as the tensors a model learns from."""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from annotation.metrics import torso_length
from annotation.skeletons import Skeleton
from inference.smoothing.heatmaps import box_around, spread_of, to_map
from inference.smoothing.training.data import PointSequence, Window
from inference.smoothing.training.noise import NoiseRecipe, disturb


class BoxOf(Enum):
    """Whose points the box of a window is drawn round."""

    TRUTH = "truth"
    """As in the thesis' pretraining."""
    GIVEN = "given"
    """As when smoothing, and in the thesis' fine-tuning."""
    EITHER = "either"
    """Half of the windows each."""


@dataclass(frozen=True)
class Batch:
    """Windows in map coordinates of their boxes (0..55).

    Attributes
    ----------
    given : (B, T, K, 2) tensor
        What a detector gave or might have given; NaN where it found nothing.
    spread : (B, T, K) tensor
        Standard deviations of the input maps, map pixels.
    truth : (B, T, K, 2) tensor
        NaN where unknown; not all of it need lie in the box.
    torso : (B, T) tensor
        Length of the torso, map pixels, true as far as that is known; NaN where nothing is.
    """

    given: Tensor
    spread: Tensor
    truth: Tensor
    torso: Tensor

    def __len__(self) -> int:
        return len(self.given)

    def part(self, rows: slice) -> "Batch":
        """Return some of the windows."""
        return Batch(self.given[rows], self.spread[rows], self.truth[rows], self.torso[rows])

    def moved(self, by: Tensor) -> "Batch":
        """Return the batch with all points moved by map pixels (B, 1, 1, 2)."""
        return Batch(self.given + by, self.spread, self.truth + by, self.torso)

    def to(self, device: torch.device) -> "Batch":
        """Return the batch on a device."""
        return Batch(*(tensor.to(device) for tensor in (self.given, self.spread, self.truth, self.torso)))


@dataclass(frozen=True)
class Feeder:
    """Makes batches of windows.

    Attributes
    ----------
    sequences : sequence of PointSequence
        Those with `PointSequence.given` are fed as they are; the others are disturbed.
    noise : NoiseRecipe
    skeleton : Skeleton
    box_of : BoxOf
    """

    sequences: Sequence[PointSequence]
    noise: NoiseRecipe
    skeleton: Skeleton
    box_of: BoxOf = BoxOf.TRUTH

    def batch(self, windows: Sequence[Window], rng: np.random.Generator) -> Batch:
        """Return windows of the same length as a batch; the noise comes from `rng`."""
        truth = np.stack([self.sequences[w.sequence].xy[w.frames] for w in windows]).astype(np.float64)
        given, spread = self._given(windows, truth, rng)
        boxes = self._boxes(truth, given, rng)
        in_map = to_map(truth, boxes)
        extent = np.where(np.isfinite(in_map), in_map, to_map(given, boxes))
        torso = np.stack([torso_length(window, self.skeleton) for window in extent])
        return Batch(
            torch.from_numpy(to_map(given, boxes).astype(np.float32)),
            torch.from_numpy(spread.astype(np.float32)),
            torch.from_numpy(in_map.astype(np.float32)),
            torch.from_numpy(torso.astype(np.float32)),
        )

    def digest(self) -> list[int]:
        """Return what tells corrected clips from others (a checksum); nothing for clips whose noise is made up."""
        corrected = [sequence for sequence in self.sequences if sequence.given is not None]
        return [zlib.crc32(sequence.xy.tobytes()) for sequence in corrected]

    def _given(
        self, windows: Sequence[Window], truth: NDArray[np.float64], rng: np.random.Generator
    ) -> tuple[NDArray[np.floating], NDArray[np.floating]]:
        if self.sequences[windows[0].sequence].given is None:
            made = disturb(rng, truth, self.noise, self.skeleton)
            return made.xy, made.spread
        found, sure = [], []
        for window in windows:
            sequence = self.sequences[window.sequence]
            assert sequence.given is not None and sequence.confidence is not None
            found.append(sequence.given[window.frames])
            sure.append(sequence.confidence[window.frames])
        return np.stack(found).astype(np.float64), spread_of(np.stack(sure))

    def _boxes(
        self, truth: NDArray[np.floating], given: NDArray[np.floating], rng: np.random.Generator
    ) -> NDArray[np.float64]:
        of_truth, of_given = box_around(truth), box_around(given)
        of_truth = np.where(np.isfinite(of_truth), of_truth, of_given)
        of_given = np.where(np.isfinite(of_given), of_given, of_truth)
        match self.box_of:
            case BoxOf.TRUTH:
                return of_truth
            case BoxOf.GIVEN:
                return of_given
        return np.where(rng.random((len(truth), 1)) < 0.5, of_truth, of_given)
