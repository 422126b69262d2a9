"""A climb of the CMU motion capture library through simulated cameras, its joints' projections as perfect points."""

from dataclasses import replace
from pathlib import Path

import numpy as np
from scipy.sparse import csr_matrix

from annotation.body import SMPL_JOINTS, Body, NamedPoints, builtin_body
from annotation.evaluation3d import LIMB_JOINTS, Truth3d, read_truth
from annotation.labels import Source
from annotation.poses import Camera, look_at
from annotation.skeletons import load_skeleton
from inference.fitting.evaluation.views import Floats, View
from inference.fitting.points import ClipPoints

SKELETON = "halpe26"
KINDS = {"low": (25.0, 0.35, 3.2), "behind": (0.0, 1.5, 4.5), "side": (80.0, 1.3, 4.5)}
"""Turn round the climber from straight behind in degrees, height and distance of the camera in metres."""

SCORED = (*LIMB_JOINTS, "neck", "head")
_FPS, _N_FRAMES, _N_WINDOWS = 30.0, 90, 6
_CENTRES = {"left_big_toe": "left_foot", "right_big_toe": "right_foot"}
_SEEN = (*SCORED, *_CENTRES)


def views(file: Path) -> list[View]:
    """Return 90-frame windows spread over the climb, each seen from low, behind and the side."""
    truth = read_truth(file)
    step = round(truth.fps / _FPS)
    starts = np.linspace(step * 10, len(truth) - _N_FRAMES * step - 1, _N_WINDOWS).astype(int)
    body = joint_centres(builtin_body())
    result = []
    for number, start in enumerate(starts):
        window = replace(truth, joints=truth.joints[start : start + _N_FRAMES * step : step], fps=_FPS)
        for kind, (turn_deg, height_m, distance_m) in KINDS.items():
            turn = np.radians(turn_deg) * (1 if number % 2 else -1)
            result.append(_view(window, body, f"CMU climb {number}, {kind}", turn, height_m, distance_m))
    return result


def _view(window: Truth3d, body: Body, name: str, turn: float, height_m: float, distance_m: float) -> View:
    """Look at the climber's middle from a place round it (file axes: y up)."""
    pelvis = window.of(("pelvis",))[:, 0]
    across = window.of(("left_hip",))[:, 0] - window.of(("right_hip",))[:, 0]
    facing = np.cross(across.mean(axis=0), [0, 1.0, 0])
    angle = np.arctan2(-facing[0], -facing[2]) + turn
    target = np.nanmean(pelvis, axis=0)
    eye = np.array([target[0] + distance_m * np.sin(angle), height_m, target[2] + distance_m * np.cos(angle)])
    R = look_at(eye, target, up=np.array([0, 1.0, 0]))
    seen = replace(window, joints=(window.joints - eye) @ R.T)
    camera = Camera.guess((1080, 1440))
    return View(name, _points(seen, camera), camera, np.arange(len(seen)) / _FPS, seen, SCORED, body)


def _points(seen: Truth3d, camera: Camera) -> ClipPoints:
    skeleton = load_skeleton(SKELETON)
    joints = seen.of(tuple(_CENTRES.get(name, name) for name in skeleton.joints))
    xy: Floats = np.asarray(camera.project(joints), np.float64)
    known = np.isfinite(xy).all(-1) & np.isin(skeleton.joints, _SEEN)
    xy[~known] = np.nan
    return ClipPoints.from_arrays(
        skeleton,
        xy=xy,
        confidence=known.astype(np.float64),
        source=np.where(known, Source.LABELLED, Source.MISSING).astype(np.uint8),
    )


def joint_centres(body: Body) -> Body:
    """Return a body whose points are the centres of its joints, which is what motion capture measures."""
    names = load_skeleton(SKELETON).joints
    index = [SMPL_JOINTS.index(name) if (name := _CENTRES.get(n, n)) in SMPL_JOINTS else -1 for n in names]
    known = [column for column, joint in enumerate(index) if joint >= 0]
    rows = csr_matrix(body.joint_regressor)[[index[column] for column in known]]
    weights = np.eye(len(SMPL_JOINTS))[[index[column] for column in known]]
    return replace(body, points=NamedPoints(tuple(names[column] for column in known), rows, weights))
