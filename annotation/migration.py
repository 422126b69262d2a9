"""Bring the database of a project that an earlier Betascope made up to date."""

import itertools
import json
import sqlite3

import numpy as np

from annotation.label_rows import write_rows
from annotation.labels import Label, LabelTable, Visibility
from annotation.skeletons import load_skeleton
from annotation.store import SCHEMA_VERSION, SECOND_SCHEMA


def is_current(connection: sqlite3.Connection) -> bool:
    """Tell whether a database has the form this Betascope writes."""
    return _version(connection) == SCHEMA_VERSION


def migrate(connection: sqlite3.Connection) -> None:
    """Bring a database up to date in one transaction: it is the old one or the new one, whatever happens."""
    if is_current(connection):
        return
    connection.execute("BEGIN IMMEDIATE")
    try:
        if _version(connection) == 1:
            _one_to_two(connection)
        if _version(connection) < 3:
            connection.execute("ALTER TABLE tracks ADD COLUMN facts TEXT NOT NULL DEFAULT '{}'")
        connection.execute("ALTER TABLE clips ADD COLUMN film_mm REAL")  # three to four
        connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
        connection.execute("COMMIT")
    except BaseException:
        connection.execute("ROLLBACK")
        raise


def migrated_copy(connection: sqlite3.Connection) -> sqlite3.Connection:
    """Return an up-to-date copy in memory and close the original: for those who may only look."""
    copy = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
    connection.backup(copy)
    connection.close()
    migrate(copy)
    return copy


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _one_to_two(connection: sqlite3.Connection) -> None:
    """One row for some frames instead of one for a label; who, when, review state, events, looks, interpolation."""
    for column in (
        "tracks ADD COLUMN interpolation TEXT NOT NULL DEFAULT 'linear'",
        "tracks ADD COLUMN color TEXT",
        "tracks ADD COLUMN locked INTEGER NOT NULL DEFAULT 0",
        "tracks ADD COLUMN hidden INTEGER NOT NULL DEFAULT 0",
        "spans ADD COLUMN interpolation TEXT NOT NULL DEFAULT 'linear'",
        "history ADD COLUMN title TEXT NOT NULL DEFAULT ''",
        "labels RENAME TO old_labels",
    ):
        connection.execute(f"ALTER TABLE {column}")
    for statement in filter(str.strip, SECOND_SCHEMA.split(";")):
        connection.execute(statement)
    skeletons = dict(connection.execute("SELECT id, skeleton FROM tracks").fetchall())
    rows = connection.execute("SELECT * FROM old_labels ORDER BY track_id, frame").fetchall()
    for track_id, group in itertools.groupby(rows, key=lambda row: str(row[0])):
        labels = {
            (frame, joint): Label(None if x is None else (x, y), Visibility(visibility))
            for _, frame, joint, x, y, visibility in group
        }
        table = LabelTable(len(load_skeleton(skeletons[track_id])), labels)
        write_rows(connection, track_id, table, np.asarray(table.keyframes()))
    connection.execute("DROP TABLE old_labels")
    titles = [
        (json.loads(edit)["title"], id_) for id_, edit in connection.execute("SELECT id, edit FROM history").fetchall()
    ]
    connection.executemany("UPDATE history SET title = ? WHERE id = ?", titles)
