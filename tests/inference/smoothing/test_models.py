"""The networks: as many parameters as the thesis counts, and what each of them looks at."""

import pytest
import torch

from inference.smoothing.catalogue import build, count_parameters
from inference.smoothing.conv3d import Conv3DSmoother
from inference.smoothing.deciwatch import DeciWatch, interpolation, sampled_frames
from inference.smoothing.transformer import Width

LEARNED_ON_MAPS = ["conv3d", "convlstm-s", "convlstm-c"]


@pytest.mark.parametrize(
    ("key", "count"),
    [("conv3d", 78_150), ("convlstm-s", 1_875_666), ("convlstm-c", 1_872_313), ("deciwatch", 1_708_388)],
)
def test_models_have_as_many_parameters_as_the_thesis_counts(key: str, count: int) -> None:
    assert count_parameters(build(key, n_joints=25)) == count


@pytest.mark.parametrize("k", [13, 17, 26])
def test_the_number_of_parameters_follows_from_the_joints(k: int) -> None:
    cell = 4 * 2 * (9 * k * k + k) + 7 * k * 56 * 56
    three = (9 * k * 128 + 128) + 2 * (9 * 128 * 128 + 128)
    onto_maps = 128 * k + k
    assert count_parameters(build("conv3d", n_joints=k)) == k * k * 125 + k
    assert count_parameters(build("convlstm-s", n_joints=k)) == 2 * (cell + three + 128 * 128 + 128 + onto_maps)
    assert count_parameters(build("convlstm-c", n_joints=k)) == 2 * (cell + three) + 256 * 128 + 128 + onto_maps
    at_25 = 1_708_388
    assert count_parameters(build("deciwatch", n_joints=k)) == at_25 + (k - 25) * 2 * (5 * 128 + 128 + 2 * 128 + 2)


def test_smoothnet_has_the_size_of_the_release_whatever_the_joints() -> None:
    assert count_parameters(build("smoothnet", n_joints=25)) == 50_224
    assert count_parameters(build("smoothnet", n_joints=3)) == 50_224


def test_smoothnet_treats_every_coordinate_alike() -> None:
    model = build("smoothnet", n_joints=4).eval()
    points = torch.randn(2, 32, 4, 2)
    alone = model(points[:, :, 2:3, 1:2])
    assert torch.allclose(model(points)[:, :, 2:3, 1:2], alone, atol=1e-5)


def test_deciwatch_needs_no_more_parameters_for_longer_windows() -> None:
    model = build("deciwatch", n_joints=25).eval()
    for n_frames in (5, 6, 31):
        recovered, denoised = model(torch.zeros(2, n_frames, 25, 2))
        assert recovered.shape == (2, n_frames, 25, 2)
        assert denoised.shape == (2, len(sampled_frames(n_frames, 5)), 25, 2)


@pytest.mark.parametrize("key", LEARNED_ON_MAPS)
def test_map_models_keep_the_shape(key: str) -> None:
    maps = torch.rand(2, 5, 3, 56, 56)
    assert build(key, n_joints=3)(maps).shape == maps.shape


def test_3dconv_is_a_convolution_over_time_and_place_and_knows_the_middle_alone() -> None:
    model = Conv3DSmoother(3)
    torch.nn.init.uniform_(model.convolution.bias)
    maps = torch.rand(2, 5, 3, 56, 56)
    plain = torch.relu(model.convolution(maps.transpose(1, 2))).transpose(1, 2)
    assert torch.allclose(model(maps), plain, atol=1e-5)
    assert torch.allclose(model.middle(maps), plain[:, 2:3], atol=1e-5)


@pytest.mark.parametrize("key", LEARNED_ON_MAPS)
def test_map_models_learn_from_every_parameter(key: str) -> None:
    torch.manual_seed(3)
    model = build(key, n_joints=2, n_frames=3)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.01 * torch.rand_like(parameter))  # away from zeros, where gradients of products vanish
    model(torch.rand(1, 3, 2, 56, 56)).square().sum().backward()
    assert all(parameter.grad is not None and parameter.grad.abs().max() > 0 for parameter in model.parameters())


@pytest.mark.parametrize("key", ["convlstm-s", "convlstm-c"])
def test_the_directions_look_both_ways_through_the_whole_window(key: str) -> None:
    torch.manual_seed(5)
    model = build(key, n_joints=2)
    maps = 10 * torch.rand(1, 3, 2, 56, 56)
    for changed in (0, 2):
        other = maps.clone()
        other[:, changed] += 10 * torch.rand(2, 56, 56)
        difference = (model(maps) - model(other)).abs().amax((0, 2, 3, 4))
        assert (difference > 0).all()


def test_deciwatch_looks_at_nothing_but_the_sampled_poses() -> None:
    torch.manual_seed(1)
    model = DeciWatch(4, sample_every=5).eval()
    points = torch.randn(1, 11, 4, 2)
    other = points.clone()
    other[:, [1, 2, 3, 4, 6, 7, 8, 9]] += 1.0
    assert torch.equal(model(points)[0], model(other)[0])
    other[:, 5] += 1.0
    assert not torch.allclose(model(points)[0], model(other)[0])


@pytest.mark.parametrize("pre_norm", [True, False])
def test_deciwatch_without_learned_changes_joins_the_sampled_poses_by_lines(pre_norm: bool) -> None:
    model = DeciWatch(3, sample_every=5, width=Width(pre_norm=pre_norm)).eval()
    for layer in (model.encoder_joints_embed, model.decoder_joints_embed):
        torch.nn.init.zeros_(layer.weight)
        torch.nn.init.zeros_(layer.bias)
    line = torch.linspace(0, 1, 11)[None, :, None, None].expand(1, 11, 3, 2)
    assert torch.allclose(model(line)[0], line, atol=1e-6)


def test_interpolation_reaches_the_last_frame_of_windows_of_any_length() -> None:
    assert sampled_frames(5, 5).tolist() == [0, 4]
    assert sampled_frames(6, 5).tolist() == [0, 5]
    frames = sampled_frames(8, 5)
    assert frames.tolist() == [0, 5, 7]
    assert torch.allclose(interpolation(8, frames) @ frames.float(), torch.arange(8.0))
