"""A project: clips, tracks with labels, and runs; every edit is durable when it is made."""

import functools
import shutil
import sqlite3
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from annotation.contents import Contents
from annotation.edit_json import pack_edit, unpack_edit
from annotation.edits import Change, Edit
from annotation.errors import ProjectError
from annotation.joining import joined, stamped
from annotation.labels import Keypoints2D, ResolvedTrack, Run, RunKind
from annotation.live_track import LiveTrack
from annotation.migration import is_current, migrate, migrated_copy
from annotation.poses import MeshSequence
from annotation.runs import load_keypoints, load_mesh
from annotation.store import DATABASE, Access, create_database, damaged, lock, open_database, unopenable, unwritable


def new_id() -> str:
    """Return an identifier nobody else has."""
    return uuid.uuid4().hex[:12]


class Project(Contents):
    """A project folder, opened.

    In memory lies what the window shows, in the database what lasts; both change only inside `push`, `undo`,
    `redo` and `add_run`, in one transaction each. `store_*` and `remove_*` are for edits alone.

    Attributes
    ----------
    folder : Path
    clips, tracks, runs : dict
        By id; read them, never write them.
    author : str
        Who makes the edits; stands with each label.
    """

    def __init__(self, folder: Path, connection: sqlite3.Connection, write_lock: sqlite3.Connection | None) -> None:
        self.author = ""
        self._lock = write_lock
        self._merging: tuple[str, int] | None = None
        self._keypoints = functools.lru_cache(8)(lambda run_id: load_keypoints(self.run_folder(run_id)))
        self._mesh = functools.lru_cache(8)(lambda run_id: load_mesh(self.run_folder(run_id)))
        super().__init__(folder, connection)

    # --- opening and closing ---------------------------------------------------------------------------------

    @classmethod
    def create(cls, folder: Path) -> "Project":
        """Make a new project and open it for writing.

        Raises
        ------
        ProjectError
            If something is in the way or the place cannot be written.
        """
        folder = folder.absolute()
        create_database(folder)
        return cls.open(folder, access=Access.WRITE)

    @classmethod
    def open(cls, folder: Path, *, access: Access) -> "Project":
        """Open a project.

        Raises
        ------
        ProjectBusyError
            If someone else writes it (`Access.WRITE` only).
        ProjectError
            If it is missing, damaged or newer; nothing is changed then.
        """
        folder = folder.absolute()
        connection = open_database(folder)
        write_lock = None
        try:
            if access is Access.WRITE:
                write_lock = lock(folder)
                _sweep(folder)
                migrate(connection)
            elif not is_current(connection):
                connection = migrated_copy(connection)
            return cls(folder, connection, write_lock)
        except BaseException as error:
            connection.close()
            if write_lock is not None:
                write_lock.close()
            if isinstance(error, sqlite3.OperationalError):
                raise unopenable(folder, error) from error
            if isinstance(error, sqlite3.DatabaseError | ValueError | KeyError | TypeError):
                raise damaged(folder / DATABASE, str(error)) from error
            raise

    def close(self) -> None:
        """Give the project back; everything is on the disk already."""
        self._connection.close()
        if self._lock is not None:
            self._lock.close()

    def __enter__(self) -> "Project":
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    # --- looking ---------------------------------------------------------------------------------------------

    def run_folder(self, run_id: str) -> Path:
        """Return where the arrays of a run lie."""
        return self.folder / "runs" / run_id

    @property
    def writable(self) -> bool:
        """Whether it was opened to be changed."""
        return self._lock is not None

    def require_writable(self) -> None:
        """Make sure that it was opened to be changed.

        Raises
        ------
        ProjectError
            If it was opened to look only.
        """
        if not self.writable:
            raise ProjectError(
                f"{self.name} is open for reading only, so nothing can be changed. Close it elsewhere, then reload."
            )

    def new_job_folder(self) -> Path:
        """Return a place for a new job; it does not exist yet.

        Raises
        ------
        ProjectError
            If the project was opened to look only.
        """
        self.require_writable()
        return self.folder / "jobs" / new_id()

    def keypoints(self, track_id: str) -> Keypoints2D | None:
        """Return the predictions a track shows."""
        run_id = self.track(track_id).active_runs.get(RunKind.KEYPOINTS)
        return None if run_id is None else self._keypoints(run_id)

    def mesh(self, track_id: str) -> MeshSequence | None:
        """Return the fitted body a track shows."""
        run_id = self.track(track_id).active_runs.get(RunKind.BODY)
        return None if run_id is None else self._mesh(run_id)

    def resolved(self, track_id: str) -> ResolvedTrack:
        """Return what a track amounts to: its labels over the predictions it shows; edits write into its arrays."""
        return self.live(track_id).resolved

    def live(self, track_id: str) -> LiveTrack:
        """Return what a track amounts to with what is derived from it, kept up to date by the edits."""
        if track_id not in self._live:
            track = self.track(track_id)
            n_frames = self.clip(track.clip_id).n_frames
            self._live[track_id] = LiveTrack(track, self.keypoints(track_id), n_frames=n_frames)
        return self._live[track_id]

    # --- changing --------------------------------------------------------------------------------------------

    def push(self, edit: Edit, *, undoable: bool = True, merge_key: str | None = None) -> Change:
        """Carry out an edit and keep its inverse; on the disk when this returns.

        What a project begins with is not `undoable`: nobody who undoes once too often should be left without a video.
        Edits that follow each other with the same `merge_key` are one step of undo.

        Raises
        ------
        ProjectError
            If it cannot be carried out or written; the project is as before then.
        """
        edit = stamped(edit, (self.author, time.time()))
        with self._transaction():
            inverse = edit.apply(self)
            step = self._record(edit, inverse, merge_key=merge_key) if undoable else None
        self._merging = None if merge_key is None or step is None else (merge_key, step)
        return edit.change(self)

    def _record(self, edit: Edit, inverse: Edit, *, merge_key: str | None) -> int | None:
        self._connection.execute("DELETE FROM history WHERE undone = 1")
        if self._merging is not None and merge_key == self._merging[0]:
            step = self._merging[1]
            row = self._connection.execute("SELECT edit, inverse FROM history WHERE id = ?", (step,)).fetchone()
            before, undoing = (unpack_edit(packed, project=self) for packed in row)
            edit, inverse = joined(before, edit), joined(inverse, undoing)
            self._connection.execute(
                "UPDATE history SET edit = ?, inverse = ?, title = ? WHERE id = ?",
                (pack_edit(edit), pack_edit(inverse), edit.title, step),
            )
            return step
        return self._connection.execute(
            "INSERT INTO history (edit, inverse, created, title) VALUES (?, ?, ?, ?)",
            (pack_edit(edit), pack_edit(inverse), datetime.now(UTC).isoformat(), edit.title),
        ).lastrowid

    def undo(self) -> Change | None:
        """Take back the last edit, also one of an earlier session; None if there is none."""
        return self._step("inverse", where="undone = 0 ORDER BY id DESC", undone=1)

    def redo(self) -> Change | None:
        """Carry out again what was undone last; None if there is nothing."""
        return self._step("edit", where="undone = 1 ORDER BY id", undone=0)

    def undo_title(self) -> str | None:
        """What `undo` would take back."""
        return self._history_title("undone = 0 ORDER BY id DESC")

    def redo_title(self) -> str | None:
        """What `redo` would carry out."""
        return self._history_title("undone = 1 ORDER BY id")

    def add_run(self, run: Run) -> None:
        """Register a finished run. No edit: a run is a fact; whether a track shows it is the edit `UseRun`."""
        with self._transaction():
            self.store_run(run)

    def _step(self, column: str, *, where: str, undone: int) -> Change | None:
        row = self._connection.execute(f"SELECT id, {column} FROM history WHERE {where} LIMIT 1").fetchone()
        if row is None:
            return None
        try:
            edit = unpack_edit(row[1], project=self)
        except (ValueError, KeyError, TypeError) as error:
            raise ProjectError(f"This step of the history cannot be read ({error}); nothing was changed.") from error
        self._merging = None
        with self._transaction():
            edit.apply(self)
            self._connection.execute("UPDATE history SET undone = ? WHERE id = ?", (undone, row[0]))
        return edit.change(self)

    def _history_title(self, where: str) -> str | None:
        row = self._connection.execute(f"SELECT title FROM history WHERE {where} LIMIT 1").fetchone()
        return None if row is None else str(row[0])

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self.require_writable()
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            self._stored_since_load = False
            yield
            self._connection.execute("COMMIT")
        except BaseException as error:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            if self._stored_since_load:
                self._load()
            if isinstance(error, sqlite3.Error):
                raise unwritable(self.folder, error) from error
            raise


def _sweep(folder: Path) -> None:
    """Remove what jobs that were killed left behind; whoever holds the lock knows that none is at work."""
    for leftover in (*folder.glob("runs/*.partial"), *folder.glob("jobs/*")):
        shutil.rmtree(leftover, ignore_errors=True)
