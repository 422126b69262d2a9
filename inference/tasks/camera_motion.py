"""How a panning camera turns, from what does not move in the picture: features outside the climber's box.

A camera that only turns maps the background of one frame onto that of another by the homography ``K R K^-1``. Features
are tracked from frame to frame, the homography is found robustly, and the turns are chained.
"""

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from annotation.errors import JobError
from annotation.poses import Camera
from annotation.video import VideoReader
from inference.fitting.points import ClipPoints

Array = NDArray[np.float64]

WORKING_PX = 640
"""The longer side of the picture features are tracked in."""
LEAST_FEATURES = 12
MARGIN = 0.15
"""By how much the climber's box is widened, as a share of its longer side."""
STILL_DEG = 0.15
"""A camera that never turns farther than this is static."""


def view_turns(
    video: Path,
    points: ClipPoints,
    camera: Camera,
    *,
    report: Callable[[int, int, str], None],
    log: Callable[[str], None],
) -> Array | None:
    """Return what turns the CAMERA frame of the first frame into that of each frame (T, 3, 3).

    None for a static camera.

    Raises
    ------
    JobError
        If the video has another number of frames than the points.
    VideoError
        If it cannot be read.
    """
    n_frames = len(points)
    turns = np.tile(np.eye(3), (n_frames, 1, 1))
    boxes = _boxes(points)
    lost = 0
    with VideoReader(video) as reader:
        if len(reader) != n_frames:
            raise JobError(f"{video.name} has {len(reader)} frames, the points {n_frames}. Detect the climber again.")
        scale = WORKING_PX / max(camera.size_px)
        K = np.array(
            [
                [camera.focal_px * scale, 0, camera.center_px[0] * scale],
                [0, camera.focal_px * scale, camera.center_px[1] * scale],
                [0, 0, 1],
            ]
        )
        before: NDArray[np.uint8] | None = None
        for frame, picture in reader.frames():
            grey = cv2.cvtColor(cv2.resize(picture, None, fx=scale, fy=scale), cv2.COLOR_RGB2GRAY)
            if before is not None and frame > 0:
                step = turn_between(before, np.asarray(grey), K=K, mask=_mask(before.shape, boxes[frame - 1] * scale))
                lost += step is None
                turns[frame] = turns[frame - 1] if step is None else step @ turns[frame - 1]
            before = np.asarray(grey)
            if frame % 10 == 0:
                report(frame, n_frames, "Following the camera")
    if lost:
        log(f"The camera could not be followed over {lost} frames: too little background is seen. It is held there.")
    angle = np.degrees(np.arccos(np.clip((np.trace(turns, axis1=1, axis2=2) - 1) / 2, -1, 1)))
    return turns if angle.max(initial=0) > STILL_DEG else None


def turn_between(
    before: NDArray[np.uint8], after: NDArray[np.uint8], *, K: Array, mask: NDArray[np.uint8]
) -> Array | None:
    """Return the turn (3, 3) of the camera between two grey pictures; None if too little is seen of the background.

    Parameters
    ----------
    K : (3, 3) array
        Calibration matrix for pictures of this size.
    mask : (h, w) uint8 array
        Not 0 where the background is.
    """
    corners = cv2.goodFeaturesToTrack(before, 300, 0.01, 8, mask=mask)
    if corners is None or len(corners) < LEAST_FEATURES:
        return None
    tracked, status, _ = cv2.calcOpticalFlowPyrLK(before, after, corners, None, winSize=(21, 21), maxLevel=3)
    back, returned, _ = cv2.calcOpticalFlowPyrLK(after, before, tracked, None, winSize=(21, 21), maxLevel=3)
    good = (status[:, 0] > 0) & (returned[:, 0] > 0)
    good &= np.linalg.norm((back - corners)[:, 0], axis=1) < 0.7
    if good.sum() < LEAST_FEATURES:
        return None
    a, b = (np.concatenate([p[good, 0], np.ones((good.sum(), 1))], axis=1) for p in (corners, tracked))
    return _robust_turn(a @ np.linalg.inv(K).T, b @ np.linalg.inv(K).T, focal=float(K[0, 0]))


def _robust_turn(a: Array, b: Array, *, focal: float) -> Array | None:
    """Return the rotation that takes rays to rays (N, 3), re-weighted against what moves by itself (Kabsch)."""
    a, b = (rays / np.linalg.norm(rays, axis=1, keepdims=True) for rays in (a, b))
    weight = np.ones(len(a))
    turn = np.eye(3)
    for _ in range(15):
        u, _, vt = np.linalg.svd((b * weight[:, None]).T @ a)
        turn = u @ np.diag([1, 1, np.linalg.det(u @ vt)]) @ vt
        off_px = np.linalg.norm(a @ turn.T - b, axis=1) * focal
        weight = 1 / (1 + (off_px / 0.7) ** 2) ** 2
    return turn if np.mean(off_px < 1.5) > 0.4 else None


def _boxes(points: ClipPoints) -> Array:
    """Return the box (T, 4) about the climber, pixels, widened; frames without points have that of their neighbours."""
    found = points.found
    low = np.where(found[..., None], points.xy, np.inf).min(axis=1)
    high = np.where(found[..., None], points.xy, -np.inf).max(axis=1)
    frames, valid = np.arange(len(points)), points.valid
    corners = np.concatenate([low, high], axis=1)
    boxes = np.stack([np.interp(frames, frames[valid], corners[valid, k]) for k in range(4)], axis=1)
    margin = MARGIN * (boxes[:, 2:] - boxes[:, :2]).max(axis=1, keepdims=True)
    return np.concatenate([boxes[:, :2] - margin, boxes[:, 2:] + margin], axis=1)


def _mask(shape: tuple[int, ...], box: Array) -> NDArray[np.uint8]:
    mask = np.full(shape[:2], 255, np.uint8)
    x0, y0, x1, y1 = (max(0, int(side)) for side in box)
    mask[y0:y1, x0:x1] = 0
    return mask
