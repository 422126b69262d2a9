"""The balance trial of Pose2Sim: two calibrated cameras, 60 fps, 3D markers."""

import tomllib
from dataclasses import replace
from enum import Enum
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from annotation.evaluation3d import JOINTS_16, Truth3d, read_truth
from annotation.labels import Keypoints2D
from annotation.poses import Camera
from annotation.runs import KEYPOINTS_FILE, load_keypoints
from annotation.skeletons import load_skeleton
from inference.fitting.evaluation.views import View, stated
from inference.fitting.points import ClipPoints
from inference.fitting.rotations import exp
from inference.jobs import TaskContext
from inference.tasks import detect

CAMERAS = ("cam01", "cam02")
TRUTH_FILE = "S00_P00_T01_BalancingTrial_0-100_filt_butterworth.trc"


class Input(Enum):
    """Which 2D points are fitted."""

    DETECTED = "detected"
    CORRECTED = "corrected"
    EVERY_FIFTH = "corrected every 5th frame"


def view(folder: Path, camera_name: str, given: Input, *, cache: Path) -> View:
    """Return a camera's view of the trial; its detection is kept in `cache`."""
    camera, truth = _seen(folder, camera_name)
    keypoints = detected(folder / f"{camera_name}.mp4", cache=cache)
    skeleton = load_skeleton(keypoints.skeleton)
    points = ClipPoints.from_arrays(
        skeleton,
        xy=keypoints.xy,
        confidence=keypoints.confidence,
        source=(keypoints.confidence > 0).astype(np.uint8),
        world=keypoints.world,
    )
    if given is not Input.DETECTED:
        xy = np.asarray(camera.project(truth.of(skeleton.joints)), np.float64)
        points = stated(points, xy, stride=5 if given is Input.EVERY_FIFTH else 1)
    times_s = np.arange(len(truth)) / truth.fps
    return View(f"pose2sim {camera_name}, {given.value}", points, camera, times_s, truth, JOINTS_16)


def raw_world(shown: View) -> NDArray[np.float64]:
    """Return the detector's own 3D joints (T, 16, 3) of a view of detected points."""
    assert shown.points.world is not None
    return shown.points.world[:, [shown.points.skeleton.index(name) for name in shown.names]]


def _seen(folder: Path, camera_name: str) -> tuple[Camera, Truth3d]:
    calibration = tomllib.loads((folder / "calibration.toml").read_text(encoding="utf-8"))
    entry = calibration[f"cam_{camera_name.removeprefix('cam')}"]
    matrix = np.array(entry["matrix"])
    width, height = (int(side) for side in entry["size"])
    camera = Camera(float(matrix[[0, 1], [0, 1]].mean()), (float(matrix[0, 2]), float(matrix[1, 2])), (width, height))
    truth = read_truth(folder / TRUTH_FILE)
    world = truth.joints[..., [2, 0, 1]]
    joints = world @ exp(np.array(entry["rotation"])).T + np.array(entry["translation"])
    return camera, replace(truth, joints=joints)


def detected(video: Path, *, cache: Path) -> Keypoints2D:
    """Return what the default detector finds in a video, from the cache or by running it."""
    folder = cache / f"{video.parent.name}-{video.stem}"
    if not (folder / KEYPOINTS_FILE).exists():
        folder.mkdir(parents=True, exist_ok=True)
        detect.run(TaskContext({"video": str(video)}, folder, folder, lambda done, total, message: None))
    return load_keypoints(folder)
