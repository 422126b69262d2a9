"""What moving, marking and placing joints amounts to, without a window."""

import numpy as np

from annotation.edits import SetLabels
from annotation.labels import ABSENT, Keypoints2D, Label, ResolvedTrack, Track, Visibility
from annotation.resolving import resolve
from annotation.skeleton_tree import tree_of
from annotation.skeletons import load_skeleton
from app import posing

N_FRAMES = 30
SKELETON = load_skeleton("climbalong25")
NOSE, LEFT_ELBOW = SKELETON.index("nose"), SKELETON.index("left_elbow")
LEFT_WRIST, RIGHT_WRIST = SKELETON.index("left_wrist"), SKELETON.index("right_wrist")


def make_track(**fields) -> Track:
    return Track("t", "c", "Ana", "climbalong25", **fields)


def resolved_of(track: Track, *, missing: tuple[int, ...] = (NOSE,)) -> ResolvedTrack:
    xy = np.tile(np.arange(25, dtype=np.float32)[:, None] * [10, 1], (N_FRAMES, 1, 1)).astype(np.float32)
    xy[:, list(missing)] = np.nan
    keypoints = Keypoints2D(xy, np.full((N_FRAMES, 25), 0.8, np.float32), "climbalong25")
    return resolve(track, keypoints, n_frames=N_FRAMES)


def test_moving_several_joints_is_one_edit_and_occluded_ones_stay_occluded() -> None:
    track = make_track(labels={(4, LEFT_ELBOW): Label((1, 1), Visibility.OCCLUDED)})
    positions = {LEFT_ELBOW: (9.0, 9.0), LEFT_WRIST: (8.0, 8.0)}
    edit = posing.move_joints(track, resolved_of(track), frame=4, positions=positions)
    expected = {(4, LEFT_ELBOW): Label((9, 9), Visibility.OCCLUDED), (4, LEFT_WRIST): Label((8, 8))}
    assert edit == SetLabels("t", expected, "Move 2 joints")


def test_titles_name_one_joint_and_the_whole_pose() -> None:
    track = make_track()
    resolved = resolved_of(track, missing=())
    one = posing.move_joints(track, resolved, frame=4, positions={LEFT_ELBOW: (9.0, 9.0)})
    every = posing.move_joints(track, resolved, frame=4, positions=dict.fromkeys(range(25), (1.0, 1.0)), verb="Turn")
    assert one is not None and one.title == "Move left elbow"
    assert every is not None and every.title == "Turn whole pose"
    assert posing.move_joints(track, resolved, frame=4, positions={}) is None


def test_what_stays_where_it_is_gets_no_label() -> None:
    track = make_track()
    resolved = resolved_of(track, missing=())
    here = tuple(resolved.xy[4, LEFT_ELBOW].tolist())
    positions = {LEFT_ELBOW: here, LEFT_WRIST: (1.0, 1.0)}
    edit = posing.move_joints(track, resolved, frame=4, positions=positions, verb="Turn")
    assert isinstance(edit, SetLabels) and list(edit.labels) == [(4, LEFT_WRIST)]
    assert posing.move_joints(track, resolved, frame=4, positions={LEFT_ELBOW: here}) is None


def test_marking_says_what_it_did_and_needs_a_position_to_be_seen() -> None:
    track = make_track()
    resolved = resolved_of(track)

    def mark(*joints: int, visibility: Visibility) -> SetLabels | None:
        edit = posing.mark_joints(track, resolved, frame=2, joints=joints, visibility=visibility)
        assert edit is None or isinstance(edit, SetLabels)
        return edit

    wrist = mark(LEFT_WRIST, visibility=Visibility.OCCLUDED)
    assert wrist == SetLabels("t", {(2, LEFT_WRIST): Label((70, 7), Visibility.OCCLUDED)}, "Left wrist occluded")
    assert mark(NOSE, visibility=Visibility.VISIBLE) is None
    both = mark(NOSE, LEFT_WRIST, visibility=Visibility.OCCLUDED)
    assert both is not None and list(both.labels) == [(2, LEFT_WRIST)]
    absent = mark(NOSE, LEFT_WRIST, visibility=Visibility.ABSENT)
    assert absent is not None and absent.title == "2 joints absent"
    assert absent.labels == {(2, NOSE): ABSENT, (2, LEFT_WRIST): ABSENT}


def test_missing_joints_are_placed_along_the_tree_but_absent_ones_only_on_request() -> None:
    gone = (NOSE, LEFT_WRIST, LEFT_ELBOW, RIGHT_WRIST)
    track = make_track(labels={(3, RIGHT_WRIST): ABSENT})
    resolved = resolved_of(track, missing=gone)
    assert posing.joints_to_place(resolved, frame=3, selected=()) == [NOSE, LEFT_ELBOW, LEFT_WRIST]
    asked = posing.joints_to_place(resolved, frame=3, selected={RIGHT_WRIST})
    assert asked == [RIGHT_WRIST, NOSE, LEFT_ELBOW, LEFT_WRIST]


def test_without_anything_missing_the_selected_joints_are_placed_again() -> None:
    resolved = resolved_of(make_track(), missing=())
    assert posing.joints_to_place(resolved, frame=3, selected={LEFT_WRIST, LEFT_ELBOW}) == [LEFT_ELBOW, LEFT_WRIST]
    assert posing.joints_to_place(resolved, frame=3, selected=()) == []


def test_an_empty_frame_asks_for_every_joint() -> None:
    resolved = resolved_of(make_track(), missing=tuple(range(25)))
    assert posing.joints_to_place(resolved, frame=0, selected=()) == list(tree_of(SKELETON).order)


def test_a_joint_probably_lies_to_its_neighbour_as_in_the_nearest_frame() -> None:
    labels = {
        (10, LEFT_ELBOW): Label((100, 100)),
        (10, LEFT_WRIST): Label((130, 140)),
        (20, LEFT_ELBOW): Label((200, 50)),
    }
    resolved = resolved_of(make_track(labels=labels), missing=tuple(range(25)))
    assert posing.guess(resolved, frame=20, joint=LEFT_WRIST) == (230, 90)
    assert posing.guess(resolved, frame=0, joint=RIGHT_WRIST) is None
    alone = resolved_of(make_track(labels={(20, LEFT_ELBOW): Label((200, 50))}), missing=tuple(range(25)))
    assert posing.guess(alone, frame=20, joint=LEFT_WRIST) == (200, 50), "at least where its neighbour is"
