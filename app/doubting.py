"""What is doubtful about a track of a project, and which keyframes it lacks; each as work a thread can do."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from annotation.adaptive import KeyframeCount, Suggester, keyframe_curve
from annotation.doubt import Doubt, find_doubts
from annotation.doubt_measures import torso_near
from annotation.labels import Keypoints2D, RunKind, Track
from annotation.project import Project
from annotation.skeletons import load_skeleton
from annotation.smoothing import motion_of

BELIEVED = 0.5
"""Predictions below this confidence ask for no keyframe."""

TOLERANCES = (0.02, 0.05, 0.1, 0.15, 0.2, 0.3)
"""Of the table of keyframes, in torso lengths."""


def doubts_work(project: Project, track: Track) -> Callable[[], list[Doubt]]:
    """Return what finds the doubts about a track as it is now; a thread may do it.

    The points are not copied, which would take longer than an edit may in a large project: what was found while an edit
    wrote them is worth nothing, and whoever asks must drop it.
    """
    clip = project.clip(track.clip_id)
    resolved = project.resolved(track.id)
    predictions = project.keypoints(track.id)
    outdated = _outdated(project, track, n_frames=len(resolved))
    times_s, size = clip.timeline.times_s, clip.size
    return lambda: find_doubts(resolved, times_s=times_s, size_px=size, predictions=predictions, outdated=outdated)


def _outdated(project: Project, track: Track, *, n_frames: int) -> NDArray[np.bool_] | None:
    """Return which labels (T, K) were made before the run the track shows; None without labels or run."""
    run_id = track.active_runs.get(RunKind.KEYPOINTS)
    table = track.table
    if run_id is None or not len(table):
        return None
    created = project.run(run_id).created.timestamp()
    older = np.array([time_s is not None and time_s < created for _, time_s in table.stamps])
    n = min(n_frames, len(table.codes))
    result = np.zeros((n_frames, table.n_joints), bool)
    result[:n] = (table.codes[:n] > 0) & older[table.stamp_ids[:n]]
    return result if result.any() else None


@dataclass(frozen=True)
class KeyframeAdvice:
    """Which keyframes a track lacks, and how many some tolerances need.

    Attributes
    ----------
    frames : (int, int)
        What was looked at, both ends included.
    torso_px : float
    tolerance_px : float
        The one for which keyframes are suggested.
    suggested : list of int
    curve : list of KeyframeCount
    """

    frames: tuple[int, int]
    torso_px: float
    tolerance_px: float
    suggested: list[int]
    curve: list[KeyframeCount]


class KeyframeAdviser:
    """Advises about the keyframes of a track while these change; what depends on predictions only is worked out once.

    Parameters
    ----------
    frames : (int, int), optional
        What to look at, both ends included; everything without.
    """

    def __init__(self, predictions: Keypoints2D, skeleton: str, *, frames: tuple[int, int] | None = None) -> None:
        self.frames = frames or (0, len(predictions.xy) - 1)
        self._skeleton = skeleton
        seen = slice(self.frames[0], self.frames[1] + 1)
        self._part = Keypoints2D(predictions.xy[seen], predictions.confidence[seen], predictions.skeleton)
        self._curve: list[KeyframeCount] | None = None
        self._torso_px = 1.0
        self._motion = np.zeros((0, 0, 2))
        self._suggester: tuple[float, Suggester] | None = None

    def advise(self, keyframes: NDArray[np.intp], *, tolerance: float) -> KeyframeAdvice:
        """Return advice for keyframes of the whole clip, with a tolerance in torso lengths; a thread may ask."""
        if self._curve is None:
            self._look()
        if self._suggester is None or self._suggester[0] != tolerance:
            self._suggester = tolerance, Suggester(self._motion, tolerance_px=tolerance * self._torso_px)
        first, last = self.frames
        here = keyframes[(keyframes >= first) & (keyframes <= last)] - first
        missing = self._suggester[1].missing(here.tolist())
        suggested = [first + frame for frame in missing]
        return KeyframeAdvice(self.frames, self._torso_px, tolerance * self._torso_px, suggested, self._curve or [])

    def _look(self) -> None:
        points = self._part.converted(self._skeleton)
        if len(points.xy):
            times_s = np.arange(len(points.xy)) / 25.0
            self._torso_px = float(np.median(torso_near(points.xy, load_skeleton(self._skeleton), times_s=times_s)))
        self._motion = motion_of(points.xy)
        self._motion[points.confidence < BELIEVED] = np.nan
        self._curve = keyframe_curve(self._motion, [share * self._torso_px for share in TOLERANCES])
