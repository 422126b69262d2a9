"""Named versions of a project: snapshots of its database to return to."""

import contextlib
import os
import sqlite3
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from annotation.contents import Contents
from annotation.difference import difference
from annotation.edits import Edit
from annotation.errors import ProjectError
from annotation.migration import is_current, migrated_copy
from annotation.store import DATABASE

_FOLDER = "versions"
_BUSY_S = 5


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


def version(connection: sqlite3.Connection, version_id: str) -> Version:
    """Return a version by id.

    Raises
    ------
    ProjectError
        If there is none.
    """
    found = [version for version in versions(connection) if version.id == version_id]
    if not found:
        raise ProjectError("There is no such version any more; nothing was changed.")
    return found[0]


def begun(folder: Path, version_id: str, *, name: str) -> "PendingVersion":
    """Hold on to the state of a project of now, to be kept under a name.

    Raises
    ------
    ProjectError
        If the name is empty, or the project cannot be read.
    """
    if not name.strip():
        raise ProjectError("A version needs a name. Say in a few words what state it is.")
    try:
        return PendingVersion(folder, version_id, name=name.strip())
    except sqlite3.Error as error:
        raise ProjectError(f"The version could not be saved ({error}). Try again; nothing was changed.") from error


class PendingVersion:
    """The state of a project at the moment this is made, about to be kept under a name.

    `keep` may be called in a thread: what is edited meanwhile is not in it.

    Attributes
    ----------
    pending : bool
        It is not among the versions yet, but may become one.
    """

    def __init__(self, folder: Path, version_id: str, *, name: str) -> None:
        self.name, self.pending = name, True
        self._folder, self._id = folder, version_id
        self._connection = sqlite3.connect(
            folder / DATABASE, isolation_level=None, timeout=_BUSY_S, check_same_thread=False
        )
        self._connection.execute("BEGIN")
        self._connection.execute("SELECT count(*) FROM versions").fetchone()  # from here on it reads this state

    def keep(self) -> Version:
        """Write the state beside the project and note its name; either all of it is there or nothing.

        Raises
        ------
        ProjectError
            If there is no room, or no right to write.
        """
        path = _file(self._folder, self._id)
        part = path.with_suffix(".partial")
        try:
            path.parent.mkdir(exist_ok=True)
            self._copy(part)
            part.replace(path)
            self._connection.execute("COMMIT")
            return _record(self._connection, self._id, self.name)
        except (OSError, sqlite3.Error) as error:
            for left in (part, path):
                with contextlib.suppress(OSError):
                    left.unlink()
            raise ProjectError(
                f"The version could not be saved ({error}). Free some space and try again; the project is as before."
            ) from error
        finally:
            self.pending = False
            self._connection.close()

    def _copy(self, part: Path) -> None:
        with contextlib.closing(sqlite3.connect(part, isolation_level=None)) as target:
            self._connection.backup(target)
            target.execute("PRAGMA journal_mode = DELETE")  # all of it in one file
        with part.open("rb") as file:
            os.fsync(file.fileno())


def _record(connection: sqlite3.Connection, version_id: str, name: str) -> Version:
    now = datetime.now(UTC)
    connection.execute("INSERT INTO versions (id, name, created) VALUES (?, ?, ?)", (version_id, name, now.isoformat()))
    return Version(version_id, name, now)


def forget(connection: sqlite3.Connection, version_id: str) -> None:
    """Note that a version is not wanted any more; `remove_snapshot` comes after."""
    connection.execute("DELETE FROM versions WHERE id = ?", (version_id,))


def remove_snapshot(folder: Path, version_id: str) -> None:
    """Remove the snapshot of a version that is forgotten; where that fails, `sweep` does it another day."""
    with contextlib.suppress(OSError):
        _file(folder, version_id).unlink()


def sweep(connection: sqlite3.Connection, folder: Path) -> None:
    """Remove snapshots of no version: what a killed program left. Only while none is being written."""
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


def way_to(version: Version, now: Contents) -> Edit | None:
    """Return the edit that makes a project hold again what it held; None if nothing differs.

    Raises
    ------
    ProjectError
        If the version cannot be read.
    """
    return difference(now, contents_of(now.folder, version), title=f"Return to “{version.name}”")
