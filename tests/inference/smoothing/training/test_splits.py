"""Windows and splits: nothing that is scored was seen in training."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from inference.smoothing.training.data import PointSequence, Window, split_by_motion, split_in_time, windows_of


def sequence(name: str, n_frames: int) -> PointSequence:
    return PointSequence(name, np.zeros((n_frames, 25, 2), np.float32), "climbalong25", 30.0)


def frames_of(windows: tuple[Window, ...]) -> set[tuple[int, int]]:
    return {(window.sequence, frame) for window in windows for frame in range(window.start, window.end)}


def test_windows_cover_all_frames_and_half_the_rate_takes_every_other() -> None:
    windows = windows_of([sequence("a", 12)], n_frames=5)
    assert [window.start for window in windows] == list(range(8))
    halved = windows_of([sequence("a", 12)], n_frames=5, step=2)
    assert [window.start for window in halved] == [0, 1, 2, 3]
    assert list(range(12))[halved[1].frames] == [1, 3, 5, 7, 9]
    assert windows_of([sequence("a", 4)], n_frames=5) == ()


def test_views_of_a_climb_stay_on_one_side_and_the_shares_are_those_asked_for() -> None:
    sequences = [sequence(f"climb-{climb}-view-{view}", 10) for climb in range(10) for view in range(3)]
    split = split_by_motion(sequences, windows_of(sequences, n_frames=5), seed=0)
    sides = [{sequences[w.sequence].motion for w in side} for side in (split.train, split.validation, split.test)]
    assert [len(side) for side in sides] == [6, 2, 2]
    assert not sides[0] & sides[1] and not sides[0] & sides[2] and not sides[1] & sides[2]
    assert split == split_by_motion(sequences, windows_of(sequences, n_frames=5), seed=0)
    assert split != split_by_motion(sequences, windows_of(sequences, n_frames=5), seed=1)


@given(st.lists(st.integers(3, 60), min_size=1, max_size=5), st.integers(2, 9), st.integers(1, 2))
def test_in_time_no_frame_is_on_two_sides(lengths: list[int], n_frames: int, step: int) -> None:
    sequences = [sequence(str(number), length) for number, length in enumerate(lengths)]
    windows = windows_of(sequences, n_frames=n_frames, step=step)
    split = split_in_time(windows)
    train, validation, test = (frames_of(side) for side in (split.train, split.validation, split.test))
    assert not train & validation and not train & test and not validation & test
    assert set(split.train) | set(split.validation) | set(split.test) <= set(windows)
    assert len(split.train) >= 0.6 * len(windows)
    assert len(split.validation) - len(split.test) in (0, 1)


def test_in_time_the_first_windows_train_and_the_rest_alternates() -> None:
    windows = windows_of([sequence("a", 104)], n_frames=5)
    split = split_in_time(windows)
    assert [window.start for window in split.train] == list(range(64))
    assert [window.start for window in split.validation] == [68, 78, 88, 98]
    assert [window.start for window in split.test] == [73, 83, 93]


def test_a_clip_can_be_kept_out_altogether() -> None:
    sequences = [sequence("a", 40), sequence("b", 80)]
    split = split_in_time(windows_of(sequences, n_frames=5), apart=1)
    assert {w.sequence for side in (split.train, split.validation, split.test) for w in side} == {0}
