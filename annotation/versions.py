"""Named versions of a project: snapshots of its database to return to."""

import contextlib
import os
import sqlite3
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from annotation.contents import Contents
from annotation.errors import ProjectError
from annotation.migration import is_current, migrated_copy

_FOLDER = "versions"


@dataclass(frozen=True)
class Version:
    """A state of the project that somebody gave a name.

    Attributes
    ----------
    id : str
    name : str
    time : datetime
        When it was saved, in UTC.
    """

    id: str
    name: str
    time: datetime


def versions(connection: sqlite3.Connection) -> list[Version]:
    """Return all versions, the oldest first."""
    rows = connection.execute("SELECT id, name, created FROM versions ORDER BY created, rowid")
    return [Version(id_, name, datetime.fromisoformat(created)) for id_, name, created in rows]


def snapshot(connection: sqlite3.Connection, folder: Path, version_id: str) -> None:
    """Write the state of a project beside it; either the whole file is there or none.

    Raises
    ------
    OSError, sqlite3.Error
        If there is no room, or no right to write.
    """
    path = _file(folder, version_id)
    part = path.with_suffix(".partial")
    path.parent.mkdir(exist_ok=True)
    try:
        connection.execute("VACUUM INTO ?", (str(part),))
        with part.open("rb") as file:
            os.fsync(file.fileno())
        part.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            part.unlink()
        raise


def record(connection: sqlite3.Connection, version_id: str, name: str) -> Version:
    """Note a version whose snapshot is there."""
    now = datetime.now(UTC)
    connection.execute("INSERT INTO versions (id, name, created) VALUES (?, ?, ?)", (version_id, name, now.isoformat()))
    return Version(version_id, name, now)


def forget(connection: sqlite3.Connection, version_id: str) -> None:
    """Note that a version is not wanted any more; `sweep` removes its snapshot."""
    connection.execute("DELETE FROM versions WHERE id = ?", (version_id,))


def sweep(connection: sqlite3.Connection, folder: Path) -> None:
    """Remove snapshots of no version: of deleted ones, and what a killed program left."""
    kept = {version.id for version in versions(connection)}
    for path in (folder / _FOLDER).glob("*"):
        if path.suffix == ".partial" or path.stem not in kept:
            with contextlib.suppress(OSError):
                path.unlink()


def contents_of(folder: Path, version: Version) -> Contents:
    """Read what a project held when a version was saved.

    Raises
    ------
    ProjectError
        If the snapshot is missing or damaged.
    """
    path = _file(folder, version.id)
    try:
        connection = sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True, isolation_level=None)
        try:
            if not is_current(connection):
                connection = migrated_copy(connection)
            return Contents(folder, connection)
        finally:
            connection.close()
    except (sqlite3.Error, ValueError, KeyError, TypeError) as error:
        raise ProjectError(
            f"The version “{version.name}” cannot be read ({error}); nothing was changed. "
            f"Delete it, or put {path} back."
        ) from error


def _file(folder: Path, version_id: str) -> Path:
    return folder.absolute() / _FOLDER / f"{version_id}.db"
