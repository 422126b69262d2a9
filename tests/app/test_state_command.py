"""``betascope state``: depths of joints, and where hands and feet hold, stated without a window."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from annotation.known_facts import Contact, DepthStatement, Limb, Order
from annotation.project import Access, Project
from app.cli import EXIT_FAILED, EXIT_OK, EXIT_USAGE, main

Answer = Callable[..., dict]


@pytest.fixture
def state(predicted: Path, capsys: pytest.CaptureFixture[str]) -> Answer:
    def answer(*arguments: str, code: int = EXIT_OK) -> dict:
        capsys.readouterr()
        assert main(["state", str(predicted), *arguments, "--json"]) == code
        return json.loads(capsys.readouterr().out)

    return answer


def facts(project: Path):
    with Project.open(project, access=Access.READ) as opened:
        return next(iter(opened.tracks.values())).facts


def test_depths_are_stated_corrected_listed_and_forgotten(state: Answer, predicted: Path) -> None:
    state("depth", "--frame", "7", "--joint", "left_wrist", "nearer")
    state("depth", "--frame", "7", "--joint", "left wrist", "-0.25")
    state("depth", "--frame", "3", "--joint", "right_knee", "farther")
    said = (DepthStatement(3, "right_knee", Order.FARTHER), DepthStatement(7, "left_wrist", -0.25))
    assert facts(predicted).depths == said
    listed = state()["depths"]
    assert [(row["frame"], row["joint"], row["depth"]) for row in listed] == [
        (3, "right_knee", "farther"),
        (7, "left_wrist", -0.25),
    ]
    assert listed[1]["text"].startswith("left wrist 25 cm nearer than left elbow")
    assert not state("depth", "--frame", "3", "--joint", "right_knee", "farther")["changed"]
    assert state("depth", "--frame", "3", "--joint", "right_knee", "forget")["changed"]
    assert facts(predicted).depths == said[1:]
    with Project.open(predicted, access=Access.WRITE) as opened:
        opened.undo()
    assert facts(predicted).depths == said


def test_contacts_are_stated_cut_and_listed(state: Answer, predicted: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert state()["contacts"] is None, "they are found until one is stated"
    state("contact", "--limb", "left_hand", "--from", "2", "--to", "8")
    assert not state("contact", "--limb", "left_hand", "--from", "3", "--to", "5")["changed"]
    found = state("contact", "--limb", "left_hand", "--from", "4", "--to", "4", "--remove")
    assert facts(predicted).contacts == (Contact(Limb.LEFT_HAND, 2, 3), Contact(Limb.LEFT_HAND, 5, 8))
    assert found["contacts"] == state()["contacts"]
    assert not state("contact", "--limb", "left_foot", "--from", "0", "--to", "9", "--remove")["changed"]
    assert main(["state", str(predicted)]) == EXIT_OK
    assert "left hand: frames 5 to 8" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("wish", "reason"),
    [
        (("depth", "--frame", "7", "--joint", "left_ear", "nearer"), "left_wrist"),
        (("depth", "--frame", "7000", "--joint", "left_wrist", "nearer"), "no frame 7000"),
        (("depth", "--frame", "7", "--joint", "left_wrist", "3"), "less than 1.0 m"),
        (("contact", "--limb", "left_hand", "--from", "9", "--to", "2"), "first and last"),
        (("contact", "--limb", "left_hand", "--from", "0", "--to", "7000"), "no frame 7000"),
    ],
)
def test_what_cannot_be_is_said(state: Answer, predicted: Path, wish: tuple[str, ...], reason: str) -> None:
    before = facts(predicted)
    assert reason in state(*wish, code=EXIT_FAILED)["error"]
    assert facts(predicted) == before


def test_a_word_that_is_no_depth_is_wrong_usage(predicted: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["state", str(predicted), "depth", "--frame", "7", "--joint", "left_wrist", "close"])
    assert stopped.value.code == EXIT_USAGE
    assert "nearer, farther" in capsys.readouterr().err
