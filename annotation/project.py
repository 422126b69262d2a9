"""A project: clips, tracks with labels, and runs; every edit is durable when it is made."""

import functools
import json
import shutil
import sqlite3
import uuid
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from annotation.clip import Clip, Fingerprint, Timeline
from annotation.edit_json import edit_from_json, edit_to_json
from annotation.edits import Change, Edit
from annotation.errors import ProjectError
from annotation.labels import (
    Keypoints2D,
    Label,
    LabelKey,
    ResolvedTrack,
    Run,
    RunKind,
    Span,
    Track,
    Visibility,
    resolve,
)
from annotation.poses import MeshSequence
from annotation.runs import load_keypoints, load_mesh
from annotation.store import DATABASE, Access, create_database, damaged, lock, open_database, unopenable, unwritable

_T = TypeVar("_T")


def new_id() -> str:
    """Return an identifier nobody else has."""
    return uuid.uuid4().hex[:12]


class Project:
    """A project folder, opened.

    In memory lies what the window shows, in the database what lasts; both change only inside `push`, `undo`,
    `redo` and `add_run`, in one transaction each. `store_*` and `remove_*` are for edits alone.

    Attributes
    ----------
    folder : Path
    clips, tracks, runs : dict
        By id; read them, never write them.
    """

    def __init__(self, folder: Path, connection: sqlite3.Connection, write_lock: sqlite3.Connection | None) -> None:
        self.folder = folder
        self.clips: dict[str, Clip] = {}
        self.tracks: dict[str, Track] = {}
        self.runs: dict[str, Run] = {}
        self._connection = connection
        self._lock = write_lock
        self._keypoints = functools.lru_cache(8)(lambda run_id: load_keypoints(self.run_folder(run_id)))
        self._mesh = functools.lru_cache(8)(lambda run_id: load_mesh(self.run_folder(run_id)))
        self._load()

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

    @property
    def name(self) -> str:
        """The name for people."""
        return self.folder.stem

    def clip(self, clip_id: str) -> Clip:
        """Return a clip by id."""
        return _found(self.clips, clip_id, "clip")

    def track(self, track_id: str) -> Track:
        """Return a track by id."""
        return _found(self.tracks, track_id, "track")

    def run(self, run_id: str) -> Run:
        """Return a run by id."""
        return _found(self.runs, run_id, "run")

    def tracks_of(self, clip_id: str) -> list[Track]:
        """Return the tracks of a clip in the order they were made."""
        return [track for track in self.tracks.values() if track.clip_id == clip_id]

    def run_folder(self, run_id: str) -> Path:
        """Return where the arrays of a run lie."""
        return self.folder / "runs" / run_id

    def new_job_folder(self) -> Path:
        """Return a place for a new job; it does not exist yet."""
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
        """Return what a track amounts to: its labels over the predictions it shows."""
        track = self.track(track_id)
        return resolve(track, self.keypoints(track_id), n_frames=self.clip(track.clip_id).n_frames)

    # --- changing --------------------------------------------------------------------------------------------

    def push(self, edit: Edit, *, undoable: bool = True) -> Change:
        """Carry out an edit and keep its inverse; on the disk when this returns.

        What a project begins with is not `undoable`: nobody who undoes once too often should be left without a video.

        Raises
        ------
        ProjectError
            If it cannot be carried out or written; the project is as before then.
        """
        with self._transaction():
            inverse = edit.apply(self)
            if undoable:
                self._connection.execute("DELETE FROM history WHERE undone = 1")
                self._connection.execute(
                    "INSERT INTO history (edit, inverse, created) VALUES (?, ?, ?)",
                    (edit_to_json(edit), edit_to_json(inverse), datetime.now(UTC).isoformat()),
                )
        return edit.change(self)

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
            self._connection.execute(
                "INSERT INTO runs VALUES (?, ?, ?, ?, ?, ?, ?)",
                (run.id, run.clip_id, run.kind.value, run.task, run.model, run.created.isoformat(), run.skeleton),
            )
            self.runs[run.id] = run

    def _step(self, column: str, *, where: str, undone: int) -> Change | None:
        row = self._connection.execute(f"SELECT id, {column} FROM history WHERE {where} LIMIT 1").fetchone()
        if row is None:
            return None
        try:
            edit = edit_from_json(row[1], project=self)
        except (ValueError, KeyError, TypeError) as error:
            raise ProjectError(f"This step of the history cannot be read ({error}); nothing was changed.") from error
        with self._transaction():
            edit.apply(self)
            self._connection.execute("UPDATE history SET undone = ? WHERE id = ?", (undone, row[0]))
        return edit.change(self)

    def _history_title(self, where: str) -> str | None:
        row = self._connection.execute(f"SELECT edit FROM history WHERE {where} LIMIT 1").fetchone()
        return None if row is None else str(json.loads(row[0])["title"])

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        if self._lock is None:
            raise ProjectError(f"{self.name} is open for reading only.")
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            yield
            self._connection.execute("COMMIT")
        except BaseException as error:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            self._load()
            if isinstance(error, sqlite3.Error):
                raise unwritable(self.folder, error) from error
            raise

    # --- what edits call -------------------------------------------------------------------------------------

    def store_labels(self, track_id: str, labels: Mapping[LabelKey, Label | None]) -> None:
        """Set or remove labels."""
        track = self.track(track_id)
        gone = [(track_id, *key) for key, label in labels.items() if label is None]
        kept = {key: label for key, label in labels.items() if label is not None}
        execute = self._connection.executemany
        execute("DELETE FROM labels WHERE track_id = ? AND frame = ? AND joint = ?", gone)
        execute("INSERT OR REPLACE INTO labels VALUES (?, ?, ?, ?, ?, ?)", _label_rows(track_id, kept))
        for key, label in labels.items():
            if label is None:
                track.labels.pop(key, None)
            else:
                track.labels[key] = label

    def store_spans(self, track_id: str, spans: tuple[Span, ...]) -> None:
        """Replace the spans of a track."""
        self._connection.execute("DELETE FROM spans WHERE track_id = ?", (track_id,))
        rows = [(track_id, span.start, span.end) for span in spans]
        self._connection.executemany("INSERT INTO spans VALUES (?, ?, ?)", rows)
        self.track(track_id).spans = spans

    def store_stride(self, track_id: str, stride: int) -> None:
        """Change the stride of a track."""
        self._connection.execute("UPDATE tracks SET stride = ? WHERE id = ?", (stride, track_id))
        self.track(track_id).stride = stride

    def store_active_run(self, track_id: str, *, kind: RunKind, run_id: str | None) -> None:
        """Say which run a track shows."""
        runs = self.track(track_id).active_runs
        self._connection.execute("DELETE FROM active_runs WHERE track_id = ? AND kind = ?", (track_id, kind.value))
        runs.pop(kind, None)
        if run_id is not None:
            self._connection.execute("INSERT INTO active_runs VALUES (?, ?, ?)", (track_id, kind.value, run_id))
            runs[kind] = run_id

    def store_track(self, track: Track) -> None:
        """Add a track with everything it holds."""
        row = (track.id, track.clip_id, track.name, track.skeleton, track.stride)
        self._connection.execute("INSERT INTO tracks VALUES (?, ?, ?, ?, ?)", row)
        self.tracks[track.id] = Track(track.id, track.clip_id, track.name, track.skeleton, track.stride)
        self.store_labels(track.id, track.labels)
        self.store_spans(track.id, track.spans)
        for kind, run_id in track.active_runs.items():
            self.store_active_run(track.id, kind=kind, run_id=run_id)

    def remove_track(self, track_id: str) -> None:
        """Remove a track with everything it holds."""
        for table in ("labels", "spans", "active_runs"):
            self._connection.execute(f"DELETE FROM {table} WHERE track_id = ?", (track_id,))
        self._connection.execute("DELETE FROM tracks WHERE id = ?", (track_id,))
        del self.tracks[track_id]

    def store_track_name(self, track_id: str, name: str) -> None:
        """Rename a track."""
        self._connection.execute("UPDATE tracks SET name = ? WHERE id = ?", (name, track_id))
        self.track(track_id).name = name

    def store_clip(self, clip: Clip) -> None:
        """Add a clip."""
        timeline = clip.timeline
        self._connection.execute(
            "INSERT OR REPLACE INTO clips VALUES (?, 1, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                clip.id,
                self._path_to_text(clip.path),
                clip.fingerprint.n_bytes,
                clip.fingerprint.digest,
                timeline.pts.astype("<i8").tobytes(),
                timeline.keyframe_pts.astype("<i8").tobytes(),
                *timeline.time_base,
                *clip.size,
                clip.rotation,
                clip.codec,
            ),
        )
        self.clips[clip.id] = clip

    def remove_clip(self, clip_id: str) -> None:
        """Take a clip out; its row stays, so that an undo finds it."""
        self._connection.execute("UPDATE clips SET present = 0 WHERE id = ?", (clip_id,))
        del self.clips[clip_id]

    def store_clip_path(self, clip_id: str, path: Path) -> None:
        """Say where the video of a clip lies now."""
        self._connection.execute("UPDATE clips SET path = ? WHERE id = ?", (self._path_to_text(path), clip_id))
        self.clips[clip_id] = self.known_clip(clip_id)

    def known_clip(self, clip_id: str) -> Clip:
        """Return a clip that is or once was in the project."""
        with closing(self._connection.execute("SELECT * FROM clips WHERE id = ?", (clip_id,))) as rows:
            row = rows.fetchone()
        if row is None:
            raise ProjectError(f"There is no clip {clip_id} in {self.name}.")
        return self._clip_from_row(row)

    # --- rows ------------------------------------------------------------------------------------------------

    def _load(self) -> None:
        execute = self._connection.execute
        self.clips = {
            row[0]: self._clip_from_row(row) for row in execute("SELECT * FROM clips ORDER BY rowid") if row[1]
        }
        self.tracks = {row[0]: Track(*row) for row in execute("SELECT * FROM tracks ORDER BY rowid")}
        for track_id, frame, joint, x, y, visibility in execute("SELECT * FROM labels"):
            label = Label(None if x is None else (x, y), Visibility(visibility))
            self.tracks[track_id].labels[frame, joint] = label
        for track_id, start, end in execute("SELECT * FROM spans ORDER BY rowid"):
            self.tracks[track_id].spans += (Span(start, end),)
        self.runs = {}
        for run_id, clip_id, kind, task, model, created, skeleton in execute("SELECT * FROM runs ORDER BY rowid"):
            when = datetime.fromisoformat(created)
            self.runs[run_id] = Run(run_id, clip_id, RunKind(kind), task, model, when, skeleton)
        for track_id, kind, run_id in execute("SELECT * FROM active_runs"):
            self.tracks[track_id].active_runs[RunKind(kind)] = run_id

    def _clip_from_row(self, row: tuple[Any, ...]) -> Clip:
        clip_id, _, path, n_bytes, digest, pts, keyframes, num, den, width, height, rotation, codec = row
        timeline = Timeline(
            np.frombuffer(pts, "<i8").astype(np.int64),
            (num, den),
            np.frombuffer(keyframes, "<i8").astype(np.int64),
        )
        return Clip(
            id=clip_id,
            path=(self.folder.parent / path).resolve(),
            fingerprint=Fingerprint(n_bytes, digest),
            timeline=timeline,
            size=(width, height),
            rotation=rotation,
            codec=codec,
        )

    def _path_to_text(self, path: Path) -> str:
        """Store a video beside or below the project's parent relative to it, so that both can move together."""
        path, base = path.resolve(), self.folder.parent.resolve()
        return str(path.relative_to(base)) if path.is_relative_to(base) else str(path)


def _sweep(folder: Path) -> None:
    """Remove what jobs that were killed left behind; whoever holds the lock knows that none is at work."""
    for leftover in (*folder.glob("runs/*.partial"), *folder.glob("jobs/*")):
        shutil.rmtree(leftover, ignore_errors=True)


def _label_rows(track_id: str, labels: Mapping[LabelKey, Label]) -> list[tuple[object, ...]]:
    return [(track_id, *key, *(label.xy or (None, None)), int(label.visibility)) for key, label in labels.items()]


def _found(items: Mapping[str, _T], key: str, what: str) -> _T:
    if key not in items:
        raise ProjectError(f"There is no {what} {key!r} in this project.")
    return items[key]
