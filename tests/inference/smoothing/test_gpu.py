"""On a GPU the smoothers, their training and the body give what they give on the processor."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from annotation.body import builtin_body
from annotation.labels import Keypoints2D
from annotation.skeletons import load_skeleton
from inference.body_torch import BodyTorch, TorchRig
from inference.smoothing.catalogue import build
from inference.smoothing.checkpoints import Checkpoint, load_checkpoint
from inference.smoothing.clip import smooth_clip
from inference.smoothing.device import device_named, hardware
from inference.smoothing.over_frames import Numerics, numerics_on
from inference.smoothing.smoothers import Smoother
from inference.smoothing.training.data import PointSequence, split_by_motion, windows_of
from inference.smoothing.training.feeding import Feeder
from inference.smoothing.training.noise import SHIPPED, experiment
from inference.smoothing.training.objectives import objective_for
from inference.smoothing.training.recipes import Phase, card_of, make, save, shipped_recipe
from inference.smoothing.training.schedule import Schedule
from inference.smoothing.training.trainer import EpochFigures, Listener, Trainer

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="PyTorch finds no GPU"),
]

KEYS = ("conv3d", "convlstm-s", "convlstm-c", "deciwatch", "smoothnet")
GPU, SKELETON = torch.device("cuda"), load_skeleton("climbalong25")
QUICK = Schedule(batches_per_epoch=20, batch_size=16, max_epochs=3, scored=32, averaging=0.9, warm_up=5)


@pytest.fixture(autouse=True)
def exact() -> Iterator[None]:
    """Multiply in float32 in full."""
    before = torch.backends.cudnn.allow_tf32
    torch.backends.cudnn.allow_tf32 = False
    yield
    torch.backends.cudnn.allow_tf32 = before


def swaying(n: int = 5, n_frames: int = 60) -> list[PointSequence]:
    rng = np.random.default_rng(0)
    poses = rng.uniform(100, 500, (n, 1, 25, 2))
    poses[:, 0, [3, 4, 15, 16]] = [[200, 150], [260, 150], [210, 320], [250, 320]]
    sway = 10 * np.sin(np.arange(n_frames) / 9)[:, None, None]
    return [
        PointSequence(f"a{number}", (pose + sway).astype(np.float32), SKELETON.name, 30.0)
        for number, pose in enumerate(poses)
    ]


def window_for(key: str) -> torch.Tensor:
    generator = torch.Generator().manual_seed(0)
    shape = (2, 5, 25, 56, 56) if key.startswith("conv") else (2, 51 if key == "deciwatch" else 32, 25, 2)
    return torch.rand(shape, generator=generator)


@pytest.mark.parametrize("key", KEYS)
def test_a_model_gives_the_same_on_both(key: str) -> None:
    torch.manual_seed(0)
    model, window = build(key, n_joints=25).eval(), window_for(key)
    with torch.inference_mode():
        here = model(window)
        there = model.to(GPU)(window.to(GPU))
    here, there = (answer[0] if isinstance(answer, tuple) else answer for answer in (here, there))
    scale = float(here.abs().max())
    torch.testing.assert_close(there.cpu(), here, rtol=0, atol=1e-4 * scale)


@pytest.mark.parametrize("key", KEYS)
def test_a_clip_is_smoothed_alike(key: str, tmp_path: Path) -> None:
    recipe = replace(shipped_recipe(key), tested=8, phases=(Phase(replace(QUICK, max_epochs=1, batches_per_epoch=2)),))
    sequences = swaying(n_frames=80)
    made = make(recipe, sequences, folder=tmp_path / "training", device=GPU)
    assert made.hardware == hardware(GPU)
    card = card_of(recipe, made, skeleton=SKELETON.name, fps=30.0, data="", command="")
    save(made, card, tmp_path / "weights.safetensors")
    loaded = load_checkpoint(tmp_path / "weights.safetensors")
    noise = np.random.default_rng(1).normal(0, 5, sequences[0].xy.shape)
    given = Keypoints2D((sequences[0].xy + noise).astype(np.float32), np.ones((80, 25), np.float32), SKELETON.name)
    found = [
        smooth_clip(
            given,
            smoother=Smoother(loaded.card.entry, Checkpoint(loaded.model, loaded.card), key),
            times_s=np.arange(80) / 30,
            strength=1.0,
            numerics=numerics,
        ).xy
        for numerics in (numerics_on(GPU), Numerics())
    ]
    np.testing.assert_allclose(found[0], found[1], atol=0.05)
    assert np.abs(found[0] - given.xy).max() > 0.5


@pytest.mark.parametrize("key", KEYS)
def test_some_batches_on_the_gpu_lower_the_loss(key: str, tmp_path: Path) -> None:
    told: list[EpochFigures] = []
    recipe = shipped_recipe(key)
    phases = tuple(replace(phase, schedule=QUICK) for phase in recipe.phases[:1])
    sequences = swaying(n_frames=90)
    make(replace(recipe, phases=phases, tested=8), sequences, folder=tmp_path, listener=Listener(epoch=told.append))
    assert all(np.isfinite(figures.training_loss) for figures in told)
    assert told[2].validation.loss < told[0].validation.loss


def test_a_training_goes_on_where_it_was_also_on_the_other_device(tmp_path: Path) -> None:
    def trainer(device: torch.device, epochs: int) -> Trainer:
        sequences = swaying()
        torch.manual_seed(0)
        split = split_by_motion(sequences, windows_of(sequences, n_frames=8), seed=0)
        feeder = Feeder(sequences, experiment(1, k=1), SKELETON)
        schedule = replace(QUICK, max_epochs=3, as_mean=False)
        model = build("smoothnet", n_joints=25, n_frames=8).to(device)
        objective = objective_for("smoothnet")
        return Trainer(model, objective, feeder, split, schedule=schedule, folder=tmp_path, seed=0)

    epochs: list[int] = []

    def after(n: int) -> Listener:
        return Listener(epoch=lambda figures: epochs.append(figures.epoch), stopped=lambda: len(epochs) >= n)

    trainer(GPU, 3).run(after(1))
    trainer(GPU, 3).run(after(2))
    trained = trainer(torch.device("cpu"), 3).run(after(3))
    assert epochs == [1, 2, 3]
    assert [figures.epoch for figures in trained.history] == epochs


def test_batches_are_made_on_the_gpu_from_its_own_noise() -> None:
    sequences = swaying()
    feeder = Feeder(sequences, SHIPPED, SKELETON)
    windows = windows_of(sequences, n_frames=15)[:64]
    one, again = (feeder.batch(windows, torch.Generator(GPU).manual_seed(3)) for _ in range(2))
    assert one.given.device.type == "cuda"
    assert torch.equal(one.given.nan_to_num(), again.given.nan_to_num())
    here = feeder.batch(windows, torch.Generator().manual_seed(3))
    torch.testing.assert_close(one.torso.cpu(), here.torso, rtol=1e-4, atol=1e-3)


def test_the_body_is_where_numpy_puts_it() -> None:
    body, rng = builtin_body(), np.random.default_rng(0)
    pose, transl = rng.normal(0, 0.4, (6, 24, 3)), rng.normal(0, 1, (6, 3))
    betas = rng.normal(0, 1, body.n_betas)
    on_gpu = BodyTorch(body, dtype=torch.float64).to(GPU)
    rig = body.keypoint_rig(SKELETON.name)
    b, p, t = (torch.from_numpy(array).to(GPU) for array in (betas, pose, transl))
    found = on_gpu.keypoints(TorchRig(rig, dtype=torch.float64).to(GPU), b, p, transl=t)
    np.testing.assert_allclose(found.cpu().numpy(), body.keypoints(rig, betas, pose, transl=transl), atol=1e-6)
    vertices, joints = on_gpu(b, p, transl=t)
    wanted = BodyTorch(body, dtype=torch.float64)(b.cpu(), p.cpu(), transl=t.cpu())
    np.testing.assert_allclose(vertices.cpu(), wanted[0], atol=1e-6)
    np.testing.assert_allclose(joints.cpu(), wanted[1], atol=1e-6)


def test_the_gpu_is_taken_where_there_is_one() -> None:
    assert device_named().type == "cuda"
    assert torch.cuda.get_device_name(GPU) in hardware(GPU)
