from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from annotation.body import Body, builtin_body
from annotation.body_files import smpl_model_dict
from inference.body_torch import BodyTorch, TorchRig, rotation_matrices

T = 6


@pytest.fixture(scope="module")
def motion() -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Shape (10,), random poses (T, 24, 3), the first at rest, and translations (T, 3) of up to three metres."""
    rng = np.random.default_rng(5)
    pose = rng.normal(0, 0.6, (T, 24, 3))
    pose[0] = 0
    return rng.normal(0, 1, 10), pose, rng.uniform(-3, 3, (T, 3))


@pytest.fixture(scope="module", params=["no pose blend shapes", "pose blend shapes"])
def body(request: pytest.FixtureRequest) -> Body:
    plain = builtin_body()
    if request.param == "no pose blend shapes":
        return plain
    directions = np.random.default_rng(7).normal(0, 0.002, (*plain.template.shape, 207))
    return replace(plain, pose_directions=directions.astype(np.float32))


def tensors(*arrays: NDArray[Any], dtype: torch.dtype = torch.float64) -> list[torch.Tensor]:
    return [torch.as_tensor(array, dtype=dtype) for array in arrays]


def test_numpy_torch_and_smplx_agree(body: Body, motion: tuple[Any, ...]) -> None:
    """Within 1e-6 m: torch and smplx in float64; numpy poses in float64 and skins in float32."""
    smplx = pytest.importorskip("smplx")
    from smplx.utils import Struct

    betas, pose, transl = motion
    reference = smplx.SMPL(
        model_path="", data_struct=Struct(**smpl_model_dict(body)), batch_size=T, dtype=torch.float64
    )
    b, p, t = tensors(betas, pose, transl)
    with torch.no_grad():
        expected = reference(betas=b.expand(T, 10), body_pose=p[:, 1:].flatten(1), global_orient=p[:, 0], transl=t)
        ours, our_joints = BodyTorch(body, dtype=torch.float64)(b, p, transl=t)
    vertices, joints = body.forward(betas, pose, transl=transl)
    for name, result in (("torch", ours.numpy()), ("numpy", vertices)):
        assert np.abs(result - expected.vertices.numpy()).max() < 1e-6, name
    for name, result in (("torch", our_joints.numpy()), ("numpy", joints)):
        assert np.abs(result - expected.joints[:, :24].numpy()).max() < 1e-6, name


def test_joints_and_keypoints_without_the_mesh_agree_with_numpy(body: Body, motion: tuple[Any, ...]) -> None:
    betas, pose, transl = motion
    b, p, t = tensors(betas, pose, transl)
    model, rig = BodyTorch(body, dtype=torch.float64), body.keypoint_rig("climbalong25")
    torch_rig = TorchRig(rig, dtype=torch.float64)
    np.testing.assert_allclose(model.joints(b, p, transl=t), body.joints(betas, pose, transl=transl), atol=1e-9)
    np.testing.assert_allclose(
        model.keypoints(torch_rig, b, p, transl=t), body.keypoints(rig, betas, pose, transl=transl), atol=1e-9
    )


def test_one_shape_per_frame_is_allowed(motion: tuple[Any, ...]) -> None:
    betas, pose, transl = motion
    b, p, t = tensors(betas, pose, transl)
    model = BodyTorch(builtin_body(), dtype=torch.float64)
    for one, many in zip(model(b, p, transl=t), model(b.expand(T, 10), p, transl=t), strict=True):
        torch.testing.assert_close(one, many, atol=1e-12, rtol=0)


def test_float32_is_good_to_a_micrometre_or_so(motion: tuple[Any, ...]) -> None:
    betas, pose, transl = motion
    body = builtin_body()
    vertices, joints = BodyTorch(body)(*tensors(betas, pose, dtype=torch.float32), transl=tensors(transl)[0].float())
    expected = body.forward(betas, pose, transl=transl)
    assert np.abs(vertices.numpy() - expected[0]).max() < 5e-6
    assert np.abs(joints.numpy() - expected[1]).max() < 5e-6


def test_gradients_are_right_also_at_rest() -> None:
    body = builtin_body()
    model, rig = BodyTorch(body, dtype=torch.float64), TorchRig(body.keypoint_rig("coco17"), dtype=torch.float64)
    betas, transl = torch.zeros(10, dtype=torch.float64), torch.zeros(1, 3, dtype=torch.float64)
    for scale in (0.0, 0.4):
        pose = (
            scale * torch.randn(1, 24, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
        ).requires_grad_()
        assert torch.autograd.gradcheck(
            lambda pose, betas, transl: model.keypoints(rig, betas, pose, transl=transl),
            (pose, betas.requires_grad_(), transl.requires_grad_()),
            eps=1e-6,
            atol=1e-6,
        )


@pytest.mark.parametrize("angle", [0.0, 1e-9, 0.99e-3, 1.01e-3, 1.0, 3.1, 6.0])
def test_rotations_are_those_of_numpy(angle: float) -> None:
    from annotation.body import rotation_matrices as expected

    vector = angle * np.array([[0.48, -0.6, 0.64]])
    np.testing.assert_allclose(rotation_matrices(torch.as_tensor(vector)), expected(vector), atol=1e-12)


def test_a_pose_is_recovered_by_descent() -> None:
    """Fitting keypoints with LBFGS finds the pose that made them: the gradient leads there."""
    body = builtin_body()
    model, rig = BodyTorch(body, dtype=torch.float64), TorchRig(body.keypoint_rig("climbalong25"), dtype=torch.float64)
    generator = torch.Generator().manual_seed(2)
    betas, transl = torch.zeros(10, dtype=torch.float64), torch.zeros(1, 3, dtype=torch.float64)
    true = 0.3 * torch.randn(1, 24, 3, dtype=torch.float64, generator=generator)
    target = model.keypoints(rig, betas, true, transl=transl)
    pose = torch.zeros(1, 24, 3, dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.LBFGS([pose], max_iter=200, line_search_fn="strong_wolfe")

    def closure() -> torch.Tensor:
        optimizer.zero_grad()
        loss = ((model.keypoints(rig, betas, pose, transl=transl) - target) ** 2).sum()
        loss.backward()  # type: ignore[no-untyped-call]
        return loss

    optimizer.step(closure)  # type: ignore[no-untyped-call]
    found = model.keypoints(rig, betas, pose, transl=transl)
    assert float((found - target).detach().norm(dim=-1).max()) < 0.005
