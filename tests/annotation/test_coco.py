"""COCO export, judged by pycocotools."""

import contextlib
import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from annotation import metrics
from annotation.clip import Clip, Fingerprint, Timeline
from annotation.errors import ProjectError
from annotation.formats.coco import coco_results, coco_truth
from annotation.formats.export_tables import TrackLabels
from annotation.formats.files import write_json
from annotation.labels import ABSENT, Keypoints2D, Label, Span, Track, Visibility
from annotation.resolving import resolve
from annotation.skeletons import load_skeleton

N_FRAMES = 12
SIZE = (640, 480)


def make_clip(clip_id: str = "c1", path: str = "videos/wall.mp4") -> Clip:
    timeline = Timeline(np.arange(N_FRAMES, dtype=np.int64), (1, 25), np.array([0], dtype=np.int64))
    return Clip(clip_id, Path(path), Fingerprint(1, "d"), timeline, SIZE, 0, "h264")


def climber(skeleton: str) -> np.ndarray:
    """Points of a climber (T, K, 2) around the middle of the picture, moving slowly to the right."""
    joints = np.random.default_rng(7).uniform([220, 100], [380, 360], (len(load_skeleton(skeleton)), 2))
    return joints + np.arange(N_FRAMES)[:, None, None] * np.array([2.0, 0.0])


def predicted(xy: np.ndarray, skeleton: str, *, confidence: float = 0.8) -> Keypoints2D:
    return Keypoints2D(
        xy.astype(np.float32), np.full(xy.shape[:2], confidence, np.float32) * ~np.isnan(xy[..., 0]), skeleton
    )


def track_labels(
    skeleton: str = "climbalong25",
    *,
    labels: dict[tuple[int, int], Label] | None = None,
    predictions: Keypoints2D | None = None,
    clip: Clip | None = None,
    spans: tuple[Span, ...] = (),
) -> TrackLabels:
    clip = clip or make_clip()
    track = Track("t1", clip.id, "Ana", skeleton, labels=labels or {}, spans=spans)
    return TrackLabels(clip, track, resolve(track, predictions, n_frames=N_FRAMES), predictions)


def fully_labelled(skeleton: str, *, predictions: Keypoints2D, clip: Clip | None = None) -> TrackLabels:
    xy = climber(skeleton)
    labels = {(f, k): Label(tuple(xy[f, k])) for f in (0, 4, 8) for k in range(xy.shape[1])}
    return track_labels(skeleton, labels=labels, predictions=predictions, clip=clip)


def evaluate(truth: dict[str, Any], results: list[dict[str, Any]], skeleton: str, folder: Path) -> COCOeval:
    """Write both files and let pycocotools read and compare them, without its printing."""
    write_json(truth, folder / "truth.json")
    write_json(results, folder / "results.json")
    with contextlib.redirect_stdout(io.StringIO()):
        reader = COCO(str(folder / "truth.json"))
        evaluation = COCOeval(reader, reader.loadRes(str(folder / "results.json")), "keypoints")
        evaluation.params.kpt_oks_sigmas = np.array(load_skeleton(skeleton).sigmas)
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
    return evaluation


@pytest.mark.parametrize("skeleton", ["climbalong25", "coco17"])
def test_perfect_predictions_have_an_average_precision_of_one(skeleton: str, tmp_path: Path) -> None:
    item = fully_labelled(skeleton, predictions=predicted(climber(skeleton), skeleton))
    truth, results = coco_truth([item], skeleton=skeleton), coco_results([item], skeleton=skeleton)
    evaluation = evaluate(truth, results, skeleton, tmp_path)
    assert evaluation.stats[0] == pytest.approx(1.0)
    assert evaluation.stats[5] == pytest.approx(1.0)  # average recall


@pytest.mark.parametrize("skeleton", ["climbalong25", "coco17"])
def test_a_known_displacement_has_the_oks_of_the_formula(skeleton: str, tmp_path: Path) -> None:
    moved = climber(skeleton) + np.array([6.0, 8.0])  # 10 pixels
    item = fully_labelled(skeleton, predictions=predicted(moved, skeleton))
    truth, results = coco_truth([item], skeleton=skeleton), coco_results([item], skeleton=skeleton)
    evaluation = evaluate(truth, results, skeleton, tmp_path)
    area = truth["annotations"][0]["area"]
    sigmas = np.array(load_skeleton(skeleton).sigmas)
    by_hand = np.exp(-(10.0**2) / (2 * area * (2 * sigmas) ** 2)).mean()
    image_id = truth["annotations"][0]["image_id"]
    assert evaluation.ious[image_id, 1].item() == pytest.approx(by_hand, abs=1e-4)
    ours = metrics.oks(moved, climber(skeleton), sigmas=list(sigmas), area=area)
    assert ours[0] == pytest.approx(by_hand)


def test_labels_of_our_skeleton_are_scored_against_coco_predictions(tmp_path: Path) -> None:
    xy = climber("climbalong25")
    item = fully_labelled("climbalong25", predictions=predicted(xy, "climbalong25"))
    truth, results = coco_truth([item], skeleton="coco17"), coco_results([item], skeleton="coco17")
    assert truth["annotations"][0]["num_keypoints"] == 15  # ClimbAlong has no eyes
    eye = load_skeleton("coco17").index("left_eye")
    assert truth["annotations"][0]["keypoints"][3 * eye : 3 * eye + 3] == [0, 0, 0]
    assert evaluate(truth, results, "coco17", tmp_path).stats[0] == pytest.approx(1.0)


def test_visibility_and_source_of_every_joint() -> None:
    nose, ear, wrist = 0, 1, 7
    labels = {
        (0, nose): Label((300.25, 200.5)),
        (4, nose): Label((304.25, 200.5)),
        (0, ear): Label((310.0, 190.0), Visibility.OCCLUDED),
        (0, wrist): ABSENT,
    }
    item = track_labels(labels=labels, predictions=predicted(climber("climbalong25"), "climbalong25"))
    annotations = coco_truth([item], skeleton="climbalong25")["annotations"]
    first, second = (np.array(a["keypoints"]).reshape(-1, 3) for a in annotations[:2])
    assert first[nose].tolist() == [300.25, 200.5, 2]
    assert first[ear].tolist() == [310.0, 190.0, 1]
    assert first[wrist].tolist() == [0, 0, 0]
    assert not first[10:].any(), "what only a model said is not the truth"
    assert annotations[0]["num_keypoints"] == 2
    assert second[nose].tolist() == [301.25, 200.5, 2]
    said = annotations[0]["betascope"], annotations[1]["betascope"]
    assert [said[0]["sources"][k] for k in (nose, wrist, 10)] == ["labelled", "labelled", "missing"]
    assert said[1]["sources"][nose] == "interpolated"
    assert said[1] | {"sources": []} == {
        "sources": [], "track": "t1", "track_name": "Ana", "frame": 1, "time_s": 0.04,
    }  # fmt: skip
    assert [a["attributes"]["keyframe"] for a in annotations] == [True, False, False, False, True]


def test_only_frames_with_a_statement_are_exported() -> None:
    predictions = predicted(climber("climbalong25"), "climbalong25")
    item = track_labels(labels={(3, 0): Label((300.0, 200.0))}, predictions=predictions)
    truth = coco_truth([item], skeleton="climbalong25")
    assert [image["frame"] for image in truth["images"]] == [3]
    assert [r["image_id"] for r in coco_results([item], skeleton="climbalong25")] == [truth["images"][0]["id"]]


def test_a_statement_about_a_joint_the_target_lacks_exports_nothing() -> None:
    thumb = load_skeleton("climbalong25").index("left_thumb")
    predictions = predicted(climber("climbalong25"), "climbalong25")
    item = track_labels(labels={(3, thumb): Label((300.0, 200.0))}, predictions=predictions)
    assert coco_truth([item], skeleton="coco17")["images"] == []
    assert coco_results([item], skeleton="coco17") == []


def test_a_frame_without_the_climber_is_an_image_without_annotation() -> None:
    item = track_labels("coco17", labels={(2, k): ABSENT for k in range(17)})
    truth = coco_truth([item], skeleton="coco17")
    assert len(truth["images"]) == 1
    assert truth["annotations"] == []


def test_the_box_holds_the_whole_climber_and_stays_in_the_picture() -> None:
    xy = climber("coco17")
    xy[:, 0] = [-30.0, 200.0]
    item = track_labels("coco17", labels={(0, 9): Label((250.0, 470.0))}, predictions=predicted(xy, "coco17"))
    annotation = coco_truth([item], skeleton="coco17")["annotations"][0]
    x, y, width, height = annotation["bbox"]
    assert (x, y + height) == (0.0, 480.0)
    inside = np.delete(xy[0], [0, 9], axis=0)
    assert (inside > [x, y]).all()
    assert (inside < [x + width, y + height]).all()
    assert annotation["area"] == pytest.approx(width * height, abs=0.01)


def test_a_point_outside_the_picture_is_not_moved_and_its_box_is_not_empty() -> None:
    item = track_labels("coco17", labels={(0, 0): Label((700.0, -20.0))})
    annotation = coco_truth([item], skeleton="coco17")["annotations"][0]
    assert annotation["keypoints"][:3] == [700.0, -20.0, 2]
    x, y, width, height = annotation["bbox"]
    assert width >= 1
    assert height >= 1
    assert 0 <= x <= x + width <= 640
    assert 0 <= y <= y + height <= 480


def test_missing_predictions_are_zeros_and_do_not_lower_the_score() -> None:
    xy = climber("coco17")
    xy[:, 5] = np.nan
    item = fully_labelled("coco17", predictions=predicted(xy, "coco17", confidence=0.75))
    result = coco_results([item], skeleton="coco17")[0]
    assert result["keypoints"][15:18] == [0, 0, 0]
    assert result["keypoints"][18:21] == [*np.round(xy[0, 6], 3).tolist(), 0.75]
    assert result["score"] == 0.75


def test_a_run_shorter_than_the_clip_gives_results_where_it_has_them() -> None:
    item = fully_labelled("coco17", predictions=predicted(climber("coco17")[:3], "coco17"))
    assert len(coco_results([item], skeleton="coco17")) == 3


def test_names_and_ids_of_images_never_change() -> None:
    predictions = predicted(climber("coco17"), "coco17")
    one = fully_labelled("coco17", predictions=predictions, clip=make_clip("c1", "a/wall.mp4"))
    two = fully_labelled("coco17", predictions=predictions, clip=make_clip("c2", "b/wall.mov"))
    alone = coco_truth([one], skeleton="coco17")["images"]
    both = coco_truth([one, two], skeleton="coco17")["images"]
    assert both[: len(alone)] == alone
    assert len({image["file_name"] for image in both}) == len({image["id"] for image in both}) == 2 * len(alone)
    assert alone[0]["file_name"] == "wall/000000.jpg"


def test_two_climbers_share_the_images_of_their_clip() -> None:
    predictions = predicted(climber("coco17"), "coco17")
    item = fully_labelled("coco17", predictions=predictions)
    truth = coco_truth([item, item], skeleton="coco17")
    assert len(truth["images"]) == 9  # frames 0 to 8
    assert [a["id"] for a in truth["annotations"]] == list(range(1, 19))
    assert {a["attributes"]["track_id"] for a in truth["annotations"]} == {1, 2}


def test_bones_count_from_one() -> None:
    category = coco_truth([], skeleton="coco17")["categories"][0]
    names = {frozenset((category["keypoints"][a - 1], category["keypoints"][b - 1])) for a, b in category["skeleton"]}
    assert frozenset(("left_shoulder", "left_elbow")) in names
    assert min(min(bone) for bone in category["skeleton"]) >= 1
    assert category["id"] == 1


def test_a_file_that_cannot_be_written_leaves_the_old_one_and_says_what_to_do(tmp_path: Path) -> None:
    folder = tmp_path / "results.json"
    folder.mkdir()
    with pytest.raises(ProjectError, match=r"results\.json.*try again"):
        write_json([1], folder)
    assert folder.is_dir()
    assert list(tmp_path.iterdir()) == [folder], "no half-written file stays"
    with pytest.raises(ProjectError, match="exists"):
        write_json([1], tmp_path / "missing" / "results.json")


def test_writing_replaces_the_old_file_whole(tmp_path: Path) -> None:
    path = tmp_path / "truth.json"
    path.write_text("old " * 1000)
    write_json({"images": []}, path)
    assert json.loads(path.read_text()) == {"images": []}


def test_a_full_disk_leaves_the_old_file_and_says_so(tmp_path: Path) -> None:
    """A process whose files may not grow beyond 1 kB stands for the full disk."""
    path = tmp_path / "truth.json"
    path.write_text("old")
    program = f"""
import resource
from pathlib import Path
from annotation.errors import ProjectError
from annotation.formats.coco import write_json
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
try:
    write_json(list(range(1000)), Path({str(path)!r}))
except ProjectError as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert "has room" in done.stdout
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]
