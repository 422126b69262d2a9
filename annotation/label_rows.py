"""Labels as rows of the database: one for each `CHUNK` of frames of a track that has any.

A row holds the offsets of its labelled frames and, for them, the joints in three arrays. Few and large rows open a
project of millions of labels in the time it takes to read them, and one edit rewrites some kilobytes.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from annotation.courtesy import by_turns
from annotation.label_patch import NONE, Stamp
from annotation.label_table import LabelTable

CHUNK = 32
_BATCH = 128
"""Rows read at a time: what they need beside the table stays small."""
_OFFSET, _CODE, _XY, _STAMP = np.dtype("u1"), np.dtype("u1"), np.dtype("<f4"), np.dtype("<i4")


class Writing(Protocol):
    """Carries out statements that write: the database, or who notes them for it."""

    def execute(self, sql: str, parameters: Sequence[Any] = ..., /) -> object:
        """Carry out one statement."""

    def executemany(self, sql: str, rows: Iterable[Sequence[Any]], /) -> object:
        """Carry out a statement for each row."""


def write_rows(connection: Writing, track_id: str, table: LabelTable, frames: NDArray[np.intp]) -> None:
    """Make the rows that hold some frames what the table says."""
    chunks = np.unique(frames // CHUNK).tolist()
    connection.executemany(
        "DELETE FROM labels WHERE track_id = ? AND chunk = ?", ((track_id, chunk) for chunk in chunks)
    )
    connection.executemany("INSERT INTO labels VALUES (?, ?, ?, ?, ?, ?)", _rows(track_id, table, chunks=chunks))


def _rows(track_id: str, table: LabelTable, *, chunks: Sequence[int]) -> Iterator[tuple[object, ...]]:
    for chunk in by_turns(chunks):
        part = slice(chunk * CHUNK, (chunk + 1) * CHUNK)
        codes = np.ascontiguousarray(table.codes[part])
        labelled = codes.any(axis=1)
        if labelled.any():
            offsets = np.flatnonzero(labelled).astype(_OFFSET)
            xy = table.xy[part][labelled].astype(_XY, copy=False)
            ids = table.stamp_ids[part][labelled].astype(_STAMP, copy=False)
            codes = codes[labelled]
            yield track_id, chunk, offsets.tobytes(), codes.tobytes(), xy.tobytes(), _pack_ids(ids, codes)


def write_stamps(connection: Writing, track_id: str, *, stamps: Sequence[Stamp], known: int) -> None:
    """Write the stamps of a track from number `known` on."""
    rows = [(track_id, i, *stamps[i]) for i in range(known, len(stamps))]
    connection.executemany("INSERT OR REPLACE INTO stamps VALUES (?, ?, ?, ?)", rows)


def read_rows(connection: sqlite3.Connection, track_id: str, *, table: LabelTable) -> None:
    """Fill an empty table with the rows of a track.

    Raises
    ------
    ValueError
        If they are damaged.
    """
    stamps = connection.execute("SELECT author, time_s FROM stamps WHERE track_id = ? ORDER BY id", (track_id,))
    table.expect([(str(author), time_s) for author, time_s in stamps])
    rows = connection.execute(
        "SELECT chunk, offsets, codes, xy, stamp_ids FROM labels WHERE track_id = ? ORDER BY chunk DESC", (track_id,)
    )  # the last first: the table gets its final size at once
    while batch := rows.fetchmany(_BATCH):
        _read_batch(batch, table)


def count_labels(connection: sqlite3.Connection) -> int:
    """Return how many labels all tracks have, without keeping any of them."""
    rows = connection.execute("SELECT codes FROM labels")
    return sum(len(codes) - codes.count(bytes([NONE])) for (codes,) in rows)


def _read_batch(rows: Sequence[tuple[int, bytes, bytes, bytes, bytes]], table: LabelTable) -> None:
    counts = np.array([len(row[1]) for row in rows], np.intp)
    starts = np.array([row[0] for row in rows], np.intp) * CHUNK
    frames = np.repeat(starts, counts) + np.frombuffer(b"".join([row[1] for row in rows]), _OFFSET)
    shape = (len(frames), table.n_joints)
    table.load(
        frames,
        codes=np.frombuffer(b"".join([row[2] for row in rows]), _CODE).reshape(shape),
        xy=np.frombuffer(b"".join([row[3] for row in rows]), _XY).reshape(*shape, 2),
        stamp_ids=_unpack_ids([row[4] for row in rows], counts, n_joints=table.n_joints),
    )


def _pack_ids(ids: NDArray[np.int32], codes: NDArray[np.uint8]) -> bytes:
    """Write the stamps of a row: one number where all labels have the same, as mostly, else one for each joint."""
    labelled = ids[codes != NONE]
    return (labelled[:1] if (labelled == labelled[0]).all() else ids).tobytes()


def _unpack_ids(packed: Sequence[bytes], counts: NDArray[np.intp], *, n_joints: int) -> NDArray[np.int32]:
    single = np.frombuffer(b"".join([ids[: _STAMP.itemsize] for ids in packed]), _STAMP)
    result = np.empty((counts.sum(), n_joints), np.int32)
    result[:] = np.repeat(single, counts)[:, None]
    ends = np.cumsum(counts)
    for row, ids in enumerate(packed):
        if len(ids) > _STAMP.itemsize:
            result[ends[row] - counts[row] : ends[row]] = np.frombuffer(ids, _STAMP).reshape(-1, n_joints)
    return result
