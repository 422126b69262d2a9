"""The job ``fit``: SMPL parameters for a whole clip from its resolved 2D points."""

from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from annotation.arrays import read_arrays
from annotation.body_files import load_body
from annotation.errors import JobError
from annotation.poses import Camera
from annotation.runs import save_mesh
from annotation.skeletons import load_skeleton
from inference.fitting.clip_fit import fit_clip
from inference.fitting.points import ClipPoints
from inference.jobs import INPUTS_FILE, TaskContext


def run(context: TaskContext) -> dict[str, Any]:
    """Fit the body and write the mesh; returns the figures of the fit (`inference.fitting.clip_fit.describe`).

    Parameters of the job: ``skeleton`` (name), ``size_px`` (width, height), ``focal_px`` (number or null for the
    image diagonal), ``body`` (name), ``bodies_dir`` (folder or null). Inputs: ``xy (T, K, 2)`` px,
    ``confidence (T, K)``, ``source (T, K)``, ``times_s (T,)`` and, if a detector gave it, ``world (T, K, 3)``.

    Raises
    ------
    JobError
        If the job lacks something, or there are no points to fit to.
    BodyFileError
        If there is no such body.
    """
    context.report(0, 0, "Reading the points")
    parameters = context.parameters
    try:
        skeleton = load_skeleton(str(parameters["skeleton"]))
        camera = _camera(parameters["size_px"], parameters.get("focal_px"))
        inputs = _inputs(context.folder / INPUTS_FILE)
        points = ClipPoints.from_arrays(
            skeleton,
            xy=inputs["xy"],
            confidence=inputs["confidence"],
            source=inputs["source"],
            world=inputs.get("world"),
        )
        times_s = inputs["times_s"]
    except (KeyError, TypeError, ValueError) as error:
        raise JobError(f"The fit's job is incomplete or damaged ({error!r}). Start the fit again.") from error
    _check(points, times_s)
    folder = parameters.get("bodies_dir")
    body = load_body(str(parameters.get("body", "betascope")), bodies_dir=Path(folder) if folder else None)
    result = fit_clip(points, body=body, camera=camera, times_s=times_s, report=context.report)
    save_mesh(context.output, result.mesh)
    return {**result.summary, "body": body.name, "skeleton": skeleton.name}


def _camera(size_px: Any, focal_px: Any) -> Camera:
    width, height = (int(side) for side in size_px)
    guess = Camera.guess((width, height))
    return guess if focal_px is None else Camera(float(focal_px), guess.center_px, guess.size_px)


def _inputs(path: Path) -> dict[str, NDArray[Any]]:
    try:
        return read_arrays(path)
    except (OSError, ValueError) as error:
        raise JobError(f"The points to fit to, {path}, cannot be read ({error}). Start the fit again.") from error


def _check(points: ClipPoints, times_s: NDArray[Any]) -> None:
    n_frames, n_joints = len(points), len(points.skeleton)
    expected = {
        "xy": (points.xy.shape, (n_frames, n_joints, 2)),
        "confidence": (points.confidence.shape, (n_frames, n_joints)),
        "source": (points.source.shape, (n_frames, n_joints)),
        "times_s": (times_s.shape, (n_frames,)),
    }
    if points.world is not None:
        expected["world"] = (points.world.shape, (n_frames, n_joints, 3))
    for name, (shape, wanted) in expected.items():
        if shape != wanted:
            raise JobError(f"The fit's {name} has the shape {shape} instead of {wanted}. Start the fit again.")
