"""When to take a smoother, as its card tells it."""

import pytest

import resources
from annotation.model_cards import read_card
from app.smoother_advice import advice


@pytest.mark.parametrize("key", ["conv3d", "convlstm-s", "convlstm-c", "deciwatch", "smoothnet"])
def test_what_makes_a_detectors_points_worse_names_another(key: str) -> None:
    card = read_card(resources.resource_path() / "models" / f"{key}.safetensors")
    figures = card.figures["default detector"]
    worse = figures["steadied"]["pck@0.05"] < figures["identity"]["pck@0.05"]
    assert worse == (key == "smoothnet")
    assert ("For a detector's points take Steady path." in advice(card.entry, card)) == worse
