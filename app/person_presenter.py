"""Saying who is to be detected: a box around one of several people, drawn over the video."""

from PySide6.QtCore import QObject, QRectF, Signal

from app import climbers
from app.actions import Act
from app.document import Document
from app.job_preparation import PersonBox
from app.jobs_presenter import JobsPresenter
from app.playback import Playback
from app.view_state import ViewState
from app.window_actions import Handlers
from widgets.box_picker import BoxPicker
from widgets.side_panel import SidePanel
from widgets.video_view import VideoView


class PersonPresenter(QObject):
    """Lets a person draw a box around a climber and starts the detection of whom is in it."""

    message = Signal(str)

    def __init__(
        self,
        document: Document,
        view: ViewState,
        *,
        jobs: JobsPresenter,
        video: VideoView,
        side: SidePanel,
        playback: Playback,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._document, self._view, self._jobs, self._video = document, view, jobs, video
        self._playback = playback
        self._another = False
        self._picker = BoxPicker(video)
        self._picker.picked.connect(self._detect)
        side.add_track_requested.connect(lambda: self._pick(another=True))
        for signal in (view.clip_changed, view.track_changed):
            signal.connect(self._picker.leave)

    def handlers(self) -> Handlers:
        """Return what the actions do."""
        return {
            Act.DETECT_THIS: lambda: self._pick(another=False),
            Act.DETECT_ANOTHER: lambda: self._pick(another=True),
        }

    def _pick(self, *, another: bool) -> None:
        track, (width, height) = self._view.track, self._video.frame_size
        if self._view.clip is None or not width:
            return
        self._playback.pause()
        self._another = another or track is None
        title = "Detect another climber" if self._another else f"Detect {track.name if track else ''} anew"
        self._picker.pick(title, QRectF(0, 0, width, height))

    def _detect(self, rect: QRectF) -> None:
        project, clip = self._document.project, self._view.clip
        if project is None or clip is None:
            return
        box = PersonBox(self._view.frame, rect.x(), rect.y(), rect.width(), rect.height())
        if self._another:
            track = climbers.new_climber(project, clip.id)
            self._jobs.detect_another(track, box=box)
            self.message.emit(f"{track.name} is being looked for; go on meanwhile.")
        else:
            self._jobs.detect(box=box)
