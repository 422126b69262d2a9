"""Doubts, keyframes and effort from the command line, on a climb whose truth and errors are known."""

import json
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from annotation.climb_truth import ClimbTruth, save_truth
from annotation.edits import SetLabels
from annotation.labels import Label
from annotation.poses import Camera, Plane
from annotation.project import Project
from annotation.skeletons import load_skeleton
from annotation.store import Access
from annotation.track_edits import DismissDoubts
from app import operations
from app.cli import EXIT_FAILED, EXIT_OK, main
from tests.app.conftest import add_detection

SKELETON = load_skeleton("climbalong25")
N_FRAMES = 60
WRIST = SKELETON.index("left_wrist")


def climber() -> NDArray[np.float32]:
    """Somebody small enough for the coded clip, who moves to the right (T, 25, 2)."""
    rng = np.random.default_rng(5)
    pose = rng.uniform((40, 20), (90, 100), (25, 2))
    for joint, place in {"shoulder": (60, 40), "hip": (62, 70)}.items():
        for side, shift in (("left", -8), ("right", 8)):
            pose[SKELETON.index(f"{side}_{joint}")] = place[0] + shift, place[1]
    walk = np.arange(N_FRAMES)[:, None, None] * np.array([1.0, 0])
    return (pose + walk).astype(np.float32)


@pytest.fixture
def folder(coded_clip: Path, tmp_path: Path) -> Path:
    """A project whose detection has a jump of the left wrist in frames 30 to 39, and the truth beside it."""
    truth, predicted = climber(), climber()
    predicted[30:40, WRIST, 1] += 20
    video = Path(shutil.copy(coded_clip, tmp_path / "climb.mp4"))
    nothing = np.zeros((N_FRAMES, 24, 3), np.float32)
    save_truth(
        tmp_path / "truth.npz",
        ClimbTruth(
            xy=truth,
            visible=np.ones((N_FRAMES, 25), bool),
            keypoints3d=np.zeros((N_FRAMES, 25, 3), np.float32),
            joints3d=nothing,
            betas=np.zeros(10, np.float32),
            pose=nothing,
            transl=nothing[:, 0],
            contacts=np.zeros((N_FRAMES, 4), bool),
            camera=Camera.guess((200, 120)),
            walls=(Plane((0.0, 0.0, -1.0), -4.0),),
            fps=25.0,
        ),
    )
    with operations.open_for_video(video) as project:
        add_detection(project, predicted)
        return project.folder


def answer(capsys: pytest.CaptureFixture[str], *arguments: object, code: int = EXIT_OK) -> dict[str, object]:
    assert main([*map(str, arguments), "--json"]) == code
    result: dict[str, object] = json.loads(capsys.readouterr().out)
    return result


def test_the_jump_is_listed_and_gone_when_dismissed(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (doubt,) = [row for row in answer(capsys, "doubts", folder)["doubts"] if row["kind"] == "jump"]
    assert (doubt["start"], doubt["end"], doubt["joints"], doubt["dismissed"]) == (30, 40, [WRIST], False)
    assert doubt["text"] == "left wrist jumps 20 px"
    assert answer(capsys, "doubts", folder, "--kind", "outside")["doubts"] == []
    with Project.open(folder, access=Access.WRITE) as project:
        track = next(iter(project.tracks.values()))
        project.push(DismissDoubts(track.id, frozenset({(doubt["kind"], doubt["frame"], WRIST)})))
    assert "jump" not in [row["kind"] for row in answer(capsys, "doubts", folder)["doubts"]]
    kept = [row for row in answer(capsys, "doubts", folder, "--dismissed")["doubts"] if row["kind"] == "jump"]
    assert [row["dismissed"] for row in kept] == [True]
    assert main(["doubts", str(folder), "--kind", "jump"]) == EXIT_OK
    assert "nothing is doubtful" in capsys.readouterr().out


def test_labels_are_held_against_a_run_that_came_later_only(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with Project.open(folder, access=Access.WRITE) as project:
        track = next(iter(project.tracks.values()))
        project.push(SetLabels(track.id, {(10, WRIST): Label((150.0, 100.0))}))
    assert "new run" not in {row["kind"] for row in answer(capsys, "doubts", folder)["doubts"]}
    with Project.open(folder, access=Access.WRITE) as project:
        add_detection(project, climber(), run_id="second", created=datetime.now(UTC) + timedelta(minutes=1))
    (doubt,) = [row for row in answer(capsys, "doubts", folder)["doubts"] if row["kind"] == "new run"]
    assert (doubt["start"], doubt["end"], doubt["joints"]) == (10, 10, [WRIST])


def test_keyframes_for_some_tolerances(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    result = answer(capsys, "keyframes", folder)
    counts = [row["keyframes"] for row in result["curve"]]
    assert counts == sorted(counts, reverse=True)
    assert {0, N_FRAMES - 1} <= set(result["suggested"])
    assert any(28 <= frame <= 41 for frame in result["suggested"]), "where the wrist goes away and comes back"
    assert not any(5 <= frame <= 25 for frame in result["suggested"]), "a straight way needs none"


def test_effort_counts_the_edits_of_every_way(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    result = answer(capsys, "effort", folder.with_suffix(".mp4"), "--truth", folder.parent / "truth.npz")
    rows = {(row["way"], row["threshold"]): row for row in result["rows"]}
    assert result["frames"] == N_FRAMES
    for threshold in (0.05, 0.1):
        assert rows["manual every 5", threshold]["edits"] > 300
        assert all(row["reached"] and row["pck"] >= 0.99 for row in rows.values())
        assert rows["corrections carried", threshold]["edits"] == 0, "10 of 1500 points are wrong: 99 % are right"
    assert main(["effort", str(folder), "--truth", str(folder.parent / "truth.npz")]) == EXIT_OK
    assert "fewer than manual" in capsys.readouterr().out


def test_effort_says_what_is_missing(folder: Path, coded_clip: Path, tmp_path: Path, capsys) -> None:
    truth = folder.parent / "truth.npz"
    assert "which clip" in answer(capsys, "effort", "--truth", truth, code=EXIT_FAILED)["error"]
    bare = Path(shutil.copy(coded_clip, tmp_path / "bare.mp4"))
    operations.open_for_video(bare).close()
    for command in (["effort", bare, "--truth", truth], ["keyframes", bare.with_suffix(".betascope")]):
        assert "betascope detect" in answer(capsys, *command, code=EXIT_FAILED)["error"]
