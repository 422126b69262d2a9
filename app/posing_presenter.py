"""What a person does to joints: selecting, dragging, nudging, turning, scaling and marking them."""

from collections.abc import Collection
from functools import partial

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal

from annotation.edits import Edit
from annotation.labels import Visibility
from annotation.pose_moves import Point, Positions, scaled, shifted, turned
from annotation.skeleton_tree import tree_of
from app import labelling, posing
from app.actions import Act
from app.document import Document
from app.placing_presenter import PlacingPresenter
from app.pose_presenter import PosePresenter, State
from app.view_state import ViewState
from app.window_actions import Handlers
from widgets.pose_drag import Grip
from widgets.side_panel import SidePanel
from widgets.video_view import VideoView

_NUDGES: dict[Act, Point] = {
    Act.NUDGE_LEFT: (-1, 0),
    Act.NUDGE_RIGHT: (1, 0),
    Act.NUDGE_UP: (0, -1),
    Act.NUDGE_DOWN: (0, 1),
    Act.NUDGE_FAR_LEFT: (-10, 0),
    Act.NUDGE_FAR_RIGHT: (10, 0),
    Act.NUDGE_FAR_UP: (0, -10),
    Act.NUDGE_FAR_DOWN: (0, 10),
}
_TURN_DEGREES = 1.0
_SCALE = 1.01
_VERBS = {Grip.TURN: "Turn", Grip.SCALE: "Scale"}
_NOWHERE = "The selected joints have no position here. Place them with {PLACE} and a click."
_NONE_SELECTED = "Select a joint first: click it, or choose it in the list on the left."


class PosingPresenter(QObject):
    """Keeps the selection of view, list and state the same, and makes edits of what is done to it.

    Turning and scaling take the whole pose where no joint is selected.
    """

    failed = Signal(str)

    def __init__(
        self,
        document: Document,
        view: ViewState,
        *,
        poses: PosePresenter,
        video: VideoView,
        side: SidePanel,
        placing: PlacingPresenter,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._document, self._view, self._poses, self._video, self._side = document, view, poses, video, side
        self._placing = placing
        for selected in (video.joints_selected, side.joints_selected):
            selected.connect(lambda joints, current: view.select_joints(joints, current=current))
        view.joints_changed.connect(self._show_selection)
        view.track_changed.connect(video.cancel_drag)
        poses.track_shown.connect(self._show_selection)
        video.joints_moved.connect(self._move)
        video.turned.connect(self._turn)
        video.scaled.connect(self._scale)

    def handlers(self) -> Handlers:
        """Return what the actions about joints do."""
        return {
            Act.OCCLUDED: lambda: self._mark(Visibility.OCCLUDED),
            Act.ABSENT: lambda: self._mark(Visibility.ABSENT),
            Act.VISIBLE: lambda: self._mark(Visibility.VISIBLE),
            Act.REMOVE_LABEL: self._remove_labels,
            Act.DESELECT: self._escape,
            Act.NEXT_JOINT: lambda: self._select_neighbour(1),
            Act.PREVIOUS_JOINT: lambda: self._select_neighbour(-1),
            Act.EXTEND_NEXT: lambda: self._select_neighbour(1, keep=self._view.joints),
            Act.EXTEND_PREVIOUS: lambda: self._select_neighbour(-1, keep=self._view.joints),
            Act.SELECT_ALL: self._select_all,
            Act.SELECT_LIMB: self._select_limb,
            Act.TURN_LEFT: lambda: self._turn(-_TURN_DEGREES),
            Act.TURN_RIGHT: lambda: self._turn(_TURN_DEGREES),
            Act.SHRINK: lambda: self._scale(1 / _SCALE),
            Act.GROW: lambda: self._scale(_SCALE),
            **{act: partial(self._nudge, step) for act, step in _NUDGES.items()},
        }

    # --- selecting -------------------------------------------------------------------------------------------

    def _show_selection(self) -> None:
        resolved, view = self._poses.resolved, self._view
        if resolved is not None and any(joint >= len(resolved.skeleton) for joint in view.joints):
            view.select_joints(())  # another skeleton
            return
        self._video.set_selected(view.joints)
        self._side.set_selected_joints(view.joints, current=view.joint)

    def _select_neighbour(self, step: int, *, keep: Collection[int] = ()) -> None:
        if self._poses.resolved is not None:
            before = self._view.joint if self._view.joint >= 0 or step > 0 else 0
            joint = (before + step) % len(self._poses.resolved.skeleton)
            self._view.select_joints({*keep, joint}, current=joint)
            self._video.reveal(joint)

    def _escape(self) -> None:
        """End what goes on, one thing at a time: a drag, placing, the selection."""
        if self._video.dragging:
            self._video.cancel_drag()
        elif self._placing.active:
            self._placing.stop()
        else:
            self._view.show_joint(-1)

    def _select_all(self) -> None:
        if self._poses.resolved is not None:
            self._view.select_joints(range(len(self._poses.resolved.skeleton)))

    def _select_limb(self) -> None:
        resolved, joints = self._poses.resolved, self._view.joints
        if resolved is None or not joints:
            self.failed.emit(_NONE_SELECTED)
            return
        self._view.select_joints(tree_of(resolved.skeleton).wider(joints))

    # --- moving ----------------------------------------------------------------------------------------------

    def _move(self, positions: Positions, grip: Grip) -> None:
        state = self._poses.state_on_screen
        if state is not None:
            self._push_positions(state, positions, verb=_VERBS.get(grip, "Move"), merges=False)

    def _nudge(self, step: Point) -> None:
        state = self._poses.state
        if state is None or not self._view.joints:
            self.failed.emit(_NONE_SELECTED)
            return
        _, resolved, frame = state
        self._push_positions(state, shifted(resolved.xy[frame], self._view.joints, step=step), verb="Nudge")
        self._video.reveal(self._view.joint)
        if len(self._view.joints) == 1:
            self._video.point_out(self._view.joint)

    def _turn(self, degrees: float) -> None:
        held = self._held()
        if held is not None:
            state, xy, joints, pivot = held
            self._push_positions(state, turned(xy, joints, about=pivot, degrees=degrees), verb="Turn")

    def _scale(self, factor: float) -> None:
        held = self._held()
        if held is not None:
            state, xy, joints, pivot = held
            self._push_positions(state, scaled(xy, joints, about=pivot, factor=factor), verb="Scale")

    def _held(self) -> tuple[State, NDArray[np.float32], frozenset[int], Point] | None:
        """The pose (K, 2), the joints of it that turn, the selected ones or all, and what they turn about."""
        state = self._poses.state
        if state is None:
            return None
        _, resolved, frame = state
        drawn = posing.drawn_joints(resolved, frame=frame)
        joints = self._view.joints & drawn if len(self._view.joints) > 1 else drawn
        pivot = tree_of(resolved.skeleton).pivot(resolved.xy[frame], joints)
        if pivot is None:
            self.failed.emit("There is no pose in this frame yet: detect the climber, or place joints with {PLACE}.")
            return None
        return state, resolved.xy[frame], joints, pivot

    def _push_positions(self, state: State, positions: Positions, *, verb: str, merges: bool = True) -> None:
        """Make an edit of it; the same again, as with a key held down, becomes the same step of undo."""
        track, resolved, frame = state
        edit = posing.move_joints(track, resolved, frame=frame, positions=positions, verb=verb)
        key = f"{verb} {track.id} {frame} {sorted(positions)}" if merges else None
        if edit is not None or not positions:  # what comes to lie where it was is no edit
            self._push(edit, _NOWHERE, merge_key=key)

    # --- marking ---------------------------------------------------------------------------------------------

    def _mark(self, visibility: Visibility) -> None:
        if self._placing.mark(visibility):
            return
        state, joints = self._poses.state, self._view.joints
        if state is None or not joints:
            self.failed.emit(_NONE_SELECTED)
            return
        track, resolved, frame = state
        edit = posing.mark_joints(track, resolved, frame=frame, joints=joints, visibility=visibility)
        self._push(edit, _NOWHERE)

    def _remove_labels(self) -> None:
        track, joints = self._view.track, self._view.joints
        if track is not None and joints:
            edit = labelling.remove_labels(track, frame=self._poses.frame, joints=joints)
            self._push(edit, "There is no label of the selected joints in this frame. O marks them as absent.")

    def _push(self, edit: Edit | None, otherwise: str, *, merge_key: str | None = None) -> None:
        if edit is None:
            self.failed.emit(otherwise)
        else:
            self._document.push(edit, merge_key=merge_key)
