"""A project of the first form of the database opens, with everything in it, and undo goes on."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from annotation.edits import RenameTrack
from annotation.labels import ABSENT, Interpolation, Label, Span, Visibility
from annotation.project import Project
from annotation.store import DATABASE, Access

OLD_SCHEMA = """
CREATE TABLE clips (
    id TEXT PRIMARY KEY, present INTEGER NOT NULL, path TEXT NOT NULL, n_bytes INTEGER NOT NULL, digest TEXT NOT NULL,
    pts BLOB NOT NULL, keyframe_pts BLOB NOT NULL, time_base_num INTEGER NOT NULL, time_base_den INTEGER NOT NULL,
    width INTEGER NOT NULL, height INTEGER NOT NULL, rotation INTEGER NOT NULL, codec TEXT NOT NULL
);
CREATE TABLE tracks (
    id TEXT PRIMARY KEY, clip_id TEXT NOT NULL REFERENCES clips (id), name TEXT NOT NULL, skeleton TEXT NOT NULL,
    stride INTEGER NOT NULL
);
CREATE TABLE labels (
    track_id TEXT NOT NULL REFERENCES tracks (id), frame INTEGER NOT NULL, joint INTEGER NOT NULL, x REAL, y REAL,
    visibility INTEGER NOT NULL, PRIMARY KEY (track_id, frame, joint)
) WITHOUT ROWID;
CREATE TABLE spans (
    track_id TEXT NOT NULL REFERENCES tracks (id), start INTEGER NOT NULL, "end" INTEGER NOT NULL
);
CREATE TABLE runs (
    id TEXT PRIMARY KEY, clip_id TEXT NOT NULL, kind TEXT NOT NULL, task TEXT NOT NULL, model TEXT NOT NULL,
    created TEXT NOT NULL, skeleton TEXT NOT NULL
);
CREATE TABLE active_runs (
    track_id TEXT NOT NULL REFERENCES tracks (id), kind TEXT NOT NULL, run_id TEXT NOT NULL REFERENCES runs (id),
    PRIMARY KEY (track_id, kind)
);
CREATE TABLE history (
    id INTEGER PRIMARY KEY, edit TEXT NOT NULL, inverse TEXT NOT NULL, undone INTEGER NOT NULL DEFAULT 0,
    created TEXT NOT NULL
);
PRAGMA application_id = 0x42455441;
PRAGMA user_version = 1;
"""


@pytest.fixture
def old_project(tmp_path: Path) -> Path:
    """A climber with three labels and a span; the last step of the history set one of them and the span."""
    folder = tmp_path / "old.betascope"
    folder.mkdir()
    connection = sqlite3.connect(folder / DATABASE)
    connection.executescript(OLD_SCHEMA)
    pts = (np.arange(40) * 512).astype("<i8").tobytes()
    clip = ("clip", 1, "climb.mp4", 10, "abc", pts, b"\0" * 8, 1, 12800, 1080, 1440, 0, "h264")
    connection.execute(f"INSERT INTO clips VALUES ({', '.join('?' * 13)})", clip)
    connection.execute("INSERT INTO tracks VALUES ('ana', 'clip', 'Ana', 'climbalong25', 7)")
    labels = [("ana", 3, 4, 1.5, 2.5, 2), ("ana", 3, 5, 8.25, 9.0, 1), ("ana", 8, 4, None, None, 0)]
    connection.executemany("INSERT INTO labels VALUES (?, ?, ?, ?, ?, ?)", labels)
    connection.execute("INSERT INTO spans VALUES ('ana', 3, 20)")
    set_label = {"edit": "SetLabels", "title": "Move left hip", "track": "ana", "labels": [[3, 5, [8.25, 9.0, 1]]]}
    set_span = {"edit": "SetSpans", "title": "Interpolate", "track": "ana", "spans": [[3, 20]]}
    edit = {"edit": "Several", "title": "Move left hip", "edits": [set_label, set_span]}
    unset = {"edit": "SetLabels", "title": "Move left hip", "track": "ana", "labels": [[3, 5, None]]}
    inverse = {"edit": "Several", "title": "Move left hip", "edits": [set_span | {"spans": []}, unset]}
    history = (1, json.dumps(edit), json.dumps(inverse), 0, "2026-01-01T00:00:00+00:00")
    connection.execute("INSERT INTO history VALUES (?, ?, ?, ?, ?)", history)
    connection.commit()
    connection.close()
    return folder


def assert_whole(project: Project) -> None:
    track = project.track("ana")
    assert dict(track.labels) == {
        (3, 4): Label((1.5, 2.5)),
        (3, 5): Label((8.25, 9.0), Visibility.OCCLUDED),
        (8, 4): ABSENT,
    }
    assert track.spans == (Span(3, 20, Interpolation.LINEAR),)
    assert (track.name, track.stride, track.interpolation) == ("Ana", 7, Interpolation.LINEAR)
    assert (track.reviewed, track.events, track.color, track.locked) == (set(), (), None, False)


def test_an_old_project_opens_with_everything_and_undo_goes_on(old_project: Path) -> None:
    with Project.open(old_project, access=Access.WRITE) as project:
        assert_whole(project)
        assert project.undo_title() == "Move left hip"
    with Project.open(old_project, access=Access.WRITE) as project:
        assert_whole(project)
        project.undo()
        assert set(project.track("ana").labels) == {(3, 4), (8, 4)} and project.track("ana").spans == ()
        project.redo()
        assert_whole(project)


def test_whoever_only_looks_at_an_old_project_does_not_change_it(old_project: Path) -> None:
    before = (old_project / DATABASE).read_bytes()
    with Project.open(old_project, access=Access.READ) as project:
        assert_whole(project)
    assert (old_project / DATABASE).read_bytes() == before


def test_a_migration_that_fails_leaves_the_old_project(old_project: Path) -> None:
    connection = sqlite3.connect(old_project / DATABASE)
    connection.execute("UPDATE tracks SET skeleton = 'nobody'")
    connection.commit()
    connection.close()
    before = (old_project / DATABASE).read_bytes()
    with pytest.raises(Exception, match="nobody"):
        Project.open(old_project, access=Access.WRITE)
    assert (old_project / DATABASE).read_bytes() == before


def make_third(database: Path) -> None:
    """Bring a database back to the third form, which knew nothing of lenses."""
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("ALTER TABLE clips DROP COLUMN film_mm")
        connection.execute("PRAGMA user_version = 3")
        connection.commit()


@pytest.fixture
def third(old_project: Path) -> Path:
    """A project of the third form with a version of that form, saved before the climber got another name."""
    with Project.open(old_project, access=Access.WRITE) as project:
        project.save_version("As it was")
        project.push(RenameTrack("ana", "Berta"))
    for database in (old_project / DATABASE, *old_project.glob("versions/*.db")):
        make_third(database)
    return old_project


def test_a_project_that_knew_nothing_of_lenses_opens_to_look_and_stays_as_it_was(third: Path) -> None:
    before = (third / DATABASE).read_bytes()
    with Project.open(third, access=Access.READ) as project:
        assert project.track("ana").name == "Berta"
        assert [clip.film_mm for clip in project.clips.values()] == [None]
    assert (third / DATABASE).read_bytes() == before


def test_a_project_that_knew_nothing_of_lenses_keeps_what_is_found_and_goes_back_to_its_versions(third: Path) -> None:
    with Project.open(third, access=Access.WRITE) as project:
        (clip_id,) = project.clips
        project.note_film(clip_id, 26.0)
        (version,) = project.versions()
        project.restore_version(version.id)
        assert_whole(project)
    with Project.open(third, access=Access.WRITE) as project:
        assert project.clip(clip_id).film_mm == 26.0, "a version knows nothing else of it"
