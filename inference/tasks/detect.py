"""Detection: MediaPipe Pose over a clip, 25 joints a frame with its own 3D guess beside them."""

import contextlib
import importlib.metadata
import os
import queue
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from annotation.errors import JobError
from annotation.labels import Keypoints2D
from annotation.runs import save_keypoints
from annotation.video import VideoReader
from inference.jobs import TaskContext

SKELETON = "climbalong25"
LANDMARKS = np.array([0, 7, 8, *range(11, 33)])
"""BlazePose's 33 landmarks without the six of the eyes and two of the mouth: the 25 joints, in order."""

_READ_AHEAD = 8
_REPORT_EVERY = 5
INSTALL = (
    "-m pip install --no-deps mediapipe==0.10.21 && {python} -m pip install absl-py attrs flatbuffers matplotlib "
    'sounddevice "protobuf>=4.25.3,<5"'
)


def run(context: TaskContext) -> dict[str, Any]:
    """Detect the climber in every frame of ``parameters["video"]`` and write the keypoints run.

    Returns
    -------
    dict
        Model, frames, frames with a person, mean confidence, seconds, frames per second, and in ``damaged`` which
        frames could not be decoded; None if all could.

    Raises
    ------
    JobError
        If mediapipe is missing or nobody is in the clip.
    VideoError
        If the video cannot be read at all.
    """
    start = time.perf_counter()
    with VideoReader(Path(str(context.parameters["video"]))) as reader, _detector() as detector:
        n_frames = len(reader)
        xy = np.full((n_frames, len(LANDMARKS), 2), np.nan, np.float32)
        confidence = np.zeros((n_frames, len(LANDMARKS)), np.float32)
        world = np.full((n_frames, len(LANDMARKS), 3), np.nan, np.float32)
        seen = np.zeros(n_frames, dtype=bool)
        with contextlib.closing(_ReadAhead(reader)) as frames:
            for n, picture in frames:
                seen[n] = True
                found = _detect(detector, picture)
                if found is not None:
                    xy[n], confidence[n], world[n] = found
                if n % _REPORT_EVERY == 0 or n == n_frames - 1:
                    context.report(n + 1, n_frames, f"frame {n + 1} of {n_frames}")
    with_person = int((confidence > 0).any(axis=1).sum())
    if with_person == 0:
        raise JobError(
            "There is no person in this clip that the detector could find. Check that it is the right video; or label "
            "some frames by hand: select a joint, press N and click."
        )
    save_keypoints(context.output, Keypoints2D(xy, confidence, SKELETON, world))
    seconds = time.perf_counter() - start
    return {
        "model": f"mediapipe-pose-{importlib.metadata.version('mediapipe')}-full",
        "frames": n_frames,
        "frames_with_person": with_person,
        "mean_confidence": float(confidence[confidence.any(axis=1)].mean()),
        "seconds": seconds,
        "fps": n_frames / seconds,
        "damaged": _damage(seen),
    }


def _damage(seen: NDArray[np.bool_]) -> str | None:
    """Say which frames could not be decoded, by whether each was seen (T,)."""
    lost = np.flatnonzero(~seen)
    if not len(lost):
        return None
    if seen[lost[0] :].any():
        return f"{len(lost)} damaged frames between {lost[0]} and {lost[-1]}"
    return f"damaged from frame {lost[0]}"


@contextlib.contextmanager
def _detector() -> Iterator[Any]:
    """Open MediaPipe Pose, full model, in video mode; quiet about what is only of interest to its authors."""
    os.environ.setdefault("GLOG_minloglevel", "2")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    try:
        import mediapipe
    except ImportError as error:
        command = f"{sys.executable} {INSTALL.format(python=sys.executable)}"
        raise JobError(f"The detector needs mediapipe ({error}). Add it with:\n{command}") from error
    with mediapipe.solutions.pose.Pose(model_complexity=1, static_image_mode=False) as pose:
        yield pose


def _detect(
    detector: Any, picture: NDArray[np.uint8]
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]] | None:
    """Return xy (25, 2) px, confidence (25,) and world (25, 3) m in camera axes of one picture; None for nobody."""
    height, width = picture.shape[:2]
    result = detector.process(picture)
    if result.pose_landmarks is None:
        return None
    image = np.array([(p.x, p.y, p.visibility) for p in result.pose_landmarks.landmark], np.float32)[LANDMARKS]
    world = np.array([(p.x, p.y, p.z) for p in result.pose_world_landmarks.landmark], np.float32)[LANDMARKS]
    return image[:, :2] * np.array([width, height], np.float32), image[:, 2].clip(0, 1), world


class _ReadAhead:
    """Decodes in a thread a few frames ahead of the detector."""

    def __init__(self, reader: VideoReader) -> None:
        self._queue: queue.Queue[tuple[int, NDArray[np.uint8]] | None] = queue.Queue(_READ_AHEAD)
        self._stop = threading.Event()
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._decode, args=(reader,), daemon=True)
        self._thread.start()

    def __iter__(self) -> Iterator[tuple[int, NDArray[np.uint8]]]:
        while (item := self._queue.get()) is not None:
            yield item
        if self._error is not None:
            raise self._error

    def close(self) -> None:
        """End the thread."""
        self._stop.set()
        self._thread.join()

    def _decode(self, reader: VideoReader) -> None:
        try:
            with contextlib.closing(reader.frames()) as frames:
                for item in frames:
                    self._put(item)
                    if self._stop.is_set():
                        return
        except BaseException as error:
            self._error = error
        finally:
            self._put(None)

    def _put(self, item: tuple[int, NDArray[np.uint8]] | None) -> None:
        while not self._stop.is_set():
            with contextlib.suppress(queue.Full):
                self._queue.put(item, timeout=0.05)
                return
