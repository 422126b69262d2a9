"""Windows as a model gets them: boxes and torsos as elsewhere, noise by the seed, corrected clips as they are."""

import numpy as np
import pytest
import torch

from annotation.metrics import torso_length
from annotation.skeletons import load_skeleton
from inference.smoothing.heatmaps import box_around, to_map
from inference.smoothing.training.data import PointSequence, windows_of
from inference.smoothing.training.detector_mistakes import joints_of, like_a_detector
from inference.smoothing.training.dice import Dice
from inference.smoothing.training.feeding import BoxOf, Feeder
from inference.smoothing.training.noise import SHIPPED, NoiseRecipe
from inference.smoothing.training.objectives import OnMaps
from inference.smoothing.training.schedule import Schedule

SKELETON = load_skeleton("climbalong25")
CPU = torch.device("cpu")


def swaying(n_frames: int = 40) -> np.ndarray:
    """Return a pose (T, 25, 2) about 1,000 px high that sways."""
    pose = np.random.default_rng(3).uniform((100, 100), (500, 1100), (25, 2))
    pose[[3, 4, 15, 16]] = [[200, 300], [300, 300], [220, 560], [280, 560]]
    return (pose + 20 * np.sin(np.arange(n_frames) / 15)[:, None, None]).astype(np.float32)


def test_corrected_clips_are_fed_as_they_are_in_the_box_of_what_was_found() -> None:
    truth = swaying()
    given = truth + np.random.default_rng(0).normal(0, 4, truth.shape).astype(np.float32)
    given[3, 7] = np.nan
    sure = np.full(truth.shape[:2], 0.5, np.float32)
    sequence = PointSequence("a", truth, SKELETON.name, 30.0, given=given, confidence=sure)
    window = windows_of([sequence], n_frames=5)[2]
    batch = Feeder([sequence], NoiseRecipe(), SKELETON, BoxOf.GIVEN).batch([window], torch.Generator())
    box = box_around(given[window.frames])
    np.testing.assert_allclose(batch.given[0], to_map(given[window.frames].astype(float), box), atol=1e-3)
    in_map = to_map(truth[window.frames].astype(float), box)
    np.testing.assert_allclose(batch.truth[0], in_map, atol=1e-3)
    np.testing.assert_allclose(batch.torso[0], torso_length(in_map, SKELETON), rtol=1e-4)
    assert (batch.spread == 2).all()


def test_the_generator_alone_decides_the_noise() -> None:
    sequence = PointSequence("a", swaying(), SKELETON.name, 30.0)
    feeder, windows = Feeder([sequence], SHIPPED, SKELETON, BoxOf.EITHER), windows_of([sequence], n_frames=9)[:16]
    one, again, other = (feeder.batch(windows, torch.Generator().manual_seed(seed)) for seed in (1, 1, 2))
    torch.testing.assert_close(one.given, again.given, rtol=0, atol=0, equal_nan=True)
    assert not torch.equal(one.given.nan_to_num(), other.given.nan_to_num())


def test_many_windows_are_as_calm_as_the_default_detector() -> None:
    truth = torch.from_numpy(swaying(50)).double().expand(300, -1, -1, -1)
    unit = torch.full((300, 50, 1, 1), 20.0, dtype=torch.float64)
    draw = Dice(truth, torch.Generator().manual_seed(0))
    error = (like_a_detector(draw, truth, unit, SKELETON, missing=0.0) - truth) / unit
    acceleration = torch.linalg.vector_norm(error.diff(n=2, dim=1), dim=-1).flatten(1).median(1).values
    assert (acceleration < 0.08).double().mean() > 0.1, "the default detector's is 0.04 map pixels"
    steps = error.diff(dim=1)
    turns = (steps[:, 1:] * steps[:, :-1]).sum((1, 3)) / steps.square().sum((1, 3))
    turns = turns.median(1).values
    assert (turns > 0.2).double().mean() > 0.1, "drift goes on in its direction, white noise turns back"
    beside = error.median(1).values.abs().median()
    assert 0.05 < beside < 1


def test_limbs_are_told_apart() -> None:
    limbs = joints_of(SKELETON, CPU).limbs
    of = {name: int(limbs[SKELETON.index(name)]) for name in SKELETON.joints}
    assert of["nose"] == of["left_hip"] == of["right_shoulder"] == 0
    assert of["left_wrist"] == of["left_thumb"] != of["right_thumb"]
    assert len({of["left_elbow"], of["right_elbow"], of["left_knee"], of["right_heel"]}) == 4


def test_trembling_counts_where_places_do() -> None:
    sequence = PointSequence("a", swaying(), SKELETON.name, 30.0)
    windows = windows_of([sequence], n_frames=5)[:4]
    batch = Feeder([sequence], NoiseRecipe(k=0.0), SKELETON).batch(windows, torch.Generator())

    def shown(wobble: float) -> torch.Tensor:
        shift = wobble * torch.tensor([1.0, -1.0, 1.0, -1.0, 1.0]).view(1, 5, 1, 1)
        maps = OnMaps().answer(torch.nn.Identity(), batch.moved(shift))
        assert isinstance(maps, torch.Tensor)
        return maps

    plain, strict = OnMaps(), OnMaps(places=1e-3)
    calm, trembling = shown(0.0).requires_grad_(), shown(0.1).requires_grad_()
    gain = [(each.loss_of(trembling, batch) - each.loss_of(calm, batch)).item() for each in (plain, strict)]
    assert gain[1] > 2 * gain[0] > 0
    strict.loss_of(trembling, batch).backward()
    assert trembling.grad is not None and torch.isfinite(trembling.grad).all()


def test_a_training_may_end_before_its_rate_is_nothing() -> None:
    schedule = Schedule(max_epochs=50, ends=42)
    assert schedule.last_epoch == 42
    assert Schedule(max_epochs=3, ends=42).last_epoch == Schedule(max_epochs=3).last_epoch == 3


@pytest.mark.parametrize("missing", [0.0, 0.2])
def test_missing_points_are_missing(missing: float) -> None:
    truth = torch.from_numpy(swaying(20)).double().expand(50, -1, -1, -1)
    unit = torch.full((50, 20, 1, 1), 20.0, dtype=torch.float64)
    found = like_a_detector(Dice(truth, torch.Generator().manual_seed(0)), truth, unit, SKELETON, missing=missing)
    share = float(found.isnan().double().mean())
    assert share == 0 if missing == 0 else 0.1 < share < 0.3
