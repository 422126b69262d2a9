"""What the window looks at: clip, climber, frame, joints, range. No part of the project and never stored in it."""

from collections.abc import Collection

from PySide6.QtCore import QObject, Signal

from annotation.clip import Clip
from annotation.labels import Track
from app.document import Document


class ViewState(QObject):
    """The one place that knows what is being looked at; setters change it, signals tell."""

    clip_changed = Signal()
    track_changed = Signal()
    frame_changed = Signal(int)
    joint_changed = Signal(int)
    joints_changed = Signal()
    range_changed = Signal()

    def __init__(self, document: Document, *, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._document = document
        self._clip_id: str | None = None
        self._track_id: str | None = None
        self._frame = 0
        self._joint = -1
        self._joints: frozenset[int] = frozenset()
        self._range: tuple[int, int] | None = None
        document.opened.connect(self._show_first)
        document.changed.connect(self._drop_what_is_gone)

    @property
    def clip(self) -> Clip | None:
        """The clip on screen."""
        project = self._document.project
        return None if project is None or self._clip_id is None else project.clips.get(self._clip_id)

    @property
    def track(self) -> Track | None:
        """The climber being worked on."""
        project = self._document.project
        return None if project is None or self._track_id is None else project.tracks.get(self._track_id)

    @property
    def frame(self) -> int:
        """The frame that should be on screen."""
        return self._frame

    @property
    def joint(self) -> int:
        """The joint selected last, -1 for none."""
        return self._joint

    @property
    def joints(self) -> frozenset[int]:
        """All selected joints; `joint` is one of them."""
        return self._joints

    @property
    def range(self) -> tuple[int, int] | None:
        """The selected range of frames, both ends included: what operations act on and what a loop plays."""
        return self._range

    @property
    def range_or_frame(self) -> tuple[int, int]:
        """The selected range, or only the frame on screen where none is selected; both ends included."""
        return self._range or (self._frame, self._frame)

    def show_clip(self, clip_id: str | None) -> None:
        """Look at a clip and its first climber."""
        project = self._document.project
        self._clip_id = clip_id
        tracks = [] if project is None or clip_id is None else project.tracks_of(clip_id)
        self._track_id = tracks[0].id if tracks else None
        self._frame = 0
        self._range = None
        self.clip_changed.emit()
        self.track_changed.emit()
        self.frame_changed.emit(0)
        self.select_joints(())
        self.range_changed.emit()

    def show_track(self, track_id: str) -> None:
        """Work on another climber, going to its clip."""
        project = self._document.project
        if project is None or track_id == self._track_id or track_id not in project.tracks:
            return
        if project.track(track_id).clip_id != self._clip_id:
            self.show_clip(project.track(track_id).clip_id)
        self._track_id = track_id
        self.track_changed.emit()

    def show_frame(self, frame: int) -> None:
        """Go to a frame; beyond the ends means the end."""
        clip = self.clip
        if clip is None:
            return
        frame = min(max(frame, 0), clip.n_frames - 1)
        if frame != self._frame:
            self._frame = frame
            self.frame_changed.emit(frame)

    def show_joint(self, joint: int) -> None:
        """Select a joint alone, or none with -1."""
        self.select_joints(() if joint < 0 else (joint,))

    def select_joints(self, joints: Collection[int], *, current: int = -1) -> None:
        """Select some joints; the current one stays where it is one of them and no other is named."""
        chosen = frozenset(joints)
        if current not in chosen:
            current = self._joint if self._joint in chosen else min(chosen, default=-1)
        joint_before, joints_before = self._joint, self._joints
        self._joint, self._joints = current, chosen
        if current != joint_before:
            self.joint_changed.emit(current)
        if (current, chosen) != (joint_before, joints_before):
            self.joints_changed.emit()

    def select_range(self, first: int, last: int) -> None:
        """Select frames, both ends included, in either order; what lies beyond the clip is left out."""
        clip = self.clip
        if clip is not None:
            low, high = (min(max(frame, 0), clip.n_frames - 1) for frame in sorted((first, last)))
            self._set_range((low, high))

    def clear_range(self) -> None:
        """Select no range."""
        self._set_range(None)

    def _set_range(self, frames: tuple[int, int] | None) -> None:
        if frames != self._range:
            self._range = frames
            self.range_changed.emit()

    def _show_first(self) -> None:
        project = self._document.project
        self.show_clip(next(iter(project.clips), None) if project is not None else None)

    def _drop_what_is_gone(self) -> None:
        project = self._document.project
        if project is not None and self._clip_id not in project.clips:
            self._show_first()
        elif project is not None and self._clip_id is not None and self._track_id not in project.tracks:
            tracks = project.tracks_of(self._clip_id)
            self._track_id = tracks[0].id if tracks else None
            self.track_changed.emit()
