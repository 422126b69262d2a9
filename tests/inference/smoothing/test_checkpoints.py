"""Weights on the disk: they come back as they were, and what is none is refused in words."""

from pathlib import Path

import pytest
import torch

from annotation.errors import BetascopeError, MissingWeightsError, ModelFileError
from annotation.model_cards import ModelCard, card_path, find_weights, read_card, weights_for
from annotation.skeletons import load_skeleton
from inference.smoothing.catalogue import build, count_parameters
from inference.smoothing.checkpoints import load_checkpoint, save_checkpoint

JOINTS = load_skeleton("climbalong25").joints


def card_of(key: str, *, joints: tuple[str, ...] = JOINTS, **others: object) -> ModelCard:
    fields = {"fps": 30.0, "window": 5, "n_parameters": 1, "options": {}} | others
    return ModelCard(key, f"{key} of a test", "climbalong25", joints, **fields)  # type: ignore[arg-type]


@pytest.mark.parametrize("key", ["conv3d", "deciwatch"])
def test_a_saved_model_comes_back_with_its_card(tmp_path: Path, key: str) -> None:
    model = build(key, n_joints=25).eval()
    card = card_of(key, figures={"pck": 0.9}, hardware="2 cores")
    save_checkpoint(tmp_path / "mine.safetensors", model, card)
    found = load_checkpoint(tmp_path / "mine.safetensors", joints=JOINTS)
    assert found.card == card
    for name, tensor in model.state_dict().items():
        assert torch.equal(found.model.state_dict()[name], tensor)


def test_half_precision_takes_half_the_space(tmp_path: Path) -> None:
    model = build("conv3d", n_joints=25)
    save_checkpoint(tmp_path / "whole.safetensors", model, card_of("conv3d"))
    save_checkpoint(tmp_path / "half.safetensors", model, card_of("conv3d"), dtype=torch.float16)
    whole, half = ((tmp_path / name).stat().st_size for name in ("whole.safetensors", "half.safetensors"))
    assert half < 0.51 * whole
    loaded = load_checkpoint(tmp_path / "half.safetensors").model.state_dict()["convolution.weight"]
    assert loaded.dtype == torch.float32
    assert torch.allclose(loaded, model.state_dict()["convolution.weight"], atol=1e-3)


def test_sizes_of_the_transformer_come_from_the_card(tmp_path: Path) -> None:
    options = {"sample_every": 10, "width": {"hidden": 32, "layers": 2, "pre_norm": False}}
    model = build("deciwatch", n_joints=25, options=options)
    save_checkpoint(tmp_path / "small.safetensors", model, card_of("deciwatch", options=options))
    loaded = load_checkpoint(tmp_path / "small.safetensors").model
    assert count_parameters(loaded) == count_parameters(model)
    assert loaded.sample_every == 10


def test_weights_of_another_skeleton_are_refused_by_name(tmp_path: Path) -> None:
    joints = load_skeleton("coco17").joints
    save_checkpoint(tmp_path / "coco.safetensors", build("conv3d", n_joints=17), card_of("conv3d", joints=joints))
    with pytest.raises(ModelFileError, match="17 joints, which lacks left pinky"):
        load_checkpoint(tmp_path / "coco.safetensors", joints=JOINTS)


FOREIGN = [("text", b"not a model at all"), ("empty", b""), ("zip", b"PK\x03\x04" + bytes(200))]


@pytest.mark.parametrize(("kind", "content"), FOREIGN)
def test_a_foreign_file_is_refused(tmp_path: Path, kind: str, content: bytes) -> None:
    weights = tmp_path / f"{kind}.safetensors"
    save_checkpoint(weights, build("conv3d", n_joints=25), card_of("conv3d"))
    weights.write_bytes(content)
    with pytest.raises(ModelFileError, match="damaged or no safetensors file"):
        load_checkpoint(weights)


def test_weights_of_another_model_are_refused(tmp_path: Path) -> None:
    save_checkpoint(tmp_path / "lie.safetensors", build("conv3d", n_joints=25), card_of("convlstm-s"))
    with pytest.raises(ModelFileError, match="does not hold the bi-ConvLSTM S"):
        load_checkpoint(tmp_path / "lie.safetensors")


def test_weights_that_are_no_numbers_are_refused(tmp_path: Path) -> None:
    model = build("conv3d", n_joints=25)
    with torch.no_grad():
        next(model.parameters()).fill_(float("nan"))
    save_checkpoint(tmp_path / "nan.safetensors", model, card_of("conv3d"))
    with pytest.raises(ModelFileError, match="no numbers"):
        load_checkpoint(tmp_path / "nan.safetensors")


def test_weights_without_a_card_and_cards_of_others_are_refused(tmp_path: Path) -> None:
    weights = tmp_path / "mine.safetensors"
    save_checkpoint(weights, build("conv3d", n_joints=25), card_of("conv3d"))
    card_path(weights).write_text('{"format": "something else"}')
    with pytest.raises(ModelFileError, match="no model card"):
        read_card(weights)
    card_path(weights).unlink()
    with pytest.raises(ModelFileError, match="has no model card beside it"):
        load_checkpoint(weights)
    assert [(found.name, found.card) for found in find_weights([tmp_path])] == [("mine", None)]


def test_names_lead_to_weights_and_missing_ones_say_how_to_train_them(tmp_path: Path) -> None:
    save_checkpoint(tmp_path / "gym.safetensors", build("conv3d", n_joints=25), card_of("conv3d"))
    assert weights_for("gym", [tmp_path]) == tmp_path / "gym.safetensors"
    assert weights_for("one-euro", [tmp_path]) is None
    with pytest.raises(MissingWeightsError, match="betascope train smoother --model deciwatch"):
        weights_for("deciwatch", [tmp_path])
    with pytest.raises(BetascopeError, match=r"no smoother 'magic'.*gym"):
        weights_for("magic", [tmp_path])
