"""The whole job from the command line, on a synthetic climb with known truth; and what each command refuses."""

import csv
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from pycocotools.coco import COCO

from annotation.climb_truth import load_truth
from annotation.edits import SetLabels
from annotation.labels import Label, Source
from annotation.project import Project
from annotation.store import Access
from annotation.video import VideoReader
from app import climbers, commands, settings
from app.cli import EXIT_FAILED, EXIT_OK, EXIT_USAGE, command_names, main


@pytest.fixture(autouse=True)
def own_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings.platformdirs, "user_config_path", lambda name: tmp_path / "config")
    monkeypatch.setattr(settings.platformdirs, "user_data_path", lambda name: tmp_path / "data")


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A short demo, gone through once for all tests; nobody writes into it."""
    out = tmp_path_factory.mktemp("demo") / "out"
    assert main(["demo", "--out", str(out), "--seconds", "2", "--headless", "--json"]) == EXIT_OK
    return out


def answer(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = EXIT_OK) -> dict[str, object]:
    capsys.readouterr()
    assert main([*arguments, "--json"]) == code
    return json.loads(capsys.readouterr().out)


def test_the_demo_finds_the_climber_and_fits_the_body(demo: Path) -> None:
    report = json.loads((demo / "report.json").read_text())
    truth = load_truth(demo / "truth.npz")
    assert report["frames"] == len(truth.xy) == report["detection"]["frames_with_person"]
    accuracy = report["accuracy"]["corrected"]
    assert accuracy["pck_0.2_torso"] > 0.9
    assert accuracy["pa_mpjpe_mm"] < 100, "the body is in the climber's pose"
    assert accuracy["pck_0.1_torso"] >= report["accuracy"]["detected"]["pck_0.1_torso"], "corrections do not harm"
    with VideoReader(demo / "review.mp4") as review:
        assert len(review) == report["frames"]


def test_its_labels_and_results_load_in_pycocotools(demo: Path) -> None:
    coco = COCO(demo / "coco.json")
    assert coco.loadRes(str(demo / "coco-results.json")).anns


def test_what_a_project_holds_is_told(demo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    info = answer(capsys, "info", str(demo / "climb.betascope"))
    track = info["clips"][0]["tracks"][0]  # type: ignore[index]
    assert track["labels"] > 0 and track["body_current"] is True
    assert main(["info", str(demo / "climb.betascope")]) == EXIT_OK
    assert "body: fitted" in capsys.readouterr().out


def test_labels_after_the_fit_make_the_body_old(demo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.copytree(demo, tmp_path / "copy")
    folder = tmp_path / "copy" / "climb.betascope"
    with Project.open(folder, access=Access.WRITE) as project:
        track = next(iter(project.tracks.values()))
        project.push(SetLabels(track.id, {(7, 5): Label((10, 10))}))
    info = answer(capsys, "info", str(folder))
    assert info["clips"][0]["tracks"][0]["body_current"] is False  # type: ignore[index]
    answer(capsys, "fit", str(folder))
    info = answer(capsys, "info", str(folder))
    assert info["clips"][0]["tracks"][0]["body_current"] is True  # type: ignore[index]


def test_a_second_demo_keeps_what_was_labelled_in_the_first(demo: Path, tmp_path: Path) -> None:
    from app.demo import _free_name

    assert _free_name(demo / "climb.betascope") == demo / "climb-2.betascope"


def test_the_demo_refuses_a_folder_with_files_of_that_name(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "climb.mp4").write_bytes(b"mine")
    error = answer(capsys, "demo", "--out", str(tmp_path), "--headless", code=EXIT_FAILED)
    assert "holds climb.mp4 already" in str(error["error"])
    assert (tmp_path / "climb.mp4").read_bytes() == b"mine"


def test_rendering_over_the_video_itself_is_refused(demo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = (demo / "climb.mp4").stat().st_size
    arguments = ("render", str(demo / "climb.betascope"), "--out", str(demo / "climb.mp4"))
    assert "video of this project itself" in str(answer(capsys, *arguments, code=EXIT_FAILED)["error"])
    assert (demo / "climb.mp4").stat().st_size == before


def test_results_of_every_frame_where_nothing_is_labelled(
    demo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "own.betascope"
    found = answer(capsys, "detect", str(demo / "climb.mp4"), "--project", str(folder))
    exported = answer(capsys, "export", "coco", str(folder), "--results", "--out", str(tmp_path / "r.json"))
    assert exported["results"] == found["frames_with_person"] == found["frames"]
    error = answer(capsys, "export", "coco", str(folder), "--out", str(tmp_path / "l.json"), code=EXIT_FAILED)
    assert "--results" in str(error["error"])
    with Project.open(folder, access=Access.READ) as project:
        source = project.resolved(next(iter(project.tracks))).source
    assert (source == Source.PREDICTED).any()


def test_relinking_takes_the_same_video_only(video: Path, predicted: Path, make_clip, capsys) -> None:
    moved = video.rename(video.with_name("moved.mp4"))
    other = make_clip(video.with_name("other.mp4"), n_frames=9)
    error = answer(capsys, "detect", str(other), "--project", str(predicted.with_name("o.betascope")), code=EXIT_FAILED)
    assert "no person" in str(error["error"])
    assert "not the video" in str(answer(capsys, "relink", str(predicted), str(other), code=EXIT_FAILED)["error"])
    answer(capsys, "relink", str(predicted), str(moved))
    info = answer(capsys, "info", str(predicted))
    assert info["clips"][0]["present"] is True  # type: ignore[index]


def test_a_moved_video_is_said_by_the_commands_that_need_it(video: Path, predicted: Path, capsys) -> None:
    video.unlink()
    with Project.open(predicted, access=Access.WRITE) as project, pytest.raises(Exception, match="relink"):
        climbers.detection(project, next(iter(project.clips)))


@pytest.mark.parametrize("arguments", [["export", "coco"], ["detect"], ["frob", "--x"]])
def test_wrong_usage(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    try:
        code = main(arguments)
    except SystemExit as stop:
        code = int(stop.code or 0)
    assert code in (EXIT_USAGE, EXIT_FAILED)
    assert capsys.readouterr().err


def test_every_command_has_help_and_does_something(capsys: pytest.CaptureFixture[str]) -> None:
    assert set(commands.COMMANDS) == set(command_names())
    for name in command_names():
        with pytest.raises(SystemExit):
            main([name, "--help"])
        assert len(capsys.readouterr().out) > 100


def test_the_body_that_is_fitted_can_be_chosen(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert answer(capsys, "body", "list")["bodies"][0]["used"] is True  # type: ignore[index]
    assert "no body 'nobody'" in str(answer(capsys, "body", "use", "nobody", code=EXIT_FAILED)["error"])
    wrong = tmp_path / "wrong.pkl"
    wrong.write_bytes(b"no pickle")
    assert "SMPL" in str(answer(capsys, "body", "add", str(wrong), code=EXIT_FAILED)["error"])


def test_the_body_is_scored_against_the_truth(demo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    truth, table = demo / "truth.npz", tmp_path / "body.csv"
    options = ("--truth", str(truth), "--csv", str(table))
    found = answer(capsys, "evaluate", "3d", str(demo / "climb.betascope"), *options)
    with (tmp_path / "body-frames.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == found["frames"]
    assert np.mean([float(row["MPJPE, mm"]) for row in rows]) == pytest.approx(float(str(found["mpjpe_mm"])), abs=0.01)
    assert np.mean([float(row["3DPCK@150mm"]) for row in rows]) == pytest.approx(found["pck_150mm"], abs=1e-3)
    assert len(table.read_text().splitlines()) == 17
    assert found["frames"] == len(load_truth(truth).xy)
    assert 5 < float(str(found["pa_mpjpe_mm"])) < 100
    assert float(str(found["mpjpe_mm"])) > float(str(found["pa_mpjpe_mm"]))
    assert len(found["joints"]) == 16  # type: ignore[arg-type]
    wrong = answer(
        capsys, "evaluate", "3d", str(demo / "climb.betascope"), "--truth", str(demo / "coco.json"), code=EXIT_FAILED
    )
    assert "no 3D truth" in str(wrong["error"])


def test_a_detected_climb_needs_a_fourth_of_the_edits_of_work_by_hand_or_less(
    demo: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    result = answer(capsys, "effort", str(demo / "climb.betascope"), "--truth", str(demo / "truth.npz"))
    rows = {row["way"]: row for row in result["rows"] if row["threshold"] == 0.1}  # type: ignore[attr-defined]
    assert rows["predictions corrected"]["fewer_than_manual"] >= 4
    assert rows["corrections carried"]["fewer_than_manual"] > rows["predictions corrected"]["fewer_than_manual"]
    assert rows["manual every 5"]["reached"]
