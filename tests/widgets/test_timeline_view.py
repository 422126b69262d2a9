"""The frames in view: zooming and panning never leave the clip, and every frame has its place."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from widgets.timeline_view import Scale, View, Viewport, column_end, column_starts, nearest

N_FRAMES = 1000


@pytest.fixture
def viewport() -> Viewport:
    viewport = Viewport()
    viewport.set_length(N_FRAMES)
    return viewport


@given(
    st.lists(
        st.one_of(
            st.tuples(st.just("zoom"), st.floats(0.05, 20), st.floats(-100, 1100)),
            st.tuples(st.just("pan"), st.floats(-2000, 2000)),
            st.tuples(st.just("show_range"), st.integers(0, 500), st.integers(500, 999)),
            st.tuples(st.just("follow"), st.integers(0, 999)),
        ),
        max_size=12,
    )
)
def test_whatever_one_does_the_view_stays_in_the_clip(steps) -> None:
    viewport = Viewport()
    viewport.set_length(N_FRAMES)
    for name, *numbers in steps:
        if name == "zoom":
            viewport.zoom(numbers[0], about=numbers[1])
        else:
            getattr(viewport, name)(*numbers)
        assert viewport.view.first >= -1e-9
        assert viewport.view.end <= N_FRAMES + 1e-6
        assert 10 - 1e-9 <= viewport.view.n_frames <= N_FRAMES + 1e-9


def test_a_range_is_shown_whole_with_room_around_it(viewport: Viewport) -> None:
    viewport.show_range(400, 499)
    assert viewport.zoomed
    assert 380 < viewport.view.first < 400
    assert 500 < viewport.view.end < 520


def test_zooming_keeps_the_place_below_the_cursor(viewport: Viewport) -> None:
    scale = Scale(viewport.view, 100, 800)
    x = scale.middle(700)
    viewport.zoom(5, about=scale.position(x))
    assert Scale(viewport.view, 100, 800).middle(700) == pytest.approx(x)


def test_a_short_clip_is_shown_whole() -> None:
    viewport = Viewport()
    viewport.set_length(4)
    viewport.zoom(100, about=2)
    assert (viewport.view.first, viewport.view.end) == (0, 4)
    assert not viewport.zoomed


@pytest.mark.parametrize(
    ("first", "n_frames", "n_columns"), [(0, 1000, 300), (12.5, 40, 800), (990.25, 10, 640), (0, 5, 1)]
)
def test_columns_cover_every_frame_in_view(first: float, n_frames: float, n_columns: int) -> None:
    view, length = View(first, n_frames), 1000
    end = column_end(view, length=length)
    starts = column_starts(view, n_columns, length=end)
    assert len(starts) == n_columns
    assert (np.diff(starts) >= 0).all()
    seen = np.maximum.reduceat(np.arange(end), starts)
    assert seen[-1] == end - 1
    hit = np.zeros(end, bool)
    for start, stop in zip(starts, [*starts[1:], end], strict=True):
        hit[start : max(stop, start + 1)] = True
    assert hit[int(np.floor(first)) :].all()


def test_the_nearest_of_many() -> None:
    frames = np.array([3, 10, 20])
    assert [nearest(frames, frame) for frame in (0, 6, 7, 14, 16, 99)] == [3, 3, 10, 10, 20, 20]
    assert nearest(frames[:0], 5) is None
