"""Left and right of predictions exchanged where a detector took them for each other."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from annotation.doubt import Doubt
from annotation.doubt_measures import torso_near
from annotation.labels import Keypoints2D
from annotation.side_swaps import side_groups
from annotation.skeletons import Skeleton, load_skeleton

BETWEEN_TORSO = 0.1
"""Where a swap begins or ends, a point so far from its course is neither left nor right: it is bridged."""

_BRIDGED_CONFIDENCE = 0.5
"""A bridged point is at most believed this much."""


@dataclass(frozen=True)
class Stretch:
    """Frames, ends included, in which the sides of the arms with the torso, or of the legs, are exchanged."""

    start: int
    end: int
    arms: bool
    legs: bool

    @classmethod
    def of(cls, doubt: Doubt, skeleton: Skeleton) -> "Stretch":
        """Return what a doubt about a swap says; `skeleton` is the one its joints belong to."""
        arms, legs = (not set(group).isdisjoint(doubt.joints) for group in side_groups(skeleton))
        return cls(doubt.start, doubt.end, arms, legs)


def exchanged(predictions: Keypoints2D, stretches: Sequence[Stretch]) -> Keypoints2D:
    """Return predictions with left and right exchanged in some stretches.

    Detectors that smooth over frames glide from one side to the other: in the two frames at either border, points that
    are beside the course of their neighbours are put on it.
    """
    skeleton = load_skeleton(predictions.skeleton)
    arms, legs = side_groups(skeleton)
    world = None if predictions.world is None else predictions.world.copy()
    result = replace(predictions, xy=predictions.xy.copy(), confidence=predictions.confidence.copy(), world=world)
    moved: list[tuple[Stretch, NDArray[np.intp]]] = []
    for stretch in stretches:
        frames = slice(stretch.start, stretch.end + 1)
        for chosen, group in ((stretch.arms, arms), (stretch.legs, legs)):
            if chosen:
                moved.append((stretch, group))
                for array in (result.xy, result.confidence, world):
                    if array is not None:
                        array[frames, group] = array[frames, skeleton.mirror[group]]
    torso = torso_near(result.xy, skeleton, times_s=np.arange(len(result.xy)) / 25.0)
    for stretch, group in moved:
        _bridge(result, stretch, group=group, limit_px=BETWEEN_TORSO * torso)
    return result


def _bridge(result: Keypoints2D, stretch: Stretch, *, group: NDArray[np.intp], limit_px: NDArray[np.float32]) -> None:
    """Put points at the borders of a stretch on the line between the frames beside them, where they are far off."""
    border = {stretch.start - 1, stretch.start, stretch.end, stretch.end + 1}
    for frame in sorted(frame for frame in border if 0 < frame < len(result.xy) - 1):
        before, after = frame - 1, frame + 1
        while before in border:
            before -= 1
        while after in border:
            after += 1
        if before < 0 or after >= len(result.xy):
            continue
        share = (frame - before) / (after - before)
        course = (1 - share) * result.xy[before, group] + share * result.xy[after, group]
        off = np.hypot(*(result.xy[frame, group] - course).T)
        joints = group[off > limit_px[frame]]
        for array in (result.xy, result.world):
            if array is not None:
                array[frame, joints] = (1 - share) * array[before, joints] + share * array[after, joints]
        result.confidence[frame, joints] = np.minimum(result.confidence[frame, joints], _BRIDGED_CONFIDENCE)
