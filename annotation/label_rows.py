"""Labels as rows of the database: one for each frame of a track that has any, its joints in three little arrays."""

import sqlite3
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from annotation.label_table import NONE, LabelTable, Stamp

_XY, _CODE, _STAMP = np.dtype("<f4"), np.dtype("u1"), np.dtype("<i4")


def write_rows(connection: sqlite3.Connection, track_id: str, table: LabelTable, frames: NDArray[np.intp]) -> None:
    """Make the rows of some frames what the table says."""
    kept = [frame for frame in frames.tolist() if table.count(frame)]
    gone = [(track_id, frame) for frame in frames.tolist() if not table.count(frame)]
    codes, xy, ids = table.codes, table.xy.astype(_XY, copy=False), table.stamp_ids.astype(_STAMP, copy=False)
    rows = (
        (track_id, frame, codes[frame].tobytes(), xy[frame].tobytes(), _pack_ids(ids[frame], codes[frame]))
        for frame in kept
    )
    connection.executemany("INSERT OR REPLACE INTO labels VALUES (?, ?, ?, ?, ?)", rows)
    connection.executemany("DELETE FROM labels WHERE track_id = ? AND frame = ?", gone)


def write_stamps(connection: sqlite3.Connection, track_id: str, stamps: Sequence[Stamp], *, known: int) -> None:
    """Write the stamps of a track from number `known` on."""
    rows = [(track_id, i, *stamps[i]) for i in range(known, len(stamps))]
    connection.executemany("INSERT OR REPLACE INTO stamps VALUES (?, ?, ?, ?)", rows)


def read_rows(connection: sqlite3.Connection, track_id: str, table: LabelTable) -> None:
    """Fill an empty table with the rows of a track.

    Raises
    ------
    ValueError
        If they are damaged.
    """
    stamps = connection.execute("SELECT author, time_s FROM stamps WHERE track_id = ? ORDER BY id", (track_id,))
    rows = connection.execute(
        "SELECT frame, codes, xy, stamp_ids FROM labels WHERE track_id = ? ORDER BY frame", (track_id,)
    ).fetchall()
    frames = np.array([row[0] for row in rows], np.intp)
    shape = (len(rows), table.n_joints)
    table.load(
        frames,
        codes=np.frombuffer(b"".join([row[1] for row in rows]), _CODE).reshape(shape),
        xy=np.frombuffer(b"".join([row[2] for row in rows]), _XY).reshape(*shape, 2),
        stamp_ids=_unpack_ids([row[3] for row in rows], table.n_joints),
        stamps=[(str(author), time_s) for author, time_s in stamps],
    )


def _pack_ids(ids: NDArray[np.int32], codes: NDArray[np.uint8]) -> bytes:
    """Write the stamps of a frame: one number where all labels have the same, as mostly, else one for each joint."""
    labelled = ids[codes != NONE]
    return (labelled[:1] if (labelled == labelled[0]).all() else ids).tobytes()


def _unpack_ids(packed: list[bytes], n_joints: int) -> NDArray[np.int32]:
    whole = n_joints * _STAMP.itemsize
    single = np.array([len(each) != whole for each in packed], bool)
    result = np.zeros((len(packed), n_joints), _STAMP)
    result[single] = np.frombuffer(b"".join([each for each in packed if len(each) != whole]), _STAMP)[:, None]
    several = b"".join([each for each in packed if len(each) == whole])
    result[~single] = np.frombuffer(several, _STAMP).reshape(-1, n_joints)
    return result.astype(np.int32)
