"""The job ``fit`` from its inputs on disk to the mesh a run folder holds."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from annotation.body import builtin_body
from annotation.errors import BetascopeError, JobError
from annotation.poses import Camera
from annotation.runs import load_mesh
from annotation.skeletons import convert, load_skeleton
from inference.jobs import INPUTS_FILE, JobCancelled, TaskContext
from inference.tasks.fit import run

N_FRAMES = 30


def standing(**changes: Any) -> dict[str, np.ndarray]:
    """Return the inputs of somebody who stands with the back to the camera, arms out, swaying a little."""
    body, camera = builtin_body(), Camera.guess((1080, 1440))
    rig = body.keypoint_rig("climbalong25")
    pose = np.zeros((N_FRAMES, 24, 3))
    pose[:, 0] = (0, 0, np.pi)
    transl = np.stack([0.1 * np.sin(np.arange(N_FRAMES) / 5), np.zeros(N_FRAMES), np.full(N_FRAMES, 4.0)], axis=-1)
    keypoints = body.keypoints(rig, np.zeros(body.n_betas), pose, transl=transl)
    shape = keypoints.shape[:2]
    return {
        "xy": camera.project(keypoints).astype(np.float32),
        "confidence": np.ones(shape, np.float32),
        "source": np.ones(shape, np.uint8),
        "world": (keypoints - keypoints[:, 15:17].mean(axis=1, keepdims=True)).astype(np.float32),
        "times_s": np.arange(N_FRAMES) / 25,
    } | changes


def context(folder: Path, inputs: dict[str, np.ndarray], **parameters: Any) -> TaskContext:
    folder.mkdir(exist_ok=True)
    np.savez(folder / INPUTS_FILE, **inputs)
    output = folder / "output"
    output.mkdir()
    defaults = {"skeleton": "climbalong25", "size_px": [1080, 1440], "focal_px": None, "body": "betascope"}
    return TaskContext(defaults | parameters, folder, output, lambda done, total, message: None)


def test_mesh_of_a_job_lies_on_its_points(tmp_path: Path) -> None:
    inputs = standing()
    job = context(tmp_path, inputs)
    summary = run(job)
    mesh, body = load_mesh(job.output), builtin_body()
    keypoints = body.keypoints(body.keypoint_rig("climbalong25"), mesh.betas, mesh.pose, transl=mesh.transl)
    off = np.linalg.norm(mesh.camera.project(keypoints) - inputs["xy"], axis=-1)
    assert len(mesh) == N_FRAMES
    assert mesh.valid.all()
    assert np.median(off) < 5
    assert summary["median_reprojection_px"] == pytest.approx(np.median(off), abs=0.1)
    assert summary["body"] == mesh.body == "betascope"


def test_focal_length_of_the_job_is_used(tmp_path: Path) -> None:
    near, far = (
        context(tmp_path / "a", standing(), focal_px=900.0),
        context(tmp_path / "b", standing(), focal_px=2700.0),
    )
    run(near)
    run(far)
    depth = [float(np.median(load_mesh(job.output).transl[:, 2])) for job in (near, far)]
    assert depth[1] == pytest.approx(3 * depth[0], rel=0.15)


def test_inputs_without_world_landmarks_are_fitted(tmp_path: Path) -> None:
    inputs = standing()
    del inputs["world"]
    assert run(context(tmp_path, inputs))["median_reprojection_box_fraction"] < 0.02


@pytest.mark.parametrize("skeleton", ["coco17", "halpe26", "climb19"])
def test_other_skeletons_are_fitted_by_name(tmp_path: Path, skeleton: str) -> None:
    inputs = standing()
    source, target = load_skeleton("climbalong25"), load_skeleton(skeleton)
    for name, fill in (("xy", np.nan), ("world", np.nan), ("confidence", 0.0)):
        values = inputs[name] if inputs[name].ndim == 3 else inputs[name][..., None]
        converted = convert(values, source, target, fill=fill)
        inputs[name] = converted if inputs[name].ndim == 3 else converted[..., 0]
    inputs["source"] = np.where(np.isnan(inputs["xy"]).any(-1), 0, 1).astype(np.uint8)
    summary = run(context(tmp_path, inputs, skeleton=skeleton))
    assert summary["median_reprojection_box_fraction"] < 0.02


def test_empty_clip_says_what_to_do(tmp_path: Path) -> None:
    inputs = standing()
    inputs["xy"][:] = np.nan
    with pytest.raises(JobError, match="Detect"):
        run(context(tmp_path, inputs))


@pytest.mark.parametrize(
    "inputs", [{"xy": np.zeros((3, 4, 2), np.float32)}, {"times_s": np.zeros(7)}, {"source": np.zeros(3, np.uint8)}]
)
def test_damaged_inputs_are_reported(tmp_path: Path, inputs: dict[str, np.ndarray]) -> None:
    with pytest.raises(JobError, match="fit"):
        run(context(tmp_path, standing(**inputs)))


@pytest.mark.parametrize("parameters", [{"size_px": None}, {"skeleton": "octopus"}, {"body": "nobody"}])
def test_wrong_parameters_are_reported(tmp_path: Path, parameters: dict[str, Any]) -> None:
    with pytest.raises(BetascopeError):
        run(context(tmp_path, standing(), **parameters))


def test_missing_inputs_are_reported(tmp_path: Path) -> None:
    job = context(tmp_path, standing())
    (tmp_path / INPUTS_FILE).unlink()
    with pytest.raises(JobError, match="cannot be read"):
        run(job)


def test_cancelling_stops_the_fit(tmp_path: Path) -> None:
    job = context(tmp_path, standing())

    def report(done: int, total: int, message: str) -> None:
        if message == "Fitting the body":
            raise JobCancelled

    with pytest.raises(JobCancelled):
        run(TaskContext(job.parameters, job.folder, job.output, report))
    assert not list(job.output.iterdir())
