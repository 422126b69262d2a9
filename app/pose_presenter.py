"""The climber's points: what the track amounts to on screen, and what a person does to them as edits."""

from collections.abc import Callable

import numpy as np
from PySide6.QtCore import QObject, Signal

from annotation.edits import Change, ChangeKind, Edit, SetStride
from annotation.errors import BetascopeError
from annotation.labels import ResolvedTrack, Track
from app import labelling
from app.actions import Act
from app.document import Document
from app.playback import Playback
from app.view_state import ViewState
from widgets.side_panel import SidePanel
from widgets.transport import Transport
from widgets.video_view import VideoView

State = tuple[Track, ResolvedTrack, int]
"""A track, what it amounts to, and a frame."""
Look = Callable[[int], ResolvedTrack]
"""Returns another state of one frame of a track, as a track of one frame."""


class PosePresenter(QObject):
    """Resolves the track once per change and hands rows of it to the views."""

    failed = Signal(str)
    frame_shown = Signal()
    """The points are those of the frame `shown`."""
    track_shown = Signal()
    """The points are those of the track as it is now."""

    def __init__(
        self,
        document: Document,
        view: ViewState,
        *,
        playback: Playback,
        video: VideoView,
        transport: Transport,
        side: SidePanel,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._document, self._view, self._playback = document, view, playback
        self._video, self._transport, self._side = video, transport, side
        self._resolved: ResolvedTrack | None = None
        self._look: Look | None = None
        self._shown = 0
        document.changed.connect(self._changed)
        view.clip_changed.connect(self._forget_frame)
        view.track_changed.connect(self._show_track)
        transport.stride_changed.connect(self._set_stride)

    @property
    def resolved(self) -> ResolvedTrack | None:
        """What the track amounts to now."""
        return self._resolved

    @property
    def shown(self) -> int:
        """The frame whose points are on screen: the one that a mouse is about."""
        return self._shown

    @property
    def frame(self) -> int:
        """The frame that keys are about.

        It is the one a person went to, also where its picture is not there yet: who presses keys faster than pictures
        come must not label another frame. While it plays it is the one on screen.
        """
        return self._shown if self._playback.playing else self._view.frame

    @property
    def state(self) -> State | None:
        """The track, what it amounts to and `frame`; None where there is nothing to edit."""
        return self._state(self.frame)

    @property
    def state_on_screen(self) -> State | None:
        """The track, what it amounts to and the frame `shown`; None where there is nothing to edit."""
        return self._state(self._shown)

    def _state(self, frame: int) -> State | None:
        track, resolved = self._view.track, self._resolved
        return None if track is None or resolved is None or frame >= len(resolved) else (track, resolved, frame)

    def handlers(self) -> dict[Act, Callable[[], object]]:
        """Return what the actions about labels do."""
        return {
            Act.LABEL_ALL: self._accept,
            Act.REMOVE_KEYFRAME: self._remove_keyframe,
            Act.INTERPOLATE: self._interpolate,
            Act.NEXT_KEYFRAME: lambda: self.go_to_keyframe(1),
            Act.PREVIOUS_KEYFRAME: lambda: self.go_to_keyframe(-1),
        }

    def go_to_keyframe(self, direction: int) -> None:
        """Go to the previous (-1) or next (1) frame with a label."""
        track = self._view.track
        if track is not None:
            frame = labelling.neighbour(track.table.keyframes(), self._view.frame, direction=direction)
            if frame is not None:
                self._view.show_frame(frame)

    def look_at(self, look: Look | None) -> None:
        """Show another state of the track until it changes; None ends that. Edits are about the track as it is."""
        self._look = look
        self.show_frame(self._shown)

    def show_frame(self, frame: int) -> None:
        """Show the points of the frame that is on screen now."""
        self._shown = frame
        resolved, track = self._resolved, self._view.track
        if resolved is None or frame >= len(resolved) or track is None or track.hidden:
            self._video.clear_pose()
            self.frame_shown.emit()
            return
        row = frame
        if self._look is not None:
            resolved, row = self._look(frame), 0
        source, visibility = resolved.source[row], resolved.visibility[row]
        confidence = resolved.confidence[row]
        self._video.set_pose(resolved.xy[row], confidence, source=source, visibility=visibility)
        self._side.set_joint_states(source, visibility, confidence=confidence)
        self.frame_shown.emit()

    def _forget_frame(self) -> None:
        """What was on screen belongs to another clip now; edits go to the frame that is coming."""
        self._shown = self._view.frame

    def _changed(self, change: Change) -> None:
        if change.kind is ChangeKind.REVIEW:
            return
        if change.kind is ChangeKind.CLIPS or change.track_id is None or self._is_current(change.track_id):
            self._show_track()

    def _is_current(self, track_id: str) -> bool:
        return self._view.track is not None and self._view.track.id == track_id

    def _show_track(self) -> None:
        project, track = self._document.project, self._view.track
        self._resolved = self._look = None
        if project is not None and track is not None:
            try:
                self._resolved = project.resolved(track.id)
            except BetascopeError as error:
                self.failed.emit(str(error))
        resolved = self._resolved
        self._video.set_skeleton(None if resolved is None else resolved.skeleton)
        if resolved is not None and track is not None:
            self._side.set_joints(resolved.skeleton)
            self._transport.set_stride(track.stride)
        self.show_frame(self._shown)
        self.track_shown.emit()

    # --- wishes ----------------------------------------------------------------------------------------------

    def _push(self, edit: Edit | None, otherwise: str) -> None:
        if edit is None:
            self.failed.emit(otherwise)
        else:
            self._document.push(edit)

    def _set_stride(self, stride: int) -> None:
        track = self._view.track
        if track is not None and stride != track.stride:
            self._document.push(SetStride(track.id, stride))

    def _accept(self) -> None:
        state = self.state
        if state is not None:
            track, resolved, frame = state
            edit = labelling.accept_pose(track, resolved, frame=frame)
            nothing = np.isnan(resolved.xy[frame]).all()
            otherwise = "There is nothing to accept here yet: detect the climber, or place joints with {PLACE}."
            self._push(edit, otherwise if nothing else "Every joint shown in this frame is labelled already.")

    def _remove_keyframe(self) -> None:
        track = self._view.track
        if track is not None:
            self._push(labelling.remove_labels(track, frame=self.frame), "There is no label in this frame.")

    def _interpolate(self) -> None:
        track = self._view.track
        if track is not None:
            edit = labelling.interpolate_here(track, frame=self.frame)
            self._push(edit, "Interpolating needs a keyframe before and one after this frame.")
