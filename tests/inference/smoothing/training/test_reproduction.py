"""The reproduction page: every run once, the thesis' figures beside ours, gone on with after an interruption."""

import multiprocessing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from annotation.errors import BetascopeError
from annotation.metrics import pck, torso_length
from annotation.skeletons import load_skeleton
from inference.jobs import JobCancelled
from inference.smoothing.training import reproduction
from inference.smoothing.training.page import page
from inference.smoothing.training.reproduction import SMALL, Run, all_runs, shortened
from inference.smoothing.training.stand_in import detected_stand_in
from inference.smoothing.training.synthesiser import MotionRecipe, synthesise
from inference.smoothing.training.thesis_figures import FINE_TUNING, MEANS, MODELS
from tests.inference.smoothing.training.test_folders import penn_action

RUNS = [
    Run(model, k, experiment, (1.0 + k, 2.0, 3.0), (0.5, 0.6, 0.7), (11.0, 12.0, 13.0), (5.0, 6.0, 7.0), 1.0)
    for model in MODELS
    for k in (1, 2)
    for experiment in (1, 2, 3)
]
TOLD = {"motion": "MOTION", "clips": "CLIPS", "schedule": "SCHEDULE"}


def test_the_page_holds_six_tables_with_both_figures_and_says_how_the_data_differ() -> None:
    times = {"two cores": dict.fromkeys(MODELS, (1.5, 0.1, 42)), "a card": dict.fromkeys(MODELS, (0.5, 0.2, 42))}
    text = page(RUNS, times, command="betascope reproduce smoothing", hardware="two cores", told=TOLD)
    for number in (3, 4, 7, 8, 13, 14):
        assert f"## Table {number}:" in text
    assert "How the data differ" in text and "MOTION" in text and "CLIPS" in text
    assert "| 3DConv | 1.84 / 2 | 20.5 / 2 |" in text
    assert "| 3DConv | 49.7 / 11 |" in text
    assert "| Identity | 6.95 / 0.5 |" in text
    assert "| 3DConv | 81.5 / 12 |" in text
    assert "| DeciWatch | 14.2 ms | 1.5 ± 0.1 ms | 0.5 ± 0.2 ms | 1,708,388 | 42 |" in text


def test_the_thesis_means_are_those_of_its_own_tables() -> None:
    for model, means in MEANS.items():
        for place, (k, experiment) in enumerate((k, e) for k in (1, 2) for e in range(3)):
            figures = [row[experiment] for row in FINE_TUNING[k][model]]
            assert sum(figures) / 3 == pytest.approx(means[place], abs=0.7)


def test_pretraining_may_use_the_data_of_others(tmp_path: Path) -> None:
    size = replace(SMALL, clips=MotionRecipe(1, 1, 2.0), data=(penn_action(tmp_path / "Penn_Action"),))
    motion, clips = reproduction.motion_of(size, tmp_path / "kept", seed=0)
    assert len(motion) == 4 and all(sequence.given is None for sequence in motion)
    assert all(sequence.given is not None for sequence in clips), "fine-tuned on a detector's mistakes as before"
    assert "Penn_Action, joints they do not have unknown" in reproduction.in_words(size)["motion"]


def test_every_run_is_done_once_and_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    quick = replace(SMALL.pretraining, max_epochs=1, batches_per_epoch=2, batch_size=2, scored=4)
    tiny = replace(
        SMALL,
        motion=MotionRecipe(5, 1, 2.0),
        clips=MotionRecipe(3, 1, 3.0),
        pretraining=quick,
        fine_tuning=quick,
        tested=4,
    )
    monkeypatch.setattr(reproduction, "MODELS", ("deciwatch",))
    told: list[str] = []
    runs = all_runs(tiny, tmp_path, seed=1, report=lambda done, total, message: told.append(message))
    assert [(run.k, run.experiment) for run in runs] == [(1, 1), (1, 2), (1, 3), (2, 1), (2, 2), (2, 3)]
    assert runs[0].identity != runs[3].identity, "twice the noise"
    assert all(0 <= share <= 100 for run in runs for share in (*run.pretrained, *run.tuned))
    assert any("DeciWatch 2.3" in message for message in told)
    kept = (tmp_path / "runs.json").read_text()
    assert all_runs(tiny, tmp_path, seed=1, report=lambda *_: None) == runs
    assert (tmp_path / "runs.json").read_text() == kept
    assert len(list(tmp_path.glob("*.safetensors"))) == 6
    with pytest.raises(BetascopeError, match="holds runs of other settings or data"):
        all_runs(replace(tiny, stride=7), tmp_path, seed=1, report=lambda *_: None)


def test_stand_in_clips_are_as_wrong_as_the_thesis_detector() -> None:
    (sequence,) = synthesise(MotionRecipe(1, 1, 4.0), seed=5)
    (one,), (again,) = (detected_stand_in([sequence], seed=2) for _ in range(2))
    assert one.given is not None and again.given is not None
    np.testing.assert_array_equal(one.given, again.given)
    torso = torso_length(sequence.xy, load_skeleton(sequence.skeleton))
    right = [pck(one.given, sequence.xy, threshold=share, scale=torso) for share in (0.05, 0.1, 0.2)]
    assert 0.1 < right[0] < 0.4 and 0.4 < right[1] < 0.85 and 0.8 < right[2] < 0.995


def test_runs_are_carried_out_side_by_side(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    short = replace(
        shortened(SMALL, batches=2, seconds=30), motion=MotionRecipe(5, 1, 2.0), clips=MotionRecipe(3, 1, 3.0)
    )
    assert short.pretraining.batches_per_epoch == 2
    for name, value in (("MODELS", ("deciwatch",)), ("SCALARS", (1,)), ("EXPERIMENTS", (1, 2))):
        monkeypatch.setattr(reproduction, name, value)
    runs = all_runs(short, tmp_path, seed=1, report=lambda *_: None, device="cpu", at_once=2)
    assert [(run.k, run.experiment) for run in runs] == [(1, 1), (1, 2)]
    assert all("no GPU" in run.hardware and run.epochs[0] >= 1 for run in runs)


def test_runs_side_by_side_say_how_far_they_are_and_end_when_they_are_cancelled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    endless = replace(SMALL.pretraining, max_epochs=100_000, batches_per_epoch=2, batch_size=2, scored=4)
    size = replace(SMALL, motion=MotionRecipe(5, 1, 2.0), clips=MotionRecipe(3, 1, 3.0), pretraining=endless)
    for name, value in (("MODELS", ("deciwatch",)), ("SCALARS", (1,)), ("EXPERIMENTS", (1, 2))):
        monkeypatch.setattr(reproduction, name, value)
    told: list[str] = []

    def report(_done: int, _total: int, message: str) -> None:
        told.append(message)
        if "epoch" in message:
            raise JobCancelled

    with pytest.raises(JobCancelled):
        all_runs(size, tmp_path, seed=1, report=report, device="cpu", at_once=2)
    assert "DeciWatch 1." in told[-1]
    assert not multiprocessing.active_children()
