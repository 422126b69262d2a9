"""The presenters of the body: what shows it, has it follow corrections, and takes statements about it."""

from PySide6.QtCore import SignalInstance

from app.body_following import BodyFollowing
from app.body_presenter import BodyPresenter
from app.facts_presenter import FactsPresenter
from app.fit_lanes import FitLanes
from app.frame_presenter import FramePresenter
from app.lenses import Lenses
from app.planes_presenter import PlanesPresenter
from app.shown_fit import ShownFit
from app.stating_presenter import StatingPresenter
from app.window_actions import Handlers
from app.window_parts import Parts


class BodyPresenters:
    """Makes them, and connects them with each other."""

    def __init__(self, parts: Parts, frames: FramePresenter) -> None:
        layout, window = parts.layout, parts.window
        document, view = parts.document, parts.view
        self.view = BodyPresenter(document, view, frames, body_view=layout.body, actions=parts.actions, parent=window)
        self.fit = ShownFit(document, view, frames, parent=window)
        self.following = BodyFollowing(
            document,
            view,
            frames,
            body_view=layout.body,
            actions=parts.actions,
            fit=self.fit,
            preferences=parts.preferences,
            parent=window,
        )
        self.stating = StatingPresenter(
            document,
            view,
            frames,
            fit=self.fit,
            body_view=layout.body,
            side=layout.side,
            timeline=layout.timeline,
            actions=parts.actions,
            parent=window,
        )
        self.lanes = FitLanes(self.fit, view, timeline=layout.timeline, parent=window)
        self.facts = FactsPresenter(
            document, view, frames, fit=self.fit, playback=parts.playback, layout=layout, parent=window
        )
        self.lenses = Lenses(document, parent=window)
        self.planes = PlanesPresenter(
            document, view, frames, fit=self.fit, playback=parts.playback, layout=layout, parent=window
        )

    @property
    def warning(self) -> list[SignalInstance]:
        """The signals that say what could not be done."""
        return [part.failed for part in (self.view, self.fit, self.following, self.stating, self.facts, self.lenses)]

    @property
    def telling(self) -> list[SignalInstance]:
        """The signals that say what was done."""
        return [part.message for part in (self.view, self.stating, self.facts, self.planes)]

    def handlers(self) -> Handlers:
        """Return what the actions about the body do."""
        return {
            **self.view.handlers(),
            **self.following.handlers(),
            **self.stating.handlers(),
            **self.facts.handlers(),
            **self.planes.handlers(),
        }
