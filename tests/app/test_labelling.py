"""What wishes about joints amount to, without a window."""

import numpy as np
import pytest

from annotation.edits import SetLabels, SetSpans
from annotation.labels import Keypoints2D, Label, ResolvedTrack, Source, Track
from annotation.resolving import resolve
from annotation.skeletons import load_skeleton
from app import labelling

N_FRAMES = 30
SKELETON = load_skeleton("climbalong25")
LEFT_WRIST, RIGHT_WRIST = SKELETON.index("left_wrist"), SKELETON.index("right_wrist")


def make_track(**fields) -> Track:
    return Track("t", "c", "Ana", "climbalong25", **fields)


def resolved_of(track: Track) -> ResolvedTrack:
    xy = np.tile(np.arange(25, dtype=np.float32)[:, None] * [10, 1], (N_FRAMES, 1, 1)).astype(np.float32)
    xy[:, 0] = np.nan  # the nose is never found
    keypoints = Keypoints2D(xy, np.full((N_FRAMES, 25), 0.8, np.float32), "climbalong25")
    return resolve(track, keypoints, n_frames=N_FRAMES)


def test_accepting_a_pose_keeps_labels_and_leaves_unfound_joints_alone() -> None:
    label = Label((500, 500))
    track = make_track(labels={(3, 5): label})
    edit = labelling.accept_pose(track, resolved_of(track), frame=3)
    assert isinstance(edit, SetLabels)
    assert (3, 5) not in edit.labels and (3, 0) not in edit.labels
    assert len(edit.labels) == 23


def test_accepting_twice_has_nothing_to_do() -> None:
    track = make_track(labels={(3, joint): Label((1, 1)) for joint in range(25)})
    assert labelling.accept_pose(track, resolved_of(track), frame=3) is None


def test_interpolating_a_long_gap_is_a_span_and_can_be_taken_back() -> None:
    track = make_track(labels={(2, 5): Label((0, 0)), (22, 5): Label((40, 80))})
    assert resolved_of(track).source[12, 5] == Source.PREDICTED
    edit = labelling.interpolate_here(track, frame=12)
    assert isinstance(edit, SetSpans)
    track.spans = edit.spans
    resolved = resolved_of(track)
    assert resolved.source[12, 5] == Source.INTERPOLATED
    assert resolved.xy[12, 5].tolist() == [20, 40]
    again = labelling.interpolate_here(track, frame=12)
    assert isinstance(again, SetSpans) and again.spans == ()
    assert labelling.interpolate_here(track, frame=25) is None


@pytest.mark.parametrize(("frame", "direction", "expected"), [(5, 1, 9), (5, -1, 3), (9, 1, None), (3, -1, None)])
def test_neighbour(frame: int, direction: int, expected: int | None) -> None:
    assert labelling.neighbour([3, 5, 9], frame, direction=direction) == expected
