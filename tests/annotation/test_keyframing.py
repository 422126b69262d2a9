"""Operations on keyframes over a range, judged by what the track amounts to afterwards and by their undo."""

import copy

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotation import keyframing
from annotation.edits import Edit, SetLabels, SetSpans
from annotation.labels import ABSENT, Interpolation, Keypoints2D, Label, LabelPatch, Source, Span, Track, Visibility
from annotation.resolving import resolve
from annotation.skeletons import load_skeleton
from annotation.splicing import FrameRange

SKELETON = load_skeleton("climbalong25")
K, N_FRAMES = len(SKELETON), 60
ELBOWS = SKELETON.index("left_elbow"), SKELETON.index("right_elbow")
HIPS = SKELETON.index("left_hip"), SKELETON.index("right_hip")
NOSE = SKELETON.index("nose")


def predicted(*, confidence: float = 0.9) -> Keypoints2D:
    """Joint k walks right by one pixel in a frame, from (10 k, 200 + k)."""
    t, k = np.arange(N_FRAMES)[:, None], np.arange(K)[None]
    xy = np.stack([10 * k + t, 200 + k + 0 * t], axis=-1).astype(np.float32)
    return Keypoints2D(xy, np.full((N_FRAMES, K), confidence, np.float32), SKELETON.name)


def make_track(**content: object) -> Track:
    return Track("t", "c", "Ana", SKELETON.name, **content)  # type: ignore[arg-type]


def resolved(track: Track, run: Keypoints2D | None = None):
    return resolve(track, run, n_frames=N_FRAMES)


def after(track: Track, edit: Edit | None) -> Track:
    """The track as it is after an edit."""
    result = copy.deepcopy(track)
    if isinstance(edit, SetLabels):
        result.table.apply(LabelPatch.of(edit.labels))
    elif isinstance(edit, SetSpans):
        result.spans = edit.spans
    else:
        raise AssertionError(f"no edit: {edit}")
    return result


def test_sure_predictions_become_labels_and_unsure_ones_and_labels_stay() -> None:
    run = predicted()
    run.confidence[12, 3] = 0.79
    track = make_track(labels={(11, 5): Label((1, 1))})
    edit = keyframing.accept_sure(track, resolved(track, run), FrameRange(10, 14))
    done = resolved(after(track, edit), run)
    assert (done.source[10:15] == Source.LABELLED).sum() == 5 * K - 1
    assert done.source[12, 3] == Source.INTERPOLATED, "between its neighbours"
    assert done.source[15, 0] == Source.PREDICTED
    assert done.xy[11, 5].tolist() == [1, 1]
    np.testing.assert_array_equal(done.xy[10], run.xy[10])
    assert keyframing.accept_sure(track, resolved(track, run), FrameRange(0, 59), confidence=0.95) is None


def test_accepting_can_be_for_some_joints_and_at_another_threshold() -> None:
    run = predicted(confidence=0.5)
    track = make_track()
    edit = keyframing.accept_sure(track, resolved(track, run), FrameRange(0, 59), confidence=0.5, joints=[2, 7])
    assert set(after(track, edit).labels) == {(frame, joint) for frame in range(60) for joint in (2, 7)}


def test_labels_of_a_range_go_and_others_stay() -> None:
    labels = {(frame, joint): Label((frame, joint)) for frame in (4, 5, 9, 10) for joint in (1, 2)}
    track = make_track(labels=labels)
    assert set(after(track, keyframing.delete_labels(track, FrameRange(5, 9))).labels) == {
        (4, 1), (4, 2), (10, 1), (10, 2)
    }  # fmt: skip
    assert (5, 2) in after(track, keyframing.delete_labels(track, FrameRange(5, 9), joints=[1])).labels
    assert keyframing.delete_labels(track, FrameRange(20, 30)) is None


def test_a_pasted_pose_is_the_copied_one_with_what_is_hidden_and_absent() -> None:
    track = make_track(labels={(3, 4): Label((7, 8), Visibility.OCCLUDED), (3, 5): ABSENT})
    run = predicted()
    pose = keyframing.copy_pose(resolved(track, run), frame=3)
    assert pose is not None
    done = resolved(after(track, keyframing.paste_pose(track, pose, frame=30)), run)
    here = resolved(track, run)
    np.testing.assert_array_equal(done.xy[30], here.xy[3])
    np.testing.assert_array_equal(done.visibility[30], here.visibility[3])
    assert (done.source[30] == Source.LABELLED).all()
    assert keyframing.copy_pose(resolved(track), frame=50) is None, "nothing is there"


def test_a_mirrored_pose_exchanges_the_sides_about_the_pelvis() -> None:
    labels = {(0, HIPS[0]): Label((110, 50)), (0, HIPS[1]): Label((90, 52)), (0, NOSE): Label((104, 10))}
    labels |= {(0, ELBOWS[0]): Label((150, 30)), (0, ELBOWS[1]): Label((80, 35), Visibility.OCCLUDED)}
    track = make_track(labels=labels)
    pose = keyframing.copy_pose(resolved(track), frame=0)
    assert pose is not None
    done = after(track, keyframing.paste_pose(track, pose.mirrored(), frame=9)).labels
    assert done[9, HIPS[1]] == Label((90, 50)) and done[9, HIPS[0]] == Label((110, 52))
    assert done[9, NOSE] == Label((96, 10))
    assert done[9, ELBOWS[1]] == Label((50, 30))
    assert done[9, ELBOWS[0]] == Label((120, 35), Visibility.OCCLUDED)
    twice = after(track, keyframing.paste_pose(track, pose.mirrored().mirrored(), frame=9)).labels
    assert {joint: label for (frame, joint), label in twice.items() if frame == 9} == {
        joint: label for (_, joint), label in labels.items()
    }


def test_a_pose_can_be_pasted_into_another_skeleton_by_name() -> None:
    pose = keyframing.copy_pose(
        resolved(make_track(labels={(0, NOSE): Label((5, 6)), (0, 24): Label((1, 1))})), frame=0
    )
    other = Track("o", "c", "Bea", "coco17")
    assert pose is not None
    done = after(other, keyframing.paste_pose(other, pose, frame=2)).labels
    assert done[2, load_skeleton("coco17").index("nose")] == Label((5, 6))


def test_a_propagated_pose_stands_at_every_stride_and_at_the_end() -> None:
    run, track = predicted(), make_track(stride=5)
    edit = keyframing.propagate_pose(track, resolved(track, run), frames=FrameRange(10, 22), frame=2, joints=[3, 8])
    done = after(track, edit)
    assert done.keyframes() == [10, 15, 20, 22]
    assert done.labels[15, 8] == Label(tuple(run.xy[2, 8].tolist()))
    np.testing.assert_array_equal(resolved(done, run).xy[10:23, 3], np.tile(run.xy[2, 3], (13, 1)))


@pytest.mark.parametrize("kind", Interpolation)
def test_held_joints_do_not_move_whatever_lies_between_labels(kind: Interpolation) -> None:
    track = make_track(labels={(20, 3): Label((999, 999)), (4, 3): Label((0, 0))}, interpolation=kind)
    run = predicted()
    before = resolved(track, run)
    done = resolved(after(track, keyframing.hold(track, before, FrameRange(8, 31), joints=[3])), run)
    np.testing.assert_allclose(done.xy[8:32, 3], np.tile(before.xy[8, 3], (24, 1)), atol=1e-4)
    np.testing.assert_array_equal(done.xy[:, 4], before.xy[:, 4])


def test_swapped_sides_change_places_in_every_frame_of_the_range_and_nowhere_else() -> None:
    labels = {(frame, joint): Label((frame, 500 + joint)) for frame in (10, 14, 18) for joint in ELBOWS}
    track, run = make_track(labels=labels), predicted()
    run.xy[25, ELBOWS[0]] = np.nan
    before = resolved(track, run)
    edit = keyframing.swap_sides(track, before, FrameRange(8, 24))
    done = resolved(after(track, edit), run)
    part = slice(8, 25)
    np.testing.assert_allclose(done.xy[part], before.xy[part][:, SKELETON.mirror], atol=1e-4)
    np.testing.assert_array_equal(done.xy[:8], before.xy[:8])
    np.testing.assert_array_equal(done.xy[25:], before.xy[25:])
    assert done.source[12, ELBOWS[0]] == Source.INTERPOLATED, "what lies between labels follows without labels"


def test_swapping_one_pair_leaves_the_others_and_says_which() -> None:
    track, run = make_track(), predicted()
    before = resolved(track, run)
    edit = keyframing.swap_sides(track, before, FrameRange(3, 5), joints=[ELBOWS[0]])
    assert edit is not None and edit.title == "Swap left and right elbow, frames 3 to 5"
    done = resolved(after(track, edit), run)
    others = np.setdiff1d(np.arange(K), ELBOWS)
    np.testing.assert_array_equal(done.xy[:, others], before.xy[:, others])
    np.testing.assert_array_equal(done.xy[3:6, ELBOWS[0]], before.xy[3:6, ELBOWS[1]])


@given(
    st.dictionaries(
        st.tuples(st.integers(0, 20), st.sampled_from(ELBOWS)),
        st.one_of(st.just(ABSENT), st.builds(Label, st.tuples(st.integers(0, 99), st.integers(0, 99)))),
        max_size=12,
    ),
    st.sampled_from(Interpolation),
    st.booleans(),
)
def test_a_swap_shows_the_other_side_whatever_was_there(labels: dict, kind: Interpolation, with_run: bool) -> None:
    run = predicted() if with_run else None
    track = make_track(labels=labels, interpolation=kind)
    before = resolved(track, run)
    edit = keyframing.swap_sides(track, before, FrameRange(0, N_FRAMES - 1))
    if edit is None:
        swapped = before.xy[:, SKELETON.mirror]
        assert np.array_equal(before.xy, swapped, equal_nan=True)
        return
    done = resolved(after(track, edit), run)
    there = before.source[:, SKELETON.mirror] != Source.MISSING
    if kind is not Interpolation.CUBIC:  # a label within a smooth way bends it a little
        np.testing.assert_allclose(done.xy[there], before.xy[:, SKELETON.mirror][there], atol=1e-3)
    labelled = before.source[:, SKELETON.mirror] == Source.LABELLED
    np.testing.assert_array_equal(done.xy[labelled], before.xy[:, SKELETON.mirror][labelled])


def test_a_range_is_interpolated_in_its_own_way_and_can_be_let_alone_again() -> None:
    labels = {(frame, 1): Label((frame**2, 0)) for frame in (0, 10, 30, 50)}
    track, run = make_track(labels=labels, spans=(Span(0, 50),)), predicted()
    held = after(track, keyframing.set_interpolation(track, FrameRange(10, 30), kind=Interpolation.HOLD))
    done = resolved(held, run)
    assert done.xy[20, 1, 0] == 100 and done.xy[5, 1, 0] == 50
    assert done.source[40, 1] == Source.INTERPOLATED
    alone = resolved(after(held, keyframing.set_interpolation(held, FrameRange(10, 30), kind=None)), run)
    assert alone.source[20, 1] == Source.PREDICTED and alone.source[5, 1] == Source.INTERPOLATED
    again = keyframing.set_interpolation(held, FrameRange(10, 30), kind=Interpolation.HOLD)
    assert again is None or after(held, again).spans == held.spans


def test_an_edit_names_its_range() -> None:
    track = make_track(labels={(5, 1): Label((1, 1))})
    for frames, words in ((FrameRange(5, 5), "frame 5"), (FrameRange(3, 9), "frames 3 to 9")):
        edit = keyframing.delete_labels(track, frames)
        assert edit is not None and edit.title == f"Remove labels, {words}"
