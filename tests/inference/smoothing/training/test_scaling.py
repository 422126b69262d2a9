"""Models trained on maps of height 1 work on maps that sum to 255, to the last digit that matters."""

import pytest
import torch

from annotation.skeletons import load_skeleton
from inference.smoothing.catalogue import build
from inference.smoothing.heatmaps import make_maps
from inference.smoothing.training.feeding import Batch
from inference.smoothing.training.objectives import OnMaps, filled
from inference.smoothing.training.parts import placeless_twin, take_over
from inference.smoothing.training.scaling import MAP_SCALE, fold_scale, unfold_scale
from inference.smoothing.training.scoring import count_right
from inference.smoothing.training.starts import start_as_mean

N_JOINTS = len(load_skeleton("climbalong25"))
HEATMAPS = ["conv3d", "convlstm-s", "convlstm-c"]


def some_maps(n_joints: int = N_JOINTS) -> torch.Tensor:
    torch.manual_seed(1)
    return make_maps(torch.rand(1, 5, n_joints, 2) * 55, 1.5)


def test_the_scale_makes_target_maps_one_high() -> None:
    assert float((make_maps(torch.tensor([20.0, 30.0])[None, None], 1.0) * MAP_SCALE).max()) == pytest.approx(
        1, abs=1e-5
    )


@pytest.mark.parametrize("key", HEATMAPS)
def test_folding_the_scale_changes_the_unit_and_nothing_else(key: str) -> None:
    torch.manual_seed(0)
    model = build(key, n_joints=N_JOINTS).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter += 0.01 * torch.randn_like(parameter)
        maps = some_maps()
        small = model(maps * MAP_SCALE) / MAP_SCALE
        before = {name: value.clone() for name, value in model.state_dict().items()}
        fold_scale(model)
        torch.testing.assert_close(model(maps), small, rtol=1e-3, atol=1e-2)
        unfold_scale(model)
    for name, value in model.state_dict().items():
        torch.testing.assert_close(value, before[name], rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("key", HEATMAPS)
def test_a_model_that_starts_as_a_mean_is_near_the_middle_of_noisy_points(key: str) -> None:
    torch.manual_seed(0)
    model = build(key, n_joints=N_JOINTS).eval()
    start_as_mean(model)
    truth = (torch.rand(6, 1, N_JOINTS, 2) * 30 + 12).expand(6, 5, N_JOINTS, 2)
    given = truth + 1.2 * torch.randn(6, 5, N_JOINTS, 2)
    batch = Batch(given, torch.full(given.shape[:-1], 2.0), truth, torch.full((6, 5), 15.0))
    with torch.no_grad():
        found = OnMaps().points_of(OnMaps().answer(model, batch))
    off, before = ((points - truth).norm(dim=-1).mean() for points in (found, given))
    assert off < 0.75 * before


@pytest.mark.parametrize("key", ["convlstm-s", "convlstm-c"])
def test_the_placeless_twin_is_the_same_model_and_hands_back_what_it_learns(key: str) -> None:
    torch.manual_seed(0)
    model = build(key, n_joints=N_JOINTS).eval()
    start_as_mean(model)
    twin = placeless_twin(model, n_joints=N_JOINTS).eval()
    maps = some_maps() * MAP_SCALE
    with torch.no_grad():
        torch.testing.assert_close(twin(maps), model(maps))
        assert twin(maps[..., :28, :28]).shape[-2:] == (28, 28)
        for parameter in twin.parameters():
            parameter += 0.02
        take_over(model, twin)
        torch.testing.assert_close(twin(maps), model(maps))


def test_unknown_truth_costs_nothing_and_missing_points_are_empty_maps() -> None:
    truth = torch.rand(2, 5, N_JOINTS, 2) * 40 + 5
    given = truth.clone()
    given[0, 2, 3] = torch.nan
    unknown = truth.clone()
    unknown[:, :, 7] = torch.nan

    class Same(torch.nn.Module):
        def forward(self, maps: torch.Tensor) -> torch.Tensor:
            self.seen = maps
            return maps

    def loss(of: torch.Tensor, wanted: torch.Tensor) -> float:
        batch = Batch(of, torch.ones(of.shape[:-1]), wanted, torch.ones(2, 5))
        return float(OnMaps().loss(model, batch))

    model = Same()
    assert loss(truth, unknown) == pytest.approx(0, abs=1e-12)
    moved = truth.clone()
    moved[:, :, 7] += 9
    assert loss(moved, unknown) == pytest.approx(0, abs=1e-12)
    assert loss(given, truth) > 0
    assert float(model.seen[0, 2, 3].abs().max()) == 0


def test_gaps_are_bridged_for_models_of_coordinates() -> None:
    points = torch.arange(6.0)[None, :, None, None].expand(1, 6, 2, 2).clone()
    points[0, 2:4, 0] = torch.nan
    points[0, 0, 0] = torch.nan
    points[0, :, 1] = torch.nan
    bridged = filled(points)
    assert bridged[0, :, 0, 0].tolist() == [1, 1, 2, 3, 4, 5]
    assert (bridged[0, :, 1] == 27.5).all()


def test_points_count_as_right_by_shares_of_the_torso() -> None:
    truth = torch.zeros(1, 1, 3, 2)
    truth[0, 0, 2] = torch.nan
    batch = Batch(truth, torch.ones(1, 1, 3), truth, torch.full((1, 1), 10.0))
    points = torch.tensor([[[[0.4, 0.0], [0.0, 1.5], [0.0, 0.0]]]])
    scored, right = count_right(points, batch)
    assert scored.tolist() == [1, 1, 0]
    assert right.tolist() == [[1, 0, 0], [1, 0, 0], [1, 1, 0]]
