"""Keyframes over a range: accepting, removing, copying, propagating, holding, swapping sides, ways of interpolating."""

from PySide6.QtCore import QObject, Signal

from annotation import keyframing
from annotation.edits import Edit, SetLabels
from annotation.interpolation import Interpolation
from annotation.labels import ResolvedTrack, Track
from annotation.splicing import FrameRange
from app import labelling
from app.actions import Act
from app.document import Document
from app.pose_presenter import PosePresenter
from app.view_state import ViewState
from app.window_actions import Handlers

_SELECT_RANGE = "Select a range first: [ and ] at its ends, B between two keyframes, or drag along the ruler."
_SELECT_JOINT = "Select a joint first: click it, or choose it in the list on the left."


class KeyframePresenter(QObject):
    """Turns wishes about keyframes into edits, of the selected range or else of the frame on screen."""

    failed = Signal(str)
    message = Signal(str)

    def __init__(
        self, document: Document, view: ViewState, *, poses: PosePresenter, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._document, self._view, self._poses = document, view, poses
        self._copied: keyframing.CopiedPose | None = None

    def handlers(self) -> Handlers:
        """Return what the actions about keyframes do."""
        return {
            Act.ACCEPT_SURE: self._accept,
            Act.ACCEPT_SURE_CLIP: self._accept_clip,
            Act.REMOVE_RANGE: self._remove,
            Act.COPY_POSE: self._copy,
            Act.PASTE_POSE: self._paste,
            Act.PASTE_MIRRORED: lambda: self._paste(mirrored=True),
            Act.PROPAGATE: self._propagate,
            Act.HOLD: self._hold,
            Act.SWAP_SIDES: self._swap,
            Act.SWAP_PAIR: self._swap_pair,
            Act.WAY_STRAIGHT: lambda: self._interpolate(Interpolation.LINEAR),
            Act.WAY_SMOOTH: lambda: self._interpolate(Interpolation.CUBIC),
            Act.WAY_PREDICTED: lambda: self._interpolate(Interpolation.PREDICTION),
            Act.WAY_HELD: lambda: self._interpolate(Interpolation.HOLD),
            Act.WAY_NONE: lambda: self._interpolate(None),
        }

    # --- labels ----------------------------------------------------------------------------------------------

    def _accept(self) -> None:
        self._accept_in(self._frames())

    def _accept_clip(self) -> None:
        clip = self._view.clip
        if clip is not None:
            self._accept_in(FrameRange(0, clip.n_frames - 1))

    def _accept_in(self, frames: FrameRange) -> None:
        state = self._state()
        if state is not None:
            edit = keyframing.accept_sure(*state, frames)
            sure = f"{100 * keyframing.SURE:.0f} %"
            if self._push(edit, f"No prediction here is {sure} sure or more. {{LABEL_ALL}} accepts a pose as it is."):
                self.message.emit(f"{_count(edit):,} joints accepted that are predicted with {sure} or more.")

    def _remove(self) -> None:
        track, chosen = self._view.track, self._range()
        if track is not None and chosen is not None:
            self._push(keyframing.delete_labels(track, chosen), "There is no label in the range.")

    # --- poses -----------------------------------------------------------------------------------------------

    def _copy(self) -> None:
        state = self._poses.state
        if state is None:
            return
        _, resolved, frame = state
        pose = keyframing.copy_pose(resolved, frame=frame)
        if pose is None:
            self.failed.emit("There is no pose in this frame to copy.")
        else:
            self._copied = pose
            self.message.emit(f"Pose of frame {frame} copied: {len(pose.joints)} joints.")

    def _paste(self, *, mirrored: bool = False) -> None:
        state = self._poses.state
        if state is None:
            return
        if self._copied is None:
            self.failed.emit("No pose was copied yet: go to a frame and copy its pose first.")
            return
        pose, title = (self._copied.mirrored(), "Paste mirrored pose") if mirrored else (self._copied, "Paste pose")
        track, _, frame = state
        edit = keyframing.paste_pose(track, pose, frame=frame, title=title)
        self._push(edit, "This frame is labelled with the copied pose already.")

    def _propagate(self) -> None:
        state, chosen = self._poses.state, self._range()
        if state is not None and chosen is not None:
            track, resolved, frame = state
            edit = keyframing.propagate_pose(track, resolved, frames=chosen, frame=frame)
            self._push(edit, "There is no pose in this frame, or the range has it already.")

    def _hold(self) -> None:
        state, chosen = self._state(), self._range()
        if state is not None and chosen is not None:
            edit = keyframing.hold(*state, chosen, joints=self._view.joints or None)
            self._push(edit, "In the first frame of the range there is nothing to hold, or it is held already.")

    # --- sides and ways --------------------------------------------------------------------------------------

    def _swap(self) -> None:
        state = self._state()
        if state is not None:
            self._push(keyframing.swap_sides(*state, self._frames()), "There is nothing to swap here.")

    def _swap_pair(self) -> None:
        state, joints = self._state(), self._view.joints
        if state is not None:
            edit = keyframing.swap_sides(*state, self._frames(), joints=joints) if joints else None
            self._push(edit, "There is nothing to swap here." if joints else _SELECT_JOINT)

    def _interpolate(self, kind: Interpolation | None) -> None:
        track = self._view.track
        frames = self._frames() if self._view.range is not None else self._between_keyframes()
        if track is not None and frames is not None:
            edit = keyframing.set_interpolation(track, frames, kind=kind)
            self._push(edit, "That is how it is interpolated here already.")

    def _between_keyframes(self) -> FrameRange | None:
        state = self._poses.state
        if state is None:
            return None
        track, _, frame = state
        keyframes = track.table.keyframes()
        first = labelling.neighbour(keyframes, frame + 1, direction=-1)
        last = labelling.neighbour(keyframes, frame, direction=1)
        if first is None or last is None:
            self.failed.emit("Interpolating needs a keyframe before and one after this frame, or a selected range.")
            return None
        return FrameRange(first, last)

    # --- what they act on ------------------------------------------------------------------------------------

    def _state(self) -> tuple[Track, ResolvedTrack] | None:
        state = self._poses.state
        return None if state is None else state[:2]

    def _frames(self) -> FrameRange:
        state, chosen = self._poses.state, self._view.range
        return FrameRange(*(self._view.range_or_frame if chosen or state is None else (state[2], state[2])))

    def _range(self) -> FrameRange | None:
        if self._view.range is None:
            self.failed.emit(_SELECT_RANGE)
            return None
        return self._frames()

    def _push(self, edit: Edit | None, otherwise: str) -> bool:
        if edit is None:
            self.failed.emit(otherwise)
            return False
        return self._document.push(edit)


def _count(edit: Edit | None) -> int:
    return len(edit.labels) if isinstance(edit, SetLabels) else 0
