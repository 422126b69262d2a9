"""Scoring a fitted body against 3D truth, and reading the files the truth comes in."""

from pathlib import Path

import numpy as np
import pytest

from annotation.body import builtin_body
from annotation.errors import BetascopeError
from annotation.evaluation3d import (
    JOINTS_14,
    JOINTS_16,
    Truth3d,
    body_joints,
    plausibility,
    read_truth,
    score,
    truth_of_capture,
)
from annotation.formats.motion import read_bvh, read_trc
from annotation.poses import Camera, MeshSequence

TRC = """PathFileType\t4\t(X/Y/Z)\ttrial.trc
DataRate\tCameraRate\tNumFrames\tNumMarkers\tUnits\tOrigDataRate\tOrigDataStartFrame\tOrigNumFrames
60\t60\t2\t2\tmm\t60\t0\t2
Frame#\tTime\tRHip\t\t\tLBigToe\t\t
\t\tX1\tY1\tZ1\tX2\tY2\tZ2

1\t0.0\t100\t200\t300\t1\t2\t3
2\t0.0166\t110\t200\t300\t\t\t
"""

BVH = """HIERARCHY
ROOT Hips
{
  OFFSET 0 0 0
  CHANNELS 6 Xposition Yposition Zposition Zrotation Yrotation Xrotation
  JOINT LeftUpLeg
  {
    OFFSET 1 0 0
    CHANNELS 3 Zrotation Yrotation Xrotation
    End Site
    {
      OFFSET 0 -2 0
    }
  }
}
MOTION
Frames: 2
Frame Time: .025
0 10 0 0 0 0 0 0 0
0 10 0 90 0 0 0 0 90
"""


def swinging(n_frames: int = 12) -> MeshSequence:
    """Return somebody who bends an elbow and a knee while moving sideways."""
    pose = np.zeros((n_frames, 24, 3), np.float32)
    pose[:, 18, 1] = -np.linspace(0.1, 1.2, n_frames)
    pose[:, 5, 0] = np.linspace(0.1, 0.9, n_frames)
    transl = np.stack([np.linspace(0, 0.3, n_frames), np.zeros(n_frames), np.full(n_frames, 4.0)], axis=-1)
    return MeshSequence(
        body="betascope",
        betas=np.zeros(10, np.float32),
        global_orient=pose[:, 0],
        body_pose=pose[:, 1:],
        transl=transl.astype(np.float32),
        valid=np.ones(n_frames, bool),
        camera=Camera.guess((1080, 1440)),
    )


def test_markers_are_read_in_metres_and_a_lost_one_is_missing(tmp_path: Path) -> None:
    (tmp_path / "trial.trc").write_text(TRC)
    capture = read_trc(tmp_path / "trial.trc")
    assert capture.names == ("RHip", "LBigToe")
    assert capture.positions[0, 0] == pytest.approx([0.1, 0.2, 0.3])
    assert np.isnan(capture.positions[1, 1]).all()
    assert read_truth(tmp_path / "trial.trc").names == ("right_hip", "left_big_toe")


def test_joints_of_a_capture_turn_with_their_parents(tmp_path: Path) -> None:
    (tmp_path / "a.bvh").write_text(BVH)
    capture = read_bvh(tmp_path / "a.bvh", unit_m=0.1)
    assert capture.fps == pytest.approx(40)
    assert capture.names == ("Hips", "LeftUpLeg", "LeftUpLeg_end")
    assert capture.positions[0] == pytest.approx(np.array([[0, 1, 0], [0.1, 1, 0], [0.1, 0.8, 0]]))
    # The pelvis turned by 90 degrees about z takes the hip up; turned about its own x, the leg points along z.
    assert capture.positions[1] == pytest.approx(np.array([[0, 1, 0], [0, 1.1, 0], [0, 1.1, -0.2]]), abs=1e-9)
    assert truth_of_capture(capture).names[:2] == ("pelvis", "left_hip")


@pytest.mark.parametrize("name", ["broken.trc", "broken.bvh", "broken.npz", "picture.png", "missing.trc"])
def test_what_is_no_truth_is_refused(tmp_path: Path, name: str) -> None:
    if not name.startswith("missing"):
        (tmp_path / name).write_bytes(b"\x00nothing of the kind\xff")
    with pytest.raises(BetascopeError):
        read_truth(tmp_path / name)


def test_the_same_motion_elsewhere_larger_and_turned_scores_zero_after_procrustes() -> None:
    body, mesh = builtin_body(), swinging()
    joints = body_joints(mesh, body, JOINTS_16, are_centres=False)
    turned = 1.1 * joints[..., [2, 0, 1]] + np.array([3.0, 2.0, 1.0])
    result = score(joints, turned, JOINTS_16, fps=30)
    assert result.frames == len(mesh)
    assert result.pa_mpjpe_mm < 1e-6
    assert result.mpjpe_mm > 100
    assert result.acceleration_m_per_s2 == pytest.approx(result.acceleration_mm_per_frame2 * 0.9)


def test_an_error_of_one_joint_is_found_in_it() -> None:
    body, mesh = builtin_body(), swinging()
    truth = body_joints(mesh, body, JOINTS_14, are_centres=True)
    wrong = truth.copy()
    wrong[:, JOINTS_14.index("left_wrist"), 2] += 0.2
    result = score(wrong, truth, JOINTS_14, fps=30)
    assert max(result.per_joint_mm, key=result.per_joint_mm.__getitem__) == "left_wrist"
    assert result.mpjpe_mm == pytest.approx(200 / 14, rel=1e-3)


def test_fastest_frames_are_scored_apart() -> None:
    body, mesh = builtin_body(), swinging(40)
    truth = body_joints(mesh, body, JOINTS_16, are_centres=False)
    leap = np.zeros(40)
    leap[20:] = 1.5
    truth[:, :, 1] += np.convolve(leap, np.ones(4) / 4, mode="same")[:, None]
    wrong = truth.copy()
    wrong[18:22, 0] += 0.3
    result = score(wrong[:38], truth[:38], JOINTS_16, fps=30)
    assert result.fastest_pa_mpjpe_mm > 3 * result.pa_mpjpe_mm


def test_frames_that_were_not_fitted_are_not_scored() -> None:
    body, mesh = builtin_body(), swinging()
    truth = body_joints(mesh, body, JOINTS_16, are_centres=False)
    gap = np.ones(len(mesh), bool)
    gap[3:6] = False
    found = np.where(gap[:, None, None], truth, np.nan)
    assert score(found, truth, JOINTS_16, fps=30).frames == len(mesh) - 3
    with pytest.raises(BetascopeError, match="share no frames"):
        score(np.full_like(truth, np.nan), truth, JOINTS_16, fps=30)


def test_truth_is_interpolated_to_the_times_of_a_clip() -> None:
    truth = Truth3d(("left_hip",), np.arange(5.0)[:, None, None] * np.ones(3), fps=10)
    at = truth.at(np.array([0.0, 0.05, 0.4, 0.6]))
    assert at.joints[:3, 0, 0] == pytest.approx([0, 0.5, 4])
    assert np.isnan(at.joints[3]).all()


def test_a_flip_of_the_body_shows_in_its_plausibility() -> None:
    body, mesh = builtin_body(), swinging()
    calm = plausibility(mesh, body, fps=30)
    assert calm.bone_spread < 1e-3 and calm.left_right < 1e-3
    assert calm.largest_turn_deg < 1
    mesh.global_orient[6:, 1] = np.pi
    assert plausibility(mesh, body, fps=30).largest_turn_deg == pytest.approx(180, abs=1)
