"""What a project holds, in memory and row by row in its database; edits call what is here, nobody else."""

import json
import sqlite3
from collections.abc import Iterable, Mapping
from contextlib import closing
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from annotation.clip import Clip, Fingerprint, Timeline
from annotation.errors import ProjectError
from annotation.known_facts import Facts
from annotation.known_facts_json import facts_from_json, facts_to_json
from annotation.label_rows import Writing, read_rows, write_rows, write_stamps
from annotation.labels import (
    Doubt,
    Event,
    Interpolation,
    Label,
    LabelKey,
    LabelPatch,
    Run,
    RunKind,
    Span,
    Track,
)
from annotation.live_track import LiveTrack

_T = TypeVar("_T")
_PER_TRACK = ("labels", "stamps", "spans", "active_runs", "reviewed", "events", "dismissed")


class Contents:
    """Clips, tracks and runs, each kept twice in step: here for the window, in the database to last.

    Attributes
    ----------
    folder : Path
    clips, tracks, runs : dict
        By id; read them, never write them.
    """

    def __init__(self, folder: Path, connection: sqlite3.Connection, *, labels: bool = True) -> None:
        self.folder = folder
        self.clips: dict[str, Clip] = {}
        self.tracks: dict[str, Track] = {}
        self.runs: dict[str, Run] = {}
        self._connection = connection
        self._writing: Writing = connection
        self._live: dict[str, LiveTrack] = {}
        self._stored_since_load = False
        self._with_labels = labels
        self._load()

    # --- looking ---------------------------------------------------------------------------------------------

    @property
    def name(self) -> str:
        """The name for people."""
        return self.folder.stem

    def clip(self, clip_id: str) -> Clip:
        """Return a clip by id."""
        return _found(self.clips, clip_id, what="clip")

    def track(self, track_id: str) -> Track:
        """Return a track by id."""
        return _found(self.tracks, track_id, what="track")

    def unlocked_track(self, track_id: str) -> Track:
        """Return a track that may be changed.

        Raises
        ------
        ProjectError
            If it is locked.
        """
        track = self.track(track_id)
        if track.locked:
            raise ProjectError(f"{track.name} is locked. Unlock this climber to change it; nothing was changed.")
        return track

    def run(self, run_id: str) -> Run:
        """Return a run by id."""
        return _found(self.runs, run_id, what="run")

    def tracks_of(self, clip_id: str) -> list[Track]:
        """Return the tracks of a clip in the order they were made."""
        return [track for track in self.tracks.values() if track.clip_id == clip_id]

    # --- tracks ----------------------------------------------------------------------------------------------

    def store_labels(self, track_id: str, labels: Mapping[LabelKey, Label | None]) -> None:
        """Set or remove labels."""
        patch, table = LabelPatch.of(labels), self.track(track_id).table
        known = len(table.stamps)
        self._note_change()
        table.apply(patch)
        write_stamps(self._writing, track_id, stamps=table.stamps, known=known)
        write_rows(self._writing, track_id, table, np.unique(patch.frames))
        if track_id in self._live:
            self._live[track_id].touch_labels(patch)

    def store_spans(self, track_id: str, spans: tuple[Span, ...]) -> None:
        """Replace the spans of a track."""
        self._execute("DELETE FROM spans WHERE track_id = ?", track_id)
        rows = [(track_id, span.start, span.end, span.interpolation.value) for span in spans]
        self._writing.executemany("INSERT INTO spans VALUES (?, ?, ?, ?)", rows)
        before, self.track(track_id).spans = self.track(track_id).spans, spans
        if track_id in self._live:
            self._live[track_id].touch_spans(before, spans)

    def store_stride(self, track_id: str, stride: int) -> None:
        """Change the stride of a track."""
        self._execute("UPDATE tracks SET stride = ? WHERE id = ?", stride, track_id)
        before, self.track(track_id).stride = self.track(track_id).stride, stride
        if track_id in self._live:
            self._live[track_id].touch_gaps(longer_than=min(before, stride), up_to=max(before, stride))

    def store_interpolation(self, track_id: str, interpolation: Interpolation) -> None:
        """Change how a track is interpolated where no span says otherwise."""
        self._execute("UPDATE tracks SET interpolation = ? WHERE id = ?", interpolation.value, track_id)
        self.track(track_id).interpolation = interpolation
        if track_id in self._live:
            self._live[track_id].touch_gaps()

    def store_look(self, track_id: str, *, color: str | None, locked: bool, hidden: bool) -> None:
        """Change colour, lock and visibility of a track."""
        self._execute(
            "UPDATE tracks SET color = ?, locked = ?, hidden = ? WHERE id = ?", color, locked, hidden, track_id
        )
        track = self.track(track_id)
        track.color, track.locked, track.hidden = color, locked, hidden

    def store_reviewed(self, track_id: str, frames: Iterable[int], *, reviewed: bool) -> None:
        """Mark frames as reviewed or not."""
        track, rows = self.track(track_id), [(track_id, frame) for frame in frames]
        self._note_change()
        if reviewed:
            self._writing.executemany("INSERT OR REPLACE INTO reviewed VALUES (?, ?)", rows)
            track.reviewed.update(frame for _, frame in rows)
        else:
            self._writing.executemany("DELETE FROM reviewed WHERE track_id = ? AND frame = ?", rows)
            track.reviewed.difference_update(frame for _, frame in rows)

    def store_events(self, track_id: str, events: tuple[Event, ...]) -> None:
        """Replace the events of a track."""
        self._execute("DELETE FROM events WHERE track_id = ?", track_id)
        rows = [(track_id, event.frame, event.end, event.text) for event in events]
        self._writing.executemany("INSERT INTO events VALUES (?, ?, ?, ?)", rows)
        self.track(track_id).events = events

    def store_dismissed(self, track_id: str, doubts: Iterable[Doubt], *, dismissed: bool) -> None:
        """Put doubts aside or take them up again."""
        track, doubts = self.track(track_id), list(doubts)
        rows = [(track_id, *doubt) for doubt in doubts]
        self._note_change()
        if dismissed:
            self._writing.executemany("INSERT OR REPLACE INTO dismissed VALUES (?, ?, ?, ?)", rows)
            track.dismissed.update(doubts)
        else:
            where = "track_id = ? AND kind = ? AND frame = ? AND joint = ?"
            self._writing.executemany(f"DELETE FROM dismissed WHERE {where}", rows)
            track.dismissed.difference_update(doubts)

    def store_facts(self, track_id: str, facts: Facts) -> None:
        """Change what is known of a climb besides its points."""
        self._execute("UPDATE tracks SET facts = ? WHERE id = ?", json.dumps(facts_to_json(facts)), track_id)
        self.track(track_id).facts = facts

    def store_active_run(self, track_id: str, *, kind: RunKind, run_id: str | None) -> None:
        """Say which run a track shows."""
        runs = self.track(track_id).active_runs
        self._execute("DELETE FROM active_runs WHERE track_id = ? AND kind = ?", track_id, kind.value)
        runs.pop(kind, None)
        self._live.pop(track_id, None)
        if run_id is not None:
            self._execute("INSERT INTO active_runs VALUES (?, ?, ?)", track_id, kind.value, run_id)
            runs[kind] = run_id

    def store_track(self, track: Track) -> None:
        """Add a track with everything it holds."""
        row = (track.id, track.clip_id, track.name, track.skeleton, track.stride, track.interpolation.value)
        look = (track.color, int(track.locked), int(track.hidden))
        facts = json.dumps(facts_to_json(track.facts))
        self._execute("INSERT INTO tracks VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", *row, *look, facts)
        self.tracks[track.id] = _track_from_row((*row, *look, facts))
        self.store_labels(track.id, track.table.patch())
        self.store_spans(track.id, track.spans)
        self.store_reviewed(track.id, track.reviewed, reviewed=True)
        self.store_events(track.id, track.events)
        self.store_dismissed(track.id, track.dismissed, dismissed=True)
        for kind, run_id in track.active_runs.items():
            self.store_active_run(track.id, kind=kind, run_id=run_id)

    def remove_track(self, track_id: str) -> None:
        """Remove a track with everything it holds."""
        for table in _PER_TRACK:
            self._execute(f"DELETE FROM {table} WHERE track_id = ?", track_id)
        self._execute("DELETE FROM tracks WHERE id = ?", track_id)
        del self.tracks[track_id]
        self._live.pop(track_id, None)

    def store_track_name(self, track_id: str, name: str) -> None:
        """Rename a track."""
        self._execute("UPDATE tracks SET name = ? WHERE id = ?", name, track_id)
        self.track(track_id).name = name

    # --- clips and runs --------------------------------------------------------------------------------------

    def store_clip(self, clip: Clip) -> None:
        """Add a clip."""
        timeline = clip.timeline
        self._execute(
            "INSERT OR REPLACE INTO clips VALUES (?, 1, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
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
            clip.film_mm,
        )
        self.clips[clip.id] = clip

    def remove_clip(self, clip_id: str) -> None:
        """Take a clip out; its row stays, so that an undo finds it."""
        self._execute("UPDATE clips SET present = 0 WHERE id = ?", clip_id)
        del self.clips[clip_id]

    def store_clip_path(self, clip_id: str, path: Path) -> None:
        """Say where the video of a clip lies now."""
        text = self._path_to_text(path)
        self._execute("UPDATE clips SET path = ? WHERE id = ?", text, clip_id)
        self.clips[clip_id] = replace(self.clip(clip_id), path=self._path_from_text(text))

    def store_film(self, clip_id: str, film_mm: float) -> None:
        """Note the focal length that the file of a clip tells."""
        self._execute("UPDATE clips SET film_mm = ? WHERE id = ?", film_mm, clip_id)
        self.clips[clip_id] = replace(self.clip(clip_id), film_mm=film_mm)

    def known_clip(self, clip_id: str) -> Clip:
        """Return a clip that is or once was in the project."""
        with closing(self._connection.execute("SELECT * FROM clips WHERE id = ?", (clip_id,))) as rows:
            row = rows.fetchone()
        if row is None:
            raise ProjectError(f"There is no clip {clip_id} in {self.name}.")
        return self._clip_from_row(row)

    def store_run(self, run: Run) -> None:
        """Register a run."""
        row = (run.id, run.clip_id, run.kind.value, run.task, run.model, run.created.isoformat(), run.skeleton)
        self._execute("INSERT INTO runs VALUES (?, ?, ?, ?, ?, ?, ?)", *row)
        self.runs[run.id] = run

    def remove_run(self, run_id: str) -> None:
        """Forget a run that nothing refers to any more."""
        self._execute("DELETE FROM runs WHERE id = ?", run_id)
        del self.runs[run_id]

    # --- rows ------------------------------------------------------------------------------------------------

    def _execute(self, statement: str, *values: object) -> None:
        self._note_change()
        self._writing.execute(statement, values)

    def _note_change(self) -> None:
        """Note that memory and database may differ if the transaction fails from here on."""
        self._stored_since_load = True

    def _load(self) -> None:
        execute = self._connection.execute
        self._live.clear()
        self.clips = {
            row[0]: self._clip_from_row(row) for row in execute("SELECT * FROM clips ORDER BY rowid") if row[1]
        }
        self.tracks = {row[0]: _track_from_row(row) for row in execute("SELECT * FROM tracks ORDER BY rowid")}
        for track_id, track in self.tracks.items():
            if self._with_labels:
                read_rows(self._connection, track_id, table=track.table)
        for track_id, start, end, how in execute("SELECT * FROM spans ORDER BY rowid"):
            self.tracks[track_id].spans += (Span(start, end, Interpolation(how)),)
        for track_id, frame in execute("SELECT * FROM reviewed"):
            self.tracks[track_id].reviewed.add(frame)
        for track_id, frame, end, text in execute("SELECT * FROM events ORDER BY rowid"):
            self.tracks[track_id].events += (Event(frame, end, text),)
        for track_id, kind, frame, joint in execute("SELECT * FROM dismissed"):
            self.tracks[track_id].dismissed.add((kind, frame, joint))
        self.runs = {}
        for run_id, clip_id, kind, task, model, created, skeleton in execute("SELECT * FROM runs ORDER BY rowid"):
            when = datetime.fromisoformat(created)
            self.runs[run_id] = Run(run_id, clip_id, RunKind(kind), task, model, when, skeleton)
        for track_id, kind, run_id in execute("SELECT * FROM active_runs"):
            self.tracks[track_id].active_runs[RunKind(kind)] = run_id
        self._stored_since_load = False

    def _clip_from_row(self, row: tuple[Any, ...]) -> Clip:
        clip_id, _, path, n_bytes, digest, pts, keyframes, num, den, width, height, rotation, codec, film_mm = row
        timeline = Timeline(
            np.frombuffer(pts, "<i8").astype(np.int64),
            (num, den),
            np.frombuffer(keyframes, "<i8").astype(np.int64),
        )
        return Clip(
            id=clip_id,
            path=self._path_from_text(path),
            fingerprint=Fingerprint(n_bytes, digest),
            timeline=timeline,
            size=(width, height),
            rotation=rotation,
            codec=codec,
            film_mm=film_mm,
        )

    def _path_to_text(self, path: Path) -> str:
        """Store a video beside or below the project's parent relative to it, so that both can move together."""
        path, base = path.resolve(), self.folder.parent.resolve()
        return str(path.relative_to(base)) if path.is_relative_to(base) else str(path)

    def _path_from_text(self, text: str) -> Path:
        return (self.folder.parent / text).resolve()


def _track_from_row(row: tuple[Any, ...]) -> Track:
    track_id, clip_id, name, skeleton, stride, interpolation, color, locked, hidden, facts = row
    track = Track(track_id, clip_id, name, skeleton, stride, color=color, locked=bool(locked), hidden=bool(hidden))
    track.interpolation = Interpolation(interpolation)
    track.facts = facts_from_json(json.loads(facts))
    return track


def _found(items: Mapping[str, _T], key: str, *, what: str) -> _T:
    if key not in items:
        raise ProjectError(f"There is no {what} {key!r} in this project.")
    return items[key]
