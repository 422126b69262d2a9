"""What a smoother learns from: what a person said or confirmed, and what the detector had said there."""

import json
from pathlib import Path

import numpy as np
import pytest

from annotation.arrays import read_arrays
from annotation.edits import SetLabels
from annotation.errors import BetascopeError, ProjectError
from annotation.labels import Label
from annotation.model_cards import ModelCard, write_card
from annotation.project import Project
from annotation.store import Access
from annotation.track_edits import SetReviewed
from app import settings
from app.training_jobs import correction_counts, prepare_fine_tuning, prepare_training, scored_words
from inference.jobs import INPUTS_FILE, JOB_FILE
from tests.app.smoothed_project import LABELLED, lay_smoothed


@pytest.fixture(autouse=True)
def weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Weights nobody trained, in a folder of the user's."""
    monkeypatch.setattr(settings.platformdirs, "user_data_path", lambda name: tmp_path / "data")
    path = settings.models_path() / "mine.safetensors"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"")
    write_card(path, ModelCard("conv3d", "Mine", "climbalong25", (), 25.0, 5, 78_150))
    return path


def test_labels_and_confirmed_frames_are_learned_from(predicted: Path, weights: Path) -> None:
    truth = lay_smoothed(predicted)
    with Project.open(predicted, access=Access.WRITE) as project:
        track = next(iter(project.tracks.values()))
        project.push(SetReviewed(track.id, (30, 31), True))
        job = prepare_fine_tuning(project, model="mine")
        parameters = json.loads((job.folder / JOB_FILE).read_text())["parameters"]
        inputs = read_arrays(job.folder / INPUTS_FILE)
        shown = project.resolved(track.id).xy.copy()
    assert parameters["weights"] == str(weights) and parameters["clips"] == ["climb.mp4/Climber 1"]
    learned = np.isfinite(inputs["truth_0"]).all(axis=(1, 2))
    assert np.flatnonzero(learned).tolist() == [*LABELLED, 30, 31]
    np.testing.assert_allclose(inputs["truth_0"][list(LABELLED)], truth[list(LABELLED)], atol=1e-4)
    np.testing.assert_array_equal(inputs["truth_0"][30], shown[30])
    stated = np.asarray(inputs["stated_0"], bool)
    assert np.flatnonzero(stated.all(axis=1)).tolist() == [*LABELLED], "what was only confirmed is no label"
    detected = truth - 1.2
    np.testing.assert_allclose(inputs["xy_0"], detected, atol=1e-4, err_msg="what lies beneath the smoothing")
    assert len(inputs["times_s_0"]) == len(detected) and (inputs["confidence_0"] > 0.8).all()


def test_only_frames_people_stated_are_counted(predicted: Path) -> None:
    with Project.open(predicted, access=Access.WRITE) as project:
        track = next(iter(project.tracks.values()))
        project.push(SetLabels(track.id, {(frame, 2): Label((1.0, 2.0)) for frame in (10, 20)}))
        assert correction_counts(project)() == (2, 1), "not what was put between the two"
        project.push(SetReviewed(track.id, (12, 20), True))
        assert correction_counts(project)() == (3, 1)


def test_without_corrections_it_is_said_what_to_do(predicted: Path) -> None:
    with Project.open(predicted, access=Access.WRITE) as project:
        with pytest.raises(ProjectError, match="There are no corrections to learn from"):
            prepare_fine_tuning(project, model="mine")
        track = next(iter(project.tracks.values()))
        project.push(SetLabels(track.id, {(3, 2): Label((1.0, 2.0))}))
        with pytest.raises(ProjectError, match="learns nothing"):
            prepare_fine_tuning(project, model="one-euro")
        with pytest.raises(BetascopeError, match="no smoother 'nobody'"):
            prepare_fine_tuning(project, model="nobody")


def test_training_anew_needs_no_project(tmp_path: Path) -> None:
    job = prepare_training(tmp_path / "job", model="conv3d", wishes={"seed": 3})
    parameters = json.loads((job.folder / JOB_FILE).read_text())["parameters"]
    assert parameters == {"model": "conv3d", "name": "conv3d", "seed": 3}


def test_it_is_said_what_was_scored_and_whom_that_flatters() -> None:
    assert scored_words({"held_out": 12}) == "scored on 12 windows kept out of its training"
    assert scored_words({}) == ""
    assert "the 1,200 labels kept out" in scored_words({"held_out": 12, "labels": 1200, "accepted": 0})
    accepted = scored_words({"held_out": 12, "labels": 1200, "accepted": 900})
    assert "900 of them are as detected, which flatters the detector" in accepted
    assert "between labels" in scored_words({"held_out": 12, "labels": 0, "accepted": 0})
