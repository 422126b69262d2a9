"""DeepLabCut's HDF5 of labelled frames: a pandas table in its fixed layout, read without pandas and nothing unpickled.

A group holds ``axis0_level<n>`` and ``axis0_label<n>`` (the columns' names and which applies), ``axis1`` or the same
levels of it (the rows), and ``block<n>_values`` (rows, columns) with ``block<n>_items``. Results of a network are in
pandas' table layout, whose names are pickled; DeepLabCut writes the same as CSV.
https://pandas.pydata.org/docs/user_guide/io.html#fixed-format
"""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from annotation.formats.hdf5 import Hdf5, opened
from annotation.formats.reading import FormatError, check_extent

WHAT = "a DeepLabCut table"

Column = tuple[str, str, str]
"""Individual (empty if there is one only), body part, and "x", "y" or "likelihood"."""

_GROUPS = ("df_with_missing", "keypoints", "tracks")


def read_table(path: Path) -> tuple[list[Column], list[tuple[str, ...]], NDArray[np.float64]]:
    """Return columns, names of the rows and values (N, M).

    Raises
    ------
    FormatError
        If it is no such file, or in the other layout.
    """
    with opened(path, what=WHAT) as file:
        group = next((name for name in _GROUPS if name in file), _GROUPS[0])
        if f"{group}/table" in file or f"{group}/_i_table" in file:
            raise FormatError(
                f"{path.name} is in pandas' table layout, whose column names are pickled; nothing of it was run. "
                "Import the CSV that DeepLabCut wrote beside it (analyze_videos with save_as_csv=True)."
            )
        levels, rows = _levels(file, f"{group}/axis0"), _levels(file, f"{group}/axis1")
        items, values = _blocks(file, group)
        if sorted(levels) != sorted(items):
            raise ValueError("its columns are not those it names")
        check_extent(path, n_frames=len(rows), n_joints=len(items))
        if values.shape != (len(rows), len(items)):
            raise ValueError(f"its values are {values.shape}, not {(len(rows), len(items))}")
        if any(len(item) not in (3, 4) for item in items):
            raise ValueError("its columns are not scorer, bodyparts, coords")
        columns = [(item[1] if len(item) == 4 else "", item[-2], item[-1]) for item in items]
        return columns, rows, values


def _blocks(file: Hdf5, group: str) -> tuple[list[tuple[str, ...]], NDArray[np.float64]]:
    """Return names and values (N, M) of all columns; pandas keeps those of each kind of number together."""
    items: list[tuple[str, ...]] = []
    blocks: list[NDArray[np.float64]] = []
    while f"{group}/block{len(blocks)}_values" in file:
        block = file.array(f"{group}/block{len(blocks)}_values")
        if block.ndim != 2 or block.dtype.kind not in "fiu":
            raise ValueError("its values are no numbers")
        items += _levels(file, f"{group}/block{len(blocks)}_items")
        blocks.append(block.astype(np.float64))
    if not blocks:
        raise ValueError("it has no values")
    return items, np.hstack(blocks)


def _levels(file: Hdf5, axis: str) -> list[tuple[str, ...]]:
    """Return the names of an axis, each one a tuple of its levels."""
    if axis in file:
        return [(_name(value),) for value in file.array(axis).ravel().tolist()]
    parts: list[list[str]] = []
    while f"{axis}_level{len(parts)}" in file:
        names = [_name(value) for value in file.array(f"{axis}_level{len(parts)}").ravel().tolist()]
        codes = file.array(f"{axis}_label{len(parts)}").ravel()
        if len(codes) and not 0 <= codes.min() <= codes.max() < len(names):
            raise ValueError(f"{axis} has names that are not listed")
        parts.append([names[code] for code in codes.tolist()])
    if not parts:
        raise ValueError(f"it has no {axis.rpartition('/')[2]}")
    return list(zip(*parts, strict=True))


def _name(value: object) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)
