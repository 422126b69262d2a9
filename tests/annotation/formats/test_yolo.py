"""YOLO pose: value for value there and back, and folders that are wrong."""

from pathlib import Path

import numpy as np
import pytest
import yaml

from annotation.clip import Clip, Fingerprint, Timeline
from annotation.errors import ProjectError
from annotation.formats.export_tables import ExportChoice, TrackLabels
from annotation.formats.reading import FormatError
from annotation.formats.yolo import read_yolo, write_yolo
from annotation.labels import ABSENT, Label, Track, Visibility
from annotation.resolving import resolve
from annotation.skeletons import load_skeleton

SIZE = (640, 480)
SKELETON = load_skeleton("coco17")


def labelled(name: str = "Ana", *, shift: float = 0.0) -> TrackLabels:
    timeline = Timeline(np.arange(30, dtype=np.int64), (1, 25), np.array([0], dtype=np.int64))
    clip = Clip("c1", Path("wall.mp4"), Fingerprint(1, "d"), timeline, SIZE, 0, "h264")
    points = np.random.default_rng(7).uniform((50, 50), (500, 400), (17, 2)) + shift
    labels = {(frame, k): Label((float(x), float(y))) for frame in (3, 17) for k, (x, y) in enumerate(points)}
    labels[3, 4] = Label((10.5, 20.25), Visibility.OCCLUDED)
    labels[3, 5] = ABSENT
    labels[17, 6] = Label((700.0, 20.0))
    track = Track(name, "c1", name, "coco17", labels=labels)
    return TrackLabels(clip, track, resolve(track, None, n_frames=30), None)


def test_round_trip_value_for_value(tmp_path: Path) -> None:
    item = labelled()
    assert write_yolo([item], ExportChoice(), tmp_path / "set") == 15, "3 and 17 and all between, where nothing else is"
    (table,) = read_yolo(tmp_path / "set").tables
    assert table.video.name == "wall"
    assert table.joints == SKELETON.joints
    row = table.frames.tolist().index(3)
    expected = item.resolved.xy[3].copy()
    expected[5] = np.nan
    np.testing.assert_allclose(table.xy[row] * SIZE, expected, atol=1e-4)
    assert table.visibility[row, 4] == Visibility.OCCLUDED
    assert np.isnan(table.xy[table.frames.tolist().index(17), 6]).all(), "outside the picture"


def test_the_configuration_says_what_training_needs(tmp_path: Path) -> None:
    write_yolo([labelled()], ExportChoice(), tmp_path / "set")
    config = yaml.safe_load((tmp_path / "set" / "data.yaml").read_text())
    assert config["kpt_shape"] == [17, 3]
    mirrored = [SKELETON.joints[k] for k in config["flip_idx"]]
    assert mirrored[SKELETON.index("left_wrist")] == "right_wrist"
    line = (tmp_path / "set" / "labels" / "train" / "wall_000003.txt").read_text().split()
    assert len(line) == 5 + 17 * 3 and all(0 <= float(value) <= 2 for value in line)


def test_two_people_are_two_lines_of_a_file(tmp_path: Path) -> None:
    write_yolo([labelled(), labelled("Bo", shift=30)], ExportChoice(), tmp_path / "set")
    imported = read_yolo(tmp_path / "set" / "data.yaml")
    assert len(imported.tables) == 2
    assert any("who is who" in note for note in imported.notes)


def test_nothing_is_written_over(tmp_path: Path) -> None:
    (tmp_path / "set").mkdir()
    (tmp_path / "set" / "mine.txt").write_text("mine")
    with pytest.raises(ProjectError, match="not empty"):
        write_yolo([labelled()], ExportChoice(), tmp_path / "set")
    assert [file.name for file in (tmp_path / "set").iterdir()] == ["mine.txt"]


@pytest.mark.parametrize(
    ("config", "line", "words"),
    [
        ("{", "", "damaged"),
        ("names: [a]", "", "kpt_shape"),
        ("kpt_shape: [2, 4]", "", "kpt_shape is"),
        ("kpt_shape: [2, 3]", "0 0 0 0 0 1 2", "line of 7 numbers"),
        ("kpt_shape: [2, 3]", "0 0 0 0 0 a b c d e f", "could not convert"),
        ("kpt_shape: [900000000, 3]", "", "more than one climber"),
        ("kpt_shape: !!python/object/apply:os.system ['true']", "", "damaged"),
    ],
)
def test_what_is_wrong_is_said(config: str, line: str, words: str, tmp_path: Path) -> None:
    (tmp_path / "data.yaml").write_text(config)
    (tmp_path / "labels").mkdir()
    (tmp_path / "labels" / "wall_000001.txt").write_text(line)
    with pytest.raises(FormatError, match=words):
        read_yolo(tmp_path)
