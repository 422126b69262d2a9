"""Opening the database of a project: locked, swept and brought up to date where it is to be changed."""

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from annotation import versions
from annotation.migration import is_current, migrate, migrated_copy
from annotation.store import DATABASE, Access, damaged, lock, open_database, sweep, unopenable

_T = TypeVar("_T")


def opened(folder: Path, access: Access, *, make: Callable[[sqlite3.Connection, sqlite3.Connection | None], _T]) -> _T:
    """Return what is made of the connection to a project's database and, for writing, of its lock.

    Raises what `Project.open` says.
    """
    connection = open_database(folder)
    write_lock = None
    try:
        if access is Access.WRITE:
            write_lock = lock(folder)
            sweep(folder)
            migrate(connection)
            versions.sweep(connection, folder)
        elif not is_current(connection):
            connection = migrated_copy(connection)
        return make(connection, write_lock)
    except BaseException as error:
        connection.close()
        if write_lock is not None:
            write_lock.close()
        if isinstance(error, sqlite3.OperationalError):
            raise unopenable(folder, error) from error
        if isinstance(error, sqlite3.DatabaseError | ValueError | KeyError | TypeError):
            raise damaged(folder / DATABASE, str(error)) from error
        raise
