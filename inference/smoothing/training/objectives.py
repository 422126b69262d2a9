"""What a smoother is asked to do with a batch: its loss, and the points it answers with."""

from abc import ABC, abstractmethod
from typing import TypeAlias, cast

import torch
from torch import Tensor, nn

from annotation.model_cards import SmootherKind, smoother_entry
from inference.smoothing.deciwatch import DeciWatch, positions, sampled_frames
from inference.smoothing.heatmaps import MAP_SIZE, NARROWEST, make_maps, read_maps
from inference.smoothing.training.feeding import Batch
from inference.smoothing.training.scaling import MAP_SCALE

_HALF_SIDE = (MAP_SIZE - 1) / 2
_EDGE = 3
"""This many pixels at the border of a part of the maps are not scored: what lies beyond is not seen."""

_FARTHEST_PX = 4.0

Answer: TypeAlias = Tensor | tuple[Tensor, Tensor]


class Objective(ABC):
    """How a model is fed, scored while training, and read.

    Attributes
    ----------
    rough : bool
        Whether bfloat16 will do.
    """

    rough = False

    def loss(self, model: nn.Module, batch: Batch) -> Tensor:
        """Return the loss of a batch, a number."""
        return self.loss_of(self.answer(model, batch), batch)

    @abstractmethod
    def answer(self, model: nn.Module, batch: Batch) -> Answer:
        """Return what a model makes of a batch."""

    @abstractmethod
    def loss_of(self, answer: Answer, batch: Batch) -> Tensor:
        """Return the loss of an answer."""

    @abstractmethod
    def points_of(self, answer: Answer) -> Tensor:
        """Return where an answer puts the points (B, T, K, 2), map coordinates; NaN where it knows of none."""


class OnMaps(Objective):
    """Mean squared error between maps; unknown points do not count (Andersen 2023, section 5.2.1).

    Parameters
    ----------
    scale : float
        What maps that sum to 255 are multiplied by on the way in and divided by on the way out.
    part : int, optional
        `loss` trains on parts of the maps of that height and width, each round a joint that is drawn anew for each
        window; for models that take maps of any size.
    places : float
        How much the places read from the maps count beside the maps: their distance in map pixels, and twice that of
        their accelerations. The error of the maps hardly changes where a point trembles by a tenth of a pixel.
    """

    rough = True

    def __init__(self, scale: float = MAP_SCALE, *, part: int | None = None, places: float = 0.0) -> None:
        self._scale, self._part, self._places = scale, part, places

    def loss(self, model: nn.Module, batch: Batch) -> Tensor:
        """Return the mean squared error in units of the scaled maps."""
        if self._part is None:
            return super().loss(model, batch)
        moved = batch.moved(-_corners(batch, self._part))
        answer = self._answer(model, moved, self._part)
        return self._error(answer, moved.truth, edge=_EDGE)

    def answer(self, model: nn.Module, batch: Batch) -> Answer:
        """Return maps (B, T, K, h, w)."""
        return self._answer(model, batch, MAP_SIZE)

    def loss_of(self, answer: Answer, batch: Batch) -> Tensor:
        """Return the mean squared error in units of the scaled maps."""
        assert isinstance(answer, Tensor)
        return self._error(answer, batch.truth.clamp(0, MAP_SIZE - 1), edge=0)

    def _answer(self, model: nn.Module, batch: Batch, size: int) -> Tensor:
        maps = make_maps(batch.given, batch.spread, size=size) * self._scale
        frames = maps.flatten(0, 1).contiguous(memory_format=torch.channels_last)
        return cast("Tensor", model(frames.view(maps.shape))).float()

    def _error(self, answer: Tensor, truth: Tensor, *, edge: int) -> Tensor:
        size = answer.shape[-1]
        seen = slice(edge, size - edge)
        wanted = make_maps(truth, NARROWEST, size=size) * self._scale
        squares = (answer - wanted)[..., seen, seen].square().mean((-2, -1))
        known = torch.isfinite(truth).all(-1)
        error = (squares * known).sum() / known.sum().clamp(min=1)
        if not self._places:
            return error
        inside = ((truth >= edge) & (truth <= size - 1 - edge)).all(-1)
        off = torch.where(inside.unsqueeze(-1), read_maps(answer)[0] - truth, torch.nan)
        return error + self._places * (_near(off) + 2 * _near(off.diff(n=2, dim=1)))

    def points_of(self, answer: Answer) -> Tensor:
        """Return the places of the highest values."""
        assert isinstance(answer, Tensor)
        points, _ = read_maps(answer)
        return points


class OnPoints(Objective):
    """Distance between coordinates in units of the box (-1..1); of DeciWatch the sampled poses count too.

    Parameters
    ----------
    squared : bool
        Mean squared error as in Andersen 2023; otherwise the mean distance, as in DeciWatch's own training.
    sample_every : int
        N of DeciWatch.
    acceleration : float
        How much the error of accelerations counts beside that of places, as in SmoothNet's own training.
    """

    def __init__(self, *, squared: bool = True, sample_every: int = 5, acceleration: float = 0.0) -> None:
        self._squared, self._sample_every, self._acceleration = squared, sample_every, acceleration

    def answer(self, model: nn.Module, batch: Batch) -> Answer:
        """Return the poses (B, T, K, 2), of DeciWatch with the denoised sampled ones."""
        return cast("Answer", model(_unit(filled(batch.given))))

    def loss_of(self, answer: Answer, batch: Batch) -> Tensor:
        """Return the error of all poses, plus that of the denoised sampled poses where a model tells them."""
        wanted = _wanted(batch)
        if isinstance(answer, Tensor):
            return self._of_all(answer, wanted)
        recovered, denoised = answer
        sampled = sampled_frames(wanted.shape[1], self._sample_every)
        return self._of_all(recovered, wanted) + self._distance(denoised, wanted[:, sampled])

    def points_of(self, answer: Answer) -> Tensor:
        """Return the poses a model recovers."""
        recovered = answer if isinstance(answer, Tensor) else answer[0]
        return (recovered.float() + 1) * _HALF_SIDE

    def _of_all(self, answer: Tensor, wanted: Tensor) -> Tensor:
        error = self._distance(answer, wanted)
        if not self._acceleration or wanted.shape[1] < 3:
            return error
        return error + self._acceleration * self._distance(answer.diff(n=2, dim=1), wanted.diff(n=2, dim=1))

    def _distance(self, answer: Tensor, wanted: Tensor) -> Tensor:
        known = torch.isfinite(wanted)
        off = torch.where(known, answer.float() - torch.nan_to_num(wanted), 0.0)
        total = off.square().sum() if self._squared else off.abs().sum()
        return total / known.sum().clamp(min=1)


class OnSampledPoints(OnPoints):
    """As `OnPoints`, but DeciWatch's denoising half learns alone, at a fifth of the cost."""

    def loss(self, model: nn.Module, batch: Batch) -> Tensor:
        """Return the error of the sampled poses."""
        assert isinstance(model, DeciWatch)
        poses = _unit(filled(batch.given))
        frames = sampled_frames(poses.shape[1], model.sample_every).to(poses.device)
        places = positions(poses.shape[1], model.encoder_embed.out_features).to(poses)[frames]
        sampled = poses[:, frames].flatten(2)
        memory = model.encoder(model.encoder_embed(sampled), places=places)
        denoised = model.encoder_joints_embed(memory) + sampled
        return self._distance(denoised.unflatten(2, poses.shape[2:]), _wanted(batch)[:, frames])


def objective_for(key: str, *, squared: bool = True, part: int | None = None, calm: float = 0.0) -> Objective:
    """Return what a learned smoother is trained for.

    Parameters
    ----------
    squared, part :
        Of `OnPoints` and `OnMaps`.
    calm : float
        `OnMaps.places` or `OnPoints.acceleration`.
    """
    if smoother_entry(key).kind is SmootherKind.HEATMAPS:
        return OnMaps(part=part, places=calm)
    return OnPoints(squared=squared, acceleration=calm)


def _near(off: Tensor) -> Tensor:
    """Return the mean distance of what is less than a few map pixels off; what is farther off is elsewhere."""
    known = torch.isfinite(off) & (off.detach().abs() < _FARTHEST_PX)
    return torch.where(known, off, 0.0).abs().sum() / known.sum().clamp(min=1)


def _corners(batch: Batch, size: int) -> Tensor:
    """Return the corner (B, 1, 1, 2) of a part of the maps round one of the joints, whole pixels."""
    middle = filled(batch.truth)[:, batch.truth.shape[1] // 2]
    joints = torch.randint(middle.shape[1], (len(middle),), device=middle.device)
    rows = torch.arange(len(middle), device=middle.device)
    chosen = middle[rows, joints] + torch.randint(-5, 6, (len(middle), 2), device=middle.device)
    corner = (chosen - size / 2).round().clamp(0, MAP_SIZE - size)
    return corner[:, None, None]


def filled(points: Tensor) -> Tensor:
    """Return points (B, T, K, 2) with gaps bridged over time; joints never seen lie in the middle of the map."""
    known = torch.isfinite(points).all(-1)
    if points.device.type == "cpu" and bool(known.all()):  # a GPU would have to be waited for
        return points
    frames = torch.arange(points.shape[1], device=points.device)[None, :, None].expand(known.shape)
    before = torch.where(known, frames, -1).cummax(1).values
    after = torch.where(known, frames, points.shape[1]).flip(1).cummin(1).values.flip(1)
    start = torch.where(before < 0, after, before)
    end = torch.where(after >= points.shape[1], before, after)
    never = (before < 0) & (after >= points.shape[1])
    start, end = start.clamp(0, points.shape[1] - 1), end.clamp(0, points.shape[1] - 1)
    share = ((frames - start) / (end - start).clamp(min=1)).unsqueeze(-1)
    value = torch.nan_to_num(points)

    def at(index: Tensor) -> Tensor:
        return value.gather(1, index.unsqueeze(-1).expand(points.shape))

    bridged = at(start) * (1 - share) + at(end) * share
    return torch.where(never.unsqueeze(-1), torch.full_like(bridged, _HALF_SIDE), bridged)


def _wanted(batch: Batch) -> Tensor:
    """Return the true points in units of the box; NaN for joints that no frame shows, which nobody can place."""
    seen = torch.isfinite(batch.given).all(-1, keepdim=True).any(1, keepdim=True)
    return torch.where(seen, _unit(batch.truth), torch.nan)


def _unit(points: Tensor) -> Tensor:
    return points / _HALF_SIDE - 1
