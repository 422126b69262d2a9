"""Training, validation and test: nothing is in two of them, nothing is lost, and the rules are those they name."""

import json
from pathlib import Path

import numpy as np
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from annotation.clip import Clip, Fingerprint, Timeline
from annotation.errors import ProjectError
from annotation.formats.coco import write_coco
from annotation.formats.export_tables import ExportChoice, Frames, Points, TrackLabels
from annotation.formats.splitting import WINDOW, Part, Split, SplitRule, split_frames
from annotation.formats.yolo import write_yolo
from annotation.labels import Label, Track
from annotation.resolving import resolve

RULES = st.sampled_from(SplitRule)
LENGTHS = st.lists(st.integers(20, 400), min_size=3, max_size=8)


def climber(clip_id: str, n_frames: int, *, every: int = 1) -> TrackLabels:
    timeline = Timeline(np.arange(n_frames, dtype=np.int64), (1, 25), np.array([0], dtype=np.int64))
    clip = Clip(clip_id, Path(f"{clip_id}.mp4"), Fingerprint(1, clip_id), timeline, (640, 480), 0, "h264")
    labels = {(frame, joint): Label((50 + frame, 60)) for frame in range(0, n_frames, every) for joint in range(17)}
    track = Track(f"t-{clip_id}", clip_id, "Ana", "coco17", labels=labels)
    return TrackLabels(clip, track, resolve(track, None, n_frames=n_frames), None)


@given(lengths=LENGTHS, rule=RULES, seed=st.integers(0, 5), every=st.integers(1, 7))
def test_every_frame_is_in_one_part_and_no_window_in_two(
    lengths: list[int], rule: SplitRule, seed: int, every: int
) -> None:
    frames = {f"c{n}": np.arange(0, length, every) for n, length in enumerate(lengths)}
    n_frames = {f"c{n}": length for n, length in enumerate(lengths)}
    parts = split_frames(frames, n_frames, split=Split(rule, seed))
    assert set(parts) == {(clip, frame) for clip, chosen in frames.items() for frame in chosen.tolist()}
    clips = {part: {clip for clip, frame in parts if parts[clip, frame] is part} for part in Part}
    if rule is SplitRule.CLIP:
        assert sum(map(len, clips.values())) == len(lengths), "no video is in two parts"
        assert all(clips[part] for part in (Part.TRAIN, Part.VAL, Part.TEST))
    if rule is SplitRule.RULE:
        windows = {(clip, frame // WINDOW, part) for (clip, frame), part in parts.items()}
        assert len(windows) == len({window[:2] for window in windows}), "no window is in two parts"
        held_out = max(n_frames, key=lambda clip: n_frames[clip])
        assert clips[Part.HELD_OUT] == {held_out}
        assert not any(held_out in clips[part] for part in (Part.TRAIN, Part.VAL, Part.TEST))


def test_blocks_are_twelve_of_equal_length_test_first() -> None:
    frames = {"short": np.arange(100), "full": np.arange(6480)}
    parts = split_frames(frames, {"short": 9000, "full": 6480}, split=Split(SplitRule.BLOCKS))
    assert {parts["short", frame] for frame in range(100)} == {Part.TRAIN}
    blocks = [{parts["full", frame] for frame in range(start, start + 540)} for start in range(0, 6480, 540)]
    assert blocks == [{Part.TEST}, {Part.VAL}] * 6


def test_the_rule_trains_on_the_first_six_tenths_of_the_windows_and_the_rest_alternate() -> None:
    parts = split_frames({"only": np.arange(100)}, {"only": 100}, split=Split(SplitRule.RULE))
    windows = [parts["only", frame] for frame in range(0, 100, WINDOW)]
    assert windows == [Part.TRAIN] * 12 + [Part.VAL, Part.TEST] * 4


def test_the_lot_is_the_same_with_the_same_seed_only() -> None:
    frames = {f"c{n}": np.arange(10) for n in range(10)}
    n_frames = dict.fromkeys(frames, 10)
    drawn = [split_frames(frames, n_frames, split=Split(SplitRule.CLIP, seed)) for seed in (1, 1, 2)]
    assert drawn[0] == drawn[1] != drawn[2]
    assert [sum(part is wanted for part in drawn[0].values()) for wanted in (Part.TRAIN, Part.VAL, Part.TEST)] == [
        60,
        20,
        20,
    ]


@pytest.mark.parametrize("rule", [SplitRule.CLIP, SplitRule.BLOCKS])
def test_too_few_videos_are_said(rule: SplitRule) -> None:
    with pytest.raises(ProjectError, match=r"windows.*add"):
        split_frames({"only": np.arange(100)}, {"only": 100}, split=Split(rule))


CHOICE = ExportChoice(Frames.LABELLED, Points.LABELS, "coco17", split=Split(SplitRule.RULE))


def test_coco_is_a_file_for_each_part(tmp_path: Path) -> None:
    items = [climber("a", 50), climber("b", 80), climber("c", 60)]
    assert write_coco(items, CHOICE, tmp_path / "labels.json") == 190
    images = {
        path.stem.removeprefix("labels-"): {image["file_name"] for image in json.loads(path.read_text())["images"]}
        for path in tmp_path.iterdir()
    }
    assert {part: len(names) for part, names in images.items()} == {"train": 65, "val": 25, "test": 20, "held-out": 80}
    assert len(set.union(*images.values())) == 190
    assert {name.partition("/")[0] for name in images["held-out"]} == {"b"}


def test_yolo_is_a_folder_for_each_part(tmp_path: Path) -> None:
    items = [climber("a", 50), climber("b", 80), climber("c", 60)]
    write_yolo(items, CHOICE, tmp_path / "set")
    files = {folder.name: {file.name for file in folder.iterdir()} for folder in (tmp_path / "set/labels").iterdir()}
    assert {part: len(names) for part, names in files.items()} == {"train": 65, "val": 25, "test": 20, "held-out": 80}
    assert len(set.union(*files.values())) == 190
    config = yaml.safe_load((tmp_path / "set/data.yaml").read_text())
    assert (config["train"], config["val"], config["test"]) == ("images/train", "images/val", "images/test")
