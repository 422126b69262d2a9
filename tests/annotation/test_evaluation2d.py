"""2D figures against pycocotools, against plain re-implementations and against what is known by construction."""

import contextlib
import csv
import io
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from annotation.climb_truth import ClimbTruth, save_truth
from annotation.clip import Clip, Fingerprint, Timeline
from annotation.errors import BetascopeError
from annotation.evaluation2d import (
    Candidate,
    Metric,
    Normaliser,
    Scoring,
    box_area,
    evaluate,
    fastest_frames,
    rolling_mean,
    scores,
)
from annotation.evaluation_tables import evaluation_text, write_tables
from annotation.formats.files import write_json
from annotation.labels import Keypoints2D, Label, Track
from annotation.poses import Camera, Plane
from annotation.resolving import resolve
from annotation.skeletons import load_skeleton
from annotation.truth2d import Truth2d, read_truth2d, truth_of_labels

SKELETON = load_skeleton("climbalong25")
SIZE = (640, 480)
N = 40


def clip(n_frames: int = N, *, fps: int = 25, size: tuple[int, int] = SIZE) -> Clip:
    timeline = Timeline(np.arange(n_frames, dtype=np.int64), (1, fps), np.array([0], dtype=np.int64))
    return Clip("c1", Path("videos/wall.mp4"), Fingerprint(1, "d"), timeline, size, 0, "h264")


def climb(n_frames: int = N, *, seed: int = 3) -> np.ndarray:
    """Points (T, K, 2) of somebody who moves, each joint on a course of its own."""
    rng = np.random.default_rng(seed)
    t = np.arange(n_frames)[:, None, None]
    places, course = rng.uniform([220, 100], [380, 360], (25, 2)), rng.uniform(-1, 1, (25, 2))
    return places + course * t + 4 * np.sin(t / 6 + rng.uniform(0, 6, (25, 2)))


def truth_of(xy: np.ndarray) -> Truth2d:
    return Truth2d("truth", SKELETON, xy, xy, np.isfinite(xy[..., 0]))


def noisy(xy: np.ndarray, *, sigma: float = 8.0) -> np.ndarray:
    return xy + np.random.default_rng(5).normal(0, sigma, xy.shape)


# --- against plain re-implementations --------------------------------------------------------------------------------


def plain_pck(predicted: np.ndarray, truth: np.ndarray, threshold: float) -> float:
    right = total = 0
    names = {name: k for k, name in enumerate(SKELETON.joints)}
    for found, real in zip(predicted, truth, strict=True):
        middle = {
            part: [(real[names[f"left_{part}"]][i] + real[names[f"right_{part}"]][i]) / 2 for i in (0, 1)]
            for part in ("shoulder", "hip")
        }
        torso = math.dist(middle["shoulder"], middle["hip"])
        for a, b in zip(found, real, strict=True):
            if math.isnan(b[0]) or math.isnan(torso):
                continue
            total += 1
            right += (not math.isnan(a[0])) and math.dist(a, b) < threshold * torso
    return right / total


def plain_acceleration(predicted: np.ndarray, truth: np.ndarray) -> float:
    values = []
    for t in range(1, len(truth) - 1):
        there = [p for p in truth[t] if not math.isnan(p[0])]
        xs, ys = [p[0] for p in there], [p[1] for p in there]
        side = 1.2 * max(max(xs) - min(xs), max(ys) - min(ys))
        for k in range(truth.shape[1]):
            second = [
                [points[t - 1, k, i] - 2 * points[t, k, i] + points[t + 1, k, i] for i in (0, 1)]
                for points in (predicted, truth)
            ]
            apart = math.dist(*second)
            if not math.isnan(apart):
                values.append(apart / side)
    return sum(values) / len(values)


@pytest.fixture
def gappy() -> tuple[np.ndarray, np.ndarray]:
    """Predictions and truth, both with holes."""
    truth = climb()
    predicted = noisy(truth)
    predicted[4:7, 3] = np.nan
    truth[10, 8], truth[20:25, 0] = np.nan, np.nan
    return predicted, truth


@pytest.mark.parametrize("threshold", [0.05, 0.1, 0.2, 0.37])
def test_pck_is_that_of_a_plain_loop(gappy: tuple[np.ndarray, np.ndarray], threshold: float) -> None:
    predicted, truth = gappy
    found = evaluate([Candidate("p", "p", predicted)], truth_of(truth), scoring=Scoring((threshold,)))
    assert found.overall["p"].pck[threshold] == pytest.approx(plain_pck(predicted, truth, threshold))


def test_acceleration_error_is_that_of_a_plain_loop(gappy: tuple[np.ndarray, np.ndarray]) -> None:
    predicted, truth = gappy
    found = evaluate([Candidate("p", "p", predicted)], truth_of(truth))
    assert found.overall["p"].acceleration == pytest.approx(plain_acceleration(predicted, truth))


def test_the_rolling_mean_is_that_of_a_plain_loop() -> None:
    values = np.random.default_rng(0).normal(size=50)
    values[[3, 4, 30]] = np.nan
    for frames in (1, 4, 7, 180):
        plain = [np.nanmean(values[max(t - frames // 2, 0) : t + (frames + 1) // 2] + 0.0) for t in (10, 20, 49)]
        np.testing.assert_allclose(rolling_mean(values, frames=frames)[[10, 20, 49]], plain)
    assert np.isnan(rolling_mean(np.full(5, np.nan))).all()


def test_oks_of_the_thesis_takes_the_square_crop() -> None:
    truth = climb()
    sigma = np.array(SKELETON.sigmas)
    predicted = truth + [6.0, 8.0]
    side = 1.2 * np.ptp(truth[7], axis=0).max()
    values = scores(predicted, truth_of(truth), Metric.OKS, normaliser=Normaliser.TORSO, threshold=0)
    np.testing.assert_allclose(values[7], np.exp(-100 / (2 * side**2 * (2 * sigma) ** 2)))


# --- against pycocotools ---------------------------------------------------------------------------------------------


def coco_oks(predicted: np.ndarray, truth: Truth2d, folder: Path) -> np.ndarray:
    """Return the OKS (T,) of pycocotools for the same points."""
    area = box_area(truth)
    annotations: list[dict[str, Any]] = []
    results: list[dict[str, Any]] = []
    for t in range(len(truth)):
        known = truth.known[t]
        points = np.column_stack([np.nan_to_num(truth.xy[t]), 2.0 * known])
        annotations.append(
            {
                "id": t + 1,
                "image_id": t,
                "category_id": 1,
                "iscrowd": 0,
                "area": float(area[t]),
                "bbox": [0, 0, 1, 1],
                "num_keypoints": int(known.sum()),
                "keypoints": points.ravel().tolist(),
            }
        )
        found = np.column_stack([predicted[t], np.ones(25)])
        results.append({"image_id": t, "category_id": 1, "score": 1.0, "keypoints": found.ravel().tolist()})
    images = [{"id": t, "file_name": f"{t}.jpg", "width": SIZE[0], "height": SIZE[1]} for t in range(len(truth))]
    category = {"id": 1, "name": "person", "keypoints": list(SKELETON.joints), "skeleton": []}
    content = {"images": images, "annotations": annotations, "categories": [category]}
    write_json(content, folder / "truth.json")
    write_json(results, folder / "results.json")
    with contextlib.redirect_stdout(io.StringIO()):
        reader = COCO(str(folder / "truth.json"))
        judge = COCOeval(reader, reader.loadRes(str(folder / "results.json")), "keypoints")
        judge.params.kpt_oks_sigmas = np.array(SKELETON.sigmas)
        judge.evaluate()
    return np.array([judge.ious[t, 1].item() for t in range(len(truth))])


def test_oks_of_coco_is_that_of_pycocotools_frame_by_frame(tmp_path: Path) -> None:
    xy = climb()
    xy[5:9, 2], xy[12, :20] = np.nan, np.nan
    truth, predicted = truth_of(xy), noisy(climb(), sigma=15)
    found = evaluate([Candidate("p", "p", predicted)], truth)
    ours = found.curve(found.candidates[0], Metric.OKS_COCO, threshold=0)
    theirs = coco_oks(predicted, truth, tmp_path)
    np.testing.assert_allclose(ours, theirs, atol=1e-9)
    assert ours.min() > 0.1 and ours.max() < 0.99, "the comparison is about something"
    assert found.overall["p"].oks_coco == pytest.approx(theirs.mean())


# --- what is known by construction ----------------------------------------------------------------------------------


def test_each_joint_has_figures_of_its_own() -> None:
    truth = climb()
    predicted = truth.copy()
    predicted[:, 9] += 400
    found = evaluate([Candidate("p", "p", predicted)], truth_of(truth))
    per_joint = found.per_joint["p"]
    assert per_joint[SKELETON.joints[9]].pck[0.2] == 0 and per_joint[SKELETON.joints[8]].pck[0.05] == 1
    assert found.overall["p"].pck[0.2] == pytest.approx(24 / 25)
    assert f"{SKELETON.joints[9].replace('_', ' ')}" in evaluation_text(found).split("worst joints")[1].splitlines()[1]


def test_points_that_were_not_found_are_wrong_but_have_no_distance() -> None:
    truth = climb()
    predicted = truth + [0.5, 0.0]
    predicted[:, :5] = np.nan
    figures = evaluate([Candidate("p", "p", predicted)], truth_of(truth)).overall["p"]
    assert figures.found == pytest.approx(0.8) == figures.pck[0.2]
    pixels = evaluate([Candidate("p", "p", predicted)], truth_of(truth), scoring=Scoring((1.0,), Normaliser.PIXEL))
    assert pixels.overall["p"].distance == pytest.approx(0.5)
    assert pixels.overall["p"].pck[1.0] == pytest.approx(0.8)


def test_a_threshold_means_shares_of_the_normaliser() -> None:
    truth = climb()
    sides = np.ptp(truth, axis=1).max(axis=1)
    predicted = truth + np.stack([0.1 * sides, np.zeros(N)], axis=1)[:, None]
    for normaliser, edge in ((Normaliser.BOX, 0.1), (Normaliser.CROP, 0.1 / 1.2)):
        scoring = Scoring((edge - 1e-6, edge + 1e-6), normaliser)
        pck = evaluate([Candidate("p", "p", predicted)], truth_of(truth), scoring=scoring).overall["p"].pck
        assert [*pck.values()] == [0.0, 1.0]


def test_the_error_in_fast_moves_is_that_of_fast_frames() -> None:
    xy = np.repeat(climb(1), 100, axis=0)
    xy[50:54] += np.array([12, 24, 36, 48])[:, None, None]
    xy[54:] += 60
    truth = truth_of(xy)
    predicted = xy.copy()
    predicted[50:54] += [10.0, 0.0]
    fast = np.flatnonzero(fastest_frames(truth))
    assert set(fast) <= set(range(49, 56)) and len(fast) == 5
    pixels = Scoring((1.0,), Normaliser.PIXEL)
    figures = evaluate([Candidate("p", "p", predicted)], truth, scoring=pixels).overall["p"]
    assert figures.fastest_distance > 5 > 1 > figures.distance


def test_jerks_where_windows_meet_are_told_apart() -> None:
    xy = climb(90)
    predicted = xy.copy()
    predicted[30:60] += 20
    found = evaluate([Candidate("p", "p", predicted, (30, 60))], truth_of(xy)).overall["p"]
    assert found.border_acceleration > 10 * found.acceleration
    elsewhere = evaluate([Candidate("p", "p", predicted, (45,))], truth_of(xy)).overall["p"]
    assert elsewhere.border_acceleration == pytest.approx(0)


def test_clips_of_one_frame_have_no_acceleration() -> None:
    figures = evaluate([Candidate("p", "p", climb(1))], truth_of(climb(1))).overall["p"]
    assert np.isnan(figures.acceleration) and figures.pck[0.05] == 1


# --- truths ---------------------------------------------------------------------------------------------------------


def labelled(*, stride: int = 5) -> tuple[Track, Keypoints2D]:
    xy = climb()
    labels = {(f, k): Label(tuple(xy[f, k])) for f in range(0, N, stride) for k in (3, 4, 13, 14)}
    return Track("t1", "c1", "Ana", SKELETON.name, labels=labels), Keypoints2D(
        (xy + 3).astype(np.float32), np.ones((N, 25), np.float32), SKELETON.name
    )


def test_labels_are_a_truth_for_the_predictions_beneath_them() -> None:
    track, predictions = labelled()
    truth = truth_of_labels(resolve(track, predictions, n_frames=N))
    found = evaluate([Candidate("p", "p", predictions.xy)], truth, scoring=Scoring((4.0, 5.0), Normaliser.PIXEL))
    assert found.frames == found.confirmed_frames == 8 and len(found.joints) == 4
    assert [*found.overall["p"].pck.values()] == [0, 1]
    assert np.isnan(found.overall["p"].acceleration), "single frames say nothing of acceleration"
    torso = evaluate([Candidate("p", "p", predictions.xy)], truth)
    assert torso.overall["p"].pck[0.2] == 1, "the torso comes from all that is known of the person"


def test_points_between_labels_count_when_asked_for() -> None:
    track, predictions = labelled()
    truth = truth_of_labels(resolve(track, predictions, n_frames=N), interpolated=True)
    found = evaluate([Candidate("p", "p", predictions.xy)], truth)
    assert found.frames == 36 and found.confirmed_frames == 8
    assert np.isfinite(found.overall["p"].acceleration)


def test_without_labels_it_is_said_what_is_missing() -> None:
    track = Track("t1", "c1", "Ana", SKELETON.name)
    with pytest.raises(BetascopeError, match="Label some frames"):
        evaluate([], truth_of_labels(resolve(track, None, n_frames=N)))


def test_without_a_scale_it_is_said_what_to_choose() -> None:
    xy = climb()
    xy[:, SKELETON.index("left_hip")] = np.nan
    with pytest.raises(BetascopeError, match="Choose another normaliser"):
        evaluate([Candidate("p", "p", climb())], truth_of(xy))
    assert evaluate([Candidate("p", "p", climb())], truth_of(xy), scoring=Scoring((0.1,), Normaliser.BOX)).frames == N


@pytest.mark.parametrize("threshold", [0.0, -1.0, float("nan"), float("inf")])
def test_thresholds_that_are_none_are_refused(threshold: float) -> None:
    with pytest.raises(BetascopeError, match="larger than 0"):
        Scoring((threshold,))


def write_climb(path: Path, xy: np.ndarray, *, fps: float = 25.0) -> None:
    n = len(xy)
    empty = {"keypoints3d": (n, 25, 3), "joints3d": (n, 24, 3), "betas": (10,), "pose": (n, 24, 3), "transl": (n, 3)}
    truth = ClimbTruth(
        xy=xy.astype(np.float32),
        visible=np.ones((n, 25), bool),
        contacts=np.zeros((n, 4), bool),
        **{name: np.zeros(shape, np.float32) for name, shape in empty.items()},
        camera=Camera(800, (320, 240), SIZE),
        walls=(Plane((0, 0, -1), 3),),
        fps=fps,
    )
    save_truth(path, truth)


def test_the_truth_of_a_climb_is_taken_at_the_times_of_the_clip(tmp_path: Path) -> None:
    xy = climb(80)
    write_climb(tmp_path / "truth.npz", xy, fps=50.0)
    truth = read_truth2d(tmp_path / "truth.npz", clip(), skeleton=SKELETON.name)
    np.testing.assert_allclose(truth.xy, xy[::2], atol=1e-4)
    coco = read_truth2d(tmp_path / "truth.npz", clip(), skeleton="coco17")
    elbow = "left_elbow"
    np.testing.assert_allclose(
        coco.xy[:, coco.skeleton.index(elbow)], xy[::2, SKELETON.index(elbow)], atol=1e-4, err_msg="by joint name"
    )
    longer = read_truth2d(tmp_path / "truth.npz", clip(60), skeleton=SKELETON.name)
    assert longer.known[:40].all() and not longer.known[40:].any()


def test_a_truth_of_another_video_is_refused(tmp_path: Path) -> None:
    write_climb(tmp_path / "truth.npz", climb())
    with pytest.raises(BetascopeError, match="640x480"):
        read_truth2d(tmp_path / "truth.npz", clip(size=(720, 1280)), skeleton=SKELETON.name)
    with pytest.raises(BetascopeError, match="no 2D truth"):
        read_truth2d(tmp_path / "truth.bvh", clip(), skeleton=SKELETON.name)
    (tmp_path / "broken.npz").write_bytes(b"PK nothing")
    with pytest.raises(BetascopeError, match="cannot be read"):
        read_truth2d(tmp_path / "broken.npz", clip(), skeleton=SKELETON.name)


def coco_file(path: Path, people: dict[str, np.ndarray], *, size: tuple[int, int] = SIZE) -> Path:
    images = [{"id": t, "file_name": f"wall/{t:06d}.jpg", "width": size[0], "height": size[1]} for t in range(N)]
    annotations = [
        {
            "id": 1000 * n + t,
            "image_id": t,
            "category_id": 1,
            "iscrowd": 0,
            "area": 1.0,
            "bbox": [0, 0, 1, 1],
            "keypoints": np.column_stack([xy[t], np.full(25, 2.0)]).ravel().tolist(),
            "betascope": {"track_name": name},
        }
        for n, (name, xy) in enumerate(people.items())
        for t in range(N)
    ]
    category = {"id": 1, "name": "person", "keypoints": list(SKELETON.joints), "skeleton": []}
    write_json({"images": images, "annotations": annotations, "categories": [category]}, path)
    return path


def test_a_coco_file_is_a_truth_for_the_climber_of_that_name(tmp_path: Path) -> None:
    ana, bo = climb(), climb(seed=9)
    path = coco_file(tmp_path / "labels.json", {"Ana": ana, "Bo": bo})
    truth = read_truth2d(path, clip(), skeleton=SKELETON.name, climber="Bo")
    np.testing.assert_allclose(truth.xy, bo)
    with pytest.raises(BetascopeError, match="Ana, Bo"):
        read_truth2d(path, clip(), skeleton=SKELETON.name, climber="Climber 1")
    alone = coco_file(tmp_path / "one.json", {"Ana": ana / 2}, size=(320, 240))
    scaled = read_truth2d(alone, clip(), skeleton=SKELETON.name, climber="Climber 1")
    np.testing.assert_allclose(scaled.xy, ana, err_msg="pictures of half the size")
    other = coco_file(tmp_path / "other.json", {"Ana": ana}, size=(480, 640))
    with pytest.raises(BetascopeError, match="another video"):
        read_truth2d(other, clip(), skeleton=SKELETON.name, climber="Ana")


# --- tables ---------------------------------------------------------------------------------------------------------


def test_the_tables_hold_every_joint_and_every_frame(tmp_path: Path) -> None:
    xy = climb()
    candidates = [Candidate("prediction", "smoothed", xy + 1, (20,)), Candidate("identity", "no smoothing", noisy(xy))]
    found = evaluate(candidates, truth_of(xy))
    joints, frames = write_tables(found, tmp_path / "out.csv", times_s=np.arange(N) / 25)
    with joints.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 2 * 26
    assert float(rows[0]["PCK@0.2"]) == found.overall["prediction"].pck[0.2]
    assert rows[26]["name"] == "no smoothing" and rows[26]["joint"] == "all joints"
    with frames.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 2 * N and rows[0]["ACC-ERR"] == "", "there is no acceleration in the first frame"
    assert [row["frame"] for row in rows if row["window_border"] == "1"] == ["20"]
    oks = found.curve(candidates[1], Metric.OKS, threshold=0)
    assert float(rows[N + 7]["OKS"]) == pytest.approx(oks[7], abs=1e-6)
    assert float(rows[N + 7]["OKS, mean of 180 frames"]) == pytest.approx(oks.mean(), abs=1e-6)
