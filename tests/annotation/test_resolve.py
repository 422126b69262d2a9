"""`resolve`: sparse human labels over dense predictions, as properties and against a real hand-labelled jump."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from annotation.labels import (
    ABSENT,
    Interpolation,
    Keypoints2D,
    Label,
    LabelKey,
    ResolvedTrack,
    Source,
    Span,
    Track,
    Visibility,
)
from annotation.resolving import resolve, resolve_frame
from annotation.skeletons import load_skeleton

SKELETON = "coco17"
K = len(load_skeleton(SKELETON))
N_FRAMES = 24

positions = st.tuples(st.floats(-50, 2000), st.floats(-50, 2000))
present = st.builds(Label, positions, st.sampled_from([Visibility.VISIBLE, Visibility.OCCLUDED]))
keys = st.tuples(st.integers(0, N_FRAMES - 1), st.integers(0, 2))
label_sets = st.dictionaries(keys, st.one_of(present, st.just(ABSENT)), max_size=20)
present_sets = st.dictionaries(keys, present, max_size=20)
spans = st.lists(st.builds(Span, st.integers(0, 12), st.integers(12, N_FRAMES)), max_size=2).map(tuple)
strides = st.integers(1, 10)


def predictions_of(seed: int, *, gaps: float = 0.3) -> Keypoints2D:
    generator = np.random.default_rng(seed)
    xy = generator.uniform(0, 1000, (N_FRAMES, K, 2)).astype(np.float32)
    xy[generator.random((N_FRAMES, K)) < gaps] = np.nan
    return Keypoints2D(xy, generator.uniform(0.1, 1, (N_FRAMES, K)).astype(np.float32), SKELETON)


predictions = st.one_of(st.none(), st.integers(0, 999).map(predictions_of))


def track(labels: dict[LabelKey, Label], *, stride: int = 5, spans: tuple[Span, ...] = ()) -> Track:
    return Track("t", "c", "Ana", SKELETON, stride=stride, labels=labels, spans=spans)


def resolved(
    labels: dict[LabelKey, Label],
    run: Keypoints2D | None = None,
    *,
    stride: int = 5,
    spans: tuple[Span, ...] = (),
) -> ResolvedTrack:
    return resolve(track(labels, stride=stride, spans=spans), run, n_frames=N_FRAMES)


def neighbours(labels: dict[LabelKey, Label], frame: int, joint: int) -> tuple[int | None, int | None]:
    """The nearest labelled frames of a joint before and after a frame."""
    frames = [f for f, k in labels if k == joint]
    return max((f for f in frames if f < frame), default=None), min((f for f in frames if f > frame), default=None)


@given(label_sets, predictions, strides, spans)
def test_a_label_wins_in_its_frame(
    labels: dict[LabelKey, Label], run: Keypoints2D | None, stride: int, spans: tuple[Span, ...]
) -> None:
    result = resolved(labels, run, stride=stride, spans=spans)
    for key, label in labels.items():
        assert result.source[key] == Source.LABELLED
        assert result.visibility[key] == label.visibility
        expected = (np.nan, np.nan) if label.xy is None else label.xy
        np.testing.assert_array_equal(result.xy[key], np.array(expected, np.float32))


@given(label_sets, predictions, strides, spans)
def test_position_confidence_visibility_and_source_agree(
    labels: dict[LabelKey, Label], run: Keypoints2D | None, stride: int, spans: tuple[Span, ...]
) -> None:
    result = resolved(labels, run, stride=stride, spans=spans)
    known = ~np.isnan(result.xy).any(-1)
    np.testing.assert_array_equal(known, result.visibility != Visibility.ABSENT)
    np.testing.assert_array_equal(known, result.confidence > 0)
    assert not known[result.source == Source.MISSING].any()
    assert (result.confidence[known & (result.source >= Source.INTERPOLATED)] == 1).all()
    labelled = {(int(f), int(k)) for f, k in np.argwhere(result.source == Source.LABELLED)}
    assert labelled == set(labels)


@given(label_sets, predictions, strides, spans)
def test_outside_its_labels_a_joint_is_as_predicted(
    labels: dict[LabelKey, Label], run: Keypoints2D | None, stride: int, spans: tuple[Span, ...]
) -> None:
    result, alone = resolved(labels, run, stride=stride, spans=spans), resolved({}, run)
    for frame, joint in np.ndindex(N_FRAMES, K):
        before, after = neighbours(labels, frame, joint)
        if (frame, joint) not in labels and (before is None or after is None):
            assert result.source[frame, joint] == alone.source[frame, joint] <= Source.PREDICTED
            np.testing.assert_array_equal(result.xy[frame, joint], alone.xy[frame, joint])


@given(present_sets, predictions, strides, spans)
def test_between_two_labels_a_joint_moves_in_a_straight_line_where_the_rule_says_so(
    labels: dict[LabelKey, Label], run: Keypoints2D | None, stride: int, spans: tuple[Span, ...]
) -> None:
    result, alone = resolved(labels, run, stride=stride, spans=spans), resolved({}, run)
    for frame, joint in np.ndindex(N_FRAMES, 3):
        a, b = neighbours(labels, frame, joint)
        if (frame, joint) in labels or a is None or b is None:
            continue
        near = b - a <= stride
        covered = any(span.start <= a and b <= span.end for span in spans)
        nothing_else = alone.source[frame, joint] == Source.MISSING
        if near or covered or nothing_else:
            assert result.source[frame, joint] == Source.INTERPOLATED
            assert result.visibility[frame, joint] == labels[a, joint].visibility
            ends = np.array([labels[a, joint].xy, labels[b, joint].xy])
            expected = ends[0] + (ends[1] - ends[0]) * (frame - a) / (b - a)
            np.testing.assert_allclose(result.xy[frame, joint], expected, atol=1e-3)
        else:
            assert result.source[frame, joint] == Source.PREDICTED
            np.testing.assert_array_equal(result.xy[frame, joint], alone.xy[frame, joint])


def way_between(
    kind: Interpolation, frame: int, knots: list[tuple[int, Label]], at: int, guide: NDArray[np.float32] | None
) -> NDArray[np.float64]:
    """Where a joint is between label `at` and the next one, for one frame and in plain words."""
    (a, start), (b, end) = knots[at], knots[at + 1]
    p, q, u = np.array(start.xy), np.array(end.xy), (frame - a) / (b - a)
    straight = p + u * (q - p)
    if kind is Interpolation.HOLD:
        return p
    if kind is Interpolation.PREDICTION and guide is not None:
        off_p, off_q = p - guide[a], q - guide[b]
        bent = guide[frame] + off_p + u * (off_q - off_p)
        return straight if np.isnan(bent).any() else bent
    if kind is not Interpolation.CUBIC:
        return straight

    def slope(n: int) -> NDArray[np.float64]:
        """Of label n, from the ways to the labels beside it."""
        sides = []
        for one, other in ((n - 1, n), (n, n + 1)):
            if one >= 0 and other < len(knots) and knots[one][1].xy is not None and knots[other][1].xy is not None:
                h = knots[other][0] - knots[one][0]
                sides.append((h, (np.array(knots[other][1].xy) - np.array(knots[one][1].xy)) / h))
        if len(sides) == 1:
            return sides[0][1]
        (h1, d1), (h2, d2) = sides
        w1, w2 = 2 * h2 + h1, h2 + 2 * h1
        return np.array(
            [(w1 + w2) / (w1 / x1 + w2 / x2) if x1 * x2 > 0 else 0.0 for x1, x2 in zip(d1, d2, strict=True)]
        )

    points = [p, p + (b - a) / 3 * slope(at), q - (b - a) / 3 * slope(at + 1), q]  # of the Bézier curve
    weights = [(1 - u) ** 3, 3 * u * (1 - u) ** 2, 3 * u**2 * (1 - u), u**3]
    return np.sum([weight * point for weight, point in zip(weights, points, strict=True)], axis=0)


def slow_resolve(track: Track, run: Keypoints2D | None, frame: int, joint: int) -> tuple[object, ...]:
    """Return position, confidence, source and visibility of one joint in one frame, the obvious way."""
    found = run is not None and not np.isnan(run.xy[frame, joint]).any()
    knots = sorted((f, label) for (f, k), label in track.labels.items() if k == joint and f < N_FRAMES)
    labels = dict(knots)
    if frame in labels:
        label = labels[frame]
        return label.xy, float(label.xy is not None), Source.LABELLED, label.visibility
    before = [n for n, (f, _) in enumerate(knots) if f < frame]
    if before and before[-1] + 1 < len(knots):
        at = before[-1]
        (a, label_a), (b, label_b) = knots[at], knots[at + 1]
        covering = [span for span in track.spans if span.start <= a and b <= span.end]
        if b - a <= track.stride or covering or not found:
            visibility = label_a.visibility
            if label_a.xy is None or label_b.xy is None:
                return label_a.xy, float(label_a.xy is not None), Source.INTERPOLATED, visibility
            kind = covering[-1].interpolation if covering else track.interpolation
            guide = None if run is None else run.xy[:, joint]
            return way_between(kind, frame, knots, at, guide), 1.0, Source.INTERPOLATED, visibility
    if run is not None and found:
        return run.xy[frame, joint], run.confidence[frame, joint], Source.PREDICTED, Visibility.VISIBLE
    return None, 0.0, Source.MISSING, Visibility.ABSENT


kinds = st.sampled_from(Interpolation)
kind_spans = st.lists(st.builds(Span, st.integers(0, 12), st.integers(12, N_FRAMES), kinds), max_size=3).map(tuple)


@given(label_sets, predictions, strides, kind_spans, kinds)
def test_resolve_agrees_with_a_slow_and_obvious_one(
    labels: dict[LabelKey, Label],
    run: Keypoints2D | None,
    stride: int,
    spans: tuple[Span, ...],
    interpolation: Interpolation,
) -> None:
    track_ = Track("t", "c", "Ana", SKELETON, stride, labels, spans, interpolation=interpolation)
    result = resolve(track_, run, n_frames=N_FRAMES)
    for frame, joint in np.ndindex(N_FRAMES, 3):
        xy, confidence, source, visibility = slow_resolve(track_, run, frame, joint)
        assert (result.source[frame, joint], result.visibility[frame, joint]) == (source, visibility)
        assert result.confidence[frame, joint] == confidence
        if source is Source.PREDICTED and interpolation is Interpolation.PREDICTION:
            continue  # moved by the corrections beside it: see test_carried_corrections
        expected = (np.nan, np.nan) if xy is None else xy
        np.testing.assert_allclose(result.xy[frame, joint], expected, rtol=1e-5, atol=1e-3)


@given(label_sets, predictions, strides, kind_spans, kinds, st.integers(0, N_FRAMES - 1))
def test_one_frame_alone_is_as_among_all(
    labels: dict[LabelKey, Label],
    run: Keypoints2D | None,
    stride: int,
    spans: tuple[Span, ...],
    interpolation: Interpolation,
    frame: int,
) -> None:
    track_ = Track("t", "c", "Ana", SKELETON, stride, labels, spans, interpolation=interpolation)
    alone = resolve_frame(track_, run, frame=frame, n_frames=N_FRAMES).xy[0]
    np.testing.assert_array_equal(alone, resolve(track_, run, n_frames=N_FRAMES).xy[frame])


@given(label_sets, st.integers(0, 999), st.integers(0, 999), strides, spans)
def test_a_new_run_never_moves_what_a_person_said(
    labels: dict[LabelKey, Label], seed_a: int, seed_b: int, stride: int, spans: tuple[Span, ...]
) -> None:
    runs = predictions_of(seed_a, gaps=0), predictions_of(seed_b, gaps=0)
    one, other = (resolved(labels, run, stride=stride, spans=spans) for run in runs)
    said = one.source >= Source.INTERPOLATED
    np.testing.assert_array_equal(one.source, other.source)
    np.testing.assert_array_equal(one.xy[said], other.xy[said])


@given(label_sets, present, keys, predictions)
def test_a_label_changes_no_other_joint(
    labels: dict[LabelKey, Label], label: Label, key: LabelKey, run: Keypoints2D | None
) -> None:
    before, after = resolved(labels, run), resolved({**labels, key: label}, run)
    others = np.arange(K) != key[1]
    np.testing.assert_array_equal(before.xy[:, others], after.xy[:, others])
    np.testing.assert_array_equal(before.source[:, others], after.source[:, others])


@given(label_sets, predictions)
def test_the_order_in_which_labels_were_made_does_not_matter(
    labels: dict[LabelKey, Label], run: Keypoints2D | None
) -> None:
    one, other = resolved(labels, run), resolved(dict(reversed(labels.items())), run)
    np.testing.assert_array_equal(one.xy, other.xy)
    np.testing.assert_array_equal(one.visibility, other.visibility)


def test_without_labels_there_is_only_what_was_predicted() -> None:
    run = predictions_of(1)
    result = resolved({}, run)
    found = ~np.isnan(run.xy).any(-1)
    np.testing.assert_array_equal(result.xy, run.xy)
    np.testing.assert_array_equal(result.source, np.where(found, Source.PREDICTED, Source.MISSING))
    np.testing.assert_array_equal(result.confidence[found], run.confidence[found])


def test_an_absent_joint_stays_away_until_it_is_seen_again() -> None:
    labels = {(2, 0): Label((5.0, 6.0), Visibility.OCCLUDED), (5, 0): ABSENT, (8, 0): Label((9.0, 9.0))}
    result = resolved(labels, predictions_of(0, gaps=0))
    np.testing.assert_array_equal(result.xy[3:5, 0], [[5.0, 6.0]] * 2)
    assert (result.visibility[3:5, 0] == Visibility.OCCLUDED).all()
    assert (result.visibility[5:8, 0] == Visibility.ABSENT).all()
    assert (result.source[5:8, 0] >= Source.INTERPOLATED).all()
    assert result.visibility[8, 0] == Visibility.VISIBLE


def test_a_span_must_cover_both_labels() -> None:
    labels = {(2, 0): Label((0.0, 0.0)), (12, 0): Label((100.0, 0.0))}
    run = predictions_of(0, gaps=0)
    assert resolved(labels, run, spans=(Span(2, 12),)).xy[7, 0, 0] == 50.0
    for span in (Span(3, 12), Span(2, 11)):
        assert resolved(labels, run, spans=(span,)).source[7, 0] == Source.PREDICTED


def test_predictions_in_another_skeleton_arrive_by_name() -> None:
    halpe = load_skeleton("halpe26")
    xy = np.random.default_rng(0).uniform(0, 99, (N_FRAMES, 26, 2)).astype(np.float32)
    run = Keypoints2D(xy, np.ones((N_FRAMES, 26), np.float32), "halpe26")
    result = resolved({}, run)
    wrist = load_skeleton(SKELETON).index("left_wrist")
    np.testing.assert_array_equal(result.xy[:, wrist], xy[:, halpe.index("left_wrist")])


def test_a_run_shorter_than_the_clip_and_labels_beyond_its_end_do_no_harm() -> None:
    run = predictions_of(0, gaps=0)
    short = Keypoints2D(run.xy[:10], run.confidence[:10], SKELETON)
    result = resolved({(N_FRAMES + 5, 0): Label((1.0, 1.0))}, short)
    assert len(result) == N_FRAMES
    assert (result.source[10:] == Source.MISSING).all()


def test_a_label_has_a_position_unless_the_joint_is_absent() -> None:
    for xy, visibility in ((None, Visibility.VISIBLE), ((1.0, 2.0), Visibility.ABSENT)):
        with pytest.raises(ValueError, match="position"):
            Label(xy, visibility)


Points = NDArray[np.float64]


def read_jump(path: Path) -> dict[int, tuple[Points, Points]]:
    """Return frame -> joints (23, 2) ordered by their number names, and the box (x, y, width, height), in pixels."""
    data = json.loads(path.read_text())
    names = next(category["keypoints"] for category in data["categories"] if "keypoints" in category)
    order = np.argsort([int(name) for name in names])
    frames = {image["id"]: int(Path(image["extra"]["name"]).stem) for image in data["images"]}
    return {
        frames[a["image_id"]]: (np.reshape(a["keypoints"], (-1, 3))[order, :2], np.array(a["bbox"], dtype=float))
        for a in data["annotations"]
    }


def test_a_hand_labelled_jump_is_interpolated_as_its_authors_did(shared_dir: Path) -> None:
    """The authors interpolated linearly inside the moving box of the jumper; their file holds every frame's box."""
    folder = shared_dir / "data" / "interop" / "skijump"
    by_hand = read_jump(folder / "jump18-hand-labels.coco.json")
    authors = read_jump(folder / "jump18-interpolated.coco.json")
    labels = {}
    for frame in by_hand:
        xy, box = authors[frame]
        np.testing.assert_array_equal(xy, by_hand[frame][0])
        for joint, (x, y) in enumerate((xy - box[:2]) / box[2:]):
            labels[frame, joint] = Label((float(x), float(y)))
    last = max(by_hand)
    jump = Track("t", "c", "jumper", "climbalong25", labels=labels, spans=(Span(0, last),))
    result = resolve(jump, None, n_frames=last + 1)
    between = sorted(set(authors) - set(by_hand))
    assert len(between) == 225
    for frame in between:
        xy, box = authors[frame]
        assert (result.source[frame, :23] == Source.INTERPOLATED).all()
        np.testing.assert_allclose(result.xy[frame, :23] * box[2:] + box[:2], xy, atol=2e-3)
