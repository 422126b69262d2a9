"""Clips whose truth is known, for the effort meter: a synthetic climb, and motion capture seen by a camera.

For motion capture there is no video, so there is no detector either: predictions are the truth with noise as Andersen
2023 makes it ("Temporal smoothing in 2D human pose estimation for bouldering"): in the square of 56 pixels that holds
the person with a margin of a tenth on each side, every joint of every frame is shifted by N(0, 3k) pixels.
"""

from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from annotation.climb_truth import SKELETON, load_truth
from annotation.doubt import DoubtKind, find_doubts
from annotation.effort import Case
from annotation.errors import BetascopeError
from annotation.evaluation3d import Truth3d, read_truth
from annotation.exchange import Stretch, exchanged
from annotation.labels import Keypoints2D, ResolvedTrack
from annotation.poses import Camera, look_at
from annotation.skeletons import load_skeleton

Floats = NDArray[np.float64]

CAPTURE_SKELETON = "climb19"
_CAPTURED = {"left_hand": "LeftFingerBase", "right_hand": "RightFingerBase"}
_UNKNOWN = ("nose", "left_ear", "right_ear")
_SIZE_PX = (1080, 1440)
_FPS = 30.0
_MARGIN = 1.1
"""The camera stands so far away that everything is in the picture, and a tenth more."""

_SQUARE_PX, _SIGMA_PX, _BOX_MARGIN = 56, 3.0, 0.1


def climb_case(truth_file: Path, predicted: Keypoints2D) -> Case:
    """Return a synthetic climb and what a detector said about it.

    Raises
    ------
    BetascopeError
        If the truth cannot be read or belongs to a clip of another length.
    """
    truth = load_truth(truth_file)
    skeleton = load_skeleton(SKELETON)
    guess = predicted.converted(SKELETON).xy.astype(np.float64)
    if len(guess) != len(truth):
        raise BetascopeError(
            f"The truth in {truth_file.name} has {len(truth)} frames and the predictions have {len(guess)}. "
            "Give the truth of this clip."
        )
    return Case("synthetic climb, detected", skeleton, guess, truth.xy.astype(np.float64), truth.fps)


def capture_case(truth_file: Path, *, noise: float = 1.0, seed: int = 0) -> Case:
    """Return motion capture as a fixed camera sees it at 30 frames per second, and simulated detections.

    The camera (1080 x 1440, focal length = diagonal, no distortion) looks level at the middle of the whole motion from
    straight behind the climber as he faces on average, from as near as keeps every joint of every frame in the picture
    with a tenth to spare. The first frame, a T-pose, is left out.

    Parameters
    ----------
    noise : float
        Andersen's k.

    Raises
    ------
    BetascopeError
        If the file is no readable motion capture.
    """
    captured = read_truth(truth_file)
    truth = captured.at(np.arange(1 / captured.fps, (len(captured) - 1) / captured.fps, 1 / _FPS))
    skeleton = load_skeleton(CAPTURE_SKELETON)
    joints = truth.of(tuple(_CAPTURED.get(joint, joint) for joint in skeleton.joints))
    joints[:, [skeleton.index(joint) for joint in _UNKNOWN]] = np.nan
    xy = _seen(truth, joints)
    return Case(
        f"{truth_file.stem}, simulated detections (k = {noise:g})", skeleton, _noisy(xy, noise, seed=seed), xy, _FPS
    )


def swaps_repaired(case: Case) -> tuple[Case, int]:
    """Return a case after every swap that is doubted was repaired with one key each, and how many these were."""
    xy = case.predicted.astype(np.float32)
    found = np.asarray(np.isfinite(xy).all(-1), np.float32)
    predicted = Keypoints2D(xy, found, case.skeleton.name)
    source = np.asarray(found, np.uint8)
    shown = ResolvedTrack(xy, found, source, source, case.skeleton)
    high = np.nanmax(np.concatenate([xy, case.truth]), axis=(0, 1))
    doubts = find_doubts(shown, times_s=np.arange(len(xy)) / case.fps, size_px=(int(high[0]) + 1, int(high[1]) + 1))
    swaps = [Stretch.of(doubt, case.skeleton) for doubt in doubts if doubt.kind is DoubtKind.SWAP]
    return replace(case, predicted=exchanged(predicted, swaps).xy.astype(np.float64)), len(swaps)


def _seen(truth: Truth3d, joints: Floats) -> Floats:
    """Return the joints (T, K, 2) in pixels as the camera sees them (file axes: y up)."""
    across = (truth.of(("left_hip",)) - truth.of(("right_hip",)))[:, 0]
    facing = np.cross(across.mean(axis=0), [0, 1.0, 0])
    middle = (np.nanmin(joints, axis=(0, 1)) + np.nanmax(joints, axis=(0, 1))) / 2
    backwards = -facing * [1, 0, 1] / np.linalg.norm(facing * [1, 0, 1])
    R = look_at(middle + backwards, middle, up=np.array([0, 1.0, 0]))
    turned = (joints - middle) @ R.T
    camera = Camera.guess(_SIZE_PX)
    half = np.array(_SIZE_PX) / 2
    needed = np.abs(turned[..., :2]) * camera.focal_px * _MARGIN / half - turned[..., 2:]
    return np.asarray(camera.project(turned + [0, 0, np.nanmax(needed)]), np.float64)


def _noisy(xy: Floats, k: float, *, seed: int) -> Floats:
    side = np.nanmax(np.nanmax(xy, axis=1) - np.nanmin(xy, axis=1), axis=1) * (1 + 2 * _BOX_MARGIN)
    shift = np.random.default_rng(seed).normal(0, _SIGMA_PX * k, xy.shape)
    return np.asarray(xy + shift * (side / _SQUARE_PX)[:, None, None])
