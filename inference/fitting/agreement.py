"""Where the detector contradicts a person: its points near a corrected joint and its 3D guess lose their say there."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from inference.fitting.points import ClipPoints, torso_px

_ENDS = {"wrist": ("index", "pinky", "thumb", "hand"), "ankle": ("heel", "big_toe", "small_toe", "foot")}
FARTHEST = {"wrist": 0.45, "ankle": 0.6}
"""A predicted finger or toe farther than this, in torso lengths, from a stated wrist or ankle is another limb's."""

LEAST_LENGTH = 0.12
"""A segment shorter than this in the picture, in torso lengths, has no direction there to speak of."""

_AGREES, _DISAGREES = np.cos(np.radians(35)), np.cos(np.radians(65))


def without_strays(points: ClipPoints, *, unit_px: float | None = None) -> ClipPoints:
    """Return points without predicted fingers and toes that belong to another hand or foot than the stated one.

    `unit_px` is the length of the torso, where the points are not all of their clip.
    """
    unit, confidence = unit_px or torso_px(points), points.confidence.copy()
    for side in ("left", "right"):
        for joint, ends in _ENDS.items():
            base = points.skeleton.find(f"{side}_{joint}")
            found = [points.skeleton.find(f"{side}_{end}") for end in ends]
            columns = [column for column in found if column is not None]
            if base is None or not columns:
                continue
            apart = np.linalg.norm(points.xy[:, columns] - points.xy[:, [base]], axis=-1) / unit
            stray = points.stated[:, [base]] & ~points.stated[:, columns] & (np.nan_to_num(apart) > FARTHEST[joint])
            confidence[:, columns] = np.where(stray, 0, confidence[:, columns])
    return replace(points, confidence=confidence)


def trust_in_hints(
    points: ClipPoints, difference: NDArray[np.float64], hints: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return how far the detector's directions agree with what a person stated, in [0, 1] (T, S).

    Parameters
    ----------
    difference : (S, K) array
        See `SegmentTable`.
    hints : (T, S, 3) array
    """
    involved = difference != 0
    stated = ~(involved[None] & ~points.stated[:, None]).any(-1)
    shown = difference @ np.nan_to_num(points.xy) / torso_px(points)
    length, hinted = np.linalg.norm(shown, axis=-1), np.linalg.norm(hints[..., :2], axis=-1)
    cosine = (shown * hints[..., :2]).sum(-1) / np.maximum(length * hinted, 1e-9)
    agreement = np.clip((cosine - _DISAGREES) / (_AGREES - _DISAGREES), 0, 1)
    telling = stated & (length > LEAST_LENGTH) & (hinted > 0.3)
    return np.asarray(np.where(telling, agreement, 1.0))
