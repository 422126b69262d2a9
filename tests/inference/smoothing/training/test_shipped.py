"""The weights that come with the program do what they are for."""

from pathlib import Path

import numpy as np
import pytest

import resources
from annotation.model_cards import SMOOTHERS, WEIGHTS_SUFFIX, read_card
from inference.smoothing.training.synthesiser import MotionRecipe, synthesise
from inference.smoothing.training.yardsticks import NoisyClip, figures_of, noisy, shipped, with_smoother

LEARNED = [entry.key for entry in SMOOTHERS if entry.learned]


@pytest.fixture(scope="module")
def clips() -> list[NoisyClip]:
    """Return a climb that no training has seen, as the thesis disturbs it."""
    (sequence,) = synthesise(MotionRecipe(1, 1, 4.0), seed=0, first=300_000)
    return [noisy(sequence, k=1, seed=1)]


@pytest.mark.parametrize("key", LEARNED)
def test_shipped_weights_put_more_points_right_and_calm_them(clips: list[NoisyClip], key: str) -> None:
    before = figures_of(clips, None)
    after = figures_of(clips, with_smoother(shipped(key), strength=1.0))
    for threshold, share in before.pck.items():
        assert after.pck[threshold] > share
    assert after.acceleration < 0.5 * before.acceleration


@pytest.mark.parametrize("key", LEARNED)
def test_cards_say_what_weights_are_and_files_are_small(key: str) -> None:
    weights = Path(resources.resource_path("models", f"{key}{WEIGHTS_SUFFIX}"))
    card = read_card(weights)
    assert weights.stat().st_size < 8e6
    assert card.licence == "Apache-2.0"
    assert "H100" in card.hardware
    assert "synthesised motion only" in card.recipe["data"]
    assert card.recipe["command"].startswith(f"betascope train smoother --model {key}")
    assert np.isfinite(card.figures["test"]["pck@0.1"])
    assert card.figures["test"]["pck@0.1"] > card.figures["identity"]["pck@0.1"]
