"""A large change worked out beside the project: what takes long happens in a thread, then it is taken over at once.

A rehearsal is a copy of what the project holds, track by track where it is touched, and notes what would be written.
It reads the project while it is made and applied, so nothing may change there meanwhile; `Rehearsed.revision` tells.
"""

import sqlite3
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from annotation import versions
from annotation.clip import Clip
from annotation.contents import Contents
from annotation.edit_json import pack_edit
from annotation.edits import Change, Edit
from annotation.history import Way, read_step
from annotation.joining import stamped
from annotation.labels import Keypoints2D, RunKind, Track
from annotation.live_track import LiveTrack
from annotation.versions import Version

Statement = tuple[str, list[Sequence[Any]]]


@dataclass(frozen=True)
class Step:
    """A step for the history: its title, and the edit and its inverse as they are kept there."""

    title: str
    edit: str | bytes
    inverse: str | bytes


@dataclass(frozen=True)
class Rehearsed:
    """What a project holds after a change, and what has to be written for it.

    Attributes
    ----------
    revision : int
        The state of the project it holds for.
    change : Change
    step : Step or None
        What comes into the history.
    way : Way
        The steps of the history that are taken back or done again.
    clips, tracks : dict
        All of them, the tracks that are touched as copies.
    live : dict of str to LiveTrack or None
        What the touched tracks amount to, None where nobody looked at them.
    statements : list
        SQL and the rows it is carried out with, in order.
    """

    revision: int
    change: Change
    step: Step | None
    way: Way
    clips: dict[str, Clip]
    tracks: dict[str, Track]
    live: dict[str, LiveTrack | None]
    statements: list[Statement]


class Rehearsal(Contents):
    """What a project holds, to be changed by edits without changing the project.

    Parameters
    ----------
    revision : int
        The state of the project now.
    author : str
        Who makes the change.
    shown : collection of str
        The tracks whose points are asked for right after the change.
    keypoints : callable
        Returns the predictions of a run.
    """

    def __init__(
        self,
        original: Contents,
        connection: sqlite3.Connection,
        *,
        revision: int,
        author: str,
        shown: Iterable[str],
        keypoints: Callable[[str], Keypoints2D],
    ) -> None:
        self._original = original
        self._revision, self._author = revision, author
        self._shown, self._keypoints = frozenset(shown), keypoints
        self._touched: set[str] = set()
        self._notes = _Notes()
        super().__init__(original.folder, connection)
        self._writing = self._notes

    def track(self, track_id: str) -> Track:
        """Return a track by id: a copy of its own."""
        track = super().track(track_id)
        if track_id not in self._touched:
            self._touched.add(track_id)
            track = self.tracks[track_id] = track.copied()
        return track

    def push(self, edit: Edit) -> Rehearsed:
        """Carry out an edit that is new."""
        edit = stamped(edit, (self._author, time.time()))
        inverse = edit.apply(self)
        step = Step(edit.title, pack_edit(edit), pack_edit(inverse))
        return self._finished(edit, step, way=Way([], back=True))

    def go(self, way: Way, packed: Iterable[str | bytes]) -> Rehearsed:
        """Go a way through the history, on which there is something; `packed` are the edits of its steps."""
        for step in packed:
            edit = read_step(step, project=self)
            edit.apply(self)
        return self._finished(edit, None, way=way)

    def return_to(self, version: Version) -> Rehearsed | None:
        """Return to a named version; None if nothing differs."""
        edit = versions.way_to(version, self)
        return None if edit is None else self.push(edit)

    def _finished(self, last: Edit, step: Step | None, *, way: Way) -> Rehearsed:
        change = last.change(self)
        live = {track_id: self._worked_out(track_id) for track_id in self._touched}
        return Rehearsed(self._revision, change, step, way, self.clips, self.tracks, live, self._notes.statements)

    def _worked_out(self, track_id: str) -> LiveTrack | None:
        track = self.tracks.get(track_id)
        if track is None or track_id not in self._shown:
            return None
        run_id = track.active_runs.get(RunKind.KEYPOINTS)
        predictions = None if run_id is None else self._keypoints(run_id)
        live = LiveTrack(track, predictions, n_frames=self.clip(track.clip_id).n_frames)
        live.digest()  # asked for by all that follows the points
        return live

    def _load(self) -> None:
        self.clips, self.runs = dict(self._original.clips), dict(self._original.runs)
        self.tracks = dict(self._original.tracks)


class _Notes:
    """Notes statements instead of carrying them out."""

    def __init__(self) -> None:
        self.statements: list[Statement] = []

    def execute(self, sql: str, parameters: Sequence[Any] = (), /) -> None:
        self.statements.append((sql, [parameters]))

    def executemany(self, sql: str, rows: Iterable[Sequence[Any]], /) -> None:
        self.statements.append((sql, list(rows)))
