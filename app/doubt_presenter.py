"""Doubts about the track on screen: found in the background, listed, marked on the timeline, gone through by keys."""

from collections.abc import Callable

from PySide6.QtCore import QObject, Signal, SignalInstance

from annotation.doubt import Doubt, DoubtKind, next_doubt, undismissed
from annotation.edits import Change, ChangeKind
from annotation.errors import BetascopeError
from annotation.labels import RunKind
from annotation.poses import MeshSequence
from annotation.track_edits import DismissDoubts
from app import body_repair, doubting
from app.actions import Act
from app.background import Background
from app.document import Document
from app.latest import Latest
from app.settings import bodies_path
from app.swap_repair import SwapRepair, prepare_repair
from app.view_state import ViewState
from widgets.doubt_list import DoubtList, DoubtRow
from widgets.timeline import Timeline

_WAIT_MS = 250
_END = "There is no doubt after this frame. {PREVIOUS_DOUBT} goes back to those before it."
_BEGINNING = "There is no doubt before this frame. {NEXT_DOUBT} goes on to those after it."
_ALL_HERE = "There is no other doubt."
"""So long after an edit doubts are looked for again: no edit waits for them."""


class DoubtPresenter(QObject):
    """Keeps the doubts of the track on screen."""

    failed = Signal(str)
    message = Signal(str)
    went_to = Signal(str, object)
    """A doubt was gone to: what is doubtful there, and what the actions (a dict) do that answer it."""
    found = Signal()
    """The doubts are those of the track as it is now."""

    def __init__(
        self,
        document: Document,
        view: ViewState,
        background: Background,
        *,
        panel: DoubtList,
        timeline: Timeline,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._document, self._view, self._background = document, view, background
        self._panel, self._timeline = panel, timeline
        self._doubts: list[Doubt] = []
        self._open: set[Doubt] = set()
        self._is_open: list[bool] = []
        self._current: Doubt | None = None
        self._followed: Callable[[], MeshSequence | None] = lambda: None
        self._latest = Latest(
            background, self._prepare, take=self._take, failed=self.failed.emit, wait_ms=_WAIT_MS, parent=self
        )
        document.changed.connect(self._changed)
        view.track_changed.connect(self._start_anew)
        view.clip_changed.connect(self._start_anew)
        panel.doubt_chosen.connect(lambda number: self._show(self._doubts[number]))
        panel.dismiss_toggled.connect(lambda number: self._dismiss(self._doubts[number]))
        panel.repair_requested.connect(lambda number: self._accept(self._doubts[number]))
        panel.shown_changed.connect(self._mark_timeline)

    @property
    def doubts(self) -> list[Doubt]:
        """All doubts about the track, dismissed ones too, in time."""
        return self._doubts

    def handlers(self) -> dict[Act, Callable[[], object]]:
        """Return what the actions about doubts do."""
        return {
            Act.NEXT_DOUBT: lambda: self._go(1),
            Act.PREVIOUS_DOUBT: lambda: self._go(-1),
            Act.DISMISS_DOUBT: self._dismiss_here,
            Act.REPAIR_SWAP: self._repair_here,
            Act.REPAIR_ALL_SWAPS: self._repair_all,
        }

    def follow_body(self, followed: Callable[[], MeshSequence | None], changed: SignalInstance) -> None:
        """Doubt the body that is `followed` where it is no run yet; look again when it has `changed`."""
        self._followed = followed
        changed.connect(self._latest.ask)

    # --- finding them ------------------------------------------------------------------------------------------

    def _changed(self, change: Change) -> None:
        track = self._view.track
        if track is None or change.track_id not in (None, track.id):
            return
        if change.kind is ChangeKind.REVIEW:
            self._list()
        else:
            self._latest.ask()

    def _start_anew(self) -> None:
        self._doubts, self._current = [], None
        self._list()
        self._latest.ask()

    def _prepare(self) -> Callable[[], list[Doubt]] | None:
        project, track = self._document.project, self._view.track
        if project is None or track is None:
            return None
        try:
            return doubting.doubts_work(project, track, followed=self._followed())
        except BetascopeError as error:
            self.failed.emit(str(error))
            return None

    def _take(self, doubts: list[Doubt]) -> None:
        self._doubts = doubts
        self._list()
        self.found.emit()

    def _list(self) -> None:
        """Show the doubts there are, with what was dismissed."""
        track = self._view.track
        still_open = [] if track is None else undismissed(self._doubts, track.dismissed)
        self._open, places = set(still_open), set(map(id, still_open))  # to hash thousands of doubts takes long
        self._is_open = [id(doubt) in places for doubt in self._doubts]
        rows = [
            DoubtRow(
                number,
                doubt.kind.value,
                doubt.start,
                doubt.end,
                doubt.frame,
                doubt.text,
                doubt.severity,
                dismissed=not self._is_open[number],
                repairable=doubt.kind in body_repair.ANSWERED,
            )
            for number, doubt in enumerate(self._doubts)
        ]
        nothing = track is None or not (track.active_runs or len(track.labels))
        message = "Doubts appear when the climber was detected." if nothing else "Nothing is doubtful."
        self._panel.set_doubts(rows, message=message)
        self._panel.set_current(self._number_of_current())
        self._mark_timeline()

    def _number_of_current(self) -> int:
        """Return where the doubt that was gone to is now, if an edit changed it a little; -1 if it is gone."""
        current = self._current
        if current is None:
            return -1
        if current in self._doubts:
            return self._doubts.index(current)
        return next((n for n, doubt in enumerate(self._doubts) if doubt.matches([current.key])), -1)

    def _mark_timeline(self) -> None:
        shown = [self._doubts[number] for number in self._panel.shown if self._is_open[number]]
        self._timeline.set_doubts([doubt.frame for doubt in shown], [doubt.kind.value for doubt in shown])

    # --- going through them ------------------------------------------------------------------------------------

    def _go(self, direction: int) -> None:
        """Go to the next doubt in time among those listed; several in one frame follow each other."""
        listed = [doubt for doubt in map(self._doubts.__getitem__, self._panel.shown) if doubt in self._open]
        doubt = next_doubt(listed, self._view.frame, direction=direction, current=self._current)
        if doubt is not None:
            self._show(doubt)
        elif self._open:
            back = next_doubt(listed, self._view.frame, direction=-direction, current=self._current)
            self.failed.emit(_ALL_HERE if back is None else _END if direction > 0 else _BEGINNING)
        else:
            self.failed.emit("Nothing is doubtful.")

    def _show(self, doubt: Doubt) -> None:
        """Go to a doubt, select its joint, and its line in the list."""
        self._current = doubt
        self._view.show_frame(doubt.frame)
        self._view.select_joints(doubt.joints if doubt.kind in body_repair.ANSWERED else doubt.joints[:1])
        self._panel.set_current(self._doubts.index(doubt))
        accepts = body_repair.ACCEPTS.get(doubt.kind)
        repair = {Act.REPAIR_SWAP: accepts} if accepts else {}
        refuses = body_repair.REFUSES.get(doubt.kind, "dismisses it")
        answers = {**repair, Act.DISMISS_DOUBT: refuses, Act.NEXT_DOUBT: "goes on"}
        self.went_to.emit(f"Doubt: {doubt.text}.", answers)

    def _here(self, *kinds: DoubtKind) -> Doubt | None:
        """Return the doubt that was gone to, or the surest one about the frame on screen."""
        frame = self._view.frame
        asked = [doubt for doubt in self._open if not kinds or doubt.kind in kinds]
        about = [doubt for doubt in asked if doubt.start <= frame <= doubt.end]
        if self._current in about:
            return self._current
        return max(about, key=lambda doubt: doubt.severity, default=None)

    # --- answering them ----------------------------------------------------------------------------------------

    def _dismiss_here(self) -> None:
        doubt = self._here()
        if doubt is None:
            self.failed.emit("Nothing is doubtful in this frame. {NEXT_DOUBT} goes to the next doubt.")
        else:
            self._dismiss(doubt)

    def _dismiss(self, doubt: Doubt) -> None:
        """Put a doubt aside, or take it up again."""
        track = self._view.track
        if track is None:
            return
        if doubt in self._open and doubt.kind is DoubtKind.FIT_SWAP:
            self._document.push(body_repair.keep_sides(track, doubt))
            self._list()
        elif doubt in self._open:
            self._document.push(DismissDoubts(track.id, frozenset({doubt.key})))
        else:
            keys = frozenset(key for key in track.dismissed if doubt.matches([key]))
            self._document.push(DismissDoubts(track.id, keys, dismissed=False, title="Take up doubt again"))

    def _repair_here(self) -> None:
        doubt = self._here(*body_repair.ANSWERED)
        if doubt is None:
            self.failed.emit("Left and right do not look swapped here. {SWAP_SIDES} swaps them all the same.")
        else:
            self._accept(doubt)

    def _accept(self, doubt: Doubt) -> None:
        """Put right what is doubtful."""
        project, track = self._document.project, self._view.track
        if doubt.kind is not DoubtKind.FLIP:
            self._repair([doubt])
        elif project is not None and track is not None:
            try:
                edit = body_repair.turn_around(project, track, doubt, bodies_dir=bodies_path())
            except BetascopeError as error:
                self.failed.emit(str(error))
                return
            if self._document.push(edit):
                self.message.emit("It is said which hip is nearer: the body turns around as it follows.")

    def _repair_all(self) -> None:
        swaps = [doubt for doubt in self._doubts if doubt.kind in body_repair.SWAPS and doubt in self._open]
        if swaps:
            self._repair(swaps)
        else:
            self.failed.emit("Left and right look swapped nowhere.")

    def _repair(self, swaps: list[Doubt]) -> None:
        project, track = self._document.project, self._view.track
        if project is None or track is None:
            return
        try:
            project.require_writable()
            repair = prepare_repair(project, track, swaps=swaps)
        except BetascopeError as error:
            self.failed.emit(str(error))
            return
        shown = track.active_runs.copy()
        self._background.run(repair.write, done=lambda _: self._use(repair, shown), failed=self.failed.emit)

    def _use(self, repair: SwapRepair, shown: dict[RunKind, str]) -> None:
        """Show the repaired run, unless the track shows another one by now."""
        project = self._document.project
        track = None if project is None else project.tracks.get(repair.track_id)
        if project is None or track is None or track.active_runs != shown:
            self.failed.emit("The predictions changed meanwhile, so the swap was not repaired. Try again.")
            return
        try:
            edit = repair.use(project)
        except BetascopeError as error:
            self.failed.emit(str(error))
            return
        if self._document.push(edit):
            self.message.emit(f"{edit.title}: left and right are exchanged in the predictions, labels stayed.")
