"""The fit of a real climb: the detector runs on the video, then the body is fitted and looked over."""

from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from annotation.body import SMPL_JOINTS, builtin_body
from annotation.evaluation3d import plausibility
from annotation.known_facts import Facts
from annotation.labels import Source
from annotation.poses import Camera
from annotation.skeletons import load_skeleton
from inference.fitting.clip_fit import FitResult, fit_clip
from inference.fitting.kinematics import TURNED, pose
from inference.fitting.limbs import capsule_table, overlaps
from inference.fitting.limits import beyond_limits
from inference.fitting.live import ChangedPoint, LiveFit
from inference.fitting.points import ClipPoints
from inference.fitting.rotations import log

CLIP = Path(__file__).parents[2].parent / "shared" / "data" / "climb" / "boulder-fixed.mp4"
BLAZEPOSE_COLUMNS = [0, 7, 8, *range(11, 33)]
"""Of BlazePose's 33 landmarks those of the ClimbAlong skeleton: all but eyes and mouth."""

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not CLIP.exists(), reason="the shared climbing clip is not here"),
    pytest.mark.filterwarnings("ignore"),
]


def detect() -> tuple[ClipPoints, NDArray[np.float64], tuple[int, int]]:
    mediapipe = pytest.importorskip("mediapipe")
    xy, confidence, world, times_s, size = [], [], [], [], (0, 0)
    with mediapipe.solutions.pose.Pose(model_complexity=1) as model, av.open(str(CLIP)) as container:
        for frame in container.decode(video=0):
            picture = frame.to_ndarray(format="rgb24")
            size = picture.shape[1], picture.shape[0]
            found = model.process(picture)
            marks = found.pose_landmarks.landmark
            marks = [marks[column] for column in BLAZEPOSE_COLUMNS]
            spots = [found.pose_world_landmarks.landmark[column] for column in BLAZEPOSE_COLUMNS]
            xy.append([(mark.x * size[0], mark.y * size[1]) for mark in marks])
            confidence.append([mark.visibility for mark in marks])
            world.append([(spot.x, spot.y, spot.z) for spot in spots])
            times_s.append(frame.time)
    points = ClipPoints.from_arrays(
        load_skeleton("climbalong25"),
        xy=np.array(xy),
        confidence=np.array(confidence),
        source=np.ones((len(xy), 25), np.uint8),
        world=np.array(world),
    )
    return points, np.array(times_s), size


@pytest.fixture(scope="module")
def result() -> FitResult:
    points, times_s, size = detect()
    return fit_clip(points, body=builtin_body(), camera=Camera.guess(size), times_s=times_s)


def test_body_lies_on_the_climber(result: FitResult) -> None:
    print(result.summary)
    assert result.summary["frames_fitted"] == len(result.mesh) == 377
    assert result.summary["median_reprojection_box_fraction"] < 0.02


def test_climber_never_flips(result: FitResult) -> None:
    assert result.summary["largest_root_turn_deg"] < 40
    assert plausibility(result.mesh, builtin_body(), fps=result.problem.fps).largest_joint_turn_deg < 25


def test_no_joint_is_beyond_its_range_and_no_limb_in_another(result: FitResult) -> None:
    turned = result.state.rotations[:, list(TURNED)]
    assert np.degrees(np.abs(beyond_limits(turned, log(turned)).angle).max()) < 0.1
    points = pose(result.problem.rig, result.state).points
    assert overlaps(capsule_table(result.problem.rig.skeleton), points).depth_m.max() < 0.04


def test_hands_and_feet_are_within_reach_of_the_wall(result: FitResult) -> None:
    assert result.mesh.wall is not None
    assert result.summary["wall_distance_p90_m"] < 0.4


def test_no_second_plane_is_suggested_for_a_wall_that_has_one(result: FitResult) -> None:
    assert result.mesh.walls and result.summary["suggested_walls"] == []


def test_body_is_human(result: FitResult) -> None:
    mesh = result.mesh
    joints = builtin_body().joints(mesh.betas, mesh.pose, transl=mesh.transl)

    def length(a: str, b: str) -> float:
        return float(np.linalg.norm(joints[0, SMPL_JOINTS.index(a)] - joints[0, SMPL_JOINTS.index(b)]))

    assert 1.5 < result.summary["height_m"] < 2.0
    assert 0.3 < length("left_hip", "left_knee") < 0.55
    assert 0.2 < length("left_shoulder", "left_elbow") < 0.4
    assert 0.7 < length("left_knee", "left_ankle") / length("left_hip", "left_knee") < 1.3


def test_following_without_a_correction_stays_on_the_points(result: FitResult) -> None:
    """The warm worker fits what the whole fit did: a wall that was found is none that was stated."""
    points, body, frame = result.repair.points, builtin_body(), 75
    live = LiveFit(points, result.mesh, body=body, times_s=np.arange(len(points)) / 25, facts=Facts())
    x, y = points.xy[frame, 0].tolist()
    live.change([ChangedPoint(frame, 0, (x, y), float(points.confidence[frame, 0]), Source.PREDICTED)])
    stretch = live.refit()
    assert stretch is not None
    frames = slice(stretch.start, stretch.start + len(stretch.pose))
    rig, camera = body.keypoint_rig(points.skeleton.name), result.mesh.camera
    off = []
    for pose_, transl in ((result.mesh.pose[frames], result.mesh.transl[frames]), (stretch.pose, stretch.transl)):
        seen = camera.project(body.keypoints(rig, result.mesh.betas, pose_, transl=transl))
        off.append(np.nanmedian(np.linalg.norm(seen - points.xy[frames], axis=-1), axis=1))
    assert np.percentile(off[1], 90) < 1.05 * np.percentile(off[0], 90)
