"""DeepLabCut's CSV: labelled frames (no likelihood) as labels, results of a network as predictions.

Header rows ``scorer, [individuals,] bodyparts, coords``; a row is named by the frame's number, or by the picture
``labeled-data/<video>/img<number>.png`` in one cell or in three. Positions count from the middle of the first pixel, as
they do in napari and matplotlib, where people place them, so half a pixel lies between them and ours.
https://deeplabcut.github.io/DeepLabCut/docs/standardDeepLabCut_UserGuide.html
"""

import csv
import re
from collections.abc import Iterable, Sequence
from itertools import takewhile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from annotation.formats.deeplabcut_h5 import WHAT, Column, read_table
from annotation.formats.export_tables import ExportChoice, Points, TrackLabels
from annotation.formats.one_video import write_of_one_video, write_rows
from annotation.formats.pose_table import HALF_PIXEL, ImportedPoses, PoseTable, VideoHint
from annotation.formats.reading import FormatError, check_extent, check_size, frame_number, saying_what_is_wrong
from annotation.labels import Source, Visibility

_LEVELS = ("scorer", "individuals", "bodyparts", "coords")
_NUMBER = re.compile(r"(\d+)$")
_RESULT = re.compile(r"DLC[_A-Z].*$")


def read_deeplabcut(path: Path) -> ImportedPoses:
    """Read a CSV, or an HDF5 file in pandas' fixed layout.

    Raises
    ------
    FormatError
        If it is none, or nobody is in it.
    """
    if path.suffix.lower() in (".h5", ".hdf5"):
        columns, index, values = read_table(path)
    else:
        check_size(path)
        with (
            saying_what_is_wrong(path, what=WHAT),
            path.open(encoding="utf-8-sig", newline="") as file,
        ):
            columns, index, values = _read_csv(csv.reader(file), path)
    with saying_what_is_wrong(path, what=WHAT):
        return imported(columns, index, values, path)


def _read_csv(rows: Iterable[list[str]], path: Path) -> tuple[list[Column], list[tuple[str, ...]], NDArray[np.float64]]:
    try:
        table = [row for row in rows if row]
    except csv.Error as error:
        raise ValueError(str(error)) from error
    header = {row[0]: row for row in takewhile(lambda row: row[0] in _LEVELS, table)}
    if not {"bodyparts", "coords"} <= set(header):
        raise ValueError("it has no rows bodyparts and coords")
    body = table[len(header) :]
    # in files of labelled pictures two more columns without a heading may hold folder and picture
    n_index = 1 + len(list(takewhile(lambda cell: not cell, header["coords"][1:])))
    n_columns = len(header["coords"]) - n_index
    check_extent(path, n_frames=len(body), n_joints=n_columns)
    if any(len(row) != n_index + n_columns for row in [*header.values(), *body]):
        raise ValueError("its rows differ in length")
    individuals = header.get("individuals", [""] * (n_index + n_columns))
    columns = list(zip(individuals, header["bodyparts"], header["coords"], strict=True))[n_index:]
    values = np.full((len(body), n_columns), np.nan)
    for number, row in enumerate(body):
        values[number] = [float(cell) if cell.strip() else np.nan for cell in row[n_index:]]
    return columns, [tuple(row[:n_index]) for row in body], values


def imported(
    columns: Sequence[Column], index: Sequence[tuple[str, ...]], values: NDArray[np.float64], path: Path
) -> ImportedPoses:
    """Return what a table says.

    Parameters
    ----------
    columns : M columns
    index : names of N rows
    values : (N, M) array

    Raises
    ------
    FormatError, ValueError
    """
    by_video: dict[str, list[tuple[int, int]]] = {}
    for row, parts in enumerate(index):
        video, frame = _place(parts, path)
        by_video.setdefault(video, []).append((frame, row))
    tables: list[PoseTable] = []
    for video, places in by_video.items():
        rows = dict(sorted(places))
        for individual in dict.fromkeys(column[0] for column in columns):
            table = _table(individual, columns, values=values[list(rows.values())], frames=list(rows), video=video)
            seen = np.flatnonzero(table.known.any(axis=1))
            if len(seen):
                tables.append(table.taken(seen))
    if not tables:
        raise FormatError(f"{path.name} has nobody in it. Nothing was imported.")
    return ImportedPoses(tuple(tables))


def _place(parts: tuple[str, ...], path: Path) -> tuple[str, int]:
    """Return the video and the frame a row is about."""
    words = [word for part in parts for word in re.split(r"[\\/]", part) if word]
    last = words[-1] if words else ""
    number = _NUMBER.search(last.rsplit(".", 1)[0] if len(words) > 1 or "." in last else last)
    if number is None:
        raise ValueError(f"the row {'/'.join(words)!r} names no frame")
    video = words[-2] if len(words) > 1 else _RESULT.sub("", path.stem)
    return video, frame_number(number.group(1))


def _table(
    individual: str, columns: Sequence[Column], *, values: NDArray[np.float64], frames: Sequence[int], video: str
) -> PoseTable:
    at = {(part, coord): n for n, (who, part, coord) in enumerate(columns) if who == individual}
    joints = tuple(dict.fromkeys(part for part, _ in at))
    table = PoseTable.empty(individual or "Climber 1", joints, np.array(frames, np.int64), video=VideoHint(video))
    for k, joint in enumerate(joints):
        xy = values[:, [at[joint, "x"], at[joint, "y"]]]
        known = np.isfinite(xy).all(axis=1)
        table.xy[known, k] = xy[known] + HALF_PIXEL
        table.visibility[known, k] = Visibility.VISIBLE
        likelihood = at.get((joint, "likelihood"))
        table.source[known, k] = Source.LABELLED if likelihood is None else Source.PREDICTED
        score = np.ones(len(values)) if likelihood is None else np.nan_to_num(values[:, likelihood])
        table.confidence[known, k] = np.clip(score, 0, 1)[known]
    return table


def write_deeplabcut(tracks: Sequence[TrackLabels], choice: ExportChoice, out: Path) -> int:
    """Write a CSV of one video: labelled pictures, or with predictions every frame with its likelihood.

    Return how many poses there are. Labelled pictures are named ``labeled-data/<video>/img<frame>.png``.

    Raises
    ------
    ProjectError
        If they are of several videos or skeletons, or the file cannot be written.
    """
    video, predicted = tracks[0].clip.path.stem if tracks else "", choice.points is Points.PREDICTED
    return write_of_one_video(
        tracks, choice, write=lambda tables: _write(tables, out, video=video, predicted=predicted)
    )


def _write(tables: Sequence[PoseTable], out: Path, *, video: str, predicted: bool) -> None:
    coords = ("x", "y", "likelihood") if predicted else ("x", "y")
    columns = [(table.track, joint, coord) for table in tables for joint in table.joints for coord in coords]
    n_index = 1 if predicted else 3
    blank = [""] * (n_index - 1)
    header = [["scorer", *blank, *["betascope"] * len(columns)]]
    if len(tables) > 1:
        header.append(["individuals", *blank, *(column[0] for column in columns)])
    header.append(["bodyparts", *blank, *(column[1] for column in columns)])
    header.append(["coords", *blank, *(column[2] for column in columns)])
    rows = (
        [*([frame] if predicted else ["labeled-data", video, f"img{frame:06d}.png"]), *cells]
        for frame, cells in _cells(tables, coords)
    )
    write_rows([*header, *rows], out)


def _cells(tables: Sequence[PoseTable], coords: tuple[str, ...]) -> Iterable[tuple[int, list[object]]]:
    frames = sorted({frame for table in tables for frame in table.frames.tolist()})
    width = len(tables[0].joints) * len(coords)
    rows: dict[int, list[object]] = {frame: [""] * (width * len(tables)) for frame in frames}
    for number, table in enumerate(tables):
        values = np.dstack([table.xy - HALF_PIXEL, table.confidence])[..., : len(coords)].round(4)
        known = table.known
        for row, frame in enumerate(table.frames.tolist()):
            points = zip(values[row].tolist(), known[row], strict=True)
            cells = [cell for point, there in points for cell in (point if there else [""] * len(coords))]
            rows[frame][number * width : (number + 1) * width] = cells
    return rows.items()
