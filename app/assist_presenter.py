"""Help to get along with fewer edits: keyframes are suggested, and corrections may move the frames beside them."""

from collections.abc import Callable

from PySide6.QtCore import QObject, Signal

from annotation.edits import Change, ChangeKind
from annotation.errors import BetascopeError
from annotation.interpolation import Interpolation
from annotation.labels import RunKind
from annotation.track_edits import SetInterpolation
from app.actions import Act
from app.background import Background
from app.document import Document
from app.doubting import KeyframeAdvice, KeyframeAdviser
from app.labelling import neighbour
from app.latest import Latest
from app.preferences import Preferences
from app.view_state import ViewState
from app.window_actions import Actions, Handlers
from widgets.inspector import Section
from widgets.timeline import Timeline

_WAIT_MS = 400
_MOST_FRAMES = 3000
"""Of longer clips keyframes are suggested round the frame on screen."""
_STEP = 1.5
_FINEST, _COARSEST = 0.02, 0.5


class AssistPresenter(QObject):
    """Suggests the keyframes that straight lines between keyframes lack, and switches carried corrections."""

    failed = Signal(str)
    message = Signal(str)
    advised = Signal()
    """There is other advice now."""

    def __init__(
        self,
        document: Document,
        view: ViewState,
        *,
        background: Background,
        timeline: Timeline,
        actions: Actions,
        preferences: Preferences,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._document, self._view = document, view
        self._timeline, self._actions, self._preferences = timeline, actions, preferences
        self._advice: KeyframeAdvice | None = None
        self._adviser: tuple[tuple[str, str], KeyframeAdviser] | None = None
        self._latest = Latest(
            background, self._prepare, take=self._take, failed=self.failed.emit, wait_ms=_WAIT_MS, parent=self
        )
        document.changed.connect(self._changed)
        view.track_changed.connect(self._start_anew)
        view.clip_changed.connect(self._start_anew)
        view.frame_changed.connect(self._follow)

    def handlers(self) -> Handlers:
        """Return what the actions do."""
        return {
            Act.CARRY: self._carry,
            Act.NEXT_SUGGESTION: lambda: self._go(1),
            Act.PREVIOUS_SUGGESTION: lambda: self._go(-1),
            Act.SUGGEST_MORE: lambda: self._set_tolerance(1 / _STEP),
            Act.SUGGEST_FEWER: lambda: self._set_tolerance(_STEP),
        }

    @property
    def suggested(self) -> list[int]:
        """The frames in which a keyframe would help."""
        return [] if self._advice is None else self._advice.suggested

    def sections(self) -> list[Section]:
        """Return what the inspector says about keyframes."""
        advice = self._advice
        if advice is None or not advice.curve:
            return []
        first, last = advice.frames
        rows = [
            (f"within {count.tolerance_px:.0f} px", f"{count.keyframes}, every {count.mean_stride:.1f} frames")
            for count in advice.curve
        ]
        clip = self._view.clip
        whole = clip is not None and (first, last) == (0, clip.n_frames - 1)
        title = "Keyframes needed" if whole else f"Keyframes needed, frames {first} to {last}"
        return [(title, [*rows, ("suggested", f"{len(advice.suggested)} more for {advice.tolerance_px:.0f} px")])]

    # --- looking -----------------------------------------------------------------------------------------------

    def _changed(self, change: Change) -> None:
        track = self._view.track
        if track is None or change.track_id not in (None, track.id):
            return
        self._show_carry()
        if change.kind is not ChangeKind.REVIEW:
            self._latest.ask()

    def _start_anew(self) -> None:
        self._take(None)
        self._show_carry()
        self._latest.ask()

    def _follow(self) -> None:
        """In a long clip, look again when the frame on screen leaves what was looked at."""
        if self._advice is not None and self._is_near_the_edge(self._advice.frames):
            self._latest.ask()

    def _prepare(self) -> Callable[[], KeyframeAdvice] | None:
        project, track, clip = self._document.project, self._view.track, self._view.clip
        if project is None or track is None or clip is None or RunKind.KEYPOINTS not in track.active_runs:
            return None
        try:
            predictions = project.keypoints(track.id)
        except BetascopeError:
            return None  # whoever shows the points says so
        if predictions is None:
            return None
        run = (track.active_runs[RunKind.KEYPOINTS], track.skeleton)
        if self._adviser is None or self._adviser[0] != run or self._is_near_the_edge(self._adviser[1].frames):
            first = min(max(self._view.frame - _MOST_FRAMES // 2, 0), max(clip.n_frames - _MOST_FRAMES, 0))
            frames = (first, min(first + _MOST_FRAMES, clip.n_frames) - 1)
            self._adviser = run, KeyframeAdviser(predictions, track.skeleton, frames=frames)
        adviser, keyframes = self._adviser[1], track.table.keyframes()
        tolerance = self._preferences.settings.keyframe_tolerance
        return lambda: adviser.advise(keyframes, tolerance=tolerance)

    def _is_near_the_edge(self, frames: tuple[int, int]) -> bool:
        """Tell whether the frame on screen is hardly, or not, in a part of a clip that was looked at."""
        clip, frame, (first, last) = self._view.clip, self._view.frame, frames
        margin = _MOST_FRAMES // 6
        early = first > 0 and frame < first + margin
        return early or (clip is not None and last < clip.n_frames - 1 and frame > last - margin)

    def _take(self, advice: KeyframeAdvice | None) -> None:
        self._advice = advice
        self._timeline.set_suggestions(self.suggested)
        self.advised.emit()

    # --- wishes ------------------------------------------------------------------------------------------------

    def _go(self, direction: int) -> None:
        frame = neighbour(self.suggested, self._view.frame, direction=direction)
        if frame is not None:
            self._view.show_frame(frame)
        elif self.suggested:
            self.failed.emit(f"No keyframe is suggested {'after' if direction > 0 else 'before'} this frame.")
        else:
            self.failed.emit("No keyframe is suggested: straight lines between those there are follow the climber.")

    def _set_tolerance(self, factor: float) -> None:
        tolerance = min(max(self._preferences.settings.keyframe_tolerance * factor, _FINEST), _COARSEST)
        self._preferences.change(keyframe_tolerance=tolerance)
        self.message.emit(f"Keyframes are suggested where lines are off by more than {tolerance:.2f} torso lengths.")
        self._latest.ask()

    def _carry(self) -> None:
        track = self._view.track
        if track is None:
            return
        carries = self._actions[Act.CARRY].isChecked()
        kind = Interpolation.PREDICTION if carries else Interpolation.LINEAR
        title = "Let corrections move the frames beside them" if carries else "Let corrections stay in their frame"
        if track.interpolation is not kind:
            self._document.push(SetInterpolation(track.id, kind, title))
        self._show_carry()

    def _show_carry(self) -> None:
        track = self._view.track
        carries = track is not None and track.interpolation is Interpolation.PREDICTION
        self._actions[Act.CARRY].setChecked(carries)
