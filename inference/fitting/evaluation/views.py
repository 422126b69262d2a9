"""A clip to fit whose truth is known, and what comes of fitting it."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from annotation.body import Body, builtin_body
from annotation.evaluation3d import Accuracy, Truth3d, body_joints, plausibility, score
from annotation.labels import Source
from annotation.poses import Camera, Plane
from inference.fitting.clip_fit import FitResult, fit_clip
from inference.fitting.points import ClipPoints

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class View:
    """One camera's view of a motion.

    Attributes
    ----------
    name : str
    points : ClipPoints
    camera : Camera
    times_s : (T,) array
    truth : Truth3d
        At the same times, metres, CAMERA frame.
    names : tuple of str
        The joints to score.
    body : Body
        What to fit.
    walls : tuple of Plane
        The planes of the wall, where they really are.
    height_m : float or None
        Of the climber.
    """

    name: str
    points: ClipPoints
    camera: Camera
    times_s: Floats
    truth: Truth3d
    names: tuple[str, ...]
    body: Body = field(default_factory=builtin_body)
    walls: tuple[Plane, ...] = ()
    height_m: float | None = None

    @property
    def fps(self) -> float:
        """Frames per second."""
        return 1 / float(np.median(np.diff(self.times_s)))


@dataclass(frozen=True)
class Outcome:
    """What a fit came to.

    Attributes
    ----------
    labelled_px : (N,) array
        Reprojection errors of what a person stated, pixels at a picture height or width of 1080, the smaller side.
    """

    view: View
    accuracy: Accuracy
    seconds: float
    summary: dict[str, Any]
    labelled_px: Floats
    result: FitResult


Fit = Callable[[View], FitResult]


def plain_fit(view: View) -> FitResult:
    """Fit without any knowledge but the points and the camera."""
    return fit_clip(view.points, body=view.body, camera=view.camera, times_s=view.times_s)


def measure(view: View, *, fit: Fit = plain_fit) -> Outcome:
    """Fit a view and score it."""
    started = time.perf_counter()
    result = fit(view)
    seconds = time.perf_counter() - started
    found = body_joints(result.mesh, view.body, view.names, are_centres=view.truth.are_centres)
    accuracy = score(found, view.truth.of(view.names), view.names, fps=view.fps)
    return Outcome(view, accuracy, seconds, result.summary, _labelled_px(view, result), result)


def _labelled_px(view: View, result: FitResult) -> Floats:
    mesh, body = result.mesh, view.body
    rig = body.keypoint_rig(view.points.skeleton.name)
    shown = mesh.camera.project(body.keypoints(rig, mesh.betas, mesh.pose, transl=mesh.transl))
    off = np.linalg.norm(shown - view.points.xy, axis=-1)
    labelled = (view.points.source == Source.LABELLED) & np.isfinite(off)
    return np.asarray(off[labelled] * 1080 / min(view.camera.size_px))


def flips(outcome: Outcome) -> dict[str, float]:
    """Return the figures that tell a human motion from a broken one."""
    found = plausibility(outcome.result.mesh, outcome.view.body, fps=outcome.view.fps)
    return {name: round(float(value), 4) for name, value in vars(found).items()}


def stated(points: ClipPoints, xy: Floats, *, stride: int = 1) -> ClipPoints:
    """Return points in which a person labelled every `stride`-th frame with `xy` (T, K, 2), NaN where not.

    Between the keyframes they are interpolated, as a track does.
    """
    frames = np.arange(len(points))
    keys = np.unique(np.append(frames[::stride], frames[-1]))
    known = np.asarray(np.isfinite(xy).all((0, 2)))
    between = xy.copy()
    for column in np.flatnonzero(known):
        for axis in range(2):
            between[:, column, axis] = np.interp(frames, keys, xy[keys, column, axis])
    is_key = np.isin(frames, keys)[:, None]
    source = np.where(known, np.where(is_key, Source.LABELLED, Source.INTERPOLATED), points.source)
    return replace(
        points,
        xy=np.where(known[:, None], between, points.xy),
        confidence=np.where(known, 1.0, points.confidence),
        source=source.astype(np.uint8),
    )
