"""Learning from files and folders of others: Penn Action, BRACE and COCO, laid out as they are published."""

import json
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from scipy.io import savemat

from annotation.errors import BetascopeError
from annotation.skeletons import load_skeleton
from inference.jobs import TaskContext
from inference.smoothing.training.folders import MAX_UNPACKED, PENN_JOINTS
from inference.smoothing.training.sequences import read_sequences
from inference.tasks import train_smoother

OURS, COCO = load_skeleton("climbalong25"), load_skeleton("coco17")
N_FRAMES = 30


def motion(joints: tuple[str, ...], *, seed: int = 0, n_frames: int = N_FRAMES) -> np.ndarray:
    """Return a person (T, K, 2) who drifts to the right, pixels."""
    rng = np.random.default_rng(seed)
    pose = rng.uniform(0, 1, (len(joints), 2)) * (120, 300) + (200, 80)
    return pose + np.arange(n_frames)[:, None, None] * (1.5, 0.0)


def penn_action(folder: Path, *, n_videos: int = 4, n_frames: int = N_FRAMES) -> Path:
    (folder / "labels").mkdir(parents=True)
    for number in range(1, n_videos + 1):
        xy = motion(PENN_JOINTS, seed=number, n_frames=n_frames)
        visible = np.ones(xy.shape[:2])
        visible[:, PENN_JOINTS.index("left_wrist")] = 0
        content = {
            "action": "bowl",
            "pose": "back",
            "x": xy[..., 0] + 0.5,
            "y": xy[..., 1] + 0.5,
            "visibility": visible,
            "train": 1.0,
            "bbox": np.zeros((n_frames, 4)),
            "dimensions": np.array([[360.0, 480.0, n_frames]]),
            "nframes": float(n_frames),
        }
        savemat(str(folder / "labels" / f"{number:04}.mat"), content, do_compression=True)
    return folder


def brace(folder: Path, *, n_videos: int = 4) -> Path:
    for number in range(n_videos):
        video, xy = f"3rIk56_cBT{number}", motion(COCO.joints, seed=number)
        place = folder / "2011" / video
        place.mkdir(parents=True)
        for start in (0, 15):  # two segments that follow each other
            content = {
                f"{video}/img-{frame + 100:06}.png": {
                    "box": [1, 2, 3, 4, 1],
                    "keypoints": [[x, y, 1] for x, y in xy[frame].tolist()],
                }
                for frame in range(start, start + 15)
            }
            name = f"{video}_{start + 100}-{start + 115}_powermove.json"
            (place / name).write_text(json.dumps(content), encoding="utf-8")
    return folder


def test_penn_action_is_read_as_it_is_published(tmp_path: Path) -> None:
    sequences = read_sequences([penn_action(tmp_path / "Penn_Action")])
    assert len(sequences) == 4 and len({sequence.motion for sequence in sequences}) == 4
    truth, found = motion(PENN_JOINTS, seed=1), sequences[0].xy
    assert sequences[0].fps == 30
    for joint in ("right_elbow", "left_hip", "right_ankle"):
        assert found[:, OURS.index(joint)] == pytest.approx(truth[:, PENN_JOINTS.index(joint)], abs=1e-3)
    unseen = [OURS.index(joint) for joint in ("left_wrist", "nose", "left_heel")]
    assert np.isnan(found[:, unseen]).all(), "what is hidden, or not among its joints, is unknown"


def test_brace_is_read_as_it_is_published(tmp_path: Path) -> None:
    folder = brace(tmp_path / "brace")
    by_hand = motion(COCO.joints, seed=0)[10]
    by_hand[COCO.index("nose")] = (7.0, 9.0)
    np.savez(folder / "2011" / "3rIk56_cBT0" / "img-000110.npz", coco_joints2d=np.c_[by_hand, np.zeros(17)])
    sequences = read_sequences([folder])
    assert [len(sequence) for sequence in sequences] == [N_FRAMES] * 4, "segments that follow each other are one"
    assert {sequence.fps for sequence in sequences} == {25.0}
    found = sequences[0].xy
    assert found[:, OURS.index("left_knee")] == pytest.approx(
        motion(COCO.joints, seed=0)[:, COCO.index("left_knee")], abs=1e-3
    )
    assert found[10, OURS.index("nose")] == pytest.approx((7, 9)), "what people put right goes before"
    assert np.isnan(found[:, OURS.index("left_big_toe")]).all()
    (folder / "videos_info.csv").write_text("video_id,year,fps\n3rIk56_cBT1,2011,29.97\n")
    assert [round(sequence.fps) for sequence in read_sequences([folder])] == [25, 30, 25, 25]


@pytest.mark.parametrize("kind", [penn_action, brace])
def test_a_model_learns_from_a_folder(kind: object, tmp_path: Path) -> None:
    folder = kind(tmp_path / "data")  # type: ignore[operator]
    (tmp_path / "job").mkdir()
    (tmp_path / "out").mkdir()
    parameters = {"model": "deciwatch", "preset": "thesis", "epochs": 1, "data": [str(folder)], "seed": 0}
    context = TaskContext(parameters, tmp_path / "job", tmp_path / "out", lambda done, total, message: None)
    summary = train_smoother.run(context)
    assert np.isfinite(summary["after"]["pck@0.1"]) and summary["held_out"] > 0
    card = json.loads((tmp_path / "out" / "deciwatch.json").read_text())
    assert "clips of points: 4 sequences" in card["recipe"]["data"]


def test_what_is_too_short_says_which_file_and_what_would_do(tmp_path: Path) -> None:
    folder = penn_action(tmp_path / "short", n_frames=20)
    with pytest.raises(BetascopeError, match=r"51 frames at once, but in short nobody is in more than 20 .* conv3d"):
        read_sequences([folder], shortest=51)


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("0001.mat", b"MATLAB 5.0 MAT-file nonsense", "0001.mat is not a label file of Penn Action"),
        ("0001.mat", b"MATLAB 7.3 MAT-file".ljust(124) + b"\x00\x02IM", "save it with -v7"),
        ("0001.mat", b"", "0001.mat is not a label file of Penn Action"),
        ("v_1-9_toprock.json", b"{}x", "v_1-9_toprock.json is not a segment of BRACE"),
        ("v_1-9_toprock.json", b'{"v/one.png": {"keypoints": []}}', "no picture"),
        ("v_1-9_toprock.json", b'{"v/img-000001.png": {"keypoints": [[1, 2, 3]]}}', r"keypoints are \(1, 3\)"),
        ("img-000001.npz", b"PK nonsense", "img-000001.npz is not keypoints of BRACE"),
        ("other.json", b"[]", "other.json is a COCO results file"),
        ("readme.txt", b"nothing", "holds no motion to learn from"),
    ],
)
def test_a_damaged_or_foreign_file_is_named(name: str, content: bytes, words: str, tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / name).write_bytes(content)
    with pytest.raises(BetascopeError, match=words):
        read_sequences([folder])


def test_matrices_of_other_things_are_refused_before_they_are_read(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    for x in (np.zeros((5, 12)), np.array([{"a": 1}], dtype=object)):
        savemat(str(folder / "0001.mat"), {"x": x, "y": np.zeros((5, 13)), "visibility": np.ones((5, 13))})
        with pytest.raises(BetascopeError, match="x is no matrix of 13 joints"):
            read_sequences([folder])
    savemat(str(folder / "0001.mat"), {"x": np.zeros((5, 13)), "y": np.zeros((5, 13))})
    with pytest.raises(BetascopeError, match="visibility"):
        read_sequences([folder])
    np.savez(folder / "img-000001.npz", coco_joints2d=np.array([{"a": 1}], dtype=object))
    (folder / "0001.mat").unlink()
    with pytest.raises(BetascopeError, match=r"img-000001\.npz is not keypoints of BRACE"):
        read_sequences([folder])


def test_a_file_that_unpacks_to_more_than_it_says_is_refused(tmp_path: Path) -> None:
    file = penn_action(tmp_path, n_videos=1) / "labels" / "0001.mat"
    content = file.read_bytes()
    packed = zlib.compress(bytes(MAX_UNPACKED + 1), level=1)
    file.write_bytes(content + struct.pack("<II", 15, len(packed)) + packed)
    with pytest.raises(BetascopeError, match="it unpacks to more than 67 MB"):
        read_sequences([tmp_path])
    file.write_bytes(content + content[128:])  # sizes are looked up by name, but the first of a name is read
    with pytest.raises(BetascopeError, match="it holds a matrix twice"):
        read_sequences([tmp_path])


def test_more_segments_than_fit_into_memory_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("inference.smoothing.training.folders.MAX_POINTS", 2 * 15 * len(COCO.joints))
    assert len(read_sequences([brace(tmp_path / "one", n_videos=1)])) == 1
    with pytest.raises(BetascopeError, match="more than 510 points"):
        read_sequences([brace(tmp_path / "two", n_videos=2)])
