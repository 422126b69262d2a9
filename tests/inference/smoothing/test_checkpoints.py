from pathlib import Path

import pytest
import torch

from annotation.errors import BetascopeError, MissingWeightsError, ModelFileError
from annotation.model_cards import ModelCard, card_path, find_weights, read_card, weights_for
from annotation.skeletons import load_skeleton
from inference.smoothing.catalogue import build, count_parameters
from inference.smoothing.checkpoints import load_checkpoint, load_official, save_checkpoint

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


def official_state(size: int, *, hidden: int, layers: int, pre_norm: bool) -> dict[str, torch.Tensor]:
    """Return a state dict with the names and shapes of the official release."""
    shapes: dict[str, tuple[int, ...]] = {
        "decoder_embed.weight": (hidden, size, 5),
        "decoder_embed.bias": (hidden,),
        "encoder_embed.weight": (hidden, size),
        "encoder_embed.bias": (hidden,),
        "decoder.norm.weight": (hidden,),
        "decoder.norm.bias": (hidden,),
        "encoder_joints_embed.weight": (size, hidden),
        "encoder_joints_embed.bias": (size,),
        "decoder_joints_embed.weight": (size, hidden),
        "decoder_joints_embed.bias": (size,),
    }
    if pre_norm:
        shapes |= {"encoder.norm.weight": (hidden,), "encoder.norm.bias": (hidden,)}
    for half, attentions, norms in (("encoder", ["self_attn"], 2), ("decoder", ["self_attn", "multihead_attn"], 3)):
        for layer in range(layers):
            start = f"{half}.layers.{layer}"
            for attention in attentions:
                shapes[f"{start}.{attention}.in_proj_weight"] = (3 * hidden, hidden)
                shapes[f"{start}.{attention}.in_proj_bias"] = (3 * hidden,)
                shapes[f"{start}.{attention}.out_proj.weight"] = (hidden, hidden)
                shapes[f"{start}.{attention}.out_proj.bias"] = (hidden,)
            shapes |= {f"{start}.linear1.weight": (256, hidden), f"{start}.linear1.bias": (256,)}
            shapes |= {f"{start}.linear2.weight": (hidden, 256), f"{start}.linear2.bias": (hidden,)}
            for norm in range(1, norms + 1):
                shapes |= {f"{start}.norm{norm}.{part}": (hidden,) for part in ("weight", "bias")}
    generator = torch.Generator().manual_seed(0)
    return {f"transformer.{name}": 0.1 * torch.randn(shape, generator=generator) for name, shape in shapes.items()}


@pytest.mark.parametrize(
    ("size", "hidden", "layers", "pre_norm", "tensors", "parameters"),
    [(30, 128, 5, False, 160, 1_687_612), (42, 32, 5, True, 162, 242_708), (144, 32, 3, False, 100, 176_288)],
    ids=["JHMDB 2D", "3DPW SPIN 3D", "3DPW SMPL"],
)
def test_official_checkpoints_load(
    tmp_path: Path, size: int, hidden: int, layers: int, pre_norm: bool, tensors: int, parameters: int
) -> None:
    state = official_state(size, hidden=hidden, layers=layers, pre_norm=pre_norm)
    assert len(state) == tensors
    torch.save({"epoch": 7, "state_dict": state, "performance": 0.1, "optimizer": {}}, tmp_path / "official.pth.tar")
    model = load_official(tmp_path / "official.pth.tar")
    assert count_parameters(model) == parameters
    assert model.sample_every == 10
    assert torch.equal(model.encoder_embed.weight, state["transformer.encoder_embed.weight"])
    recovered, _ = model(torch.zeros(1, 11, size // 2, 2))
    assert torch.isfinite(recovered).all()


def test_what_is_no_official_checkpoint_is_refused(tmp_path: Path) -> None:
    torch.save({"state_dict": {"conv.weight": torch.zeros(3)}}, tmp_path / "other.pth")
    with pytest.raises(ModelFileError, match="no official DeciWatch checkpoint"):
        load_official(tmp_path / "other.pth")
    (tmp_path / "text.pth").write_text("hello")
    with pytest.raises(ModelFileError, match="no checkpoint that is safe to load"):
        load_official(tmp_path / "text.pth")
    torch.save([1, 2], tmp_path / "list.pth")
    with pytest.raises(ModelFileError, match="holds no weights"):
        load_official(tmp_path / "list.pth")
    with pytest.raises(ModelFileError, match="There is no file"):
        load_official(tmp_path / "nothing.pth")


class Gadget:
    """What a malicious checkpoint would hold."""

    def __reduce__(self) -> tuple[object, ...]:
        return (Path.touch, (Path("it-was-run"),))


def test_a_checkpoint_that_runs_code_is_not_loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    torch.save({"state_dict": Gadget()}, tmp_path / "evil.pth")
    with pytest.raises(ModelFileError, match="safe to load"):
        load_official(tmp_path / "evil.pth")
    assert not (tmp_path / "it-was-run").exists()
