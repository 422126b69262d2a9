"""Windows of sequences as the tensors a model learns from."""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum
from functools import cached_property

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from annotation.skeletons import Skeleton
from inference.smoothing.heatmaps import boxes_around, spread_of, to_map
from inference.smoothing.training.data import PointSequence, Window
from inference.smoothing.training.dice import Dice
from inference.smoothing.training.noise import NoiseRecipe, disturbed


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


@dataclass(frozen=True, eq=False)
class Frames:
    """The frames of all sequences one after the other, on a device.

    Attributes
    ----------
    truth : (N, K, 2) tensor
        Pixels.
    given : (N, K, 2) tensor or None
        None where noise is made up.
    spread : (N, K) tensor or None
    """

    truth: Tensor
    given: Tensor | None
    spread: Tensor | None


@dataclass(frozen=True, eq=False)
class Feeder:
    """Makes batches of windows on the device of the generator, where the motion is kept and the noise drawn.

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
    _kept: dict[torch.device, Frames] = field(default_factory=dict)

    def batch(self, windows: Sequence[Window], generator: torch.Generator) -> Batch:
        """Return windows of the same length as a batch; the noise comes from the generator."""
        device = generator.device
        frames, rows = self._frames(device), self._rows(windows).to(device, non_blocking=True)
        truth = frames.truth[rows]
        if frames.given is None or frames.spread is None:
            given, spread = disturbed(truth, self.noise, self.skeleton, generator)
        else:
            given, spread = frames.given[rows], frames.spread[rows]
        boxes = self._boxes(truth, given, generator)
        in_map, given = to_map(truth, boxes), to_map(given, boxes)
        torso = torso_lengths(torch.where(in_map.isfinite(), in_map, given), self.skeleton)
        return Batch(given, spread, in_map, torso)

    def digest(self) -> list[int]:
        """Return what tells corrected clips from others (a checksum); nothing for clips whose noise is made up."""
        corrected = [sequence for sequence in self.sequences if sequence.given is not None]
        return [zlib.crc32(sequence.xy.tobytes()) for sequence in corrected]

    @cached_property
    def _starts(self) -> NDArray[np.intp]:
        """The row of the first frame of each sequence."""
        return np.cumsum([0, *(len(sequence) for sequence in self.sequences)])

    def _rows(self, windows: Sequence[Window]) -> Tensor:
        first = np.array([self._starts[window.sequence] + window.start for window in windows])
        return torch.from_numpy(first[:, None] + np.arange(windows[0].n_frames) * windows[0].step)

    def _frames(self, device: torch.device) -> Frames:
        if device not in self._kept:
            given = [sequence.given for sequence in self.sequences if sequence.given is not None]
            sure = [sequence.confidence for sequence in self.sequences if sequence.confidence is not None]
            self._kept[device] = Frames(
                _on(device, [sequence.xy for sequence in self.sequences]),
                _on(device, given) if given else None,
                _on(device, [spread_of(each) for each in sure]) if given else None,
            )
        return self._kept[device]

    def _boxes(self, truth: Tensor, given: Tensor, generator: torch.Generator) -> Tensor:
        of_truth, of_given = boxes_around(truth), boxes_around(given)
        of_truth = torch.where(of_truth.isfinite(), of_truth, of_given)
        of_given = torch.where(of_given.isfinite(), of_given, of_truth)
        match self.box_of:
            case BoxOf.TRUTH:
                return of_truth
            case BoxOf.GIVEN:
                return of_given
        return torch.where(Dice(truth, generator).chance(0.5, len(truth), 1), of_truth, of_given)


def torso_lengths(points: Tensor, skeleton: Skeleton) -> Tensor:
    """Return what `annotation.metrics.torso_length` does, (B, T) of points (B, T, K, 2)."""

    def middle(part: str) -> Tensor:
        return (points[..., skeleton.index(f"left_{part}"), :] + points[..., skeleton.index(f"right_{part}"), :]) / 2

    length: Tensor = torch.linalg.vector_norm(middle("shoulder") - middle("hip"), dim=-1)
    return length


def _on(device: torch.device, arrays: Sequence[NDArray[np.floating]]) -> Tensor:
    return torch.from_numpy(np.concatenate(arrays).astype(np.float32)).to(device)
