"""A wall and a height that do not go together are told; what agrees is not."""

import pytest

from annotation.fact_checks import misfit
from annotation.known_facts import Climber, Facts
from annotation.poses import Plane

WALL = (Plane((0.0, 0.0, -1.0), -4.0),)


@pytest.mark.parametrize(
    ("height_m", "n_contacts", "words"),
    [
        (1.66, 12, ""),
        (1.74, 12, "174 cm tall, not 165"),
        (1.62, 12, "162 cm tall, not 165"),
        (1.66, 0, "No hand or foot"),
        (None, None, ""),
    ],
)
def test_a_stated_wall_is_held_against_the_body(height_m: float | None, n_contacts: int | None, words: str) -> None:
    said = misfit(Facts(climber=Climber(1.65), walls=WALL), height_m=height_m, n_contacts=n_contacts)
    assert words in said and bool(said) == bool(words)


def test_without_a_stated_wall_nothing_is_held_against_it() -> None:
    assert misfit(Facts(climber=Climber(1.65)), height_m=1.80, n_contacts=0) == ""
