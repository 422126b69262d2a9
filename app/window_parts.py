"""What the presenters of a window are made from."""

from dataclasses import dataclass

from PySide6.QtWidgets import QLabel, QMainWindow

from app.arrangement import Arrangement
from app.background import Background
from app.document import Document
from app.frame_source import FrameSource
from app.playback import Playback
from app.preferences import Preferences
from app.view_state import ViewState
from app.window_actions import Actions
from app.window_layout import Layout
from widgets.jobs_panel import JobsStatus


@dataclass(frozen=True)
class Parts:
    """What presenters are made from: the state of a window and its widgets."""

    window: QMainWindow
    document: Document
    view: ViewState
    background: Background
    source: FrameSource
    playback: Playback
    layout: Layout
    arrangement: Arrangement
    actions: Actions
    preferences: Preferences
    status: JobsStatus
    counts: QLabel
    progress: QLabel
