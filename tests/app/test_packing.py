"""A project packed and unpacked is the same; what is no packed project is refused and leaves nothing."""

import shutil
import sqlite3
import stat
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from annotation.edits import SetLabels
from annotation.errors import ProjectError
from annotation.labels import ABSENT, Label, Visibility
from annotation.packing import pack, unpack
from annotation.project import Project
from annotation.store import Access
from app import operations
from app.cli import main
from tests.app.conftest import add_predictions


@pytest.fixture
def project(video: Path) -> Path:
    """A project with predictions, labels, a version and a history; left with its log not yet written back."""
    with operations.open_for_video(video) as project:
        add_predictions(project)
        track = next(iter(project.tracks.values()))
        project.push(SetLabels(track.id, {(3, 4): Label((1.5, 2.5), Visibility.OCCLUDED), (3, 5): ABSENT}))
        project.save_version("first")
        project.push(SetLabels(track.id, {(7, 4): Label((9, 9))}))
        return project.folder


def test_round_trip_is_identical_also_while_it_is_edited(project: Path, video: Path, tmp_path: Path) -> None:
    archive, back = tmp_path / "climb.betascope.zip", tmp_path / "far" / "back.betascope"
    back.parent.mkdir()
    with Project.open(project, access=Access.WRITE) as open_one:
        track = next(iter(open_one.tracks.values()))
        open_one.push(SetLabels(track.id, {(9, 9): Label((4, 4))}))  # still in the log
        assert main(["pack", str(project), "--out", str(archive)]) == 0
        assert main(["unpack", str(archive), "--out", str(back)]) == 0
        with Project.open(back, access=Access.READ) as other:
            twin = other.track(track.id)
            assert dict(twin.labels) == dict(track.labels) and (9, 9) in twin.labels
            assert twin.active_runs == track.active_runs
            np.testing.assert_array_equal(other.keypoints(track.id).xy, open_one.keypoints(track.id).xy)
            assert [step.title for step in other.history()] == [step.title for step in open_one.history()]
            assert [version.name for version in other.versions()] == ["first"]
            assert not video.name.startswith(tuple(path.name for path in back.rglob("*")))
    moved = Path(shutil.move(video, tmp_path / "far" / "moved.mp4"))
    assert main(["relink", str(back), str(moved)]) == 0
    with Project.open(back, access=Access.WRITE) as other:
        assert next(iter(other.clips.values())).path == moved
        assert len(other.track(track.id).labels) == 4
        assert other.undo() is not None and other.undo() is not None, "the steps can still be taken back"
        assert len(other.track(track.id).labels) == 3


def _add(name: str, data: bytes = b"x", *, mode: int = 0) -> Callable[[zipfile.ZipFile], None]:
    def add(archive: zipfile.ZipFile) -> None:
        entry = zipfile.ZipInfo(name)
        entry.external_attr = mode << 16
        entry.compress_type = zipfile.ZIP_DEFLATED
        archive.writestr(entry, data)

    return add


ATTACKS = {
    "up": _add("runs/../../evil.txt"),
    "absolute": _add("/tmp/evil.txt"),
    "drive": _add("C:\\evil.txt"),
    "backslash": _add("runs\\..\\evil"),
    "link": _add("runs/first/link", b"/etc/passwd", mode=stat.S_IFLNK | 0o777),
    "device": _add("runs/first/null", mode=stat.S_IFCHR | 0o666),
    "twice": _add("Project.db".lower()),
    "other file": _add("autorun.exe"),
    "bomb": _add("runs/first/zeros.npz", bytes(100 << 20)),
}


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("attack", ATTACKS)
def test_archives_that_are_more_than_a_project_are_refused(attack: str, project: Path, tmp_path: Path) -> None:
    archive = tmp_path / "evil.zip"
    pack(project, archive)
    with zipfile.ZipFile(archive, "a") as content:
        ATTACKS[attack](content)
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(ProjectError, match="no packed project"):
        unpack(archive, tmp_path / "out" if attack != "up" else tmp_path / "out.betascope")
    assert sorted(tmp_path.rglob("*")) == before, "nothing is left"


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TRIGGER t AFTER DELETE ON labels BEGIN DELETE FROM tracks; END",
        "CREATE VIEW v AS SELECT * FROM labels",
        "UPDATE runs SET id = '../../elsewhere'",
        "DROP TABLE tracks",
        "PRAGMA application_id = 7",
    ],
)
def test_databases_that_are_no_projects_are_refused(statement: str, project: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(project, tmp_path / "copy"))
    connection = sqlite3.connect(copy / "project.db")
    connection.executescript("PRAGMA foreign_keys = OFF;" + statement)
    connection.execute("PRAGMA journal_mode = DELETE")
    connection.close()
    archive = tmp_path / "evil.zip"
    with zipfile.ZipFile(archive, "w") as content:
        content.write(copy / "project.db", "project.db")
    with pytest.raises(ProjectError, match="no packed project"):
        unpack(archive, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_what_is_no_archive_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "photo.zip").write_bytes(b"not a zip")
    assert main(["unpack", str(tmp_path / "photo.zip"), "--out", str(tmp_path / "out")]) == 1
    assert "no packed project" in capsys.readouterr().err
    assert main(["unpack", str(tmp_path / "missing.zip"), "--out", str(tmp_path / "out")]) == 1
    assert "There is no file" in capsys.readouterr().err


def test_an_archive_cut_short_is_refused(project: Path, tmp_path: Path) -> None:
    archive = tmp_path / "climb.zip"
    pack(project, archive)
    archive.write_bytes(archive.read_bytes()[:-2000])
    with pytest.raises(ProjectError, match="no packed project"):
        unpack(archive, tmp_path / "out")


def test_nothing_is_unpacked_over(project: Path, tmp_path: Path) -> None:
    archive = tmp_path / "climb.zip"
    pack(project, archive)
    with pytest.raises(ProjectError, match="there already"):
        unpack(archive, project)


def test_packing_takes_no_other_file_s_place(
    predicted: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "labels.json").write_text("months of work")
    assert main(["pack", str(predicted), "--out", str(tmp_path / "labels.json")]) == 1
    assert f"Choose {predicted.name}.zip" in capsys.readouterr().err
    assert (tmp_path / "labels.json").read_text() == "months of work"
