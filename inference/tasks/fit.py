"""The job ``fit``: SMPL parameters for a whole clip from its resolved 2D points."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from annotation.arrays import read_arrays
from annotation.body import Body
from annotation.body_files import load_body
from annotation.errors import JobError
from annotation.fit_details import save_details
from annotation.fitted_points import FittedPoints
from annotation.known_facts import Facts
from annotation.known_facts_json import facts_from_json
from annotation.poses import Camera, MeshSequence
from annotation.runs import save_mesh
from annotation.skeletons import load_skeleton
from inference.fitting.clip_fit import FitOptions, fit_clip
from inference.fitting.points import ClipPoints
from inference.jobs import INPUTS_FILE, TaskContext
from inference.memory import keep_memory


@dataclass(frozen=True)
class FitInputs:
    """What a fit's job asks to fit."""

    points: ClipPoints
    times_s: NDArray[Any]
    camera: Camera
    body: Body
    facts: Facts


def read_fit(folder: Path, parameters: Mapping[str, Any]) -> FitInputs:
    """Read the inputs of a fit's job from its folder, in a process that is there for fits.

    Raises
    ------
    JobError
        If the job lacks something.
    BetascopeError
        If there is no such body, or the facts say what cannot be.
    """
    keep_memory()
    try:
        skeleton = load_skeleton(str(parameters["skeleton"]))
        camera = _camera(parameters["size_px"], parameters.get("focal_px"))
        inputs = _inputs(folder / INPUTS_FILE)
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
    bodies = parameters.get("bodies_dir")
    body = load_body(str(parameters.get("body", "betascope")), bodies_dir=Path(bodies) if bodies else None)
    return FitInputs(points, times_s, camera, body, facts_from_json(parameters.get("facts") or {}))


def run(context: TaskContext) -> dict[str, Any]:
    """Fit the body and write the mesh; returns the figures of the fit (`inference.fitting.clip_fit.describe`).

    Parameters of the job: ``skeleton`` (name), ``size_px`` (width, height), ``focal_px`` (number or null for the
    image diagonal), ``focal_from`` (where it comes from, for the summary), ``refine_focal`` (flag), ``body`` (name),
    ``bodies_dir`` (folder or null), ``facts`` (see `annotation.known_facts_json`), ``method`` (``betascope`` or
    ``smplify``) and, for the latter, ``prior`` (the file of its pose prior) and ``hips_stay_out`` (flag, see
    `inference.smplify.fit`), ``panning_video`` (the video, where its camera turns). Inputs: ``xy (T, K, 2)`` px,
    ``confidence (T, K)``, ``source (T, K)``, ``times_s (T,)`` and, if a detector gave it, ``world (T, K, 3)``.

    Raises
    ------
    JobError
        If the job lacks something, or there are no points to fit to.
    BodyFileError
        If there is no such body.
    """
    context.report(0, 0, "Reading the points")
    parameters, given = context.parameters, read_fit(context.folder, context.parameters)
    points, body, camera, skeleton = given.points, given.body, given.camera, given.points.skeleton
    if parameters.get("method", "betascope") == "smplify":
        mesh, summary = _smplify(context, points, body=body, camera=camera)
        save_mesh(context.output, mesh)
        focal_px = round(camera.focal_px, 1)
        return {**summary, "focal_px": focal_px, **_said(parameters), "body": body.name, "skeleton": skeleton.name}
    options = FitOptions(
        refine_focal=bool(parameters.get("refine_focal")), view_turns=_view_turns(context, points, camera=camera)
    )
    result = fit_clip(
        points,
        body=body,
        camera=camera,
        times_s=given.times_s,
        facts=given.facts,
        options=options,
        report=context.report,
    )
    save_mesh(context.output, result.mesh)
    repair = result.repair
    noted = replace(result.details, swapped_arms=repair.swapped_arms, swapped_legs=repair.swapped_legs)
    save_details(context.output, noted)
    _save_points(context)
    return {**result.summary, **_said(parameters), "method": "betascope", "body": body.name, "skeleton": skeleton.name}


def _save_points(context: TaskContext) -> None:
    """Write the points as they came, so that what is corrected later can be told from them."""
    given = _inputs(context.folder / INPUTS_FILE)
    xy, confidence = (given[name].astype(np.float32) for name in ("xy", "confidence"))
    FittedPoints(xy, confidence, given["source"].astype(np.uint8)).save(context.output)


def _said(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Return where the focal length came from, as far as the job says it."""
    origin = parameters.get("focal_from")
    if origin and parameters.get("refine_focal"):
        origin = f"{origin}, refined"
    return {"focal_from": origin} if origin else {}


def _smplify(
    context: TaskContext, points: ClipPoints, *, body: Body, camera: Camera
) -> tuple[MeshSequence, dict[str, Any]]:
    from inference.smplify.fit import fit_smplify  # needs torch, which the other method does not
    from inference.smplify.prior import load_prior

    prior = context.parameters.get("prior")
    return fit_smplify(
        points,
        body=body,
        camera=camera,
        prior=load_prior(Path(prior)) if prior else None,
        hips_stay_out=bool(context.parameters.get("hips_stay_out")),
        report=context.report,
    )


def _view_turns(context: TaskContext, points: ClipPoints, *, camera: Camera) -> NDArray[np.float64] | None:
    video = context.parameters.get("panning_video")
    if not video:
        return None
    from inference.tasks.camera_motion import view_turns  # needs OpenCV

    return view_turns(Path(str(video)), points, camera, report=context.report, log=context.log)


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
