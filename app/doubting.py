"""What is doubtful about a track of a project, and which keyframes it lacks; each as work a thread can do."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from annotation.adaptive import KeyframeCount, keyframe_curve, suggest_keyframes
from annotation.doubt import Doubt, find_doubts
from annotation.doubt_measures import torso_near
from annotation.labels import Keypoints2D, ResolvedTrack, RunKind, Track
from annotation.project import Project
from annotation.skeletons import load_skeleton
from annotation.smoothing import motion_of

BELIEVED = 0.5
"""Predictions below this confidence ask for no keyframe."""

TOLERANCES = (0.02, 0.05, 0.1, 0.15, 0.2, 0.3)
"""Of the table of keyframes, in torso lengths."""


def doubts_work(project: Project, track: Track) -> Callable[[], list[Doubt]]:
    """Return what finds the doubts about a track as it is now; it touches no project, so a thread may do it."""
    clip = project.clip(track.clip_id)
    resolved = project.resolved(track.id)
    copy = ResolvedTrack(
        resolved.xy.copy(),
        resolved.confidence.copy(),
        resolved.source.copy(),
        resolved.visibility.copy(),
        resolved.skeleton,
    )
    predictions = project.keypoints(track.id)
    outdated = _outdated(project, track, n_frames=len(resolved))
    times_s, size = clip.timeline.times_s, clip.size
    return lambda: find_doubts(copy, times_s=times_s, size_px=size, predictions=predictions, outdated=outdated)


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


def keyframes_work(
    track: Track,
    predictions: Keypoints2D,
    *,
    tolerance: float,
    with_curve: bool,
    frames: tuple[int, int] | None = None,
) -> Callable[[], KeyframeAdvice]:
    """Return what finds missing keyframes, with a tolerance in torso lengths; a thread may do it.

    With `frames`, ends included, only these are looked at.
    """
    first, last = frames or (0, len(predictions.xy) - 1)
    seen = slice(first, last + 1)
    skeleton = load_skeleton(track.skeleton)
    keyframes = track.table.keyframes() - first
    part = Keypoints2D(predictions.xy[seen], predictions.confidence[seen], predictions.skeleton)

    def work() -> KeyframeAdvice:
        points = part.converted(track.skeleton)
        times_s = np.arange(len(points.xy)) / 25.0
        torso = float(np.median(torso_near(points.xy, skeleton, times_s=times_s))) if len(times_s) else 1.0
        motion = motion_of(points.xy)
        motion[points.confidence < BELIEVED] = np.nan
        curve = keyframe_curve(motion, [share * torso for share in TOLERANCES]) if with_curve else []
        missing = suggest_keyframes(motion, keyframes.tolist(), tolerance_px=tolerance * torso)
        suggested = [first + frame for frame in missing]
        return KeyframeAdvice((first, last), torso, tolerance * torso, suggested, curve)

    return work
