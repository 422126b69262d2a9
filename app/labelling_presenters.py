"""The presenters of labelling: what shows points, and what changes them."""

from PySide6.QtCore import SignalInstance

from app.keyframe_presenter import KeyframePresenter
from app.placing_presenter import PlacingPresenter
from app.pose_presenter import PosePresenter
from app.posing_aids import PosingAids
from app.posing_presenter import PosingPresenter
from app.review_presenter import ReviewPresenter
from app.timeline_presenter import TimelinePresenter
from app.window_actions import Handlers
from app.window_parts import Parts


class LabellingPresenters:
    """Makes them, and connects them with each other."""

    def __init__(self, parts: Parts) -> None:
        layout, window = parts.layout, parts.window
        document, view = parts.document, parts.view
        self.poses = PosePresenter(
            document,
            view,
            playback=parts.playback,
            video=layout.video,
            transport=layout.transport,
            side=layout.side,
            parent=window,
        )
        self.timeline = TimelinePresenter(
            document, view, poses=self.poses, timeline=layout.timeline, actions=parts.actions, parent=window
        )
        self.review = ReviewPresenter(document, view, timeline=layout.timeline, progress=parts.progress, parent=window)
        self.keyframes = KeyframePresenter(document, view, poses=self.poses, parent=window)
        self.placing = PlacingPresenter(
            document, view, poses=self.poses, video=layout.video, actions=parts.actions, parent=window
        )
        self.posing = PosingPresenter(
            document, view, poses=self.poses, video=layout.video, side=layout.side, placing=self.placing, parent=window
        )
        self.posing_aids = PosingAids(
            document,
            view,
            poses=self.poses,
            video=layout.video,
            actions=parts.actions,
            preferences=parts.preferences,
            parent=window,
        )

    @property
    def warning(self) -> list[SignalInstance]:
        """The signals that say what could not be done."""
        parts = (self.poses, self.placing, self.posing, self.timeline, self.review, self.keyframes)
        return [part.failed for part in parts]

    @property
    def telling(self) -> list[SignalInstance]:
        """The signals that say what was done."""
        return [self.keyframes.message]

    def handlers(self) -> Handlers:
        """Return what the actions of labelling do."""
        return {
            **self.poses.handlers(),
            **self.placing.handlers(),
            **self.posing.handlers(),
            **self.posing_aids.handlers(),
            **self.timeline.handlers(),
            **self.keyframes.handlers(),
            **self.review.handlers(),
        }
