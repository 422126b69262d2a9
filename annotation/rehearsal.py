"""A large change worked out beside the project: what takes long happens in a thread, then it is taken over at once.

A rehearsal is a copy of what the project holds, track by track where it is touched, and notes what would be written.
It reads the project while it is made and applied, so nothing may change there meanwhile; `Rehearsed.revision` tells.
"""

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from annotation.contents import Contents
from annotation.edit_json import pack_edit
from annotation.edits import Change, Edit
from annotation.history import Way
from annotation.labels import Keypoints2D, RunKind, Track
from annotation.live_track import LiveTrack

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
    tracks : dict
        All tracks, those that are touched as copies.
    live : dict of str to LiveTrack or None
        What the touched tracks amount to, None where nobody looked at them.
    statements : list
        SQL and the rows it is carried out with, in order.
    """

    revision: int
    change: Change
    step: Step | None
    way: Way
    tracks: dict[str, Track]
    live: dict[str, LiveTrack | None]
    statements: list[Statement]


class Rehearsal(Contents):
    """What a project holds, to be changed by edits without changing the project.

    Parameters
    ----------
    revision : int
        The state of the project now.
    shown : collection of str
        The tracks whose points are asked for right after the change.
    """

    def __init__(
        self, original: Contents, connection: sqlite3.Connection, *, revision: int, shown: Iterable[str]
    ) -> None:
        self._original = original
        self._revision, self._shown = revision, frozenset(shown)
        self._touched: set[str] = set()
        self._notes = _Notes()
        super().__init__(original.folder, connection)
        self._writing = self._notes

    def track(self, track_id: str) -> Track:
        """Return a track by id: a copy of its own."""
        track = super().track(track_id)
        if track_id not in self._touched:
            self._touched.add(track_id)
            track = self.tracks[track_id] = _copied(track)
        return track

    def push(self, edit: Edit, *, keypoints: Callable[[str], Keypoints2D]) -> Rehearsed:
        """Carry out an edit that is new.

        Parameters
        ----------
        keypoints : callable
            Returns the predictions of a run.
        """
        inverse = edit.apply(self)
        step = Step(edit.title, pack_edit(edit), pack_edit(inverse))
        return self._finished(edit, step, way=Way([], back=True), keypoints=keypoints)

    def go(self, edits: Iterable[Edit], *, way: Way, keypoints: Callable[[str], Keypoints2D]) -> Rehearsed:
        """Carry out the edits of a way through the history, at least one."""
        for edit in edits:
            edit.apply(self)
        return self._finished(edit, None, way=way, keypoints=keypoints)

    def _finished(
        self,
        last: Edit,
        step: Step | None,
        *,
        way: Way,
        keypoints: Callable[[str], Keypoints2D],
    ) -> Rehearsed:
        change = last.change(self)
        live = {track_id: self._worked_out(track_id, keypoints) for track_id in self._touched}
        return Rehearsed(self._revision, change, step, way, self.tracks, live, self._notes.statements)

    def _worked_out(self, track_id: str, keypoints: Callable[[str], Keypoints2D]) -> LiveTrack | None:
        track = self.tracks.get(track_id)
        if track is None or track_id not in self._shown:
            return None
        run_id = track.active_runs.get(RunKind.KEYPOINTS)
        predictions = None if run_id is None else keypoints(run_id)
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


def _copied(track: Track) -> Track:
    return replace(
        track,
        labels=track.table.copy(),
        active_runs=dict(track.active_runs),
        reviewed=set(track.reviewed),
        dismissed=set(track.dismissed),
    )
