"""Search answers words, parts of words and initials, in this order."""

import pytest

from widgets.matching import match


@pytest.mark.parametrize("query", ["next", "keyframe", "nkf", "frame next", "NEXT k", "xt", ""])
def test_these_find_next_keyframe(query: str) -> None:
    assert match(query, "Next keyframe") is not None


@pytest.mark.parametrize("query", ["previous", "nkz", "next wrist", "kn", "z"])
def test_these_do_not(query: str) -> None:
    assert match(query, "Next keyframe") is None


def test_whole_words_come_before_starts_before_parts_before_letters() -> None:
    texts = ["Fit body", "Fitting", "Outfit", "File it"]
    scores = [match("fit", text) for text in texts]
    assert None not in scores
    assert scores == sorted(scores, key=lambda score: -(score or 0))
