"""Scoring the predictions of a project from the command line, the unsmoothed ones beside."""

import csv
import json
from pathlib import Path

import pytest

from annotation.edits import UseRun
from annotation.labels import RunKind
from annotation.project import Project
from annotation.store import Access
from app import operations
from app.cli import EXIT_FAILED, EXIT_OK, EXIT_USAGE, main
from app.derived_runs import save_derived
from app.smoothing_jobs import unsmoothed
from tests.app.conftest import add_predictions
from tests.app.smoothed_project import lay_smoothed


def answer(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = EXIT_OK) -> dict[str, object]:
    capsys.readouterr()
    assert main([*arguments, "--json"]) == code
    return json.loads(capsys.readouterr().out)


def test_labels_are_held_against_the_smoothed_and_the_unsmoothed_predictions(
    predicted: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lay_smoothed(predicted, borders=(5,))
    table = tmp_path / "figures.csv"
    options = ("--against-labels", "--normaliser", "pixel", "--thresholds", "1,1.8", "--csv", str(table))
    found = answer(capsys, "evaluate", "2d", str(predicted), *options)
    smoothed, identity = found["candidates"]  # type: ignore[misc]
    assert (smoothed["key"], smoothed["name"]) == ("prediction", "DeciWatch")
    assert (identity["key"], identity["name"]) == ("identity", "no smoothing (made up)")
    assert smoothed["pck"] == {"1": 1.0, "1.8": 1.0} and identity["pck"] == {"1": 0.0, "1.8": 1.0}
    assert found["frames"] == found["confirmed_frames"] == 6
    with table.open(newline="") as file:
        assert len(list(csv.reader(file))) == 1 + 2 * 26
    with (tmp_path / "figures-frames.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["frame"] for row in rows if row["window_border"] == "1"] == ["5"]
    assert main(["evaluate", "2d", str(predicted), "--against-labels"]) == EXIT_OK
    told = capsys.readouterr().out
    assert "no smoothing (made up)" in told and "6 frames" in told


def test_a_coco_file_is_held_against_what_is_shown_too(predicted: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lay_smoothed(predicted)
    out = predicted.parent / "labels.json"
    answer(capsys, "export", "coco", str(predicted), "--out", str(out))
    found = answer(capsys, "evaluate", "2d", str(predicted), "--truth", str(out))
    by_key = {each["key"]: each for each in found["candidates"]}  # type: ignore[attr-defined]
    assert list(by_key) == ["prediction", "identity", "track"]
    assert by_key["track"]["distance"] == pytest.approx(0, abs=1e-3), "labels over the predictions are the truth itself"


def test_what_cannot_be_scored_is_said(predicted: Path, video: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "labelled yet" in str(
        answer(capsys, "evaluate", "2d", str(predicted), "--against-labels", code=EXIT_FAILED)["error"]
    )
    wrong = predicted.parent / "truth.trc"
    refused = answer(capsys, "evaluate", "2d", str(predicted), "--truth", str(wrong), code=EXIT_FAILED)
    assert "no 2D truth" in str(refused["error"])
    bare = predicted.parent / "bare.betascope"
    operations.open_for_video(video, folder=bare).close()
    refused = answer(capsys, "evaluate", "2d", str(bare), "--against-labels", code=EXIT_FAILED)
    assert "Detect the climber first" in str(refused["error"])
    for options in ([], ["--against-labels", "--truth", "x"], ["--against-labels", "--thresholds", "high"]):
        with pytest.raises(SystemExit) as refusal:
            main(["evaluate", "2d", str(predicted), *options])
        assert refusal.value.code == EXIT_USAGE


def test_a_run_made_from_a_smoothed_one_still_knows_what_lies_beneath(predicted: Path) -> None:
    lay_smoothed(predicted)
    with Project.open(predicted, access=Access.WRITE) as project:
        track = next(iter(project.tracks.values()))
        keypoints = project.keypoints(track.id)
        assert keypoints is not None
        repaired = save_derived(project, track.clip_id, keypoints=keypoints, parents=["smooth"], how={"swaps": []})
        project.push(UseRun(track.id, RunKind.KEYPOINTS, repaired))
        assert unsmoothed(project, track) == "first"
        project.push(UseRun(track.id, RunKind.KEYPOINTS, "first"))
        assert unsmoothed(project, track) is None
        add_predictions(project, run_id="again")
        assert unsmoothed(project, track) is None
