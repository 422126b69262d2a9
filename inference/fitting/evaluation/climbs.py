"""Synthetic climbs with exact truth: perfect points from several cameras, or a video for the detector."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from annotation.body import builtin_body
from annotation.climb_truth import ClimbTruth, load_truth
from annotation.evaluation3d import JOINTS_16, Truth3d
from annotation.labels import Source
from annotation.poses import Camera
from annotation.skeletons import load_skeleton
from inference.climb.choreography import Fold, plan_climb
from inference.climb.folding import folded
from inference.climb.generate import TRUTH_FILE, VIDEO_FILE, generate_climb, in_camera_frame
from inference.climb.motion import animate
from inference.climb.view import View as Place
from inference.fitting.evaluation.pose2sim import detected
from inference.fitting.evaluation.views import View
from inference.fitting.points import ClipPoints

SKELETON = "climbalong25"
EVALUATION_SEEDS = (101, 102, 103)
FILMED_SEEDS = (101, 102)
KINDS = {"behind": (0.0, 1.25, 3.95), "low": (20.0, 0.3, 3.0), "side": (65.0, 1.4, 4.2)}
_FPS, _SECONDS = 30, 6.0
_SIZE = (1080, 1440)


FOLD = Fold(1.75, 30.0)
"""The hands are on the overhang, the feet below it."""
FILMED_FOLDS = ((101, FOLD, _SECONDS), (102, FOLD, _SECONDS), (7, Fold(1.5, 40.0), 12.0), (8, Fold(1.4, 35.0), 12.0))
"""Seed, fold and seconds. In the short ones hands hold near the fold only: one plane comes as close as two."""


def perfect(seed: int, *, fold: Fold | None = None) -> list[View]:
    """Return a climb seen without any error from behind, low and the side."""
    rng, body = np.random.default_rng(seed), builtin_body()
    betas = rng.normal(0, 0.7, body.n_betas)
    climb = plan_climb(rng, duration_s=_SECONDS)
    climb = climb if fold is None else folded(climb, fold)
    times_s = np.arange(round(_SECONDS * _FPS)) / _FPS
    motion = animate(climb, body, betas=betas, times_s=times_s)
    skeleton, result = load_skeleton(SKELETON), []
    for kind, (turn_deg, height_m, distance_m) in KINDS.items():
        place = _place(np.median(motion.transl, axis=0), np.radians(turn_deg), height_m, distance_m)
        pose, transl = in_camera_frame(motion, place, pelvis=body.rest_joints(betas)[0])
        joints = body.keypoints(body.keypoint_rig(SKELETON), betas, pose, transl=transl)
        xy = place.camera.project(joints)
        points = ClipPoints.from_arrays(
            skeleton,
            xy=xy,
            confidence=np.ones(joints.shape[:2]),
            source=np.full(joints.shape[:2], Source.LABELLED, np.uint8),
        )
        truth = Truth3d(skeleton.joints, joints, _FPS)
        view = View(f"climb {seed}, {kind}", points, place.camera, times_s, truth, JOINTS_16)
        result.append(replace(view, walls=place.walls(fold), height_m=body.height_m(betas)))
    return result


def _place(target: np.ndarray, turn: float, height_m: float, distance_m: float) -> Place:
    """Stand behind the climber (who looks along +z at the wall in z = 0), turned round them."""
    middle = np.array([target[0], target[1] + 0.2, 0.0])
    eye = np.array([middle[0] + distance_m * np.sin(turn), height_m, -distance_m * np.cos(turn)])
    forward = (middle - eye) / np.linalg.norm(middle - eye)
    right = np.cross(forward, [0.0, 1.0, 0.0])
    right /= np.linalg.norm(right)
    R = np.stack([right, np.cross(forward, right), forward])
    return Place(Camera.guess(_SIZE), R, -R @ eye)


def filmed(seed: int, *, cache: Path, fold: Fold | None = None, seconds: float = _SECONDS) -> View:
    """Return what the default detector finds in the video of a climb."""
    folder = cache / (f"climb-{seed}" if fold is None else f"climb-{seed}-{fold.height_m:g}-{fold.angle_deg:g}")
    if not (folder / TRUTH_FILE).exists():
        folder.mkdir(parents=True, exist_ok=True)
        size = (720, 1280)
        generate_climb(folder, seed=seed, duration_s=seconds, fps=_FPS, size_px=size, report=lambda *_: None, fold=fold)
    truth: ClimbTruth = load_truth(folder / TRUTH_FILE)
    keypoints = detected(folder / VIDEO_FILE, cache=cache)
    points = ClipPoints.from_arrays(
        load_skeleton(keypoints.skeleton),
        xy=keypoints.xy,
        confidence=keypoints.confidence,
        source=(keypoints.confidence > 0).astype(np.uint8),
        world=keypoints.world,
    )
    joints = Truth3d(load_skeleton(SKELETON).joints, truth.keypoints3d.astype(np.float64), truth.fps)
    times_s = np.arange(len(truth)) / truth.fps
    view = View(f"climb {seed}, filmed", points, truth.camera, times_s, joints, JOINTS_16)
    return replace(view, walls=truth.walls, height_m=builtin_body().height_m(truth.betas))
