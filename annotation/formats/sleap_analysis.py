"""SLEAP's analysis files: dense arrays of one video as HDF5, or rows of instances as CSV.

HDF5 has ``tracks`` (tracks, 2, nodes, frames) as MATLAB sees them, ``point_scores``, ``track_names``, ``node_names``;
newer files name the axes in an attribute ``dims``. CSV has ``track, frame_idx, instance.score`` and ``x, y, score`` of
every node. Positions count from the middle of the first pixel, so half a pixel lies between them and ours. Nothing in
either says what a person placed.
https://io.sleap.ai (formats, Analysis HDF5)
"""

import io
import json
from collections.abc import Iterable, Sequence
from pathlib import Path, PureWindowsPath
from typing import Any

import numpy as np
from numpy.typing import NDArray

from annotation.formats.export_tables import ExportChoice, TrackLabels
from annotation.formats.files import whole_file
from annotation.formats.hdf5 import Hdf5, as_text, opened
from annotation.formats.one_video import write_of_one_video, write_rows
from annotation.formats.pose_table import HALF_PIXEL, ImportedPoses, PoseTable, VideoHint
from annotation.formats.reading import FormatError, check_extent
from annotation.labels import Source, Visibility

_WHAT = "a SLEAP analysis file (.h5)"
_AXES = {
    "tracks": ("track", "xy", "node", "frame"),
    "point_scores": ("track", "node", "frame"),
}
_ORDER = ("track", "frame", "node", "xy")


def read_sleap_analysis(path: Path) -> ImportedPoses:
    """Read an analysis file; everything in it becomes predictions.

    Raises
    ------
    FormatError
        If it is none, or nobody is in it.
    """
    with opened(path, what=_WHAT) as file:
        joints = tuple(file.texts("node_names"))
        xy = _arranged(file, "tracks")
        n_tracks, n_frames, n_joints, _ = xy.shape
        check_extent(path, n_frames=n_frames, n_joints=n_joints)
        names = file.texts("track_names") if "track_names" in file else []
        scores = np.ones((n_tracks, n_frames, n_joints))
        if "point_scores" in file:
            scores = np.nan_to_num(_arranged(file, "point_scores"))
        video = VideoHint(PureWindowsPath(file.text("video_path")).name)
        tables: list[PoseTable] = []
        for track in range(n_tracks):
            known = np.isfinite(xy[track]).all(axis=2)
            frames = np.flatnonzero(known.any(axis=1))
            table = PoseTable.empty(_track_name(names, track), joints, frames.astype(np.int64), video=video)
            rows = known[frames]
            table.xy[rows] = xy[track, frames][rows] + HALF_PIXEL
            table.source[rows], table.visibility[rows] = Source.PREDICTED, Visibility.VISIBLE
            table.confidence[rows] = np.clip(scores[track, frames][rows], 0, 1)
            if len(table):
                tables.append(table)
    if not tables:
        raise FormatError(f"{path.name} has nobody in it. Nothing was imported.")
    return ImportedPoses(tuple(tables), ("the file does not say what people placed; all of it reads as predictions",))


def _arranged(file: Hdf5, name: str) -> NDArray[np.float64]:
    """Return an array with its axes as in `_ORDER`."""
    values = file.array(name)
    dims: Any = file.attribute(name, "dims")
    axes = json.loads(as_text(dims)) if dims is not None else _AXES[name]
    found = [str(axis).removeprefix("n_").removesuffix("s") for axis in axes]
    wanted = [axis for axis in _ORDER if axis != "xy" or name == "tracks"]
    if sorted(found) != sorted(wanted) or values.ndim != len(wanted):
        raise ValueError(f"the axes of {name} are {', '.join(map(str, axes))}")
    return np.transpose(values, [found.index(axis) for axis in wanted]).astype(np.float64)


def _track_name(names: Sequence[str], track: int) -> str:
    return names[track] if track < len(names) and names[track] else f"Climber {track + 1}"


def write_sleap_analysis(tracks: Sequence[TrackLabels], choice: ExportChoice, out: Path) -> int:
    """Write an analysis file of one video; return how many poses there are.

    Raises
    ------
    ProjectError
        If they are of several videos or skeletons, or the file cannot be written.
    """
    return write_of_one_video(tracks, choice, write=lambda tables: _write_analysis(tables, out))


def _write_analysis(tables: Sequence[PoseTable], out: Path) -> None:
    n_frames = max(int(table.frames[-1]) for table in tables if len(table)) + 1
    xy = np.full((len(tables), 2, len(tables[0].joints), n_frames), np.nan)
    scores = np.full((len(tables), len(tables[0].joints), n_frames), np.nan)
    occupied = np.zeros((n_frames, len(tables)), np.uint8)
    for index, table in enumerate(tables):
        xy[index][:, :, table.frames] = table.xy.transpose(2, 1, 0) - HALF_PIXEL
        scores[index][:, table.frames] = np.where(table.known, table.confidence, np.nan).T
        occupied[table.frames, index] = table.known.any(axis=1)
    memory = io.BytesIO()
    _fill(memory, tables, xy=xy, scores=scores, occupied=occupied)
    with whole_file(out) as file:
        file.write(memory.getbuffer())


def _fill(
    memory: io.BytesIO,
    tables: Sequence[PoseTable],
    *,
    xy: NDArray[np.float64],
    scores: NDArray[np.float64],
    occupied: NDArray[np.uint8],
) -> None:
    import h5py  # not needed to open the window

    joints = tables[0].joints
    arrays: dict[str, Any] = {
        "tracks": xy,
        "point_scores": scores,
        "track_occupancy": occupied,
        "instance_scores": np.full(occupied.T.shape, np.nan),
        "tracking_scores": np.full(occupied.T.shape, np.nan),
    }
    texts = {
        "track_names": [table.track.encode() for table in tables],
        "node_names": [joint.encode() for joint in joints],
        "edge_names": [],
    }
    with h5py.File(memory, "w") as file:
        for name, values in arrays.items():
            file.create_dataset(name, data=values, compression="gzip", compression_opts=1)
        for name, values in texts.items():
            file.create_dataset(name, data=np.array(values, dtype="S") if values else np.empty((0, 2), "S1"))
        file.create_dataset("edge_inds", data=np.empty((0, 2), np.int64))
        file.create_dataset("video_ind", data=0)
        for name, value in {"labels_path": "", "video_path": tables[0].video.name, "provenance": "{}"}.items():
            file.create_dataset(name, data=value)


def write_sleap_csv(tracks: Sequence[TrackLabels], choice: ExportChoice, out: Path) -> int:
    """Write analysis rows of one video; return how many poses there are.

    Raises
    ------
    ProjectError
        If they are of several videos or skeletons, or the file cannot be written.
    """
    return write_of_one_video(tracks, choice, write=lambda tables: _write_csv(tables, out))


def _write_csv(tables: Sequence[PoseTable], out: Path) -> None:
    parts = [f"{joint}.{part}" for joint in tables[0].joints for part in ("x", "y", "score")]
    rows = [("track", "frame_idx", "instance.score", *parts), *(row for table in tables for row in _rows(table))]
    write_rows(rows, out)


def _rows(table: PoseTable) -> Iterable[Sequence[object]]:
    known = table.known
    values = np.dstack([table.xy - HALF_PIXEL, table.confidence]).round(4)
    for row, frame in enumerate(table.frames.tolist()):
        points = values[row].tolist()
        cells = [
            cell for point, there in zip(points, known[row], strict=True) for cell in (point if there else [""] * 3)
        ]
        yield (table.track, frame, round(float(table.confidence[row][known[row]].mean()), 4), *cells)
