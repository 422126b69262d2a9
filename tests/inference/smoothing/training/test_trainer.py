"""Training: it learns, it can be interrupted, it is the same every time, and it fails in words."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from annotation.skeletons import load_skeleton
from inference.smoothing.catalogue import build
from inference.smoothing.training.data import PointSequence, Split, TrainingDataError, split_by_motion, windows_of
from inference.smoothing.training.feeding import Feeder
from inference.smoothing.training.history import HISTORY_FILE
from inference.smoothing.training.noise import NoiseRecipe, experiment
from inference.smoothing.training.objectives import OnMaps, OnPoints
from inference.smoothing.training.schedule import THESIS, Decay, Plateau, Schedule
from inference.smoothing.training.scoring import score
from inference.smoothing.training.trainer import (
    STATE_FILE,
    EpochFigures,
    Listener,
    Trainer,
    TrainingFailed,
)

SKELETON = load_skeleton("climbalong25")
QUICK = Schedule(batches_per_epoch=4, batch_size=4, max_epochs=3, scored=8, averaging=0.9)


def standing(n: int = 5, n_frames: int = 40) -> list[PointSequence]:
    """Return people who sway a little."""
    rng = np.random.default_rng(0)
    result = []
    for number in range(n):
        pose = rng.uniform(100, 500, (25, 2))
        pose[[3, 4, 15, 16]] = [[200, 150], [260, 150], [210, 320], [250, 320]]
        sway = 10 * np.sin(np.arange(n_frames) / 9)[:, None, None]
        result.append(PointSequence(f"a{number}", (pose + sway).astype(np.float32), "climbalong25", 30.0))
    return result


def smoothnet_trainer(folder: Path, schedule: Schedule = QUICK, *, seed: int = 0, lr: float = 1e-3) -> Trainer:
    sequences = standing()
    torch.manual_seed(seed)
    model = build("smoothnet", n_joints=25, n_frames=8)
    windows = windows_of(sequences, n_frames=8)
    feeder = Feeder(sequences, experiment(1, k=1), SKELETON)
    return Trainer(
        model,
        OnPoints(),
        feeder,
        split_by_motion(sequences, windows, seed=0),
        schedule=replace(schedule, learning_rate=lr),
        folder=folder,
        seed=seed,
    )


def weights_of(trainer: Trainer) -> dict[str, torch.Tensor]:
    return {name: value.clone() for name, value in trainer.model.state_dict().items()}


def test_the_loss_falls_and_every_epoch_is_told(tmp_path: Path) -> None:
    told: list[EpochFigures] = []
    trainer = smoothnet_trainer(tmp_path, replace(QUICK, batches_per_epoch=30, max_epochs=4))
    trained = trainer.run(Listener(epoch=told.append))
    assert [figures.epoch for figures in told] == [1, 2, 3, 4]
    assert told[-1].training_loss < 0.6 * told[0].training_loss
    assert told[-1].validation.loss < told[0].validation.loss
    assert tuple(told) == trained.history
    assert {"training loss", "validation loss", "pck@0.05"} <= told[0].named().keys()
    assert len(json.loads((tmp_path / HISTORY_FILE).read_text())) == 4


def test_the_same_seed_gives_the_same_weights_and_another_seed_others(tmp_path: Path) -> None:
    found = []
    for number, seed in enumerate((3, 3, 4)):
        trainer = smoothnet_trainer(tmp_path / str(number), seed=seed)
        trainer.run()
        found.append(weights_of(trainer))
    assert all(torch.equal(found[0][name], found[1][name]) for name in found[0])
    assert not all(torch.equal(found[0][name], found[2][name]) for name in found[0])


class Killed(Exception):  # noqa: N818 - an outcome, not an error
    """Stands for a process that is gone."""


@pytest.mark.parametrize("at_batch", [5, 7, 8])
def test_a_killed_training_goes_on_to_the_same_weights(tmp_path: Path, at_batch: int) -> None:
    whole = smoothnet_trainer(tmp_path / "whole")
    history = whole.run().history

    def kill(done: int, total: int, message: str) -> None:
        if done == at_batch:
            raise Killed

    with pytest.raises(Killed):
        smoothnet_trainer(tmp_path / "killed").run(Listener(progress=kill))
    resumed = smoothnet_trainer(tmp_path / "killed")
    assert resumed.run().history == history
    assert all(torch.equal(weights_of(whole)[name], value) for name, value in weights_of(resumed).items())


def test_other_settings_do_not_go_on_with_a_training(tmp_path: Path) -> None:
    smoothnet_trainer(tmp_path).run()
    with pytest.raises(TrainingFailed, match="other settings"):
        smoothnet_trainer(tmp_path, lr=1e-4).run()
    (tmp_path / STATE_FILE).write_bytes(b"PK not a state")
    with pytest.raises(TrainingFailed, match="state is damaged"):
        smoothnet_trainer(tmp_path).run()


class Breaking(nn.Module):
    """A model whose answers are no numbers from the third epoch on."""

    def __init__(self) -> None:
        super().__init__()
        self.shift = nn.Parameter(torch.zeros(2))
        self.n_batches = 0

    def forward(self, points: torch.Tensor) -> torch.Tensor:
        self.n_batches += self.training
        return (points + self.shift) * (float("nan") if self.n_batches > 8 else 1.0)


def test_a_loss_that_is_no_number_is_said_and_the_last_good_weights_are_kept(tmp_path: Path) -> None:
    sequences = standing()
    split = split_by_motion(sequences, windows_of(sequences, n_frames=8), seed=0)
    feeder = Feeder(sequences, experiment(1, k=1), SKELETON)
    trainer = Trainer(Breaking(), OnPoints(), feeder, split, schedule=QUICK, folder=tmp_path, seed=0)
    with pytest.raises(TrainingFailed, match=r"epoch 3 is no number.*weights of epoch \d are kept.*learning rate"):
        trainer.run()
    state = torch.load(tmp_path / STATE_FILE, weights_only=True)
    assert state["epoch"] == 2
    assert torch.isfinite(state["best"]["shift"]).all()


def test_it_ends_early_where_a_person_wants_no_more(tmp_path: Path) -> None:
    epochs: list[int] = []
    trainer = smoothnet_trainer(tmp_path)
    trainer.run(Listener(epoch=lambda figures: epochs.append(figures.epoch), stopped=lambda: len(epochs) >= 2))
    assert epochs == [1, 2]


def test_too_little_to_learn_from_is_said(tmp_path: Path) -> None:
    feeder = Feeder(standing(), NoiseRecipe(), SKELETON)
    with pytest.raises(TrainingDataError, match="too few frames"):
        Trainer(Breaking(), OnPoints(), feeder, Split((), (), ()), schedule=QUICK, folder=tmp_path, seed=0)


def test_some_batches_make_a_heatmap_model_better(tmp_path: Path) -> None:
    sequences = standing(3, 12)
    windows = windows_of(sequences, n_frames=5)
    feeder = Feeder(sequences, experiment(1, k=1), SKELETON)
    torch.manual_seed(0)
    model = build("conv3d", n_joints=25)
    schedule = replace(QUICK, max_epochs=1, batches_per_epoch=12, averaging=0.0)
    split = Split(windows[:8], windows[-4:], ())
    before = score(model, OnMaps(), feeder, split.validation, seed=1).loss
    trained = Trainer(model, OnMaps(), feeder, split, schedule=schedule, folder=tmp_path, seed=0).run()
    assert score(model, OnMaps(), feeder, split.validation, seed=1).loss < 0.95 * before
    assert np.isfinite(trained.history[0].training_loss)


def test_the_thesis_schedule_drops_the_rate_after_five_epochs_and_stops_after_ten() -> None:
    assert (THESIS.learning_rate, THESIS.batch_size, THESIS.max_epochs) == (1e-3, 16, 50)
    plateau = Plateau().after(1, 1.0)
    rates = []
    for epoch in range(2, 12):
        rates.append(THESIS.rate(batch=99, n_batches=10, drops=plateau.drops))
        plateau = plateau.after(epoch, 1.0)
        assert plateau.exhausted == (epoch == 11)
    assert rates == pytest.approx([1e-3] * 5 + [1e-4] * 5)
    assert plateau.after(12, 0.5) == Plateau(0.5, 12, 0, 2)


def test_a_cosine_ends_at_nothing_after_a_warm_up() -> None:
    schedule = Schedule(decay=Decay.COSINE, warm_up=10, max_epochs=5)
    rates = [schedule.rate(batch=batch, n_batches=20, drops=0) for batch in range(101)]
    assert rates[0] == pytest.approx(1e-4) and max(rates) == rates[9] and rates[100] == pytest.approx(0)
