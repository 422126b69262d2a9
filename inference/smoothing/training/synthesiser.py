"""Motion to learn from, unlimited and free: climbs of the built-in body seen through random cameras.

Each climb is another route (`routes`) by another body, some end in a fall (`falls`); each is seen from several places:
from behind, low, close, from the side, by a hand that shakes or follows, mirrored, slower or faster. The same seed
gives the same motion, and climb `n` of a seed does not depend on how many are asked for.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import CubicSpline
from scipy.ndimage import gaussian_filter1d

from annotation.body import Body, builtin_body
from annotation.poses import Camera, look_at
from annotation.skeletons import load_skeleton
from inference.climb.motion import Motion, animate
from inference.smoothing.training.data import PointSequence
from inference.smoothing.training.falls import with_fall
from inference.smoothing.training.routes import plan_route

SKELETON = "climbalong25"
FPS = 30.0

_SIZE_PX = (1080, 1920)
_FALLS = 0.2
_RESTLESS = 0.35
_ITERATIONS = 3

Report = Callable[[int, int], None]


@dataclass(frozen=True)
class MotionRecipe:
    """How much motion to make up.

    Attributes
    ----------
    n_climbs : int
    n_views : int
        Of each climb.
    seconds : float
        Length of a climb.
    """

    n_climbs: int
    n_views: int = 6
    seconds: float = 12.0


def synthesise(
    recipe: MotionRecipe, *, seed: int, first: int = 0, report: Report | None = None
) -> Iterator[PointSequence]:
    """Yield the views of climbs `first`, `first` + 1, ... of a seed: pixels of 25 joints at 30 frames per second.

    Names tell the climb (``climb-7-view-2``), so that a split can keep the views of one climb together.
    """
    body = builtin_body()
    for number in range(first, first + recipe.n_climbs):
        rng = np.random.default_rng([seed, number])
        keypoints = _climb(rng, body, seconds=recipe.seconds)
        for view in range(recipe.n_views):
            xy = _seen(rng, keypoints)
            yield PointSequence(f"climb-{number}-view-{view}", xy.astype(np.float32), SKELETON, FPS)
        if report is not None:
            report(number - first + 1, recipe.n_climbs)


def _climb(rng: np.random.Generator, body: Body, *, seconds: float) -> NDArray[np.float64]:
    """Return the joints (T, K, 3) of one climb, metres, WORLD frame of the climb."""
    n_frames = round(seconds * FPS)
    betas = np.zeros(body.n_betas)
    betas[:10] = rng.normal(0, 0.6, 10)
    route = plan_route(rng, duration_s=seconds)
    motion = animate(route, body, betas=betas, times_s=np.arange(n_frames) / FPS, iterations=_ITERATIONS)
    if rng.random() < _FALLS and n_frames > 2 * FPS:
        start = int(rng.integers(int(FPS), n_frames - int(FPS) // 2))
        motion = with_fall(rng, motion, start=start, fps=FPS)
    if rng.random() < _RESTLESS:
        motion = _restless(rng, motion)
    rig = body.keypoint_rig(SKELETON)
    return body.keypoints(rig, betas, motion.pose, transl=motion.transl)


def _restless(rng: np.random.Generator, motion: Motion) -> Motion:
    """Let every joint stray a little, as nobody moves along a spline."""
    stray = _wander(rng, motion.pose.shape, seconds=float(rng.uniform(0.15, 0.6)))
    pose = motion.pose + stray * float(rng.uniform(0.01, 0.05))
    return Motion(pose, motion.transl, motion.contacts)


def _wander(rng: np.random.Generator, shape: tuple[int, ...], *, seconds: float) -> NDArray[np.float64]:
    """Return noise of unit variance that is smooth over the first axis."""
    sigma = seconds * FPS
    reach = int(4 * sigma) + 1
    white = rng.normal(size=(shape[0] + 2 * reach, *shape[1:]))
    smooth = gaussian_filter1d(white, sigma, axis=0)[reach:-reach] * np.sqrt(2 * np.sqrt(np.pi) * sigma)
    return np.asarray(smooth)


def _seen(rng: np.random.Generator, joints: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return where a random camera sees joints (T, K, 3): pixels (T, K, 2)."""
    joints = _retimed(joints, speed=float(rng.choice([1.0, 1.0, rng.uniform(0.7, 1.5)])))
    if rng.random() < 0.5:
        skeleton = load_skeleton(SKELETON)
        joints = joints[:, list(skeleton.mirror)] * np.array([-1.0, 1, 1])
    middle = np.median(joints.reshape(-1, 3), axis=0)
    turn = float(rng.choice([rng.uniform(-0.5, 0.5), rng.uniform(-1.3, 1.3)]))
    distance, height = float(rng.uniform(2.2, 6.5)), float(rng.choice([rng.uniform(0.15, 0.6), rng.uniform(0.6, 2.8)]))
    eye = middle + np.array([distance * np.sin(turn), 0.0, -distance * np.cos(turn)])
    eye[1] = height
    roll = rng.normal(0, 0.06)
    R = look_at(eye, middle, up=np.array([np.sin(roll), np.cos(roll), 0.0]))
    camera = Camera.guess(_SIZE_PX)
    xy = camera.project(_in_sight((joints - eye) @ R.T))
    if rng.random() < 0.3:
        shake = _wander(rng, (len(xy), 2), seconds=float(rng.uniform(0.05, 1.5)))
        xy = xy + (shake * rng.uniform(1, 12))[:, None]
    return np.asarray(xy, np.float64)


def _in_sight(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Keep points (..., 3) in front of the camera."""
    points = points.copy()
    points[..., 2] = np.maximum(points[..., 2], 0.4)
    return points


def _retimed(joints: NDArray[np.float64], *, speed: float) -> NDArray[np.float64]:
    """Return a motion (T, K, 3) played at another speed, 30 frames per second as before."""
    if speed == 1.0:
        return joints
    times = np.arange(len(joints), dtype=np.float64)
    return np.asarray(CubicSpline(times, joints, axis=0)(np.arange(0, times[-1], speed)))
