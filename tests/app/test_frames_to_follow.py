"""From where to where joints are followed."""

import pytest

from app.following_presenter import FOLLOW_S, frames_to_follow

FAR = round(FOLLOW_S * 25)


@pytest.mark.parametrize(
    ("frame", "keyframes", "direction", "frames", "expected"),
    [
        (10, [10], 1, None, (10, 10 + FAR)),
        (10, [10], -1, None, (10, 0)),
        (90, [90], -1, None, (90, 90 - FAR)),
        (10, [10, 30], 1, None, (10, 30)),
        (12, [10, 30], 1, None, (10, 30)),
        (12, [10, 30], -1, None, (30, 10)),
        (95, [95], 1, None, (95, 99)),
        (10, [10, 12, 30], 1, (5, 40), (10, 40)),
        (10, [10, 12, 30], -1, (5, 40), (30, 5)),
        (99, [99], 1, None, None),
        (10, [], 1, None, None),
        (10, [12], 1, None, None),
        (50, [10], 1, (40, 60), None),
    ],
)
def test_from_where_to_where(frame, keyframes, direction, frames, expected) -> None:
    assert frames_to_follow(frame, keyframes, direction=direction, frames=frames, fps=25.0, n_frames=100) == expected
