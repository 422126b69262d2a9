"""The project on disk: durable, undoable, careful with what it does not understand."""

import copy
import os
import signal
import sqlite3
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from annotation.clip import Clip, Fingerprint, Timeline
from annotation.edits import (
    AddClip,
    AddTrack,
    Edit,
    RelinkClip,
    RemoveTrack,
    RenameTrack,
    SetLabels,
    SetSpans,
    SetStride,
    Several,
)
from annotation.edits import UseRun as UseRunEdit
from annotation.errors import ProjectBusyError, ProjectError
from annotation.labels import (
    ABSENT,
    Event,
    Interpolation,
    Keypoints2D,
    Label,
    Run,
    RunKind,
    Source,
    Span,
    Track,
    Visibility,
)
from annotation.live_track import LiveTrack
from annotation.project import Project
from annotation.runs import save_keypoints
from annotation.store import DATABASE, Access
from annotation.track_edits import DismissDoubts, SetEvents, SetInterpolation, SetReviewed, SetTrackLook

N_FRAMES = 40


def make_clip(path: Path, *, clip_id: str = "clip") -> Clip:
    timeline = Timeline(np.arange(N_FRAMES) * 512, (1, 12800), np.array([0]))
    return Clip(clip_id, path, Fingerprint(10, "abc"), timeline, (1080, 1440), 0, "h264")


@pytest.fixture
def project(tmp_path: Path):
    with Project.create(tmp_path / "climb.betascope") as project:
        project.push(AddClip(make_clip(tmp_path / "climb.mp4")))
        project.push(AddTrack(Track("track", "clip", "Ana", "climbalong25")))
        yield project


def contents(project: Project) -> object:
    clips = {clip.id: (clip.path, clip.size, clip.timeline.pts.tolist()) for clip in project.clips.values()}
    stamps = {
        (track.id, key): (label.author, label.time_s)
        for track in project.tracks.values()
        for key, label in track.labels.items()
    }
    return clips, copy.deepcopy(project.tracks), stamps


def assert_live_is_fresh(project: Project) -> None:
    """What was patched edit by edit is what comes out when everything is computed anew."""
    live = project.live("track")
    fresh = LiveTrack(project.track("track"), project.keypoints("track"), n_frames=N_FRAMES)
    for name in ("xy", "confidence", "source", "visibility"):
        np.testing.assert_array_equal(getattr(live.resolved, name), getattr(fresh.resolved, name), err_msg=name)
    np.testing.assert_array_equal(live.frame_confidence, fresh.frame_confidence)
    np.testing.assert_array_equal(live.frame_source, fresh.frame_source)
    assert live.digest() == fresh.digest()


def make_run(project: Project, run_id: str, *, x: float | None = None) -> Run:
    """Register a run that found every joint at (x, x) all the time; without x, most joints anywhere."""
    folder = project.run_folder(run_id)
    folder.mkdir(parents=True)
    generator = np.random.default_rng(len(run_id))
    xy = np.full((N_FRAMES, 25, 2), x, np.float32) if x is not None else generator.random((N_FRAMES, 25, 2), np.float32)
    if x is None:
        xy[generator.random((N_FRAMES, 25)) < 0.3] = np.nan
    save_keypoints(folder, Keypoints2D(xy, np.full((N_FRAMES, 25), 0.7, np.float32), "climbalong25"))
    run = Run(run_id, "clip", RunKind.KEYPOINTS, "detect", "test", datetime.now(UTC), "climbalong25")
    project.add_run(run)
    return run


positions = st.tuples(st.floats(-100, 2000, width=32), st.floats(-100, 2000, width=32))
labels = st.one_of(
    st.none(),
    st.just(ABSENT),
    st.builds(Label, positions, st.sampled_from([Visibility.VISIBLE, Visibility.OCCLUDED])),
)
label_edits = st.builds(
    lambda values: SetLabels("track", values),
    st.dictionaries(st.tuples(st.integers(0, N_FRAMES + 1), st.integers(0, 2)), labels, min_size=1, max_size=9),
)
how = st.sampled_from(Interpolation)
events = st.builds(
    Event, st.integers(0, 9), st.one_of(st.none(), st.integers(10, 39)), st.sampled_from(["crux", "rest", "é"])
)
doubts = st.tuples(st.sampled_from(["jump", "swap"]), st.integers(0, 3), st.integers(-1, 2))
other_edits = st.one_of(
    st.builds(lambda name: RenameTrack("track", name), st.text(max_size=8)),
    st.builds(lambda a, b, how: SetSpans("track", (Span(a, a + b, how),)), st.integers(0, 20), st.integers(0, 19), how),
    st.builds(lambda how: SetInterpolation("track", how), how),
    st.builds(lambda fs, on: SetReviewed("track", tuple(fs), on), st.sets(st.integers(0, 9)), st.booleans()),
    st.builds(lambda events: SetEvents("track", tuple(events)), st.lists(events, max_size=3)),
    st.builds(
        lambda color, hidden: SetTrackLook("track", color, False, hidden),
        st.sampled_from([None, "#ff0000"]),
        st.booleans(),
    ),
    st.builds(lambda doubts, on: DismissDoubts("track", frozenset(doubts), on), st.sets(doubts), st.booleans()),
    st.builds(lambda stride: SetStride("track", stride), st.integers(1, 30)),
    st.builds(lambda name: RelinkClip("clip", Path(f"/videos/{name}.mp4")), st.sampled_from("abc")),
    st.builds(lambda run: UseRunEdit("track", RunKind.KEYPOINTS, run), st.sampled_from(["one", "three", None])),
)
edits = st.one_of(
    label_edits,
    other_edits,
    st.builds(lambda es: Several(tuple(es), "Several"), st.lists(label_edits, min_size=1, max_size=3)),
)


@settings(max_examples=20, deadline=None)
@given(series=st.lists(edits, max_size=8))
def test_a_series_of_edits_and_their_inverses_is_the_identity(
    tmp_path_factory: pytest.TempPathFactory, series: list[Edit]
) -> None:
    folder = tmp_path_factory.mktemp("projects") / "p.betascope"
    with Project.create(folder) as project:
        project.push(AddClip(make_clip(folder.parent / "climb.mp4")))
        project.push(AddTrack(Track("track", "clip", "Ana", "climbalong25")))
        for run_id in ("one", "three"):
            make_run(project, run_id)
        states = [contents(project)]
        for number, edit in enumerate(series):
            project.author = f"annotator {number}"
            project.push(edit)
            states.append(contents(project))
            assert_live_is_fresh(project)
    with Project.open(folder, access=Access.WRITE) as project:
        assert contents(project) == states[-1], "what was reopened is what was left"
        for state in states[-2::-1]:
            assert project.undo() is not None
            assert contents(project) == state
            assert_live_is_fresh(project)
        for state in states[1:]:
            assert project.redo() is not None
            assert contents(project) == state


def test_a_label_says_who_made_it_and_when(project: Project) -> None:
    project.author = "Ana"
    start = time.time()
    project.push(SetLabels("track", {(3, 4): Label((1.5, 2.5)), (3, 5): ABSENT}))
    project.author = "Bea"
    project.push(SetLabels("track", {(3, 4): Label((9, 9)), (4, 4): project.track("track").labels[3, 5]}))
    labels = project.track("track").labels
    assert labels[3, 4].author == "Bea" and labels[3, 5].author == "Ana"
    assert labels[4, 4].author == "Ana", "what was said keeps its author when it is copied"
    assert start <= (labels[3, 5].time_s or 0) <= (labels[3, 4].time_s or 0) <= time.time()
    project.undo()
    assert project.track("track").labels[3, 4].author == "Ana"


def test_nudges_that_follow_each_other_are_one_step_of_undo(project: Project) -> None:
    for x in range(5):
        project.push(SetLabels("track", {(3, 4): Label((x, 0))}, "Nudge"), merge_key="nudge")
    project.push(SetLabels("track", {(3, 5): Label((7, 7))}, "Nudge"), merge_key="nudge")
    project.push(RenameTrack("track", "Bea"), merge_key="name")
    project.push(SetLabels("track", {(3, 4): Label((9, 9))}, "Nudge"), merge_key="nudge")
    project.undo()
    project.undo()
    assert project.track("track").labels == {(3, 4): Label((4, 0)), (3, 5): Label((7, 7))}
    project.undo()
    assert not project.track("track").labels and project.undo_title() == "Add climber"
    project.redo()
    assert project.track("track").labels == {(3, 4): Label((4, 0)), (3, 5): Label((7, 7))}
    project.push(SetLabels("track", {(3, 4): Label((1, 1))}, "Nudge"), merge_key="nudge")
    project.undo()
    assert project.track("track").labels[3, 4] == Label((4, 0)), "what was undone once stays a step of its own"


def test_a_locked_climber_refuses_changes_until_it_is_unlocked(project: Project) -> None:
    project.push(SetLabels("track", {(3, 4): Label((1, 1))}))
    project.push(SetTrackLook("track", None, locked=True, hidden=False))
    before = contents(project)
    refused = (
        SetLabels("track", {(3, 4): Label((2, 2))}),
        SetStride("track", 9),
        SetSpans("track", (Span(0, 9),)),
        SetInterpolation("track", Interpolation.CUBIC),
        RenameTrack("track", "x"),
        RemoveTrack("track"),
        UseRunEdit("track", RunKind.KEYPOINTS, None),
    )
    for edit in refused:
        with pytest.raises(ProjectError, match=r"Ana is locked. Unlock"):
            project.push(edit)
        assert contents(project) == before
    project.push(SetReviewed("track", (3,)))
    assert project.track("track").reviewed == {3}, "looking through it goes on"
    project.undo()
    project.undo()
    project.push(RenameTrack("track", "x"))


def test_removing_a_climber_and_undoing_it_brings_every_label_back(project: Project) -> None:
    project.push(SetLabels("track", {(3, 4): Label((1.5, 2.5)), (8, 4): ABSENT}))
    project.push(SetSpans("track", (Span(0, 39, Interpolation.CUBIC),)))
    project.push(SetReviewed("track", (3, 4)))
    project.push(SetEvents("track", (Event(3, None, "crux"), Event(5, 9, "rest"))))
    project.push(DismissDoubts("track", frozenset({("jump", 3, 4)})))
    project.push(SetTrackLook("track", "#00ff00", locked=False, hidden=True))
    before = contents(project)
    project.push(RemoveTrack("track"))
    assert project.tracks == {}
    project.undo()
    assert contents(project) == before


def test_a_new_edit_forgets_what_was_undone(project: Project) -> None:
    project.push(RenameTrack("track", "Bea"))
    project.undo()
    project.push(RenameTrack("track", "Cid"))
    assert project.redo() is None
    assert project.track("track").name == "Cid"


def test_change_says_where_to_look(project: Project) -> None:
    project.push(SetLabels("track", {(12, 4): Label((1, 2))}, "Move left elbow"))
    assert project.undo_title() == "Move left elbow"
    change = project.undo()
    assert change is not None and change.frames == (12,) and change.track_id == "track"
    assert project.redo_title() == "Move left elbow"


def test_taking_a_new_run_keeps_the_labels_and_can_be_undone(project: Project) -> None:
    make_run(project, "old", x=100.0)
    make_run(project, "new", x=200.0)
    project.push(UseRunEdit("track", RunKind.KEYPOINTS, "old"))
    project.push(SetLabels("track", {(5, 0): Label((7, 8))}))
    project.push(UseRunEdit("track", RunKind.KEYPOINTS, "new"))
    resolved = project.resolved("track")
    assert resolved.xy[5, 0].tolist() == [7, 8] and resolved.source[5, 0] == Source.LABELLED
    assert resolved.xy[5, 1].tolist() == [200, 200] and resolved.source[5, 1] == Source.PREDICTED
    project.undo()
    assert project.resolved("track").xy[5, 1].tolist() == [100, 100]


def test_an_edit_that_fails_changes_nothing(project: Project) -> None:
    before = contents(project)
    bad = Several((SetLabels("track", {(1, 1): Label((1, 1))}), RenameTrack("nobody", "x")), "Two things")
    with pytest.raises(ProjectError, match="nobody"):
        project.push(bad)
    assert contents(project) == before
    assert project.undo_title() == "Add climber"


def test_full_disk_says_so_and_keeps_what_was_there(project: Project) -> None:
    pages = project._connection.execute("PRAGMA page_count").fetchone()[0]
    project._connection.execute(f"PRAGMA max_page_count = {pages}")
    before = contents(project)
    many = {(frame, joint): Label((frame, joint)) for frame in range(N_FRAMES) for joint in range(25)}
    with pytest.raises(ProjectError, match=r"full.*Free some space"):
        project.push(SetLabels("track", many))
    assert contents(project) == before


def test_second_writer_is_refused_and_a_reader_is_not(project: Project) -> None:
    with pytest.raises(ProjectBusyError, match="another window"):
        Project.open(project.folder, access=Access.WRITE)
    with Project.open(project.folder, access=Access.READ) as reader:
        assert contents(reader) == contents(project)
        with pytest.raises(ProjectError, match="reading only"):
            reader.push(RenameTrack("track", "x"))


WRITER = """
import sys
from pathlib import Path
from annotation.edits import SetLabels
from annotation.labels import Label
from annotation.project import Project
from annotation.store import Access
project = Project.open(Path(sys.argv[1]), access=Access.WRITE)
for n in range(10**6):
    project.push(SetLabels("track", {(n % 40, n % 25): Label((n, n))}))
    print(n, flush=True)
"""


def test_kill_9_loses_no_finished_edit_and_leaves_no_lock(project: Project) -> None:
    folder = project.folder
    project.close()
    process = subprocess.Popen([sys.executable, "-c", WRITER, str(folder)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    done = [int(process.stdout.readline()) for _ in range(60)][-1]
    os.kill(process.pid, signal.SIGKILL)
    done = max([done, *(int(line) for line in process.stdout.read().split("\n")[:-1])])
    process.stdout.close()
    process.wait()
    with Project.open(folder, access=Access.WRITE) as reopened:
        values = {label.xy[0] for label in reopened.track("track").labels.values() if label.xy}
        assert max(values) >= done
        assert reopened.undo() is not None


def test_what_killed_jobs_left_is_swept_away_and_runs_stay(project: Project) -> None:
    make_run(project, "good", x=1.0)
    (project.folder / "runs" / "bad.partial").mkdir()
    (project.folder / "jobs" / "old").mkdir(parents=True)
    project.close()
    with Project.open(project.folder, access=Access.READ):
        assert (project.folder / "jobs" / "old").is_dir(), "a reader changes nothing"
    with Project.open(project.folder, access=Access.WRITE) as reopened:
        assert [path.name for path in (project.folder / "runs").iterdir()] == ["good"]
        assert not list((project.folder / "jobs").iterdir())
        assert "good" in reopened.runs


def test_a_damaged_project_says_so_and_is_not_touched(project: Project) -> None:
    project.push(SetLabels("track", {(f, j): Label((f, j)) for f in range(N_FRAMES) for j in range(25)}))
    folder = project.folder
    project.close()
    database = folder / DATABASE
    data = bytearray(database.read_bytes())
    data[4096 * 2 : 4096 * 6] = os.urandom(4096 * 4)
    database.write_bytes(data)
    with pytest.raises(ProjectError, match=r"damaged.*Nothing was changed"):
        Project.open(folder, access=Access.WRITE)
    assert database.read_bytes() == data


def test_a_newer_project_says_so_and_is_not_touched(project: Project) -> None:
    folder = project.folder
    project.close()
    connection = sqlite3.connect(folder / DATABASE)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    data = (folder / DATABASE).read_bytes()
    with pytest.raises(ProjectError, match=r"newer Betascope.*Update"):
        Project.open(folder, access=Access.WRITE)
    assert (folder / DATABASE).read_bytes() == data


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda p: None, "There is no project"),
        (lambda p: p.mkdir(), "not a Betascope project"),
        (lambda p: (p.mkdir(), (p / DATABASE).write_bytes(b"")), "damaged"),
        (lambda p: (p.mkdir(), sqlite3.connect(p / DATABASE).execute("CREATE TABLE t (x)")), "another program"),
    ],
)
def test_what_is_no_project_is_named(tmp_path: Path, make, message: str) -> None:
    make(tmp_path / "x.betascope")
    with pytest.raises(ProjectError, match=message):
        Project.open(tmp_path / "x.betascope", access=Access.WRITE)


def test_creating_over_something_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.betascope").mkdir()
    (tmp_path / "x.betascope" / "holiday.jpg").write_bytes(b"1")
    with pytest.raises(ProjectError, match="exists and is no project"):
        Project.create(tmp_path / "x.betascope")


def test_project_and_video_can_move_together(project: Project, tmp_path: Path) -> None:
    project.close()
    moved = tmp_path / "elsewhere"
    moved.mkdir()
    project.folder.rename(moved / "climb.betascope")
    with Project.open(moved / "climb.betascope", access=Access.READ) as reopened:
        assert reopened.clip("clip").path == moved / "climb.mp4"
