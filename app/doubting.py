"""What is doubtful about a track of a project, and which keyframes it lacks; each as work a thread can do."""

import contextlib
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from annotation.adaptive import KeyframeCount, Suggester, keyframe_curve
from annotation.body_doubts import find_body_doubts, off_labels_px, without_twins
from annotation.body_identity import body_of
from annotation.doubt import Doubt, find_doubts
from annotation.doubt_measures import torso_near
from annotation.errors import BetascopeError
from annotation.fit_details import load_details
from annotation.labels import Keypoints2D, LabelTable, RunKind, Track
from annotation.poses import MeshSequence
from annotation.project import Project
from annotation.skeletons import load_skeleton
from annotation.smoothing import motion_of
from app import operations
from app.settings import bodies_path

BELIEVED = 0.5
"""Predictions below this confidence ask for no keyframe."""

TOLERANCES = (0.02, 0.05, 0.1, 0.15, 0.2, 0.3)
"""Of the table of keyframes, in torso lengths."""

_ROWS = 8192
"""Frames looked at together: more would only take more memory."""


def doubts_work(project: Project, track: Track, *, followed: MeshSequence | None = None) -> Callable[[], list[Doubt]]:
    """Return what finds the doubts about a track as it is now; a thread may do it.

    `followed` is its body, where that has followed corrections and is no run yet.

    The points are not copied, which would take longer than an edit may in a large project: what was found while an edit
    wrote them is worth nothing, and whoever asks must drop it.
    """
    clip = project.clip(track.clip_id)
    resolved = project.resolved(track.id)
    predictions = project.keypoints(track.id)
    run_id = track.active_runs.get(RunKind.KEYPOINTS)
    created_s = None if run_id is None else project.run(run_id).created.timestamp()
    times_s, size, table = clip.timeline.times_s, clip.size, track.table
    about_body = body_doubts_work(project, track, followed=followed)

    def work() -> list[Doubt]:
        outdated = None if created_s is None else _outdated(table, created_s, n_frames=len(resolved))
        found = find_doubts(resolved, times_s=times_s, size_px=size, predictions=predictions, outdated=outdated)
        return without_twins(sorted([*found, *about_body()], key=lambda doubt: doubt.start))

    return work


def body_doubts_work(
    project: Project, track: Track, *, followed: MeshSequence | None = None
) -> Callable[[], list[Doubt]]:
    """Return what finds the doubts about the body a track shows; a thread may do it."""
    body_run, points_run = (track.active_runs.get(kind) for kind in (RunKind.BODY, RunKind.KEYPOINTS))
    mesh = project.mesh(track.id) if followed is None else followed
    if body_run is None or mesh is None:
        return list
    resolved = project.resolved(track.id)
    predictions = project.keypoints(track.id)
    obeys = followed is not None or operations.body_is_current(project, track.id, resolved=resolved)
    folder, skeleton = project.run_folder(body_run), load_skeleton(track.skeleton)
    fps = project.clip(track.clip_id).timeline.fps
    is_older = points_run is not None and project.run(points_run).created > project.run(body_run).created

    def work() -> list[Doubt]:
        details = off_px = None  # what is wrong with files is said where the body is shown
        with contextlib.suppress(BetascopeError):
            details = None if is_older else load_details(folder)  # what was repaired in other points says nothing
        with contextlib.suppress(BetascopeError):
            body = body_of(mesh, bodies_dir=bodies_path()) if obeys else None
            if body is not None:
                off_px = off_labels_px(mesh, body, resolved=resolved, predictions=predictions)
        return find_body_doubts(mesh, details, skeleton=skeleton, fps=fps, off_px=off_px)

    return work


def _outdated(table: LabelTable, created_s: float, *, n_frames: int) -> NDArray[np.bool_] | None:
    """Return which labels (T, K) were made before a run; None if none was."""
    codes, stamp_ids = table.codes, table.stamp_ids
    older = np.array([time_s is not None and time_s < created_s for _, time_s in table.stamps])
    if not older.any():
        return None
    result = np.zeros((n_frames, table.n_joints), bool)
    for start in range(0, min(n_frames, len(codes)), _ROWS):
        part = slice(start, min(start + _ROWS, n_frames))
        rows = (codes[part] > 0) & older[stamp_ids[part]]
        result[start : start + len(rows)] = rows
    return result


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
