"""MediaPipe Pose: the climber's 25 joints in a picture, with the detector's own 3D guess beside them."""

import contextlib
import importlib.metadata
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from annotation.errors import JobError

SKELETON = "climbalong25"
LANDMARKS = np.array([0, 7, 8, *range(11, 33)])
"""BlazePose's 33 landmarks without the six of the eyes and two of the mouth: the 25 joints, in order."""

INSTALL = (
    "-m pip install --no-deps mediapipe==0.10.21 && {python} -m pip install absl-py attrs flatbuffers matplotlib "
    'sounddevice "protobuf>=4.25.3,<5"'
)


@dataclass(frozen=True)
class Found:
    """A person in a picture.

    Attributes
    ----------
    xy : (25, 2) float32 array
        Pixels of the picture.
    confidence : (25,) float32 array
        In [0, 1].
    world : (25, 3) float32 array
        Metres, hip-centred, camera axes.
    """

    xy: NDArray[np.float32]
    confidence: NDArray[np.float32]
    world: NDArray[np.float32]


def model_name() -> str:
    """Return what a run says about who made it."""
    return f"mediapipe-pose-{importlib.metadata.version('mediapipe')}-full"


@contextlib.contextmanager
def open_detector() -> Iterator[Any]:
    """Open MediaPipe Pose, full model, in video mode; quiet about what is only of interest to its authors.

    Raises
    ------
    JobError
        If mediapipe is missing.
    """
    os.environ.setdefault("GLOG_minloglevel", "2")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    try:
        import mediapipe
    except ImportError as error:
        command = f"{sys.executable} {INSTALL.format(python=sys.executable)}"
        raise JobError(f"The detector needs mediapipe ({error}). Add it with:\n{command}") from error
    with mediapipe.solutions.pose.Pose(model_complexity=1, static_image_mode=False) as pose:
        yield pose


def detect_person(detector: Any, picture: NDArray[np.uint8]) -> Found | None:
    """Return the one person MediaPipe sees in a picture (h, w, 3); None for nobody."""
    height, width = picture.shape[:2]
    result = detector.process(picture)
    if result.pose_landmarks is None:
        return None
    image = np.array([(p.x, p.y, p.visibility) for p in result.pose_landmarks.landmark], np.float32)[LANDMARKS]
    world = np.array([(p.x, p.y, p.z) for p in result.pose_world_landmarks.landmark], np.float32)[LANDMARKS]
    return Found(image[:, :2] * np.array([width, height], np.float32), image[:, 2].clip(0, 1), world)
