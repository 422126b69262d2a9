"""What helps a hand to find the place of a joint: loupe, neighbouring keyframes, and the prediction to snap to."""

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject

from annotation.errors import BetascopeError
from annotation.labels import ResolvedTrack, Track
from annotation.skeletons import convert, load_skeleton
from app.actions import Act
from app.document import Document
from app.pose_presenter import PosePresenter
from app.preferences import Preferences
from app.view_state import ViewState
from app.window_actions import Actions, Handlers
from widgets.video_view import VideoView

_SETTINGS = {Act.LOUPE: "loupe", Act.ONION_SKIN: "onion_skin", Act.SNAP: "snap"}


class PosingAids(QObject):
    """Shows the aids a person has switched on; the settings remember them."""

    def __init__(
        self,
        document: Document,
        view: ViewState,
        *,
        poses: PosePresenter,
        video: VideoView,
        actions: Actions,
        preferences: Preferences,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._document, self._view, self._poses, self._video = document, view, poses, video
        self._actions, self._preferences = actions, preferences
        for act, name in _SETTINGS.items():
            actions[act].setChecked(getattr(preferences.settings, name))
        video.set_loupe(shown=actions[Act.LOUPE].isChecked())
        poses.frame_shown.connect(self._refresh)

    def handlers(self) -> Handlers:
        """Return what the switches do."""
        return dict.fromkeys(_SETTINGS, self._switch)

    def _switch(self) -> None:
        self._preferences.change(**{name: self._actions[act].isChecked() for act, name in _SETTINGS.items()})
        self._video.set_loupe(shown=self._actions[Act.LOUPE].isChecked())
        self._refresh()

    def _refresh(self) -> None:
        track, resolved, frame = self._view.track, self._poses.resolved, self._poses.shown
        onion, snap = self._actions[Act.ONION_SKIN].isChecked(), self._actions[Act.SNAP].isChecked()
        before = after = None
        if track is not None and resolved is not None and onion:
            before, after = neighbours(track, resolved, frame=frame)
        self._video.set_onion_skin(before, after)
        self._video.set_snap_targets(self._predicted(track, frame) if track is not None and snap else None)

    def _predicted(self, track: Track, frame: int) -> NDArray[np.floating] | None:
        """The positions (K, 2) the model states in a frame, whatever people labelled there."""
        assert self._document.project is not None
        try:
            keypoints = self._document.project.keypoints(track.id)
        except BetascopeError:  # said when the track was shown
            return None
        if keypoints is None or frame >= len(keypoints.xy):
            return None
        return convert(keypoints.xy[frame], load_skeleton(keypoints.skeleton), load_skeleton(track.skeleton))


def neighbours(
    track: Track, resolved: ResolvedTrack, *, frame: int
) -> tuple[NDArray[np.float32] | None, NDArray[np.float32] | None]:
    """Return the poses (K, 2) of the keyframes before and after a frame, None where there is none."""
    keyframes = track.table.keyframes()
    keyframes = keyframes[keyframes < len(resolved)]
    before, after = np.searchsorted(keyframes, frame), np.searchsorted(keyframes, frame, side="right")
    return (
        resolved.xy[keyframes[before - 1]] if before > 0 else None,
        resolved.xy[keyframes[after]] if after < len(keyframes) else None,
    )
