"""Windows over a clip and frame rates: every frame is covered, and a movement survives the way there and back."""

import numpy as np
import pytest

import resources
from annotation.model_cards import read_card
from annotation.smoothing_windows import count_windows
from inference.smoothing.resampling import fill_missing, grid_at, is_even
from inference.smoothing.windows import Windows, windows_of


@pytest.mark.parametrize(("n_frames", "length", "stride"), [(23, 5, 2), (5, 5, 2), (6, 5, 3), (100, 31, 7), (7, 7, 1)])
def test_windows_cover_every_frame_and_stay_inside(n_frames: int, length: int, stride: int) -> None:
    frames = Windows(n_frames, length, stride).frames()
    assert set(frames.ravel()) == set(range(n_frames))
    assert (np.diff(frames, axis=1) == 1).all()


def test_a_short_clip_holds_its_last_frame() -> None:
    assert Windows(3, 5, 2).frames().tolist() == [[0, 1, 2, 2, 2]]


@pytest.mark.parametrize("n_frames", [1, 3, 5, 23])
def test_answers_that_agree_are_returned(n_frames: int) -> None:
    windows = Windows(n_frames, 5, 2)
    truth = np.random.default_rng(0).normal(size=(n_frames, 4, 2))
    assert windows.blend(truth[windows.frames()]) == pytest.approx(truth)


def test_answers_in_the_middle_of_a_window_count_most() -> None:
    windows = Windows(7, 5, 2)
    answers = np.zeros((2, 5, 1, 1))
    answers[1] = 1.0
    blended = windows.blend(answers)[:, 0, 0]
    assert blended[:2] == pytest.approx(0)
    assert blended[5:] == pytest.approx(1)
    assert (np.diff(blended) >= 0).all()
    assert blended[3] == pytest.approx(0.5)


def test_a_window_without_an_answer_does_not_count() -> None:
    windows = Windows(7, 5, 2)
    answers = np.zeros((2, 5, 2, 2))
    answers[1] = np.nan
    blended = windows.blend(answers)
    assert (blended[:5] == 0).all()
    assert np.isnan(blended[5:]).all()


def test_windows_of_middles_answer_for_the_ends_as_well() -> None:
    windows = Windows(8, 5, 1, middles=True)
    number = np.arange(4.0)[:, None, None, None] + np.zeros((4, 5, 1, 1))
    assert windows.blend(number)[:, 0, 0] == pytest.approx([0, 0, 0, 1, 2, 3, 3, 3])
    assert Windows(3, 5, 1, middles=True).blend(number[:1])[:, 0, 0] == pytest.approx([0, 0, 0])
    assert len(windows.borders()) == 0


def test_borders_are_where_windows_begin_and_end() -> None:
    assert Windows(9, 5, 2).borders().tolist() == [2, 4, 5, 7]


def test_missing_points_are_filled_along_lines_and_the_never_seen_stay_missing() -> None:
    points = np.full((5, 2, 2), np.nan)
    points[1, 0], points[3, 0] = (0, 10), (4, 30)
    filled = fill_missing(points, np.array([0.0, 1.0, 1.5, 3.0, 4.0]))
    assert filled[:, 0].tolist() == [[0, 10], [0, 10], [1, 15], [4, 30], [4, 30]]
    assert np.isnan(filled[:, 1]).all()


def test_a_clip_at_the_models_rate_is_taken_as_it_is() -> None:
    for fps in (29.97, 30.0):
        assert grid_at(np.arange(50) / fps, 30.0).own
    rounded = np.round(np.arange(50) / 30, 3)
    assert grid_at(rounded, 30.0).own
    assert grid_at(np.zeros(1), 30.0).own
    assert not grid_at(np.arange(50) / 25, 30.0).own


@pytest.mark.parametrize("fps", [12.5, 24.0, 25.0, 50.0, 59.94, 120.0, 240.0])
def test_a_slow_movement_survives_the_way_there_and_back(fps: float) -> None:
    times = np.arange(int(4 * fps)) / fps
    swing = 100 * np.sin(2 * np.pi * 0.5 * times)[:, None]
    grid = grid_at(times, 30.0)
    assert len(grid.times_s) == pytest.approx(30 * times[-1] + 1, abs=1)
    assert np.abs(grid.back(grid.there(swing)) - swing).max() < 1.0


def test_uneven_frames_are_placed_by_their_times() -> None:
    rng = np.random.default_rng(1)
    times = np.sort(rng.uniform(0, 5, 160))
    assert not is_even(times)
    ramp = (40 * times)[:, None]
    grid = grid_at(times, 30.0)
    assert np.abs(grid.there(ramp)[:, 0] - 40 * grid.times_s).max() < 2.0
    assert grid.there(np.ones((160, 1))) == pytest.approx(1.0)


def test_more_frames_than_wanted_are_averaged() -> None:
    times = np.arange(1200) / 240
    noise = np.random.default_rng(2).normal(size=(1200, 1))
    assert np.std(grid_at(times, 30.0).there(noise)) < 0.45


@pytest.mark.parametrize("key", ["conv3d", "convlstm-s", "convlstm-c", "deciwatch", "smoothnet"])
def test_as_many_windows_are_expected_as_there_are(key: str) -> None:
    card = read_card(resources.resource_path() / "models" / f"{key}.safetensors")
    for n_frames in (1, 14, 15, 16, 64, 65, 377, 1800):
        assert count_windows(card, n_frames) == len(windows_of(card, n_frames).starts)
