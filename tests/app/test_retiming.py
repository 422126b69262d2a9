"""Moving keyframes in time as edits on a real project: what moves, what stays, what is in the way."""

from pathlib import Path

import pytest

from annotation.edits import SetLabels, SetSpans
from annotation.labels import ABSENT, Interpolation, Label, Span, Track, Visibility
from annotation.project import Project
from app import operations
from app.retiming import in_the_way, move_keyframes

ELBOW, WRIST, KNEE = 5, 7, 17


@pytest.fixture
def project(video: Path):
    with operations.open_for_video(video) as project:
        track = next(iter(project.tracks.values()))
        labels = {
            (10, ELBOW): Label((1.0, 2.0)),
            (10, WRIST): Label((3.0, 4.0), Visibility.OCCLUDED),
            (20, ELBOW): ABSENT,
            (20, KNEE): Label((5.0, 6.0)),
            (30, WRIST): Label((7.0, 8.0)),
        }
        project.author = "Ana"
        project.push(SetLabels(track.id, labels))
        project.push(SetSpans(track.id, (Span(10, 20), Span(20, 30, Interpolation.CUBIC), Span(40, 50))))
        yield project


def track_of(project: Project) -> Track:
    return next(iter(project.tracks.values()))


def stated(track: Track) -> dict:
    """What was said, without who and when."""
    return {key: (label.xy, label.visibility) for key, label in track.labels.items()}


def test_all_labels_of_a_keyframe_move_and_undo_brings_them_back(project: Project) -> None:
    track = track_of(project)
    before, spans = dict(track.labels), track.spans
    edit = move_keyframes(track, [20], offset=-4)
    assert edit is not None
    project.push(edit)
    assert track.keyframes() == [10, 16, 30]
    assert track.labels[16, ELBOW].visibility is Visibility.ABSENT
    assert track.labels[16, KNEE] == before[20, KNEE], "who stated it and when stays with the label"
    assert track.spans == (Span(10, 16), Span(16, 30, Interpolation.CUBIC), Span(40, 50))
    project.undo()
    assert dict(track.labels) == before
    assert track.spans == spans
    assert project.undo_title() == "Interpolate range", "it was one step"


def test_a_row_of_keyframes_may_move_onto_its_own_places(project: Project) -> None:
    track = track_of(project)
    before = stated(track)
    edit = move_keyframes(track, [10, 20, 30], offset=10)
    assert edit is not None
    project.push(edit)
    assert stated(track) == {(frame + 10, joint): label for (frame, joint), label in before.items()}


def test_a_copy_leaves_the_original_where_it_is(project: Project) -> None:
    track = track_of(project)
    before = stated(track)
    edit = move_keyframes(track, [10], offset=5, copy=True)
    assert edit is not None
    project.push(edit)
    moved = {(15, joint): label for (frame, joint), label in before.items() if frame == 10}
    assert stated(track) == before | moved
    assert track.spans[0] == Span(10, 20), "spans stay with the original"


def test_only_the_joints_of_a_group_move(project: Project) -> None:
    track = track_of(project)
    edit = move_keyframes(track, [20], offset=2, joints=[KNEE])
    assert edit is not None
    project.push(edit)
    assert sorted(key for key in track.labels if key[0] in (20, 22)) == [(20, ELBOW), (22, KNEE)]
    assert track.spans[0] == Span(10, 20)


def test_what_is_in_the_way_is_told(project: Project) -> None:
    track = track_of(project)
    assert in_the_way(track, [10], offset=10) == [20]
    assert in_the_way(track, [10, 20], offset=10) == [30], "20 moves out of the way itself"
    assert in_the_way(track, [10, 20], offset=10, copy=True) == [20, 30]
    assert in_the_way(track, [10], offset=10, joints=[WRIST]) == []
    assert in_the_way(track, [10], offset=3) == []


def test_a_span_whose_ends_would_meet_goes(project: Project) -> None:
    track = track_of(project)
    edit = move_keyframes(track, [10], offset=12)
    assert edit is not None
    project.push(edit)
    assert track.keyframes() == [20, 22, 30]
    assert track.spans == (Span(20, 30, Interpolation.CUBIC), Span(40, 50))


def test_nothing_to_move_is_no_edit(project: Project) -> None:
    track = track_of(project)
    assert move_keyframes(track, [11], offset=3) is None
    assert move_keyframes(track, [10], offset=0) is None
