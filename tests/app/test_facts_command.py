"""``betascope facts``: what is known of a climb, stated without a window."""

import json
from pathlib import Path

import numpy as np
import pytest

from annotation.poses import Camera
from annotation.project import Access, Project
from app import operations
from app.cli import EXIT_FAILED, EXIT_OK, main
from tests.app.test_facts_window import rectangle


@pytest.fixture
def project(video: Path) -> Path:
    with operations.open_for_video(video) as opened:
        return opened.folder


def answer(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = EXIT_OK) -> dict:
    capsys.readouterr()
    assert main(["facts", *arguments, "--json"]) == code
    return json.loads(capsys.readouterr().out)


def test_sizes_are_kept_and_can_be_undone(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    answer(capsys, str(project), "--height", "172", "--arm-span", "178")
    found = answer(capsys, str(project), "--mass", "61")
    assert (found["height_m"], found["span_m"], found["mass_kg"]) == (1.72, 1.78, 61)
    assert answer(capsys, str(project)) == found
    with Project.open(project, access=Access.WRITE) as opened:
        opened.undo()
    assert answer(capsys, str(project))["mass_kg"] is None


@pytest.mark.parametrize("size", [("--wall-size", "2x1"), ("--size", "2x1.0"), ("--wall-size", "2", "1")])
def test_the_wall_comes_from_four_points_of_a_known_rectangle(
    project: Path, capsys: pytest.CaptureFixture[str], size: tuple[str, ...]
) -> None:
    corners = rectangle(Camera.guess((200, 120)), angle_deg=30.0, distance_m=4.0)
    points = [f"{x:.4f},{y:.4f}" for x, y in corners]
    found = answer(capsys, str(project), *size, "--wall-corners", *points)
    assert found["overhang_deg"] == pytest.approx(30, abs=0.1)
    assert abs(found["walls"][0][3]) == pytest.approx(4 * np.cos(np.radians(30)), abs=0.01)
    assert answer(capsys, str(project), "--find-wall")["walls"] == []


@pytest.mark.parametrize(
    ("wish", "reason"),
    [
        (("--height", "30"), "30 cm"),
        (("--wall-corners", "0,0", "9,0", "9,9", "0,9"), "--wall-size"),
        (("--wall-size", "9", "1", "--wall-corners", "0,0", "9,0", "0,9", "9,9"), "corners of a rectangle"),
    ],
)
def test_what_cannot_be_is_said(
    project: Path, capsys: pytest.CaptureFixture[str], wish: tuple[str, ...], reason: str
) -> None:
    assert reason in answer(capsys, str(project), *wish, code=EXIT_FAILED)["error"]


def test_what_is_no_point_is_said_in_words(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["facts", str(project), "--wall-corners", "1,2", "3,4", "5,6", "a"])
    assert "'a' is not a point such as 120,40" in capsys.readouterr().err


def test_facts_that_are_not_there_are_not_called_unreadable(
    project: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["fit", str(project), "--facts", str(tmp_path / "gone.json")]) == EXIT_FAILED
    assert "There is no file" in capsys.readouterr().err


CORNERS = ("50,50", "150,50", "150,110", "50,110")


def test_a_wall_has_several_planes_by_name(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    answer(capsys, str(project), "--wall", "Below", "--corners", *CORNERS, "--size", "2x1.2")
    above = ("--meets", "50,50", "150,50", "100,10", "--bend", "35")
    found = answer(capsys, str(project), "--wall", "Roof", *above)
    assert [plane["name"] for plane in found["planes"]] == ["Below", "Roof"]
    assert [plane["overhang_deg"] for plane in found["planes"]] == pytest.approx([0, 35], abs=0.1)
    assert found["planes"][0]["size_m"] == [2.0, 1.2]
    assert answer(capsys, str(project), "--rename-wall", "Roof", "Bulge")["planes"][1]["name"] == "Bulge"
    assert main(["facts", str(project)]) == EXIT_OK
    assert "Bulge: overhangs 35 degrees, hangs on Below, bent by 35 degrees" in capsys.readouterr().out
    assert len(answer(capsys, str(project), "--remove-wall", "Below")["planes"]) == 1
    with Project.open(project, access=Access.WRITE) as opened:
        opened.undo()
    assert len(answer(capsys, str(project))["planes"]) == 2


@pytest.mark.parametrize(
    ("wish", "reason"),
    [
        (("--wall", "Below", "--corners", *CORNERS), "--wall-size"),
        (("--wall", "Below"), "--corners with --wall-size"),
        (("--wall", "Roof", "--meets", "0,50", "99,50", "50,9", "--bend", "30"), "click the corners of the first one"),
        (("--remove-wall", "Roof"), "no plane Roof"),
        (("--suggested-walls",), "suggests no planes"),
    ],
)
def test_what_no_plane_can_be_is_said(
    project: Path, capsys: pytest.CaptureFixture[str], wish: tuple[str, ...], reason: str
) -> None:
    assert reason in answer(capsys, str(project), *wish, code=EXIT_FAILED)["error"]


def test_a_plane_bent_too_far_is_not_taken(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    answer(capsys, str(project), "--wall", "Below", "--corners", *CORNERS, "--size", "2x1.2")
    wish = ("--wall", "Roof", "--meets", "50,50", "150,50", "100,10", "--bend", "140")
    refused = answer(capsys, str(project), *wish, code=EXIT_FAILED)["error"]
    assert "Bent by 140 degrees there, Roof would face away from the camera" in refused
    assert [plane["name"] for plane in answer(capsys, str(project))["planes"]] == ["Below"]


def test_a_wall_is_told_as_climbers_do(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["facts", str(project)]) == EXIT_OK
    assert "Wall: found from hands and feet at each fit" in capsys.readouterr().out
    for angle, words in (("-5", "a slab of 5 degrees"), ("0", "vertical"), ("20", "overhangs 20 degrees")):
        assert main(["facts", str(project), "--wall-angle", angle]) == EXIT_OK
        assert f"Wall: {words}" in capsys.readouterr().out
