"""The history of a project: every step with what undoes it, in the database, without limit."""

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from annotation.edit_json import pack_edit, unpack_edit, unpacked_text
from annotation.edits import Edit
from annotation.errors import ProjectError
from annotation.joining import joined

if TYPE_CHECKING:
    from annotation.contents import Contents


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


@dataclass(frozen=True)
class Way:
    """Steps of the history in the order they are gone, and whether they are taken back, not done again."""

    steps: list[int]
    back: bool


def read_step(packed: str | bytes, *, project: "Contents") -> Edit:
    """Read an edit of the history.

    Raises
    ------
    ProjectError
        If it cannot be read.
    """
    try:
        return unpack_edit(packed, project=project)
    except (ValueError, KeyError, TypeError) as error:
        raise ProjectError(f"This step of the history cannot be read ({error}); nothing was changed.") from error


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

    def record(self, edit: Edit, inverse: Edit, *, merge_key: str | None, project: "Contents") -> None:
        """Keep a step; it becomes one with the step before where both have the same `merge_key`."""
        self._connection.execute("DELETE FROM history WHERE undone = 1")
        if self._merging is not None and self._merging[0] == merge_key:
            step = self._merging[1]
            row = self._connection.execute("SELECT edit, inverse FROM history WHERE id = ?", (step,)).fetchone()
            before, undoing = (unpack_edit(packed, project=project) for packed in row)
            edit, inverse = joined(before, edit), joined(inverse, undoing)
            self._connection.execute(
                "UPDATE history SET edit = ?, inverse = ?, created = ?, title = ? WHERE id = ?",
                (pack_edit(edit), pack_edit(inverse), datetime.now(UTC).isoformat(), edit.title, step),
            )
            return
        added = self._insert(edit.title, pack_edit(edit), inverse=pack_edit(inverse))
        self._merging = None if merge_key is None or added is None else (merge_key, added)

    def record_packed(self, title: str, *, edit: str | bytes, inverse: str | bytes) -> None:
        """Keep a step whose edits `pack_edit` wrote already."""
        self._connection.execute("DELETE FROM history WHERE undone = 1")
        self._insert(title, edit, inverse=inverse)
        self._merging = None

    def _insert(self, title: str, edit: str | bytes, *, inverse: str | bytes) -> int | None:
        now = datetime.now(UTC).isoformat()
        return self._connection.execute(
            "INSERT INTO history (edit, inverse, created, title) VALUES (?, ?, ?, ?)", (edit, inverse, now, title)
        ).lastrowid

    def mentions(self, text: str, *, since: datetime) -> bool:
        """Tell whether a step made since then holds a text, such as the id of a run."""
        rows = self._connection.execute("SELECT edit, inverse FROM history WHERE created >= ?", (since.isoformat(),))
        return any(text in unpacked_text(packed) for row in rows for packed in row)

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

    def edits(self, steps: list[int], *, back: bool, project: "Contents") -> Iterator[Edit]:
        """Hand out the edits that take steps back or do them again, and note each as such once the next is asked for.

        Raises
        ------
        ProjectError
            If one cannot be read.
        """
        for step in steps:
            yield read_step(self.packed(step, back=back), project=project)
            self.mark([step], undone=back)

    def packed(self, step: int, *, back: bool) -> str | bytes:
        """Return the edit that takes a step back or does it again, as it is kept; `read_step` reads it."""
        column = "inverse" if back else "edit"
        found: str | bytes
        (found,) = self._connection.execute(f"SELECT {column} FROM history WHERE id = ?", (step,)).fetchone()
        return found

    def n_bytes(self, steps: list[int]) -> int:
        """Return how much steps take here, with what undoes them."""
        size = "SELECT length(edit) + length(inverse) FROM history WHERE id = ?"
        return sum(self._connection.execute(size, (step,)).fetchone()[0] for step in steps)

    def mark(self, steps: list[int], *, undone: bool) -> None:
        """Note that steps are taken back, or done again."""
        self._merging = None
        rows = [(int(undone), step) for step in steps]
        self._connection.executemany("UPDATE history SET undone = ? WHERE id = ?", rows)

    def _next(self, column: str, *, undone: bool) -> tuple[Any, ...] | None:
        order = "undone = 1 ORDER BY id" if undone else "undone = 0 ORDER BY id DESC"
        row: tuple[Any, ...] | None = self._connection.execute(
            f"SELECT id, {column} FROM history WHERE {order} LIMIT 1"
        ).fetchone()
        return row
