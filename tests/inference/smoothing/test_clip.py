"""Smoothing whole clips: nearer to the truth, at any frame rate, without a seam, and never where nothing was found."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from annotation.errors import BetascopeError, ModelFileError
from annotation.labels import Keypoints2D
from annotation.model_cards import SMOOTHERS, ModelCard, smoother_entry
from annotation.skeletons import load_skeleton
from inference.smoothing.catalogue import build
from inference.smoothing.checkpoints import Checkpoint
from inference.smoothing.clip import smooth_clip, window_borders
from inference.smoothing.over_frames import Numerics
from inference.smoothing.smoothers import Smoother

COCO = load_skeleton("coco17")
EXACT = Numerics()
ALL = ["conv3d", "convlstm-s", "convlstm-c", "deciwatch", "smoothnet"]
QUICK = ["conv3d", "deciwatch", "smoothnet"]


class Unchanged(nn.Module):
    """A model that returns what it is given."""

    def forward(self, given: torch.Tensor) -> torch.Tensor:
        return given


def smoother_of(key: str, model: nn.Module, *, window: int = 5, **options: object) -> Smoother:
    card = ModelCard(key, key, "coco17", COCO.joints, 30.0, window, 1, options)
    return Smoother(smoother_entry(key), Checkpoint(model.eval(), card), key)


def averaging(window: int = 5) -> Smoother:
    """Return a 3DConv that takes the mean map of each joint over the window."""
    model = build("conv3d", n_joints=17, n_frames=window)
    with torch.no_grad():
        model.convolution.weight.zero_()
        for joint in range(17):
            model.convolution.weight[joint, joint, :, 2, 2] = 1 / window
    return smoother_of("conv3d", model, window=window)


def joining(window: int = 11) -> Smoother:
    """Return a DeciWatch that joins every fifth pose by lines."""
    model = build("deciwatch", n_joints=17)
    for layer in (model.encoder_joints_embed, model.decoder_joints_embed):
        nn.init.zeros_(layer.weight)
        nn.init.zeros_(layer.bias)
    return smoother_of("deciwatch", model, window=window)


def untrained(key: str) -> Smoother:
    torch.manual_seed(0)
    options = {"n_frames": 8} if key == "smoothnet" else {}
    return smoother_of(key, build(key, n_joints=17, **options), window=8 if key == "smoothnet" else 5)


def climber(times: np.ndarray) -> np.ndarray:
    """Return a body (T, 17, 2) 400 px tall that climbs slowly and swings its limbs."""
    rng = np.random.default_rng(9)
    rest = rng.uniform(0, 1, (17, 2)) * (180, 400) + (500, 300)
    phase, pace = rng.uniform(0, 6, 17), rng.uniform(0.1, 0.5, 17)
    swing = 25 * np.sin(2 * np.pi * pace * times[:, None] + phase)
    return rest + np.stack((swing, 0.6 * swing), -1) + np.stack((0 * times, -15 * times), -1)[:, None]


def detected(n_frames: int = 60, *, fps: float = 30.0, noise: float = 0.0) -> tuple[Keypoints2D, np.ndarray]:
    times = np.arange(n_frames) / fps
    xy = climber(times) + np.random.default_rng(1).normal(0, 1, (n_frames, 17, 2)) * noise
    confidence = np.random.default_rng(2).uniform(0.5, 1, (n_frames, 17)).astype(np.float32)
    world = np.random.default_rng(3).normal(size=(n_frames, 17, 3)).astype(np.float32)
    return Keypoints2D(xy.astype(np.float32), confidence, "coco17", world), times


def acceleration(xy: np.ndarray) -> np.ndarray:
    """Return the mean acceleration of frames 1..T-2, px/frame²."""
    return np.linalg.norm(np.diff(xy, n=2, axis=0), axis=-1).mean(1)


@pytest.mark.parametrize("key", ["convlstm-s", "deciwatch"])
def test_a_model_that_changes_nothing_returns_the_exact_points(key: str) -> None:
    keypoints, times = detected(noise=3.0)
    smoothed = smooth_clip(keypoints, smoother=smoother_of(key, Unchanged()), times_s=times, numerics=EXACT)
    assert np.abs(smoothed.xy - keypoints.xy).max() < 0.1


@pytest.mark.parametrize("smoother", [averaging(), joining()], ids=["3DConv", "DeciWatch"])
def test_learned_smoothers_bring_points_nearer_to_the_truth(smoother: Smoother) -> None:
    keypoints, times = detected(120, noise=4.0)
    smoothed = smooth_clip(keypoints, smoother=smoother, times_s=times, numerics=EXACT)
    error, before = (np.abs(found.xy - climber(times)).mean() for found in (smoothed, keypoints))
    assert error < 0.75 * before
    assert acceleration(smoothed.xy).mean() < 0.5 * acceleration(keypoints.xy).mean()


@pytest.mark.parametrize("window", [11, 31, 51])
def test_windows_leave_no_jitter_at_their_borders(window: int) -> None:
    keypoints, times = detected(600, noise=4.0)
    smoother = joining(window)
    smoothed = smooth_clip(keypoints, smoother=smoother, times_s=times, numerics=EXACT)
    assert smoother.card is not None
    every = np.array(window_borders(smoother.card, times))
    borders = every[(every > 40) & (every < 560)]
    assert len(borders) > 30
    elsewhere = np.setdiff1d(np.arange(41, 560), borders)
    found = acceleration(smoothed.xy)
    if len(elsewhere):
        assert found[borders - 1].mean() < 1.1 * found[elsewhere - 1].mean()
    assert found.max() < 0.6 * acceleration(keypoints.xy).max()


def test_every_frame_is_treated_alike_by_3dconv() -> None:
    keypoints, times = detected(300, noise=4.0)
    smoother = averaging()
    assert smoother.card is not None and window_borders(smoother.card, times) == []
    smoothed = smooth_clip(keypoints, smoother=smoother, times_s=times, numerics=EXACT)
    found = acceleration(smoothed.xy)[10:-10]
    for period in (2, 3, 4, 5):
        by_place = [found[start::period].mean() for start in range(period)]
        assert max(by_place) < 1.15 * min(by_place)
    assert found.max() < 0.6 * acceleration(keypoints.xy).max()


@pytest.mark.parametrize("smoother", [averaging(), joining()], ids=["3DConv", "DeciWatch"])
def test_first_and_last_frames_are_smoothed_too(smoother: Smoother) -> None:
    errors, before = [], []
    for seed in range(8):
        keypoints, times = detected(40)
        noise = np.random.default_rng(seed).normal(0, 4, keypoints.xy.shape)
        noisy = replace(keypoints, xy=(keypoints.xy + noise).astype(np.float32))
        smoothed = smooth_clip(noisy, smoother=smoother, times_s=times, numerics=EXACT)
        for frame in (0, 1, 38, 39):
            errors.append(np.abs(smoothed.xy[frame] - keypoints.xy[frame]).mean())
            before.append(np.abs(noise[frame]).mean())
    assert np.mean(errors) < np.mean(before)


@pytest.mark.parametrize("key", ALL)
def test_confidences_and_the_3d_guess_stay_and_missing_points_stay_missing(key: str) -> None:
    keypoints, times = detected(20)
    xy = keypoints.xy.copy()
    xy[:, 3] = np.nan
    xy[8:12, 5, 0] = np.nan
    xy[15] = np.nan
    given = replace(keypoints, xy=xy)
    smoothed = smooth_clip(given, smoother=untrained(key), times_s=times, numerics=EXACT)
    assert np.array_equal(np.isfinite(smoothed.xy).all(-1), np.isfinite(xy).all(-1))
    assert smoothed.confidence is keypoints.confidence
    assert smoothed.world is keypoints.world
    assert smoothed.skeleton == "coco17"


@pytest.mark.parametrize("smoother", [averaging(), joining()], ids=["3DConv", "DeciWatch"])
def test_a_missing_joint_does_not_disturb_the_others(smoother: Smoother) -> None:
    keypoints, times = detected(40, noise=2.0)
    xy = keypoints.xy.copy()
    inside = 7  # not one of those that make the box
    lost = [joint for joint in range(17) if joint != inside]
    xy[10:30, inside] = np.nan
    whole = smooth_clip(keypoints, smoother=smoother, times_s=times, numerics=EXACT)
    partial = smooth_clip(replace(keypoints, xy=xy), smoother=smoother, times_s=times, numerics=EXACT)
    assert np.abs(whole.xy[:, lost] - partial.xy[:, lost]).max() < 2.0


@pytest.mark.parametrize("key", QUICK)
@pytest.mark.parametrize("n_frames", [1, 2, 4])
def test_a_clip_shorter_than_a_window_is_refused_with_what_takes_it(key: str, n_frames: int) -> None:
    keypoints, times = detected(n_frames)
    with pytest.raises(BetascopeError, match=rf"frames at once .*only {n_frames} in a row.*Steady path, One-Euro"):
        smooth_clip(keypoints, smoother=untrained(key), times_s=times, numerics=EXACT)
    for filtering in SMOOTHERS:
        if not filtering.learned:
            smoothed = smooth_clip(keypoints, smoother=Smoother(filtering), times_s=times)
            assert np.isfinite(smoothed.xy).all()


@pytest.mark.parametrize(("fps", "n_frames", "enough"), [(60.0, 8, False), (60.0, 9, True), (15.0, 2, False)])
def test_a_window_is_counted_at_the_rate_of_the_model(fps: float, n_frames: int, *, enough: bool) -> None:
    keypoints, times = detected(n_frames, fps=fps)
    if enough:
        assert smooth_clip(keypoints, smoother=averaging(), times_s=times, numerics=EXACT)
    else:
        with pytest.raises(BetascopeError, match="looks at 5 frames at once"):
            smooth_clip(keypoints, smoother=averaging(), times_s=times, numerics=EXACT)


def test_a_stretch_shorter_than_a_window_stays_as_it_is() -> None:
    keypoints, times = detected(100, noise=4.0)
    xy = keypoints.xy.copy()
    xy[40:70], xy[73:] = np.nan, np.nan
    for steady in (False, True):
        smoothed = smooth_clip(
            replace(keypoints, xy=xy), smoother=averaging(), times_s=times, steady=steady, numerics=EXACT
        )
        assert np.array_equal(smoothed.xy[70:73], xy[70:73])
        assert acceleration(smoothed.xy[:40]).mean() < 0.6 * acceleration(xy[:40]).mean()


@pytest.mark.parametrize("fps", [15.0, 25.0, 50.0, 59.94, 120.0])
@pytest.mark.parametrize("smoother", [averaging(), joining()], ids=["3DConv", "DeciWatch"])
def test_any_frame_rate_is_smoothed_alike(smoother: Smoother, fps: float) -> None:
    keypoints, times = detected(int(4 * fps), fps=fps, noise=4.0)
    smoothed = smooth_clip(keypoints, smoother=smoother, times_s=times, numerics=EXACT)
    error, before = (np.abs(found.xy - climber(times)).mean() for found in (smoothed, keypoints))
    assert error < 0.85 * before
    assert acceleration(smoothed.xy).mean() < 0.6 * acceleration(keypoints.xy).mean()


@pytest.mark.parametrize("key", ["savitzky-golay", "butterworth", "median", "one-euro", "steady"])
def test_classical_smoothers_go_by_timestamps(key: str) -> None:
    rng = np.random.default_rng(5)
    times = np.cumsum(rng.choice([1 / 60, 1 / 20], 200))
    xy = climber(times) + rng.normal(0, 4, (200, 17, 2))
    keypoints = Keypoints2D(xy.astype(np.float32), np.ones((200, 17), np.float32), "coco17")
    smoothed = smooth_clip(keypoints, smoother=Smoother(smoother_entry(key)), times_s=times)
    assert np.abs(smoothed.xy - climber(times)).mean() < 0.8 * np.abs(xy - climber(times)).mean()


@pytest.mark.parametrize("key", ["savitzky-golay", "butterworth", "median", "one-euro", "steady"])
def test_more_strength_smooths_more_and_none_changes_nothing(key: str) -> None:
    keypoints, times = detected(120, noise=4.0)
    smoother = Smoother(smoother_entry(key))
    calm = [
        acceleration(smooth_clip(keypoints, smoother=smoother, times_s=times, strength=strength).xy).mean()
        for strength in (0.0, 0.3, 0.6, 1.0)
    ]
    assert calm == sorted(calm, reverse=True)
    assert calm[0] == pytest.approx(acceleration(keypoints.xy).mean())
    assert calm[-1] < 0.4 * calm[0]


def test_strength_says_how_far_a_learned_smoother_goes() -> None:
    keypoints, times = detected(40, noise=4.0)
    none, half, whole = (
        smooth_clip(keypoints, smoother=averaging(), times_s=times, strength=strength, numerics=EXACT).xy
        for strength in (0.0, 0.5, 1.0)
    )
    assert none == pytest.approx(keypoints.xy)
    assert half == pytest.approx((keypoints.xy + whole) / 2, abs=1e-2)


def test_every_frame_is_looked_at_though_only_some_are_sampled() -> None:
    keypoints, times = detected(200)
    for stride in (None, 5):
        options = {} if stride is None else {"stride": stride}
        smoother = smoother_of("deciwatch", joining().checkpoint.model, window=51, **options)  # type: ignore[union-attr]
        before = smooth_clip(keypoints, smoother=smoother, times_s=times, numerics=EXACT).xy
        for frame in range(100, 105):
            xy = keypoints.xy.copy()
            xy[frame, 8] += (0, 30)
            after = smooth_clip(replace(keypoints, xy=xy), smoother=smoother, times_s=times, numerics=EXACT).xy
            assert np.abs(after - before)[95:110, 8].max() > 2


def test_borders_are_named_as_frames_of_the_clip() -> None:
    card = joining(11).card
    assert card is not None
    at_30 = window_borders(replace(card, options={"stride": 9}), np.arange(38) / 30)
    at_60 = window_borders(replace(card, options={"stride": 9}), np.arange(75) / 60)
    assert at_30 == [9, 11, 18, 20, 27, 29]
    assert at_60 == [2 * frame for frame in at_30]


def test_half_precision_is_within_a_tenth_of_a_pixel() -> None:
    keypoints, times = detected(60, noise=2.0)
    exact = smooth_clip(keypoints, smoother=averaging(), times_s=times, numerics=EXACT)
    quick = smooth_clip(keypoints, smoother=averaging(), times_s=times, numerics=Numerics(half=True))
    assert np.abs(exact.xy - quick.xy).max() < 0.1


def test_a_joint_far_outside_of_the_body_is_left_alone() -> None:
    keypoints, times = detected(30)
    xy, confidence = keypoints.xy.copy(), keypoints.confidence.copy()
    xy[12, 4], confidence[12, 4] = (3000, 50), 0.05
    given = replace(keypoints, xy=xy, confidence=confidence)
    smoothed = smooth_clip(given, smoother=averaging(), times_s=times, numerics=EXACT)
    assert smoothed.xy[12, 4] == pytest.approx((3000, 50))
    assert np.abs(smoothed.xy - keypoints.xy)[:, 5:].max() < 3


@pytest.mark.parametrize("smoother", [averaging(), joining()], ids=["3DConv", "DeciWatch"])
def test_several_threads_find_the_same(smoother: Smoother) -> None:
    keypoints, times = detected(150, noise=3.0)
    one, three = (
        smooth_clip(keypoints, smoother=smoother, times_s=times, numerics=Numerics(threads=threads)).xy
        for threads in (1, 3)
    )
    assert np.array_equal(one, three)


def test_progress_is_told_and_may_stop_it() -> None:
    keypoints, times = detected(60)
    told: list[tuple[int, int]] = []
    smooth_clip(keypoints, smoother=averaging(), times_s=times, numerics=EXACT, report=lambda *step: told.append(step))
    assert told[0][0] == 0
    assert told[-1][0] == told[-1][1] > 0

    def stop(_done: int, _total: int) -> None:
        raise InterruptedError

    for threads in (1, 2):
        with pytest.raises(InterruptedError):
            smooth_clip(keypoints, smoother=averaging(), times_s=times, numerics=Numerics(threads=threads), report=stop)


def test_what_cannot_be_smoothed_is_said() -> None:
    keypoints, times = detected(20)
    smoother = averaging()
    with pytest.raises(BetascopeError, match=r"strength is 1\.5"):
        smooth_clip(keypoints, smoother=smoother, times_s=times, strength=1.5)
    with pytest.raises(BetascopeError, match="20 frames of points and 19 times"):
        smooth_clip(keypoints, smoother=smoother, times_s=times[:-1])
    nobody = replace(keypoints, xy=np.full_like(keypoints.xy, np.nan))
    with pytest.raises(BetascopeError, match="Detect the climber first"):
        smooth_clip(nobody, smoother=smoother, times_s=times)
    other = keypoints.converted("halpe26")
    with pytest.raises(ModelFileError, match="trained for the skeleton coco17"):
        smooth_clip(other, smoother=smoother, times_s=times)
