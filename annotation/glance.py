"""A glance at a project: what it is about and how much was labelled, without the labels themselves in memory."""

import sqlite3
from dataclasses import dataclass
from pathlib import Path

from annotation.clip import Clip
from annotation.contents import Contents
from annotation.label_rows import count_labels
from annotation.migration import is_current, migrated_copy
from annotation.store import DATABASE, damaged, open_database


@dataclass(frozen=True)
class Glance:
    """What is seen of a project from outside.

    Attributes
    ----------
    clip : Clip or None
        The first one.
    n_labels : int
        Of all climbers.
    """

    clip: Clip | None
    n_labels: int


def glance(folder: Path) -> Glance:
    """Look at a project, whoever else has it open.

    Raises
    ------
    ProjectError
        If it is missing, damaged or newer.
    """
    folder = folder.absolute()
    connection = open_database(folder)
    try:
        if not is_current(connection):
            connection = migrated_copy(connection)
        contents = Contents(folder, connection, labels=False)
        return Glance(next(iter(contents.clips.values()), None), count_labels(connection))
    except (sqlite3.DatabaseError, ValueError, KeyError, TypeError) as error:
        raise damaged(folder / DATABASE, str(error)) from error
    finally:
        connection.close()
