"""Smoothing predictions over time: a run made from another one; predictions, never labels."""

import hashlib
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from annotation.arrays import read_arrays
from annotation.errors import JobError
from annotation.labels import Keypoints2D
from annotation.runs import save_keypoints
from inference.jobs import INPUTS_FILE, TaskContext
from inference.smoothing.clip import smooth_clip, too_short, window_borders
from inference.smoothing.smoothers import open_smoother

if TYPE_CHECKING:
    from inference.smoothing.over_frames import Numerics


def run(context: TaskContext) -> dict[str, Any]:
    """Smooth predictions and write them as a run.

    Parameters of the job: ``model`` (name of the smoother or of its weights), ``weights`` (their file, null for
    classical smoothers), ``strength`` (0 to 1, null for the usual), ``steady`` (whether the path is steadied, null for
    the usual), ``skeleton``, ``over`` (the model whose predictions they are), and maybe ``size_px`` of the picture and
    ``device`` (auto, cpu or cuda). Inputs: ``xy (T, K, 2)`` px, ``confidence (T, K)``, ``times_s (T,)`` and maybe
    ``world (T, K, 3)`` of the predictions.

    Returns
    -------
    dict
        Model, smoother, strength, whether steadied, digest of the weights, frames at which windows begin or have ended,
        frames with points, how many of these stay as they were because their stretch is shorter than a window, by how
        much points moved (px), acceleration before and after (px/s²), seconds, and about how many of them it would have
        taken were nothing else computed here (``alone_s``).

    Raises
    ------
    JobError
        If the job is damaged.
    BetascopeError
        If the smoother cannot smooth these predictions.
    """
    began, computed = time.perf_counter(), time.process_time()
    parameters = context.parameters
    before, times_s = _inputs(context)
    weights = None if parameters.get("weights") is None else Path(str(parameters["weights"]))
    smoother = open_smoother(str(parameters["model"]), skeleton=before.skeleton, weights=weights)
    card = smoother.card
    left = 0 if card is None else int(np.count_nonzero(too_short(before.xy, times_s, card)))
    if left:
        context.log(f"{left} frames are in stretches shorter than a window and stay as they are.")
    strength = smoother.entry.strength if parameters.get("strength") is None else float(parameters["strength"])
    steady = smoother.entry.learned and parameters.get("steady") is not False
    width, height = parameters.get("size_px") or (0, 0)
    numerics = None if card is None else _numerics(parameters.get("device"))
    after = smooth_clip(
        before,
        smoother=smoother,
        times_s=times_s,
        strength=strength,
        steady=steady,
        size_px=(int(width), int(height)) if width else None,
        numerics=numerics,
        report=lambda done, total: context.report(done, total, "smoothing"),
    )
    save_keypoints(context.output, after)
    title = smoother.entry.title if smoother.name == smoother.entry.key else smoother.name
    return {
        "model": f"{parameters.get('over', 'predictions')} + {title}{', steadied' if steady else ''}",
        "smoother": smoother.name,
        "strength": strength,
        "steady": steady,
        "weights_sha256": None if weights is None else hashlib.sha256(weights.read_bytes()).hexdigest(),
        "window_borders": [] if card is None else window_borders(card, times_s),
        "left_frames": left,
        **_change(before.xy, after.xy, times_s),
        **_times(began, computed, numerics),
    }


def _inputs(context: TaskContext) -> tuple[Keypoints2D, NDArray[np.float64]]:
    try:
        arrays = read_arrays(context.folder / INPUTS_FILE)
        xy, confidence, times_s = (arrays[name] for name in ("xy", "confidence", "times_s"))
        if xy.ndim != 3 or confidence.shape != xy.shape[:2] or times_s.shape != xy.shape[:1]:
            raise ValueError("its arrays do not belong together")
    except (OSError, ValueError, KeyError) as error:
        raise JobError(f"The inputs of this job cannot be read ({error}). Start it again.") from error
    skeleton = str(context.parameters["skeleton"])
    return Keypoints2D(xy, confidence, skeleton, arrays.get("world")), np.asarray(times_s, np.float64)


def _change(
    before: NDArray[np.floating], after: NDArray[np.floating], times_s: NDArray[np.float64]
) -> dict[str, float | int | None]:
    """Return what became of points (T, K, 2), px: frames with points, how far they moved, acceleration."""
    moved = np.linalg.norm(after - before, axis=-1)
    seen = np.isfinite(moved)
    return {
        "frames": int(seen.any(axis=1).sum()),
        "moved_px": float(np.median(moved[seen])),
        "acceleration_before": _acceleration(before, times_s),
        "acceleration": _acceleration(after, times_s),
    }


def _numerics(device: str | None) -> "Numerics":
    from inference.smoothing.device import device_named  # torch takes seconds to import
    from inference.smoothing.over_frames import numerics_on

    return numerics_on(device_named(device))


def _times(began: float, computed: float, numerics: "Numerics | None") -> dict[str, float]:
    """Return the seconds since a moment, and about how many it would have been were nothing else computed here.

    Parameters
    ----------
    began, computed : float
        The wall's clock and the processor's at that moment.
    """
    seconds, worked = time.perf_counter() - began, time.process_time() - computed
    if numerics is not None and numerics.device != "cpu":
        return {"seconds": seconds, "alone_s": seconds}
    return {"seconds": seconds, "alone_s": min(seconds, worked / (1 if numerics is None else numerics.threads))}


def _acceleration(xy: NDArray[np.floating], times_s: NDArray[np.float64]) -> float | None:
    """Return the median acceleration of points (T, K, 2), px/s²; None where no joint is seen thrice in a row."""
    if len(xy) < 3:
        return None
    second = np.diff(xy.astype(np.float64), n=2, axis=0)
    size = np.linalg.norm(second, axis=-1) / (float(np.median(np.diff(times_s))) ** 2)
    seen = np.isfinite(size)
    return float(np.median(size[seen])) if seen.any() else None
