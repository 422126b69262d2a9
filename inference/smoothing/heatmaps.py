"""Heatmaps in the box round a window's points: made from coordinates, and read to a fraction of a map pixel.

Map coordinates are in map pixels, (0, 0) the centre of the first one: the border of the box lies on the centres of the
outermost pixels, so that 0..55 is the box (Andersen 2023, section 5.1).
"""

from math import pi
from typing import TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

MAP_SIZE = 56
MAP_SUM = 255.0
"""What each map sums to."""
BOX_MARGIN = 0.1
"""By how much of its size a box grows on each side."""
SURE_ENOUGH = 0.2
"""Less sure points do not make the box, where there are surer ones (Mathiesen 2021, section 2.1.3)."""
NARROWEST, WIDEST = 1.0, 3.0
"""Standard deviations of a point in its input map, map pixels, from the surest to the least sure."""

_SMALLEST_SIDE_PX = 8.0
_ROOT_OF_TURN = (2 * pi) ** 0.5
_NOTHING, _FAR = 1e-8, 20.0
"""What counts as 0 in a Gaussian, and an exponent beyond that."""
_REACH = 3
"""How far round its highest pixel a map is read, map pixels."""

Array = TypeVar("Array", NDArray[np.floating], Tensor)


def box_around(xy: NDArray[np.floating], confidence: NDArray[np.floating] | None = None) -> NDArray[np.float64]:
    """Return the boxes round the points of windows, each side 10 % out.

    Parameters
    ----------
    xy : (..., T, K, 2) array
        Pixels; NaN where there is no point.
    confidence : (..., T, K) array, optional

    Returns
    -------
    (..., 4) array
        Left, top, right, bottom, pixels; NaN for a window without points.
    """
    sure = None if confidence is None else torch.from_numpy(np.asarray(confidence, np.float64))
    boxes: NDArray[np.float64] = boxes_around(torch.from_numpy(np.asarray(xy, np.float64)), sure).numpy()
    return boxes


def boxes_around(points: Tensor, confidence: Tensor | None = None) -> Tensor:
    """Return what `box_around` does, of tensors."""
    found = torch.isfinite(points).all(-1, keepdim=True)
    if confidence is not None:
        sure = found & (confidence >= SURE_ENOUGH).unsqueeze(-1)
        found = torch.where(sure.any(-2, keepdim=True).any(-3, keepdim=True), sure, found)
    low = torch.where(found, points, torch.inf).amin((-3, -2))
    high = torch.where(found, points, -torch.inf).amax((-3, -2))
    missing = ~found.any(-2).any(-2)
    low, high = torch.where(missing, torch.nan, low), torch.where(missing, torch.nan, high)
    centre, half = (low + high) / 2, (high - low).clamp(min=_SMALLEST_SIDE_PX) / 2
    reach = half * (1 + 2 * BOX_MARGIN)
    return torch.cat((centre - reach, centre + reach), dim=-1)


def to_map(xy: Array, boxes: Array, *, size: int = MAP_SIZE) -> Array:
    """Return points (..., T, K, 2) in pixels as map coordinates of their boxes (..., 4)."""
    corner = boxes[..., None, None, :2]
    points: Array = (xy - corner) / (boxes[..., None, None, 2:] - corner) * (size - 1)
    return points


def from_map(points: Array, boxes: Array, *, size: int = MAP_SIZE) -> Array:
    """Return map coordinates (..., T, K, 2) of boxes (..., 4) in pixels."""
    corner = boxes[..., None, None, :2]
    xy: Array = points / (size - 1) * (boxes[..., None, None, 2:] - corner) + corner
    return xy


def to_unit(xy: Array, boxes: Array) -> Array:
    """Return points (..., T, K, 2) in pixels in units of their boxes (..., 4): -1..1 is the box, 0 its centre.

    What coordinate models take; `from_unit` is the way back.
    """
    points: Array = to_map(xy, boxes, size=3) - 1
    return points


def from_unit(points: Array, boxes: Array) -> Array:
    """Return points (..., T, K, 2) in units of their boxes (..., 4) in pixels."""
    shifted: Array = points + 1
    return from_map(shifted, boxes, size=3)


def spread_of(
    confidence: NDArray[np.floating], *, narrowest: float = NARROWEST, widest: float = WIDEST
) -> NDArray[np.floating]:
    """Return the standard deviation of points in their maps, map pixels: the surer, the narrower."""
    spread: NDArray[np.floating] = widest + (narrowest - widest) * np.clip(np.nan_to_num(confidence), 0.0, 1.0)
    return spread


def make_maps(
    points: Tensor, spread: Tensor | float = NARROWEST, *, size: int = MAP_SIZE, dtype: torch.dtype = torch.float32
) -> Tensor:
    """Make a map for each point: a Gaussian round its exact place.

    Parameters
    ----------
    points : (B, ..., 2) tensor
        Map coordinates; NaN gives a map of zeros.
    spread : (B, ...) tensor or float
        Standard deviations, map pixels.

    Returns
    -------
    (B, ..., size, size) tensor
        Rows are y. Each sums to 255 unless the border cuts it off. In memory the maps of a window lie side by side,
        pixel by pixel, as convolutions like it.
    """
    exact = points.float().reshape(len(points), 1, -1, 2).movedim(-1, 0).contiguous()
    sigma = torch.as_tensor(spread, dtype=torch.float32, device=points.device)
    sharpness = 1 / sigma.expand(points.shape[:-1]).reshape(len(points), 1, -1)
    pixels = torch.arange(size, dtype=torch.float32, device=points.device).unsqueeze(-1)

    def profile(axis: int) -> Tensor:
        distance = (pixels - exact[axis]) * sharpness
        height = torch.exp(-0.5 * distance.square().clamp(max=2 * _FAR))
        # processors take a hundred times as long for products of numbers next to nothing; NaN becomes 0 as well
        return torch.where(height > _NOTHING, height * (sharpness / _ROOT_OF_TURN), 0)

    maps = (MAP_SUM * profile(1)).to(dtype).unsqueeze(2) * profile(0).to(dtype).unsqueeze(1)
    return maps.permute(0, 3, 1, 2).reshape(*points.shape[:-1], size, size)


def read_maps(maps: Tensor) -> tuple[Tensor, Tensor]:
    """Read where the points of maps are.

    Round the highest pixel the profiles in x and in y are taken for Gaussians, whose logarithms are parabolas: a fit
    weighted by the profiles finds their tops, exactly if the map is a Gaussian, whatever its width.

    Parameters
    ----------
    maps : (..., h, w) tensor

    Returns
    -------
    points : (..., 2) tensor
        Map coordinates, float32; NaN for maps without anything above 0.
    height : (...) tensor
        The value of the highest pixel.
    """
    height_px, width_px = maps.shape[-2:]
    height, column = _highest_of_columns(maps).max(-1)
    row = maps.take_along_dim(column[..., None, None], -1).squeeze(-1).argmax(-1)
    reach = torch.arange(-_REACH, _REACH + 1, device=maps.device)
    rows = row.clamp(_REACH, height_px - 1 - _REACH).unsqueeze(-1) + reach
    columns = column.clamp(_REACH, width_px - 1 - _REACH).unsqueeze(-1) + reach
    index = (rows.unsqueeze(-1) * width_px + columns.unsqueeze(-2)).flatten(-2)
    patch = maps.flatten(-2).gather(-1, index).float().clamp(min=0).reshape(*rows.shape, len(reach))
    x = _top(patch.sum(-2), columns, column)
    y = _top(patch.sum(-1), rows, row)
    points = torch.stack((x, y), dim=-1)
    return torch.where((height > 0).unsqueeze(-1), points, torch.nan), height.float()


def _highest_of_columns(maps: Tensor) -> Tensor:
    """Return the highest value of each column (..., w); by halves, which is quick however the maps lie in memory."""
    while maps.shape[-2] > 1:
        half = (maps.shape[-2] + 1) // 2
        maps = torch.maximum(maps[..., :half, :], maps[..., -half:, :])
    return maps.squeeze(-2)


def _top(profile: Tensor, pixels: Tensor, highest: Tensor) -> Tensor:
    """Return the top of the parabola through the logarithm of profiles (..., n) at pixels (..., n).

    At most a pixel and a half from the highest one; where there is no top, the mean place.
    """
    # a weighted least-squares fit of log p = a + b u + c u^2 in u, the distance from the highest pixel
    u = (pixels - highest.unsqueeze(-1)).float()
    share = profile / profile.amax(-1, keepdim=True).clamp(min=torch.finfo(profile.dtype).tiny)
    weight = torch.where(share > 1e-3, share, 0) ** 2
    log = torch.log(share.clamp(min=1e-3))
    moments = [(weight * u**power).sum(-1) for power in range(5)]
    known = [(weight * log * u**power).sum(-1) for power in range(3)]
    m0, m1, m2, m3, m4 = moments
    # Cramer's rule for b and c; the common divisor cancels in the top, -b / 2c
    b = m0 * (known[1] * m4 - known[2] * m3) - known[0] * (m1 * m4 - m2 * m3) + m2 * (m1 * known[2] - m2 * known[1])
    c = m0 * (m2 * known[2] - m3 * known[1]) - m1 * (m1 * known[2] - m2 * known[1]) + known[0] * (m1 * m3 - m2**2)
    determinant = m0 * (m2 * m4 - m3**2) - m1 * (m1 * m4 - m2 * m3) + m2 * (m1 * m3 - m2**2)
    curved = (determinant > 1e-9) & (c < -1e-6 * determinant)
    mean = (share * u).sum(-1) / share.sum(-1).clamp(min=1e-9)
    top = torch.where(curved, -b / (2 * torch.where(curved, c, -1.0)), mean)
    return highest + top.clamp(-1.5, 1.5)
