"""Looking through frames: what is confirmed, what is left, and the events and chapters a person names on the way."""

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QLabel

from annotation.edits import Edit
from app import labelling, review
from app.actions import Act
from app.document import Document
from app.view_state import ViewState
from app.window_actions import Handlers
from widgets.timeline import Timeline


class ReviewPresenter(QObject):
    """Carries out what the menu Review offers and says how far the review has come."""

    failed = Signal(str)

    def __init__(
        self,
        document: Document,
        view: ViewState,
        *,
        timeline: Timeline,
        progress: QLabel,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._document, self._view, self._timeline, self._progress = document, view, timeline, progress
        for signal in (document.opened, document.changed, view.track_changed):
            signal.connect(self._show_progress)
        timeline.event_added.connect(self._add_event)
        timeline.event_renamed.connect(self._rename_event)

    def handlers(self) -> Handlers:
        """Return what the actions about review and events do."""
        return {
            Act.REVIEWED: lambda: self._mark(reviewed=True),
            Act.UNREVIEWED: lambda: self._mark(reviewed=False),
            Act.NEXT_UNREVIEWED: lambda: self._to_unreviewed(1),
            Act.PREVIOUS_UNREVIEWED: lambda: self._to_unreviewed(-1),
            Act.ADD_EVENT: self._name_event,
            Act.RENAME_EVENT: self._start_renaming,
            Act.REMOVE_EVENT: self._remove_event,
            Act.NEXT_EVENT: lambda: self._to_event(1),
            Act.PREVIOUS_EVENT: lambda: self._to_event(-1),
        }

    def _show_progress(self) -> None:
        track, clip = self._view.track, self._view.clip
        words = "" if track is None or clip is None else review.progress_words(track, n_frames=clip.n_frames)
        self._progress.setText(words)

    # --- review

    def _mark(self, *, reviewed: bool) -> None:
        track = self._view.track
        if track is not None:
            first, last = self._view.range_or_frame
            edit = review.mark_reviewed(track, first=first, last=last, reviewed=reviewed)
            what = "This frame is" if first == last else "These frames are"
            self._push(edit, f"{what} {'reviewed' if reviewed else 'not marked as reviewed'} already.")

    def _to_unreviewed(self, direction: int) -> None:
        track, clip = self._view.track, self._view.clip
        if track is None or clip is None:
            return
        frame = review.next_unreviewed(track, self._view.frame, direction=direction, n_frames=clip.n_frames)
        if frame is None:
            self.failed.emit("Every other frame is reviewed.")
        else:
            self._view.show_frame(frame)

    # --- events

    def _name_event(self) -> None:
        """Let a person name a chapter over the range, or an event at this frame."""
        if self._view.track is None:
            return
        if self._view.range is not None:
            self._timeline.name_event(*self._view.range)
        else:
            self._timeline.name_event(self._view.frame, None)

    def _add_event(self, frame: int, end: int | None, text: str) -> None:
        track = self._view.track
        if track is not None:
            self._document.push(review.add_event(track, frame=frame, end=end, text=text))

    def _start_renaming(self) -> None:
        track = self._view.track
        event = None if track is None else review.event_here(track, self._view.frame)
        if track is None or event is None:
            self.failed.emit("There is no event at this frame. T adds one.")
        else:
            self._timeline.rename_event(track.events.index(event))

    def _rename_event(self, index: int, text: str) -> None:
        track = self._view.track
        if track is not None and index < len(track.events):
            edit = review.rename_event(track, track.events[index], text=text)
            if edit is not None:
                self._document.push(edit)

    def _remove_event(self) -> None:
        track = self._view.track
        event = None if track is None else review.event_here(track, self._view.frame)
        edit = None if track is None or event is None else review.remove_event(track, event)
        self._push(edit, "There is no event at this frame.")

    def _to_event(self, direction: int) -> None:
        track = self._view.track
        if track is not None:
            frames = sorted({event.frame for event in track.events})
            frame = labelling.neighbour(frames, self._view.frame, direction=direction)
            if frame is not None:
                self._view.show_frame(frame)

    def _push(self, edit: Edit | None, otherwise: str) -> None:
        if edit is None:
            self.failed.emit(otherwise)
        else:
            self._document.push(edit)
