"""Following joints from the command line: a derived run beneath untouched labels."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from annotation.edits import SetLabels
from annotation.labels import Label, RunKind
from annotation.project import Project
from annotation.store import Access
from app import climbers
from app.cli import EXIT_FAILED, EXIT_OK, main


def propagate(
    folder: Path, capsys: pytest.CaptureFixture[str], start: int, end: int, *, code: int = EXIT_OK
) -> dict[str, Any]:
    capsys.readouterr()
    assert main(["propagate", str(folder), "--from", str(start), "--to", str(end), "--json"]) == code
    return json.loads(capsys.readouterr().out)


@pytest.fixture
def labelled(predicted: Path) -> Path:
    """A project in which ten joints are labelled in frame 20, in the middle of the picture; its folder."""
    with Project.open(predicted, access=Access.WRITE) as project:
        track = next(iter(project.tracks.values()))
        project.push(SetLabels(track.id, {(20, k): Label((60.0 + 8 * k, 60.0 + 3 * k)) for k in range(10)}))
    return predicted


def test_joints_are_followed_back_and_undo_shows_the_run_before(
    labelled: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The texture of the clip moves by (-3, 2) px a frame, so backwards by (3, -2)."""
    answer = propagate(labelled, capsys, 20, 16)
    assert answer["frames"] == 5 and answer["joints_followed_to_the_end"] > 0.7 and answer["stopped"] is False
    with Project.open(labelled, access=Access.WRITE) as project:
        track = next(iter(project.tracks.values()))
        run = project.run(track.active_runs[RunKind.KEYPOINTS])
        record = json.loads((project.run_folder(run.id) / "run.json").read_text())
        assert run.task == "propagate" and record["parameters"]["parents"] == ["first"]
        found, before = project.resolved(track.id).xy, 20 + 6 * np.arange(25)
        moved = found[16, :10] - [[60 + 8 * k, 60 + 3 * k] for k in range(10)]
        assert np.allclose(np.median(moved, axis=0), [12, -8], atol=1.5)
        assert np.allclose(found[16, 10:, 0], before[10:]), "joints without a label stay predicted as they were"
        assert np.allclose(found[15, :, 0], before) and len(track.labels) == 10
        project.undo()
        assert track.active_runs[RunKind.KEYPOINTS] == "first"


def test_what_cannot_be_followed_is_said(labelled: Path, capsys: pytest.CaptureFixture[str]) -> None:
    reasons = {
        (21, 30): "Frame 21 of Climber 1 has no labels to follow",
        (20, 20): "two different frames",
        (20, 60): "59",
    }
    for (start, end), reason in reasons.items():
        assert reason in propagate(labelled, capsys, start, end, code=EXIT_FAILED)["error"]
    with Project.open(labelled, access=Access.WRITE) as project:
        project.push(climbers.set_locked(next(iter(project.tracks.values())), locked=True))
    assert "locked" in propagate(labelled, capsys, 20, 30, code=EXIT_FAILED)["error"]
