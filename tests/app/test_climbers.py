"""Several climbers in one clip, without a window."""

import json
from pathlib import Path

import numpy as np
import pytest

from annotation.errors import ProjectError
from annotation.exporting import export_items
from annotation.project import Project
from annotation.runs import save_keypoints
from annotation.store import Access
from app import climbers, operations
from app.cli import EXIT_FAILED, EXIT_OK, main
from app.job_preparation import PersonBox, take_result
from inference.jobs import Finished, read_job
from tests.app.conftest import add_predictions


def test_a_box_of_another_climber_brings_one_with_the_result(predicted: Path) -> None:
    with Project.open(predicted, access=Access.WRITE) as project:
        clip_id = next(iter(project.clips))
        job, name = climbers.detection(project, clip_id, box=PersonBox(7, 10, 20, 30, 40))
        assert name == "Climber 2" and len(project.tracks) == 1, "nobody comes before they are found"
        asked = read_job(job.folder).parameters
        assert asked["box"] == [10, 20, 30, 40] and asked["frame"] == 7
        job.output.mkdir()
        save_keypoints(job.output, project.keypoints(next(iter(project.tracks))))
        edit = take_result(project, job, Finished(job.output, {"model": "made up"}))
        assert edit is not None
        project.push(edit)
        assert [track.name for track in project.tracks_of(clip_id)] == ["Climber 1", "Climber 2"]
        assert np.isfinite(project.resolved(job.track_id).xy).all()
        project.undo()
        assert [track.name for track in project.tracks_of(clip_id)] == ["Climber 1"], "one step"
        project.redo()
        assert np.isfinite(project.resolved(job.track_id).xy).all()


def test_the_first_box_is_for_the_climber_that_is_there_already(video: Path) -> None:
    with operations.open_for_video(video) as project:
        clip_id = next(iter(project.clips))
        job, name = climbers.detection(project, clip_id, box=PersonBox(0, 10, 20, 30, 40))
        assert name == "Climber 1" and job.new_track is None
        add_predictions(project)
        assert climbers.detection(project, clip_id, name="Climber 1", box=PersonBox(0, 1, 1, 9, 9))[1] == "Climber 1"
        job, name = climbers.detection(project, clip_id, name="Ana", box=PersonBox(0, 1, 1, 9, 9))
        assert name == "Ana" and job.new_track is not None
        with pytest.raises(ProjectError, match=r"no climber 'Bo' in this video \('Climber 1'\).*--box"):
            climbers.detection(project, clip_id, name="Bo")


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["--box", "10,10,30,30", "--frame", "60"], "no frame 60: it has 60"),
        (["--box", "200,10,30,30"], "outside of the picture, which is 200 x 120"),
        (["--box", "10,10,30,0"], "outside of the picture"),
        (["--box", "10,10,60,60"], "no person in the box at frame 0"),
    ],
)
def test_a_wrong_box_is_said(
    arguments: list[str], reason: str, video: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["detect", str(video), *arguments, "--json"]) == EXIT_FAILED
    assert reason in json.loads(capsys.readouterr().out)["error"]


@pytest.mark.slow
def test_finding_a_climber_by_box_from_the_command_line(
    shared_dir: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    video = shared_dir / "data" / "video" / "jump-vp9.mp4"
    folder = tmp_path / "jump.betascope"
    arguments = ["--box", "1130,510,210,460", "--frame", "80", "--track", "Walker"]
    assert main(["detect", str(video), "--project", str(folder), "--json", *arguments]) == EXIT_OK
    assert json.loads(capsys.readouterr().out)["track"] == "Walker"
    with Project.open(folder, access=Access.READ) as project:
        points = export_items(project, list(project.tracks.values()))[1].resolved.xy[80]
    assert (points[:, 0] > 1100).all() and (points[:, 0] < 1400).all() and (points[:, 1] > 480).all()
