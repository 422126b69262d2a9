"""What the project holds, at the left: clips, tracks, and the joints of the current frame."""

from collections.abc import Collection, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPoint, Signal
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from annotation.skeletons import Skeleton
from widgets.climber_list import ClimberEntry, ClimberList
from widgets.entry_list import Entry, EntryList
from widgets.icon_button import IconButton
from widgets.icons import IconName
from widgets.joint_list import JointList, JointNote

__all__ = ["Entry", "SidePanel"]


class SidePanel(QWidget):
    """Clips, tracks and joints below each other; clips and tracks are as high as they need, joints take the rest.

    Setters select without a signal; the signals tell what the user does.

    Signals
    -------
    clip_selected, track_selected : str
        An id.
    joints_selected : frozenset of int, int
        Joints, and the one chosen last, -1 if it was taken out.
    joint_menu_requested : int, QPoint
        A joint and the global position for a menu.
    track_renamed : str, str
        The id of a track and the name that was typed.
    track_menu_requested : str, QPoint
        A track and the global position for a menu.
    add_clip_requested, add_track_requested
    """

    clip_selected = Signal(str)
    track_selected = Signal(str)
    track_renamed = Signal(str, str)
    track_menu_requested = Signal(str, QPoint)
    joints_selected = Signal(object, int)
    joint_menu_requested = Signal(int, QPoint)
    add_clip_requested = Signal()
    add_track_requested = Signal()

    def __init__(self, *, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._clips = EntryList("Clips")
        self._tracks = ClimberList()
        self._joints = JointList()
        self._joints_title = _Heading("Joints")
        clips_title = _Heading("Clips", add="Add a video to the project")
        tracks_title = _Heading("Climbers", add="Detect another climber: drag a box around them")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 4, 0, 0)
        layout.setSpacing(0)
        for title, content in ((clips_title, self._clips), (tracks_title, self._tracks)):
            layout.addWidget(title)
            layout.addWidget(content)
            layout.addSpacing(8)
        layout.addWidget(self._joints_title)
        layout.addWidget(self._joints, 1)
        clips_title.add_requested.connect(self.add_clip_requested)
        tracks_title.add_requested.connect(self.add_track_requested)
        self._clips.entry_selected.connect(self.clip_selected)
        self._tracks.entry_selected.connect(self.track_selected)
        self._tracks.renamed.connect(self.track_renamed)
        self._tracks.menu_requested.connect(self.track_menu_requested)
        self._joints.joints_selected.connect(self.joints_selected)
        self._joints.menu_requested.connect(self.joint_menu_requested)

    def set_clips(self, clips: Sequence[Entry]) -> None:
        """Show clips; `Entry.warning` says what is wrong with one, such as that its video is missing."""
        self._clips.set_entries(clips)

    def set_selected_clip(self, clip_id: str | None) -> None:
        """Select a clip, or none."""
        self._clips.set_selected(clip_id)

    def set_tracks(self, tracks: Sequence[ClimberEntry]) -> None:
        """Show the tracks of the clip; the detail says what there is of them."""
        self._tracks.set_entries(tracks)

    def set_selected_track(self, track_id: str | None) -> None:
        """Select a track, or none."""
        self._tracks.set_selected(track_id)

    def edit_track_name(self, track_id: str) -> None:
        """Let the user type another name for a track."""
        self._tracks.edit_name(track_id)

    def set_joints(self, skeleton: Skeleton | None) -> None:
        """Show the joints of a skeleton."""
        self._joints_title.set_text(f"Joints ({len(skeleton)})" if skeleton is not None else "Joints")
        self._joints.set_skeleton(skeleton)

    def set_joint_states(
        self,
        source: Sequence[int] | NDArray[np.uint8],
        visibility: Sequence[int] | NDArray[np.uint8],
        *,
        confidence: Sequence[float] | NDArray[np.float32],
    ) -> None:
        """Show the current frame: rows (K,) of a `ResolvedTrack`."""
        self._joints.set_states(source, visibility, confidence=confidence)

    def set_joint_notes(self, notes: Mapping[int, JointNote]) -> None:
        """Show what is said or asked about joints of the frame, by their index."""
        self._joints.set_notes(notes)

    def set_selected_joints(self, joints: Collection[int], *, current: int) -> None:
        """Select joints; `current` is the one chosen last, -1 for none."""
        self._joints.set_selected(joints, current=current)


class _Heading(QWidget):
    """A title of a section, with a button to add to it if there is a word for it."""

    add_requested = Signal()

    def __init__(self, text: str, *, add: str = "") -> None:
        super().__init__()
        self._label = QLabel(text)
        font = QFont(self._label.font())
        font.setWeight(QFont.Weight.DemiBold)
        self._label.setFont(font)
        row = QHBoxLayout(self)
        row.setContentsMargins(8, 2, 4, 2)
        row.addWidget(self._label, 1)
        if add:
            button = IconButton(IconName.ADD, add)
            button.clicked.connect(self.add_requested)
            row.addWidget(button)

    def set_text(self, text: str) -> None:
        """Change the title."""
        self._label.setText(text)
