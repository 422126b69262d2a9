"""Fine-tuning on corrections: better on frames that were not learned from, and errors in words."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from annotation.labels import Keypoints2D
from annotation.model_cards import ModelCard
from annotation.skeletons import load_skeleton
from inference.smoothing.catalogue import build
from inference.smoothing.checkpoints import Checkpoint
from inference.smoothing.training.corrected import CorrectedClip
from inference.smoothing.training.data import TrainingDataError
from inference.smoothing.training.finetune import AFTER, BEFORE, IDENTITY, finetune
from inference.smoothing.training.schedule import FINE_TUNING
from inference.smoothing.training.trainer import Listener

SKELETON = load_skeleton("climbalong25")
QUICK = replace(FINE_TUNING, max_epochs=12, learning_rate=3e-3)


def clip(name: str, *, n_frames: int = 240, fps: float = 30.0, said: slice = slice(None)) -> CorrectedClip:
    """Return somebody who sways, of whom a detector makes all joints too far right, and jitters."""
    rng = np.random.default_rng(len(name))
    pose = rng.uniform(100, 500, (25, 2))
    pose[[3, 4, 15, 16]] = [[200, 150], [260, 150], [210, 320], [250, 320]]
    times = np.arange(n_frames) / fps
    truth = pose + 20 * np.sin(times * 2)[:, None, None]
    given = truth + np.array([14.0, 0.0]) + rng.normal(0, 3, truth.shape)
    corrected = np.full_like(truth, np.nan)
    corrected[said] = truth[said]
    found = Keypoints2D(given.astype(np.float32), np.full((n_frames, 25), 0.9, np.float32), "climbalong25")
    return CorrectedClip(name, found, corrected, times, np.isfinite(corrected[..., 0]))


def smoothnet() -> Checkpoint:
    """Return a model for eight frames that changes nothing yet."""
    torch.manual_seed(0)
    model = build("smoothnet", n_joints=25, n_frames=8)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.zero_()
        model.encoder[0].weight[:8] = torch.eye(8)
        model.encoder[0].bias[:8] = 2.0
        model.decoder.weight[:, :8] = torch.eye(8)
        model.decoder.bias[:] = -2.0
    card = ModelCard("smoothnet", "as it was", "", (), 30.0, 8, 1)
    return Checkpoint(model.eval(), card)


def test_corrections_teach_what_the_detector_gets_wrong(tmp_path: Path) -> None:
    checkpoint = smoothnet()
    before = {name: value.clone() for name, value in checkpoint.model.state_dict().items()}
    epochs: list[int] = []
    listener = Listener(epoch=lambda figures: epochs.append(figures.epoch))
    tuned = finetune([clip("a"), clip("bb")], checkpoint, folder=tmp_path, schedule=QUICK, listener=listener)
    figures = tuned.figures()
    assert figures[BEFORE]["pck@0.05"] == pytest.approx(figures[IDENTITY]["pck@0.05"], abs=0.02)
    assert figures[AFTER]["pck@0.05"] > figures[IDENTITY]["pck@0.05"] + 0.2
    assert figures[AFTER]["oks"] > figures[BEFORE]["oks"]
    assert figures[AFTER]["acc-err"] < figures[IDENTITY]["acc-err"]
    assert set(tuned.per_joint()[AFTER]) == set(SKELETON.joints)
    assert epochs == list(range(1, len(epochs) + 1))
    assert all(torch.equal(before[name], value) for name, value in checkpoint.model.state_dict().items())
    assert tuned.kept_out is None
    assert tuned.card.recipe["from"] == "as it was"


def test_frames_that_are_scored_were_not_learned_from(tmp_path: Path) -> None:
    clips = [clip("a"), clip("bb")]
    tuned = finetune(clips, smoothnet(), folder=tmp_path, schedule=replace(QUICK, max_epochs=1))
    split = tuned.made.split
    learned = {(w.sequence, frame) for w in split.train for frame in range(w.start, w.end)}
    scored = np.flatnonzero(tuned.held_out.truth.known.any(axis=1))
    gap = len(clips[0].times_s) + 2
    frames = {(int(frame >= gap), int(frame if frame < gap else frame - gap)) for frame in scored}
    assert frames and not frames & learned


def test_only_labels_of_a_person_are_scored_and_those_as_detected_are_counted(tmp_path: Path) -> None:
    whole, sparse = clip("a"), clip("a")
    sparse.stated[:] = False
    sparse.stated[::10] = True
    accepted = np.arange(240) % 20 == 0
    sparse.truth[accepted] = sparse.given.xy[accepted]
    short = replace(QUICK, max_epochs=1)
    tuned = finetune([sparse], smoothnet(), folder=tmp_path / "sparse", schedule=short)
    scored = np.flatnonzero(tuned.held_out.truth.known.any(axis=1))
    assert len(scored) > 2 and not (scored % 10).any(), "not what lies between labels"
    assert tuned.labels == 25 * len(scored)
    assert tuned.accepted == 25 * np.count_nonzero(scored % 20 == 0)
    assert tuned.figures()[IDENTITY]["pck@0.05"] == pytest.approx(tuned.accepted / tuned.labels, abs=0.2)
    assert tuned.card.figures["held-out frames"]["labels"] == tuned.labels
    whole.stated[:] = False
    between = finetune([whole], smoothnet(), folder=tmp_path / "between", schedule=short)
    assert between.labels == 0 and np.isfinite(between.figures()[AFTER]["pck@0.05"])


def test_a_training_that_was_gone_on_with_does_not_say_how_long_it_took(tmp_path: Path) -> None:
    schedule = replace(QUICK, max_epochs=1)
    whole, gone_on = (finetune([clip("a")], smoothnet(), folder=tmp_path, schedule=schedule) for _ in range(2))
    assert "seconds" in whole.card.figures and "seconds" not in gone_on.card.figures


def test_of_three_clips_the_longest_is_kept_out(tmp_path: Path) -> None:
    clips = [clip("a"), clip("bb", n_frames=300), clip("ccc")]
    tuned = finetune(clips, smoothnet(), folder=tmp_path, schedule=replace(QUICK, max_epochs=1))
    assert tuned.kept_out is not None and tuned.kept_out.frames == 300
    split = tuned.made.split
    assert {w.sequence for side in (split.train, split.validation, split.test) for w in side} <= {0, 2}


def test_clips_of_another_frame_rate_are_learned_from_at_the_models(tmp_path: Path) -> None:
    tuned = finetune([clip("a", fps=60, n_frames=480)], smoothnet(), folder=tmp_path, schedule=QUICK)
    assert tuned.figures()[AFTER]["pck@0.05"] > tuned.figures()[IDENTITY]["pck@0.05"]


def test_corrections_of_few_joints_will_do(tmp_path: Path) -> None:
    clips = [clip("a"), clip("bb")]
    for each in clips:
        each.truth[:, SKELETON.index("left_hip") - 6 :] = np.nan
    tuned = finetune(clips, smoothnet(), folder=tmp_path, schedule=QUICK)
    assert tuned.figures()[AFTER]["pck@0.05"] > tuned.figures()[IDENTITY]["pck@0.05"]
    assert np.isfinite(tuned.made.test.pck).all()


@pytest.mark.parametrize(
    ("said", "told"),
    [(slice(0, 0), "No stretch.*Correct some frames"), (slice(0, 9), "Too few frames.*longer stretch")],
)
def test_without_enough_corrections_it_is_said_what_to_do(tmp_path: Path, said: slice, told: str) -> None:
    with pytest.raises(TrainingDataError, match=told):
        finetune([clip("a", said=said)], smoothnet(), folder=tmp_path)
