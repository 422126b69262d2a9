"""SLEAP's project file ``.slp``: people's instances as labels, models' as predictions.

HDF5: ``frames`` point into ``instances``, these into ``points`` or ``pred_points``. Until format 1.0 the corner of the
first pixel is at 0, 0, which is our convention too; since 1.1 its middle is, so half a pixel is added.
https://docs.sleap.ai and https://io.sleap.ai (formats, SLP)
"""

import json
from collections import Counter
from pathlib import Path, PureWindowsPath
from typing import Any

import numpy as np
from numpy.typing import NDArray

from annotation.formats.hdf5 import Hdf5, as_text, opened
from annotation.formats.pose_table import HALF_PIXEL, ImportedPoses, PoseTable, VideoHint
from annotation.formats.reading import FormatError, check_extent, frame_number
from annotation.labels import Source, Visibility

WHAT = "a SLEAP file (.slp)"
_CENTRED_SINCE = 1.1
_USER = 0

Key = tuple[int, int]
"""Video and track; tracks below 0 stand for "no track", counted in each frame."""


def read_slp(path: Path) -> ImportedPoses:
    """Read a SLEAP project.

    Raises
    ------
    FormatError
        If it is none, or nobody is in it.
    """
    with opened(path, what=WHAT) as file:
        names = _node_names(file)
        shift = HALF_PIXEL if _version(file) >= _CENTRED_SINCE else 0.0
        videos, tracks = _videos(file), _tracks(file)
        rows = _Rows(file)
        found: dict[Key, dict[int, _Pose]] = {}
        skeletons = Counter(int(skeleton) for skeleton in rows.instances["skeleton"])
        skeleton = skeletons.most_common(1)[0][0] if skeletons else 0
        joints = names[skeleton]
        check_extent(path, n_frames=len(rows.frames), n_joints=len(joints))
        for video, frame, instances in rows.by_frame():
            for key, pose in _people(
                rows, instances[instances["skeleton"] == skeleton], video=video, n_joints=len(joints)
            ):
                found.setdefault(key, {})[frame] = pose
        if not found:
            raise FormatError(f"{path.name} has nobody in it. Nothing was imported.")
        notes = [] if len(skeletons) <= 1 else ["only the most frequent of several skeletons was read"]
        if any(track < 0 for _, track in found):
            notes.append("instances without a track are numbered as they stand in each frame")
        tables = [
            _table(poses, joints, track=_name(key[1], tracks), video=videos.get(key[0], VideoHint()), shift=shift)
            for key, poses in sorted(found.items(), key=lambda item: (item[0][0], item[0][1] < 0, abs(item[0][1])))
        ]
        return ImportedPoses(tuple(tables), tuple(notes))


class _Pose:
    """One instance: points (K, 2), what is visible (K,), scores (K,), and whether a person placed it."""

    def __init__(self, points: NDArray[Any], *, by_person: bool) -> None:
        self.xy = np.stack([points["x"], points["y"]], axis=1).astype(np.float64)
        self.visible = points["visible"].astype(bool)
        self.by_person = by_person
        self.scores = np.ones(len(points)) if by_person else points["score"].astype(np.float64)


class _Rows:
    """The four tables of the file."""

    def __init__(self, file: Hdf5) -> None:
        self.frames, self.instances = file.array("frames"), file.array("instances")
        self.points = file.array("points") if "points" in file else np.empty(0)
        self.predicted = file.array("pred_points") if "pred_points" in file else np.empty(0)

    def by_frame(self) -> Any:
        for row in self.frames:
            first, last = int(row["instance_id_start"]), int(row["instance_id_end"])
            yield int(row["video"]), frame_number(row["frame_idx"]), self.instances[first:last]

    def pose(self, instance: Any, n_joints: int) -> _Pose:
        by_person = int(instance["instance_type"]) == _USER
        points = self.points if by_person else self.predicted
        points = points[int(instance["point_id_start"]) : int(instance["point_id_end"])]
        if len(points) != n_joints:
            raise ValueError(f"an instance has {len(points)} points, its skeleton {n_joints}")
        return _Pose(points, by_person=by_person)


def _people(rows: _Rows, instances: NDArray[Any], *, video: int, n_joints: int) -> list[tuple[Key, _Pose]]:
    """Return who is in a frame; of a climber with both, what a person placed goes before the prediction."""
    people: dict[Key, _Pose] = {}
    unnamed = 0
    replaced = {int(instance["from_predicted"]) for instance in instances}
    for instance in sorted(instances, key=lambda one: int(one["instance_type"])):
        if int(instance["instance_type"]) != _USER and int(instance["instance_id"]) in replaced:
            continue
        track = int(instance["track"])
        if track < 0:
            unnamed += 1
            track = -unnamed
        people.setdefault((video, track), rows.pose(instance, n_joints))
    return list(people.items())


def _table(
    poses: dict[int, _Pose], joints: tuple[str, ...], *, track: str, video: VideoHint, shift: float
) -> PoseTable:
    frames = np.array(sorted(poses), np.int64)
    ordered = [poses[frame] for frame in frames.tolist()]
    table = PoseTable.empty(track, joints, frames, video=video)
    xy = np.stack([pose.xy for pose in ordered])
    xy[~np.isfinite(xy).all(axis=2)] = np.nan
    known = ~np.isnan(xy[..., 0])
    visible = np.stack([pose.visible for pose in ordered])
    by_person = np.array([pose.by_person for pose in ordered])[:, None] & known
    table.xy[:] = xy + shift
    table.source[known] = Source.PREDICTED
    table.source[by_person] = Source.LABELLED
    table.visibility[known] = Visibility.VISIBLE
    # in SLEAP "not visible" is a joint a person placed where it is hidden
    table.visibility[by_person & ~visible] = Visibility.OCCLUDED
    scores = np.nan_to_num(np.stack([pose.scores for pose in ordered]))
    table.confidence[known] = np.clip(scores, 0, 1)[known]
    return table


def _version(file: Hdf5) -> float:
    version = file.attribute("metadata", "format_id")
    return 1.0 if version is None else float(version)


def _node_names(file: Hdf5) -> list[tuple[str, ...]]:
    metadata = json.loads(as_text(file.attribute("metadata", "json")))
    nodes = [str(node["name"]) for node in metadata["nodes"]]
    return [
        tuple(nodes[int(node["id"] if isinstance(node, dict) else node)] for node in skeleton["nodes"])
        for skeleton in metadata["skeletons"]
    ]


def _videos(file: Hdf5) -> dict[int, VideoHint]:
    hints: dict[int, VideoHint] = {}
    for index, text in enumerate(file.texts("videos_json") if "videos_json" in file else []):
        video = json.loads(text)
        backend = video.get("backend") or {}
        name = backend.get("filename") or video.get("filename") or ""
        name = "" if name == "." or not isinstance(name, str) else PureWindowsPath(name).name
        shape = backend.get("shape") or (None, 0, 0)
        size = (int(shape[2]), int(shape[1])) if shape[1] and shape[2] else None
        fps = backend.get("fps")
        hints[index] = VideoHint(name, size, int(shape[0]) if shape[0] else None, float(fps) if fps else None)
    return hints


def _tracks(file: Hdf5) -> list[str]:
    texts = file.texts("tracks_json") if "tracks_json" in file else []
    return [str(json.loads(text)[1]) for text in texts]


def _name(track: int, tracks: list[str]) -> str:
    return tracks[track] if 0 <= track < len(tracks) else f"Climber {abs(track)}"
