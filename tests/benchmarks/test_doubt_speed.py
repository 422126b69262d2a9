"""How long looking for doubts takes in a long clip, against reading its points once; and the effort meter."""

import time

import numpy as np
import pytest
from numpy.typing import NDArray

from annotation.adaptive import choose_keyframes
from annotation.doubt import find_doubts
from annotation.effort import Case, Way, measure
from annotation.labels import Interpolation, Keypoints2D, Label, LabelPatch, Track
from annotation.live_track import LiveTrack
from annotation.resolving import resolve
from annotation.skeletons import load_skeleton

pytestmark = pytest.mark.benchmark

SKELETON = load_skeleton("climbalong25")
FPS = 25.0


def swaying(n_frames: int) -> NDArray[np.float32]:
    """Return somebody who sways and is detected with jitter, and now and then wrongly (T, 25, 2)."""
    rng = np.random.default_rng(0)
    pose = rng.uniform(-150, 150, (25, 2)) + (500, 600)
    for joint, y in (("shoulder", 500), ("hip", 700)):
        for side, x in (("left", 460), ("right", 540)):
            pose[SKELETON.index(f"{side}_{joint}")] = x, y
    time_s = np.arange(n_frames)[:, None, None] / FPS
    xy = pose + 40 * np.sin(time_s * rng.uniform(0.5, 2, (25, 2))) + rng.normal(0, 2, (n_frames, 25, 2))
    for start in range(50, n_frames - 50, 200):
        xy[start : start + rng.integers(1, 10), rng.integers(25)] += rng.normal(0, 100, 2)
    return xy.astype(np.float32)


def test_doubts_in_a_hundred_thousand_frames() -> None:
    xy = swaying(100_000)
    run = Keypoints2D(xy, np.full(xy.shape[:2], 0.9, np.float32), SKELETON.name)
    resolved = resolve(Track("t", "c", "Ana", SKELETON.name), run, n_frames=len(xy))
    times_s = np.arange(len(xy)) / FPS
    start = time.perf_counter()
    way = np.diff(xy, axis=0)
    np.median(np.hypot(way[..., 0], way[..., 1]), axis=0)
    once = time.perf_counter() - start
    start = time.perf_counter()
    doubts = find_doubts(resolved, times_s=times_s, size_px=(1080, 1440), predictions=run)
    took = time.perf_counter() - start
    print(f"\n{len(doubts)} doubts in 100,000 frames x 25 joints: {took:.2f} s, {took / once:.0f} x the median step")
    assert len(doubts) > 300


def test_an_edit_that_is_carried_in_a_hundred_thousand_frames() -> None:
    xy = swaying(100_000)
    run = Keypoints2D(xy, np.full(xy.shape[:2], 0.9, np.float32), SKELETON.name)
    took = {}
    for kind in (Interpolation.LINEAR, Interpolation.PREDICTION):
        track = Track("t", "c", "Ana", SKELETON.name, interpolation=kind)
        live = LiveTrack(track, run, n_frames=len(xy))
        times = []
        for frame in range(1000, 51_000, 1000):
            patch = LabelPatch.of({(frame, 3): Label((500.0, 500.0))})
            start = time.perf_counter()
            track.table.apply(patch)
            live.touch_labels(patch)
            assert live.resolved.xy[frame, 3, 0] == 500
            times.append(time.perf_counter() - start)
        took[kind] = 1000 * float(np.quantile(times, 0.95))
    plain, carried = took[Interpolation.LINEAR], took[Interpolation.PREDICTION]
    print(f"\none edit, 95th percentile: {plain:.1f} ms, carried {carried:.1f} ms, {carried / plain:.1f} x")
    assert carried < 10 * plain


def test_keyframes_and_effort() -> None:
    xy = swaying(3000)
    start = time.perf_counter()
    keyframes = choose_keyframes(xy, tolerance_px=20.0)
    chosen = time.perf_counter() - start
    truth = xy[:500].astype(np.float64)
    off = np.cumsum(np.random.default_rng(1).normal(0, 3, truth.shape), axis=0)
    case = Case("case", SKELETON, truth + off, truth, FPS)
    start = time.perf_counter()
    edits = {way.value: measure(case, way, threshold=0.1, at_most=5000).edits for way in Way}
    counted = time.perf_counter() - start
    print(
        f"\n{len(keyframes)} keyframes for 3,000 frames: {chosen:.2f} s; effort of 500 frames: {counted:.1f} s, {edits}"
    )
    assert edits["corrections carried"] < edits["manual every 5"]
