"""Placing joints one after the other, one click each."""

from dataclasses import dataclass, replace

from PySide6.QtCore import QObject, Signal

from annotation.edits import SetLabels
from annotation.labels import Label, Track, Visibility
from annotation.pose_moves import Point
from annotation.skeletons import joint_title, load_skeleton
from app import posing
from app.actions import Act
from app.document import Document
from app.pose_presenter import PosePresenter
from app.view_state import ViewState
from app.window_actions import Actions, Handlers
from widgets.video_view import VideoView

_KEYS = {
    Act.PLACE: "skip",
    Act.PLACE_GUESS: "guess",
    Act.OCCLUDED: "occluded",
    Act.ABSENT: "absent",
    Act.PLACE_BACK: "back",
    Act.DESELECT: "end",
}


@dataclass(frozen=True)
class Sequence:
    """Joints to place in a frame, how far it has come, and whether the next one is occluded."""

    frame: int
    joints: tuple[int, ...]
    at: int = 0
    occluded: bool = False

    @property
    def joint(self) -> int:
        """The joint that is next."""
        return self.joints[self.at]

    def words(self, skeleton: str) -> str:
        """Return what a click does next."""
        name = joint_title(load_skeleton(skeleton).joints[self.joint])
        of = f" ({self.at + 1} of {len(self.joints)})" if len(self.joints) > 1 else ""
        return f"Click: {name}{of}{', occluded' if self.occluded else ''}"

    def moved(self, step: int) -> "Sequence | None":
        """Return the sequence some joints further or back, None beyond its ends."""
        at = self.at + step
        return replace(self, at=at, occluded=False) if 0 <= at < len(self.joints) else None


class PlacingPresenter(QObject):
    """Announces one joint after the other and places each where a person clicks, or where it probably is."""

    failed = Signal(str)

    def __init__(
        self,
        document: Document,
        view: ViewState,
        *,
        poses: PosePresenter,
        video: VideoView,
        actions: Actions,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._document, self._view, self._poses, self._video = document, view, poses, video
        self._actions = actions
        self._sequence: Sequence | None = None
        self._before: dict[int, Label | None] = {}
        video.placed.connect(lambda x, y: self._place((x, y)))
        video.skipped.connect(lambda: self._go(1))
        view.joint_changed.connect(self._follow)
        for signal in (view.frame_changed, view.track_changed, view.clip_changed):
            signal.connect(self.stop)
        self._announce()

    def handlers(self) -> Handlers:
        """Return what the actions about placing do."""
        return {
            Act.PLACE: self._start_or_skip,
            Act.PLACE_GUESS: self._place_guess,
            Act.PLACE_BACK: self._back,
        }

    @property
    def active(self) -> bool:
        """Whether a click places a joint."""
        return self._sequence is not None

    def stop(self) -> None:
        """Place no more joints."""
        self._sequence = None
        self._announce()

    def mark(self, visibility: Visibility) -> bool:
        """Say that the joint to place is absent, or how it will be placed; False if there is none."""
        sequence, state = self._sequence, self._poses.state
        if sequence is None or state is None:
            return False
        if visibility is Visibility.ABSENT:
            track, resolved, _ = state
            self._remember(track, sequence.joint)
            edit = posing.mark_joints(
                track, resolved, frame=sequence.frame, joints=[sequence.joint], visibility=visibility
            )
            if edit is not None and self._document.push(edit):
                self._go(1)
        else:
            occluded = visibility is Visibility.OCCLUDED and not sequence.occluded
            self._sequence = replace(sequence, occluded=occluded)
            self._announce()
        return True

    # --- the sequence ----------------------------------------------------------------------------------------

    def _start_or_skip(self) -> None:
        if self._sequence is not None:
            self._go(1)
        else:
            self._begin()

    def _begin(self) -> None:
        state = self._poses.state
        if state is None:
            self.failed.emit("There is no climber here yet to place joints of.")
            return
        _, resolved, frame = state
        joints = posing.joints_to_place(resolved, frame=frame, selected=self._view.joints)
        if not joints:
            self.failed.emit("Every joint has its place here. Select one to place it again.")
            return
        self._before = {}
        self._enter(Sequence(frame, tuple(joints)))

    def _enter(self, sequence: Sequence | None) -> None:
        self._sequence = sequence
        if sequence is not None:
            self._view.show_joint(sequence.joint)
        self._announce()

    def _go(self, step: int) -> None:
        if self._sequence is not None:
            self._enter(self._sequence.moved(step))

    def _follow(self, joint: int) -> None:
        """Go on with a joint that was chosen meanwhile; any other choice ends placing."""
        sequence = self._sequence
        if sequence is None or joint == sequence.joint:
            return
        chosen = joint in sequence.joints
        self._sequence = replace(sequence, at=sequence.joints.index(joint), occluded=False) if chosen else None
        self._announce()

    def _announce(self) -> None:
        sequence, track = self._sequence, self._view.track
        self._actions[Act.PLACE_BACK].setEnabled(sequence is not None)
        if sequence is None or track is None:
            self._video.set_placing(None)
            return
        keys = ((self._actions[act].shortcut().toString(), word) for act, word in _KEYS.items())
        hints = "  ·  ".join(f"{key}: {word}" for key, word in keys if key)
        self._video.set_placing(sequence.words(track.skeleton), keys=f"Right click or {hints}")

    # --- placing ---------------------------------------------------------------------------------------------

    def _place(self, xy: Point) -> None:
        """Put the announced joint there, or the selected one where none is announced."""
        sequence, state = self._sequence, self._poses.state_on_screen
        joint = self._view.joint if sequence is None else sequence.joint
        if state is None or joint < 0:
            self.failed.emit("Choose the joint to place in the list on the left first, or press N to place all.")
            return
        track, _, shown = state
        self._remember(track, joint)
        occluded = sequence is not None and sequence.occluded
        frame = shown if sequence is None else sequence.frame
        if self._document.push(posing.place_joint(track, frame=frame, joint=joint, xy=xy, occluded=occluded)):
            self._go(1)

    def _place_guess(self) -> None:
        if self._sequence is None:
            self._begin()
        sequence, state = self._sequence, self._poses.state
        if sequence is None or state is None:
            return
        width, height = self._video.frame_size
        guess = posing.guess(state[1], frame=sequence.frame, joint=sequence.joint) or (width / 2, height / 2)
        self._place((min(max(guess[0], 0.0), float(width)), min(max(guess[1], 0.0), float(height))))

    def _back(self) -> None:
        """Go back to the joint before, and take back what was placed for it."""
        sequence, state = self._sequence, self._poses.state
        before = None if sequence is None else sequence.moved(-1)
        if before is None or state is None:
            return
        track, key = state[0], (before.frame, before.joint)
        if before.joint in self._before and track.labels.get(key) != self._before[before.joint]:
            title = f"Take back {posing.joints_words(track, [before.joint])}"
            self._document.push(SetLabels(track.id, {key: self._before[before.joint]}, title))
        self._enter(before)

    def _remember(self, track: Track, joint: int) -> None:
        if self._sequence is not None:
            self._before[joint] = track.labels.get((self._sequence.frame, joint))
