"""The fit of a clip against motion that is known: projected, disturbed, fitted and compared."""

from dataclasses import dataclass, replace

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from annotation.body import SMPL_JOINTS, builtin_body
from annotation.errors import JobError
from annotation.labels import Source
from annotation.poses import Camera
from annotation.skeletons import load_skeleton
from inference.fitting.clip_fit import FitResult, fit_clip
from inference.fitting.kinematics import TURNED
from inference.fitting.limits import beyond_limits
from inference.fitting.points import ClipPoints
from inference.fitting.rotations import log

SIZE = (1080, 1440)
FPS = 30.0
N_FRAMES = 60


@dataclass(frozen=True)
class Truth:
    """A climber seen from behind: where every keypoint is in space, and what a perfect detector would say."""

    keypoints: NDArray[np.float64]
    camera: Camera
    points: ClipPoints

    @property
    def torso_px(self) -> float:
        xy, skeleton = self.points.xy, self.points.skeleton
        return float(
            np.linalg.norm(xy[:, skeleton.index("left_shoulder")] - xy[:, skeleton.index("left_hip")], axis=-1).max()
        )


def climbing_pose(n_frames: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """Return rotation vectors (T, 24, 3) of somebody hanging by bent arms, moving slowly and smoothly."""
    pose = np.zeros((n_frames, 24, 3))
    pose[:, SMPL_JOINTS.index("pelvis")] = (0, 0, np.pi)
    resting = {
        "left_shoulder": (0, -0.3, 0.8),
        "right_shoulder": (0, 0.3, -0.8),
        "left_elbow": (0, -0.7, 0),
        "right_elbow": (0, 0.7, 0),
        "left_hip": (-0.9, 0.3, 0.4),
        "right_hip": (-0.6, -0.3, -0.4),
        "left_knee": (1.0, 0, 0),
        "right_knee": (0.8, 0, 0),
    }
    for joint, vector in resting.items():
        swing = gaussian_filter1d(rng.normal(size=(n_frames, 3)), 8, axis=0) * 0.8
        hinge = np.array(vector) != 0 if joint.endswith(("knee", "elbow")) else np.ones(3)
        pose[:, SMPL_JOINTS.index(joint)] = np.array(vector) + swing * hinge
    return pose


def truth(seed: int = 0, *, n_frames: int = N_FRAMES) -> Truth:
    rng = np.random.default_rng(seed)
    body, skeleton, camera = builtin_body(), load_skeleton("climbalong25"), Camera.guess(SIZE)
    transl = np.stack(
        [np.linspace(-0.2, 0.2, n_frames), np.linspace(0.3, -0.1, n_frames), np.full(n_frames, 4.5)], axis=-1
    )
    betas = np.zeros(body.n_betas)
    betas[0] = 0.8
    pose = climbing_pose(n_frames, rng)
    keypoints = body.keypoints(body.keypoint_rig(skeleton.name), betas, pose, transl=transl)
    hips = keypoints[:, [skeleton.index("left_hip"), skeleton.index("right_hip")]].mean(axis=1, keepdims=True)
    points = ClipPoints.from_arrays(
        skeleton,
        xy=camera.project(keypoints) + rng.normal(size=(*keypoints.shape[:2], 2)) * 2,
        confidence=np.full(keypoints.shape[:2], 0.9),
        source=np.full(keypoints.shape[:2], Source.PREDICTED, np.uint8),
        world=keypoints - hips + rng.normal(size=keypoints.shape) * 0.02,
    )
    return Truth(keypoints, camera, points)


def fit(scene: Truth, points: ClipPoints | None = None) -> FitResult:
    points = points or scene.points
    times_s = np.arange(len(points)) / FPS
    return fit_clip(points, body=builtin_body(), camera=scene.camera, times_s=times_s)


def fitted_keypoints(result: FitResult, skeleton: str = "climbalong25") -> NDArray[np.float64]:
    body, mesh = builtin_body(), result.mesh
    return body.keypoints(body.keypoint_rig(skeleton), mesh.betas, mesh.pose, transl=mesh.transl)


def pa_mpjpe_mm(found: NDArray[np.float64], wanted: NDArray[np.float64]) -> float:
    """Return the mean distance after the best similarity per frame (Procrustes), mm."""
    a = found - found.mean(axis=1, keepdims=True)
    b = wanted - wanted.mean(axis=1, keepdims=True)
    u, s, vt = np.linalg.svd(np.swapaxes(a, 1, 2) @ b)
    sign = np.ones_like(s)
    sign[:, -1] = np.linalg.det(u @ vt)
    rotation = (u * sign[:, None]) @ vt
    scale = (s * sign).sum(axis=1) / (a**2).sum(axis=(1, 2))
    return float(np.linalg.norm(scale[:, None, None] * (a @ rotation) - b, axis=-1).mean() * 1000)


def largest_step_m(keypoints: NDArray[np.float64]) -> float:
    return float(np.linalg.norm(np.diff(keypoints, axis=0), axis=-1).max())


@pytest.fixture(scope="module")
def scene() -> Truth:
    return truth()


@pytest.fixture(scope="module")
def plain(scene: Truth) -> FitResult:
    return fit(scene)


def test_motion_is_recovered(scene: Truth, plain: FitResult) -> None:
    assert pa_mpjpe_mm(fitted_keypoints(plain), scene.keypoints) < 50
    assert plain.summary["median_reprojection_box_fraction"] < 0.02


def test_climber_faces_the_wall_and_never_flips(scene: Truth, plain: FitResult) -> None:
    facing = plain.state.rotations[:, 0, :, 2]
    assert (facing[:, 2] > 0.5).all()
    assert plain.summary["largest_root_turn_deg"] < 20
    assert largest_step_m(fitted_keypoints(plain)) < 2 * largest_step_m(scene.keypoints)


def test_rotation_vectors_do_not_jump_where_the_body_does_not(plain: FitResult) -> None:
    steps = np.linalg.norm(np.diff(plain.mesh.pose, axis=0), axis=-1)
    assert steps.max() < np.radians(40)


def test_wall_is_before_the_camera_and_behind_the_climber(plain: FitResult) -> None:
    wall = plain.mesh.wall
    assert wall is not None
    assert wall.distance(np.zeros(3)) > 0
    assert np.median(wall.distance(plain.mesh.transl)) > 0
    assert plain.summary["wall_distance_p90_m"] < 0.5


def test_wrong_points_do_not_bend_the_body(scene: Truth, plain: FitResult) -> None:
    rng = np.random.default_rng(1)
    xy = scene.points.xy.copy()
    wild = rng.random(xy.shape[:2]) < 0.03
    xy[wild] += rng.choice([-1, 1], size=(wild.sum(), 2)) * 1.5 * scene.torso_px
    disturbed = fitted_keypoints(fit(scene, replace(scene.points, xy=xy)))
    assert pa_mpjpe_mm(disturbed, scene.keypoints) < pa_mpjpe_mm(fitted_keypoints(plain), scene.keypoints) + 5
    moved = np.linalg.norm(disturbed - fitted_keypoints(plain), axis=-1)
    assert np.median(moved[wild]) < 0.03


def test_swapped_stretch_is_repaired_before_the_fit(scene: Truth, plain: FitResult) -> None:
    swapped = np.zeros(N_FRAMES, bool)
    swapped[20:30] = swapped[40] = True
    mirror = scene.points.skeleton.mirror
    assert scene.points.world is not None
    xy, world = scene.points.xy.copy(), scene.points.world.copy()
    xy[swapped], world[swapped] = xy[swapped][:, mirror], world[swapped][:, mirror]
    result = fit(scene, replace(scene.points, xy=xy, world=world))
    assert np.array_equal(result.repair.swapped_arms, swapped)
    assert np.array_equal(result.repair.swapped_legs, swapped)
    assert pa_mpjpe_mm(fitted_keypoints(result), scene.keypoints) < 60
    assert result.summary["swapped_frames_arms"] == 11


def test_labels_are_obeyed_where_the_detector_is_wrong(scene: Truth) -> None:
    skeleton = scene.points.skeleton
    wrist = skeleton.index("left_wrist")
    hand = [skeleton.index(f"left_{part}") for part in ("wrist", "index", "pinky", "thumb")]
    right = scene.camera.project(scene.keypoints[:, wrist])
    xy, source = scene.points.xy.copy(), scene.points.source.copy()
    stretch = slice(25, 36)
    for joint in hand:
        xy[stretch, joint] += (-0.5 * scene.torso_px, 0.2 * scene.torso_px)
    wrong = fitted_keypoints(fit(scene, replace(scene.points, xy=xy)))
    xy[stretch, wrist] = right[stretch]
    source[stretch, wrist] = Source.INTERPOLATED
    source[[25, 30, 35], wrist] = Source.LABELLED
    corrected = fit(scene, replace(scene.points, xy=xy, source=source))
    off = np.linalg.norm(scene.camera.project(fitted_keypoints(corrected)[stretch, wrist]) - right[stretch], axis=-1)
    before = np.linalg.norm(scene.camera.project(wrong[stretch, wrist]) - right[stretch], axis=-1)
    assert np.median(off) < 5 < np.median(before)
    assert corrected.summary["labelled_median_px"] < 5


def test_frames_without_points_are_bridged(scene: Truth) -> None:
    xy, world = scene.points.xy.copy(), np.array(scene.points.world)
    gone = np.zeros(N_FRAMES, bool)
    gone[:5] = gone[30:36] = True
    xy[gone], world[gone] = np.nan, np.nan
    points = ClipPoints.from_arrays(
        scene.points.skeleton, xy=xy, confidence=scene.points.confidence, source=scene.points.source, world=world
    )
    result = fit(scene, points)
    assert np.array_equal(result.mesh.valid, ~gone)
    assert np.isfinite(result.mesh.pose).all() and np.isfinite(result.mesh.transl).all()
    keypoints = fitted_keypoints(result)
    assert np.allclose(keypoints[:5], keypoints[5])
    assert np.linalg.norm(keypoints[33] - scene.keypoints[33], axis=-1).mean() < 0.25


def test_legs_out_of_the_picture_leave_the_rest_alone_and_are_told_as_unsure(scene: Truth, plain: FitResult) -> None:
    skeleton = scene.points.skeleton
    legs = [i for i, name in enumerate(skeleton.joints) if any(p in name for p in ("knee", "ankle", "heel", "toe"))]
    arms = [i for i, name in enumerate(skeleton.joints) if any(p in name for p in ("shoulder", "elbow", "wrist"))]
    xy, world = scene.points.xy.copy(), np.array(scene.points.world)
    xy[20:, legs], world[20:, legs] = np.nan, np.nan
    confidence = np.where(np.isfinite(xy).all(-1), scene.points.confidence, 0)
    points = ClipPoints.from_arrays(skeleton, xy=xy, confidence=confidence, source=scene.points.source, world=world)
    result = fit(scene, points)
    assert result.mesh.valid.all()
    assert pa_mpjpe_mm(fitted_keypoints(result)[:, arms], scene.keypoints[:, arms]) < 40
    turned = result.state.rotations[:, list(TURNED)]
    assert np.degrees(np.abs(beyond_limits(turned, log(turned)).angle).max()) < 0.1
    unseen, seen = (each.details.joint_sd_m[40:, skeleton.index("left_ankle")] for each in (result, plain))
    assert np.median(unseen) > 2 * np.median(seen)


def test_points_alone_give_a_human_pose(scene: Truth) -> None:
    skeleton = load_skeleton("coco17")
    columns = [scene.points.skeleton.find(joint) for joint in skeleton.joints]
    known = np.array([column is not None for column in columns])
    index = np.array([column or 0 for column in columns])
    points = ClipPoints.from_arrays(
        skeleton,
        xy=np.where(known[:, None], scene.points.xy[:, index], np.nan),
        confidence=scene.points.confidence[:, index],
        source=scene.points.source[:, index],
    )
    result = fit(scene, points)
    assert result.summary["median_reprojection_box_fraction"] < 0.02
    assert (result.state.rotations[:, 0, 2, 2] > 0).all()
    found, wanted = fitted_keypoints(result, "coco17")[:, known], scene.keypoints[:, index[known]]
    assert pa_mpjpe_mm(found, wanted) < 140


def test_shape_stays_human(plain: FitResult) -> None:
    assert np.abs(plain.mesh.betas).max() < 3
    assert 1.5 < plain.summary["height_m"] < 2.0


def test_no_points_says_what_to_do(scene: Truth) -> None:
    points = replace(scene.points, confidence=np.zeros_like(scene.points.confidence))
    with pytest.raises(JobError, match="Detect"):
        fit(scene, points)


@pytest.mark.parametrize("n_frames", [1, 2, 3])
def test_shortest_clips_are_fitted(n_frames: int) -> None:
    scene = truth(n_frames=n_frames)
    assert fit(scene).summary["median_reprojection_box_fraction"] < 0.02


def test_progress_counts_up_and_can_stop_the_fit(scene: Truth) -> None:
    told: list[tuple[int, int, str]] = []

    class StopError(Exception):
        pass

    def report(done: int, total: int, message: str) -> None:
        told.append((done, total, message))
        if len(told) == 6:
            raise StopError

    with pytest.raises(StopError):
        fit_clip(
            scene.points,
            body=builtin_body(),
            camera=scene.camera,
            times_s=np.arange(N_FRAMES) / FPS,
            report=report,
        )
    assert [done for done, _, _ in told] == sorted(done for done, _, _ in told)
    assert all(done <= total for done, total, _ in told)
