"""A track that is patched edit by edit amounts to what it amounts to when it is computed anew."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from annotation.labels import ABSENT, Interpolation, Keypoints2D, Label, LabelPatch, Source, Span, Track, Visibility
from annotation.live_track import LiveTrack

N_FRAMES = 40
SKELETON = "coco17"

present = st.builds(
    Label, st.tuples(st.floats(0, 999, width=32), st.floats(0, 999, width=32)), st.sampled_from([*Visibility][1:])
)
said = st.one_of(present, present, st.just(ABSENT), st.none())
changes = st.dictionaries(st.tuples(st.integers(0, N_FRAMES + 2), st.integers(0, 1)), said, min_size=1, max_size=6)
kinds = st.sampled_from(Interpolation)
spans = st.builds(Span, st.integers(0, 20), st.integers(20, 39), kinds)


def predictions(seed: int) -> Keypoints2D:
    generator = np.random.default_rng(seed)
    xy = generator.uniform(0, 999, (N_FRAMES - 3, 17, 2)).astype(np.float32)
    xy[generator.random(xy.shape[:2]) < 0.3] = np.nan
    return Keypoints2D(xy, generator.uniform(0.1, 1, xy.shape[:2]).astype(np.float32), SKELETON)


runs = st.one_of(st.none(), st.integers(0, 9).map(predictions))


def assert_fresh(live: LiveTrack, track: Track, run: Keypoints2D | None) -> None:
    fresh = LiveTrack(track, run, n_frames=N_FRAMES)
    for name in ("xy", "confidence", "source", "visibility"):
        np.testing.assert_array_equal(getattr(live.resolved, name), getattr(fresh.resolved, name), err_msg=name)
    np.testing.assert_array_equal(live.frame_confidence, fresh.frame_confidence)
    np.testing.assert_array_equal(live.frame_source, fresh.frame_source)
    assert live.digest() == fresh.digest()


@given(st.lists(changes, min_size=1, max_size=8), runs, st.integers(1, 12), kinds, st.lists(spans, max_size=2))
def test_patched_labels_amount_to_what_all_of_them_do(
    series: list, run: Keypoints2D | None, stride: int, kind: Interpolation, spans: list[Span]
) -> None:
    track = Track("t", "c", "Ana", SKELETON, stride=stride, interpolation=kind, spans=tuple(spans))
    live = LiveTrack(track, run, n_frames=N_FRAMES)
    for number, labels in enumerate(series):
        patch = LabelPatch.of(labels)
        track.table.apply(patch)
        live.touch_labels(patch)
        if number % 3:  # now and then several edits pass before someone looks
            assert_fresh(live, track, run)
    assert_fresh(live, track, run)


@given(changes, runs, st.lists(st.tuples(st.lists(spans, max_size=3), st.integers(1, 15), kinds), max_size=5))
def test_spans_stride_and_interpolation_too(labels: dict, run: Keypoints2D | None, series: list) -> None:
    there = {key: label for key, label in labels.items() if label is not None}
    track = Track("t", "c", "Ana", SKELETON, labels=there)
    live = LiveTrack(track, run, n_frames=N_FRAMES)
    for spans, stride, kind in series:
        before, track.spans = track.spans, tuple(spans)
        live.touch_spans(before, track.spans)
        assert_fresh(live, track, run)
        before, track.stride = track.stride, stride
        live.touch_gaps(longer_than=min(before, stride), up_to=max(before, stride))
        assert_fresh(live, track, run)
        track.interpolation = kind
        live.touch_gaps()
        assert_fresh(live, track, run)


def test_going_back_brings_the_old_digest_back() -> None:
    track = Track("t", "c", "Ana", SKELETON, labels={(3, 1): Label((5, 5))})
    live = LiveTrack(track, predictions(1), n_frames=N_FRAMES)
    start = live.digest()
    for labels, same in (({(3, 1): Label((6, 5))}, False), ({(3, 1): Label((5, 5))}, True), ({(9, 0): ABSENT}, False)):
        patch = LabelPatch.of(labels)
        track.table.apply(patch)
        live.touch_labels(patch)
        assert (live.digest() == start) is same
    assert live.resolved.source[9, 0] == Source.LABELLED
