"""Every kind of doubt, where the answer is known."""

from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from annotation.doubt import Doubt, DoubtKind, find_doubts, next_doubt, undismissed
from annotation.labels import ABSENT, Keypoints2D, Label, LabelKey, ResolvedTrack, Span, Track
from annotation.resolving import resolve
from annotation.skeletons import load_skeleton

SKELETON = load_skeleton("climbalong25")
SIZE = (800, 1000)
FPS = 25.0
N_FRAMES = 100
TORSO_PX = 200.0
WRIST, ELBOW, KNEE = (SKELETON.index(name) for name in ("left_wrist", "left_elbow", "left_knee"))
_PLACES = {
    "nose": (0, -1.4), "ear": (0.15, -1.45), "shoulder": (0.35, -1), "elbow": (0.6, -0.6), "wrist": (0.7, -0.1),
    "pinky": (0.78, 0.08), "index": (0.72, 0.1), "thumb": (0.65, 0.05), "hip": (0.25, 0), "knee": (0.3, 0.9),
    "ankle": (0.3, 1.7), "heel": (0.25, 1.8), "big_toe": (0.4, 1.85),
}  # fmt: skip
"""Of the right side, torso lengths from the middle of the hips."""


@pytest.fixture
def xy() -> NDArray[np.float32]:
    """Somebody who sways to and fro (T, 25, 2)."""
    pose = []
    for joint in SKELETON.joints:
        x, y = _PLACES[joint.removeprefix("left_").removeprefix("right_")]
        pose.append((-x if joint.startswith("left_") else x, y))
    sway = 40 * np.sin(np.arange(N_FRAMES) / 12)[:, None, None] * np.array([1.0, 0.3])
    return (np.array(pose) * TORSO_PX + np.array([400, 500]) + sway).astype(np.float32)


def show(
    xy: NDArray[np.float32],
    confidence: NDArray[np.float32] | None = None,
    labels: dict[LabelKey, Label] | None = None,
    spans: Sequence[Span] = (),
) -> tuple[ResolvedTrack, Keypoints2D]:
    confidence = np.ones(xy.shape[:2], np.float32) if confidence is None else confidence
    run = Keypoints2D(xy, confidence, SKELETON.name)
    track = Track("t", "c", "Ana", SKELETON.name, labels=labels or {}, spans=tuple(spans))
    return resolve(track, run, n_frames=len(xy)), run


def doubts_of(xy: NDArray[np.float32], *, fps: float = FPS, **more: object) -> list[Doubt]:
    resolved, run = show(xy, **more)  # type: ignore[arg-type]
    return find_doubts(resolved, times_s=np.arange(len(xy)) / fps, size_px=SIZE, predictions=run)


def test_nothing_is_doubted_where_nothing_is_wrong(xy: NDArray[np.float32]) -> None:
    assert doubts_of(xy) == []


def test_an_empty_track_and_a_clip_of_one_frame_have_no_doubts(xy: NDArray[np.float32]) -> None:
    assert doubts_of(np.full((3, 25, 2), np.nan, np.float32)) == []
    assert doubts_of(xy[:1]) == []
    assert doubts_of(xy[:0]) == []


def test_a_jump_is_told_with_its_pixels_at_the_frame_after_it(xy: NDArray[np.float32]) -> None:
    xy[50:, KNEE, 0] += 84
    (doubt,) = [doubt for doubt in doubts_of(xy) if doubt.kind is DoubtKind.JUMP]
    assert (doubt.start, doubt.frame, doubt.joints) == (50, 50, (KNEE,))
    step = np.linalg.norm(xy[50, KNEE] - xy[49, KNEE])
    assert doubt.text == f"left knee jumps {step:.0f} px"


def test_one_wrong_frame_is_a_twitch_there(xy: NDArray[np.float32]) -> None:
    xy[30, WRIST] += 90
    (doubt,) = doubts_of(xy)
    assert (doubt.kind, doubt.start, doubt.end, doubt.joints) == (DoubtKind.ACCELERATION, 30, 30, (WRIST,))
    assert doubt.text.startswith("left wrist twitches 127 px")


def test_joints_of_one_limb_that_jump_together_are_one_doubt(xy: NDArray[np.float32]) -> None:
    hand = [SKELETON.index(f"left_{name}") for name in ("wrist", "pinky", "index", "thumb")]
    xy[50, hand, 1] -= 100
    (doubt,) = [doubt for doubt in doubts_of(xy) if doubt.kind is DoubtKind.ACCELERATION]
    assert set(doubt.joints) == set(hand)
    assert "and 3 more twitch" in doubt.text


def test_a_fast_hand_is_no_jump_but_a_jump_of_that_length_is(xy: NDArray[np.float32]) -> None:
    reach = np.interp(np.arange(N_FRAMES), [50, 52, 60, 62], [0, 20, 280, 300])
    moving = xy.copy()
    moving[:, WRIST, 0] += reach
    hand = (WRIST, ELBOW)
    assert not [doubt for doubt in doubts_of(moving) if doubt.kind in (DoubtKind.JUMP, DoubtKind.ACCELERATION)]
    xy[56:, WRIST, 0] += 120
    assert [doubt.frame for doubt in doubts_of(xy) if doubt.kind is DoubtKind.JUMP and set(doubt.joints) & set(hand)]


def test_limits_follow_the_size_of_the_person_and_the_frame_rate(xy: NDArray[np.float32]) -> None:
    def jumps(points: NDArray[np.float32], fps: float) -> list[Doubt]:
        points = points.copy()
        points[50:, KNEE, 0] += 36
        return [doubt for doubt in doubts_of(points, fps=fps) if doubt.kind is DoubtKind.JUMP]

    assert jumps(xy, 25) == [], "a climber may do that within a 25th of a second"
    assert jumps(xy, 100), "but not within a 100th"
    assert jumps(xy / 2, 25), "nor may one half as large"


def test_a_frame_that_was_shown_late_is_no_jump(xy: NDArray[np.float32]) -> None:
    walk = np.arange(N_FRAMES)[:, None, None] * np.float32([12, 0])
    kept = np.r_[0:50, 60:N_FRAMES]
    resolved, _ = show((xy + walk)[kept])
    late = find_doubts(resolved, times_s=kept / FPS, size_px=(4000, 1000))
    assert not [doubt for doubt in late if doubt.kind is DoubtKind.JUMP]
    even = find_doubts(resolved, times_s=np.arange(len(kept)) / FPS, size_px=(4000, 1000))
    assert [doubt.frame for doubt in even if doubt.kind is DoubtKind.JUMP]


def test_a_bone_may_be_short_but_not_long(xy: NDArray[np.float32]) -> None:
    short, long = xy.copy(), xy.copy()
    far = np.clip(np.interp(np.arange(N_FRAMES), [40, 50, 60, 70], [0, 1, 1, 0]), 0, 1)[:, None]
    forearm = xy[:, WRIST] - xy[:, ELBOW]
    short[:, WRIST] -= 0.7 * far * forearm
    long[:, WRIST] += 0.9 * far * forearm
    assert not [doubt for doubt in doubts_of(short) if doubt.kind is DoubtKind.LIMB_LENGTH and ELBOW in doubt.joints]
    (doubt,) = [d for d in doubts_of(long) if d.kind is DoubtKind.LIMB_LENGTH and ELBOW in d.joints]
    assert 50 <= doubt.frame <= 60
    assert doubt.text == "left elbow to left wrist is 1.7 times as long as usual"


def test_a_swap_is_found_with_exactly_its_frames_and_explains_the_jumps(xy: NDArray[np.float32]) -> None:
    xy[40:52] = xy[40:52][:, SKELETON.mirror]
    (doubt,) = doubts_of(xy)
    assert (doubt.kind, doubt.start, doubt.end) == (DoubtKind.SWAP, 40, 51)
    assert doubt.text == "left and right look swapped"


def test_swapped_legs_are_told_from_a_swapped_body(xy: NDArray[np.float32]) -> None:
    legs = [n for n, joint in enumerate(SKELETON.joints) if joint.endswith(("knee", "ankle", "heel", "toe"))]
    xy[10:14, legs] = xy[10:14][:, SKELETON.mirror[legs]]
    (doubt,) = doubts_of(xy)
    assert (doubt.kind, doubt.start, doubt.end, sorted(doubt.joints)) == (DoubtKind.SWAP, 10, 13, legs)
    assert doubt.text == "left and right of the legs look swapped"


def test_low_confidence_is_one_doubt_per_stretch_and_labels_are_not_asked(xy: NDArray[np.float32]) -> None:
    confidence = np.ones(xy.shape[:2], np.float32)
    confidence[20:40, KNEE] = 0.1
    confidence[30, KNEE] = 0.9
    (doubt,) = doubts_of(xy, confidence=confidence)
    assert (doubt.kind, doubt.start, doubt.end) == (DoubtKind.LOW_CONFIDENCE, 20, 39)
    assert doubt.text == "left knee is a guess (10 %)"
    labels = {(frame, KNEE): Label((float(xy[frame, KNEE, 0]), float(xy[frame, KNEE, 1]))) for frame in range(20, 40)}
    assert doubts_of(xy, confidence=confidence, labels=labels) == []


def test_a_joint_outside_the_picture_is_doubted(xy: NDArray[np.float32]) -> None:
    xy[:, :, 1] += np.interp(np.arange(N_FRAMES), [0, 60, 80, 99], [0, 0, 140, 140])[:, None].astype(np.float32)
    outside = [doubt for doubt in doubts_of(xy) if doubt.kind is DoubtKind.OUTSIDE]
    assert len(outside) == 2, "one per leg"
    assert all(doubt.end == 99 and 60 < doubt.start < 80 for doubt in outside)


def test_interpolation_is_doubted_where_the_prediction_goes_another_way(xy: NDArray[np.float32]) -> None:
    bump = 150 * np.exp(-(((np.arange(N_FRAMES) - 50) / 8) ** 2))
    predicted = xy.copy()
    predicted[:, WRIST, 1] -= bump.astype(np.float32)
    labels = {(f, WRIST): Label((float(xy[f, WRIST, 0]), float(xy[f, WRIST, 1]))) for f in (20, 80)}
    doubts = doubts_of(predicted, labels=labels, spans=[Span(20, 80)])
    (doubt,) = [doubt for doubt in doubts if doubt.kind is DoubtKind.INTERPOLATION]
    assert 47 <= doubt.frame <= 53
    assert "the prediction has left wrist 1" in doubt.text


def test_a_prediction_that_is_off_by_as_much_everywhere_is_no_doubt_about_interpolation(
    xy: NDArray[np.float32],
) -> None:
    labels = {(f, WRIST): Label((float(xy[f, WRIST, 0]) + 80, float(xy[f, WRIST, 1]))) for f in range(0, 100, 5)}
    kinds = {doubt.kind for doubt in doubts_of(xy, labels=labels)}
    assert DoubtKind.INTERPOLATION not in kinds
    assert DoubtKind.NEW_RUN not in kinds


def test_a_label_older_than_the_run_is_compared_with_it(xy: NDArray[np.float32]) -> None:
    labels = {(50, KNEE): Label((float(xy[50, KNEE, 0]) + 100, float(xy[50, KNEE, 1]))), (60, WRIST): ABSENT}
    resolved, run = show(xy, labels=labels)
    outdated = np.zeros(xy.shape[:2], bool)
    times = np.arange(N_FRAMES) / FPS

    def new_run() -> list[Doubt]:
        doubts = find_doubts(resolved, times_s=times, size_px=SIZE, predictions=run, outdated=outdated)
        return [doubt for doubt in doubts if doubt.kind is DoubtKind.NEW_RUN]

    assert new_run() == []
    outdated[50, KNEE] = outdated[60, WRIST] = True
    (doubt,) = new_run()
    assert (doubt.start, doubt.end, doubt.joints) == (50, 50, (KNEE,))
    assert doubt.text == "the new run has left knee 100 px away"


def test_a_dismissed_doubt_stays_away_if_it_moved_by_a_frame_and_others_stay(xy: NDArray[np.float32]) -> None:
    xy[30, WRIST] += 90
    xy[70, WRIST] += 90
    first, second = doubts_of(xy)
    assert undismissed([first, second], {first.key}) == [second]
    kind, frame, joint = first.key
    assert undismissed([first, second], {(kind, frame + 1, joint)}) == [second]
    assert undismissed([first, second], {(kind, frame, -1)}) == [second]
    assert undismissed([first, second], {(kind, frame, KNEE), ("jump", frame, joint)}) == [first, second]


def test_going_through_doubts_takes_the_nearest_and_in_one_frame_the_surest_first(xy: NDArray[np.float32]) -> None:
    xy[30, WRIST] += 90
    xy[30, KNEE] += 150
    xy[70, WRIST] += 90
    doubts = doubts_of(xy)
    first = next_doubt(doubts, 10, direction=1)
    assert first is not None
    assert (first.frame, first.joints[0]) == (30, KNEE)
    second = next_doubt(doubts, 30, direction=1, current=first)
    assert second is not None
    assert (second.frame, second.joints[0]) == (30, WRIST)
    third = next_doubt(doubts, 30, direction=1, current=second)
    assert third is not None
    assert third.frame == 70
    assert next_doubt(doubts, 30, direction=-1, current=second) == first
    assert next_doubt(doubts, 70, direction=1) is None
    assert next_doubt(doubts, 30, direction=-1) is None
