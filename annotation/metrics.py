"""2D and 3D accuracy and smoothness, as the literature defines them.

Every function returns one value per point or per frame, NaN where nothing can be scored; `mean` sums them up.
A frame or point without truth is never scored. A missing 2D prediction counts as wrong (a detector must not gain by
staying silent); a missing 3D joint is left out, since the truth has no distance to it.

Cited by name and year: Mathiesen 2021, "Articulated 3D human pose estimation in climbing using RGB monocular video",
and Andersen 2023, "Temporal smoothing in 2D human pose estimation for bouldering", master theses, University of
Copenhagen.
"""

from collections.abc import Sequence
from enum import Enum

import numpy as np
from numpy.typing import ArrayLike, NDArray

from annotation.skeletons import Skeleton

Floats = NDArray[np.float64]

MM_PER_M = 1000.0
PCK_3D_MM = 150.0
AUC_STEP_MM = 5.0


class AccelerationUnit(Enum):
    """Unit of a 3D acceleration error; published figures use both, and they differ by the square of the frame rate."""

    MM_PER_FRAME2 = "mm/frame²"
    """VIBE, MEVA, DeciWatch, SmoothNet."""
    M_PER_S2 = "m/s²"
    """WHAM, TRAM, GVHMR."""


def mean(values: ArrayLike, *, axis: int | tuple[int, ...] | None = None) -> Floats:
    """Return the mean of what is not NaN; NaN where there is nothing."""
    array = np.asarray(values, dtype=np.float64)
    known = ~np.isnan(array)
    count = known.sum(axis=axis)
    total = np.where(known, array, 0.0).sum(axis=axis)
    result: Floats = np.where(count > 0, total / np.maximum(count, 1), np.nan)
    return result


def torso_length(xy: NDArray[np.floating], skeleton: Skeleton) -> Floats:
    """Return the distance (T,) from mid-shoulder to mid-hip of points (T, K, 2), in their unit.

    NaN where one of the four joints is missing. Works for 3D points (T, K, 3) as well.
    """
    points = np.asarray(xy, dtype=np.float64)
    left, right = (skeleton.index(f"{side}_shoulder") for side in ("left", "right"))
    shoulders = (points[:, left] + points[:, right]) / 2
    left, right = (skeleton.index(f"{side}_hip") for side in ("left", "right"))
    hips = (points[:, left] + points[:, right]) / 2
    length: Floats = np.linalg.norm(shoulders - hips, axis=-1)
    return length


def correct_keypoints(
    predicted: NDArray[np.floating], truth: NDArray[np.floating], *, threshold: float, scale: ArrayLike
) -> Floats:
    """Return 1 where a predicted point lies closer than ``threshold * scale`` to the truth, else 0.

    The comparison is strict (``<``), as in mmpose; `pck` is the mean. Source: Yang and Ramanan, "Articulated human
    detection with flexible mixtures of parts", PAMI 2013; with the torso as scale as in Andersen 2023.

    Parameters
    ----------
    predicted, truth : (T, K, 2) arrays
        Pixels, NaN where missing.
    threshold : float
        Fraction of the scale, such as 0.2 for PCK@0.2.
    scale : float or (T,) array
        Pixels per frame, usually `torso_length` of the truth.

    Returns
    -------
    (T, K) array
        1, 0, or NaN where the truth is missing or the scale is unknown or zero.
    """
    distance = _distance(predicted, truth)
    limit = threshold * _per_frame(scale, len(distance))[:, None]
    scored = _known(truth) & (limit > 0)
    result: Floats = np.where(scored, (distance < limit).astype(np.float64), np.nan)
    return result


def pck(predicted: NDArray[np.floating], truth: NDArray[np.floating], *, threshold: float, scale: ArrayLike) -> float:
    """Return the share of correct keypoints in [0, 1] over all scored points; see `correct_keypoints`."""
    return float(mean(correct_keypoints(predicted, truth, threshold=threshold, scale=scale)))


def keypoint_similarity(
    predicted: NDArray[np.floating], truth: NDArray[np.floating], *, sigmas: Sequence[float], area: ArrayLike
) -> Floats:
    """Return ``exp(-d² / (2 area k²))`` with ``k = 2 sigma`` for every point, the terms of COCO's OKS.

    Source: COCO keypoint evaluation; Mathiesen 2021, eq. 3.21, with ``s² = area``.

    Parameters
    ----------
    predicted, truth : (T, K, 2) arrays
        Pixels, NaN where missing.
    sigmas : K floats
        `Skeleton.sigmas`.
    area : float or (T,) array
        Area of the person in square pixels.

    Returns
    -------
    (T, K) array
        In [0, 1], 0 where the prediction is missing, NaN where the truth is.
    """
    squared = _distance(predicted, truth) ** 2
    variance = (2 * np.asarray(sigmas, dtype=np.float64)) ** 2 * _per_frame(area, len(squared))[:, None]
    similarity = np.exp(-squared / (2 * (variance + np.spacing(1.0))))
    result: Floats = np.where(_known(truth), np.where(_known(predicted), similarity, 0.0), np.nan)
    return result


def oks(
    predicted: NDArray[np.floating], truth: NDArray[np.floating], *, sigmas: Sequence[float], area: ArrayLike
) -> Floats:
    """Return the object keypoint similarity (T,): the mean of `keypoint_similarity` over the joints with truth."""
    return mean(keypoint_similarity(predicted, truth, sigmas=sigmas, area=area), axis=1)


def acceleration_error_2d(
    predicted: NDArray[np.floating], truth: NDArray[np.floating], *, scale: ArrayLike, fps: float | None = None
) -> Floats:
    """Return ``|p̂'' - p''| / s`` for every inner frame and joint: the ACC-ERR of Mathiesen 2021, eq. 3.22.

    Accelerations are second differences ``p[t-1] - 2 p[t] + p[t+1]``.

    Parameters
    ----------
    predicted, truth : (T, K, 2) arrays
        Pixels, NaN where missing.
    scale : float or (T,) array
        Size of the person in pixels; Mathiesen takes the side of the square crop.
    fps : float, optional
        Frames per second; without it the result is per frame².

    Returns
    -------
    (T - 2, K) array
        Scales per frame² or per s²; NaN where one of the three frames is missing.
    """
    difference = _second_difference(_points(predicted) - _points(truth))
    size = _per_frame(scale, len(predicted))[1:-1, None]
    per_frame: Floats = np.linalg.norm(difference, axis=-1) / np.where(size > 0, size, np.nan)
    return per_frame if fps is None else per_frame * fps**2


def mpjpe(predicted: NDArray[np.floating], truth: NDArray[np.floating], *, root: Sequence[int]) -> Floats:
    """Return the mean per-joint position error (T,) in millimetres after moving both roots to the origin.

    Source: Ionescu et al., "Human3.6M", PAMI 2014, eq. 8.

    Parameters
    ----------
    predicted, truth : (T, K, 3) arrays
        Metres, NaN where missing.
    root : joint indices
        The root is their mean: the pelvis, or both hips where there is none. Figures of the two differ by
        millimetres, so say which one was used.
    """
    return mean(_root_relative_mm(predicted, truth, root=root), axis=1)


def pck_3d(
    predicted: NDArray[np.floating],
    truth: NDArray[np.floating],
    *,
    root: Sequence[int],
    threshold_mm: float = PCK_3D_MM,
) -> Floats:
    """Return the share of joints (T,) closer than a threshold to the truth after moving both roots to the origin.

    Source: Mehta et al., "Monocular 3D human pose estimation in the wild using improved CNN supervision", 3DV 2017:
    half the size of a head. The comparison is strict (``<``); NaN where no joint is in both.

    Parameters
    ----------
    predicted, truth : (T, K, 3) arrays
        Metres, NaN where missing; a missing joint is left out.
    root : joint indices
        As in `mpjpe`.
    """
    return _share_within(_root_relative_mm(predicted, truth, root=root), threshold_mm)


def auc_3d(predicted: NDArray[np.floating], truth: NDArray[np.floating], *, root: Sequence[int]) -> Floats:
    """Return the mean of `pck_3d` (T,) over the 31 thresholds 0, 5, ... 150 mm, as Mehta et al. 2017 do."""
    apart = _root_relative_mm(predicted, truth, root=root)
    thresholds = np.arange(0, PCK_3D_MM + AUC_STEP_MM / 2, AUC_STEP_MM)
    return np.asarray(np.mean([_share_within(apart, threshold) for threshold in thresholds], axis=0), np.float64)


def pa_mpjpe(predicted: NDArray[np.floating], truth: NDArray[np.floating]) -> Floats:
    """Return the mean joint error (T,) in millimetres after the best similarity transform of every frame.

    The prediction is turned, scaled and moved onto the truth, never mirrored (`align`). NaN where fewer than three
    joints are in both or they coincide.

    Parameters
    ----------
    predicted, truth : (T, K, 3) arrays
        Metres, NaN where missing.
    """
    return MM_PER_M * mean(_distance(align(predicted, truth), truth), axis=1)


def align(source: NDArray[np.floating], target: NDArray[np.floating]) -> Floats:
    """Return the source (T, K, 3) moved onto the target by the least-squares similarity of every frame.

    Umeyama, "Least-squares estimation of transformation parameters between two point patterns", PAMI 1991,
    eqs. 39-43: rotation without reflection, one scale, translation. Only joints known in both decide.
    """
    a, b = _points(source), _points(target)
    known = _known(a) & _known(b)
    weight = known[..., None].astype(np.float64)
    count = np.maximum(weight.sum(axis=1, keepdims=True), 1)
    centre_a = np.where(weight > 0, a, 0).sum(axis=1, keepdims=True) / count
    centre_b = np.where(weight > 0, b, 0).sum(axis=1, keepdims=True) / count
    x, y = np.where(weight > 0, a - centre_a, 0), np.where(weight > 0, b - centre_b, 0)
    u, singular, vt = np.linalg.svd(np.swapaxes(y, 1, 2) @ x)
    sign = np.ones_like(singular)
    sign[:, -1] = np.where(np.linalg.det(u) * np.linalg.det(vt) < 0, -1.0, 1.0)
    rotation = (u * sign[:, None, :]) @ vt
    spread = (x**2).sum(axis=(1, 2))
    usable = (known.sum(axis=1) >= 3) & (spread > 0)
    scale = np.where(usable, (singular * sign).sum(axis=1) / np.where(usable, spread, 1), np.nan)
    moved: Floats = scale[:, None, None] * (a - centre_a) @ np.swapaxes(rotation, 1, 2) + centre_b
    return moved


def acceleration_error(
    predicted: NDArray[np.floating], truth: NDArray[np.floating], *, unit: AccelerationUnit, fps: float
) -> Floats:
    """Return the mean over joints of ``|p̂'' - p''|`` (T - 2,) for 3D joints.

    Source: Kanazawa et al., "Learning 3D human dynamics from video", CVPR 2019. The first and last frame are lost;
    a missing joint takes the three frames around it out.

    Parameters
    ----------
    predicted, truth : (T, K, 3) arrays
        Metres, NaN where missing.
    unit : AccelerationUnit
        Of the result. Name it wherever the figure is shown.
    fps : float
        Frames per second; used for ``M_PER_S2`` only.
    """
    difference = _second_difference(_points(predicted) - _points(truth))
    per_frame = mean(np.linalg.norm(difference, axis=-1), axis=1)
    return per_frame * (MM_PER_M if unit is AccelerationUnit.MM_PER_FRAME2 else fps**2)


def _root_relative_mm(predicted: NDArray[np.floating], truth: NDArray[np.floating], *, root: Sequence[int]) -> Floats:
    """Return how far joints are apart (T, K), millimetres, when both roots lie in the origin."""
    a, b = _points(predicted), _points(truth)
    joints = list(root)
    a = a - a[:, joints].mean(axis=1, keepdims=True)
    b = b - b[:, joints].mean(axis=1, keepdims=True)
    return MM_PER_M * _distance(a, b)


def _share_within(apart: Floats, threshold: float) -> Floats:
    return mean(np.where(np.isnan(apart), np.nan, apart < threshold), axis=1)


def _points(values: NDArray[np.floating]) -> Floats:
    return np.asarray(values, dtype=np.float64)


def _known(points: NDArray[np.floating]) -> NDArray[np.bool_]:
    known: NDArray[np.bool_] = ~np.isnan(points).any(axis=-1)
    return known


def _distance(a: NDArray[np.floating], b: NDArray[np.floating]) -> Floats:
    distance: Floats = np.linalg.norm(_points(a) - _points(b), axis=-1)
    return distance


def _second_difference(values: Floats) -> Floats:
    return values[:-2] - 2 * values[1:-1] + values[2:]


def _per_frame(value: ArrayLike, n_frames: int) -> Floats:
    return np.broadcast_to(np.asarray(value, dtype=np.float64), (n_frames,))
