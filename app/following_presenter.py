"""Following labelled joints by optical flow, forward or back, as a job."""

from PySide6.QtCore import QObject, Signal

from app.actions import Act
from app.jobs_presenter import JobsPresenter
from app.view_state import ViewState
from app.window_actions import Handlers
from inference.jobs import TaskName

FOLLOW_S = 2.0
"""How far joints are followed where neither a range nor a keyframe says it."""


def frames_to_follow(
    frame: int, keyframes: list[int], *, direction: int, frames: tuple[int, int] | None, fps: float, n_frames: int
) -> tuple[int, int] | None:
    """Return from which frame to which joints are followed; None where there is no label to start from.

    With a range: from the labelled frame at its beginning (backwards: its end) to its other end. Without: from the
    frame itself to the next keyframe in that direction, but at most `FOLLOW_S` seconds; if it has no labels, from the
    keyframe before it (backwards: after it).
    """
    behind = [key for key in keyframes if (key - frame) * direction <= 0]
    ahead = [key for key in keyframes if (key - frame) * direction > 0]
    last = n_frames - 1 if direction > 0 else 0
    if frames is not None:
        low, high = frames
        inside = [key for key in keyframes if low <= key <= high]
        start = min(inside, default=None) if direction > 0 else max(inside, default=None)
        end = high if direction > 0 else low
        return None if start is None or start == end else (start, end)
    if not behind:
        return None
    start = max(behind) if direction > 0 else min(behind)
    reach = start + direction * max(1, round(FOLLOW_S * fps))
    ends = [last, reach, *ahead]
    end = min(ends) if direction > 0 else max(ends)
    return None if start == end else (start, end)


class FollowingPresenter(QObject):
    """Starts and stops following."""

    failed = Signal(str)

    def __init__(self, view: ViewState, *, jobs: JobsPresenter, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._view, self._jobs = view, jobs

    def handlers(self) -> Handlers:
        """Return what the actions do."""
        return {
            Act.FOLLOW_FORWARD: lambda: self._follow(1),
            Act.FOLLOW_BACK: lambda: self._follow(-1),
            Act.STOP_FOLLOWING: self._stop,
        }

    def _follow(self, direction: int) -> None:
        track, clip = self._view.track, self._view.clip
        if track is None or clip is None:
            return
        found = frames_to_follow(
            self._view.frame,
            track.keyframes(),
            direction=direction,
            frames=self._view.range,
            fps=clip.timeline.fps,
            n_frames=clip.n_frames,
        )
        if found is None:
            self.failed.emit("There is no labelled frame to start from: drag joints first, or press {LABEL_ALL}.")
        elif self._jobs.is_running(TaskName.PROPAGATE, track.id):
            self.failed.emit("Joints of this climber are being followed already. Stop that first, or wait for it.")
        else:
            self._jobs.propagate(*found)

    def _stop(self) -> None:
        if not self._jobs.stop(TaskName.PROPAGATE):
            self.failed.emit("No joints are being followed now.")
