"""How good 2D predictions are: PCK, OKS and the 2D acceleration error, per joint, per frame and over all.

The measures are those of `annotation.metrics`; here they are asked of whole clips, with "no smoothing" beside.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from annotation.errors import BetascopeError
from annotation.metrics import acceleration_error_2d, correct_keypoints, keypoint_similarity, mean, torso_length
from annotation.truth2d import Truth2d

Floats = NDArray[np.float64]

THRESHOLDS = (0.05, 0.1, 0.2)
"""Of PCK, as Andersen 2023 reports it."""
ROLLING_FRAMES = 180
"""Over so many frames Mathiesen 2021 takes the mean for the curves."""
FASTEST_SHARE = 0.05
CROP_MARGIN = 0.1
"""Of the square crop, at each side. Mathiesen 2021 says "a small margin"; Andersen 2023 takes 10 %."""


class Normaliser(Enum):
    """What a distance is a share of; the value is its key."""

    TORSO = "torso"
    """From mid-shoulder to mid-hip: Andersen 2023's torso diameter."""
    BOX = "box"
    """The longest side of the box round all joints: Yang and Ramanan 2013."""
    CROP = "crop"
    """The side of the square crop: Mathiesen 2021."""
    PIXEL = "pixel"
    """Nothing: thresholds are pixels."""

    @property
    def words(self) -> str:
        """What it is, for people."""
        return _NORMALISER_WORDS[self]


_NORMALISER_WORDS = {
    Normaliser.TORSO: "torso",
    Normaliser.BOX: "longest side of the person's box",
    Normaliser.CROP: "side of the square crop",
    Normaliser.PIXEL: "pixels",
}


class Metric(Enum):
    """What can be asked of a prediction; the value is its key."""

    PCK = "pck"
    OKS = "oks"
    OKS_COCO = "oks-coco"
    ACCELERATION = "acc-err"
    DISTANCE = "distance"

    @property
    def more_is_better(self) -> bool:
        """Whether a larger value is the better one."""
        return self in (Metric.PCK, Metric.OKS, Metric.OKS_COCO)


@dataclass(frozen=True)
class Scoring:
    """How predictions are scored.

    Attributes
    ----------
    thresholds : tuple of float
        Of PCK, in units of the normaliser.
    normaliser : Normaliser
        Of PCK and of distances.
    """

    thresholds: tuple[float, ...] = THRESHOLDS
    normaliser: Normaliser = Normaliser.TORSO

    def __post_init__(self) -> None:
        if not self.thresholds or not all(0 < threshold < np.inf for threshold in self.thresholds):
            raise BetascopeError("A threshold of PCK is larger than 0, such as 0.2. Give one or several.")


@dataclass(frozen=True, eq=False)
class Candidate:
    """Predictions to be scored.

    Attributes
    ----------
    key : str
        What they are, for machines: ``"prediction"``, ``"identity"`` (that without smoothing) or ``"track"``.
    name : str
        The same for people.
    xy : (T, K, 2) array
        Pixels, NaN where nothing was found; frames and joints of the truth.
    borders : tuple of int
        Frames at which the windows of a smoother meet.
    """

    key: str
    name: str
    xy: NDArray[np.floating]
    borders: tuple[int, ...] = ()


def body_scale(truth: Truth2d, normaliser: Normaliser) -> Floats:
    """Return what a distance is divided by in each frame (T,), pixels; NaN where it is not known."""
    if normaliser is Normaliser.TORSO:
        return torso_length(truth.extent, truth.skeleton)
    if normaliser is Normaliser.PIXEL:
        return np.ones(len(truth))
    longest: Floats = _box_sides(truth.extent).max(axis=1)
    longest[longest <= 0] = np.nan
    return (1 + 2 * CROP_MARGIN) * longest if normaliser is Normaliser.CROP else longest


def box_area(truth: Truth2d) -> Floats:
    """Return the area (T,) of the box round all joints, square pixels: ``area`` of the COCO files we write."""
    area: Floats = _box_sides(truth.extent).prod(axis=1)
    area[area <= 0] = np.nan
    return area


def _box_sides(points: Floats) -> Floats:
    """Return width and height (T, 2) of the box round points (T, K, 2), NaN where there are none."""
    known = np.isfinite(points)
    highest = np.where(known, points, -np.inf).max(axis=1)
    lowest = np.where(known, points, np.inf).min(axis=1)
    sides: Floats = np.where(np.isfinite(highest), highest - np.where(np.isfinite(lowest), lowest, 0), np.nan)
    return sides


def scores(
    predicted: NDArray[np.floating], truth: Truth2d, metric: Metric, *, normaliser: Normaliser, threshold: float
) -> Floats:
    """Return a measure of every point (T, K), NaN where there is nothing to score.

    Only PCK and distances look at the normaliser, only PCK at the threshold. OKS and ACC-ERR take the side of the
    square crop, as in Mathiesen 2021, OKS-COCO the area of the box. Accelerations are per frame², NaN in the first and
    the last frame. A point that was not found is wrong (PCK), of no similarity (OKS), and has neither distance nor
    acceleration.
    """
    if metric is Metric.PCK:
        return correct_keypoints(predicted, truth.xy, threshold=threshold, scale=body_scale(truth, normaliser))
    crop_px = body_scale(truth, Normaliser.CROP)
    if metric is Metric.OKS:
        return _similarity(predicted, truth, area=crop_px**2)
    if metric is Metric.OKS_COCO:
        return _similarity(predicted, truth, area=box_area(truth))
    if metric is Metric.ACCELERATION:
        result = np.full(truth.xy.shape[:2], np.nan)
        if len(truth) > 2:
            result[1:-1] = acceleration_error_2d(predicted, truth.xy, scale=crop_px)
        return result
    apart = np.linalg.norm(np.asarray(predicted, np.float64) - truth.xy, axis=-1)
    distance: Floats = apart / body_scale(truth, normaliser)[:, None]
    return distance


def _similarity(predicted: NDArray[np.floating], truth: Truth2d, *, area: Floats) -> Floats:
    known = np.isfinite(area)
    result = keypoint_similarity(predicted, truth.xy, sigmas=truth.skeleton.sigmas, area=np.where(known, area, 1.0))
    result[~known] = np.nan
    return result


def rolling_mean(values: Floats, *, frames: int = ROLLING_FRAMES) -> Floats:
    """Return for each frame (T,) the mean of what is known in the `frames` round it; fewer at both ends."""
    known = np.isfinite(values)
    total = np.concatenate([[0.0], np.cumsum(np.where(known, values, 0.0))])
    count = np.concatenate([[0], np.cumsum(known)])
    here = np.arange(len(values))
    start, stop = np.maximum(here - frames // 2, 0), np.minimum(here + (frames + 1) // 2, len(values))
    n = count[stop] - count[start]
    result: Floats = np.where(n > 0, (total[stop] - total[start]) / np.maximum(n, 1), np.nan)
    return result


def fastest_frames(truth: Truth2d) -> NDArray[np.bool_]:
    """Return the twentieth of the frames (T,) in which the joints truly move fastest; none where that is not known."""
    result = np.zeros(len(truth), bool)
    if len(truth) > 2:
        speed = np.full(len(truth), np.nan)
        speed[1:-1] = mean(np.linalg.norm(truth.xy[2:] - truth.xy[:-2], axis=-1), axis=1)
        known = int(np.isfinite(speed).sum())
        most = int(np.ceil(FASTEST_SHARE * known))
        result[np.argsort(np.nan_to_num(speed, nan=-1.0), kind="stable")[len(speed) - most :]] = True
    return result


@dataclass(frozen=True)
class Figures:
    """Means of one candidate, over all points or over those of one joint; NaN where there was nothing to score.

    Attributes
    ----------
    pck : dict
        Threshold -> share of correct points in [0, 1].
    oks, oks_std, oks_coco : float
        Mean over frames of the similarity of a frame, and its standard deviation over frames.
    acceleration : float
        ACC-ERR in sides of the square crop per frame².
    distance : float
        In units of the normaliser, of the points that were found.
    fastest_distance : float
        The same in the twentieth of the frames in which the truth moves fastest.
    found : float
        Share of the scored points that the candidate has.
    border_acceleration : float
        ACC-ERR in the two frames at each border of windows; NaN without borders.
    """

    pck: dict[float, float]
    oks: float
    oks_std: float
    oks_coco: float
    acceleration: float
    distance: float
    fastest_distance: float
    found: float
    border_acceleration: float

    def of(self, metric: Metric, *, threshold: float = 0.0) -> float:
        """Return the figure of a metric."""
        if metric is Metric.PCK:
            return self.pck[threshold]
        plain = {
            Metric.OKS: self.oks,
            Metric.OKS_COCO: self.oks_coco,
            Metric.ACCELERATION: self.acceleration,
            Metric.DISTANCE: self.distance,
        }
        return plain[metric]

    def as_dict(self) -> dict[str, Any]:
        """Return JSON values; what is not known is None."""
        plain = {name: _json(value) for name, value in vars(self).items() if isinstance(value, float)}
        return {"pck": {f"{threshold:g}": _json(value) for threshold, value in self.pck.items()}, **plain}


@dataclass(frozen=True, eq=False)
class Evaluation:
    """What candidates are worth against one truth.

    Attributes
    ----------
    overall : dict
        Key of the candidate -> its figures.
    per_joint : dict
        Key of the candidate -> name of a scored joint -> its figures.
    """

    truth: Truth2d
    scoring: Scoring
    candidates: tuple[Candidate, ...]
    overall: dict[str, Figures]
    per_joint: dict[str, dict[str, Figures]] = field(default_factory=dict)

    @property
    def joints(self) -> tuple[str, ...]:
        """The joints that were scored."""
        scored = np.flatnonzero(self.truth.known.any(axis=0)).tolist()
        return tuple(self.truth.skeleton.joints[joint] for joint in scored)

    @property
    def frames(self) -> int:
        """How many frames were scored."""
        return int(self.truth.known.any(axis=1).sum())

    @property
    def confirmed_frames(self) -> int:
        """In how many of these somebody stated a point, instead of it being put between statements."""
        return int(self.truth.stated.any(axis=1).sum())

    def curve(self, candidate: Candidate, metric: Metric, *, threshold: float, joint: str | None = None) -> Floats:
        """Return a measure of each frame (T,), of one joint or the mean of all; NaN where nothing was scored."""
        points = scores(candidate.xy, self.truth, metric, normaliser=self.scoring.normaliser, threshold=threshold)
        return mean(points, axis=1) if joint is None else points[:, self.truth.skeleton.index(joint)]

    def as_dict(self) -> dict[str, Any]:
        """Return JSON values."""
        return {
            "truth": self.truth.name,
            "frames": self.frames,
            "confirmed_frames": self.confirmed_frames,
            "points": int(self.truth.known.sum()),
            "joints": list(self.joints),
            "normaliser": self.scoring.normaliser.value,
            "thresholds": list(self.scoring.thresholds),
            "units": {
                "acceleration": "sides of the square crop per frame²",
                "distance": self.scoring.normaliser.words,
                "fastest_distance": f"the same, fastest {FASTEST_SHARE:.0%} of the frames",
            },
            "candidates": [
                {
                    "key": candidate.key,
                    "name": candidate.name,
                    **self.overall[candidate.key].as_dict(),
                    "per_joint": {joint: each.as_dict() for joint, each in self.per_joint[candidate.key].items()},
                }
                for candidate in self.candidates
            ],
        }


def evaluate(candidates: Sequence[Candidate], truth: Truth2d, *, scoring: Scoring | None = None) -> Evaluation:
    """Score predictions.

    Raises
    ------
    BetascopeError
        If the truth says nothing, or not how large the person is.
    """
    scoring = scoring or Scoring()
    if not truth.known.any():
        raise BetascopeError(
            "There is nothing to score against: no joint is labelled yet. Label some frames, or give a truth."
        )
    scaled = np.isfinite(body_scale(truth, scoring.normaliser))
    if not (truth.known.any(axis=1) & scaled).any():
        raise BetascopeError(
            f"The {scoring.normaliser.words} is known in no frame that could be scored, so there is no scale. "
            "Choose another normaliser, or label shoulders and hips."
        )
    fast = fastest_frames(truth)
    overall: dict[str, Figures] = {}
    per_joint: dict[str, dict[str, Figures]] = {}
    scored = np.flatnonzero(truth.known.any(axis=0))
    for candidate in candidates:
        points = _Points.of(candidate, truth, scoring, fast=fast)
        overall[candidate.key] = points.figures(slice(None))
        per_joint[candidate.key] = {truth.skeleton.joints[joint]: points.figures([int(joint)]) for joint in scored}
    return Evaluation(truth, scoring, tuple(candidates), overall, per_joint)


@dataclass(frozen=True, eq=False)
class _Points:
    """All measures of every point (T, K) of one candidate."""

    pck: Mapping[float, Floats]
    measures: Mapping[Metric, Floats]
    found: Floats
    fast: NDArray[np.bool_]
    at_border: NDArray[np.bool_]

    @classmethod
    def of(cls, candidate: Candidate, truth: Truth2d, scoring: Scoring, *, fast: NDArray[np.bool_]) -> "_Points":
        """Measure a candidate once for all figures."""
        measures: dict[Metric, Floats] = {
            metric: scores(candidate.xy, truth, metric, normaliser=scoring.normaliser, threshold=0.0)
            for metric in Metric
            if metric is not Metric.PCK
        }
        pck = {
            threshold: scores(candidate.xy, truth, Metric.PCK, normaliser=scoring.normaliser, threshold=threshold)
            for threshold in scoring.thresholds
        }
        found = np.where(truth.known, np.isfinite(candidate.xy).all(axis=-1).astype(np.float64), np.nan)
        at_border = np.zeros(len(truth), bool)
        for border in candidate.borders:
            at_border[max(border - 1, 0) : border + 1] = True
        return cls(pck, measures, found, fast, at_border)

    def figures(self, joints: slice | list[int]) -> Figures:
        """Return the means over some joints."""
        measures = {metric: values[:, joints] for metric, values in self.measures.items()}
        oks = mean(measures[Metric.OKS], axis=1)
        return Figures(
            pck={threshold: _mean(values[:, joints]) for threshold, values in self.pck.items()},
            oks=_mean(oks),
            oks_std=float(np.nanstd(oks)) if np.isfinite(oks).any() else float("nan"),
            oks_coco=_mean(mean(measures[Metric.OKS_COCO], axis=1)),
            acceleration=_mean(measures[Metric.ACCELERATION]),
            distance=_mean(measures[Metric.DISTANCE]),
            fastest_distance=_mean(measures[Metric.DISTANCE][self.fast]),
            found=_mean(self.found[:, joints]),
            border_acceleration=_mean(measures[Metric.ACCELERATION][self.at_border]),
        )


def _mean(values: Floats) -> float:
    return float(mean(values))


def _json(value: float) -> float | None:
    return round(value, 6) if np.isfinite(value) else None
