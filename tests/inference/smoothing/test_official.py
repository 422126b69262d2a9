"""Checkpoints of the official releases: read without running anything, refused where they are something else."""

from pathlib import Path

import numpy as np
import pytest
import torch

from annotation.errors import BetascopeError, ModelFileError
from annotation.labels import Keypoints2D
from annotation.skeletons import load_skeleton
from inference.smoothing.catalogue import build, count_parameters
from inference.smoothing.checkpoints import load_checkpoint, save_checkpoint
from inference.smoothing.clip import smooth_clip
from inference.smoothing.official import adopt, load_official
from inference.smoothing.over_frames import Numerics
from inference.smoothing.smoothers import open_smoother


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
    with pytest.raises(ModelFileError, match="no official checkpoint"):
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


def test_an_official_deciwatch_is_taken_in_for_a_skeleton_of_as_many_joints(tmp_path: Path) -> None:
    state = official_state(34, hidden=128, layers=5, pre_norm=False)
    torch.save({"state_dict": state}, tmp_path / "official.pth.tar")
    adopted = adopt(tmp_path / "official.pth.tar", skeleton=load_skeleton("coco17"))
    save_checkpoint(tmp_path / "mine.safetensors", adopted.model, adopted.card)
    again = load_checkpoint(tmp_path / "mine.safetensors", joints=load_skeleton("coco17").joints)
    points = torch.rand(1, again.card.window, 17, 2)
    assert torch.allclose(again.model(points)[0], adopted.model(points)[0])
    with pytest.raises(ModelFileError, match="trained for 17 joints"):
        adopt(tmp_path / "official.pth.tar", skeleton=load_skeleton("climbalong25"))


def test_an_official_deciwatch_sees_points_in_the_picture(tmp_path: Path) -> None:
    state = official_state(34, hidden=32, layers=1, pre_norm=False)
    for name in ("encoder", "decoder"):
        state[f"transformer.{name}_joints_embed.weight"].zero_()
        state[f"transformer.{name}_joints_embed.bias"].zero_()
    state["transformer.decoder_joints_embed.bias"][:2] = torch.tensor([0.1, 0.2])  # a tenth and a fifth of the picture
    torch.save(state, tmp_path / "official.pth")
    adopted = adopt(tmp_path / "official.pth", skeleton=load_skeleton("coco17"))
    save_checkpoint(tmp_path / "mine.safetensors", adopted.model, adopted.card)
    smoother = open_smoother("mine", skeleton="coco17", weights=tmp_path / "mine.safetensors")
    times = np.arange(31) / 30
    xy = np.tile(np.random.default_rng(0).uniform(100, 500, (17, 2)), (31, 1, 1)).astype(np.float32)
    keypoints = Keypoints2D(xy, np.ones((31, 17), np.float32), "coco17")
    moved = smooth_clip(keypoints, smoother=smoother, times_s=times, size_px=(1000, 600), numerics=Numerics()).xy - xy
    assert moved[:, 0] == pytest.approx(np.tile([100.0, 120.0], (31, 1)), abs=0.1)
    assert moved[:, 1:] == pytest.approx(0, abs=0.1)
    with pytest.raises(BetascopeError, match="size of the picture"):
        smooth_clip(keypoints, smoother=smoother, times_s=times)


def test_an_official_smoothnet_fits_every_skeleton(tmp_path: Path) -> None:
    model = build("smoothnet", n_joints=1, n_frames=16, options={"hidden": 64, "bottleneck": 8, "n_blocks": 2}).eval()
    torch.save({"epoch": 3, "state_dict": model.state_dict()}, tmp_path / "checkpoint_16.pth.tar")
    adopted = adopt(tmp_path / "checkpoint_16.pth.tar", skeleton=load_skeleton("climbalong25"))
    assert (adopted.card.window, adopted.card.joints, adopted.card.model) == (16, (), "smoothnet")
    save_checkpoint(tmp_path / "net.safetensors", adopted.model, adopted.card)
    for skeleton in ("coco17", "halpe26"):
        joints = load_skeleton(skeleton).joints
        again = load_checkpoint(tmp_path / "net.safetensors", joints=joints).model
        points = torch.rand(2, 16, len(joints), 2)
        assert torch.allclose(again(points), model(points))
