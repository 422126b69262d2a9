"""SMPLify over a clip: two stages of Adam, all frames at once but each for itself, as in SPIN's training loop."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from annotation.body import Body
from annotation.body_identity import body_digest
from annotation.errors import JobError
from annotation.poses import Camera, MeshSequence
from inference.body_torch import BodyTorch, TorchRig
from inference.fitting.initialise import flat_world, initial_state, towards_camera_axes
from inference.fitting.kinematics import Rig
from inference.fitting.points import ClipPoints, box_sides
from inference.fitting.rotations import Array, continuous_vectors, exp, fill_gaps
from inference.smplify.losses import CROP_PX, FOCAL_PX, body_loss, camera_loss, project
from inference.smplify.prior import PosePrior, plain_prior

ITERATIONS = 100
"""Per stage."""
LEARNING_RATE = 1e-2
BOX_MARGIN = 1.2
LEFT_OUT = ("neck", "left_hip", "right_hip")
"""Joints the second stage does not use: annotators and SMPL do not agree on them."""
TORSO = ("left_hip", "right_hip", "left_shoulder", "right_shoulder")

ProgressReport = Callable[[int, int, str], None]


@dataclass(frozen=True)
class _Crop:
    """The square about a person: ``crop = (pixel - centre) * scale``, its middle at 0."""

    center: Array
    scale: Array

    @classmethod
    def of(cls, points: ClipPoints) -> "_Crop":
        found = points.found
        low = np.where(found[..., None], points.xy, np.inf).min(axis=1)
        high = np.where(found[..., None], points.xy, -np.inf).max(axis=1)
        valid = points.valid[:, None]
        center = np.where(valid, (low + high) / 2, 0.0)
        side = np.where(points.valid, np.maximum(box_sides(points.xy, found), 1) * BOX_MARGIN, CROP_PX)
        return cls(center, CROP_PX / side)

    def inward(self, xy: Array) -> Array:
        """Return pixels (T, K, 2) of the picture in the crop; 0 where there is none."""
        return np.asarray(np.nan_to_num((xy - self.center[:, None]) * self.scale[:, None, None]))

    def translation(self, transl: Array, camera: Camera) -> Array:
        """Return where a body (T, 3) that the crop's camera sees is in the CAMERA frame of the clip, metres."""
        depth = transl[:, 2] * self.scale * camera.focal_px / FOCAL_PX
        aside = (self.center - np.array(camera.center_px)) * depth[:, None] / camera.focal_px
        return np.concatenate([transl[:, :2] + aside, depth[:, None]], axis=1)


def fit_smplify(
    points: ClipPoints,
    *,
    body: Body,
    camera: Camera,
    prior: PosePrior | None = None,
    hips_stay_out: bool = False,
    report: ProgressReport | None = None,
) -> tuple[MeshSequence, dict[str, Any]]:
    """Fit a body to every frame by SMPLify; return the motion and figures of the fit.

    Every frame has a shape of its own, as in SPIN; the motion gets their mean, since a climber has one.

    Parameters
    ----------
    prior : PosePrior, optional
        Of the user's ``gmm_08.pkl``; a plain one without.
    hips_stay_out : bool
        Reproduce what SPIN's code does after its first loss: it zeroes the hips' confidence in place, so that the
        camera stage, too, sees shoulders only.

    Raises
    ------
    JobError
        If no frame has enough points.
    """
    started = time.perf_counter()
    if not points.valid.any():
        raise JobError("There are no points to fit the body to. Detect the climber or label a few frames, then again.")
    fitter = _Fitter(points, body, camera, prior or plain_prior(), hips_stay_out=hips_stay_out)
    fitter.camera_stage(report)
    loss = fitter.body_stage(report)
    mesh = fitter.mesh()
    shown = mesh.camera.project(
        body.keypoints(body.keypoint_rig(points.skeleton.name), mesh.betas, mesh.pose, transl=mesh.transl)
    )
    off = np.linalg.norm(shown - points.xy, axis=-1)
    confident = points.found & (points.confidence > 0.5) & np.isfinite(off)
    share = off / np.maximum(box_sides(points.xy, confident), 1)[:, None]
    return mesh, {
        "method": "smplify",
        "seconds": round(time.perf_counter() - started, 2),
        "iterations": 2 * ITERATIONS,
        "frames": len(points),
        "frames_fitted": int(points.valid.sum()),
        "mean_reprojection_loss": round(float(loss), 2),
        "median_reprojection_px": round(float(np.median(off[confident])), 2) if confident.any() else None,
        "median_reprojection_box_fraction": round(float(np.median(share[confident])), 4) if confident.any() else None,
        "height_m": round(body.height_m(mesh.betas), 3),
        "prior": "plain" if prior is None else "gmm",
    }


class _Fitter:
    """The unknowns of all frames and the two stages that move them."""

    def __init__(
        self, points: ClipPoints, body: Body, camera: Camera, prior: PosePrior, *, hips_stay_out: bool
    ) -> None:
        self._points, self._body, self._camera, self._prior = points, body, camera, prior
        self._model = BodyTorch(body)
        rig = body.keypoint_rig(points.skeleton.name)
        self._known = np.asarray(np.isfinite(rig.rest).all(axis=1))
        self._rig = TorchRig(type(rig)(rig.skeleton, np.nan_to_num(rig.rest), rig.shape_directions, rig.weights))
        self._crop = _Crop.of(points)
        self._xy = _tensor(self._crop.inward(points.xy))
        vectors = continuous_vectors(self._first_rotations())
        self._orient = _tensor(vectors[:, 0]).requires_grad_()
        self._angles = _tensor(vectors[:, 1:].reshape(len(vectors), -1)).requires_grad_()
        self._betas = torch.zeros(len(points), min(body.n_betas, 10)).requires_grad_()
        self._confidence = _tensor(np.where(points.found & self._known, points.confidence, 0))
        self._torso = self._columns(TORSO if not hips_stay_out else TORSO[2:])
        self._transl = _tensor(self._first_translation()).requires_grad_()

    def _first_rotations(self) -> Array:
        rig = Rig.of(self._body, self._points.skeleton)
        has_world = self._points.world is not None
        seen = towards_camera_axes(self._points, self._camera) if has_world else flat_world(self._points)
        return initial_state(seen, rig, self._camera, fps=25.0)[0].rotations

    def _columns(self, names: tuple[str, ...]) -> NDArray[np.intp]:
        found = [self._points.skeleton.find(name) for name in names]
        return np.array([column for column in found if column is not None], np.intp)

    def _first_translation(self) -> Array:
        """Return the depth at which the torso is as large as it appears, straight before the middle of the crop."""
        transl = np.tile([0.0, 0.0, 2 * FOCAL_PX / CROP_PX], (len(self._points), 1))
        with torch.no_grad():
            model = self._keypoints(_tensor(transl)).numpy()
        shoulders, hips = self._columns(TORSO[2:]), self._columns(TORSO[:2])
        if len(shoulders) < 2 or len(hips) < 2:
            return transl
        real = np.linalg.norm(model[:, shoulders].mean(axis=1) - model[:, hips].mean(axis=1), axis=-1)
        xy = self._xy.numpy()
        shown = np.linalg.norm(xy[:, shoulders].mean(axis=1) - xy[:, hips].mean(axis=1), axis=-1)
        seen = shown > 0.1 * CROP_PX
        transl[seen, 2] = FOCAL_PX * real[seen] / shown[seen]
        transl[:, :2] = xy[:, hips].mean(axis=1) * transl[:, 2:] / FOCAL_PX - model[:, hips, :2].mean(axis=1)
        return transl

    def _keypoints(self, transl: Tensor) -> Tensor:
        pose = torch.cat([self._orient, self._angles], dim=1).reshape(-1, 24, 3)
        return self._model.keypoints(self._rig, self._betas, pose, transl=transl)

    def camera_stage(self, report: ProgressReport | None) -> None:
        """Find where the body is and how it is turned, from the torso."""
        found = (self._confidence[:, self._torso] > 0).float()
        first_depth = self._transl.detach()[:, 2].clone()
        optimiser = torch.optim.Adam([self._orient, self._transl], lr=LEARNING_RATE, betas=(0.9, 0.999))
        for iteration in range(ITERATIONS):
            shown = project(self._keypoints(self._transl)[:, self._torso])
            loss = camera_loss(
                shown, self._xy[:, self._torso], found, depth=self._transl[:, 2], first_depth=first_depth
            )
            _step(optimiser, loss)
            _tell(report, iteration, "Placing the camera")

    def body_stage(self, report: ProgressReport | None) -> float:
        """Find pose and shape with the camera held; return the mean reprojection loss of the frames with points."""
        confidence = self._confidence.clone()
        confidence[:, self._columns(LEFT_OUT)] = 0
        transl = self._transl.detach()
        optimiser = torch.optim.Adam([self._orient, self._angles, self._betas], lr=LEARNING_RATE, betas=(0.9, 0.999))
        reprojection = torch.zeros(len(self._points))
        for iteration in range(ITERATIONS):
            shown = project(self._keypoints(transl))
            loss, reprojection = body_loss(
                shown, self._xy, confidence, angles=self._angles, betas=self._betas, prior=self._prior
            )
            _step(optimiser, loss)
            _tell(report, ITERATIONS + iteration, "Fitting pose and shape")
        return float(reprojection.detach()[torch.as_tensor(self._points.valid)].mean())

    def mesh(self) -> MeshSequence:
        """Return the motion in the CAMERA frame of the clip; frames without points are bridged."""
        valid = self._points.valid
        vectors = torch.cat([self._orient, self._angles], dim=1).detach().numpy().astype(np.float64)
        rotations = fill_gaps(exp(vectors.reshape(-1, 24, 3)), valid)
        final = continuous_vectors(rotations).astype(np.float32)
        place = self._crop.translation(self._transl.detach().numpy().astype(np.float64), self._camera)
        frames = np.arange(len(valid))
        transl = np.stack([np.interp(frames, frames[valid], place[valid, axis]) for axis in range(3)], axis=-1)
        betas = self._betas.detach().numpy()[valid].mean(axis=0)
        return MeshSequence(
            body=self._body.name,
            betas=betas.astype(np.float32),
            global_orient=final[:, 0],
            body_pose=final[:, 1:],
            transl=transl.astype(np.float32),
            valid=valid,
            camera=self._camera,
            body_digest=body_digest(self._body),
        )


def _tensor(values: NDArray[np.floating]) -> Tensor:
    return torch.as_tensor(np.asarray(values), dtype=torch.float32)


def _step(optimiser: torch.optim.Optimizer, loss: Tensor) -> None:
    optimiser.zero_grad()
    torch.nan_to_num(loss).sum().backward()  # type: ignore[no-untyped-call]
    optimiser.step()


def _tell(report: ProgressReport | None, iteration: int, message: str) -> None:
    if report is not None:
        report(iteration + 1, 2 * ITERATIONS, message)
