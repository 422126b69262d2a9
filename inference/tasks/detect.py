"""Detection: MediaPipe Pose over a clip, 25 joints a frame with its own 3D guess beside them.

It finds one person in a picture. Where several are in the clip, a box around one of them in one frame says who is
meant; from there that person is followed, forward and backward, in a crop that moves along.
"""

import contextlib
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from annotation.errors import JobError
from annotation.labels import Keypoints2D
from annotation.runs import save_keypoints
from annotation.video import VideoReader
from inference.following import Box, Follower, cut_out
from inference.jobs import TaskContext
from inference.pose_detector import LANDMARKS, SKELETON, Found, detect_person, model_name, open_detector
from inference.read_ahead import ReadAhead, frames_in_order

_REPORT_EVERY = 5
_BLANK = np.zeros((256, 256, 3), np.uint8)
"""A picture of nobody: after it, the detector searches instead of tracking whom it saw before."""


def run(context: TaskContext) -> dict[str, Any]:
    """Detect the climber in every frame of ``parameters["video"]`` and write the keypoints run.

    With ``parameters["box"]`` (x, y, width, height in pixels) the person in it in ``parameters["frame"]`` is meant.

    Returns
    -------
    dict
        Model, frames, frames with a person, mean confidence, seconds, frames per second, and in ``damaged`` which
        frames could not be decoded; None if all could.

    Raises
    ------
    JobError
        If mediapipe is missing or nobody is in the clip, or in the box.
    VideoError
        If the video cannot be read at all.
    """
    start = time.perf_counter()
    with VideoReader(Path(str(context.parameters["video"]))) as reader:
        n_frames = len(reader)
        choice = _choice(context.parameters, n_frames=n_frames)
        people = _People(n_frames, context)
        if choice is None:
            _detect_anyone(reader, people)
        else:
            _follow_one(reader, people, box=choice[0], frame=choice[1])
    n_with_person = people.n_with_person
    if n_with_person == 0:
        raise JobError(_NOBODY if choice is None else _NOBODY_IN_BOX.format(frame=choice[1]))
    save_keypoints(context.output, Keypoints2D(people.xy, people.confidence, SKELETON, people.world))
    seconds = time.perf_counter() - start
    return {
        "model": model_name(),
        "frames": n_frames,
        "frames_with_person": n_with_person,
        "mean_confidence": float(people.confidence[people.confidence.any(axis=1)].mean()),
        "seconds": seconds,
        "fps": n_frames / seconds,
        "damaged": _damage(people.seen),
    }


_NOBODY = (
    "There is no person in this clip that the detector could find. Check that it is the right video; or label "
    "some frames by hand: select a joint, press N and click."
)
_NOBODY_IN_BOX = (
    "The detector found no person in the box at frame {frame}. Draw it around the whole person, in a frame where "
    "they are seen well; or label some frames by hand."
)


class _People:
    """Who was found in which frame: the arrays of the run as they fill."""

    def __init__(self, n_frames: int, context: TaskContext) -> None:
        self.xy = np.full((n_frames, len(LANDMARKS), 2), np.nan, np.float32)
        self.confidence = np.zeros((n_frames, len(LANDMARKS)), np.float32)
        self.world = np.full((n_frames, len(LANDMARKS), 3), np.nan, np.float32)
        self.seen = np.zeros(n_frames, dtype=bool)
        self._context, self._done = context, 0

    def take(self, frame: int, found: Found | None, *, offset: tuple[int, int] = (0, 0)) -> None:
        """Keep what was found in a frame, or nobody; tell the progress."""
        n_frames = len(self.seen)
        self.seen[frame] = True
        if found is not None:
            self.xy[frame] = found.xy + np.array(offset, np.float32)
            self.confidence[frame], self.world[frame] = found.confidence, found.world
        if self._done % _REPORT_EVERY == 0 or self._done == n_frames - 1:
            self._context.report(self._done + 1, n_frames, f"frame {self._done + 1} of {n_frames}")
        self._done += 1

    @property
    def n_with_person(self) -> int:
        """In how many frames somebody was found."""
        return int((self.confidence > 0).any(axis=1).sum())


def _detect_anyone(reader: VideoReader, people: _People) -> None:
    with open_detector() as detector, contextlib.closing(ReadAhead(reader.frames())) as frames:
        for n, picture in frames:
            people.take(n, detect_person(detector, picture))


def _follow_one(reader: VideoReader, people: _People, *, box: Box, frame: int) -> None:
    """Follow the person in a box from its frame to the end, then from its frame back to the beginning."""
    with open_detector() as detector:
        _follow(reader, range(frame, len(reader)), people.take, follower=Follower(box), detector=detector)
        detect_person(detector, _BLANK)
        order = range(frame - 1, -1, -1)
        follower = Follower(box)
        known = people.xy[frame]
        if np.isfinite(known).all():
            follower.see(known)
        _follow(reader, order, people.take, follower=follower, detector=detector)


def _follow(
    reader: VideoReader, order: Iterable[int], take: Callable[..., None], *, follower: Follower, detector: Any
) -> None:
    with contextlib.closing(ReadAhead(frames_in_order(reader, order))) as frames:
        for n, picture in frames:
            crop = follower.crop()
            found = detect_person(detector, cut_out(picture, crop))
            if found is not None and not follower.accepts(found.xy + np.array(crop[:2])):
                detect_person(detector, _BLANK)
                found = None
            if found is None:
                follower.miss()
            else:
                follower.see(found.xy + np.array(crop[:2]))
            take(n, found, offset=crop[:2])


def _choice(parameters: Any, *, n_frames: int) -> tuple[Box, int] | None:
    """Return the box and its frame that say who is meant, if any."""
    if parameters.get("box") is None:
        return None
    try:
        x, y, width, height = (float(value) for value in parameters["box"])
        frame = int(parameters.get("frame") or 0)
    except (TypeError, ValueError) as error:
        raise JobError("The box around the climber is four numbers: x, y, width and height in pixels.") from error
    if not (width > 0 and height > 0 and 0 <= frame < n_frames):
        raise JobError(f"The box needs a width and a height, and a frame from 0 to {n_frames - 1}.")
    return Box(x, y, width, height), frame


def _damage(seen: NDArray[np.bool_]) -> str | None:
    """Say which frames could not be decoded, by whether each was seen (T,)."""
    lost = np.flatnonzero(~seen)
    if not len(lost):
        return None
    if seen[lost[0] :].any():
        return f"{len(lost)} damaged frames between {lost[0]} and {lost[-1]}"
    return f"damaged from frame {lost[0]}"
