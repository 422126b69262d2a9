"""OpenPose: the files it wrote for a real trial, and our own there and back."""

import json
from pathlib import Path

import numpy as np
import pytest

from annotation.formats.export_tables import ExportChoice, Frames, Points, TrackLabels
from annotation.formats.openpose import BODY_25, BODY_25B, read_openpose, write_openpose
from annotation.formats.reading import FormatError
from annotation.labels import Keypoints2D, Source, Track
from annotation.resolving import resolve
from tests.annotation.formats.test_yolo import labelled


def test_reads_what_openpose_wrote(shared_dir: Path) -> None:
    folder = shared_dir / "data" / "pose2sim" / "pose" / "cam01_json"
    imported = read_openpose(folder)
    table = imported.tables[0]
    assert table.joints == BODY_25B and len(table) == 100
    raw = json.loads((folder / "cam01.0041.json").read_text())["people"][0]["pose_keypoints_2d"]
    row, wrist = table.frames.tolist().index(41), BODY_25B.index("left_wrist")
    assert table.xy[row, wrist].tolist() == raw[3 * wrist : 3 * wrist + 2]
    assert table.confidence[row, wrist] == pytest.approx(raw[3 * wrist + 2])
    assert (table.source[table.known] == Source.PREDICTED).all()


def test_the_neck_tells_the_two_models_with_25_joints_apart(tmp_path: Path) -> None:
    pose = np.zeros((25, 3))
    pose[:, 2] = 0.9
    for joint, at in {
        "nose": (50, 10),
        "neck": (50, 30),
        "left_shoulder": (60, 32),
        "right_shoulder": (40, 32),
    }.items():
        pose[BODY_25.index(joint), :2] = at
    pose[BODY_25.index("right_elbow"), :2] = pose[BODY_25.index("right_wrist"), :2] = (38, 45)
    pose[BODY_25.index("left_elbow"), :2] = (62, 45)
    content = {"people": [{"pose_keypoints_2d": pose.ravel().tolist()}]}
    (tmp_path / "a_000000000007_keypoints.json").write_text(json.dumps(content))
    (table,) = read_openpose(tmp_path).tables
    assert table.joints == BODY_25 and table.frames.tolist() == [7]


def test_predictions_there_and_back(tmp_path: Path) -> None:
    clip = labelled().clip
    xy = np.random.default_rng(1).uniform(10, 400, (30, 17, 2)).astype(np.float32)
    xy[4, 3] = np.nan
    keypoints = Keypoints2D(xy, np.where(np.isnan(xy[..., 0]), 0, 0.625).astype(np.float32), "coco17")
    track = Track("t", "c1", "Ana", "coco17")
    item = TrackLabels(clip, track, resolve(track, keypoints, n_frames=30), keypoints)
    choice = ExportChoice(Frames.ALL, Points.PREDICTED)
    assert write_openpose([item], choice, tmp_path / "json") == 30
    (table,) = read_openpose(tmp_path / "json").tables
    np.testing.assert_allclose(table.xy, xy, atol=1e-4)
    assert (table.confidence[table.known] == 0.625).all()


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("a_1.json", "[]", "not OpenPose's JSON"),
        ("a_1.json", '{"people": []}', "nobody"),
        ("a_1.json", '{"people": [{"pose_keypoints_2d": [1, 2]}]}', "reshape"),
        ("a_1.json", '{"people": [{"pose_keypoints_2d": [NaN, 2, 1]}]}', "no number"),
        ("a.json", '{"people": []}', "number of a frame"),
        ("a_99999999999.json", '{"people": [{"pose_keypoints_2d": [1, 2, 1]}]}', "no frame number"),
    ],
)
def test_what_is_wrong_is_said(name: str, text: str, words: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(FormatError, match=words):
        read_openpose(tmp_path)
