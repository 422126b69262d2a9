"""Reads COCO keypoints and COCO results of any tool and any skeleton.

COCO says nothing of videos. Frame and video come from the keys Betascope and CVAT write beside it, else from the file
names of the images ("wall/000412.jpg" is frame 412 of wall). Categories without keypoints are passed over, as is the
one Roboflow puts first. https://cocodataset.org/#format-data
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
from numpy.typing import NDArray

from annotation.formats.json_pieces import given_up
from annotation.formats.known_wall import KnownWall, known_wall_from_json
from annotation.formats.pose_table import ImportedPoses, PoseTable, VideoHint
from annotation.formats.reading import FormatError, check_extent, frame_number, read_json, saying_what_is_wrong
from annotation.labels import Source, Visibility

_TRUTH, _RESULTS = "a COCO keypoint file", "a COCO results file"
_NUMBER = re.compile(r"\d+(?!.*\d)")
_ROBOFLOW = re.compile(r"_(jpe?g|png)\.rf\.[0-9a-f]+$")
_SOURCES = {source.name.lower(): source for source in Source}
_SAME_PLACE_BOXES = 1.0


@dataclass(frozen=True)
class _Image:
    frame: int
    video: str
    size: tuple[int, int] | None


@dataclass(frozen=True)
class _Pose:
    """One annotation or result."""

    image: _Image
    who: str
    points: NDArray[np.float64]
    """(K, 3): x, y and visibility or confidence."""
    sources: list[Source] | None
    score: float


def read_coco(path: Path) -> ImportedPoses:
    """Read a COCO keypoint data set.

    Raises
    ------
    FormatError
        If the file is none, or holds no keypoints.
    """
    notes: list[str] = []
    with saying_what_is_wrong(path, what=_TRUTH):
        content = read_json(path)
        if isinstance(content, list):
            raise FormatError(f"{path.name} is a COCO results file (a list). Import it as coco-results.")
        names = _keypoint_names(content["categories"])
        if not names:
            raise FormatError(f"{path.name} has no category with keypoints. Export keypoints, not boxes.")
        images = _images(content["images"], notes)
        poses: dict[int, list[_Pose]] = {category: [] for category in names}
        left_out = 0
        for entry in given_up(content["annotations"]):
            category = entry["category_id"]
            if category not in names or not entry.get("keypoints") or entry.get("iscrowd"):
                left_out += 1
                continue
            poses[category].append(_annotation(entry, images, n_joints=len(names[category])))
        if left_out:
            notes.append(f"{left_out} annotations without keypoints, or of crowds, are left out")
        tables = [
            table
            for category, found in poses.items()
            for table in _tables(found, names[category], path=path, notes=notes, predicted=False)
        ]
        walls = _walls(content)
    if not tables:
        raise FormatError(f"{path.name} holds no keypoints. Nothing was imported.")
    return ImportedPoses(tuple(tables), tuple(notes), walls)


def _walls(content: dict[str, Any]) -> tuple[tuple[str, str, KnownWall], ...]:
    info = content.get("info")
    ours = info.get("betascope") if isinstance(info, dict) else None
    walls = ours.get("walls", ()) if isinstance(ours, dict) else ()
    return tuple((str(e["video"]), str(e["track_name"]), known_wall_from_json(e)) for e in walls)


def read_coco_results(path: Path, *, truth: Path | None = None, joints: tuple[str, ...] | None = None) -> ImportedPoses:
    """Read COCO results; they become predictions.

    Parameters
    ----------
    truth : Path, optional
        The COCO file the results belong to: it knows the images and the names of the joints. Without it, image ids are
        taken for frames.
    joints : tuple of str, optional
        Names of the joints where `truth` does not say.

    Raises
    ------
    FormatError
        If a file is none, or they do not belong together.
    """
    notes: list[str] = []
    images: Mapping[int, _Image] = {}
    if truth is not None:
        with saying_what_is_wrong(truth, what=_TRUTH):
            content = read_json(truth)
            images = _images(content["images"], notes)
            names = _keypoint_names(content["categories"])
            joints = joints or next(iter(names.values()), None)
    with saying_what_is_wrong(path, what=_RESULTS):
        entries = read_json(path)
        if not isinstance(entries, list):
            raise FormatError(f"{path.name} is not {_RESULTS}: it is no list. Import it as coco.")
        if truth is None:
            images = {entry["image_id"]: _image_of_id(entry["image_id"]) for entry in entries}
            notes.append("image ids were taken for frame numbers; name the COCO file they belong to if that is wrong")
        found = [entry for entry in given_up(entries) if entry.get("keypoints")]
        if not found:
            raise FormatError(f"{path.name} holds no keypoints. Nothing was imported.")
        missing = [str(entry["image_id"]) for entry in found if entry["image_id"] not in images]
        if truth is not None and missing:
            raise FormatError(
                f"{path.name} speaks of images that {truth.name} does not have ({', '.join(missing[:3])}"
                f"{', …' if len(missing) > 3 else ''}). Choose the COCO file it was made for."
            )
        joints = joints or _unnamed(len(found[0]["keypoints"]) // 3)
        poses = [_result(entry, images, n_joints=len(joints)) for entry in given_up(found)]
        tables = _tables(poses, joints, path=path, notes=notes, predicted=True)
    return ImportedPoses(tuple(tables), tuple(notes))


# --- images ----------------------------------------------------------------------------------------------------------


def _images(entries: Iterable[dict[str, Any]], notes: list[str]) -> dict[int, _Image]:
    images: dict[int, _Image] = {}
    counted = 0
    for order, entry in enumerate(entries):
        name = str(entry.get("extra", {}).get("name") or entry["file_name"]).replace("\\", "/")
        stem = _ROBOFLOW.sub("", PurePosixPath(name).stem)
        number = _NUMBER.search(stem)
        frame = entry.get("frame", entry.get("frame_index", number.group() if number else None))
        if frame is None:
            frame, counted = order, counted + 1
        video = entry.get("video") or PurePosixPath(name).parent.name or (stem[: number.start()] if number else "")
        size = (int(entry["width"]), int(entry["height"])) if entry.get("width") and entry.get("height") else None
        images[entry["id"]] = _Image(frame_number(frame), str(video).strip("_- "), size)
    if counted:
        notes.append(f"{counted} images have no number in their name: they were counted in the order of the file")
    return images


def _image_of_id(image_id: object) -> _Image:
    return _Image(frame_number(image_id), "", None)


# --- poses -----------------------------------------------------------------------------------------------------------


def _keypoint_names(categories: Iterable[dict[str, Any]]) -> dict[int, tuple[str, ...]]:
    """Return category id -> joint names. A category that has a skeleton but no names gets numbers."""
    names: dict[int, tuple[str, ...]] = {}
    for category in categories:
        joints = tuple(str(joint) for joint in category.get("keypoints") or ())
        bones = category.get("skeleton") or ()
        if not joints and bones:
            joints = _unnamed(max(int(end) for bone in bones for end in bone) + 1)
        if joints:
            names[category["id"]] = joints
    return names


def _unnamed(n_joints: int) -> tuple[str, ...]:
    return tuple(f"joint_{number}" for number in range(1, n_joints + 1))


def _annotation(entry: dict[str, Any], images: Mapping[int, _Image], *, n_joints: int) -> _Pose:
    ours, attributes = entry.get("betascope", {}), entry.get("attributes", {})
    who = ours.get("track_name") or attributes.get("track_id", entry.get("track_id", ""))
    names = ours.get("sources")
    sources = None if names is None else [_SOURCES[name] for name in names]
    if sources is None and attributes.get("keyframe") is False:
        sources = [Source.INTERPOLATED] * n_joints
    points = _points(entry, n_joints)
    return _Pose(images[entry["image_id"]], str(who), points, sources, 1.0)


def _result(entry: dict[str, Any], images: Mapping[int, _Image], *, n_joints: int) -> _Pose:
    points = _points(entry, n_joints)
    score = float(entry.get("score", 1.0))
    if np.isin(points[:, 2], (0, 1, 2)).all():  # visibilities, which say nothing of confidence
        points[:, 2] = np.where(points[:, 2] > 0, np.clip(score, 0, 1), 0)
    return _Pose(images[entry["image_id"]], str(entry.get("track_id", "")), points, None, score)


def _points(entry: dict[str, Any], n_joints: int) -> NDArray[np.float64]:
    points = np.array(entry["keypoints"], np.float64).reshape(-1, 3)
    if len(points) > n_joints:
        raise ValueError(f"annotation {entry.get('id', '')} has {len(points)} keypoints, its category {n_joints}")
    if not np.isfinite(points).all():
        raise ValueError(f"annotation {entry.get('id', '')} has keypoints that are no numbers")
    return np.pad(points, ((0, n_joints - len(points)), (0, 0)))


# --- tables ----------------------------------------------------------------------------------------------------------


def _tables(
    poses: list[_Pose], joints: tuple[str, ...], *, path: Path, notes: list[str], predicted: bool
) -> list[PoseTable]:
    groups: dict[tuple[str, str], list[_Pose]] = {}
    for pose in poses:
        groups.setdefault((pose.image.video, pose.who), []).append(pose)
    tables = []
    for (video, who), members in groups.items():
        crowded = max(Counter(pose.image.frame for pose in members).values()) > 1
        if crowded:
            notes.append("the file does not say who is who; people were told apart by where they are")
        for number, climber in enumerate(_followed(members) if crowded else [members], start=1):
            name = who if who and not crowded else f"Climber {number}"
            tables.append(_table(climber, name, joints, video=video, path=path, predicted=predicted))
    return tables


def _followed(poses: list[_Pose]) -> list[list[_Pose]]:
    """Return the poses of several people as climbers: each goes on with the nearest pose of the next frame."""
    by_frame: dict[int, list[_Pose]] = {}
    for pose in sorted(poses, key=lambda pose: (pose.image.frame, -pose.score)):
        by_frame.setdefault(pose.image.frame, []).append(pose)
    climbers: list[list[_Pose]] = []
    for frame in sorted(by_frame):
        free = list(range(len(climbers)))
        for pose in by_frame[frame]:
            distances = [_distance(climbers[n][-1], pose) for n in free]
            if distances and min(distances) < _SAME_PLACE_BOXES:
                climbers[free.pop(int(np.argmin(distances)))].append(pose)
            else:
                climbers.append([pose])
    return climbers


def _distance(a: _Pose, b: _Pose) -> float:
    """Return how far two poses are apart, as a share of the larger one's extent."""
    one, other = (pose.points[pose.points[:, 2] > 0, :2] for pose in (a, b))
    if not len(one) or not len(other):
        return np.inf
    extent = max(float(np.ptp(one, axis=0).max()), float(np.ptp(other, axis=0).max()), 1.0)
    return float(np.linalg.norm(one.mean(axis=0) - other.mean(axis=0))) / extent


def _table(
    poses: list[_Pose], name: str, joints: tuple[str, ...], *, video: str, path: Path, predicted: bool
) -> PoseTable:
    poses = sorted(poses, key=lambda pose: pose.image.frame)
    check_extent(path, n_frames=len(poses), n_joints=len(joints))
    frames = np.array([pose.image.frame for pose in poses], np.int64)
    table = PoseTable.empty(name, joints, frames, video=VideoHint(video, poses[0].image.size))
    for row, pose in enumerate(poses):
        given = pose.points[:, 2] > 0
        if predicted:
            table.confidence[row] = np.clip(pose.points[:, 2], 0, 1)
            table.visibility[row, given] = Visibility.VISIBLE
            table.source[row, given] = Source.PREDICTED
        else:
            table.confidence[row, given] = 1
            table.visibility[row, given] = np.clip(pose.points[given, 2], 1, 2).astype(np.uint8)
            table.source[row, given] = Source.LABELLED
            if pose.sources is not None:
                stated = [source if source >= Source.INTERPOLATED else Source.MISSING for source in pose.sources]
                table.source[row] = stated[: len(joints)]
        table.xy[row, given] = pose.points[given, :2]
    return table
