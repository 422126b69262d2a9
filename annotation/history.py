"""The history of a project: every step with what undoes it, in the database, without limit."""

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from annotation.edit_json import pack_edit, unpack_edit
from annotation.edits import Edit
from annotation.errors import ProjectError
from annotation.joining import joined

if TYPE_CHECKING:
    from annotation.project import Project


@dataclass(frozen=True)
class HistoryEntry:
    """One step.

    Attributes
    ----------
    id : int
        Steps made later have larger ones.
    title : str
        What was done.
    time : datetime
        When, in UTC.
    undone : bool
        Whether it was taken back and can be done again.
    """

    id: int
    title: str
    time: datetime
    undone: bool


class History:
    """The steps of one project; all that writes happens in transactions of the project."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._merging: tuple[str, int] | None = None

    def entries(self) -> list[HistoryEntry]:
        """Return all steps, the oldest first; those taken back come last."""
        rows = self._connection.execute("SELECT id, title, created, undone FROM history ORDER BY id")
        return [
            HistoryEntry(id_, title, datetime.fromisoformat(created), bool(undone))
            for id_, title, created, undone in rows
        ]

    def title(self, *, undone: bool) -> str | None:
        """Return what is taken back next, or done again next."""
        row = self._next("title", undone=undone)
        return None if row is None else str(row[1])

    def record(self, edit: Edit, inverse: Edit, *, merge_key: str | None, project: "Project") -> None:
        """Keep a step; it becomes one with the step before where both have the same `merge_key`."""
        self._connection.execute("DELETE FROM history WHERE undone = 1")
        now = datetime.now(UTC).isoformat()
        if self._merging is not None and self._merging[0] == merge_key:
            step = self._merging[1]
            row = self._connection.execute("SELECT edit, inverse FROM history WHERE id = ?", (step,)).fetchone()
            before, undoing = (unpack_edit(packed, project=project) for packed in row)
            edit, inverse = joined(before, edit), joined(inverse, undoing)
            self._connection.execute(
                "UPDATE history SET edit = ?, inverse = ?, created = ?, title = ? WHERE id = ?",
                (pack_edit(edit), pack_edit(inverse), now, edit.title, step),
            )
            return
        added = self._connection.execute(
            "INSERT INTO history (edit, inverse, created, title) VALUES (?, ?, ?, ?)",
            (pack_edit(edit), pack_edit(inverse), now, edit.title),
        )
        self._merging = None if merge_key is None or added.lastrowid is None else (merge_key, added.lastrowid)

    def end_merging(self) -> None:
        """Let the next step be one of its own."""
        self._merging = None

    def steps_to(self, entry_id: int) -> tuple[list[int], bool]:
        """Return the steps on the way to where one is the last that holds (0: none), in order, and if they are undone.

        The second is True where the steps hold now and must be taken back, False where they must be done again.
        """
        row = self._connection.execute("SELECT undone FROM history WHERE id = ?", (entry_id,)).fetchone()
        if entry_id and row is None:
            raise ProjectError("This step is not in the history any more; nothing was changed.")
        if row is not None and row[0]:
            where, back = "undone = 1 AND id <= ? ORDER BY id", False
        else:
            where, back = "undone = 0 AND id > ? ORDER BY id DESC", True
        return [
            step for (step,) in self._connection.execute(f"SELECT id FROM history WHERE {where}", (entry_id,))
        ], back

    def next_step(self, *, undone: bool) -> int | None:
        """Return the step that is taken back next, or done again next."""
        row = self._next("id", undone=undone)
        return None if row is None else int(row[0])

    def edits(self, steps: list[int], *, back: bool, project: "Project") -> Iterator[Edit]:
        """Hand out the edits that take steps back or do them again, and note each as such once the next is asked for.

        Raises
        ------
        ProjectError
            If one cannot be read.
        """
        self._merging = None
        for step in steps:
            column = "inverse" if back else "edit"
            packed = self._connection.execute(f"SELECT {column} FROM history WHERE id = ?", (step,)).fetchone()[0]
            try:
                edit = unpack_edit(packed, project=project)
            except (ValueError, KeyError, TypeError) as error:
                raise ProjectError(
                    f"This step of the history cannot be read ({error}); nothing was changed."
                ) from error
            yield edit
            self._connection.execute("UPDATE history SET undone = ? WHERE id = ?", (int(back), step))

    def _next(self, column: str, *, undone: bool) -> tuple[Any, ...] | None:
        order = "undone = 1 ORDER BY id" if undone else "undone = 0 ORDER BY id DESC"
        row: tuple[Any, ...] | None = self._connection.execute(
            f"SELECT id, {column} FROM history WHERE {order} LIMIT 1"
        ).fetchone()
        return row
