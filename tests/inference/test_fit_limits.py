"""Joints keep to their ranges and limbs out of each other, whatever the points say."""

import numpy as np
import pytest
from numpy.typing import NDArray

from annotation.body import SMPL_JOINTS, builtin_body
from annotation.labels import Source
from annotation.poses import Camera
from annotation.skeletons import load_skeleton
from inference.fitting.clip_fit import FitResult, fit_clip
from inference.fitting.kinematics import TURNED, pose
from inference.fitting.limbs import capsule_table, overlaps
from inference.fitting.limits import beyond_limits, within_limits
from inference.fitting.points import ClipPoints
from inference.fitting.rotations import exp, log

CAMERA = Camera.guess((1080, 1440))
SKELETON = load_skeleton("climbalong25")
N_FRAMES = 24


def rotations_of(vectors: dict[str, tuple[float, float, float]]) -> NDArray[np.float64]:
    """Return one frame (1, 24, 3, 3) with some joints turned, rotation vectors in degrees."""
    pose_deg = np.zeros((1, 24, 3))
    for joint, vector in vectors.items():
        pose_deg[0, SMPL_JOINTS.index(joint)] = vector
    return exp(np.radians(pose_deg))


def farthest_beyond_deg(rotations: NDArray[np.float64]) -> float:
    turned = rotations[:, list(TURNED)]
    return float(np.degrees(np.abs(beyond_limits(turned, log(turned)).angle).max()))


@pytest.mark.parametrize(
    "possible",
    [
        {"left_knee": (140, 0, 0), "left_hip": (-120, 0, 0)},
        {"left_hip": (-60, 0, 60), "right_hip": (-60, 0, -60)},
        {"left_shoulder": (0, 0, 80), "right_shoulder": (0, 0, -80), "left_elbow": (0, -140, 0)},
        {"spine1": (30, 0, 0), "spine3": (30, 0, 0), "neck": (-60, 0, 0)},
    ],
    ids=["high step", "frog", "hanging", "looking up"],
)
def test_what_climbers_do_is_within_the_ranges(possible: dict[str, tuple[float, float, float]]) -> None:
    assert farthest_beyond_deg(rotations_of(possible)) == 0


@pytest.mark.parametrize(
    ("impossible", "by_deg"),
    [
        ({"left_knee": (-40, 0, 0)}, 30),
        ({"right_elbow": (0, -50, 0)}, 40),
        ({"left_elbow": (0, 50, 0)}, 40),
        ({"right_hip": (80, 0, 0)}, 42),
        ({"neck": (0, 120, 0)}, 40),
        ({"left_hip": (0, -100, 0)}, 35),
    ],
)
def test_what_nobody_can_do_is_measured_and_turned_back(
    impossible: dict[str, tuple[float, float, float]], by_deg: float
) -> None:
    rotations = rotations_of(impossible)
    assert farthest_beyond_deg(rotations) > by_deg - 2
    back = within_limits(rotations)
    assert farthest_beyond_deg(back) < 0.1
    untouched = [i for i, name in enumerate(SMPL_JOINTS) if name not in impossible]
    assert np.allclose(back[:, untouched], rotations[:, untouched])


def test_derivatives_are_those_of_the_angles() -> None:
    rng = np.random.default_rng(0)
    rotations = exp(rng.normal(size=(40, len(TURNED), 3)) * 0.8)
    now, step = beyond_limits(rotations, log(rotations)), 1e-6
    for axis in range(3):
        either = [rotations @ exp(sign * step * np.eye(3)[axis]) for sign in (-1, 1)]
        low, high = (beyond_limits(turned, log(turned)).angle for turned in either)
        slope = (high - low) / (2 * step)
        inside = (now.angle != 0) & (low != 0) & (high != 0)
        off = np.abs(slope - now.rows[..., axis])[inside]
        # Where a direction is almost along its axis or a turn almost a whole half one, slopes are held back.
        assert np.percentile(off, 98) < 1e-4


def drawn(pose_at: NDArray[np.float64]) -> ClipPoints:
    body = builtin_body()
    transl = np.tile([0.0, 0.0, 4.0], (len(pose_at), 1))
    keypoints = body.keypoints(body.keypoint_rig(SKELETON.name), np.zeros(body.n_betas), pose_at, transl=transl)
    shape = keypoints.shape[:2]
    return ClipPoints.from_arrays(
        SKELETON,
        xy=CAMERA.project(keypoints),
        confidence=np.ones(shape),
        source=np.full(shape, Source.LABELLED, np.uint8),
    )


def fitted(points: ClipPoints) -> FitResult:
    return fit_clip(points, body=builtin_body(), camera=CAMERA, times_s=np.arange(len(points)) / 25)


def test_labels_of_a_knee_bent_forwards_do_not_bend_it_forwards() -> None:
    pose_at = np.zeros((N_FRAMES, 24, 3))
    pose_at[:, 0] = log(exp(np.array([0, 0, np.pi])) @ exp(np.array([0, np.pi / 2, 0])))
    pose_at[:, SMPL_JOINTS.index("left_knee"), 0] = -0.9 * np.sin(np.linspace(0, np.pi, N_FRAMES))
    result = fitted(drawn(pose_at))
    assert farthest_beyond_deg(result.state.rotations) < 0.1


def test_labels_of_an_arm_through_the_body_do_not_push_it_through() -> None:
    pose_at = np.zeros((N_FRAMES, 24, 3))
    pose_at[:, 0, 2] = np.pi
    reach = np.sin(np.linspace(0, np.pi, N_FRAMES))
    pose_at[:, SMPL_JOINTS.index("left_shoulder"), 2] = -1.2
    pose_at[:, SMPL_JOINTS.index("left_elbow"), 2] = -1.4 * reach
    result = fitted(drawn(pose_at))
    inside = overlaps(capsule_table(SKELETON), pose(result.problem.rig, result.state).points)
    assert inside.depth_m.max() < 0.03
