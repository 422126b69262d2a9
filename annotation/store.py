"""The project on disk: one SQLite database in a folder, its lock, and the checks before it is opened."""

import contextlib
import os
import shutil
import sqlite3
from enum import Enum
from pathlib import Path

from annotation.errors import ProjectBusyError, ProjectError

SUFFIX = ".betascope"
DATABASE = "project.db"
SCHEMA_VERSION = 4
_LOCK = "project.lock"
_MAGIC = b"SQLite format 3\x00"
_APPLICATION_ID = 0x42455441  # "BETA", so that another program's database is not taken for a project

_SCHEMA = """
CREATE TABLE clips (
    id TEXT PRIMARY KEY, present INTEGER NOT NULL, path TEXT NOT NULL, n_bytes INTEGER NOT NULL, digest TEXT NOT NULL,
    pts BLOB NOT NULL, keyframe_pts BLOB NOT NULL, time_base_num INTEGER NOT NULL, time_base_den INTEGER NOT NULL,
    width INTEGER NOT NULL, height INTEGER NOT NULL, rotation INTEGER NOT NULL, codec TEXT NOT NULL,
    film_mm REAL
);
CREATE TABLE tracks (
    id TEXT PRIMARY KEY, clip_id TEXT NOT NULL REFERENCES clips (id), name TEXT NOT NULL, skeleton TEXT NOT NULL,
    stride INTEGER NOT NULL, interpolation TEXT NOT NULL DEFAULT 'linear', color TEXT,
    locked INTEGER NOT NULL DEFAULT 0, hidden INTEGER NOT NULL DEFAULT 0, facts TEXT NOT NULL DEFAULT '{}'
);
CREATE TABLE spans (
    track_id TEXT NOT NULL REFERENCES tracks (id), start INTEGER NOT NULL, "end" INTEGER NOT NULL,
    interpolation TEXT NOT NULL DEFAULT 'linear'
);
CREATE TABLE runs (
    id TEXT PRIMARY KEY, clip_id TEXT NOT NULL, kind TEXT NOT NULL, task TEXT NOT NULL, model TEXT NOT NULL,
    created TEXT NOT NULL, skeleton TEXT NOT NULL
);
CREATE TABLE active_runs (
    track_id TEXT NOT NULL REFERENCES tracks (id), kind TEXT NOT NULL, run_id TEXT NOT NULL REFERENCES runs (id),
    PRIMARY KEY (track_id, kind)
);
CREATE TABLE history (
    id INTEGER PRIMARY KEY, edit TEXT NOT NULL, inverse TEXT NOT NULL, undone INTEGER NOT NULL DEFAULT 0,
    created TEXT NOT NULL, title TEXT NOT NULL DEFAULT ''
);
"""

SECOND_SCHEMA = """
CREATE TABLE versions (id TEXT PRIMARY KEY, name TEXT NOT NULL, created TEXT NOT NULL);
CREATE TABLE labels (
    track_id TEXT NOT NULL REFERENCES tracks (id), chunk INTEGER NOT NULL, offsets BLOB NOT NULL, codes BLOB NOT NULL,
    xy BLOB NOT NULL, stamp_ids BLOB NOT NULL, PRIMARY KEY (track_id, chunk)
);
CREATE TABLE stamps (
    track_id TEXT NOT NULL REFERENCES tracks (id), id INTEGER NOT NULL, author TEXT NOT NULL, time_s REAL,
    PRIMARY KEY (track_id, id)
) WITHOUT ROWID;
CREATE TABLE reviewed (
    track_id TEXT NOT NULL REFERENCES tracks (id), frame INTEGER NOT NULL, PRIMARY KEY (track_id, frame)
) WITHOUT ROWID;
CREATE TABLE events (
    track_id TEXT NOT NULL REFERENCES tracks (id), frame INTEGER NOT NULL, "end" INTEGER, text TEXT NOT NULL
);
CREATE TABLE dismissed (
    track_id TEXT NOT NULL REFERENCES tracks (id), kind TEXT NOT NULL, frame INTEGER NOT NULL, joint INTEGER NOT NULL,
    PRIMARY KEY (track_id, kind, frame, joint)
) WITHOUT ROWID;
"""


class Access(Enum):
    """Whether a project is opened to look or to change."""

    READ = "read"
    WRITE = "write"


def is_project(folder: Path) -> bool:
    """Tell whether a folder looks like a project."""
    return (folder / DATABASE).is_file()


def create_database(folder: Path) -> None:
    """Make a new, empty project folder.

    Raises
    ------
    ProjectError
        If something is in the way or the place cannot be written.
    """
    if is_project(folder):
        raise ProjectError(f"{folder} is a project already. Open it instead.")
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ProjectError(f"{folder} exists and is no project. Choose another place for the new project.")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        connection = _connect(folder)
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.executescript(_SCHEMA + SECOND_SCHEMA)
            connection.execute(f"PRAGMA application_id = {_APPLICATION_ID}")
            connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # so that the version stands in the file itself
        finally:
            connection.close()
    except (OSError, sqlite3.Error) as error:
        for leftover in folder.glob(f"{DATABASE}*"):  # half a database would be taken for another program's
            leftover.unlink(missing_ok=True)
        raise unwritable(folder, error) from error


def open_database(folder: Path) -> sqlite3.Connection:
    """Open the database of a project after checking, without writing, that it is whole and not newer than we are.

    Raises
    ------
    ProjectError
        If there is no project, or it is damaged or newer; nothing is changed then.
    """
    database = folder / DATABASE
    if not os.path.lexists(folder):
        raise ProjectError(f"There is no project {folder}. Check the path, or open a video to make one.")
    if not database.is_file():
        raise ProjectError(f"{folder} is not a Betascope project: it has no {DATABASE}. Choose a folder *{SUFFIX}.")
    _check_header(database)
    connection = _connect(folder)
    try:
        problems = [str(row[0]) for row in connection.execute("PRAGMA quick_check(3)")]
        if problems != ["ok"]:
            raise damaged(database, problems[0].splitlines()[-1])
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA synchronous = FULL")  # an edit is on the disk when it is made
    except sqlite3.OperationalError as error:  # the disk or its permissions, not what is in the file
        connection.close()
        raise unopenable(folder, error) from error
    except sqlite3.DatabaseError as error:
        connection.close()
        raise damaged(database, str(error)) from error
    except ProjectError:
        connection.close()
        raise
    return connection


def lock(folder: Path) -> sqlite3.Connection:
    """Take the one right to write a project; it ends with the returned connection or with the process.

    A SQLite lock on a file of its own: held by the operating system, so that a killed process leaves none behind.

    Raises
    ------
    ProjectBusyError
        If another window or command holds it.
    """
    connection = sqlite3.connect(folder / _LOCK, timeout=0, isolation_level=None, check_same_thread=False)
    try:
        connection.execute("BEGIN EXCLUSIVE")
    except sqlite3.OperationalError as error:
        connection.close()
        if "locked" in str(error):
            raise ProjectBusyError(
                f"{folder.name} is open in another window or being worked on by a command. "
                "Go on there, or close it and try again."
            ) from error
        raise unwritable(folder, error) from error
    return connection


def sweep(folder: Path) -> None:
    """Remove what jobs that were killed left behind; whoever holds the lock knows that none is at work."""
    for leftover in (*folder.glob("runs/*.partial"), *folder.glob("jobs/*")):
        shutil.rmtree(leftover, ignore_errors=True)


def remove_run_folder(folder: Path) -> None:
    """Remove the files of a run nobody knows any more; should that be cut short, `sweep` does it another day."""
    leftover = folder.with_name(f"{folder.name}.partial")
    with contextlib.suppress(OSError):
        folder.rename(leftover)
    shutil.rmtree(leftover, ignore_errors=True)


def unwritable(folder: Path, error: Exception) -> ProjectError:
    """Return the error that says why a project cannot be written."""
    if "full" in str(error).lower() or "no space" in str(error).lower():
        return ProjectError(
            f"The disk with {folder} is full; the last change was not kept. Free some space, try again."
        )
    return ProjectError(f"{folder} cannot be written ({error}). Check its permissions, or choose another place.")


def unopenable(folder: Path, error: Exception) -> ProjectError:
    """Return the error that says why a project that may be whole cannot be opened."""
    return ProjectError(
        f"{folder} cannot be opened ({error}). The disk may be full, or the folder not writable: free some space or "
        "check its permissions, then try again. Nothing was changed."
    )


def _connect(folder: Path) -> sqlite3.Connection:
    return sqlite3.connect(folder / DATABASE, isolation_level=None, timeout=5, check_same_thread=False)


def _check_header(database: Path) -> None:
    """Read the first bytes by hand: SQLite itself might already write when it opens a file."""
    try:
        with database.open("rb") as file:
            header = file.read(100)
    except OSError as error:
        raise ProjectError(f"{database} cannot be read ({error.strerror}). Check its permissions.") from error
    if len(header) < 100 or not header.startswith(_MAGIC):
        raise damaged(database, "it does not begin as a database")
    version = int.from_bytes(header[60:64], "big")
    if int.from_bytes(header[68:72], "big") != _APPLICATION_ID:
        raise ProjectError(f"{database} is a database of another program. Choose a folder *{SUFFIX}.")
    if version > SCHEMA_VERSION:
        raise ProjectError(
            f"{database.parent.name} was made by a newer Betascope (format {version}, this one reads up to "
            f"{SCHEMA_VERSION}). Update Betascope to open it; nothing was changed."
        )


def damaged(database: Path, problem: str) -> ProjectError:
    return ProjectError(
        f"The project {database.parent.name} is damaged ({problem}). Nothing was changed. Restore {database.name} "
        "from a backup, or make a new project from the video; finished runs lie untouched in its folder runs."
    )
