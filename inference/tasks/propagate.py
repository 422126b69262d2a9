"""Propagation: joints of a labelled frame followed by optical flow, forward or backward; predictions, never labels."""

import contextlib
import time
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from annotation.arrays import read_arrays
from annotation.errors import JobError
from annotation.labels import Keypoints2D
from annotation.runs import save_keypoints
from annotation.video import VideoReader
from inference.jobs import INPUTS_FILE, JobCancelled, TaskContext
from inference.optical_flow import confidence_of, follow, known
from inference.read_ahead import ReadAhead, frames_in_order

_REPORT_EVERY = 2


def run(context: TaskContext) -> dict[str, Any]:
    """Follow joints and write the run in which they replace the predictions of another.

    Parameters of the job: ``video``, ``skeleton``, ``start`` and ``end`` (the frame to start from and the last one;
    ``end`` before ``start`` goes backwards). Inputs: ``labels (T', K, 2)`` px of the frames from the lower to the
    higher of both, NaN where there is none; ``xy (T, K, 2)``, ``confidence (T, K)`` and maybe ``world (T, K, 3)`` of
    the predictions so far. Where labels stand at both ends of a stretch, it is followed from both and blended.

    Asked to stop, it keeps the frames done so far; where there is none yet, it counts as cancelled.

    Returns
    -------
    dict
        Model, frames followed, share of joints followed to the end, seconds, and whether it was stopped.

    Raises
    ------
    JobError
        If the job is damaged, or nothing could be followed.
    """
    began = time.perf_counter()
    parameters, inputs = context.parameters, _inputs(context)
    start, end = int(parameters["start"]), int(parameters["end"])
    low, high = min(start, end), max(start, end)
    labels, n_frames = inputs["labels"], high - low + 1
    step = 1 if end >= start else -1
    both_ways = bool(np.isfinite(labels[1:] if step > 0 else labels[:-1]).any())
    stretch = _Stretch(
        context, Path(str(parameters["video"])), labels=labels, low=low, n_steps=n_frames * (1 + both_ways)
    )
    there, there_error = stretch.follow(range(start, end + step, step))
    if both_ways and not context.stopped():
        back, back_error = stretch.follow(range(end, start - step, -step))
    else:
        back, back_error = np.full_like(there, np.nan), np.zeros_like(there_error)
    if step < 0:
        there, there_error, back, back_error = back, back_error, there, there_error
    xy, error = blend(there, back, labels, errors=(there_error, back_error))
    followed = known(xy)
    if not (followed & ~known(labels)).any():
        if context.stopped():
            raise JobCancelled
        raise JobError("No joint could be followed from this frame. Try from another one, or place the joints by hand.")
    base = Keypoints2D(inputs["xy"].copy(), inputs["confidence"].copy(), str(parameters["skeleton"]), inputs["world"])
    base.xy[low : high + 1][followed] = xy[followed]
    base.confidence[low : high + 1][followed] = confidence_of(error)[followed]
    save_keypoints(context.output, base)
    return {
        "model": "optical flow",
        "frames": int(followed.any(axis=1).sum()),
        "joints_followed_to_the_end": float(_share_at_the_end(followed, labels, step=step)),
        "seconds": time.perf_counter() - began,
        "stopped": bool(context.stopped()),
    }


def blend(
    forward: NDArray[np.float32],
    backward: NDArray[np.float32],
    labels: NDArray[np.float32],
    *,
    errors: tuple[NDArray[np.float32], NDArray[np.float32]],
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Blend what was followed forward and backward (T, K, 2): each counts the more the nearer its label (T, K, 2) is.

    Returns
    -------
    xy : (T, K, 2) float32 array
        NaN where a joint was lost both ways.
    error : (T, K) float32 array
        The `errors` (T, K) of both, blended alike.
    """
    stated = known(labels)
    since, until = _distance(stated), _distance(stated[::-1])[::-1]
    both = known(forward) & known(backward)
    weight = np.where(both, since / np.maximum(since + until, 1), ~known(forward)).astype(np.float32)
    w = weight[..., None]
    xy = np.where(both[..., None], (1 - w) * forward + w * backward, np.where(w > 0, backward, forward))
    error = (1 - weight) * errors[0] + weight * errors[1]
    return np.where(stated[..., None], labels, xy).astype(np.float32), np.where(stated, 0, error).astype(np.float32)


class _Stretch:
    """A stretch of a video in which joints are followed."""

    def __init__(
        self, context: TaskContext, video: Path, *, labels: NDArray[np.float32], low: int, n_steps: int
    ) -> None:
        self._context, self._video, self._labels, self._low, self._n_steps = context, video, labels, low, n_steps
        self._done = 0

    def follow(self, order: range) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return where the joints are (T', K, 2), NaN if lost, and their error (T', K), following them in an order."""
        xy = np.full_like(self._labels, np.nan)
        error = np.zeros(xy.shape[:2], np.float32)
        with (
            VideoReader(self._video) as reader,
            contextlib.closing(ReadAhead(frames_in_order(reader, order))) as pictures,
        ):
            for n, found in follow(pictures, self._labels, first=self._low):
                if self._context.stopped():
                    break
                xy[n - self._low], error[n - self._low] = found.xy, found.error
                self._done += 1
                if self._done % _REPORT_EVERY == 0 or self._done == self._n_steps:
                    self._context.report(self._done, self._n_steps, f"frame {n}")
        return xy, error


def _distance(stated: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return for each frame and joint (T, K) how many frames ago it was last stated; very many if it never was."""
    frames = np.arange(len(stated))[:, None]
    last = np.maximum.accumulate(np.where(stated, frames, -1_000_000), axis=0)
    return (frames - last).astype(np.float64)


def _share_at_the_end(followed: NDArray[np.bool_], labels: NDArray[np.float32], *, step: int) -> float:
    """Return which share of the joints stated in the first frame was followed to the last."""
    first, last = (0, -1) if step > 0 else (-1, 0)
    stated = known(labels[first])
    return float(followed[last][stated].mean()) if stated.any() else 0.0


def _inputs(context: TaskContext) -> dict[str, Any]:
    try:
        inputs = read_arrays(context.folder / INPUTS_FILE)
        shapes = inputs["labels"].shape[1:], inputs["xy"].shape[1:], (*inputs["confidence"].shape[1:], 2)
        n = abs(int(context.parameters["end"]) - int(context.parameters["start"])) + 1
        if len(set(shapes)) != 1 or len(inputs["labels"]) != n:
            raise ValueError("shapes differ")
        context.parameters["video"], context.parameters["skeleton"]
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise JobError(f"The job of following joints is incomplete or damaged ({error!r}). Start it again.") from error
    return {"world": None, **inputs}
