"""Smoothing from the command line: a derived run beneath untouched labels, and the list of what can smooth."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from annotation.edits import SetLabels
from annotation.labels import Keypoints2D, Label, RunKind, Source
from annotation.model_cards import ModelCard, write_card
from annotation.project import Project
from annotation.runs import load_keypoints, save_keypoints
from annotation.skeletons import load_skeleton
from annotation.store import Access
from app import settings, smoothing_jobs
from app.cli import EXIT_FAILED, EXIT_OK, main


@pytest.fixture
def models_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the weights of this test alone."""
    folder = tmp_path / "models"
    folder.mkdir()
    monkeypatch.setattr(smoothing_jobs, "model_folders", lambda: [folder])
    monkeypatch.setattr("app.model_commands.model_folders", lambda: [folder])
    return folder


def call(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = EXIT_OK) -> dict[str, Any]:
    capsys.readouterr()
    assert main([*arguments, "--json"]) == code
    return json.loads(capsys.readouterr().out)


def make_noisy(folder: Path) -> Keypoints2D:
    """Let the detection of a project jitter, with a joint never found and a 3D guess; return it."""
    with Project.open(folder, access=Access.WRITE) as project:
        run = project.run_folder("first")
        before = load_keypoints(run)
        rng = np.random.default_rng(0)
        xy = before.xy + rng.normal(0, 2, before.xy.shape).astype(np.float32)
        xy[:, 4] = np.nan
        world = rng.normal(size=(*xy.shape[:2], 3)).astype(np.float32)
        noisy = Keypoints2D(xy, before.confidence, before.skeleton, world)
        save_keypoints(run, noisy)
    return noisy


def keypoints_in_use(folder: Path) -> tuple[Keypoints2D, dict[str, Any], str]:
    with Project.open(folder, access=Access.READ) as project:
        run = project.run(next(iter(project.tracks.values())).active_runs[RunKind.KEYPOINTS])
        record = json.loads((project.run_folder(run.id) / "run.json").read_text())
        return load_keypoints(project.run_folder(run.id)), record, run.model


def test_a_smoothed_run_lies_on_top_of_the_detection(
    predicted: Path, capsys: pytest.CaptureFixture[str], models_folder: Path
) -> None:
    noisy = make_noisy(predicted)
    with Project.open(predicted, access=Access.WRITE) as project:
        track = next(iter(project.tracks.values()))
        project.push(SetLabels(track.id, {(7, 2): Label((33.0, 44.0))}))
    answer = call(capsys, "smooth", str(predicted), "--model", "savitzky-golay", "--strength", "0.8")
    assert answer["acceleration"] < 0.5 * answer["acceleration_before"]
    smoothed, record, model = keypoints_in_use(predicted)
    assert record["parameters"]["parents"] == ["first"]
    assert model == "made up + Savitzky-Golay"
    assert np.array_equal(smoothed.confidence, noisy.confidence)
    assert np.array_equal(smoothed.world, noisy.world)
    assert np.isnan(smoothed.xy[:, 4]).all()
    seen = np.isfinite(noisy.xy)
    assert 0.2 < np.abs(smoothed.xy - noisy.xy)[seen].mean() < 5
    with Project.open(predicted, access=Access.WRITE) as project:
        track = next(iter(project.tracks.values()))
        resolved = project.resolved(track.id)
        assert resolved.source[7, 2] == Source.LABELLED
        assert resolved.xy[7, 2] == pytest.approx((33, 44))
        project.undo()
        assert track.active_runs[RunKind.KEYPOINTS] == "first"


def test_smoothing_again_starts_from_the_detection(
    predicted: Path, capsys: pytest.CaptureFixture[str], models_folder: Path
) -> None:
    make_noisy(predicted)
    call(capsys, "smooth", str(predicted), "--model", "butterworth")
    first, _, _ = keypoints_in_use(predicted)
    call(capsys, "smooth", str(predicted), "--model", "median")
    call(capsys, "smooth", str(predicted), "--model", "butterworth")
    again, record, _ = keypoints_in_use(predicted)
    assert record["parameters"]["parents"] == ["first"]
    assert np.array_equal(first.xy, again.xy, equal_nan=True)


def test_what_cannot_be_smoothed_is_said_and_nothing_is_changed(
    predicted: Path, capsys: pytest.CaptureFixture[str], models_folder: Path
) -> None:
    joints = load_skeleton("coco17").joints
    (models_folder / "gym.safetensors").write_bytes(b"weights of coco")
    write_card(models_folder / "gym.safetensors", ModelCard("conv3d", "Gym", "coco17", joints, 30.0, 5, 1))
    (models_folder / "junk.safetensors").write_bytes(b"junk")
    (models_folder / "broken.safetensors").write_bytes(b"broken")
    ours = load_skeleton("climbalong25").joints
    write_card(models_folder / "broken.safetensors", ModelCard("conv3d", "B", "climbalong25", ours, 30.0, 5, 1))
    reasons = {
        "magic": "There is no smoother 'magic'",
        "deciwatch": "Train them with: betascope train smoother --model deciwatch",
        "gym": "trained for the skeleton coco17 with 17 joints",
        "junk": "no model card beside it",
        "broken": "damaged or no safetensors file",
        "nowhere/else.safetensors": "There is no file",
    }
    for model, reason in reasons.items():
        answer = call(capsys, "smooth", str(predicted), "--model", model, code=EXIT_FAILED)
        assert reason in answer["error"], model
    strong = call(capsys, "smooth", str(predicted), "--model", "median", "--strength", "2", code=EXIT_FAILED)
    assert "from 0 (nothing) to 1" in strong["error"]
    with Project.open(predicted, access=Access.READ) as project:
        assert next(iter(project.tracks.values())).active_runs[RunKind.KEYPOINTS] == "first"
        assert list(project.runs) == ["first"]


def test_models_are_listed_with_parameters_and_weights(capsys: pytest.CaptureFixture[str], models_folder: Path) -> None:
    ours = load_skeleton("climbalong25").joints
    (models_folder / "gym.safetensors").write_bytes(b"weights")
    card = ModelCard("conv3d", "Gym", "climbalong25", ours, 30.0, 5, 78_150, figures={"pck": 0.9}, licence="CC0")
    write_card(models_folder / "gym.safetensors", card)
    (models_folder / "junk.safetensors").write_bytes(b"junk")
    listed = call(capsys, "models")
    rows = {row["key"]: row for row in listed["models"]}
    assert rows["conv3d"]["parameters"] == 78_150
    assert rows["convlstm-s"]["parameters"] == 1_875_666
    assert rows["convlstm-c"]["parameters"] == 1_872_313
    assert rows["deciwatch"]["parameters"] == 1_708_388
    assert rows["conv3d"]["weights"][0]["name"] == "gym"
    assert rows["conv3d"]["weights"][0]["figures"] == {"pck": 0.9}
    assert rows["conv3d"]["ready"] and not rows["deciwatch"]["ready"]
    assert "train smoother" in rows["deciwatch"]["train"]
    assert rows["one-euro"]["ready"] and rows["one-euro"]["skeleton"] == "any"
    assert all(row["source"] or row["key"] == "identity" for row in listed["models"])
    assert "no model card" in listed["unusable"][0]["problem"]
    assert main(["models"]) == EXIT_OK
    text = capsys.readouterr().out
    assert "gym (climbalong25)" in text
    assert "train them with: betascope train smoother --model deciwatch" in text


@pytest.fixture
def own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(settings.platformdirs, "user_data_path", lambda name: tmp_path / "data")
    return tmp_path / "data" / "models"


def test_an_official_smoothnet_is_added_and_smooths(
    predicted: Path, own_folders: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    state = {
        "encoder.0.weight": torch.eye(16),
        "encoder.0.bias": torch.full((16,), 10.0),  # nothing falls below 0, so all is linear
        "res_blocks.0.linear1.weight": torch.zeros(4, 16),
        "res_blocks.0.linear1.bias": torch.zeros(4),
        "res_blocks.0.linear2.weight": torch.zeros(16, 4),
        "res_blocks.0.linear2.bias": torch.zeros(16),
        "decoder.weight": torch.full((16, 16), 1 / 16),
        "decoder.bias": torch.full((16,), -10.0),
    }
    torch.save({"state_dict": state}, tmp_path / "checkpoint_16.pth.tar")
    added = call(capsys, "models", "add", str(tmp_path / "checkpoint_16.pth.tar"), "--name", "mean")
    assert Path(added["weights"]) == own_folders / "mean.safetensors"
    assert sorted(path.name for path in own_folders.iterdir()) == ["mean.json", "mean.safetensors"]
    make_noisy(predicted)
    answer = call(capsys, "smooth", str(predicted), "--model", "mean")
    assert answer["acceleration"] < 0.2 * answer["acceleration_before"]
    assert answer["weights_sha256"] and answer["window_borders"]
    again = call(capsys, "models", "add", str(tmp_path / "checkpoint_16.pth.tar"), "--name", "mean", code=EXIT_FAILED)
    assert "called mean already" in again["error"]


def test_what_is_no_model_is_not_added(own_folders: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "note.pth").write_text("hello")
    reasons = {
        ("note.pth",): "no checkpoint that is safe to load",
        ("gone.pth",): "There is no file",
        ("note.pth", "--name", "../up"): "no name for weights",
    }
    for (file, *rest), reason in reasons.items():
        assert reason in call(capsys, "models", "add", str(tmp_path / file), *rest, code=EXIT_FAILED)["error"]
    assert not own_folders.exists() or not list(own_folders.iterdir())
    assert "Say which file" in call(capsys, "models", "add", code=EXIT_FAILED)["error"]
