"""A track that follows the prediction: a label moves the predictions beside it."""

import numpy as np
import pytest
from numpy.typing import NDArray

from annotation.carrying import reach
from annotation.labels import ABSENT, Interpolation, Keypoints2D, Label, LabelKey, ResolvedTrack, Source, Track
from annotation.resolving import resolve
from annotation.skeletons import load_skeleton

SKELETON = load_skeleton("coco17")
N_FRAMES, JOINT = 400, 9


@pytest.fixture
def run() -> Keypoints2D:
    xy = np.random.default_rng(1).uniform(100, 500, (17, 2)) + np.arange(N_FRAMES)[:, None, None] * 0.5
    return Keypoints2D(xy.astype(np.float32), np.full((N_FRAMES, 17), 0.8, np.float32), SKELETON.name)


def shown(
    run: Keypoints2D, labels: dict[LabelKey, Label], *, kind: Interpolation = Interpolation.PREDICTION, stride: int = 5
) -> ResolvedTrack:
    track = Track("t", "c", "Ana", SKELETON.name, stride=stride, labels=labels, interpolation=kind)
    return resolve(track, run, n_frames=N_FRAMES)


def moved(run: Keypoints2D, frame: int, by: float) -> dict[LabelKey, Label]:
    x, y = run.xy[frame, JOINT]
    return {(frame, JOINT): Label((float(x) + by, float(y)))}


def shift(result: ResolvedTrack, run: Keypoints2D) -> NDArray[np.float32]:
    """Return how far the joint is from its prediction in x (T,)."""
    return (result.xy - run.xy)[:, JOINT, 0]


def test_a_correction_moves_the_frames_beside_it_and_fades(run: Keypoints2D) -> None:
    result = shown(run, moved(run, 200, 40))
    by = shift(result, run)
    assert by[200] == pytest.approx(40, abs=1e-3)
    np.testing.assert_allclose(by[[180, 220]], 40 / np.e, rtol=0.01)
    assert (np.diff(by[200:360]) <= 1e-3).all()
    assert by[200 - reach(5) :].any()
    assert not by[: 200 - reach(5)].any()
    others = np.delete(np.arange(17), JOINT)
    np.testing.assert_array_equal(result.xy[:, others], run.xy[:, others])


def test_what_is_carried_stays_predicted(run: Keypoints2D) -> None:
    result = shown(run, moved(run, 200, 40))
    assert result.source[200, JOINT] == Source.LABELLED
    assert set(np.delete(result.source[:, JOINT], 200)) == {Source.PREDICTED}
    assert result.confidence[199, JOINT] == pytest.approx(0.8)


def test_other_tracks_keep_their_predictions(run: Keypoints2D) -> None:
    for kind in (Interpolation.LINEAR, Interpolation.CUBIC, Interpolation.HOLD):
        assert not np.delete(shift(shown(run, moved(run, 200, 40), kind=kind), run), 200).any()


def test_two_corrections_are_joined_and_a_longer_stride_reaches_farther(run: Keypoints2D) -> None:
    labels = moved(run, 200, 40) | moved(run, 212, 20)
    between = shift(shown(run, labels), run)[201:212]
    np.testing.assert_allclose(between, np.linspace(40, 20, 13)[1:-1], atol=1.5)
    near, far = (shift(shown(run, moved(run, 200, 40), stride=stride), run)[240] for stride in (5, 10))
    assert far > 2 * near


def test_nothing_is_carried_over_a_jump_of_the_prediction(run: Keypoints2D) -> None:
    run.xy[205:, JOINT] += 150
    run.xy[195, JOINT] += 90
    by = shift(shown(run, moved(run, 200, 40)), run)
    assert by[204] > 30
    assert by[196] > 30
    assert not by[205:].any()
    assert not by[:196].any()


def test_an_absent_joint_carries_nothing_and_a_lost_one_is_not_invented(run: Keypoints2D) -> None:
    assert not np.delete(shift(shown(run, {(200, JOINT): ABSENT}), run), 200).any()
    run.xy[203, JOINT] = np.nan
    result = shown(run, moved(run, 200, 40))
    assert result.source[203, JOINT] == Source.MISSING
    assert np.isnan(result.xy[203, JOINT]).all()
