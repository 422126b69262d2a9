"""A project: clips, tracks with labels, and runs; every edit is durable when it is made."""

import functools
import sqlite3
import time
import uuid
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from annotation import versions
from annotation.contents import Contents
from annotation.edits import Change, Edit
from annotation.errors import ProjectError
from annotation.history import History, HistoryEntry, Way
from annotation.joining import stamped
from annotation.labels import Keypoints2D, ResolvedTrack, Run, RunKind
from annotation.live_track import LiveTrack
from annotation.opening import opened
from annotation.poses import MeshSequence
from annotation.rehearsal import Rehearsal, Rehearsed
from annotation.resolving import resolve_frame
from annotation.runs import load_keypoints, load_mesh
from annotation.store import Access, create_database, remove_run_folder, unwritable
from annotation.versions import PendingVersion, Version

_LARGE = 100_000
"""Bytes of history from which a step is rehearsed: some thousand labels."""
_CLOCK_SLACK = timedelta(hours=1)
"""By so much a computer's clock may have been put back while a project was open."""


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

    def __init__(self, folder: Path, connection: sqlite3.Connection, *, write_lock: sqlite3.Connection | None) -> None:
        self.author = ""
        self._lock = write_lock
        self._revision = 0
        self._saving: list[PendingVersion] = []
        self._history = History(connection)
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
        return opened(folder, access, make=lambda connection, held: cls(folder, connection, write_lock=held))

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

    def pose(self, track_id: str, frame: int) -> NDArray[np.float32]:
        """Return where the joints of a track are in one frame (K, 2), NaN where they are nowhere.

        Cheap in time and memory, for tracks that are only looked at.
        """
        track = self.track(track_id)
        if track_id in self._live:
            return np.array(self._live[track_id].resolved.xy[frame])
        is_stated = track.table.count(frame) == track.table.n_joints  # so the predictions need not even be read
        predictions = None if is_stated else self.keypoints(track_id)
        xy: NDArray[np.float32] = resolve_frame(
            track, predictions, frame=frame, n_frames=self.clip(track.clip_id).n_frames
        ).xy[0]
        return xy

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
            if undoable:
                self._history.record(edit, inverse, merge_key=merge_key, project=self)
            else:
                self._history.end_merging()
        return edit.change(self)

    def undo(self) -> Change | None:
        """Take back the last edit, also one of an earlier session; None if there is none."""
        return self.go(self.way_of(undone=False))

    def redo(self) -> Change | None:
        """Carry out again what was undone last; None if there is nothing."""
        return self.go(self.way_of(undone=True))

    def undo_title(self) -> str | None:
        """What `undo` would take back."""
        return self._history.title(undone=False)

    def redo_title(self) -> str | None:
        """What `redo` would carry out."""
        return self._history.title(undone=True)

    def history(self) -> list[HistoryEntry]:
        """Return all steps, the oldest first; those that were taken back come last."""
        return self._history.entries()

    def undo_to(self, entry_id: int) -> Change | None:
        """Make a step of the history the last one that holds, 0 for none; None if it is already.

        Takes back what was done after it, or does again what was undone up to it, all of that or nothing.
        """
        return self.go(self.way_to(entry_id))

    def way_of(self, *, undone: bool) -> Way:
        """Return the way of an undo, or of a redo of what is undone."""
        step = self._history.next_step(undone=undone)
        return Way([] if step is None else [step], not undone)

    def way_to(self, entry_id: int) -> Way:
        """Return the way to where a step of the history is the last one that holds, 0 for none."""
        return Way(*self._history.steps_to(entry_id))

    def go(self, way: Way) -> Change | None:
        """Go a way through the history; None if nothing lies on it."""
        if not way.steps:
            return None
        with self._transaction():
            for edit in self._history.edits(way.steps, back=way.back, project=self):
                edit.apply(self)
        return edit.change(self)

    # --- large changes ---------------------------------------------------------------------------------------

    def is_large(self, way: Way) -> bool:
        """Tell whether a way through the history is better rehearsed."""
        return self._history.n_bytes(way.steps) > _LARGE

    def packed(self, way: Way) -> list[str | bytes]:
        """Return the edits on a way through the history, for `Rehearsal.go`."""
        return [self._history.packed(step, back=way.back) for step in way.steps]

    def rehearsal(self, *, shown: Collection[str] = ()) -> Rehearsal:
        """Return what works a change out, which a thread may do; `take_over` then changes the project at once.

        Parameters
        ----------
        shown : collection of str
            The tracks whose points are asked for right after, beside those that were asked for already.
        """
        return Rehearsal(
            self,
            self._connection,
            revision=self._revision,
            author=self.author,
            shown={*self._live, *shown},
            keypoints=self._keypoints,
        )

    def take_over(self, rehearsed: Rehearsed) -> Change | None:
        """Make what was rehearsed real, durable when this returns; None if the project has changed since.

        Raises
        ------
        ProjectError
            If it cannot be written; the project is as before then.
        """
        if rehearsed.revision != self._revision:
            return None
        with self._transaction():
            for statement, rows in rehearsed.statements:
                self._connection.executemany(statement, rows)
            if rehearsed.step is not None:
                step = rehearsed.step
                self._history.record_packed(step.title, edit=step.edit, inverse=step.inverse)
            self._history.mark(rehearsed.way.steps, undone=rehearsed.way.back)
        self.clips, self.tracks = rehearsed.clips, rehearsed.tracks
        for track_id, live in rehearsed.live.items():
            self._live.pop(track_id, None)
            if live is not None:
                self._live[track_id] = live
        return rehearsed.change

    # --- versions --------------------------------------------------------------------------------------------

    def save_version(self, name: str) -> Version:
        """Keep the state of now under a name, to return to.

        Raises
        ------
        ProjectError
            If the name is empty, or there is no room.
        """
        return self.begin_version(name).keep()

    def begin_version(self, name: str) -> PendingVersion:
        """Hold on to the state of now; its `keep`, which a thread may do, saves it under a name.

        Raises
        ------
        ProjectError
            If the name is empty, or the project cannot be read.
        """
        self.require_writable()
        begun = versions.begun(self.folder, new_id(), name=name)
        self._saving = [*self._saving_still(), begun]
        return begun

    def _saving_still(self) -> list[PendingVersion]:
        return [version for version in self._saving if version.pending]

    def versions(self) -> list[Version]:
        """Return the named versions, the oldest first."""
        return versions.versions(self._connection)

    def restore_version(self, version_id: str) -> Change | None:
        """Return to a version, as a step that can be undone; None if nothing differs.

        Raises
        ------
        ProjectError
            If it is not there, or cannot be read; nothing is changed then.
        """
        edit = versions.way_to(self.version(version_id), self)
        return None if edit is None else self.push(edit)

    def delete_version(self, version_id: str) -> None:
        """Remove a version; the project itself stays as it is."""
        version = self.version(version_id)
        with self._transaction():
            versions.forget(self._connection, version.id)
        versions.remove_snapshot(self.folder, version.id)

    def version(self, version_id: str) -> Version:
        """Return a version by id; raises `ProjectError` if there is none."""
        return versions.version(self._connection, version_id)

    def add_run(self, run: Run) -> None:
        """Register a finished run. No edit: a run is a fact; whether a track shows it is the edit `UseRun`."""
        with self._transaction():
            self.store_run(run)

    def note_film(self, clip_id: str, film_mm: float) -> None:
        """Keep the focal length that the file of a clip tells, which earlier projects did not. A fact, and no edit."""
        with self._transaction():
            self.store_film(clip_id, film_mm)

    def drop_run(self, run_id: str) -> bool:
        """Remove a run, with its files, if no track, no step of the history and no version needs it; tell whether.

        Raises
        ------
        ProjectError
            If the project cannot be written.
        """
        since = self.run(run_id).created - _CLOCK_SLACK
        shown = any(run_id in track.active_runs.values() for track in self.tracks.values())
        kept = bool(self._saving_still()) or any(version.time >= since for version in self.versions())
        if shown or kept or self._history.mentions(run_id, since=since):
            return False
        with self._transaction():
            self.remove_run(run_id)
        remove_run_folder(self.run_folder(run_id))
        return True

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self.require_writable()
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            self._revision += 1
            self._stored_since_load = False
            yield
            self._connection.execute("COMMIT")
        except BaseException as error:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            self._history.end_merging()
            if self._stored_since_load:
                self._load()
            if isinstance(error, sqlite3.Error):
                raise unwritable(self.folder, error) from error
            raise
