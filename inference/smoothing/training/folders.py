"""Motion others have published, as folders to learn from: Penn Action's labels and BRACE's keypoints.

Penn Action (https://dreamdragon.github.io/PennAction): ``labels/0001.mat``, one for each video, with ``x``, ``y`` and
``visibility`` (nframes x 13), pixels from 1 as in MATLAB. What is not visible there has no place worth learning from.
BRACE (https://github.com/dmoltisanti/brace): ``year/video_id/video_id_start-end_movement.json``, one for each segment:
``video_id/img-000123.png`` -> ``keypoints`` (17 x 3, COCO's joints), and ``img-000123.npz`` with ``coco_joints2d`` for
what was annotated by hand. The fps of its videos are in ``videos_info.csv``; where that lies in the folder it is read.
"""

import csv
import re
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.io import loadmat, whosmat
from scipy.io.matlab import MatReadError, matfile_version

from annotation.arrays import read_arrays
from annotation.formats.coco_reader import read_coco
from annotation.formats.pose_table import HALF_PIXEL, PoseTable, VideoHint
from annotation.formats.reading import (
    MAX_POINTS,
    FormatError,
    check_extent,
    check_size,
    frame_number,
    read_json,
    saying_what_is_wrong,
)
from annotation.skeletons import load_skeleton

PENN_JOINTS = (
    "head",
    "left_shoulder",
    "right_shoulder",
    "left_elbow",
    "right_elbow",
    "left_wrist",
    "right_wrist",
    "left_hip",
    "right_hip",
    "left_knee",
    "right_knee",
    "left_ankle",
    "right_ankle",
)
MAX_FILES = 50_000
MAX_UNPACKED = 64 * 1024 * 1024
"""Bytes of a label file of Penn Action; the largest has less than one million."""
VIDEOS_FILE = "videos_info.csv"

_COCO_JOINTS = load_skeleton("coco17").joints
_MATRICES = ("x", "y", "visibility")
_NUMBERS = {"double", "single", "logical", *(f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64))}
_MAT_HEADER, _MAT_TAG, _MAT_COMPRESSED = 128, 8, 15
_SEGMENT = re.compile(r"^(?P<video>.+)_(?P<start>\d+)-(?P<end>\d+)_[a-z]+$")
_PICTURE = re.compile(r"img-(\d+)(\.\w+)?$")
_BRACE_FPS = 25.0
"""Of two thirds of its videos; the others have 29.97."""

Floats = NDArray[np.float64]


def read_motion(path: Path) -> list[PoseTable]:
    """Read a COCO keypoint file, or a folder of COCO files, of Penn Action or of BRACE.

    Raises
    ------
    FormatError
        If there is none of these, or a file is damaged; the message names it.
    """
    if not path.is_dir():
        return list(read_coco(path).tables)
    labels = _few(path, "labels/*.mat") or _few(path, "*.mat")
    if labels:
        return _within_bounds(path, (_penn_action(file) for file in labels))
    files = _few(path, "**/*.json")
    segments, pictures = [file for file in files if _SEGMENT.match(file.stem)], _few(path, "**/img-*.npz")
    if segments or pictures:
        return _within_bounds(path, _brace(path, segments, pictures))
    if files:
        return _within_bounds(path, (table for file in files for table in read_coco(file).tables))
    raise FormatError(
        f"{path} holds no motion to learn from. Give a folder with Penn Action's labels/*.mat, with BRACE's "
        "VIDEO_START-END_MOVEMENT.json, or with COCO keypoint files (*.json)."
    )


def _few(folder: Path, pattern: str) -> list[Path]:
    files = []
    for file in folder.glob(pattern):
        files.append(file)
        if len(files) > MAX_FILES:
            raise FormatError(f"{folder} holds more than {MAX_FILES:,} files. Give a folder with fewer of them.")
    return sorted(files)


def _within_bounds(folder: Path, tables: Iterable[PoseTable]) -> list[PoseTable]:
    read, n_points = [], 0
    for table in tables:
        n_points += len(table) * len(table.joints)
        if n_points > MAX_POINTS:
            raise _too_many_points(folder)
        read.append(table)
    return read


def _too_many_points(folder: Path) -> FormatError:
    return FormatError(f"{folder} holds more than {MAX_POINTS:,} points. Give a folder with fewer files.")


def _penn_action(file: Path) -> PoseTable:
    with saying_what_is_wrong(file, what="a label file of Penn Action"):
        check_size(file)
        try:
            _check_unpacked(file)
            listed = whosmat(str(file))
            shapes = {name: (shape, kind) for name, shape, kind in listed}
            if len(shapes) < len(listed):
                raise ValueError("it holds a matrix twice")
            for name in _MATRICES:
                shape, kind = shapes[name]
                if kind not in _NUMBERS or len(shape) != 2 or shape[1] != len(PENN_JOINTS):
                    raise ValueError(f"{name} is no matrix of {len(PENN_JOINTS)} joints")
                check_extent(file, n_frames=shape[0], n_joints=shape[1])
            if len({shapes[name][0] for name in _MATRICES}) > 1:
                raise ValueError("x, y and visibility differ in their frames")
            content = loadmat(str(file), variable_names=_MATRICES)
        except (MatReadError, zlib.error) as error:
            raise ValueError(str(error)) from error
        xy = np.stack((content["x"], content["y"]), axis=-1).astype(np.float64) - 1 + HALF_PIXEL
        return _table(file.stem, PENN_JOINTS, np.arange(len(xy)), xy, known=content["visibility"] > 0)


def _check_unpacked(file: Path) -> None:
    """Refuse what is no file of MATLAB 5 to 7, or unpacks to more than labels are, before anything is read.

    The sizes that matrices state are not to be trusted: what lies packed behind them may be of any size.
    """
    with file.open("rb") as content:
        if matfile_version(content)[0] != 1:
            raise ValueError("it is not of MATLAB 5 to 7; save it with -v7")
        order: Literal["little", "big"] = "little" if content.read(_MAT_HEADER)[-2:] == b"IM" else "big"
        left = MAX_UNPACKED
        while len(tag := content.read(_MAT_TAG)) == _MAT_TAG and left > 0:
            kind, size = (int.from_bytes(part, order) for part in (tag[:4], tag[4:]))
            packed = content.read(min(size, MAX_UNPACKED))
            unpacked = zlib.decompressobj().decompress(packed, left) if kind == _MAT_COMPRESSED else packed
            left -= len(unpacked)
    if left <= 0:
        raise ValueError(f"it unpacks to more than {MAX_UNPACKED / 1e6:.0f} MB")


def _brace(folder: Path, segments: list[Path], pictures: list[Path]) -> Iterator[PoseTable]:
    """Yield a table for each video; where a frame was annotated by hand too, that counts."""
    rates, found, n_points = _rates(folder), dict[str, dict[int, Floats]](), 0
    for file in segments:
        with saying_what_is_wrong(file, what="a segment of BRACE"):
            for name, entry in read_json(file).items():
                video, _, picture = str(name).rpartition("/")
                frame = _frame(picture)
                found.setdefault(video, {})[frame] = _pose(entry["keypoints"])
                n_points += len(_COCO_JOINTS)
        if n_points > MAX_POINTS:
            raise _too_many_points(folder)
    for file in pictures:
        with saying_what_is_wrong(file, what="keypoints of BRACE"):
            check_size(file)
            found.setdefault(file.parent.name, {})[_frame(file.stem)] = _pose(read_arrays(file)["coco_joints2d"])
    for video, poses in found.items():
        frames = sorted(poses)
        xy = np.stack([poses[frame] for frame in frames])
        yield _table(video, _COCO_JOINTS, np.array(frames), xy, fps=rates.get(video, _BRACE_FPS))


def _frame(picture: str) -> int:
    match = _PICTURE.search(picture)
    if match is None:
        raise ValueError(f"{picture!r} is no picture such as img-000123.png")
    return frame_number(match[1])


def _pose(keypoints: object) -> Floats:
    pose = np.asarray(keypoints, np.float64)
    if pose.ndim != 2 or pose.shape[0] != len(_COCO_JOINTS) or pose.shape[1] < 2:
        raise ValueError(f"keypoints are {pose.shape}, not {len(_COCO_JOINTS)} of x, y and score")
    return pose[:, :2]


def _rates(folder: Path) -> dict[str, float]:
    """Return the fps of BRACE's videos by their id; nothing where no file says them."""
    file = folder / VIDEOS_FILE
    if not file.exists():
        return {}
    with saying_what_is_wrong(file, what="BRACE's list of videos"):
        check_size(file)
        with file.open(encoding="utf-8", newline="") as lines:
            rates = {row["video_id"]: float(row["fps"]) for row in csv.DictReader(lines)}
        if not all(1 <= rate <= 1000 for rate in rates.values()):
            raise ValueError("a frame rate is none")
        return rates


def _table(
    video: str,
    joints: tuple[str, ...],
    frames: NDArray[np.integer],
    xy: Floats,
    *,
    known: NDArray[np.bool_] | None = None,
    fps: float | None = None,
) -> PoseTable:
    table = PoseTable.empty("", joints, frames.astype(np.int64), video=VideoHint(video, fps=fps))
    table.xy[:] = xy if known is None else np.where(known[..., None], xy, np.nan)
    return table
