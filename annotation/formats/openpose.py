"""OpenPose: one JSON file a frame, x, y and confidence of every joint; 0, 0, 0 is missing.

The file does not say which of its models made it, only how many joints there are. BODY_25 and BODY_25B both have 25: of
BODY_25B the second joint is the left eye, of BODY_25 the neck, which lies below the nose.
https://github.com/CMU-Perceptual-Computing-Lab/openpose/blob/master/doc/02_output.md
"""

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from annotation.errors import ProjectError
from annotation.formats.export_tables import ExportChoice, TrackLabels, export_table
from annotation.formats.files import write_folder
from annotation.formats.pose_table import ImportedPoses, PoseTable, VideoHint
from annotation.formats.reading import FormatError, check_extent, frame_number, read_json, saying_what_is_wrong
from annotation.labels import Source, Visibility

_WHAT = "OpenPose's JSON"
_NUMBER = re.compile(r"(\d+)(?:_keypoints)?$")
_BODY_25B = """
nose left_eye right_eye left_ear right_ear left_shoulder right_shoulder left_elbow right_elbow left_wrist right_wrist
left_hip right_hip left_knee right_knee left_ankle right_ankle neck head left_big_toe left_small_toe left_heel
right_big_toe right_small_toe right_heel
"""
_BODY_25 = """
nose neck right_shoulder right_elbow right_wrist left_shoulder left_elbow left_wrist mid_hip right_hip right_knee
right_ankle left_hip left_knee left_ankle right_eye left_eye right_ear left_ear left_big_toe left_small_toe left_heel
right_big_toe right_small_toe right_heel
"""
_COCO_18 = """
nose neck right_shoulder right_elbow right_wrist left_shoulder left_elbow left_wrist right_hip right_knee right_ankle
left_hip left_knee left_ankle right_eye left_eye right_ear left_ear
"""
BODY_25B, BODY_25, COCO_18 = (tuple(names.split()) for names in (_BODY_25B, _BODY_25, _COCO_18))
_BY_COUNT = {25: BODY_25, 18: COCO_18}


def read_openpose(path: Path) -> ImportedPoses:
    """Read a folder of JSON files, the frame being the last number in their names; or one such file.

    Raises
    ------
    FormatError
        If there are none, or nobody is in them.
    """
    files = sorted(path.glob("*.json")) if path.is_dir() else [path]
    if not files:
        raise FormatError(f"{path} holds no JSON files. Name the folder OpenPose wrote with --write_json.")
    people: dict[int, dict[int, NDArray[np.float64]]] = {}
    notes: list[str] = []
    for file in files:
        with saying_what_is_wrong(file, what=_WHAT):
            number = _NUMBER.search(file.stem)
            if number is None:
                raise ValueError("its name does not end in the number of a frame")
            for person, entry in enumerate(_people(read_json(file))):
                people.setdefault(person, {})[frame_number(number.group(1))] = _points(entry)
    if not people:
        raise FormatError(f"{path.name} has nobody in it. Nothing was imported.")
    counts = {len(points) for frames in people.values() for points in frames.values()}
    if len(counts) > 1:
        raise FormatError(f"{path.name} mixes poses of {' and '.join(map(str, sorted(counts)))} joints.")
    if len(people) > 1:
        notes.append("the files do not say who is who; people are numbered as they stand in each file")
    joints = _joints(people[0])
    video = _NUMBER.sub("", files[0].stem).rstrip("._-")
    tables = [
        _table(frames, joints, person=person, video=video, path=path) for person, frames in sorted(people.items())
    ]
    return ImportedPoses(tuple(tables), tuple(notes))


def _people(content: Any) -> list[dict[str, Any]]:
    people: list[dict[str, Any]] = content["people"]
    return people


def _points(entry: dict[str, Any]) -> NDArray[np.float64]:
    points = np.array(entry["pose_keypoints_2d"], np.float64).reshape(-1, 3)
    if not np.isfinite(points).all():
        raise ValueError("a joint is no number")
    return points


def _joints(frames: dict[int, NDArray[np.float64]]) -> tuple[str, ...]:
    """Return the names of the joints; of the two models with 25, the neck tells which it is."""
    count = len(next(iter(frames.values())))
    if count == len(BODY_25B):
        points = np.stack(list(frames.values()))
        seen = points[(points[:, [0, 1, 5, 6], 2] > 0).all(axis=1)]
        if len(seen):
            # the second joint is nearer to the nose than half way to the shoulders: an eye
            nose, second = seen[:, 0, :2], seen[:, 1, :2]
            shoulders = seen[:, [5, 6], :2].mean(axis=1)
            near = np.linalg.norm(second - nose, axis=1) < 0.5 * np.linalg.norm(shoulders - nose, axis=1)
            return BODY_25B if np.median(near) > 0 else BODY_25
    return _BY_COUNT.get(count, tuple(f"joint_{number}" for number in range(1, count + 1)))


def _table(
    frames: dict[int, NDArray[np.float64]], joints: tuple[str, ...], *, person: int, video: str, path: Path
) -> PoseTable:
    check_extent(path, n_frames=len(frames), n_joints=len(joints))
    numbers = np.array(sorted(frames), np.int64)
    points = np.stack([frames[number] for number in numbers.tolist()])
    table = PoseTable.empty(f"Climber {person + 1}", joints, numbers, video=VideoHint(video))
    given = points[..., 2] > 0
    table.xy[given] = points[given, :2]
    table.confidence[given] = np.clip(points[given, 2], 0, 1)
    table.visibility[given], table.source[given] = Visibility.VISIBLE, Source.PREDICTED
    return table


def write_openpose(tracks: Sequence[TrackLabels], choice: ExportChoice, out: Path) -> int:
    """Write one file a frame of one video, joints in the order of the skeleton; return how many poses there are.

    Raises
    ------
    ProjectError
        If they are of several videos, or the folder cannot be written.
    """
    if len({item.clip.id for item in tracks}) > 1:
        raise ProjectError("OpenPose's files are about one video. Export one climber.")
    frames: dict[int, list[list[float]]] = {}
    for item in tracks:
        table = export_table(item, choice)
        points = np.dstack([np.nan_to_num(table.xy), np.where(table.known, table.confidence, 0)]).round(4)
        for frame, pose in zip(table.frames.tolist(), points, strict=True):
            frames.setdefault(frame, []).append(pose.ravel().tolist())

    def write(folder: Path) -> None:
        for frame, people in frames.items():
            content = {"version": 1.3, "people": [{"person_id": [-1], "pose_keypoints_2d": pose} for pose in people]}
            name = f"{tracks[0].clip.path.stem}_{frame:012d}_keypoints.json"
            (folder / name).write_text(json.dumps(content), encoding="utf-8")

    if frames:
        write_folder(out, write)
    return sum(map(len, frames.values()))
