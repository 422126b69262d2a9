"""Writes a synthetic climb: the video and its truth."""

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from annotation.appearance import Outfit, clothes
from annotation.body import Body, builtin_body, rotation_matrices, rotation_vectors
from annotation.climb_truth import SKELETON, ClimbTruth, save_truth
from annotation.raster import render_mesh
from inference.ahead import map_ahead
from inference.climb.choreography import Fold, plan_climb
from inference.climb.folding import folded
from inference.climb.motion import Motion, animate
from inference.climb.scene import paint_backdrop, place_camera, sensor_noise
from inference.climb.view import View
from inference.video_writer import VideoWriter

VIDEO_FILE = "climb.mp4"
TRUTH_FILE = "truth.npz"

_FLESH_M = 0.14
"""A joint deeper than this below what the camera sees is hidden by something else."""
_OUTFITS = (
    Outfit(),
    Outfit(shirt=(0.80, 0.20, 0.20), trousers=(0.42, 0.37, 0.30), skin=(0.78, 0.55, 0.42)),
    Outfit(shirt=(0.90, 0.90, 0.87), trousers=(0.16, 0.21, 0.38), skin=(0.52, 0.35, 0.26)),
    Outfit(shirt=(0.18, 0.52, 0.34), trousers=(0.22, 0.22, 0.26), long_trousers=False),
)

_VARYING = 10

Report = Callable[[int, int, str], None]


def generate_climb(
    folder: Path,
    *,
    seed: int,
    duration_s: float,
    fps: int,
    size_px: tuple[int, int],
    report: Report,
    fold: Fold | None = None,
) -> ClimbTruth:
    """Invent a climb, and write ``climb.mp4`` and ``truth.npz`` into a folder.

    Parameters
    ----------
    seed : int
        The same seed gives the same climb; seed 0 wears blue.
    duration_s : float
    size_px : (int, int)
        Even width and height.
    report : callable
        ``report(done, total, message)``; what it raises ends the work.
    fold : Fold, optional
        Where the wall begins to overhang; flat without.

    Raises
    ------
    JobError
        If the folder cannot be written.
    """
    rng = np.random.default_rng(seed)
    body = builtin_body()
    n_frames = max(2, round(duration_s * fps))
    betas = some_shape(rng, body) * (seed != 0)
    report(0, n_frames, "Planning the climb")
    climb = plan_climb(rng, duration_s=n_frames / fps)
    climb = climb if fold is None else folded(climb, fold)
    motion = animate(climb, body, betas=betas, times_s=np.arange(n_frames) / fps)
    report(0, n_frames, "Building the wall")
    view = place_camera(climb, size_px=size_px)
    backdrop = paint_backdrop(rng, climb, view)
    noise = sensor_noise(rng, size_px=size_px)
    albedo = clothes(body, _OUTFITS[seed % len(_OUTFITS)])

    def draw(frame: int) -> NDArray[np.uint8]:
        pose, transl = motion.pose[frame : frame + 1], motion.transl[frame : frame + 1]
        vertices, _ = body.forward(betas, pose, transl=transl)
        return backdrop.with_body(vertices[0], body.faces, albedo=albedo, noise=noise[frame % len(noise)])

    with VideoWriter(folder / VIDEO_FILE, size_px=size_px, time_base=Fraction(1, fps), fps=fps) as writer:
        for frame, picture in enumerate(map_ahead(draw, range(n_frames))):
            writer.add(picture, pts=frame)
            report(frame + 1, n_frames, "Filming")
    truth = truth_of(motion, body, betas=betas, view=view, fps=fps)
    truth = truth if fold is None else replace(truth, walls=view.walls(fold))
    save_truth(folder / TRUTH_FILE, truth)
    return truth


def some_shape(rng: np.random.Generator, body: Body) -> NDArray[np.float64]:
    """Return the shape (B,) of somebody; the coefficients a body had from the start vary."""
    betas = np.zeros(body.n_betas)
    betas[:_VARYING] = rng.normal(0, 0.4, _VARYING)
    return betas


def truth_of(motion: Motion, body: Body, *, betas: NDArray[np.float64], view: View, fps: float) -> ClimbTruth:
    """Express a motion in the CAMERA frame of a view, with its keypoints."""
    camera = view.camera
    pose, transl = in_camera_frame(motion, view, pelvis=body.rest_joints(betas)[0])
    keypoints = body.keypoints(body.keypoint_rig(SKELETON), betas, pose, transl=transl)
    xy = camera.project(keypoints)
    inside = ((xy >= 0) & (xy < np.array(camera.size_px))).all(-1)
    return ClimbTruth(
        xy=xy.astype(np.float32),
        visible=inside & _in_sight(body, betas, pose, transl, view=view, keypoints=keypoints),
        keypoints3d=keypoints.astype(np.float32),
        joints3d=body.joints(betas, pose, transl=transl).astype(np.float32),
        betas=betas.astype(np.float32),
        pose=pose.astype(np.float32),
        transl=transl.astype(np.float32),
        contacts=motion.contacts,
        camera=camera,
        walls=(view.wall,),
        fps=fps,
    )


def in_camera_frame(
    motion: Motion, view: View, *, pelvis: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return pose (T, 24, 3) and translation (T, 3) as the camera sees them; `pelvis` (3,) is its rest position."""
    pose = motion.pose.copy()
    pose[:, 0] = rotation_vectors(view.R @ rotation_matrices(motion.pose[:, 0]))
    return pose, view.to_camera(motion.transl + pelvis) - pelvis


def _in_sight(
    body: Body,
    betas: NDArray[np.float64],
    pose: NDArray[np.float64],
    transl: NDArray[np.float64],
    *,
    view: View,
    keypoints: NDArray[np.float64],
) -> NDArray[np.bool_]:
    """Return which keypoints (T, K) are not behind another part of the body."""
    scale = 0.25
    nothing = np.zeros_like(body.template)
    in_sight = np.zeros(keypoints.shape[:2], bool)
    for frame in range(len(pose)):
        vertices, _ = body.forward(betas, pose[frame : frame + 1], transl=transl[frame : frame + 1])
        depth = render_mesh(vertices[0], body.faces, camera=view.camera, colors=nothing, scale=scale).depth
        column, row = (view.camera.project(keypoints[frame]) * scale).astype(int).T
        height, width = depth.shape
        surface = depth[row.clip(0, height - 1), column.clip(0, width - 1)]
        in_sight[frame] = keypoints[frame, :, 2] < surface + _FLESH_M
    return in_sight
