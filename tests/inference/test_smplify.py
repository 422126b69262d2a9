"""The SMPLify baseline: its terms, its stages, its prior file, and that it lays a body on a person."""

import pickle
from pathlib import Path

import numpy as np
import pytest
import torch

from annotation.body import builtin_body
from annotation.errors import BodyFileError, JobError
from annotation.poses import Camera
from annotation.skeletons import load_skeleton
from inference.fitting.points import ClipPoints
from inference.smplify.fit import fit_smplify
from inference.smplify.losses import angle_cost, body_loss, camera_loss, gmof
from inference.smplify.prior import N_ANGLES, load_prior, mixture, plain_prior

CAMERA = Camera.guess((1080, 1440))


def standing(n_frames: int = 4) -> ClipPoints:
    """Return points of somebody seen from behind with the arms half raised and one knee bent."""
    body, skeleton = builtin_body(), load_skeleton("climbalong25")
    pose = np.zeros((n_frames, 24, 3))
    pose[:, 0] = (0, 0, np.pi)
    pose[:, 16, 2], pose[:, 17, 2] = 0.6, -0.6
    pose[:, 4, 0], pose[:, 1, 0] = 0.9, -0.6
    transl = np.tile([0.6, 0.2, 4.5], (n_frames, 1))
    keypoints = body.keypoints(body.keypoint_rig(skeleton.name), np.zeros(10), pose, transl=transl)
    hips = keypoints[:, [15, 16]].mean(axis=1, keepdims=True)
    return ClipPoints.from_arrays(
        skeleton,
        xy=CAMERA.project(keypoints),
        confidence=np.ones(keypoints.shape[:2]),
        source=np.ones(keypoints.shape[:2], np.uint8),
        world=keypoints - hips,
    )


def test_the_body_comes_to_lie_on_the_person() -> None:
    points = standing()
    mesh, summary = fit_smplify(points, body=builtin_body(), camera=CAMERA)
    assert summary["median_reprojection_box_fraction"] < 0.02
    assert mesh.transl[:, 2] == pytest.approx(np.full(4, 4.5), rel=0.15)
    assert mesh.transl[:, 0] == pytest.approx(np.full(4, 0.6), abs=0.15)
    assert np.abs(mesh.betas).max() < 3
    assert summary["iterations"] == 200


def test_frames_are_fitted_each_for_itself() -> None:
    points = standing(3)
    alone, _ = fit_smplify(points.at(np.array([1])), body=builtin_body(), camera=CAMERA)
    together, _ = fit_smplify(points, body=builtin_body(), camera=CAMERA)
    assert alone.body_pose[0] == pytest.approx(together.body_pose[1], abs=1e-3)


def test_robust_loss_is_bounded_and_quadratic_near_zero() -> None:
    assert gmof(torch.tensor(1.0), 100.0).item() == pytest.approx(1, rel=1e-3)
    assert gmof(torch.tensor(1e6), 100.0).item() == pytest.approx(1e4, rel=1e-3)


def test_wrong_bending_costs_and_right_bending_does_not() -> None:
    straight, wrong, right = (torch.zeros(1, N_ANGLES) for _ in range(3))
    wrong[0, 3 * 3], wrong[0, 4 * 3], wrong[0, 17 * 3 + 1], wrong[0, 18 * 3 + 1] = -1.0, -1.0, 1.0, -1.0
    right[0] = -wrong[0]
    costs = [angle_cost(each).item() for each in (right, straight, wrong)]
    assert costs[1] == pytest.approx(4.0)
    assert costs[0] < costs[1] < costs[2]


def test_weights_are_those_of_the_publication() -> None:
    xy, betas = torch.zeros(1, 2, 2), torch.tensor([[1.0, 2.0]])
    angles = torch.zeros(1, N_ANGLES)
    flat = mixture(np.zeros((1, N_ANGLES)), np.eye(N_ANGLES)[None], np.ones(1))
    off = torch.tensor([[[3.0, 4.0], [0.0, 0.0]]])
    confidence = torch.tensor([[0.5, 1.0]])
    loss, reprojection = body_loss(off, xy, confidence, angles=angles, betas=betas, prior=flat)
    assert reprojection.item() == pytest.approx(0.25 * 25, rel=1e-2)
    constant = 0.5 * N_ANGLES * np.log(2 * np.pi)
    assert (loss - reprojection).item() == pytest.approx(4.78**2 * constant + 15.2**2 * 4 + 25 * 5, rel=1e-4)
    first = torch.tensor([40.0])
    moved = camera_loss(off, xy, torch.ones(1, 2), depth=first + 0.1, first_depth=first)
    assert moved.item() == pytest.approx(25 + 100**2 * 0.01, rel=1e-3)


def test_the_likeliest_gaussian_counts() -> None:
    means = np.zeros((2, N_ANGLES))
    means[1] = 1.0
    prior = mixture(means, np.stack([np.eye(N_ANGLES), 4 * np.eye(N_ANGLES)]), np.array([0.5, 0.5]))
    near, far = (prior.cost(torch.full((1, N_ANGLES), value)).item() for value in (0.0, 1.0))
    constant = 0.5 * N_ANGLES * np.log(2 * np.pi) - np.log(0.5)
    assert near == pytest.approx(constant, rel=1e-5)
    assert far == pytest.approx(min(constant + N_ANGLES * np.log(2), constant + 0.5 * N_ANGLES), rel=1e-5)


def test_the_prior_file_is_read_and_others_are_refused(tmp_path: Path) -> None:
    good = {"means": np.zeros((8, 69)), "covars": np.tile(np.eye(69), (8, 1, 1)), "weights": np.full(8, 1 / 8)}
    (tmp_path / "gmm_08.pkl").write_bytes(pickle.dumps(good, protocol=2))
    assert load_prior(tmp_path / "gmm_08.pkl").means.shape == (8, 69)
    for name, content in (
        ("short.pkl", good | {"means": np.zeros((8, 63))}),
        ("other.pkl", {"v_template": np.zeros((6890, 3))}),
        ("flat.pkl", good | {"covars": np.zeros((8, 69, 69))}),
    ):
        (tmp_path / name).write_bytes(pickle.dumps(content, protocol=2))
        with pytest.raises(BodyFileError, match=name):
            load_prior(tmp_path / name)


class _Trap:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return (eval, ("__import__('pathlib').Path('sprung').touch()",))


def test_a_malicious_prior_runs_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("trap.pkl").write_bytes(pickle.dumps({"means": _Trap()}))
    with pytest.raises(BodyFileError, match="refused"):
        load_prior(Path("trap.pkl"))
    assert not Path("sprung").exists()


def test_hips_can_be_kept_out_of_the_camera_stage() -> None:
    points = standing(2)
    xy = points.xy.copy()
    xy[:, [15, 16]] += (0, 120)
    moved = ClipPoints(points.skeleton, xy, points.confidence, points.source, points.world)
    results = [
        fit_smplify(moved, body=builtin_body(), camera=CAMERA, hips_stay_out=out, prior=plain_prior())[0]
        for out in (False, True)
    ]
    assert np.abs(results[0].transl - results[1].transl).max() > 0.02


def test_no_points_says_what_to_do() -> None:
    points = standing(2)
    empty = ClipPoints(points.skeleton, points.xy * np.nan, points.confidence * 0, points.source * 0, None)
    with pytest.raises(JobError, match="Detect"):
        fit_smplify(empty, body=builtin_body(), camera=CAMERA)
