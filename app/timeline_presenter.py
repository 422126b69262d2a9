"""The timeline: what the track amounts to over time, and keyframes that are moved along it."""

import numpy as np
from PySide6.QtCore import QObject, Signal

from annotation.edits import Change, ChangeKind
from annotation.joint_groups import joint_groups
from annotation.skeletons import load_skeleton
from app import retiming
from app.actions import Act
from app.document import Document
from app.pose_presenter import PosePresenter
from app.timeline_menu import timeline_menu
from app.track_lanes import TrackLanes, reviewed_mask
from app.view_state import ViewState
from app.window_actions import Actions, Handlers
from widgets.timeline import Timeline
from widgets.timeline_data import KeyframeMove, Lane
from widgets.timeline_layout import KEYFRAMES

_ZOOM_STEP = 1.5


class TimelinePresenter(QObject):
    """Feeds the timeline with the track on screen and turns dragged keyframes into edits."""

    failed = Signal(str)

    def __init__(
        self,
        document: Document,
        view: ViewState,
        *,
        poses: PosePresenter,
        timeline: Timeline,
        actions: Actions,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._document, self._view, self._poses = document, view, poses
        self._timeline, self._actions = timeline, actions
        self._lanes = TrackLanes()
        self._nudged: tuple[int, ...] = ()
        self._nudges = 0
        poses.track_shown.connect(self._show_track)
        document.changed.connect(self._changed)
        timeline.keyframes_moved.connect(self.move)
        timeline.range_delete_requested.connect(actions[Act.REMOVE_RANGE].trigger)
        timeline.context_requested.connect(lambda place: timeline_menu(actions, parent=timeline).popup(place))
        timeline.expanded_changed.connect(actions[Act.TIMELINE_GROUPS].setChecked)

    def handlers(self) -> Handlers:
        """Return what the actions about the timeline do."""
        timeline = self._timeline
        return {
            Act.TIMELINE_GROUPS: self._show_groups,
            Act.TIMELINE_ZOOM_IN: lambda: timeline.zoom_by(_ZOOM_STEP),
            Act.TIMELINE_ZOOM_OUT: lambda: timeline.zoom_by(1 / _ZOOM_STEP),
            Act.TIMELINE_ALL: timeline.show_all,
            Act.TIMELINE_RANGE: timeline.show_range,
            Act.KEYFRAMES_LATER: lambda: self._nudge(1),
            Act.KEYFRAMES_EARLIER: lambda: self._nudge(-1),
        }

    # --- what is shown

    def _changed(self, change: Change) -> None:
        track = self._view.track
        if change.kind is ChangeKind.REVIEW and track is not None and change.track_id == track.id:
            self._show_review()

    def _show_track(self) -> None:
        project, track, resolved = self._document.project, self._view.track, self._poses.resolved
        if project is None or track is None or resolved is None:
            self._timeline.set_summary(Lane(KEYFRAMES))
            self._timeline.set_groups([])
            self._timeline.set_confidence(None)
        else:
            self._lanes.update(track, resolved)
            self._timeline.set_stride(track.stride)
            self._timeline.set_summary(self._lanes.summary)
            self._timeline.set_groups(self._lanes.groups)
            self._timeline.set_confidence(project.live(track.id).frame_confidence.copy())
        self._show_review()

    def _show_review(self) -> None:
        track, clip = self._view.track, self._view.clip
        if track is None or clip is None:
            self._timeline.set_events([])
            self._timeline.set_reviewed(None)
        else:
            self._timeline.set_events(track.events)
            self._timeline.set_reviewed(reviewed_mask(track, n_frames=clip.n_frames))

    def _show_groups(self) -> None:
        self._timeline.set_expanded(expanded=self._actions[Act.TIMELINE_GROUPS].isChecked())

    # --- moving keyframes

    def move(self, move: KeyframeMove, *, merge_key: str | None = None) -> bool:
        """Move or copy keyframes in time, unless others are in the way; tell whether it was done."""
        track = self._view.track
        if track is None:
            return False
        joints = None
        if move.lane >= 0:
            joints = list(joint_groups(load_skeleton(track.skeleton)).values())[move.lane]
        taken = retiming.in_the_way(track, move.frames, offset=move.offset, joints=joints, copy=move.copy)
        if taken:
            self.failed.emit(_in_the_way(taken, copy=move.copy))
            return False
        edit = retiming.move_keyframes(track, move.frames, offset=move.offset, joints=joints, copy=move.copy)
        done = edit is not None and self._document.push(edit, merge_key=merge_key)
        if done:
            self._follow(move)
        return done

    def _follow(self, move: KeyframeMove) -> None:
        """Keep what was moved selected and in sight."""
        chosen = self._view.range
        if chosen is not None and chosen[0] <= move.frames[0] and move.frames[-1] <= chosen[1]:
            self._view.select_range(chosen[0] + move.offset, chosen[1] + move.offset)
        self._view.show_frame(self._view.frame + move.offset)

    def _nudge(self, offset: int) -> None:
        """Move the keyframes of the range, or the one on screen, by a frame; a series of them is one step of undo."""
        track, clip = self._view.track, self._view.clip
        if track is None or clip is None:
            return
        first, last = self._view.range_or_frame
        keyframes = track.table.keyframes()
        low, high = np.searchsorted(keyframes, (first, last + 1))
        frames = tuple(keyframes[low:high].tolist())
        if not frames:
            self.failed.emit("There is no keyframe to move: go to one, or select a range with [ and ].")
        elif frames[0] + offset >= 0 and frames[-1] + offset < clip.n_frames:
            self._nudges += frames != self._nudged
            if self.move(KeyframeMove(frames, offset), merge_key=f"nudge {self._nudges}"):
                self._nudged = tuple(frame + offset for frame in frames)


def _in_the_way(frames: list[int], *, copy: bool) -> str:
    what = f"Frame {frames[0]} has a keyframe" if len(frames) == 1 else f"{len(frames)} frames have keyframes"
    done, those = "copied" if copy else "moved", "it" if len(frames) == 1 else "them"
    return f"{what} already, so nothing was {done}. Remove {those} first, or choose others."
