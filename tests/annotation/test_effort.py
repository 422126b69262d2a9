"""The ideal annotator, on clips where the number of edits can be counted by hand."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from annotation.effort import Case, Way, measure
from annotation.effort_cases import CAPTURE_SKELETON, capture_case, climb_case
from annotation.errors import BetascopeError
from annotation.labels import Interpolation, Keypoints2D, Label, Span, Track
from annotation.metrics import pck
from annotation.resolving import resolve
from annotation.skeletons import load_skeleton

SKELETON = load_skeleton("coco17")
N_FRAMES = 41
WRIST = SKELETON.index("left_wrist")


def still(n_frames: int = N_FRAMES) -> NDArray[np.float64]:
    """Somebody who hangs still (T, 17, 2); the torso is 100 px long."""
    pose = np.zeros((17, 2))
    for joint, place in {"left_shoulder": (0, 0), "right_shoulder": (40, 0), "left_hip": (0, 100)}.items():
        pose[SKELETON.index(joint)] = place
    pose[SKELETON.index("right_hip")] = (40, 100)
    return np.tile(pose + 300, (n_frames, 1, 1))


def case(predicted: NDArray[np.float64], truth: NDArray[np.float64] | None = None) -> Case:
    return Case("case", SKELETON, predicted, still() if truth is None else truth, 25.0)


@pytest.mark.parametrize("way", [Way.CORRECTED, Way.FOLLOWED, Way.CARRIED])
def test_a_perfect_detector_leaves_nothing_to_do(way: Way) -> None:
    effort = measure(case(still()), way, threshold=0.05, target=1.0)
    assert (effort.edits, effort.frames, effort.pck, effort.reached) == (0, 0, 1.0, True)


def test_by_hand_every_joint_of_every_fifth_frame_is_placed() -> None:
    effort = measure(case(still()), Way.MANUAL, threshold=0.05, target=1.0)
    assert (effort.drags, effort.keys, effort.frames, effort.reached) == (9 * 17, 0, 9, True)


def test_a_motion_that_lines_cannot_follow_needs_more_than_every_fifth_frame() -> None:
    truth = still()
    truth[22, WRIST] += 50
    effort = measure(case(still(), truth), Way.MANUAL, threshold=0.05, target=1.0)
    assert (effort.drags, effort.frames) == (9 * 17 + 3, 12), "the peak, and where the way to it begins and ends"


def test_one_wrong_point_is_one_drag_whatever_the_way() -> None:
    predicted = still()
    predicted[20, WRIST] += 50
    for way in (Way.CORRECTED, Way.FOLLOWED, Way.CARRIED):
        effort = measure(case(predicted), way, threshold=0.05, target=1.0)
        assert (effort.drags, effort.keys, effort.pck) == (1, 0, 1.0), way


def test_a_joint_that_is_off_by_the_same_everywhere() -> None:
    """One correction is carried; two ends make the prediction follow; corrections one by one need every fifth frame."""
    predicted = still()
    predicted[:, WRIST] += (0, 6)
    drags = {way: measure(case(predicted), way, threshold=0.05, target=1.0).drags for way in Way}
    assert drags[Way.CARRIED] <= 5
    assert drags[Way.FOLLOWED] == 2
    assert drags[Way.CORRECTED] == 9
    assert drags[Way.MANUAL] == 9 * 17


def test_in_suggested_keyframes_the_wrong_joints_are_dragged_and_the_rest_accepted_with_a_key() -> None:
    predicted = still()
    predicted[:, WRIST] += 50
    effort = measure(case(predicted), Way.ADAPTIVE, threshold=0.05, target=1.0)
    assert (effort.drags, effort.keys, effort.frames) == (2, 2, 2), "a still climber needs the first and the last frame"


def test_missing_predictions_are_wrong_and_points_without_truth_are_not_scored() -> None:
    predicted, truth = still(), still()
    predicted[10, WRIST] = np.nan
    truth[:, SKELETON.index("nose")] = np.nan
    predicted[:, SKELETON.index("nose")] += 500
    effort = measure(case(predicted, truth), Way.CORRECTED, threshold=0.05, target=1.0)
    assert (effort.drags, effort.pck) == (1, 1.0)


def test_only_as_much_as_asked_is_done_and_giving_up_is_told() -> None:
    predicted = still()
    predicted[::2, WRIST] += 50
    wrong = len(predicted[::2])
    total = N_FRAMES * 17
    asked = 1 - (wrong - 3) / total
    effort = measure(case(predicted), Way.CARRIED, threshold=0.05, target=asked)
    assert effort.reached
    assert effort.drags == 3
    given_up = measure(case(predicted), Way.CARRIED, threshold=0.05, target=1.0, at_most=2)
    assert (given_up.drags, given_up.reached) == (2, False)
    assert given_up.pck == pytest.approx(1 - (wrong - 2) / total)


def test_a_glitch_is_corrected_without_moving_its_neighbours() -> None:
    predicted = still()
    predicted[20:23, WRIST] += 50
    effort = measure(case(predicted), Way.CARRIED, threshold=0.05, target=1.0)
    assert (effort.drags, effort.pck) == (1, 1.0), "the correction is carried through the glitch and no farther"


def test_a_truth_of_another_clip_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BetascopeError, match="truth"):
        climb_case(
            tmp_path / "truth.npz",
            Keypoints2D(np.zeros((3, 17, 2), np.float32), np.zeros((3, 17), np.float32), SKELETON.name),
        )


def test_motion_capture_is_seen_whole_and_upright(shared_dir: Path) -> None:
    seen = capture_case(shared_dir / "data" / "mocap" / "cmu-01_03-climb-hang-swing.bvh")
    skeleton = load_skeleton(CAPTURE_SKELETON)
    assert seen.truth.shape == (1128, 19, 2)
    assert np.nanmin(seen.truth) > 0
    assert (np.nanmax(seen.truth, axis=(0, 1)) < (1080, 1440)).all()
    nose, shoulder, ankle = (skeleton.index(name) for name in ("nose", "left_shoulder", "left_ankle"))
    assert np.isnan(seen.truth[:, nose]).all()
    assert np.median(seen.truth[:, shoulder, 1]) < np.median(seen.truth[:, ankle, 1])
    left, right = skeleton.index("left_hip"), skeleton.index("right_hip")
    assert np.median(seen.truth[:, left, 0]) < np.median(seen.truth[:, right, 0]), "seen from behind"
    off = np.linalg.norm(seen.predicted - seen.truth, axis=-1)
    box = np.nanmax(np.nanmax(seen.truth, axis=1) - np.nanmin(seen.truth, axis=1), axis=1) * 1.2
    expected = 3 / 56 * np.sqrt(np.pi / 2)  # the mean length of a shift in two directions
    assert np.nanmean(off / box[:, None]) == pytest.approx(expected, rel=0.02)


@pytest.mark.parametrize(
    ("way", "interpolation"),
    [
        (Way.MANUAL, Interpolation.LINEAR),
        (Way.CORRECTED, Interpolation.LINEAR),
        (Way.FOLLOWED, None),
        (Way.CARRIED, Interpolation.PREDICTION),
    ],
)
def test_the_labels_amount_in_a_project_to_what_was_counted(way: Way, interpolation: Interpolation | None) -> None:
    """The annotator's labels are resolved as the program does it, and scored again."""
    rng = np.random.default_rng(6)
    truth = still(120) + np.cumsum(rng.normal(0, 1.5, (120, 17, 2)), axis=0)
    slow = np.cumsum(rng.normal(0, 1.5, (120, 17, 2)), axis=0)
    predicted = truth + slow + rng.normal(0, 2, slow.shape)
    predicted[50:53, WRIST] += 60
    predicted[80, WRIST] = np.nan
    seen = case(predicted.astype(np.float32).astype(np.float64), truth)
    effort = measure(seen, way, threshold=0.1, target=0.97)
    assert effort.reached
    assert effort.edits > 0
    labels = {key: Label(xy) for key, xy in effort.labels.items()}
    track = Track("t", "c", "Ana", SKELETON.name, labels=labels, interpolation=interpolation or Interpolation.LINEAR)
    if interpolation is None:
        track.spans = (Span(0, 119, Interpolation.PREDICTION),)
    run = Keypoints2D(seen.predicted.astype(np.float32), np.ones((120, 17), np.float32), SKELETON.name)
    shown = resolve(track, None if way is Way.MANUAL else run, n_frames=120)
    assert pck(shown.xy, truth, threshold=0.1, scale=seen.torso_px) == pytest.approx(effort.pck, abs=0.002)
