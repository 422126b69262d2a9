"""How sure a fit says it is: more where more is known; and where it asks a person."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from annotation.body import SMPL_JOINTS, builtin_body
from annotation.errors import ProjectError
from annotation.fit_details import DETAILS_FILE, FitDetails, load_details, save_details
from annotation.known_facts import Contact, DepthStatement, Facts, Limb, Order
from annotation.labels import Source
from annotation.poses import Camera
from annotation.skeletons import load_skeleton
from inference.fitting.clip_fit import FitResult, fit_clip
from inference.fitting.points import ClipPoints

N_FRAMES = 30
SKELETON = load_skeleton("climbalong25")
CAMERA = Camera.guess((1080, 1440))


def reaching(*, with_world: bool) -> ClipPoints:
    """Return points of somebody whose right forearm points away from the camera."""
    body = builtin_body()
    pose = np.zeros((N_FRAMES, 24, 3))
    pose[:, 0] = (0, 0, np.pi)
    pose[:, SMPL_JOINTS.index("right_elbow"), 1] = 1.3 + 0.1 * np.sin(np.arange(N_FRAMES) / 5)
    points = body.keypoints(
        body.keypoint_rig(SKELETON.name), np.zeros(16), pose, transl=np.tile([0, 0, 4.0], (N_FRAMES, 1))
    )
    hips = points[:, [15, 16]].mean(axis=1, keepdims=True)
    return ClipPoints.from_arrays(
        SKELETON,
        xy=CAMERA.project(points),
        confidence=np.ones(points.shape[:2]),
        source=np.full(points.shape[:2], Source.PREDICTED, np.uint8),
        world=points - hips if with_world else None,
    )


def fit(points: ClipPoints, facts: Facts | None = None) -> FitResult:
    return fit_clip(points, body=builtin_body(), camera=CAMERA, times_s=np.arange(N_FRAMES) / 25, facts=facts)


def test_depth_is_open_where_nothing_tells_it() -> None:
    wrist = SKELETON.index("right_wrist")
    alone, hinted = fit(reaching(with_world=False)), fit(reaching(with_world=True))
    assert alone.details.depth_open[:, wrist].all()
    assert not hinted.details.depth_open[:, wrist].any()
    asked = {(question["joint"]) for question in alone.summary["questions"]}
    assert "right_wrist" in asked
    assert alone.summary["open_depths"] > hinted.summary["open_depths"]


def test_an_answered_question_is_not_asked_again() -> None:
    points = reaching(with_world=False)
    first = fit(points).summary["questions"]
    answers = tuple(DepthStatement(q["frame"], q["joint"], Order.FARTHER) for q in first if q["joint"] == "right_wrist")
    assert answers
    told = fit(points, Facts(depths=answers))
    asked = {(q["frame"], q["joint"]) for q in told.summary["questions"]}
    assert not asked & {(answer.frame, answer.joint) for answer in answers}
    assert not told.details.depth_open[answers[0].frame, SKELETON.index("right_wrist")]


def test_hidden_joints_are_less_sure_and_frames_without_points_unknown() -> None:
    points = reaching(with_world=False)
    confidence = points.confidence.copy()
    hidden = [SKELETON.index(f"left_{name}") for name in ("wrist", "index", "pinky", "thumb")]
    confidence[:, hidden] = 0
    confidence[12:16] = 0
    details = fit(replace(points, confidence=confidence)).details
    wrists = [SKELETON.index(f"{side}_wrist") for side in ("left", "right")]
    sd = np.nanmedian(details.joint_sd_m[:, wrists], axis=0)
    assert sd[0] > 2 * sd[1]
    assert np.isnan(details.joint_sd_m[12:16]).all()
    assert np.isnan(details.residual_px[12:16]).all()
    assert not details.depth_open[12:16].any()
    assert details.residual_px[0] < 5


def test_details_are_kept_beside_the_mesh(tmp_path: Path) -> None:
    details = FitDetails(
        ("a", "b"),
        np.array([1.0, np.nan], np.float32),
        np.full((2, 2), 0.1, np.float32),
        np.full((2, 2), np.nan, np.float32),
        np.array([[True, False], [False, False]]),
        (Contact(Limb.RIGHT_FOOT, 0, 1),),
    )
    assert load_details(tmp_path) is None
    save_details(tmp_path, details)
    read = load_details(tmp_path)
    assert read is not None
    assert read.contacts == details.contacts and read.joints == details.joints
    assert np.array_equal(read.residual_px, details.residual_px, equal_nan=True)
    (tmp_path / DETAILS_FILE).write_bytes(b"broken")
    with pytest.raises(ProjectError, match="Fit again"):
        load_details(tmp_path)
