"""The forward pass of a body in torch: batched and differentiable, the same numbers as `annotation.body`."""

import torch
from torch import Tensor

from annotation.body import SMPL_PARENTS, Body, KeypointRig


class TorchRig(torch.nn.Module):
    """A `KeypointRig` as tensors; NaN keypoints stay NaN in the result.

    Parameters
    ----------
    rig : KeypointRig
    dtype : torch.dtype
    """

    def __init__(self, rig: KeypointRig, *, dtype: torch.dtype = torch.float32) -> None:
        super().__init__()
        self.skeleton = rig.skeleton
        self.rest = torch.nn.Buffer(torch.as_tensor(rig.rest, dtype=dtype))
        self.shape_directions = torch.nn.Buffer(torch.as_tensor(rig.shape_directions, dtype=dtype))
        self.weights = torch.nn.Buffer(torch.as_tensor(rig.weights, dtype=dtype))


class BodyTorch(torch.nn.Module):
    """A body whose posing can be differentiated (linear blend skinning, Loper et al. 2015).

    All methods take ``betas`` (B,) for one shape or (T, B), ``pose`` (T, 24, 3) rotation vectors in radians relative
    to the parent, and ``transl`` (T, 3) metres, added after posing. Fewer betas than the body has are allowed.

    Parameters
    ----------
    body : Body
    dtype : torch.dtype
        float64 agrees with float64 references to 1e-9 m, float32 to 1e-6 m.
    """

    def __init__(self, body: Body, *, dtype: torch.dtype = torch.float32) -> None:
        super().__init__()
        self.name = body.name
        self.template = torch.nn.Buffer(torch.as_tensor(body.template, dtype=dtype))
        self.shape_directions = torch.nn.Buffer(torch.as_tensor(body.shape_directions, dtype=dtype))
        self.joint_template = torch.nn.Buffer(torch.as_tensor(body.joint_template, dtype=dtype))
        self.joint_directions = torch.nn.Buffer(torch.as_tensor(body.joint_directions, dtype=dtype))
        self.weights = torch.nn.Buffer(torch.as_tensor(body.weights, dtype=dtype))
        directions = body.pose_directions
        self.pose_directions: Tensor | None
        self.register_buffer(
            "pose_directions", None if directions is None else torch.as_tensor(directions, dtype=dtype)
        )

    def transforms(self, betas: Tensor, pose: Tensor, *, transl: Tensor) -> tuple[Tensor, Tensor]:
        """Return R (T, 24, 3, 3) and t (T, 24, 3) that move rest points with each joint: ``x = R p + t``."""
        R, positions = self._chain(betas, pose, transl=transl)
        return R, positions - (R @ self.rest_joints(betas)[..., None])[..., 0]

    def rest_joints(self, betas: Tensor) -> Tensor:
        """Return the shaped joints (24, 3) or (T, 24, 3) in the rest pose, metres."""
        return self.joint_template + _shaped(self.joint_directions, betas)

    def joints(self, betas: Tensor, pose: Tensor, *, transl: Tensor) -> Tensor:
        """Return the posed joints (T, 24, 3), metres; the mesh is not touched."""
        return self._chain(betas, pose, transl=transl)[1]

    def keypoints(self, rig: TorchRig, betas: Tensor, pose: Tensor, *, transl: Tensor) -> Tensor:
        """Return the posed keypoints (T, K, 3) of a rig, metres; the mesh is not touched."""
        R, t = self.transforms(betas, pose, transl=transl)
        return _skin(rig.rest + _shaped(rig.shape_directions, betas), R, t=t, weights=rig.weights)

    def forward(self, betas: Tensor, pose: Tensor, *, transl: Tensor) -> tuple[Tensor, Tensor]:
        """Return the posed vertices (T, V, 3) and joints (T, 24, 3), metres."""
        R, t = self.transforms(betas, pose, transl=transl)
        points = self.template + _shaped(self.shape_directions, betas)
        if self.pose_directions is not None:
            features = rotation_matrices(pose[:, 1:]) - torch.eye(3, dtype=pose.dtype, device=pose.device)
            points = points + torch.einsum("vcf,tf->tvc", self.pose_directions, features.flatten(1))
        return _skin(points, R, t=t, weights=self.weights), (R @ self.rest_joints(betas)[..., None])[..., 0] + t

    def _chain(self, betas: Tensor, pose: Tensor, *, transl: Tensor) -> tuple[Tensor, Tensor]:
        """Return the world rotations (T, 24, 3, 3) and positions (T, 24, 3) of the joints."""
        local = rotation_matrices(pose)
        rest = self.rest_joints(betas).expand(len(pose), 24, 3)
        rotations: list[Tensor] = [local[:, 0]]
        positions: list[Tensor] = [rest[:, 0] + transl]
        for joint, parent in enumerate(SMPL_PARENTS[1:], start=1):
            bone = rest[:, joint] - rest[:, parent]
            positions.append(positions[parent] + (rotations[parent] @ bone[..., None])[..., 0])
            rotations.append(rotations[parent] @ local[:, joint])
        return torch.stack(rotations, dim=1), torch.stack(positions, dim=1)


def rotation_matrices(rotvec: Tensor) -> Tensor:
    """Return rotation matrices (..., 3, 3) of rotation vectors (..., 3) in radians (Rodrigues).

    Near zero the first terms of the series are used, so the gradient is finite and exact there too.
    """
    square = (rotvec * rotvec).sum(-1)[..., None, None]
    small = square < 1e-6
    safe = torch.where(small, torch.ones_like(square), square)
    angle = safe.sqrt()
    a = torch.where(small, 1 - square / 6 + square * square / 120, angle.sin() / angle)
    b = torch.where(small, 0.5 - square / 24 + square * square / 720, (1 - angle.cos()) / safe)
    x, y, z = rotvec.unbind(-1)
    zero = torch.zeros_like(x)
    K = torch.stack([zero, -z, y, z, zero, -x, -y, x, zero], dim=-1).reshape(*rotvec.shape, 3)
    R: Tensor = torch.eye(3, dtype=rotvec.dtype, device=rotvec.device) + a * K + b * (K @ K)
    return R


def _shaped(directions: Tensor, betas: Tensor) -> Tensor:
    return torch.einsum("ncb,...b->...nc", directions[..., : betas.shape[-1]], betas)


def _skin(points: Tensor, R: Tensor, *, t: Tensor, weights: Tensor) -> Tensor:
    """Return points (N, 3) or (T, N, 3) moved by the blend of the transforms with weights (N, 24)."""
    moves = torch.cat([R, t[..., None]], dim=-1).flatten(2)
    blended = (weights @ moves).reshape(len(R), -1, 3, 4)
    moved: Tensor = (blended[..., :3] @ points[..., None])[..., 0] + blended[..., 3]
    return moved
