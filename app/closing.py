"""Closing the window: what runs is named first, and nothing that hangs keeps the window open."""

from PySide6.QtCore import QObject, QTimer, Signal

from app.background import Background
from app.frame_source import FrameSource
from app.jobs_presenter import JobsPresenter
from app.video_presenter import VideoPresenter

AGAIN_S = 10
_BACKGROUND_MS = 2000


class Closing(QObject):
    """Tells whether the window may close, and ends what works for it."""

    warned = Signal(str)
    """What would be cancelled, and what to do."""

    def __init__(self, jobs: JobsPresenter, *, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._jobs = jobs
        self._again = QTimer(self, singleShot=True, interval=1000 * AGAIN_S)
        self.hangs = False
        """Whether something did not end: it reads from a drive that does not answer."""

    def may_close(self) -> bool:
        """Say what still runs, once; whoever closes again soon means it."""
        names = self._jobs.waited_for()
        if not names or self._again.isActive():
            return True
        self._again.start()
        runs = f"{names[0]} still runs." if len(names) == 1 else f"{len(names)} jobs still run: {', '.join(names)}."
        self.warned.emit(f"{runs} Close the window again to cancel {'it' if len(names) == 1 else 'them'}.")
        return False

    def end(self, *, background: Background, source: FrameSource, video: VideoPresenter) -> None:
        """End workers and threads; every edit is on the disk already."""
        self._jobs.close()
        ended = [background.wait(at_most_ms=_BACKGROUND_MS), source.close(), video.close()]
        self.hangs = not all(ended)
