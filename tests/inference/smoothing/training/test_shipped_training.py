"""The shipped recipe cut short: weights that load, kept for the next time; and the whole path from the command line."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from annotation.model_cards import SMOOTHERS, smoother_entry
from app.cli import EXIT_OK, main
from inference.smoothing.smoothers import open_smoother
from inference.smoothing.training import shipped_training
from inference.smoothing.training.recipes import shipped_recipe
from inference.smoothing.training.shipped_training import LITTLE, train_a_little
from inference.smoothing.training.synthesiser import SKELETON, MotionRecipe

LEARNED = [entry for entry in SMOOTHERS if entry.learned]


def no_report(_done: int, _total: int, _message: str) -> None:
    pass


def test_weights_of_a_little_training_are_kept_and_load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shipped_training, "SMOOTHERS", (smoother_entry("smoothnet"), smoother_entry("median")))
    tiny = replace(LITTLE, motion=MotionRecipe(5, 1, 3.0), batches=2, batch_size=4, scored=4)
    cpu = torch.device("cpu")
    found = train_a_little(tiny, tmp_path, seed=0, device=cpu, command="betascope", report=no_report)
    assert list(found) == ["SmoothNet"]
    assert found["SmoothNet"].card is not None and found["SmoothNet"].card.window == 64
    before = (tmp_path / "smoothnet.safetensors").read_bytes()
    train_a_little(tiny, tmp_path, seed=1, device=cpu, command="betascope", report=no_report)
    assert (tmp_path / "smoothnet.safetensors").read_bytes() == before


@pytest.mark.parametrize("key", [entry.key for entry in LEARNED])
def test_what_is_cut_short_sees_what_the_shipped_weights_see(key: str) -> None:
    whole, short = shipped_recipe(key), LITTLE.recipe_for(smoother_entry(key), seed=0)
    assert (short.window, short.noise, len(short.phases)) == (whole.window, whole.noise, len(whole.phases))
    assert sum(phase.schedule.last_epoch for phase in short.phases) == len(whole.phases)


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_the_whole_path_from_training_to_the_page(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["reproduce", "shipped", "--small", "--device", "cpu", "--out", str(tmp_path), "--json"]) == EXIT_OK
    answer = json.loads(capsys.readouterr().out)
    assert answer["runs"] == len(LEARNED)
    page = (tmp_path / "shipped.md").read_text(encoding="utf-8")
    assert "`betascope reproduce shipped --small --seed 0 --out DIR`" in page
    for title in (entry.title for entry in LEARNED):
        rows = [line for line in page.splitlines() if line.startswith(f"| {title} |")]
        assert len(rows) == 3 and not any("nan" in row for row in rows), "both noises, and the detector's points"
        assert f"| {title}, steadied |" in page
    for entry in LEARNED:
        weights = tmp_path / "small-weights" / f"{entry.key}.safetensors"
        smoother = open_smoother(entry.key, skeleton=SKELETON, weights=weights)
        assert smoother.card is not None and smoother.card.recipe["preset"] == "shipped, cut short"
