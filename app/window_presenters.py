"""The presenters of a window: made here, connected with each other here, and asked for what the actions do."""

from PySide6.QtCore import SignalInstance

from annotation.formats.guessing import looks_like_labels
from app.actions import Act
from app.appearance_presenter import AppearancePresenter
from app.assist_presenter import AssistPresenter
from app.body_following import Following
from app.body_presenters import BodyPresenters
from app.climbers_presenter import ClimbersPresenter
from app.doubt_presenter import DoubtPresenter
from app.evaluation_presenter import EvaluationPresenter
from app.export_presenter import ExportPresenter
from app.following_presenter import FollowingPresenter
from app.frame_presenter import FramePresenter
from app.guide_presenter import GuidePresenter
from app.history_presenter import HistoryPresenter
from app.import_presenter import ImportPresenter
from app.job_runner import JobRunner
from app.jobs_presenter import JobsPresenter
from app.keys_presenter import KeysPresenter
from app.labelling_presenters import LabellingPresenters
from app.navigation import Navigation
from app.palette_presenter import PalettePresenter
from app.person_presenter import PersonPresenter
from app.presence import Presence
from app.project_presenter import ProjectPresenter
from app.settings import bodies_path, demo_path
from app.smoothing_presenter import SmoothingPresenter
from app.training_presenter import TrainingPresenter
from app.video_presenter import VideoPresenter
from app.view_memory import ViewMemory
from app.window_actions import Handlers
from app.window_parts import Parts
from widgets.video_drop import VideoDrop


class Presenters:
    """The presenters of a window. A new feature is one line that makes it and one that merges its handlers."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        document, view, layout, window = parts.document, parts.view, parts.layout, parts.window
        self.navigation = Navigation(
            view, parts.playback, timeline=layout.timeline, transport=layout.transport, parent=window
        )
        self.frames = FramePresenter(
            document, view, parts.source, video=layout.video, body_view=layout.body, parent=window
        )
        self.bodies = BodyPresenters(parts, self.frames)
        self.body, self.body_following, self.stating = self.bodies.view, self.bodies.following, self.bodies.stating
        self.labelling = LabellingPresenters(parts)
        self.poses = self.labelling.poses
        self._make_jobs()
        self.video = VideoPresenter(
            document,
            view,
            source=parts.source,
            frames=self.frames,
            playback=parts.playback,
            jobs=self.jobs,
            layout=layout,
            actions=parts.actions,
            preferences=parts.preferences,
            parent=window,
        )
        self._make_guide()
        self._make_advice()
        self._make_models()
        self.history = HistoryPresenter(
            document, parts.preferences, background=parts.background, layout=layout, parent=window
        )
        self.keys = KeysPresenter(parts.preferences, actions=parts.actions, layout=layout, window=window)
        self.palette = PalettePresenter(document, view, actions=parts.actions, layout=layout, window=window)
        self.exports = ExportPresenter(
            document, view, background=parts.background, jobs=self.jobs, layout=layout, parent=window
        )
        self.imports = ImportPresenter(document, view, background=parts.background, layout=layout, parent=window)
        self._connect()
        self.view_memory = ViewMemory(
            document,
            view,
            frames=self.frames,
            video=layout.video,
            timeline=layout.timeline,
            file=parts.preferences.file.with_name("views.json"),
            parent=window,
        )

    def _make_guide(self) -> None:
        """What opens projects, how they look, and what is next in them."""
        parts, layout, window = self._parts, self._parts.layout, self._parts.window
        document, view = parts.document, parts.view
        presence = Presence(parent=window)
        self.projects = ProjectPresenter(
            document,
            view,
            background=parts.background,
            presence=presence,
            side=layout.side,
            start=layout.start,
            preferences=parts.preferences,
            window=window,
        )
        self.appearance = AppearancePresenter(
            parts.preferences,
            actions=parts.actions,
            layout=layout,
            arrangement=parts.arrangement,
            frames=self.frames,
            parent=window,
        )
        self.guide = GuidePresenter(
            document,
            view,
            frames=self.frames,
            poses=self.poses,
            jobs=self.jobs,
            playback=parts.playback,
            actions=parts.actions,
            presence=presence,
            fit=self.bodies.fit,
            step=layout.step,
            inspector=layout.inspector,
            counts=parts.counts,
            parent=window,
        )

    def _make_advice(self) -> None:
        """What says where to look and to label next."""
        parts, layout, window = self._parts, self._parts.layout, self._parts.window
        document, view = parts.document, parts.view
        self.assist = AssistPresenter(
            document,
            view,
            background=parts.background,
            timeline=layout.timeline,
            actions=parts.actions,
            preferences=parts.preferences,
            parent=window,
        )
        self.doubts = DoubtPresenter(
            document, view, parts.background, panel=layout.doubts, timeline=layout.timeline, parent=window
        )

    def _make_models(self) -> None:
        """What smooths predictions and says how good they are."""
        parts, layout, window = self._parts, self._parts.layout, self._parts.window
        document, view = parts.document, parts.view
        self.smoothing = SmoothingPresenter(
            document,
            view,
            self.poses,
            parts.background,
            jobs=self.jobs,
            layout=layout,
            actions=parts.actions,
            preferences=parts.preferences,
            parent=window,
        )
        self.evaluation = EvaluationPresenter(document, view, background=parts.background, layout=layout, parent=window)
        self.training = TrainingPresenter(
            document, view, background=parts.background, jobs=self.jobs, layout=layout, parent=window
        )

    def _make_jobs(self) -> None:
        """What starts jobs, and what has to do with several climbers."""
        parts, layout, window = self._parts, self._parts.layout, self._parts.window
        self.jobs = JobsPresenter(
            parts.document,
            parts.view,
            panel=layout.jobs,
            status=parts.status,
            runner=JobRunner(parent=window),
            background=parts.background,
            parent=window,
        )
        self.climbers = ClimbersPresenter(
            parts.document,
            parts.view,
            video=layout.video,
            side=layout.side,
            badge=layout.climber,
            actions=parts.actions,
            window=window,
        )
        self.person = PersonPresenter(
            parts.document,
            parts.view,
            jobs=self.jobs,
            video=layout.video,
            side=layout.side,
            playback=parts.playback,
            parent=window,
        )
        self.following = FollowingPresenter(parts.view, jobs=self.jobs, parent=window)

    @property
    def warning(self) -> list[SignalInstance]:
        """The signals that say what could not be done."""
        parts = (
            self.doubts,
            self.assist,
            self.climbers,
            self.following,
            self.frames,
            self.projects,
            self.video,
            self.history,
            self.keys,
            self.exports,
            self.imports,
            self.smoothing,
            self.evaluation,
            self.training,
        )
        return [*self.labelling.warning, *self.bodies.warning, *(part.failed for part in parts)]

    @property
    def telling(self) -> list[SignalInstance]:
        """The signals that say what was done."""
        parts = (
            self.projects,
            self.jobs,
            self.history,
            self.climbers,
            self.person,
            self.keys,
            self.exports,
            self.imports,
            self.doubts,
            self.assist,
            self.smoothing,
            self.evaluation,
            self.training,
        )
        return [*self.labelling.telling, *self.bodies.telling, *(part.message for part in parts)]

    def handlers(self) -> Handlers:
        """Return what every action does."""
        document, playback, actions = self._parts.document, self._parts.playback, self._parts.actions
        return {
            Act.QUIT: self._parts.window.close,
            Act.UNDO: document.undo,
            Act.REDO: document.redo,
            Act.LOOP: lambda: playback.set_loop(loop=actions[Act.LOOP].isChecked()),
            Act.RENDER: self._render,
            Act.DETECT: lambda: self.jobs.detect(),
            Act.FIT: lambda: self.jobs.fit(body=self._parts.preferences.settings.body, bodies_dir=bodies_path()),
            **self.projects.handlers(),
            **self.appearance.handlers(),
            **self.video.handlers(),
            **self.labelling.handlers(),
            **self.navigation.handlers(),
            **self.history.handlers(),
            **self.exports.handlers(),
            **self.imports.handlers(),
            **self.doubts.handlers(),
            **self.assist.handlers(),
            **self.keys.handlers(),
            **self.palette.handlers(),
            **self.climbers.handlers(),
            **self.person.handlers(),
            **self.following.handlers(),
            **self.bodies.handlers(),
            **self.smoothing.handlers(),
            **self.evaluation.handlers(),
            **self.training.handlers(),
        }

    def _connect(self) -> None:
        parts, layout = self._parts, self._parts.layout
        parts.status.details_requested.connect(lambda: layout.bring_up(layout.jobs))
        parts.view.clip_changed.connect(layout.video.fit_view)
        self.frames.shown.connect(self.poses.show_frame)
        self.frames.shown.connect(self.climbers.show_frame)
        self.frames.damaged.connect(self.navigation.mark_damaged)
        self.jobs.video_ready.connect(self.projects.open)
        self.projects.reading.connect(parts.window.statusBar().showMessage)
        self.video.proxies_changed.connect(self.projects.refresh)
        layout.video.drag_started.connect(parts.playback.pause)
        layout.video.files_dropped.connect(self.projects.open_dropped)
        labels = VideoDrop(parts.window, accepts=looks_like_labels)
        labels.dropped.connect(self.imports.open_dropped)
        layout.start.demo_requested.connect(lambda: self.jobs.make_demo(demo_path()))
        self.body_following.asked.connect(self.video.stand_back)
        self.body_following.state_changed.connect(self.guide.refresh_soon)
        self.guide.follow_body(lambda: self.body_following.state is Following.REFITTING)
        self.jobs.running_changed.connect(self.body_following.drop_awaited)
        self.bodies.facts.fit_requested.connect(lambda: parts.actions[Act.FIT].trigger())
        self.doubts.went_to.connect(self.guide.show_remark)
        self.doubts.follow_body(lambda: self.body_following.followed, self.body_following.settled)
        for told in (self.assist.advised, self.stating.told):
            told.connect(lambda: self.guide.show_also([*self.stating.sections(), *self.assist.sections()]))
        self.guide.act_requested.connect(lambda act: parts.actions[act].trigger())

    def _render(self) -> None:
        out = self.projects.ask_render_target()
        if out is not None:
            self.body_following.keep()
            self.jobs.render(out, bodies_dir=bodies_path())
